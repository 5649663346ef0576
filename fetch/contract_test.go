package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch"
)

const hedgeDelay = 20 * time.Millisecond

// chaos answers as r says: well, badly, late, never, or with half a body.
func chaos(r *rand.Rand) func(*http.Request) (*http.Response, error) {
	var mu sync.Mutex
	roll := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return r.IntN(n)
	}
	return func(req *http.Request) (*http.Response, error) {
		timer := time.NewTimer(time.Duration(1+roll(60)) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
		switch roll(8) {
		case 0:
			return nil, errReset
		case 1:
			return respond(503, "busy", "Retry-After", "0"), nil
		case 2:
			return respond(500, strings.Repeat("x", 100_000)), nil
		case 3:
			return respond(404, "nothing here"), nil
		case 4:
			resp := respond(200, "")
			resp.ContentLength = 12
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("six..."), brokenReader{}))
			return resp, nil
		case 5:
			<-req.Context().Done()
			return nil, req.Context().Err()
		}
		return respond(200, "twelve bytes"), nil
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestContractOfEveryChain sends requests with and without bodies, some of which
// are cancelled and some of which are read in part only, through every policy,
// every pair of policies, and all of them. The checker does the rest; the bubble
// notices goroutines that are left.
func TestContractOfEveryChain(t *testing.T) {
	names := slices.Sorted(maps.Keys(policies))
	chains := [][]string{names}
	for _, a := range names {
		chains = append(chains, []string{a})
		for _, b := range names {
			chains = append(chains, []string{a, b})
		}
	}
	for seed, chain := range chains {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 1))
			c := newChecker(t, chaos(r))
			rt := http.RoundTripper(c)
			for _, name := range slices.Backward(chain) {
				rt = unmodified(t, fetch.Chain(rt, policies[name]()))
			}
			exercise(t, c, seed, false, func(req *http.Request) (*http.Response, error) { return rt.RoundTrip(req) })
		})
	}
}

// TestContractOfTheClient does the same with the policies of a Client, through
// Do and Send.
func TestContractOfTheClient(t *testing.T) {
	for seed := range 20 {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 2))
			c := newChecker(t, chaos(r))
			o := fetch.Options{Transport: c, Timeout: time.Second, AttemptTimeout: 200 * time.Millisecond, Retry: fetch.RetryPolicy{BaseDelay: 1}, PerHost: 3}
			if seed%2 == 1 {
				o.Breaker, o.Hedge, o.Rate = &fetch.BreakerPolicy{MinRequests: 8}, &fetch.HedgePolicy{Delay: hedgeDelay}, 500
			}
			if seed%4 == 3 {
				o.Coalesce = &fetch.CoalescePolicy{}
			}
			client := newClient(t, o)
			exercise(t, c, seed, true, client.Do)
			exercise(t, c, seed, true, func(req *http.Request) (*http.Response, error) {
				_, err := fetch.Send[string](req.Context(), client, req)
				return nil, err
			})
		})
	}
}

// exercise sends requests concurrently and does with the responses what users
// do, good ones and careless ones.
func exercise(t *testing.T, c *checker, seed int, twice bool, do func(*http.Request) (*http.Response, error)) {
	var callers sync.WaitGroup
	for i := range 24 {
		callers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(50+r.IntN(400))*time.Millisecond)
			defer cancel()
			method := []string{"GET", "PUT", "POST", "HEAD"}[r.IntN(4)]
			req, err := http.NewRequestWithContext(ctx, method, "http://a/"+[]string{"x", "y"}[r.IntN(2)], nil)
			if err != nil {
				t.Error(err)
				return
			}
			if method == "PUT" || method == "POST" {
				req.Body, req.ContentLength = c.body(strings.NewReader("payload")), 7
				if r.IntN(2) == 0 {
					req.GetBody = func() (io.ReadCloser, error) { return c.body(strings.NewReader("payload")), nil }
				}
			}
			resp, err := do(req)
			if err != nil || resp == nil {
				return
			}
			switch r.IntN(3) {
			case 0:
				io.Copy(io.Discard, resp.Body)
			case 1:
				resp.Body.Read(make([]byte, 3))
			}
			resp.Body.Close()
			if twice { // as happens with a defer and an explicit one
				resp.Body.Close()
			}
		})
	}
	callers.Wait()
}

