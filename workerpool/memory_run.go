package workerpool

import (
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/goplinth/plinth/internal/panics"
)

// Run hands messages to h, at most QueueOptions.Workers at a time, until ctx
// ends. It then takes no more, waits until the running handlers have returned,
// and returns nil, always; after that no goroutine of it is left. What is pending
// stays for other calls of Run, at the same time or later. With a ctx that has
// ended Run does nothing.
//
// The context of the handlers has the values of ctx. It ends, with the cause of
// ctx, when ctx has ended and QueueOptions.Grace has passed; Run cannot stop a
// handler that does not heed it, and waits on. An error that a handler returns
// after ctx has ended fails no attempt: the message is pending again at once, or
// after the wait that the error names, with the same attempt number. A panic
// counts as always.
//
// Run panics if h is nil.
func (q *Memory[T]) Run(ctx context.Context, h Handler[T]) error {
	if h == nil {
		panic("workerpool: Memory.Run called with a nil handler")
	}
	// q is the key under which Publish and Wait recognise the handlers' context.
	handlers, cancel := context.WithCancelCause(context.WithValue(context.WithoutCancel(ctx), q, q))
	defer cancel(nil)

	// This goroutine alone starts handlers, each on a goroutine of its own, and
	// counts those running. A handler that panics or leaves by Goexit thus
	// takes nothing with it that others need.
	running, ended := 0, make(chan struct{})
	for ctx.Err() == nil {
		var changed <-chan struct{}
		var due <-chan time.Time
		if running < q.workers {
			var m *message[T]
			if m, due, changed = q.next(); m != nil {
				running++
				go func() {
					defer func() { ended <- struct{}{} }()
					q.attempt(ctx, handlers, h, m)
				}()
				continue
			}
		}
		select {
		case <-ended:
			running--
		case <-changed:
		case <-due:
		case <-ctx.Done():
		}
	}

	grace := time.NewTimer(q.grace) // at once if negative
	defer grace.Stop()
	for running > 0 {
		select {
		case <-ended:
			running--
		case <-grace.C:
			cancel(context.Cause(ctx))
		}
	}
	return nil
}

// next takes the message that is to be run now. If there is none it returns two
// channels: due receives when there will be one, and is nil if none is held back;
// changed is closed when that may no longer be true.
func (q *Memory[T]) next() (m *message[T], due <-chan time.Time, changed <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for m := q.delayed.front(); m != nil && !m.due.After(now); m = q.delayed.front() {
		heap.Push(&q.ready, heap.Pop(&q.delayed))
	}
	if q.ready.front() != nil {
		return heap.Pop(&q.ready).(*message[T]), nil, nil
	}
	if m := q.delayed.front(); m != nil {
		due = time.After(m.due.Sub(now))
	}
	if q.changed == nil {
		q.changed = make(chan struct{})
	}
	return nil, due, q.changed
}

// enqueue puts a message that is waiting where next finds it; mu must be held.
func (q *Memory[T]) enqueue(m *message[T]) {
	heap.Push(&q.delayed, m)
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}

// attempt runs m once, for a Run whose context is run.
func (q *Memory[T]) attempt(run, handlers context.Context, h Handler[T], m *message[T]) {
	ctx := WithTaskInfo(handlers, m.info)
	panics.Call(
		func() error { return h(ctx, m.value) },
		func(err error) { q.attempted(run, ctx, m, err) },
	)
}

// attempted decides what becomes of m after an attempt. The callbacks come before
// that, so that whoever waits for m has them behind it, and what follows is
// deferred, so that m is not lost with a callback that calls Goexit.
func (q *Memory[T]) attempted(run, ctx context.Context, m *message[T], err error) {
	// A panic is not a way to answer the end of a context.
	_, panicked := err.(*PanicError)
	switch attempt := m.info.Attempt; {
	case err == nil:
		q.settle(m.info.ID, true)

	case run.Err() != nil && !panicked && !permanent(err):
		q.again(m, attempt, hint(err))

	case q.retry.retries(attempt, err):
		wait := q.retry.wait(attempt, err)
		defer q.again(m, attempt+1, wait)
		if q.retry.OnRetry != nil {
			q.retry.OnRetry(ctx, err, wait)
		} else if panicked {
			logFailure(ctx, "workerpool: handler of a message panicked; set RetryPolicy.OnRetry to handle it", err)
		}

	default:
		defer q.bury(m, err)
		if q.onDead != nil {
			q.onDead(ctx, m.value, err)
		} else {
			logFailure(ctx, "workerpool: message given up; set QueueOptions.OnDead to handle it", err)
		}
	}
}

// again has m wait for an attempt that is due after the given time.
func (q *Memory[T]) again(m *message[T], attempt int, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	m.info.Attempt = attempt
	if wait > 0 { // what was interrupted has kept its place in the order
		m.due = time.Now().Add(wait)
	}
	q.enqueue(m)
}

// settle lets go of a message and its name.
func (q *Memory[T]) settle(id string, done bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.release(id, done)
	q.leave()
}

// bury makes a dead letter of m.
func (q *Memory[T]) bury(m *message[T], err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.dead) == q.capacity {
		q.dead[0] = DeadLetter[T]{} // the array may stay for a while
		q.dead = q.dead[1:]
	}
	q.dead = append(q.dead, DeadLetter[T]{Value: m.value, Info: m.info, Err: err})
	q.release(m.info.ID, false)
	q.leave()
}

// logFailure keeps a failure from passing unseen where nobody listens.
func logFailure(ctx context.Context, what string, err error) {
	info, _ := TaskInfo(ctx)
	attrs := []slog.Attr{slog.String("error", err.Error()), slog.String("id", info.ID), slog.Int("attempt", info.Attempt)}
	if pe, ok := errors.AsType[*PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(pe.Stack)))
	}
	slog.LogAttrs(ctx, slog.LevelError, what, attrs...)
}
