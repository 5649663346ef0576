package integration

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

var soak = flag.Duration("soak", 3*time.Second, "how long TestSoak runs: go test -race -run='^TestSoak$' . -soak=5m")

// TestSoak runs a client of random options over connections with random faults,
// for a moment, and looks whether it has given everything back, and again with
// another client until the time is over. A call either fails or returns what is
// right. It is not parallel, so that its goroutines are the only ones.
func TestSoak(t *testing.T) {
	ca := newAuthority(t)
	s := &soaking{data: random(30 << 10), pool: &tls.Config{RootCAs: ca.pool()}}
	const directives = `
		root $files;
		gzip on;
		gzip_types text/plain;
		keepalive_requests 50;
		location /chunked { default_type text/plain; alias $files/data; }
		location /post { return 200 "posted"; }
		location /error { return 500 "broken"; }
		location /redirect { return 302 /data; }`
	s.nginx = startNginx(t, map[string][]byte{"data": s.data}, "", plain(directives), site{directives, ca.issue(t, "127.0.0.1")})
	d := *soak
	if testing.Short() {
		d /= 10
	}
	start := time.Now()
	for seed := uint64(1); time.Since(start) < d && !t.Failed(); seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { s.round(t, seed) })
	}
	t.Logf("%d calls succeeded, %d failed", s.succeeded.Load(), s.failed.Load())
	if s.succeeded.Load() == 0 || s.failed.Load() == 0 {
		t.Errorf("%d calls succeeded, %d failed; want some of both", s.succeeded.Load(), s.failed.Load())
	}
}

type soaking struct {
	nginx *nginx
	data  []byte
	pool  *tls.Config

	succeeded, failed atomic.Int64
}

const soakCallers = 8

// round runs one client.
func (s *soaking) round(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	network := newNetwork(t)
	network.TLSClientConfig = s.pool.Clone()
	network.ForceAttemptHTTP2 = rng.IntN(2) == 0
	o := s.options(rng)
	c := newClient(t, network, o)

	var origins []string
	for i, scheme := range []string{"http://", "https://"} {
		origins = append(origins, scheme+startToxiproxy(t, s.nginx.addrs[i], randomToxics(rng)...))
	}
	start := time.Now()
	var callers sync.WaitGroup
	for range soakCallers {
		rng := rand.New(rand.NewPCG(rng.Uint64(), 0))
		callers.Go(func() {
			for time.Since(start) < 300*time.Millisecond && !t.Failed() {
				s.call(t.Context(), t, c, rng, origins[rng.IntN(len(origins))])
			}
		})
	}
	callers.Wait()

	stats := c.Stats()
	// Each origin has a budget of its own. A redirect is a request like others.
	if most := 2*stats.Requests*11/10 + int64(10*len(origins)); stats.Attempts > most {
		t.Errorf("%d attempts for %d calls; want at most %d", stats.Attempts, stats.Requests, most)
	}
	network.checkAtRest(t)
	if !within(patience, func() bool { return len(clientGoroutines()) == 0 }) {
		t.Errorf("goroutines that are left:\n%s", strings.Join(clientGoroutines(), "\n\n"))
	}
}

func (s *soaking) options(rng *rand.Rand) fetch.Options {
	o := fetch.Options{
		Timeout:        time.Duration(20+rng.IntN(300)) * time.Millisecond,
		AttemptTimeout: time.Duration(10+rng.IntN(100)) * time.Millisecond,
		PerHost:        1 + rng.IntN(2*soakCallers),
		Retry:          fetch.RetryPolicy{Attempts: 1 + rng.IntN(4), BaseDelay: time.Duration(1+rng.IntN(10)) * time.Millisecond},
	}
	if rng.IntN(3) == 0 {
		o.Hedge = &fetch.HedgePolicy{Delay: time.Duration(rng.IntN(10)) * time.Millisecond}
	}
	if rng.IntN(3) == 0 {
		o.Breaker = &fetch.BreakerPolicy{OpenFor: 20 * time.Millisecond}
	}
	if rng.IntN(3) == 0 {
		o.Coalesce = new(fetch.CoalescePolicy)
	}
	if rng.IntN(3) == 0 {
		o.Rate = float64(100 + rng.IntN(1000))
	}
	if rng.IntN(3) == 0 {
		o.MaxBody = int64(len(s.data)) // which is just enough
	}
	return o
}

