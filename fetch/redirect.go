package fetch

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const maxRedirects = 10

// harmless are the headers that go along to another origin. All others are
// left behind, since any header may be a credential: X-Api-Key is as good as
// Authorization.
var harmless = []string{"Accept", "Accept-Charset", "Accept-Language", "Content-Language", "Content-Type", "Range", "Referer", "User-Agent"}

// checkRedirect is the redirect policy of every Client. Credentials are kept
// by the first origin alone: those of the second one, should there be any, did
// not come from the caller.
func checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d", ErrRedirectDenied, maxRedirects)
	}
	last := via[len(via)-1].URL
	if last.Scheme == "https" && next.URL.Scheme != "https" {
		return fmt.Errorf("%w: from https to %s", ErrRedirectDenied, redact(next.URL))
	}
	if !sameOrigin(via[0].URL, next.URL) {
		for key := range next.Header {
			if !slices.Contains(harmless, key) {
				delete(next.Header, key)
			}
		}
	}
	return nil
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
