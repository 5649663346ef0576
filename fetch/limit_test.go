package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

func TestPlacesAreForEachHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := make(map[string]int), make(map[string]int)
		s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
			host := strings.ToLower(req.URL.Hostname())
			mu.Lock()
			running[host]++
			most[host] = max(most[host], running[host])
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running[host]--
			mu.Unlock()
			return respond(200, ""), nil
		})
		var list []string
		for i := range 120 {
			list = append(list, fmt.Sprintf("http://%s/%d", []string{"a", "b", "B:80"}[i%3], i)) // the last two are one
		}
		for perHost, want := range map[int][2]int{0: {8, 8}, 3: {3, 3}, -1: {40, 80}} {
			clear(most)
			_, err := fetch.All[string](t.Context(), newClient(t, fetch.Options{Transport: s, PerHost: perHost}), list, fetch.Batch{Concurrency: 120})
			if got := [2]int{most["a"], most["b"]}; err != nil || got != want {
				t.Errorf("PerHost %d: %v requests at once, %v; want %v", perHost, got, err, want)
			}
		}
	})
}

// TestPlaceIsHeldByTheBody checks when the only place is free again.
func TestPlaceIsHeldByTheBody(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*http.Response)
		free bool
	}{
		{"untouched", func(*http.Response) {}, false},
		{"read in part", func(r *http.Response) { r.Body.Read(make([]byte, 2)) }, false},
		{"read", func(r *http.Response) { io.Copy(io.Discard, r.Body) }, true},
		{"closed", func(r *http.Response) { r.Body.Close() }, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStub(t, func(int, *http.Request) (*http.Response, error) { return respond(200, "body"), nil })
			rt := fetch.Chain(s, fetch.LimitConcurrency(1))
			req, err := http.NewRequestWithContext(t.Context(), "GET", "http://a/", nil)
			require.NoError(t, err)
			first, err := rt.RoundTrip(req)
			require.NoError(t, err)
			defer first.Body.Close()
			tt.do(first)

			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			second, err := rt.RoundTrip(req.WithContext(ctx))
			if free := err == nil; free != tt.free {
				t.Errorf("%s: the place is free: %v (%v); want %v", tt.name, free, err, tt.free)
			}
			if err == nil {
				second.Body.Close()
			} else if want := "limited: waited 1s for one of 1 places (Options.PerHost) at http://a: context deadline exceeded"; err.Error() != want || !errors.Is(err, fetch.ErrLimited) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: error = %v; want %s", tt.name, err, want)
			}
		})
	}
}

// TestWaitersAreServedInOrder also cancels one of them.
func TestWaitersAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
			order = append(order, req.URL.Path)
			time.Sleep(10 * time.Second)
			return respond(200, ""), nil
		})
		c := newClient(t, fetch.Options{Transport: s, PerHost: 1, AttemptTimeout: time.Minute, Timeout: time.Hour})
		var callers sync.WaitGroup
		for i := range 6 {
			callers.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if i == 3 {
					time.AfterFunc(15*time.Second, cancel)
				}
				fetch.Get[string](ctx, c, fmt.Sprintf("http://a/%d", i))
			})
			time.Sleep(time.Second)
		}
		callers.Wait()
		if got := strings.Join(order, ""); got != "/0/1/2/4/5" {
			t.Errorf("order = %s; want /0/1/2/4/5", got)
		}
	})
}

// TestWaitingUsesUpTheTimeoutOfTheCallOnly gives the second request its place
// late.
func TestWaitingUsesUpTheTimeoutOfTheCallOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
			return late(req, 8*time.Second, respond(200, ""), nil)
		})
		c := newClient(t, fetch.Options{Transport: s, PerHost: 1, Retry: fetch.RetryPolicy{Attempts: 1}})
		results, err := fetch.All[string](t.Context(), c, urls(5), fetch.Batch{Concurrency: 5})
		require.NoError(t, err)
		failures := 0
		for _, r := range results {
			if r.Err != nil {
				failures++
				if !strings.Contains(r.Err.Error(), "timeout of 30s exceeded") || r.Elapsed.Round(time.Millisecond) != 30*time.Second {
					t.Errorf("%s: %v after %v; want the timeout after 30s", r.URL, r.Err, r.Elapsed)
				}
			}
		}
		if failures != 2 {
			t.Errorf("%d of 5 requests of 8s failed; want the 2 that the 30s do not suffice for", failures)
		}
	})
}

