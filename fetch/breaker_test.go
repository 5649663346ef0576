package fetch_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// plainBreaker is what Breaker is tested against: it keeps every outcome with
// its time, and says what to do with the next request.
type plainBreaker struct {
	epoch    time.Time
	outcomes []plainOutcome
	open     bool
	until    time.Time
}

type plainOutcome struct {
	at     time.Time
	failed bool
}

func (b *plainBreaker) permits() bool { return !b.open || !time.Now().Before(b.until) }

// record notes the outcome of a request that was sent at once.
func (b *plainBreaker) record(failed bool) {
	now := time.Now()
	if b.open { // it was the probe
		b.open = failed
		b.until = now.Add(5 * time.Second)
		b.outcomes = nil
		return
	}
	b.outcomes = append(b.outcomes, plainOutcome{now, failed})
	requests, failures := 0, 0
	for _, o := range b.outcomes {
		if b.step(now)-b.step(o.at) < 10 {
			requests++
			if o.failed {
				failures++
			}
		}
	}
	if failed && requests >= 20 && 2*failures >= requests {
		b.open, b.until = true, now.Add(5*time.Second)
	}
}

func (b *plainBreaker) step(t time.Time) int { return int(t.Sub(b.epoch) / time.Second) }

// TestBreakerAgreesWithThePlainOne sends requests at random times with random
// outcomes.
func TestBreakerAgreesWithThePlainOne(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			failing := false
			s := newStub(t, func(int, *http.Request) (*http.Response, error) {
				if failing && r.IntN(2) == 0 {
					return nil, errReset
				}
				if failing {
					return respond(500, ""), nil
				}
				return respond([]int{200, 404, 429}[r.IntN(3)], ""), nil
			})
			rt := fetch.Chain(s, fetch.Breaker(fetch.BreakerPolicy{}))
			plain := &plainBreaker{}
			opened := 0
			for i := range 2000 {
				req, err := http.NewRequestWithContext(t.Context(), "GET", "http://a/", nil)
				require.NoError(t, err)
				if i == 0 {
					plain.epoch = time.Now() // the breaker is made now
				}
				failing = r.IntN(100) < 30+40*(i/200%2)
				want := plain.permits()
				resp, err := rt.RoundTrip(req)
				if got := !errors.Is(err, fetch.ErrCircuitOpen); got != want {
					t.Fatalf("seed %d, request %d: permitted %v; want %v", seed, i, got, want)
				}
				if resp != nil {
					resp.Body.Close()
				}
				if want {
					plain.record(failing)
				} else {
					opened++
				}
				time.Sleep(time.Duration(r.IntN(600)) * time.Millisecond)
			}
			if opened == 0 {
				t.Errorf("seed %d: the breaker never opened", seed)
			}
		})
	}
}

// fail sends n requests that fail.
func fail(t *testing.T, c *fetch.Client, url string, n int) {
	t.Helper()
	for range n {
		if _, err := fetch.Get[string](t.Context(), c, url); err == nil {
			t.Errorf("Get(%s) succeeded", url)
		}
	}
}

func TestBreakerRefusesAndProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status := 500
		s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
			time.Sleep(10 * time.Millisecond)
			if req.URL.Host == "healthy" {
				return respond(200, ""), nil
			}
			return respond(status, ""), nil
		})
		c := newClient(t, fetch.Options{Transport: s, Breaker: &fetch.BreakerPolicy{}, Retry: fetch.RetryPolicy{Attempts: 1}})
		fail(t, c, "http://a/", 20)
		_, err := fetch.Get[string](t.Context(), c, "http://a/")
		if want := "fetch: GET http://a/: circuit open: 20 of the last 20 requests to http://a failed; the next request may be sent in 5s"; err == nil || err.Error() != want {
			t.Errorf("Get with an open circuit = %v; want %s", err, want)
		}
		if after, ok := errors.AsType[interface {
			error
			RetryAfter() time.Duration
		}](err); !ok || after.RetryAfter() != 5*time.Second {
			t.Errorf("RetryAfter of %v; want 5s", err)
		}
		if _, err := fetch.Get[string](t.Context(), c, "http://healthy/"); err != nil {
			t.Errorf("Get of a healthy host = %v", err)
		}
		if n := s.attempts(); n != 21 {
			t.Errorf("%d requests were sent; want 21", n)
		}

		time.Sleep(5 * time.Second)
		status = 200
		results, _ := fetch.All[string](t.Context(), c, []string{"http://a/", "http://a/", "http://a/"}, fetch.Batch{})
		sent := 0
		for _, r := range results {
			if r.Err == nil {
				sent++
			} else if !errors.Is(r.Err, fetch.ErrCircuitOpen) || !strings.Contains(r.Err.Error(), "a request is on its way to find out") {
				t.Errorf("a request beside the probe: %v", r.Err)
			}
		}
		if sent != 1 {
			t.Errorf("%d requests got through a half-open breaker; want 1", sent)
		}
		if _, err := fetch.Get[string](t.Context(), c, "http://a/"); err != nil {
			t.Errorf("Get after a probe that succeeded = %v", err)
		}
		if got := c.Stats(); got.Refused != 3 || got.Requests != 26 || got.Attempts != 23 || got.Hosts != 2 {
			t.Errorf("Stats() = %+v", got)
		}
	})
}

// TestWhatABreakerCounts sends 20 requests with the same end.
func TestWhatABreakerCounts(t *testing.T) {
	hang := func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, context.Cause(req.Context())
	}
	for _, tt := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		cancel time.Duration // of the caller; 0 is never
		opens  bool
	}{
		{"refused connection", func(*http.Request) (*http.Response, error) { return nil, errDial }, 0, true},
		{"500", func(*http.Request) (*http.Response, error) { return respond(500, ""), nil }, 0, true},
		{"429", func(*http.Request) (*http.Response, error) { return respond(429, ""), nil }, 0, false},
		{"attempt timeout", hang, 0, true},
		{"caller's deadline", hang, time.Second, false},
		{"large body", func(*http.Request) (*http.Response, error) { return respond(200, strings.Repeat("x", 200)), nil }, 0, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) { return tt.answer(req) })
			c := newClient(t, fetch.Options{Transport: s, MaxBody: 100, AttemptTimeout: 400 * time.Millisecond,
				Breaker: &fetch.BreakerPolicy{MinRequests: 10}, Retry: fetch.RetryPolicy{Attempts: 1}})
			if tt.cancel > 0 {
				c = newClient(t, fetch.Options{Transport: s, Breaker: &fetch.BreakerPolicy{MinRequests: 10}, Retry: fetch.RetryPolicy{Attempts: 1}})
			}
			var err error
			for range 20 {
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if tt.cancel > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.cancel/10)
				}
				_, err = fetch.Get[string](ctx, c, "http://a/")
				cancel()
			}
			if got := errors.Is(err, fetch.ErrCircuitOpen); got != tt.opens {
				t.Errorf("%s: the circuit is open: %v (%v); want %v", tt.name, got, err, tt.opens)
			}
		})
	}
}

// TestQueuedRequestsMeetAnOpenCircuit lets a breaker open while others wait for
// a place: they are not sent any more.
func TestQueuedRequestsMeetAnOpenCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(int, *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return nil, errReset
		})
		c := newClient(t, fetch.Options{Transport: s, PerHost: 2, Breaker: &fetch.BreakerPolicy{MinRequests: 4}, Retry: fetch.RetryPolicy{Attempts: 1}})
		results, err := fetch.All[string](t.Context(), c, urls(50), fetch.Batch{Concurrency: 50})
		require.NoError(t, err)
		for _, r := range results {
			if r.Err == nil {
				t.Errorf("%s succeeded", r.URL)
			}
		}
		if n := s.attempts(); n > 6 {
			t.Errorf("%d requests were sent; want the 4 that open the circuit, and at most 2 beside them", n)
		}
	})
}
