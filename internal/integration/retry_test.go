package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// TestRetryAfter has nginx refuse requests that come too soon. A client that
// waits as it is told is served the second time, and one that does not would be
// refused three times.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		t.Run(fmt.Sprintf("status=%d", status), func(t *testing.T) {
			t.Parallel()
			n := startNginx(t, map[string][]byte{"hello": []byte("hello")}, `limit_req_zone all zone=one:1m rate=60r/m;`, plain(fmt.Sprintf(`
				root $files;
				limit_req zone=one;
				limit_req_status %d;
				add_header Retry-After 1 always;`, status)))
			c := newClient(t, newNetwork(t), fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: time.Millisecond}})
			for i := range 2 {
				start := time.Now()
				body, err := fetch.Get[string](t.Context(), c, n.url(0, "/hello"))
				if body != "hello" || err != nil {
					t.Errorf("Get %d = %q, %v; want hello", i, body, err)
				}
				if elapsed := time.Since(start); i == 1 && elapsed < time.Second {
					t.Errorf("Get %d took %v; want at least the 1s of the Retry-After", i, elapsed)
				}
			}
			if s := n.stats(t); s.requests != 3 {
				t.Errorf("nginx saw %d requests; want 3, of which it refuses one", s.requests)
			}
		})
	}
}

// TestRetryAfterDeadline asks for more patience than there is time.
func TestRetryAfterDeadline(t *testing.T) {
	t.Parallel()
	n := startNginx(t, nil, "", plain(`
		location /minute { add_header Retry-After 60 always; return 429 "slow down"; }
		location /endless { add_header Retry-After 99999999999999999999 always; return 503; }
		location /long-ago { add_header Retry-After "Sun, 06 Nov 1994 08:49:37 GMT" always; return 503; }`))
	for _, tt := range []struct {
		path     string
		status   int
		body     string
		attempts int
	}{
		{"/minute", 429, "slow down", 1},
		{"/endless", 503, "503 Service Temporarily Unavailable", 1},
		{"/long-ago", 503, "503 Service Temporarily Unavailable", 3},
	} {
		c := newClient(t, newNetwork(t), fetch.Options{Timeout: 20 * time.Second, Retry: fetch.RetryPolicy{BaseDelay: time.Millisecond}})
		start := time.Now()
		_, err := fetch.Get[string](t.Context(), c, n.url(0, tt.path))
		e, ok := errors.AsType[*fetch.StatusError](err)
		if !ok || e.Status != tt.status || e.Attempts != tt.attempts || !strings.Contains(string(e.Body), tt.body) {
			t.Errorf("Get(%s) = %v; want a StatusError of %d with %q after %d attempts", tt.path, err, tt.status, tt.body, tt.attempts)
		}
		if elapsed := time.Since(start); elapsed > 5*time.Second {
			t.Errorf("Get(%s) took %v; want an answer at once", tt.path, elapsed)
		}
	}
}

// TestBudget sends many requests to origins that are down in different ways.
// The attempts are counted where they arrive.
func TestBudget(t *testing.T) {
	t.Parallel()
	const calls = 300
	down := freeAddrs(t, 1)[0]
	n := startNginx(t, nil, "", plain(`
		location /hang-up { return 444; }
		location /busy { return 503; }
		location /gateway { proxy_pass http://`+down+`; }`))
	resetting := startToxiproxy(t, n.addrs[0], toxic{Type: "reset_peer", Stream: "upstream"})
	for _, tt := range []struct {
		name, url string
		isStatus  bool
	}{
		{"refused", "http://" + down, false},
		{"reset", "http://" + resetting, false},
		{"hang-up", n.url(0, "/hang-up"), false},
		{"busy", n.url(0, "/busy"), true},
		{"gateway", n.url(0, "/gateway"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			network := newNetwork(t)
			c := newClient(t, network, fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: time.Millisecond}})
			before := n.stats(t).requests
			results, err := fetch.All[string](t.Context(), c, slices.Repeat([]string{tt.url}, calls), fetch.Batch{})
			require.NoError(t, err)
			exhausted := 0
			for _, r := range results {
				if e, ok := errors.AsType[*fetch.StatusError](r.Err); r.Err == nil || ok != tt.isStatus {
					t.Fatalf("error %v (%+v); want a StatusError: %v", r.Err, e, tt.isStatus)
				}
				if errors.Is(r.Err, fetch.ErrBudgetExhausted) {
					exhausted++
				}
			}
			attempts := int(network.attempts.Load())
			if most := calls + calls/10 + 10; attempts > most || attempts < most-1 {
				t.Errorf("%d attempts for %d calls; want as many as the budget allows, %d", attempts, calls, most)
			}
			if exhausted == 0 {
				t.Error("no error says that the budget was spent")
			}
			if arrived := n.stats(t).requests - before; tt.name != "refused" && tt.name != "reset" && arrived != attempts {
				t.Errorf("nginx saw %d requests; want the %d of the transport", arrived, attempts)
			}
		})
	}
}

