package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goplinth/plinth/internal/config"
	"github.com/goplinth/plinth/internal/panics"
)

// CoalescePolicy says which requests may share an answer. The zero value is the
// default policy.
type CoalescePolicy struct {
	// Key returns what requests with the same answer have in common, and false
	// for a request that shares none. It is called for GET and HEAD without a
	// body only. It must tell apart what the server does: requests of different
	// users, above all, whose credentials may be in any header.
	//
	// Nil means the method, the URL and all headers, and no sharing for
	// requests with credentials: a user in the URL, a token, or any header but
	// a few that are known to be harmless, such as Accept and User-Agent.
	Key func(*http.Request) (key string, ok bool)

	// MaxBody is the most bytes that a shared body may have. 0 means 10 MiB, or
	// in a [Client] Options.MaxBody.
	MaxBody int64
}

func (p *CoalescePolicy) check(c *config.Check, field string) {
	c.Require(p.MaxBody >= 0, field+".MaxBody", p.MaxBody, "must be positive, or 0 for the default of 10 MiB")
}

// Coalesce returns a Middleware that sends one request for all those with the
// same key that are waiting at the same time, and gives each of them a copy of
// the answer. It belongs outside of the others, so that they too see one
// request.
//
// The answer is read into memory first. What one of the waiting does, leaving
// included, has no effect on the others; when all have left, the request is
// cancelled, and the last one waits for its end. The values of the context are
// those of the request that came first. It panics if p.MaxBody is negative.
func Coalesce(p CoalescePolicy) Middleware {
	mustCheck(func(c *config.Check) { p.check(c, "CoalescePolicy") })
	return func(base http.RoundTripper) http.RoundTripper {
		return newCoalescer(base, p, defaultMaxBody, 0, new(counters))
	}
}

// coalescer is the RoundTripper of [Coalesce].
type coalescer struct {
	base    http.RoundTripper
	key     func(*http.Request) (string, bool)
	maxBody int64
	timeout time.Duration // of a flight; 0 is none
	stats   *counters

	mu      sync.Mutex // guards flights, and what is said there
	flights map[string]*flight
}

func newCoalescer(base http.RoundTripper, p CoalescePolicy, maxBody int64, timeout time.Duration, stats *counters) *coalescer {
	t := &coalescer{
		base:    base,
		key:     p.Key,
		maxBody: cmp.Or(p.MaxBody, maxBody),
		timeout: timeout,
		stats:   stats,
		flights: make(map[string]*flight),
	}
	if t.key == nil {
		t.key = defaultKey
	}
	return t
}

// A flight is a request that several wait for.
type flight struct {
	call    *call
	cancel  context.CancelFunc
	waiting int           // guarded by coalescer.mu
	done    chan struct{} // closed when the fields below have been set

	resp *http.Response // without its body
	body []byte
	err  error
}

func (t *coalescer) RoundTrip(req *http.Request) (*http.Response, error) {
	key, ok := t.keyOf(req)
	if !ok {
		return t.base.RoundTrip(req)
	}
	t.mu.Lock()
	f := t.flights[key]
	if f == nil {
		f = t.newFlight(req)
		t.flights[key] = f
		go t.fly(key, f, req)
	} else {
		f.waiting++
		t.stats.coalesced.Add(1)
	}
	t.mu.Unlock()

	select {
	case <-f.done:
	case <-req.Context().Done():
		t.leave(key, f)
		return nil, context.Cause(req.Context())
	}
	if c := callOf(req.Context()); c != nil {
		c.sent.Add(f.call.sent.Load())
		c.budgetExhausted = f.call.budgetExhausted
	}
	if f.err != nil {
		return nil, f.err
	}
	return f.answer(req), nil
}

// CloseIdleConnections is called by [http.Client.CloseIdleConnections].
func (t *coalescer) CloseIdleConnections() { closeIdle(t.base) }

// keyOf returns the key of req if it may share an answer.
func (t *coalescer) keyOf(req *http.Request) (string, bool) {
	if hasBody(req) || req.Method != "" && req.Method != http.MethodGet && req.Method != http.MethodHead {
		return "", false
	}
	return t.key(req)
}

// defaultKey is the default of CoalescePolicy.Key.
func defaultKey(req *http.Request) (string, bool) {
	if req.URL.User != nil {
		return "", false
	}
	if c := callOf(req.Context()); c != nil && c.auth != nil {
		return "", false
	}
	names := make([]string, 0, len(req.Header))
	for name := range req.Header {
		if !slices.Contains(harmless, name) {
			return "", false
		}
		names = append(names, name)
	}
	slices.Sort(names)
	var key strings.Builder
	// None of the parts can contain a line feed.
	for _, part := range []string{cmp.Or(req.Method, http.MethodGet), req.URL.String(), req.Host} {
		key.WriteString(part + "\n")
	}
	for _, name := range names {
		for _, value := range req.Header[name] {
			key.WriteString(name + ":" + value + "\n")
		}
	}
	return key.String(), true
}

// newFlight makes a flight for one who waits. It has a call of its own, since
// that of the request ends when its user leaves.
func (t *coalescer) newFlight(req *http.Request) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(req.Context()))
	f := &flight{call: &call{buffered: true, maxBody: t.maxBody}, cancel: cancel, waiting: 1, done: make(chan struct{})}
	if c := callOf(req.Context()); c != nil {
		f.call.hosts = c.hosts
		if c.auth != nil {
			shared := *c.auth
			f.call.auth = &shared
		}
	}
	f.call.begin(ctx, t.timeout)
	return f
}

// fly sends the request of f and shares the outcome.
func (t *coalescer) fly(key string, f *flight, req *http.Request) {
	defer close(f.done)
	panics.Call(func() error { return f.send(t.base, req.WithContext(&f.call.first)) }, func(err error) {
		f.err = err
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.flights[key] == f { // the last one to leave may have removed it
			delete(t.flights, key)
		}
	})
	f.call.finish()
	f.cancel()
}

func (f *flight) send(base http.RoundTripper, req *http.Request) error {
	resp, err := base.RoundTrip(req)
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body.Close()
		return errors.New("fetch: a switch of protocols cannot be shared; leave the request out with CoalescePolicy.Key")
	}
	f.resp = resp
	if resp.Body == nil {
		return nil
	}
	defer resp.Body.Close()
	var m memory
	if err := m.read(resp.Body, -1, f.call); err != nil {
		return &bodyError{status: resp.StatusCode, header: resp.Header, err: err}
	}
	f.body = m.keep()
	return nil
}

// leave is called by one whose context has ended.
func (t *coalescer) leave(key string, f *flight) {
	t.mu.Lock()
	f.waiting--
	last := f.waiting == 0
	if last && t.flights[key] == f {
		delete(t.flights, key) // whoever comes now needs another one
	}
	t.mu.Unlock()
	if last {
		f.cancel()
		<-f.done
	}
}

// answer returns a copy of the answer for req.
func (f *flight) answer(req *http.Request) *http.Response {
	resp := *f.resp
	resp.Request = req
	resp.Header = resp.Header.Clone()
	resp.Trailer = resp.Trailer.Clone()
	resp.Body = io.NopCloser(bytes.NewReader(f.body))
	return &resp
}
