package fetch_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// late answers after d, unless the request is cancelled.
func late(req *http.Request, d time.Duration, resp *http.Response, err error) (*http.Response, error) {
	timer := time.NewTimer(max(d, 1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return resp, err
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

// TestHedgeRaces decides races between a first request and its hedge, which is
// sent after a second.
func TestHedgeRaces(t *testing.T) {
	ok := func(body string) *http.Response { return respond(200, body) }
	for _, tt := range []struct {
		name     string
		first    func(*http.Request) (*http.Response, error)
		hedge    func(*http.Request) (*http.Response, error)
		want     string // the body, or a part of the error
		after    time.Duration
		requests int
	}{
		{"quick", func(r *http.Request) (*http.Response, error) { return late(r, 900*time.Millisecond, ok("first"), nil) },
			nil, "first", 900 * time.Millisecond, 1},
		{"hedge wins", func(r *http.Request) (*http.Response, error) { return late(r, time.Minute, ok("first"), nil) },
			func(r *http.Request) (*http.Response, error) { return late(r, time.Second, ok("hedge"), nil) }, "hedge", 2 * time.Second, 2},
		{"first wins", func(r *http.Request) (*http.Response, error) { return late(r, 2*time.Second, ok("first"), nil) },
			func(r *http.Request) (*http.Response, error) { return late(r, time.Minute, ok("hedge"), nil) }, "first", 2 * time.Second, 2},
		{"hedge is refused", func(r *http.Request) (*http.Response, error) { return late(r, 3*time.Second, ok("first"), nil) },
			func(*http.Request) (*http.Response, error) { return nil, errDial }, "first", 3 * time.Second, 2},
		{"hedge is a 503", func(r *http.Request) (*http.Response, error) { return late(r, 3*time.Second, ok("first"), nil) },
			func(*http.Request) (*http.Response, error) { return respond(503, "busy"), nil }, "first", 3 * time.Second, 2},
		{"hedge is a 404", func(r *http.Request) (*http.Response, error) { return late(r, 3*time.Second, ok("first"), nil) },
			func(*http.Request) (*http.Response, error) { return respond(404, "gone"), nil }, "404", time.Second, 2},
		{"first is reset", func(r *http.Request) (*http.Response, error) { return late(r, 2*time.Second, nil, errReset) },
			func(r *http.Request) (*http.Response, error) { return late(r, 2*time.Second, ok("hedge"), nil) }, "hedge", 3 * time.Second, 2},
		{"both fail", func(r *http.Request) (*http.Response, error) { return late(r, 2*time.Second, nil, errReset) },
			func(r *http.Request) (*http.Response, error) { return late(r, 2*time.Second, respond(500, ""), nil) }, "connection reset", 3 * time.Second, 2},
		{"fails at once", func(*http.Request) (*http.Response, error) { return nil, errReset },
			nil, "connection reset", 0, 1},
		{"hedge panics", func(r *http.Request) (*http.Response, error) { return late(r, 2*time.Second, ok("first"), nil) },
			func(*http.Request) (*http.Response, error) { panic("boom") }, "first", 2 * time.Second, 2},
	} {
		for _, retries := range []bool{false, true} { // the body is read by the user, or by the attempt
			synctest.Test(t, func(t *testing.T) {
				var sent atomic.Int32
				c := newChecker(t, func(req *http.Request) (*http.Response, error) {
					if sent.Add(1) == 1 {
						return tt.first(req)
					}
					return tt.hedge(req)
				})
				start := time.Now()
				var got string
				var err error
				if retries {
					client := newClient(t, fetch.Options{Transport: c, Retry: fetch.RetryPolicy{Attempts: 1}, Hedge: &fetch.HedgePolicy{Delay: time.Second}})
					got, err = fetch.Get[string](t.Context(), client, "http://a/")
				} else {
					client := newClient(t, fetch.Options{Retry: fetch.RetryPolicy{Attempts: 1},
						Transport: fetch.Chain(c, fetch.Hedge(fetch.HedgePolicy{Delay: time.Second}))})
					got, err = fetch.Get[string](t.Context(), client, "http://a/")
				}
				if err != nil {
					got = err.Error()
				}
				if !strings.Contains(got, tt.want) || time.Since(start).Truncate(time.Millisecond) != tt.after || c.attempts() != tt.requests {
					t.Errorf("%s: %q after %v and %d requests; want %q after %v and %d", tt.name, got, time.Since(start), c.attempts(), tt.want, tt.after, tt.requests)
				}
			})
		}
	}
}

// TestWhatIsHedged sends requests that take a minute.
func TestWhatIsHedged(t *testing.T) {
	for _, tt := range []struct {
		method, body string
		want         int
	}{{"GET", "", 2}, {"HEAD", "", 2}, {"OPTIONS", "", 2}, {"POST", "", 1}, {"PUT", "", 1}, {"DELETE", "", 1}, {"GET", "query", 1}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
				return late(req, time.Minute, respond(200, ""), nil)
			})
			req, err := http.NewRequestWithContext(t.Context(), tt.method, "http://a/", strings.NewReader(tt.body))
			require.NoError(t, err)
			resp, err := fetch.Chain(s, fetch.Hedge(fetch.HedgePolicy{Delay: time.Second})).RoundTrip(req)
			require.NoError(t, err)
			resp.Body.Close()
			if s.attempts() != tt.want {
				t.Errorf("%s with body %q: %d requests; want %d", tt.method, tt.body, s.attempts(), tt.want)
			}
		})
	}
}

