package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/goplinth/plinth/internal/panics"
	"github.com/goplinth/plinth/internal/problem"
)

var (
	// ErrBodyTooLarge is returned when a body, decompressed, is longer than
	// Options.MaxBody, or a file than DownloadOptions.MaxSize.
	ErrBodyTooLarge = errors.New("response body too large")

	// ErrBudgetExhausted is wrapped by the error of a request that would have
	// been retried, had its host's retry budget not been spent.
	ErrBudgetExhausted = errors.New("retry budget exhausted")

	// ErrCircuitOpen is returned when a request is not sent because too many
	// to the same host have failed lately; see [BreakerPolicy].
	ErrCircuitOpen = errors.New("circuit open")

	// ErrLimited is returned when a request is not sent because its context
	// ends before Options.PerHost or Options.Rate permits it.
	ErrLimited = errors.New("limited")

	// ErrRedirectDenied is returned when a redirect leads from https to http,
	// would take a request body to another origin, or is one too many.
	ErrRedirectDenied = errors.New("redirect denied")

	// ErrBlockedAddress is returned when a transport under [GuardPublic] was to
	// connect to an address, port or host that its Guard does not let through.
	ErrBlockedAddress = errors.New("blocked address")

	// ErrChecksum is returned when a downloaded file is not the one that
	// DownloadOptions.Checksum asks for.
	ErrChecksum = errors.New("checksum mismatch")

	// ErrDownloading is returned when another Download to the same path is
	// under way, in this process or another.
	ErrDownloading = errors.New("another download to the same path is under way; wait for it, or use another path")
)

// PanicError is a panic of a function of the caller, such as the UnmarshalJSON
// of a type that is fetched by [All], or of the transport on a goroutine of this
// package: its Value, and the Stack, which %+v prints. Unwrap returns a Value
// that is an error.
type PanicError = panics.Error

// Problem is an RFC 9457 problem details object.
type Problem = problem.Object

// snippetSize is how much of the body of an error response is kept.
const snippetSize = 4 << 10

// StatusError is returned when the answer is not in the 200s.
type StatusError struct {
	Method   string
	URL      string      // without user, password and the values of the query
	Status   int         // the HTTP status code
	Header   http.Header // of the last response
	Body     []byte      // the first 4 KiB of the last response's body
	Problem  *Problem    // the body, if it was an application/problem+json object
	Attempts int         // requests sent, redirects included

	cause error // ErrBudgetExhausted or nil
}

// Error names the request, the status and what the server had to say about
// it: the problem's detail or title if there is one.
func (e *StatusError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fetch: %s %s: %d %s", e.Method, e.URL, e.Status, http.StatusText(e.Status))
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " after %d attempts", e.Attempts)
	}
	if p := e.Problem; p != nil && p.Detail != "" {
		fmt.Fprintf(&b, ": %s", p.Detail)
	} else if p != nil && p.Title != "" {
		fmt.Fprintf(&b, ": %s", p.Title)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap returns [ErrBudgetExhausted] if that is why there was no further
// attempt, and nil otherwise.
func (e *StatusError) Unwrap() error { return e.cause }

// HTTPStatus returns e.Status.
func (e *StatusError) HTTPStatus() int { return e.Status }

// Retryable reports whether the status is one after which the same request may
// succeed later: 408, 425, 429, 500, 502, 503 or 504.
func (e *StatusError) Retryable() bool { return retryableStatus(e.Status) }

// RetryAfter returns how long the server asked to wait, which is 0 if it did
// not, and counts from now if it gave a date.
func (e *StatusError) RetryAfter() time.Duration {
	d, _ := retryAfter(e.Header, time.Now())
	return d
}

// A refusal is the error of a request that a policy kept from being sent.
type refusal struct {
	reason string
	after  time.Duration // when it may be worth another try; 0 if that is not known
	cause  error
}

func (e *refusal) Error() string             { return fmt.Sprintf("%v: %s", e.cause, e.reason) }
func (e *refusal) Unwrap() error             { return e.cause }
func (e *refusal) Retryable() bool           { return false }
func (e *refusal) RetryAfter() time.Duration { return e.after }

// refuse closes the body of req, as a RoundTripper does in any case, and
// returns err.
func refuse(req *http.Request, err error) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	return nil, err
}

// A bodyError is returned when a response broke off in its body.
type bodyError struct {
	status int
	header http.Header
	err    error
}

func (e *bodyError) Error() string { return fmt.Sprintf("reading the body: %v", e.err) }
func (e *bodyError) Unwrap() error { return e.err }

// redact returns u without what may be secret in it: the user, the password
// and the values of the query.
func redact(u *url.URL) string {
	clean := *u
	clean.User = nil
	clean.Fragment, clean.RawFragment = "", ""
	if clean.RawQuery != "" {
		pairs := strings.Split(clean.RawQuery, "&")
		for i, pair := range pairs {
			if key, _, ok := strings.Cut(pair, "="); ok {
				pairs[i] = key + "=xxxxx"
			}
		}
		clean.RawQuery = strings.Join(pairs, "&")
	}
	return clean.String()
}

// timeoutError says which of the Options' limits ended a call or an attempt.
type timeoutError struct {
	limit string
	after time.Duration
}

func (e *timeoutError) Error() string { return fmt.Sprintf("%s of %v exceeded", e.limit, e.after) }

// Timeout marks e as a timeout in the manner of [net.Error].
func (e *timeoutError) Timeout() bool { return true }

// Is makes e a context.DeadlineExceeded, which is what it would be had the
// caller set the limit.
func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }
