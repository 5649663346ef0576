package fetch

import "net/http"

// A Middleware adds behaviour to a RoundTripper by wrapping it. It keeps the
// contract of [http.RoundTripper], so it composes with those of other packages
// and serves any [http.Client].
type Middleware func(http.RoundTripper) http.RoundTripper

// Chain wraps base in the given middlewares. The first one is the outermost:
// it sees a request first and a response last. A nil base means
// [http.DefaultTransport].
func Chain(base http.RoundTripper, mw ...Middleware) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	for i := len(mw) - 1; i >= 0; i-- {
		base = mw[i](base)
	}
	return base
}