// randomToxics returns up to two faults, each of a part of the connections.
func randomToxics(rng *rand.Rand) []toxic {
	var toxics []toxic
	for i := range rng.IntN(3) {
		tox := []toxic{
			{Type: "latency", Attributes: attributes{"latency": rng.IntN(20), "jitter": rng.IntN(20)}},
			{Type: "bandwidth", Attributes: attributes{"rate": 100 + rng.IntN(5000)}},
			{Type: "slow_close", Attributes: attributes{"delay": rng.IntN(50)}},
			{Type: "slicer", Attributes: attributes{"average_size": 1000 + rng.IntN(5000), "size_variation": rng.IntN(900), "delay": rng.IntN(100)}},
			{Type: "timeout", Attributes: attributes{"timeout": 1 + rng.IntN(100)}},
			{Type: "reset_peer", Attributes: attributes{"timeout": rng.IntN(30)}},
			{Type: "limit_data", Attributes: attributes{"bytes": rng.IntN(60 << 10)}},
		}[rng.IntN(7)]
		tox.Name = fmt.Sprint(i)
		tox.Stream = []string{"upstream", "downstream"}[rng.IntN(2)]
		tox.Toxicity = 0.1 + 0.8*rng.Float32()
		toxics = append(toxics, tox)
	}
	return toxics
}

// call makes one call of a random kind.
func (s *soaking) call(ctx context.Context, t *testing.T, c *fetch.Client, rng *rand.Rand, origin string) {
	if rng.IntN(5) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rng.IntN(20))*time.Millisecond)
		defer cancel()
	}
	url := origin + []string{"/data", "/data", "/chunked", "/redirect"}[rng.IntN(4)]
	switch rng.IntN(7) {
	case 0:
		body, err := fetch.Post[string](ctx, c, origin+"/post", s.data)
		s.check(t, err, body == "posted")
	case 1:
		_, err := fetch.Get[string](ctx, c, origin+"/error")
		s.check(t, err, false)
	case 2:
		urls := slices.Values(slices.Repeat([]string{url}, 20))
		left := rng.IntN(20)
		for _, r := range fetch.Stream[[]byte](ctx, c, urls, fetch.Batch{Concurrency: 1 + rng.IntN(8)}) {
			s.check(t, r.Err, bytes.Equal(r.Value, s.data))
			if left--; left < 0 {
				break
			}
		}
	case 3:
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		require.NoError(t, err)
		resp, err := c.Do(req)
		if err != nil {
			s.check(t, err, false)
			return
		}
		defer resp.Body.Close()
		if rng.IntN(2) == 0 {
			io.CopyN(io.Discard, resp.Body, int64(rng.IntN(len(s.data))))
			return
		}
		body, err := io.ReadAll(resp.Body)
		s.check(t, err, bytes.Equal(body, s.data))
	default:
		body, err := fetch.Get[[]byte](ctx, c, url)
		s.check(t, err, bytes.Equal(body, s.data))
	}
}

// check counts a call that failed or returned what is right.
func (s *soaking) check(t *testing.T, err error, right bool) {
	switch {
	case err != nil:
		s.failed.Add(1)
		if errors.Is(err, fetch.ErrBodyTooLarge) {
			t.Errorf("%v; no body is", err)
		}
	case right:
		s.succeeded.Add(1)
	default:
		t.Error("a call succeeded with a wrong body")
	}
}
