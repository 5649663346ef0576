package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/goplinth/plinth/fetch"
)

// A checker holds a chain of policies to the contract of a RoundTripper, from
// both sides: outside it compares the request before and after; inside, below
// all policies, it keeps a record of every body and context. When the test ends,
//
//   - no request has been modified,
//   - every request body has been closed exactly once by the end of its attempt,
//   - every response body has been closed exactly once.
//
// checkContexts adds that the context of every attempt has ended.
type checker struct {
	t      testing.TB
	answer func(req *http.Request) (*http.Response, error)

	mu        sync.Mutex // guards what follows
	contexts  []context.Context
	responses []*onceBody
	requests  []*onceBody
}

func newChecker(t testing.TB, answer func(*http.Request) (*http.Response, error)) *checker {
	c := &checker{t: t, answer: answer}
	t.Cleanup(c.check)
	return c
}

func (c *checker) check() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, body := range c.responses {
		if n := body.closes.Load(); n != 1 {
			c.t.Errorf("response body %d of %d was closed %d times; want once", i+1, len(c.responses), n)
		}
	}
	for i, body := range c.requests {
		if n := body.closes.Load(); n != 1 {
			c.t.Errorf("request body %d of %d was closed %d times; want once", i+1, len(c.requests), n)
		}
	}
}

// checkContexts reports attempts whose context has not ended. It is to be
// called while that of their caller has not, which would end them all.
func (c *checker) checkContexts(name string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, ctx := range c.contexts {
		if ctx.Err() == nil {
			c.t.Errorf("%s: the context of attempt %d of %d has not ended", name, i+1, len(c.contexts))
		}
	}
}

func (c *checker) attempts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.contexts)
}

// body returns a request body that the checker watches.
func (c *checker) body(r io.Reader) io.ReadCloser {
	b := &onceBody{Reader: r}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, b)
	return b
}

// RoundTrip is the transport below the policies.
func (c *checker) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.contexts = append(c.contexts, req.Context())
	c.mu.Unlock()
	if req.Header == nil {
		c.t.Error("a request has no Header (nil)")
	}
	if req.Body != nil {
		defer req.Body.Close()
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			c.t.Errorf("reading the request body: %v", err)
		}
	}
	resp, err := c.answer(req)
	if err != nil {
		return nil, err
	}
	body := &onceBody{Reader: resp.Body}
	resp.Body, resp.Request = body, req
	c.mu.Lock()
	c.responses = append(c.responses, body)
	c.mu.Unlock()
	return resp, nil
}

// onceBody counts how often it is closed, and may not be read after that.
type onceBody struct {
	io.Reader
	closes atomic.Int32
}

func (b *onceBody) Read(p []byte) (int, error) {
	if b.closes.Load() > 0 {
		return 0, errors.New("read of a closed body")
	}
	return b.Reader.Read(p)
}

func (b *onceBody) Close() error {
	b.closes.Add(1)
	return nil
}

// unmodified returns a RoundTripper around next that reports requests that are
// not as they were when next returns.
func unmodified(t testing.TB, next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		before, header, location := *req, req.Header.Clone(), *req.URL
		resp, err := next.RoundTrip(req)
		if err := sameRequest(&before, header, location, req); err != nil {
			t.Errorf("the request was modified: %v", err)
		}
		return resp, err
	})
}

func sameRequest(before *http.Request, header http.Header, location url.URL, after *http.Request) error {
	equal := func(a, b []string) bool { return fmt.Sprint(a) == fmt.Sprint(b) }
	switch {
	case before.Method != after.Method || before.Host != after.Host || before.ContentLength != after.ContentLength:
		return fmt.Errorf("%v is now %v", before, after)
	case before.Body != after.Body || before.URL != after.URL || *after.URL != location:
		return errors.New("it has another body or URL")
	case !maps.EqualFunc(header, after.Header, equal):
		return fmt.Errorf("header %v is now %v", header, after.Header)
	case before.Context() != after.Context():
		return errors.New("it has another context")
	}
	return nil
}

// policies are the middlewares with what their tests agree on.
var policies = map[string]func() fetch.Middleware{
	"Retry":            func() fetch.Middleware { return fetch.Retry(fetch.RetryPolicy{BaseDelay: 1}) },
	"Breaker":          func() fetch.Middleware { return fetch.Breaker(fetch.BreakerPolicy{MinRequests: 4}) },
	"Hedge":            func() fetch.Middleware { return fetch.Hedge(fetch.HedgePolicy{Delay: hedgeDelay}) },
	"LimitConcurrency": func() fetch.Middleware { return fetch.LimitConcurrency(3) },
	"LimitRate":        func() fetch.Middleware { return fetch.LimitRate(1000, 5) },
	"Coalesce":         func() fetch.Middleware { return fetch.Coalesce(fetch.CoalescePolicy{}) },
}