// TestHedgingCutsTheTail measures a host that takes a second for one answer in a
// hundred, with and without hedges.
func TestHedgingCutsTheTail(t *testing.T) {
	const n = 5000
	run := func(h *fetch.HedgePolicy) (p99 time.Duration, requests int) {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			r := rand.New(rand.NewPCG(1, 2))
			s := newStub(t, func(attempt int, req *http.Request) (*http.Response, error) {
				mu.Lock()
				d := time.Duration(5_000+r.IntN(10_000)) * time.Microsecond
				mu.Unlock()
				if attempt%90 == 0 { // a few more, so that the percentile is one of them
					d = time.Second
				}
				return late(req, d, respond(200, "x"), nil)
			})
			c := newClient(t, fetch.Options{Transport: s, Hedge: h})
			var took []time.Duration
			for range n {
				start := time.Now()
				if _, err := fetch.Get[string](t.Context(), c, "http://a/"); err != nil {
					t.Error(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			p99, requests = took[n*99/100], s.attempts()
		})
		return p99, requests
	}
	without, _ := run(nil)
	with, requests := run(&fetch.HedgePolicy{})
	if with > without/5 || requests > n*106/100 {
		t.Errorf("p99 of %v with %d requests for %d, of %v without hedges; want a fifth for 6%% more", with, requests, n, without)
	}
	t.Logf("p99 %v with hedges, %v without; %.1f%% more requests", with, without, 100*float64(requests-n)/n)
}

// TestHedgesPayFromTheBudget makes a host slow altogether: the hedges and
// retries together stay within a tenth and ten.
func TestHedgesPayFromTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) { return late(req, time.Second, nil, errReset) })
		c := newClient(t, fetch.Options{Transport: s, Hedge: &fetch.HedgePolicy{Delay: 100 * time.Millisecond}})
		for range n {
			fetch.Get[string](t.Context(), c, "http://a/")
		}
		if got, most := s.attempts(), n+n/10+10; got > most || got < most-10 {
			t.Errorf("%d requests sent for %d; want about %d", got, n, most)
		}
		if stats := c.Stats(); stats.Attempts != int64(s.attempts()) || stats.Attempts != stats.Requests+stats.Retries+stats.Hedges {
			t.Errorf("Stats() = %+v; want Attempts to be %d, and the sum of Requests, Retries and Hedges", stats, s.attempts())
		}
	})
}

// TestHedgesKeepToTheLimits gives a client one place, which the first request
// has.
func TestHedgesKeepToTheLimits(t *testing.T) {
	for name, o := range map[string]fetch.Options{"place": {PerHost: 1}, "turn": {Rate: 0.1}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
				return late(req, 2*time.Second, respond(200, "x"), nil)
			})
			o.Transport, o.Hedge = s, &fetch.HedgePolicy{Delay: time.Second}
			if _, err := fetch.Get[string](t.Context(), newClient(t, o), "http://a/"); err != nil || s.attempts() != 1 {
				t.Errorf("without a %s: %d requests, %v; want 1", name, s.attempts(), err)
			}
		})
	}
}

func TestHedgeCancelledByTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecker(t, func(req *http.Request) (*http.Response, error) { return late(req, time.Minute, respond(200, "x"), nil) })
		client := newClient(t, fetch.Options{Transport: c, Hedge: &fetch.HedgePolicy{Delay: time.Second}})
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2*time.Second, func() { cancel(cause) })
		if _, err := fetch.Get[string](ctx, client, "http://a/"); !errors.Is(err, cause) || c.attempts() != 2 {
			t.Errorf("Get = %v after %d requests; want the cause after 2", err, c.attempts())
		}
	})
}

// TestDelays95 compares the estimate with the exact quantile.
func TestDelays95(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var d fetch.Delays
	var all []time.Duration
	if _, ok := d.P95(); ok {
		t.Error("P95 is known before the first observation")
	}
	for range 900 {
		v := time.Duration(r.ExpFloat64() * float64(20*time.Millisecond))
		all = append(all, v)
		d.Observe(v)
	}
	slices.Sort(all)
	exact := all[len(all)*95/100]
	if got, ok := d.P95(); !ok || got < exact || got > exact*13/10 {
		t.Errorf("P95() = %v, %v; want %v to 30%% more", got, ok, exact)
	}
	for range 5000 { // the host has become quicker
		d.Observe(time.Millisecond)
	}
	if got, _ := d.P95(); got > 2*time.Millisecond {
		t.Errorf("P95() = %v after 5000 observations of 1ms", got)
	}
	for _, v := range []time.Duration{-1, 0, 1, 2, 3, 4, 5, 7, 8, 1000, 1<<62 - 1, 1<<63 - 1} {
		if i := fetch.BucketOf(v); i < 0 || i > 255 || fetch.UpperBound(i) <= v && v < 1<<62 || i > 0 && fetch.UpperBound(i-1) > max(v, 1) {
			t.Errorf("%v is in bucket %d, below %v", int64(v), i, int64(fetch.UpperBound(i)))
		}
	}
}