// TestRate checks that in no window are more requests sent than the law says,
// and that none is lost.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, burst, n = 10, 3, 60
		s := newStub(t, func(int, *http.Request) (*http.Response, error) { return respond(200, ""), nil })
		c := newClient(t, fetch.Options{Transport: s, Rate: rate, Burst: burst})
		var callers sync.WaitGroup
		for i := range n {
			callers.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if i%4 == 3 {
					time.AfterFunc(time.Duration(i)*50*time.Millisecond, cancel) // leaves a gap
				}
				fetch.Get[string](ctx, c, "http://a/")
			})
		}
		callers.Wait()
		for i := range s.times {
			for j := i; j < len(s.times); j++ {
				window := s.times[j].Sub(s.times[i])
				if got, most := j-i+1, int(math.Floor(window.Seconds()*rate+1e-9))+burst; got > most {
					t.Fatalf("%d requests in %v; want at most %d", got, window, most)
				}
			}
		}
		if len(s.times) < n*3/4 {
			t.Errorf("%d requests were sent; want the %d that were not cancelled", len(s.times), n*3/4)
		}
	})
}

// TestRatePastTheDeadline is told at once.
func TestRatePastTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(int, *http.Request) (*http.Response, error) { return respond(200, ""), nil })
		c := newClient(t, fetch.Options{Transport: s, Rate: 0.01})
		_, err := fetch.Get[string](t.Context(), c, "http://a/")
		require.NoError(t, err)
		start := time.Now()
		_, err = fetch.Get[string](t.Context(), c, "http://a/")
		want := "fetch: GET http://a/: limited: the next request to http://a may be sent in 1m40s, which is after the deadline; allow more time or a higher rate (Options.Rate)"
		if err == nil || err.Error() != want || !errors.Is(err, fetch.ErrLimited) || time.Since(start) != 0 {
			t.Errorf("Get = %v after %v; want %s at once", err, time.Since(start), want)
		}
	})
}

func TestMiddlewaresRefuseWrongArguments(t *testing.T) {
	for want, call := range map[string]func(){
		"fetch: LimitConcurrency is 0 (int): must be 1 or more":                                                        func() { fetch.LimitConcurrency(0) },
		"fetch: LimitRate's perSecond is 0 (float64): must be a positive number of requests per second":                func() { fetch.LimitRate(0, 1) },
		"fetch: LimitRate's burst is 0 (int): must be 1 or more":                                                       func() { fetch.LimitRate(1, 0) },
		"fetch: HedgePolicy.Delay is -1ns (time.Duration): must be positive, or 0 for what 19 of 20 requests took":     func() { fetch.Hedge(fetch.HedgePolicy{Delay: -1}) },
		"fetch: CoalescePolicy.MaxBody is -1 (int64): must be positive, or 0 for the default of 10 MiB":                func() { fetch.Coalesce(fetch.CoalescePolicy{MaxBody: -1}) },
		"fetch: BreakerPolicy.FailureRatio is 2 (float64): must be above 0 and at most 1, or 0 for the default of 0.5": func() { fetch.Breaker(fetch.BreakerPolicy{FailureRatio: 2}) },
		"fetch: RetryPolicy.Attempts is -1 (int): must be 1 or more, or 0 for the default of 3":                        func() { fetch.Retry(fetch.RetryPolicy{Attempts: -1}) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("panic = %v; want %s", got, want)
				}
			}()
			call()
		}()
	}
}

