package fetch

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/goplinth/plinth/internal/config"
	"github.com/goplinth/plinth/internal/panics"
)

// HedgePolicy says when a request that is slow to be answered is sent a second
// time. The zero value is the default policy.
//
// Of the two, the first answer with a status below 500 counts. The other
// request is cancelled, and its answer, should there be one, closed.
type HedgePolicy struct {
	// Delay is how long to wait for the headers before the second request. 0
	// means as long as 19 of 20 of the latest requests to the host took, and
	// no second request until 20 are known.
	Delay time.Duration
}

func (p *HedgePolicy) check(c *config.Check, field string) {
	c.Require(p.Delay >= 0, field+".Delay", p.Delay, "must be positive, or 0 for what 19 of 20 requests took")
}

// Hedge returns a Middleware that sends a request again while the first one is
// still without an answer, which cuts off the long tail of response times where
// that is due to chance (Dean and Barroso, "The Tail at Scale", 2013). Only GET,
// HEAD, OPTIONS and TRACE without a body are sent twice. It panics if p.Delay
// is negative.
//
// A hedge costs a retry of the budget for its host: that of the [Retry] outside
// of it, if there is one, and otherwise its own. Where that is spent, as with a
// host that has become slow altogether, there are no hedges.
//
// The transport must return soon after the context of a request has ended, as
// [http.Transport] does; until then Hedge waits for it.
func Hedge(p HedgePolicy) Middleware {
	mustCheck(func(c *config.Check) { p.check(c, "HedgePolicy") })
	return func(base http.RoundTripper) http.RoundTripper {
		return &hedger{base: base, policy: p, hosts: newHosts(hostSettings{hedge: true}), stats: new(counters)}
	}
}

// hedger is the RoundTripper of [Hedge].
type hedger struct {
	base   http.RoundTripper
	policy HedgePolicy
	hosts  *hosts
	stats  *counters
}

func (t *hedger) RoundTrip(req *http.Request) (*http.Response, error) {
	if !hedgeable(req) {
		return t.base.RoundTrip(req)
	}
	h := t.hosts.of(req)
	r := &race{hedger: t, req: req, host: h, budget: t.budget(req, h), done: make(chan struct{})}
	return r.run()
}

// CloseIdleConnections is called by [http.Client.CloseIdleConnections].
func (t *hedger) CloseIdleConnections() { closeIdle(t.base) }

// hedgeable reports whether a server is not supposed to mind answering req
// twice at the same time: PUT and DELETE are idempotent, but for whoever comes
// in between.
func hedgeable(req *http.Request) bool {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return !hasBody(req)
	}
	return false
}

// budget returns what hedges for req are paid from.
func (t *hedger) budget(req *http.Request, h *host) *budget {
	if c := callOf(req.Context()); c != nil && c.host != nil && c.host.origin == h.origin {
		return &c.host.budget
	}
	h.budget.deposit()
	return &h.budget
}

// delay returns how long to wait before a hedge, and false for no hedge.
func (t *hedger) delay(h *host) (time.Duration, bool) {
	if t.policy.Delay > 0 {
		return t.policy.Delay, true
	}
	return h.delays.p95()
}

// A race is a request and possibly its hedge. The first runs on the goroutine
// of the caller; the hedge on that of the timer, when that has fired.
type race struct {
	*hedger
	req    *http.Request
	host   *host
	budget *budget

	cancelFirst, cancelHedge context.CancelFunc

	mu    sync.Mutex // guards what follows
	over  bool       // the first request has an answer: a hedge need not begin
	resp  *http.Response
	err   error
	sent  bool          // the hedge was
	ended bool          // the first request was cancelled because the hedge has won
	done  chan struct{} // closed when the timer's goroutine touches nothing any more
}

