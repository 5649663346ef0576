package workerpool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
)

// A task that was accepted is in one of five places, and moves from one to the
// next under mu: in a lane, if tasks of its key are ahead of it; in the ring; in
// the batch of a worker, not started; started; ended. Only the step from not
// started to started is taken without mu, by the worker whose batch it is in.
//
// A worker takes several tasks at once, so that a lock, a look at the clock and
// a deferred call are paid for once in a batch. What makes that bearable is that
// a batch is no property: another worker that finds the ring empty, or the batch
// fallen behind, takes half of what has not been started. So a slow task holds up
// none that came with it.
//
// Whenever mu is free:
//
//	 1. ring.len() + claimed + busy - callers + held >= tasks accepted and not
//	    ended, those that callers run left out. It exceeds that by what the
//	    workers have started since they were last looked at, and "full" means
//	    that it is window and not more than that.
//	 2. busy <= workers <= maxWorkers, but for callers that run tasks and
//	    workers that a Resize has made surplus.
//	 3. While there are tasks that are not started, and an idle worker or one
//	    that could be made, one is searching: it is on its way to mu to take some.
//	    For whoever adds tasks sends one, and whoever found some sends the next,
//	    or the next two.
//	 4. A submission waits only while the pool is full, or until the next worker
//	    comes back with its batch: that admits those there is room for, the
//	    longest waiting first. TrySubmit cannot overtake them.
//	 5. closed means that nothing is accepted and no submission waits.

// Handler runs one task. Its context ends when the pool, the ForEach or the
// loop over Map it runs under is given up; it is expected to return then.
type Handler[T any] func(ctx context.Context, v T) error

// A Pool runs tasks of type T on a bounded number of goroutines, which start when
// there are tasks and end when there have been none for a while. It is made by
// [New]; the zero Pool is not usable. A Pool must not be copied. All methods may
// be called concurrently, and by handlers too as far as [ErrNested] permits.
//
// Tasks are started in about the order in which they were accepted, and exactly
// in that order with Options.Strict; with more than one worker they may end in
// any order.
type Pool[T any] struct {
	handler     Handler[T]
	failed      func(ctx context.Context, v T, err error) // called for each task that failed, outside mu
	ctx         context.Context                           // given to every handler
	cancel      context.CancelCauseFunc                   // ends ctx; nil if ctx belongs to the caller of newPool
	guarded     bool                                      // tasks not yet started when ctx ends are skipped
	name        string
	onFull      Full
	queue       int // most tasks that wait
	maxBatch    int
	idleTimeout time.Duration
	epoch       time.Time // times are nanoseconds since then

	submissions sync.Pool // of *submission[T]
	failures    atomic.Uint64

	_ [64]byte // keeps what changes with every task off what does not

	mu      sync.Mutex // guards the fields below
	ring    ring[T]
	source  func(dst []T) (n int, more bool) // has tasks besides the ring; nil for most, and when it has no more
	lanes   lanes[T]                         // what is held; nil for most
	held    int                              // number of tasks in lanes
	pace    *pace                            // nil without a rate
	blocked submissions[T]

	window     int // most tasks accepted and not ended
	credit     int // tasks that the ring and the window are known to have room for
	maxWorkers int
	workers    int          // goroutines
	busy       int          // workers and callers that have a batch
	staff      []*worker[T] // all of both
	loaded     []*worker[T] // those that may have tasks not started
	claimed    int          // number of those tasks, or more
	loads      uint         // batches that were begun
	callers    int          // number of busy ones that are callers, who run a task each
	idle       []*worker[T] // parked, the latest at the end
	searching  int          // workers on their way to look for tasks, at most 2
	yielded    int          // workers that have given way to submitters

	reaper    *time.Timer
	reaping   bool // reaper runs
	leastIdle int  // least len(idle) since reap ran last

	closed bool          // Close has begun
	quiet  chan struct{} // closed when all tasks have ended; nil if nobody waits for that
	gone   chan struct{} // closed when the pool is closed and has no worker any more

	accepted, rejected, dropped, unrun uint64
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
	p := newPool(WithTaskInfo(context.Background(), Info{Attempt: 1}), h, o, func(ctx context.Context, v T, err error) {
		if o.OnError != nil {
			o.OnError(ctx, v, err)
		} else {
			logPanic(ctx, err)
		}
	})
	p.window = saturate(p.maxWorkers, p.queue)
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
			"error", err.Error(), "stack", string(pe.Stack))
	}
}

// newPool returns the pool that Pool, ForEach and Map have in common. It calls
// failed once for each task that fails, before the task counts as ended. There
// is room for as many tasks as workers.
func newPool[T any](ctx context.Context, h Handler[T], o Options, failed func(context.Context, T, error)) *Pool[T] {
	if o.Name != "" {
		ctx = pprof.WithLabels(ctx, pprof.Labels("workerpool", o.Name))
	}
	p := &Pool[T]{
		handler:     withTimeout(h, o.TaskTimeout),
		failed:      failed,
		ctx:         ctx,
		name:        o.Name,
		onFull:      o.OnFull,
		queue:       o.queue(),
		maxBatch:    batchOf[T](&o),
		idleTimeout: o.idleTimeout(),
		epoch:       time.Now(),
		window:      o.workers(),
		maxWorkers:  o.workers(),
		gone:        make(chan struct{}),
	}
	if o.Rate > 0 {
		p.pace = newPace(o.Rate, o.Burst)
		p.pace.stop = context.AfterFunc(ctx, p.itIsTime)
	}
	return p
}

// withTimeout returns h with a deadline of d for each task, unless d is 0.
func withTimeout[T any](h Handler[T], d time.Duration) Handler[T] {
	if d == 0 {
		return h
	}
	cause := fmt.Errorf("workerpool: the task took longer than Options.TaskTimeout (%v): %w", d, context.DeadlineExceeded)
	return func(ctx context.Context, v T) error {
		ctx, cancel := context.WithTimeoutCause(ctx, d, cause)
		defer cancel()
		return h(ctx, v)
	}
}

// saturate returns a+b, or the largest int for those who ask for an endless
// queue.
func saturate(a, b int) int { return a + min(b, math.MaxInt-a) }

// Resize changes Options.Workers to n, which must be 1 or more. Tasks that run
// are not interrupted: if there are more than n, the surplus ends as they do.
func (p *Pool[T]) Resize(n int) error {
	if n < 1 {
		return fmt.Errorf("workerpool: Resize to %d (int): must be 1 or more", n)
	}
	p.mu.Lock()
	p.maxWorkers = n
	p.window, p.credit = saturate(n, p.queue), 0
	p.dismiss(min(len(p.idle), max(0, p.workers-n)))
	admitted := p.admit()
	w := p.rouse()
	p.mu.Unlock()
	admitted.answer(nil)
	p.send(w)
	return nil
}

// isOwn reports whether ctx is, or is derived from, that of p's handlers.
func (p *Pool[T]) isOwn(ctx context.Context) bool { return ctx.Value(p) != nil }

// now returns the time in nanoseconds since p was made.
func (p *Pool[T]) now() int64 { return int64(time.Since(p.epoch)) }

// hasTasks reports whether there are tasks to be started now; mu must be held.
func (p *Pool[T]) hasTasks() bool {
	if p.pace != nil && p.pace.waiting {
		return false
	}
	return p.ring.len() > 0 || len(p.loaded) > 0 || p.source != nil
}
