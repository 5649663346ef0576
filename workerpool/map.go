package workerpool

import (
	"context"
	"iter"
	"math"
	"sync/atomic"
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
// An item costs no allocation.
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
		repeatPanic(m.feeder.panicked)
	}
}

// A mapping is one loop over a Map. The feeder puts each item into the next slot
// of a chain and submits that slot to the pool; the workers fill in the results;
// the loop goes along the chain and waits at each slot until it is filled. What
// the loop has passed, the feeder uses again.
type mapping[T, R any] struct {
	feeder *feeder[T]
	pool   *Pool[*slot[T, R]]
	cancel context.CancelCauseFunc

	first *link[T, R]
	spare chan *link[T, R]
	ready chan struct{} // the slot that the loop waits at is filled

	// The feeder's own: where the next item goes.
	last *link[T, R]
	n    int
}

// A link is a part of the chain of slots, many to be allocated at once.
type link[T, R any] struct {
	slots []slot[T, R]
	next  *link[T, R] // set before the last of slots is submitted
}

type slot[T, R any] struct {
	in    T
	out   R
	err   error
	state atomic.Uint32
}

// States of a slot. The loop is who sets awaited, and who sees filled or end.
const (
	empty   = iota // it has no item yet, or f has not returned for that
	awaited        // and the loop waits
	filled
	end // no item will come here
)

// linkSlots is the length of a link; the first is shorter, for short inputs.
const (
	linkSlots      = 64
	firstLinkSlots = 8
)

func newMapping[T, R any](ctx context.Context, in iter.Seq[T], f func(context.Context, T) (R, error), o Options) *mapping[T, R] {
	o.OnFull = Block
	first := &link[T, R]{slots: make([]slot[T, R], firstLinkSlots)}
	window := saturate(o.workers(), o.queue())
	m := &mapping[T, R]{
		first: first,
		last:  first,
		spare: make(chan *link[T, R], min(window/linkSlots+2, 64)),
		ready: make(chan struct{}, 1),
	}
	ctx, m.cancel = context.WithCancelCause(ctx)
	m.feeder = newFeeder(ctx, in, window)
	m.pool = newPool(ctx,
		func(ctx context.Context, s *slot[T, R]) (err error) {
			if ctx.Err() != nil {
				// Not started, so not a failed task for OnError.
				s.err = context.Cause(ctx)
			} else if s.out, err = f(ctx, s.in); err != nil {
				return err
			}
			m.become(s, filled)
			return nil
		}, o,
		func(ctx context.Context, s *slot[T, R], err error) {
			defer m.become(s, filled)
			s.err = err
			o.report(ctx, s.in, err)
		})
	m.pool.window = math.MaxInt // because the feeder keeps to the window already
	return m
}

// run is the loop. Its deferred stop also serves a loop body that panics.
func (m *mapping[T, R]) run(yield func(R, error) bool) {
	m.feeder.start(m.add, m.end)
	defer m.stop()
	for l := m.first; ; l = m.recycle(l) {
		for i := range l.slots {
			s := &l.slots[i]
			if m.await(s) == end {
				if m.feeder.cut != nil {
					var none R
					yield(none, m.feeder.cut)
				}
				return
			}
			if !yield(s.out, s.err) {
				return
			}
			m.feeder.use()
		}
	}
}

// stop ends what is still going on and waits for it.
func (m *mapping[T, R]) stop() {
	m.feeder.stop(m.cancel)
	m.pool.finish()
}

// add takes an item from the feeder. The next link must be there before its
// result can be.
func (m *mapping[T, R]) add(v T) {
	s := &m.last.slots[m.n]
	m.n++
	if m.n == len(m.last.slots) {
		m.last.next = m.newLink()
		m.last, m.n = m.last.next, 0
	}
	s.in = v
	m.pool.TrySubmit(s)
}

// end marks the end of the chain.
func (m *mapping[T, R]) end() { m.become(&m.last.slots[m.n], end) }

func (m *mapping[T, R]) newLink() *link[T, R] {
	select {
	case l := <-m.spare:
		return l
	default:
		return &link[T, R]{slots: make([]slot[T, R], linkSlots)}
	}
}

// recycle hands l back to the feeder and returns the link after it.
func (m *mapping[T, R]) recycle(l *link[T, R]) *link[T, R] {
	next := l.next
	l.next = nil
	clear(l.slots)
	select {
	case m.spare <- l:
	default:
	}
	return next
}

// become changes the state of s and wakes a loop that waits for that.
func (m *mapping[T, R]) become(s *slot[T, R], state uint32) {
	if s.state.Swap(state) == awaited {
		m.ready <- struct{}{}
	}
}

// await waits until s is filled or the end.
func (m *mapping[T, R]) await(s *slot[T, R]) uint32 {
	if state := s.state.Load(); state != empty {
		return state
	}
	m.feeder.resume()
	if s.state.CompareAndSwap(empty, awaited) {
		<-m.ready
	}
	return s.state.Load()
}
