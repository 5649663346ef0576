package fetch

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// attempts is the innermost policy: it gives each request on the wire a context
// and a time limit of its own and, if the call wants the whole body anyway,
// reads that as a part of the attempt. A body that breaks off is then a failed
// attempt like any other.
type attempts struct {
	base    http.RoundTripper
	timeout time.Duration // 0 is none
	stats   *counters
	observe func(Attempt) // or nil
}

// RoundTrip implements [http.RoundTripper]. The context of req belongs to a
// call.
func (t *attempts) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	t.stats.attempts.Add(1)
	number := c.sent.Add(1)
	a, ok := req.Context().(*attempt)
	if !ok || a.begun() {
		a = &attempt{call: c}
	}
	a.begin(req.Context(), t.timeout)
	if a != req.Context() {
		req = req.WithContext(a)
	}
	if t.observe == nil {
		return a.roundTrip(t.base, req)
	}
	start := time.Now()
	resp, err := a.roundTrip(t.base, req)
	report := Attempt{Request: req, Number: int(number), Err: err, Elapsed: time.Since(start)}
	if err == nil {
		report.Status = resp.StatusCode
	}
	t.observe(report)
	return resp, err
}

// CloseIdleConnections is called by [http.Client.CloseIdleConnections].
func (t *attempts) CloseIdleConnections() { closeIdle(t.base) }

// Attempt is what Options.OnAttempt is told of one request on the wire.
type Attempt struct {
	Request *http.Request // not to be modified
	Number  int           // among those of its call, from 1
	Status  int           // 0 if there was no answer
	Err     error
	Elapsed time.Duration // until the headers had come, or for Get and its like the body
}

// An attempt is the context of one request on the wire. Until it begins it
// stands for its call.
type attempt struct {
	context.Context // nil until it begins
	call            *call
	timeout         time.Duration
	cancel          context.CancelCauseFunc
	timer           *time.Timer // nil without a time limit
	phase           atomic.Int32
	memory          memory
}

// Phases of an attempt. The attempt timeout is for the first one.
const (
	running   = iota
	streaming // the headers are there, and the body is the user's to read
	expired
)

func (a *attempt) begun() bool { return a.Context != nil }

// begin makes a a child of ctx, the context that its request had before.
func (a *attempt) begin(ctx context.Context, timeout time.Duration) {
	c := a.call
	switch parent := ctx.(type) {
	case *call:
		ctx = parent.parent // the deadline of the call is kept here
	case *attempt:
		if parent.call == c {
			ctx = c.parent
		}
	}
	a.timeout = timeout
	limit := timeout
	if c.timed {
		rest := c.timeout
		if c.waited || c.sent.Load() > 1 { // otherwise it has just begun
			rest = max(1, time.Until(c.limit()))
		}
		if limit == 0 || rest < limit {
			limit = rest
		}
	}
	a.Context, a.cancel = context.WithCancelCause(ctx)
	if limit != 0 {
		a.timer = time.AfterFunc(limit, a.expire)
	}
}

// context returns what a has its deadline, end and values from.
func (a *attempt) context() context.Context {
	if a.begun() {
		return a.Context
	}
	return a.call
}

// Deadline implements [context.Context].
func (a *attempt) Deadline() (time.Time, bool) { return a.call.Deadline() }

// Done implements [context.Context].
func (a *attempt) Done() <-chan struct{} { return a.context().Done() }

// Err implements [context.Context].
func (a *attempt) Err() error { return a.context().Err() }

// Value implements [context.Context].
func (a *attempt) Value(key any) any {
	if key == (callKey{}) {
		return a.call
	}
	return a.context().Value(key)
}

// expire is called by the timer. The one that was set for the headers serves for
// the body too: to set it anew for each response would cost more than to look
// again the few times when it fires.
func (a *attempt) expire() {
	overall := a.call.timed && !time.Now().Before(a.call.limit())
	switch {
	case a.phase.CompareAndSwap(running, expired):
	case overall:
	case a.call.timed:
		a.timer.Reset(time.Until(a.call.limit()))
		return
	default:
		return
	}
	if overall {
		a.cancel(a.call.timeoutError())
	} else {
		a.cancel(&timeoutError{limit: "attempt timeout", after: a.timeout})
	}
}

// end releases what the attempt holds.
func (a *attempt) end() {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.cancel(nil)
}

func (a *attempt) roundTrip(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	returned := false
	defer func() {
		if !returned { // base panics
			a.end()
		}
	}()
	resp, err := base.RoundTrip(req)
	returned = true
	if err != nil {
		return nil, a.fail(err)
	}
	if resp == nil {
		return nil, a.fail(fmt.Errorf("the transport, a %T, returned neither a response nor an error", base))
	}
	// These are promised by http.Client, and not by every RoundTripper.
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if resp.Request == nil {
		resp.Request = req
	}
	if a.call.buffered && resp.StatusCode/100 == 2 {
		return a.buffer(req, resp)
	}
	if !a.phase.CompareAndSwap(running, streaming) {
		resp.Body.Close() // its headers came in the moment the time was up
		<-a.Done()        // expire is about to say so
		return nil, a.fail(nil)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// The body is a connection now, which lives as long as its user's context.
		context.AfterFunc(a.call.parent, a.end)
		return resp, nil
	}
	resp.Body = &reply{body: resp.Body, ender: a, attempt: a}
	return resp, nil
}

// fail ends the attempt and returns why it failed: err, or what ended its
// context.
func (a *attempt) fail(err error) error {
	if a.Err() != nil {
		err = context.Cause(a)
	}
	a.end()
	return err
}

// buffer replaces the body of resp with what it has read.
func (a *attempt) buffer(req *http.Request, resp *http.Response) (*http.Response, error) {
	size := resp.ContentLength
	if req.Method == http.MethodHead {
		size = 0 // the length is that of the body that a GET would have
	}
	if err := a.memory.read(resp.Body, size, a.call); err != nil {
		err = a.fail(err)
		resp.Body.Close()
		return nil, &bodyError{status: resp.StatusCode, header: resp.Header, err: err}
	}
	resp.Body.Close()
	a.end()
	resp.Body = &a.memory
	return resp, nil
}
