package workerpool

import (
	"container/list"
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/goplinth/plinth/internal/panics"
)

// A pool is a queue, a count of workers and a list of blocked submitters under
// one mutex. Workers hold no state: each takes the oldest task, runs it, and
// ends when there is none left. The laws, which hold whenever mu is free:
//
//	 1. queue.len() + running <= window: this is what "full" means.
//	 2. running <= workers <= maxWorkers.
//	 3. A task is in the queue only while a worker lives that will come back
//	    for it, because a worker ends only on finding the queue empty, and a
//	    push starts a worker unless all of them are there.
//	 4. A submitter is blocked only while the pool is full, because each task
//	    that ends makes room for the one that has waited longest. So TrySubmit
//	    cannot overtake a blocked Submit.
//	 5. closed means that nothing enters the queue and nobody is blocked.
//
// From 3 follows that a pool without workers has nothing to do, so Wait and
// Close both wait for the last worker to end. A task leaves the queue either to
// be run or into a DrainError, under mu, hence never both.
//
// With no room for waiting tasks (window == maxWorkers) the queue still holds a
// task from when it is accepted until the worker started for it arrives.

// Handler runs one task. Its context ends when the pool, the ForEach or the
// loop over Map it runs under is given up; it is expected to return then.
type Handler[T any] func(ctx context.Context, v T) error

// A Pool runs tasks of type T on a bounded number of goroutines, which exist
// only while there are tasks. It is made by [New]; the zero Pool is not usable. A
// Pool must not be copied. All methods may be called concurrently, and by
// handlers too as far as [ErrNested] permits.
//
// Tasks are started in the order in which they were accepted; with more than
// one worker they may end in any order.
type Pool[T any] struct {
	handler    Handler[T]
	ended      func(ctx context.Context, v T, err error) // called after each task, outside mu
	maxWorkers int
	window     int // most tasks queued and running

	ctx    context.Context         // given to every handler
	cancel context.CancelCauseFunc // ends ctx; nil if ctx belongs to the caller of newPool

	mu      sync.Mutex // guards the fields below
	queue   fifo[T]
	blocked list.List     // of *submission[T], longest waiting first
	running int           // tasks that have left the queue and not ended
	workers int           // goroutines
	closed  bool          // Close has begun
	quiet   chan struct{} // closed when the last worker ends; nil if nobody waits for that
}

// A submission is a task whose submitter is blocked.
type submission[T any] struct {
	v      T
	answer chan error // receives nil when accepted, ErrClosed when refused; never blocks
}

// New returns a Pool that runs each submitted task through h. It reports all
// mistakes in o, and a nil h, at once. It starts no goroutine.
//
// The context that h gets has no deadline and no values of the submitter,
// because the task outlives the call of Submit; put into T what h needs. It
// ends, with the cause [ErrClosed], when Close runs out of time or returns nil.
func New[T any](h Handler[T], o Options) (*Pool[T], error) {
	c := o.check()
	c.Require(h != nil, "handler", h, "pass New the function that runs a task")
	if err := c.Err(); err != nil {
		return nil, err
	}
	p := newPool(context.Background(), o.workers(), o.window(), h, func(ctx context.Context, v T, err error) {
		switch {
		case err == nil:
		case o.OnError != nil:
			o.OnError(ctx, v, err)
		default:
			logPanic(ctx, err)
		}
	})
	// The pool is the key under which its handlers' context is recognised, so
	// that a task of one pool may wait for another.
	p.ctx, p.cancel = context.WithCancelCause(context.WithValue(p.ctx, p, p))
	return p, nil
}

// logPanic keeps a panic from passing unseen in a pool without OnError, as
// net/http does for its handlers. Other errors are values that the handler
// chose to return to nobody.
func logPanic(ctx context.Context, err error) {
	if pe, ok := errors.AsType[*PanicError](err); ok {
		slog.ErrorContext(ctx, "workerpool: task panicked; set Options.OnError to handle it",
			"error", err, "stack", string(pe.Stack))
	}
}

// newPool returns the pool that Pool, ForEach and Map have in common. It calls
// ended exactly once for each task that was run, before the task leaves the
// count of running tasks.
func newPool[T any](ctx context.Context, workers, window int, h Handler[T], ended func(context.Context, T, error)) *Pool[T] {
	return &Pool[T]{handler: h, ended: ended, maxWorkers: workers, window: window, ctx: ctx}
}

// Submit hands v to the pool, waiting while the queue is full. Nil means that v
// was accepted and will be run unless Close gives up on it. Otherwise v was not
// accepted and will not be run:
//
//   - [ErrClosed] if Close had begun, or begins while Submit waits;
//   - the cause of ctx if ctx had ended, or ends while Submit waits;
//   - [ErrNested] if the queue is full and ctx is that of one of the pool's
//     own handlers.
//
// Blocked calls are served in the order in which they came. Submit ends with
// ctx, but v itself is not bound to ctx. While there is room it costs one short
// critical section, and the start of a goroutine unless all workers are busy.
func (p *Pool[T]) Submit(ctx context.Context, v T) error {
	ended, nested := ctx.Err() != nil, p.isOwn(ctx)

	p.mu.Lock()
	switch {
	case p.closed:
		p.mu.Unlock()
		return ErrClosed
	case ended:
		p.mu.Unlock()
		return context.Cause(ctx)
	case !p.full():
		p.accept(v)
		p.mu.Unlock()
		return nil
	case nested:
		p.mu.Unlock()
		return ErrNested
	}
	s := &submission[T]{v: v, answer: make(chan error, 1)}
	place := p.blocked.PushBack(s)
	p.mu.Unlock()

	select {
	case err := <-s.answer:
		return err
	case <-ctx.Done():
		return p.withdraw(place, context.Cause(ctx))
	}
}

