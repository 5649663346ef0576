package workerpool

import (
	"context"
	"errors"
	"iter"
	"math"
	"runtime"
	"sync"

	"github.com/goplinth/plinth/internal/panics"
)

// Map returns the results of f for the items of in, in the order of in. At most
// Options.Workers calls of f run at the same time, and at most
// Workers+Options.Queue items (Workers, if Queue is negative) are on their way:
// from being taken from in until the loop body has returned for their result.
// So in may be endless, and a slow loop body holds up the input.
//
// An error of f comes beside its result and stops nothing. A panic in f comes
// as the error of its item, a [*PanicError]. A result is yielded as soon as those
// before it have been, even while in is waiting for more.
//
// If ctx ends, in is asked for one item more at most and f is not started any
// more. Items that were taken and not started yield the cause of ctx, in their
// places; if in had more to give, one last pair with the cause follows. The
// sequence then ends.
//
// Leaving the loop early ends the context of the running calls, and the loop
// returns when they and in have returned. Nothing runs before the loop starts or
// after it has ended.
//
// The items are taken on a goroutine of its own. If in panics there, the results
// so far are yielded, and when everything has ended a [*PanicError] with the
// value and the stack is raised on the goroutine of the loop. If in calls
// runtime.Goexit, so does the loop.
//
// Every loop over the sequence takes the items of in anew, if in permits that.
// Map panics if in or f is nil. Wrong Options yield a single pair with the error.
func Map[T, R any](ctx context.Context, in iter.Seq[T], f func(context.Context, T) (R, error), o Options) iter.Seq2[R, error] {
	if in == nil {
		panic("workerpool: Map called with a nil sequence")
	}
	if f == nil {
		panic("workerpool: Map called with a nil function")
	}
	return func(yield func(R, error) bool) {
		if err := o.check().Err(); err != nil {
			var none R
			yield(none, err)
			return
		}
		m := newMapping(ctx, in, f, o)
		m.run(yield)
		m.repeatPanic()
	}
}

// A mapping is one loop over a Map. Three parties share it: the feeder takes the
// items from in and hands each to the pool and, in the same order, to the loop;
// the pool's workers fill in the results; the loop waits for each item in turn.
//
// The order is a chain: each item has a channel on which its successor arrives.
// A channel of items would need the window as its capacity, and a window may be
// far larger than the number of items that ever come.
type mapping[T, R any] struct {
	in     iter.Seq[T]
	ctx    context.Context
	cancel context.CancelCauseFunc
	pool   *Pool[*item[T, R]]
	room   chan struct{} // holds one element for each item on its way
	first  chan *item[T, R]
	feeder sync.WaitGroup

	// Set by the feeder, read by the loop when the chain has ended.
	cut      error // cause of ctx, if in was not exhausted when it ended
	panicked error // *PanicError, if in panicked
}

type item[T, R any] struct {
	in   T
	out  R
	err  error
	done chan struct{}    // closed when out and err are set
	next chan *item[T, R] // receives the next item; closed if there is none
}

func newMapping[T, R any](ctx context.Context, in iter.Seq[T], f func(context.Context, T) (R, error), o Options) *mapping[T, R] {
	m := &mapping[T, R]{
		in:    in,
		room:  make(chan struct{}, o.window()),
		first: make(chan *item[T, R], 1),
	}
	m.ctx, m.cancel = context.WithCancelCause(ctx)
	// The window of the pool is endless because room bounds it already.
	m.pool = newPool(m.ctx, o.workers(), math.MaxInt,
		func(ctx context.Context, it *item[T, R]) (err error) {
			if ctx.Err() != nil {
				it.err = context.Cause(ctx)
				return nil // not started, so not a failed task for OnError
			}
			it.out, err = f(ctx, it.in)
			return err
		},
		func(ctx context.Context, it *item[T, R], err error) {
			defer close(it.done)
			if err != nil {
				it.err = err
				o.report(ctx, it.in, err)
			}
		})
	return m
}

// run is the loop. Its deferred stop also serves a loop body that panics.
func (m *mapping[T, R]) run(yield func(R, error) bool) {
	m.feeder.Go(m.feed)
	defer m.stop()
	for it := <-m.first; it != nil; it = <-it.next {
		<-it.done
		if !yield(it.out, it.err) {
			return
		}
		<-m.room
	}
	if m.cut != nil {
		var none R
		yield(none, m.cut)
	}
}

// stop ends what is still going on and waits for it.
func (m *mapping[T, R]) stop() {
	m.cancel(errAbandoned)
	m.feeder.Wait()
	m.pool.Wait(context.Background())
}

// feed takes the items from in. It closes the end of the chain, however in ends.
func (m *mapping[T, R]) feed() {
	last := m.first
	panics.Call(
		func() error {
			open := m.enter()
			for v := range m.in {
				if !open {
					m.cut = context.Cause(m.ctx)
					break
				}
				it := &item[T, R]{in: v, done: make(chan struct{}), next: make(chan *item[T, R], 1)}
				m.pool.TrySubmit(it)
				last <- it
				last = it.next
				open = m.enter()
				if !open && errors.Is(context.Cause(m.ctx), errAbandoned) {
					break // nobody will see whether in has more
				}
			}
			return nil
		},
		func(err error) {
			m.panicked = err
			close(last)
		},
	)
}

// enter waits for room for one more item; it returns false if ctx ends first.
func (m *mapping[T, R]) enter() bool {
	select {
	case m.room <- struct{}{}:
		return m.ctx.Err() == nil
	case <-m.ctx.Done():
		return false
	}
}

// repeatPanic does on the goroutine of the loop what in did on the feeder's.
func (m *mapping[T, R]) repeatPanic() {
	pe, ok := errors.AsType[*PanicError](m.panicked)
	switch {
	case !ok:
	case pe.Value == panics.ErrGoexit:
		runtime.Goexit()
	default:
		panic(pe)
	}
}
