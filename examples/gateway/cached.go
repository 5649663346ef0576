package main

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// cacheStatus is the header of RFC 9211 that says what the cache has done.
const cacheStatus = "Cache-Status"

// A cacheKey is what requests with the same answer have in common.
type cacheKey struct{ url, accept, encoding, language string }

// An answer is a response that is kept.
type answer struct {
	header  http.Header
	body    []byte
	age     time.Duration // when it came
	arrived time.Time
}

// keyOf returns false for requests that may have an answer of their own: what
// is not a GET, asks for a part or under a condition, or has a header that is not
// known to make no difference, which may be a credential by any name.
func keyOf(req *http.Request) (cacheKey, bool) {
	if req.Method != http.MethodGet || req.Body != nil && req.Body != http.NoBody || req.URL.User != nil {
		return cacheKey{}, false
	}
	for name := range req.Header {
		switch name {
		case "Accept", "Accept-Encoding", "Accept-Language": // in the key
		case "Cache-Control", "Pragma", "User-Agent", "Referer", traceparentHeader, "Tracestate", requestIDHeader,
			"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto":
		default:
			return cacheKey{}, false
		}
	}
	return cacheKey{
		url:      req.URL.String(),
		accept:   strings.Join(req.Header["Accept"], ","),
		encoding: strings.Join(req.Header["Accept-Encoding"], ","),
		language: strings.Join(req.Header["Accept-Language"], ","),
	}, true
}

// sharedKey is keyOf for requests that are under way at the same time.
func sharedKey(req *http.Request) (string, bool) {
	key, ok := keyOf(req)
	return strings.Join([]string{key.url, key.accept, key.encoding, key.language}, "\n"), ok
}

// cached is a fetch.Middleware that keeps answers for as long as they say. Of
// RFC 9111 it has what is safe and no more: there is no revalidation, and no
// guess for answers that say nothing.
func (g *gateway) cached(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		key, ok := keyOf(req)
		asked := directives(req.Header)
		if ok && !asked.has("no-cache", "no-store") {
			if a, ok := g.answers.Get(key); ok {
				return a.response(req), nil
			}
		}
		resp, err := next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		status := "gateway; fwd=bypass"
		switch ttl := lifetime(resp); {
		case ok && ttl > 0 && !asked.has("no-store"):
			status = "gateway; fwd=miss; stored"
			a, err := newAnswer(resp)
			if err != nil {
				return nil, err
			}
			g.answers.SetTTL(key, a, ttl)
		case ok:
			status = "gateway; fwd=miss"
		case isUnsafe(req.Method) && resp.StatusCode < 400:
			// It may have changed what is at this URL, in whatever language.
			url := req.URL.String()
			g.answers.DeleteFunc(func(k cacheKey, _ *answer) bool { return k.url == url })
		}
		resp.Header.Set(cacheStatus, status)
		return resp, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func isUnsafe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return false
	}
	return true
}

// lifetime returns how long a response may be kept for others: 0 if it does not
// say, or must not be.
func lifetime(resp *http.Response) time.Duration {
	d := directives(resp.Header)
	if resp.StatusCode != http.StatusOK || d.has("no-store", "no-cache", "private") || resp.Header["Set-Cookie"] != nil ||
		resp.ContentLength < 0 || resp.ContentLength > maxSharedBody || len(resp.Trailer) > 0 {
		return 0
	}
	for _, vary := range resp.Header.Values("Vary") {
		for name := range strings.SplitSeq(vary, ",") {
			switch http.CanonicalHeaderKey(strings.TrimSpace(name)) {
			case "Accept", "Accept-Encoding", "Accept-Language":
			default:
				return 0
			}
		}
	}
	age, ok := d["s-maxage"]
	if !ok {
		age = d["max-age"]
	}
	return max(0, wholeSeconds(age)-wholeSeconds(resp.Header.Get("Age")))
}

// wholeSeconds returns 0 for what is no number, and no more than a day.
func wholeSeconds(s string) time.Duration {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, 24*time.Hour)
}

// cacheControl is what the header of that name says.
type cacheControl map[string]string

func directives(h http.Header) cacheControl {
	all := make(cacheControl)
	for _, line := range h.Values("Cache-Control") {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(part, "=")
			all[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return all
}

func (c cacheControl) has(names ...string) bool {
	for _, name := range names {
		if _, ok := c[name]; ok {
			return true
		}
	}
	return false
}

// newAnswer takes the body out of resp, and leaves a copy of it there.
func newAnswer(resp *http.Response) (*answer, error) {
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return &answer{header: resp.Header.Clone(), body: body, age: wholeSeconds(resp.Header.Get("Age")), arrived: time.Now()}, nil
}

// response returns a as the answer to req.
func (a *answer) response(req *http.Request) *http.Response {
	header := maps.Clone(a.header)
	header.Set(cacheStatus, "gateway; hit")
	header.Set("Age", strconv.Itoa(int((a.age + time.Since(a.arrived)).Seconds())))
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
		Request: req,
	}
}
