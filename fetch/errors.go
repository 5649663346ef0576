package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/goplinth/plinth/internal/problem"
)

var (
	// ErrBodyTooLarge is returned when a body, decompressed, is longer than
	// Options.MaxBody.
	ErrBodyTooLarge = errors.New("response body too large")

	// ErrBudgetExhausted is wrapped by the error of a request that would have
	// been retried, had its host's retry budget not been spent.
	ErrBudgetExhausted = errors.New("retry budget exhausted")

	// ErrRedirectDenied is returned when a redirect leads from https to http
	// or is one too many.
	ErrRedirectDenied = errors.New("redirect denied")
)

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