func (r *race) run() (*http.Response, error) {
	var first context.Context
	first, r.cancelFirst = context.WithCancel(r.req.Context())
	stop := func() bool { return true }
	if delay, ok := r.delay(r.host); ok {
		stop = time.AfterFunc(delay, r.hedge).Stop
	}
	start := time.Now()
	settled := false
	defer func() { // for a base that panics
		if !settled {
			r.cancelFirst()
			r.abandon(stop)
		}
	}()
	resp, err := r.base.RoundTrip(r.req.WithContext(first))
	took, good := time.Since(start), isGood(resp, err)
	resp, err = r.settle(resp, err, stop)
	settled = true
	// A first request that was cancelled for the hedge would have taken longer
	// than this; counting it so keeps it among the slow ones.
	if good || r.ended {
		r.host.delays.observe(took)
	}
	return resp, err
}

// settle decides the race when the first request has returned.
func (r *race) settle(resp *http.Response, err error, stop func() bool) (*http.Response, error) {
	good := isGood(resp, err)
	if stop() {
		return r.take(resp, err, r.cancelFirst)
	}
	r.mu.Lock()
	r.over = true
	if good && !r.ended && r.cancelHedge != nil {
		r.cancelHedge()
	}
	r.mu.Unlock()
	<-r.done
	if r.sent && isGood(r.resp, r.err) && (!good || r.ended) {
		r.drop(resp, r.cancelFirst)
		r.stats.hedgesWon.Add(1)
		return r.take(r.resp, r.err, r.cancelHedge)
	}
	if r.sent {
		r.drop(r.resp, r.cancelHedge)
	}
	return r.take(resp, err, r.cancelFirst)
}

// abandon ends a hedge that nobody waits for any more.
func (r *race) abandon(stop func() bool) {
	if stop() {
		return
	}
	r.mu.Lock()
	r.over = true
	if r.cancelHedge != nil {
		r.cancelHedge()
	}
	r.mu.Unlock()
	<-r.done
	if r.sent {
		r.drop(r.resp, r.cancelHedge)
	}
}

// take returns what has won; its context ends with its body.
func (r *race) take(resp *http.Response, err error, cancel context.CancelFunc) (*http.Response, error) {
	if err != nil {
		cancel()
		return nil, err
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		context.AfterFunc(r.req.Context(), cancel)
		return resp, nil
	}
	atEnd(resp, endFunc(cancel))
	return resp, nil
}

// drop closes what has not won. Its connection is not worth waiting for.
func (r *race) drop(resp *http.Response, cancel context.CancelFunc) {
	cancel()
	if resp != nil && resp.Body != nil {
		resp.Body.Close()
	}
}

// endFunc makes an ender of a function.
type endFunc func()

func (f endFunc) end() { f() }

// isGood reports whether an outcome ends the race.
func isGood(resp *http.Response, err error) bool { return err == nil && resp.StatusCode < 500 }

// hedge sends the request a second time, if that is worth it and permitted.
func (r *race) hedge() {
	defer close(r.done)
	if err := panics.Try(r.sendHedge); err != nil {
		r.err = err // the base has panicked, where nobody could recover it
	}
}

func (r *race) sendHedge() error {
	r.mu.Lock()
	if r.over || r.req.Context().Err() != nil || !r.pay() {
		r.mu.Unlock()
		return nil
	}
	var ctx context.Context
	ctx, r.cancelHedge = context.WithCancel(r.req.Context())
	r.sent = true
	r.mu.Unlock()
	defer r.host.gate.end()

	r.stats.hedges.Add(1)
	resp, err := r.base.RoundTrip(r.req.WithContext(ctx))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resp, r.err = resp, err
	if isGood(resp, err) && !r.over {
		r.ended = true
		r.cancelFirst()
	}
	return nil
}

// pay takes what a hedge needs: of the budget, and where the host is limited a
// place and a turn, for none of which it waits.
func (r *race) pay() bool {
	if !r.host.gate.tryEnter() {
		return false
	}
	if r.host.pace != nil {
		if _, _, ok := r.host.pace.reserve(0); !ok {
			r.host.gate.end()
			return false
		}
	}
	if !r.budget.withdraw() {
		r.stats.exhausted.Add(1)
		r.host.gate.end()
		return false
	}
	return true
}
