package integration

import (
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// TestKeepAlive has nginx close connections after a few requests, and those that
// are idle for a moment, often just as the next request is sent. Callers of
// idempotent requests must not see that.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	const calls = 500
	n := startNginx(t, map[string][]byte{"hello": []byte("hello")}, "", plain(`
		root $files;
		keepalive_requests 7;
		keepalive_timeout 1ms;
		location = /put { return 204; }`))
	network := newNetwork(t)
	c := newClient(t, network, fetch.Options{})
	results, err := fetch.All[string](t.Context(), c, slices.Repeat([]string{n.url(0, "/hello")}, calls), fetch.Batch{Concurrency: 4})
	require.NoError(t, err)
	for _, r := range results {
		if r.Value != "hello" || r.Err != nil {
			t.Errorf("result %d = %q, %v; want hello", r.Index, r.Value, r.Err)
		}
	}
	for range 50 {
		if _, err := fetch.Post[string](t.Context(), c, n.url(0, "/put"), "body", fetch.WithMethod(http.MethodPut)); err != nil {
			t.Errorf("PUT = %v; want success", err)
		}
	}
	if got := network.opened.Load(); got < calls/7 {
		t.Errorf("%d connections for %d requests; want one for every seven or fewer", got, calls)
	}
}

// TestConnections counts connections where they arrive, for as many requests as
// are let through at a time, and looks what is left of them.
func TestConnections(t *testing.T) {
	t.Parallel()
	const calls, perHost = 1000, 16
	n := startNginx(t, map[string][]byte{"data": random(5000)}, "", plain(`
		root $files;
		keepalive_requests 100000;
		location /error { return 404 "not here"; }
		location /empty { return 204; }
		location /loop { return 302 /data; }`))
	network := newNetwork(t)
	c := newClient(t, network, fetch.Options{PerHost: perHost})
	var urls []string
	for i := range calls {
		urls = append(urls, n.url(0, []string{"/data", "/error", "/empty", "/loop"}[i%4]))
	}
	results, err := fetch.All[[]byte](t.Context(), c, urls, fetch.Batch{Concurrency: 64})
	require.NoError(t, err)
	for i, r := range results {
		if want := []int{200, 404, 204, 200}[i%4]; r.Status != want {
			t.Errorf("result %d: status %d, %v; want %d", i, r.Status, r.Err, want)
		}
	}
	s := n.stats(t)
	// For each request in flight net/http may make a connection, and have the
	// request take another one that has become free meanwhile.
	if s.accepted > 2*perHost {
		t.Errorf("nginx accepted %d connections; want about %d, as many as there were requests at a time", s.accepted, perHost)
	}
	if want := calls + calls/4; s.requests != want {
		t.Errorf("nginx saw %d requests; want %d", s.requests, want)
	}
	for _, url := range urls[:8] {
		fetch.Get[[]byte](t.Context(), c, url) // the outcome is as above
		resp, err := c.Do(request(t, url))
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
	}
	network.checkAtRest(t)
	eventually(t, "nginx has no connections", func() bool { return n.stats(t).active == 0 })
}

// TestEarlyEnd leaves responses, and whole batches, before they have come to
// their end.
func TestEarlyEnd(t *testing.T) {
	t.Parallel()
	n := startNginx(t, map[string][]byte{"data": random(1 << 20)}, "", plain("root $files;"))
	slow := startToxiproxy(t, n.addrs[0], toxic{Type: "bandwidth", Attributes: attributes{"rate": 50}})
	network := newNetwork(t)
	c := newClient(t, network, fetch.Options{})
	for _, url := range []string{n.url(0, "/data"), "http://" + slow + "/data"} {
		for read := range 3 {
			resp, err := c.Do(request(t, url))
			require.NoError(t, err)
			_, err = io.CopyN(io.Discard, resp.Body, int64(read)*100)
			require.NoError(t, err)
			resp.Body.Close()
		}
	}
	urls := append([]string{n.url(0, "/data")}, slices.Repeat([]string{"http://" + slow + "/data"}, 50)...)
	start := time.Now()
	for _, r := range fetch.Stream[[]byte](t.Context(), c, slices.Values(urls), fetch.Batch{}) {
		if r.Index != 0 || r.Err != nil {
			t.Errorf("the first result is %d, %v; want that of the fast server", r.Index, r.Err)
		}
		break
	}
	if elapsed := time.Since(start); elapsed > 5*time.Second {
		t.Errorf("the loop took %v; want what is slow to be cut off", elapsed)
	}
	if bodies, contexts := network.bodies.Load(), network.heldContexts(); bodies != 0 || contexts != 0 {
		t.Errorf("after the loop there are %d bodies and %d contexts; want none", bodies, contexts)
	}
}

// TestHedge has a first connection that is slow, and others that are not.
func TestHedge(t *testing.T) {
	t.Parallel()
	n := startNginx(t, map[string][]byte{"hello": []byte("hello")}, "", plain("root $files;"))
	slow := startToxiproxy(t, n.addrs[0], toxic{Type: "latency", Attributes: attributes{"latency": 5000}})
	network := newNetwork(t, slow, n.addrs[0])
	c := newClient(t, network, fetch.Options{Hedge: &fetch.HedgePolicy{Delay: 20 * time.Millisecond}})
	start := time.Now()
	body, err := fetch.Get[string](t.Context(), c, n.url(0, "/hello"))
	if body != "hello" || err != nil {
		t.Errorf("Get = %q, %v; want hello", body, err)
	}
	if elapsed := time.Since(start); elapsed > 2*time.Second {
		t.Errorf("Get took %v; want much less than the 5s of the slow connection", elapsed)
	}
	if s := c.Stats(); s.Hedges != 1 || s.HedgesWon != 1 {
		t.Errorf("%d hedges, of which %d won; want 1 and 1", s.Hedges, s.HedgesWon)
	}
}

// TestCoalesce sends one request for many.
func TestCoalesce(t *testing.T) {
	t.Parallel()
	n := startNginx(t, map[string][]byte{"data": random(5000)}, "", plain("root $files;"))
	slow := startToxiproxy(t, n.addrs[0], toxic{Type: "latency", Attributes: attributes{"latency": 200}})
	c := newClient(t, newNetwork(t), fetch.Options{Coalesce: new(fetch.CoalescePolicy)})
	results, err := fetch.All[[]byte](t.Context(), c, slices.Repeat([]string{"http://" + slow + "/data"}, 50), fetch.Batch{Concurrency: 50})
	require.NoError(t, err)
	for _, r := range results {
		if len(r.Value) != 5000 || r.Err != nil {
			t.Errorf("result %d = %d bytes, %v; want 5000", r.Index, len(r.Value), r.Err)
		}
	}
	if s := n.stats(t); s.requests > 5 {
		t.Errorf("nginx saw %d requests for 50 calls at the same time; want 1, or a few", s.requests)
	}
}