// TestContextsAreReleased checks that the context of an attempt ends with it,
// under a caller's context that does not end.
func TestContextsAreReleased(t *testing.T) {
	send := func(c *fetch.Client) { fetch.Get[string](context.Background(), c, "http://a/") }
	do := func(use func(*http.Response)) func(*fetch.Client) {
		return func(c *fetch.Client) {
			resp, err := c.Do(mustRequest(t, "GET", "http://a/", nil))
			if err == nil {
				use(resp)
			}
		}
	}
	ok := func(*http.Request) (*http.Response, error) { return respond(200, "body"), nil }
	for name, tt := range map[string]struct {
		answer func(*http.Request) (*http.Response, error)
		call   func(*fetch.Client)
	}{
		"Get":        {ok, send},
		"status":     {func(*http.Request) (*http.Response, error) { return respond(404, "body"), nil }, send},
		"retries":    {func(*http.Request) (*http.Response, error) { return respond(500, "body"), nil }, send},
		"error":      {func(*http.Request) (*http.Response, error) { return nil, errReset }, send},
		"hedge":      {func(r *http.Request) (*http.Response, error) { return late(r, time.Second, respond(200, "body"), nil) }, send},
		"Do, closed": {ok, do(func(r *http.Response) { r.Body.Close() })},
		"Do, read":   {ok, do(func(r *http.Response) { io.Copy(io.Discard, r.Body); r.Body.Close() })},
		"broken body": {func(*http.Request) (*http.Response, error) {
			resp := respond(200, "")
			resp.ContentLength, resp.Body = -1, io.NopCloser(brokenReader{})
			return resp, nil
		}, send},
	} {
		for _, hedge := range []*fetch.HedgePolicy{nil, {Delay: hedgeDelay}} {
			synctest.Test(t, func(t *testing.T) {
				c := newChecker(t, tt.answer)
				tt.call(newClient(t, fetch.Options{Transport: c, Retry: fetch.RetryPolicy{BaseDelay: 1}, Hedge: hedge}))
				c.checkContexts(name)
			})
		}
	}
}

// TestPanickingTransport checks that a panic reaches the caller, and costs no
// place and no goroutine.
func TestPanickingTransport(t *testing.T) {
	for name, policy := range policies {
		synctest.Test(t, func(t *testing.T) {
			rt := fetch.Chain(roundTrip(func(*http.Request) (*http.Response, error) { panic("boom") }), policy())
			for range 10 { // more than LimitConcurrency has places
				func() {
					defer func() {
						if v := recover(); v != "boom" && name != "Coalesce" {
							t.Errorf("%s: the panic came out as %v; want boom", name, v)
						}
					}()
					req, _ := http.NewRequestWithContext(t.Context(), "GET", "http://a/", nil)
					_, err := rt.RoundTrip(req)
					if _, ok := errors.AsType[*fetch.PanicError](err); !ok {
						t.Errorf("%s: the panic came out as the error %v; want a PanicError", name, err)
					}
				}()
			}
		})
	}
}

// TestTransportWithoutManners returns what RoundTrippers in tests often do.
func TestTransportWithoutManners(t *testing.T) {
	for name, tt := range map[string]struct {
		resp *http.Response
		want string
	}{
		"no body":       {&http.Response{StatusCode: 200}, ""},
		"no request":    {&http.Response{StatusCode: 404, Body: io.NopCloser(bytes.NewReader(nil))}, "fetch: GET http://a/: 404 Not Found"},
		"no response":   {nil, "fetch: GET http://a/: the transport, a fetch_test.roundTrip, returned neither a response nor an error"},
		"bad redirect":  {&http.Response{StatusCode: 302, Header: http.Header{"Location": {"::"}}}, `fetch: GET http://a/: failed to parse Location header "::": parse "::": missing protocol scheme`},
		"no location":   {&http.Response{StatusCode: 302}, "fetch: GET http://a/: 302 Found"},
		"short of size": {&http.Response{StatusCode: 200, ContentLength: 5, Body: io.NopCloser(strings.NewReader("four"))}, "fetch: GET http://a/: reading the body: unexpected EOF"},
	} {
		c := newClient(t, fetch.Options{Retry: fetch.RetryPolicy{Attempts: 1}, Transport: roundTrip(func(*http.Request) (*http.Response, error) { return tt.resp, nil })})
		got := ""
		if _, err := fetch.Get[[]byte](t.Context(), c, "http://a/"); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: Get = %q; want %q", name, got, tt.want)
		}
	}
}