// TestUnsafe has a server break the connection when it has the request. What is
// not idempotent must then arrive once, since nobody knows what became of it.
func TestUnsafe(t *testing.T) {
	t.Parallel()
	n := startNginx(t, nil, "", plain(`
		location /hang-up { return 444; }
		location /busy { return 503; }`))
	down := "http://" + freeAddrs(t, 1)[0]
	for _, tt := range []struct {
		url  string
		opts []fetch.RequestOption
		want int
	}{
		{n.url(0, "/hang-up"), nil, 1},
		{n.url(0, "/busy"), nil, 1},
		{n.url(0, "/hang-up"), []fetch.RequestOption{fetch.WithIdempotencyKey("7")}, 3},
		{n.url(0, "/busy"), []fetch.RequestOption{fetch.WithIdempotencyKey("7")}, 3},
		{n.url(0, "/busy"), []fetch.RequestOption{fetch.WithMethod(http.MethodPut)}, 3},
		{down, nil, 3}, // which has never arrived
	} {
		network := newNetwork(t)
		c := newClient(t, network, fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: time.Millisecond}})
		_, err := fetch.Post[string](t.Context(), c, tt.url, "body", tt.opts...)
		if got := int(network.attempts.Load()); err == nil || got != tt.want {
			t.Errorf("Post(%s) with %d options: %d attempts, error %v; want %d and an error", tt.url, len(tt.opts), got, err, tt.want)
		}
	}
}

// TestRate keeps to the limit of a server that refuses what goes beyond it.
func TestRate(t *testing.T) {
	t.Parallel()
	n := startNginx(t, map[string][]byte{"hello": []byte("hello")}, `limit_req_zone all zone=one:1m rate=100r/s;`, plain(`
		root $files;
		limit_req zone=one burst=30 nodelay;
		limit_req_status 429;`))
	urls := slices.Repeat([]string{n.url(0, "/hello")}, 80)
	for _, tt := range []struct {
		rate    float64
		refused bool
	}{{90, false}, {0, true}} {
		c := newClient(t, newNetwork(t), fetch.Options{Rate: tt.rate, Retry: fetch.RetryPolicy{Attempts: 1}})
		results, err := fetch.All[string](t.Context(), c, urls, fetch.Batch{})
		require.NoError(t, err)
		refused := 0
		for _, r := range results {
			if r.Status == http.StatusTooManyRequests {
				refused++
			}
		}
		if (refused > 0) != tt.refused {
			t.Errorf("Options.Rate %v: %d of %d requests refused; want some: %v", tt.rate, refused, len(urls), tt.refused)
		}
	}
}

// TestBreaker leaves a dead server alone, and comes back to it.
func TestBreaker(t *testing.T) {
	t.Parallel()
	n := startNginx(t, nil, "", plain(`
		location /bad { return 500; }
		location /good { return 200 "good"; }`))
	c := newClient(t, newNetwork(t), fetch.Options{
		Retry:   fetch.RetryPolicy{BaseDelay: time.Millisecond},
		Breaker: &fetch.BreakerPolicy{MinRequests: 10, OpenFor: 200 * time.Millisecond},
	})
	for range 100 {
		_, err := fetch.Get[string](t.Context(), c, n.url(0, "/bad"))
		require.Error(t, err)
	}
	// More than ten only if the 100 calls took so long that it let one through.
	if s := n.stats(t); s.requests < 10 || s.requests > 30 {
		t.Errorf("nginx saw %d of 100 requests; want 10 until the breaker opens", s.requests)
	}
	var body string
	eventually(t, "the breaker closes", func() bool {
		var err error
		body, err = fetch.Get[string](t.Context(), c, n.url(0, "/good"))
		return err == nil || !errors.Is(err, fetch.ErrCircuitOpen)
	})
	if body != "good" {
		t.Errorf("Get = %q; want good", body)
	}
}

// TestCancel ends calls in all their phases. Each has to end soon, with the
// cause that its caller gave.
func TestCancel(t *testing.T) {
	t.Parallel()
	n := startNginx(t, map[string][]byte{"file": make([]byte, 1<<20)}, "", plain(`
		root $files;
		location /busy { add_header Retry-After 5 always; return 503; }`))
	silent := startToxiproxy(t, n.addrs[0], toxic{Type: "timeout"})
	trickle := startToxiproxy(t, n.addrs[0], toxic{Type: "bandwidth", Attributes: attributes{"rate": 10}})
	for _, tt := range []struct{ name, url string }{
		{"waiting", n.url(0, "/busy")},
		{"headers", "http://" + silent + "/file"},
		{"body", "http://" + trickle + "/file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			network := newNetwork(t)
			c := newClient(t, network, fetch.Options{})
			stop := errors.New("enough")
			ctx, cancel := context.WithCancelCause(t.Context())
			ended := make(chan error)
			go func() {
				_, err := fetch.Get[[]byte](ctx, c, tt.url)
				ended <- err
			}()
			eventually(t, "there is a connection", func() bool { return network.attempts.Load() > 0 && network.conns.Load() > 0 })
			start := time.Now()
			cancel(stop)
			if err := <-ended; !errors.Is(err, stop) {
				t.Errorf("Get = %v; want the cause of its context", err)
			}
			if elapsed := time.Since(start); elapsed > 2*time.Second {
				t.Errorf("Get took another %v after it was cancelled", elapsed)
			}
		})
	}
}
