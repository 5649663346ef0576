package fetch

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/goplinth/plinth/internal/config"
)

// A RedirectPolicy says which redirects are followed, and what they take along.
// The zero value is the default policy. In any case a redirect from https to
// http is refused with [ErrRedirectDenied].
type RedirectPolicy struct {
	// Max is the most redirects of one request. 0 means 10. One more is
	// [ErrRedirectDenied]. Negative means that none is followed: the response
	// that redirects is the answer.
	Max int

	// Trust lists origins, such as "https://cdn.example.com" or
	// "http://10.0.0.7:8080", that may see all that was meant for the origin of
	// the request: every header, and the body. Empty means none: once a request
	// has been redirected to another scheme, host or port, also if it is
	// redirected back, it has only headers that name no one, and one with a
	// body is refused with [ErrRedirectDenied].
	Trust []string
}

const defaultRedirects = 10

// harmless are the headers that go along to another origin. All others are
// left behind, since any header may be a credential: X-Api-Key is as good as
// Authorization. Referer is none of them, since it has the query of the URL
// that redirects. If-Range must accompany Range: without it, parts of two
// versions may be put together.
var harmless = []string{"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language",
	"Content-Language", "Content-Type", "If-Range", "Range", "User-Agent"}

func (p *RedirectPolicy) check(c *config.Check, field string) {
	for i, trusted := range p.Trust {
		_, ok := parseOrigin(trusted)
		c.Require(ok, fmt.Sprintf("%s.Trust[%d]", field, i), trusted, "must be a scheme and a host, with a port if it has one, such as https://example.com")
	}
}

// checker returns the policy in the form of http.Client.CheckRedirect. Only the
// first origin keeps the credentials: those of a later one, should there be
// any, did not come from the caller.
func (p *RedirectPolicy) checker() func(next *http.Request, via []*http.Request) error {
	most := cmp.Or(p.Max, defaultRedirects)
	var trusted []*url.URL
	for _, t := range p.Trust {
		u, _ := parseOrigin(t) // which check has seen
		trusted = append(trusted, u)
	}
	return func(next *http.Request, via []*http.Request) error {
		if most < 0 {
			if next.Body != nil {
				next.Body.Close() // http.Client has opened it, and closes it only with other errors
			}
			return http.ErrUseLastResponse
		}
		return follow(next, via, most, trusted)
	}
}

func follow(next *http.Request, via []*http.Request, most int, trusted []*url.URL) error {
	last := via[len(via)-1].URL
	switch {
	case len(via) > most:
		return fmt.Errorf("%w: more than %d", ErrRedirectDenied, most)
	case last.Scheme == "https" && next.URL.Scheme != "https":
		return fmt.Errorf("%w: from https to %s", ErrRedirectDenied, redact(next.URL))
	}
	if err := checkURL(next.URL); err != nil {
		return fmt.Errorf("%w: %w", ErrRedirectDenied, err)
	}
	// A stranger on the way may have chosen what is asked of the first origin,
	// and must not do so in the caller's name.
	isHome := func(u *url.URL) bool {
		return sameOrigin(via[0].URL, u) || slices.ContainsFunc(trusted, func(t *url.URL) bool { return sameOrigin(t, u) })
	}
	if isHome(next.URL) && !slices.ContainsFunc(via, func(r *http.Request) bool { return !isHome(r.URL) }) {
		restore(next, via[0])
		return nil
	}
	if next.Body != nil && next.Body != http.NoBody {
		return fmt.Errorf("%w: the body of a %s must not go to another origin, %s, that is not in RedirectPolicy.Trust", ErrRedirectDenied, next.Method, redact(next.URL))
	}
	for key := range next.Header {
		if !slices.Contains(harmless, key) {
			delete(next.Header, key)
		}
	}
	next.URL.User = nil // chosen by whoever redirects
	*next = *next.WithContext(context.WithValue(next.Context(), crossedKey{}, true))
	return nil
}

// restore gives next the headers that http.Client has held back, because it
// compares hosts, and as they are written.
func restore(next, first *http.Request) {
	for key, values := range first.Header {
		if _, ok := next.Header[key]; !ok && !strings.HasPrefix(key, "Content-") { // those describe a body
			next.Header[key] = slices.Clone(values)
		}
	}
}

type crossedKey struct{}

// CrossedOrigin reports whether a redirect has led req, sent by a [Client], to
// an origin that may not see what was meant for the first one. A middleware or
// a transport that adds credentials to requests is to leave those alone: what
// it adds comes after the Client has removed those of the caller.
func CrossedOrigin(req *http.Request) bool {
	return req.Context().Value(crossedKey{}) != nil
}

// parseOrigin parses what is nothing but an origin.
func parseOrigin(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	if err != nil || checkURL(u) != nil || u.Hostname() == "" {
		return nil, false
	}
	return u, strings.EqualFold(strings.TrimSuffix(s, "/"), u.Scheme+"://"+u.Host)
}

// sameOrigin compares scheme, host and port (RFC 6454, section 5).
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