// TestManyHosts checks that hosts chosen by others do not grow the table without
// bound, and that those in use are kept.
func TestManyHosts(t *testing.T) {
	s := newStub(t, func(int, *http.Request) (*http.Response, error) { return respond(200, "x"), nil })
	c := newClient(t, fetch.Options{Transport: s})
	rt := fetch.Chain(s, fetch.LimitConcurrency(1))
	busy, err := http.NewRequestWithContext(t.Context(), "GET", "http://busy/", nil)
	require.NoError(t, err)
	held, err := rt.RoundTrip(busy)
	require.NoError(t, err)
	defer held.Body.Close()
	for i := range 3 * fetch.MaxHosts {
		url := fmt.Sprintf("http://host%d/", i)
		_, err := fetch.Get[string](t.Context(), c, url)
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
		require.NoError(t, err)
		resp, err := rt.RoundTrip(req)
		require.NoError(t, err)
		resp.Body.Close()
	}
	if n := c.Stats().Hosts; n != fetch.MaxHosts {
		t.Errorf("%d hosts are kept; want %d", n, fetch.MaxHosts)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if resp, err := rt.RoundTrip(busy.WithContext(ctx)); !errors.Is(err, fetch.ErrLimited) {
		resp.Body.Close()
		t.Errorf("a host with a request in flight was forgotten: %v", err)
	}
}

// conns counts the connections of the clients that are made while it stands in
// for http.DefaultTransport, from which they take how to dial.
type conns struct {
	mu                sync.Mutex // guards what follows
	open, most, total int
}

func countConns(t *testing.T) *conns {
	count := new(conns)
	standard := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = standard })
	counted := standard.(*http.Transport).Clone()
	counted.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		count.add(1)
		return &countedConn{Conn: conn, count: count}, nil
	}
	http.DefaultTransport = counted
	return count
}

func (c *conns) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open += n
	c.most = max(c.most, c.open)
	c.total += max(0, n)
}

type countedConn struct {
	net.Conn
	count *conns
	once  sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.count.add(-1) })
	return c.Conn.Close()
}

// TestConnections fetches 10,000 URLs of one origin. There are never more
// connections at a time than places for requests, and each serves many.
//
// Over time there may be a few more, on a busy machine: net/http gives up a
// connection when it does not hear from its own goroutine within 50ms that the
// request has been written, though the answer is there.
func TestConnections(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") }))
	defer server.Close()
	list := make([]string, 10_000)
	for i := range list {
		list[i] = fmt.Sprintf("%s/%d", server.URL, i)
	}
	for perHost, most := range map[int]int{0: 8, 64: 64} {
		count := countConns(t)
		c := newClient(t, fetch.Options{PerHost: perHost})
		results, err := fetch.All[string](t.Context(), c, list, fetch.Batch{Concurrency: 64})
		require.NoError(t, err)
		for _, r := range results {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
		if count.most > most {
			t.Errorf("PerHost %d: %d connections were open at a time; want at most %d", perHost, count.most, most)
		}
		if each := len(list) / count.total; each < 100 {
			t.Errorf("PerHost %d: %d connections for %d requests; want them kept", perHost, count.total, len(list))
		}
		c.CloseIdleConnections()
		if count.open != 0 {
			t.Errorf("PerHost %d: %d connections are open after CloseIdleConnections", perHost, count.open)
		}
	}
}

// TestConnectionsAreEnough has more requests in flight than NewTransport keeps
// connections by default: a client keeps as many as it may use.
func TestConnectionsAreEnough(t *testing.T) {
	const concurrent, rounds = 150, 4
	var arrived sync.WaitGroup
	release := make(chan struct{})
	url := origin(t, func(*http.Request) fetchtest.Answer {
		arrived.Done()
		<-release
		return fetchtest.Answer{Body: "x"}
	})
	count := countConns(t)
	c := newClient(t, fetch.Options{PerHost: concurrent, Retry: fetch.RetryPolicy{Attempts: 1}})
	list := slices.Repeat([]string{url}, concurrent)
	for range rounds {
		arrived.Add(concurrent)
		go func() {
			arrived.Wait()
			for range concurrent {
				release <- struct{}{}
			}
		}()
		results, err := fetch.All[string](t.Context(), c, list, fetch.Batch{Concurrency: concurrent})
		require.NoError(t, err)
		for _, r := range results {
			require.NoError(t, r.Err)
		}
	}
	if count.total > concurrent*3/2 {
		t.Errorf("%d rounds of %d requests opened %d connections; want %d", rounds, concurrent, count.total, concurrent)
	}
}
