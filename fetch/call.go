package fetch

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A call is one request of the user, with all its redirects and attempts. It is
// also the context under which the request goes through the policies, so that
// they find it there.
//
// A context that ends by itself costs four allocations and a timer, and each
// attempt needs one that can be ended alone. To pay once for both, attempts take
// theirs from the parent of the call and keep its deadline with their own timer.
// The call has a timer of its own only if somebody waits for its Done: a policy
// before a retry, say.
//
// For the same reason a request begins with the context of its first attempt,
// which stands for that of the call until the attempt begins: the attempt then
// needs no copy of the request with a context of its own.
//
// There is one call for each request, so its size matters: with two words more it
// would fall into the next size class of the allocator.
type call struct {
	parent  context.Context
	start   time.Time
	timeout time.Duration
	maxBody int64
	meter   *meter       // nil without Batch.MaxTotalBytes
	auth    *auth        // nil without credentials but those that the request has itself
	hosts   *hosts       // of the client whose call it is
	host    *host        // that the request goes to at the moment
	sent    atomic.Int32 // attempts, redirects and hedges included

	timed           bool // start+timeout is before the deadline of the parent
	buffered        bool // attempts read the body of an answer in the 200s
	keep            bool // which is for the caller as bytes
	waited          bool // since start
	budgetExhausted bool // there would have been another attempt

	first attempt

	mu     sync.Mutex // guards what follows
	real   context.Context
	cancel context.CancelFunc
}

type callKey struct{}

// callOf returns the call that ctx belongs to, or nil.
func callOf(ctx context.Context) *call {
	switch ctx := ctx.(type) {
	case *call:
		return ctx
	case *attempt:
		return ctx.call
	}
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// begin starts the clock of a call that may take as long as timeout, or as
// parent allows if timeout is 0.
func (c *call) begin(parent context.Context, timeout time.Duration) {
	c.parent, c.timeout, c.first.call = parent, timeout, c
	c.start = time.Now()
	deadline, ok := parent.Deadline()
	c.timed = timeout > 0 && (!ok || c.limit().Before(deadline))
}

// limit returns when the time of the call is up, if it is timed.
func (c *call) limit() time.Time { return c.start.Add(c.timeout) }

// finish ends the call as a context.
func (c *call) finish() {
	c.mu.Lock()
	cancel := c.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// context returns the context that ends when the call does.
func (c *call) context() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.real != nil:
	case c.timed:
		c.real, c.cancel = context.WithDeadlineCause(c.parent, c.limit(), c.timeoutError())
	default:
		c.real = c.parent
	}
	return c.real
}

func (c *call) timeoutError() error { return &timeoutError{limit: "timeout", after: c.timeout} }

// Deadline implements [context.Context].
func (c *call) Deadline() (time.Time, bool) {
	if c.timed {
		return c.limit(), true
	}
	return c.parent.Deadline()
}

// Done implements [context.Context].
func (c *call) Done() <-chan struct{} { return c.context().Done() }

// Err implements [context.Context].
func (c *call) Err() error {
	c.mu.Lock()
	real := c.real
	c.mu.Unlock()
	if real == nil && c.timed && !time.Now().Before(c.limit()) {
		real = c.context()
	}
	if real == nil {
		real = c.parent
	}
	return real.Err()
}

// Value implements [context.Context].
func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	c.mu.Lock()
	ctx := c.real
	c.mu.Unlock()
	if ctx == nil {
		ctx = c.parent
	}
	return ctx.Value(key) // among others context.Cause asks for something here
}

// again returns a copy of req for another attempt. One in which the caller has
// put a context of their own keeps that.
func (c *call) again(req *http.Request) *http.Request {
	ctx := req.Context()
	if a, ok := ctx.(*attempt); ok && a.call == c {
		ctx = c // the attempt is over
	}
	return req.WithContext(ctx)
}

// markWaited notes that the time of a call has gone by otherwise than in its
// first attempt.
func markWaited(ctx context.Context) {
	if c := callOf(ctx); c != nil {
		c.waited = true
	}
}