// withdraw takes back a blocked submission and returns cause, unless it has been
// answered already: then the answer holds, since the task may be running.
func (p *Pool[T]) withdraw(place *list.Element, cause error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case err := <-place.Value.(*submission[T]).answer:
		return err
	default:
		p.blocked.Remove(place)
		return cause
	}
}

// TrySubmit hands v to the pool if there is room for it at once. It returns
// [ErrFull] if there is none and [ErrClosed] if Close has begun; then v will not
// be run. It never waits, so handlers may call it on their own pool.
func (p *Pool[T]) TrySubmit(v T) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return ErrClosed
	case p.full():
		return ErrFull
	}
	p.accept(v)
	return nil
}

// Wait waits until every accepted task has ended, those accepted while it waits
// included, and returns nil. If ctx ends first it returns the cause of ctx; in a
// handler of the same pool, recognised by ctx, it returns [ErrNested]. The pool
// may be used on after Wait, and Wait may be called after Close.
func (p *Pool[T]) Wait(ctx context.Context) error {
	if p.isOwn(ctx) {
		return ErrNested
	}
	p.mu.Lock()
	if p.workers == 0 {
		p.mu.Unlock()
		return nil
	}
	if p.quiet == nil {
		p.quiet = make(chan struct{})
	}
	quiet := p.quiet
	p.mu.Unlock()

	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close stops the intake of tasks, waits until those accepted have ended, and
// returns nil, after which the pool owns no goroutine.
//
// If ctx ends first, Close ends the context of the handlers with the cause
// [ErrClosed], starts nothing more, and returns at once a [*DrainError] with the
// tasks that were not started. It does not wait for the running handlers; a
// later Close does. A ctx that has ended already makes that happen right away,
// unless the pool is idle.
//
// Close may be called again and concurrently. Each task that was not started is
// listed by the one call whose context ended first; the others see an empty
// queue, and return nil when the running handlers have ended.
//
// In a handler of the same pool, recognised by ctx, Close returns [ErrNested] and
// closes nothing.
func (p *Pool[T]) Close(ctx context.Context) error {
	if p.isOwn(ctx) {
		return ErrNested
	}
	p.stopIntake()
	cause := p.Wait(ctx)
	if cause == nil {
		p.cancel(ErrClosed)
		return nil
	}

	p.mu.Lock()
	unrun, running := p.queue.popAll(), p.running
	p.mu.Unlock()
	// Cancelling runs code of others, which may call the pool.
	p.cancel(ErrClosed)
	if len(unrun) == 0 && running == 0 {
		return nil // the last task ended together with ctx
	}
	return &DrainError[T]{Unrun: unrun, Running: running, Err: cause}
}

func (p *Pool[T]) stopIntake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for p.blocked.Len() > 0 {
		p.unblock().answer <- ErrClosed
	}
}

// isOwn reports whether ctx is, or is derived from, that of p's handlers.
func (p *Pool[T]) isOwn(ctx context.Context) bool { return ctx.Value(p) != nil }

// full reports whether there is no room for one more task; mu must be held.
func (p *Pool[T]) full() bool { return p.queue.len()+p.running >= p.window }

// accept queues v and sees to it that a worker comes for it; mu must be held.
func (p *Pool[T]) accept(v T) {
	p.queue.push(v)
	if p.workers < p.maxWorkers {
		p.workers++
		go p.work()
	}
}

// unblock removes and returns the submission that has waited longest; mu must be
// held and there must be one.
func (p *Pool[T]) unblock() *submission[T] {
	return p.blocked.Remove(p.blocked.Front()).(*submission[T])
}

// work is one worker: it runs tasks until there is none left. A handler that
// calls runtime.Goexit takes the goroutine with it, and a new one takes the
// place over without any change of the counts.
func (p *Pool[T]) work() {
	done := false
	defer func() {
		if !done {
			go p.work()
		}
	}()
	for v, ok := p.next(); ok; v, ok = p.next() {
		p.run(v)
	}
	done = true
}

// next takes the oldest task from the queue. If there is none, ok is false and
// the caller is a worker no more.
func (p *Pool[T]) next() (v T, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue.len() == 0 {
		p.workers--
		if p.workers == 0 && p.quiet != nil {
			close(p.quiet)
			p.quiet = nil
		}
		return v, false
	}
	p.running++
	return p.queue.pop(), true
}

// run runs one task. The deferred call holds the laws after a Goexit, be it in
// the handler or in OnError.
func (p *Pool[T]) run(v T) {
	defer p.leave()
	panics.Call(
		func() error { return p.handler(p.ctx, v) },
		func(err error) { p.ended(p.ctx, v, err) },
	)
}

// leave gives the place of a task that ended to the longest blocked submitter.
func (p *Pool[T]) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	if p.blocked.Len() > 0 {
		s := p.unblock()
		p.accept(s.v)
		s.answer <- nil
	}
}
