package main

import (
	"crypto/rand"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/goplinth/plinth/errors"
)

// Headers that are the same in every answer share their slices. The keys are in
// canonical form, in which they may be put into the map directly. There are two, since
// each costs a hundredth of what a read does: JSON that is not to be taken for anything
// else, nor kept, needs no policy for what a browser does with a page. The page has one.
var (
	noSniff = []string{"nosniff"}
	noStore = []string{"no-store"}
	closing = []string{"close"}
)

// ServeHTTP does what every request has in common, and routes it.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["X-Request-Id"] = []string{s.ids.of(r)}
	h["X-Content-Type-Options"] = noSniff
	h["Cache-Control"] = noStore
	if s.draining.Load() {
		h["Connection"] = closing // the client leaves by itself, and no request is cut off
	}
	if s.cors.answer(w, r) {
		return
	}
	// ServeMux would redirect these to what they probably mean, and has no problem
	// object for a request to the server as a whole. An API says no.
	if r.URL.Path != path.Clean(r.URL.Path) || r.RequestURI == "*" {
		errors.WriteProblem(w, r, statusError(http.StatusNotFound))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// requestIDs makes names for requests that differ between processes.
type requestIDs struct {
	prefix string
	count  atomic.Uint64
}

func newRequestIDs() *requestIDs { return &requestIDs{prefix: rand.Text()[:10] + "-"} }

// of returns the ID that the proxy in front gave to a request, or else a new one.
func (ids *requestIDs) of(r *http.Request) string {
	if given := r.Header["X-Request-Id"]; len(given) == 1 && isRequestID(given[0]) {
		return given[0]
	}
	var b [32]byte
	return string(strconv.AppendUint(append(b[:0], ids.prefix...), ids.count.Add(1), 36))
}

// isRequestID reports whether an ID may be repeated in an answer and the log.
func isRequestID(id string) bool {
	for i := range len(id) {
		c := id[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return 0 < len(id) && len(id) <= 64
}

// cors lets pages of some origins use the API (Fetch standard, section 3.2). They have
// to bring a token, which no page of another origin has; there are no cookies that a
// browser would add by itself.
type cors struct {
	origins map[string]bool
	methods string
}

func newCORS(origins []string, routes []route) *cors {
	c := &cors{origins: make(map[string]bool)}
	for _, origin := range origins {
		c.origins[strings.TrimSuffix(origin, "/")] = true
	}
	var methods []string
	seen := make(map[string]bool)
	for _, rt := range routes {
		if !seen[rt.method] {
			seen[rt.method] = true
			methods = append(methods, rt.method)
		}
	}
	c.methods = strings.Join(methods, ", ")
	return c
}

// answer adds what a browser wants to know. It reports whether that was all that was
// asked for.
func (c *cors) answer(w http.ResponseWriter, r *http.Request) (done bool) {
	if len(c.origins) == 0 {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin") // in answers to others as well: a cache may show them to a page
	origin := r.Header.Get("Origin")
	if !c.origins[origin] {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		h.Set("Access-Control-Expose-Headers", "X-Request-Id, Location, Retry-After")
		return false
	}
	h.Set("Access-Control-Allow-Methods", c.methods)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Request-Id")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
