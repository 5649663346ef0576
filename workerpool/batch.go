package workerpool

import (
	"context"
	"fmt"
	"iter"
	"math"
	"time"
)

// Batch returns the items of in, in their order, in slices of size. A slice has
// fewer items if it is the last, or if every has passed since its first item was
// taken. With an every of zero or less only the size counts. No slice is empty,
// and each is the loop's to keep.
//
// With an every, in runs on a goroutine of its own, at most one item ahead of the
// loop: it waits while the loop body runs. Leaving the loop early returns when in
// has come to its next item or its end. If in panics, what it gave until then is
// yielded, and then a [*PanicError] with the value and the stack is raised on the
// goroutine of the loop.
//
// Batch panics if in is nil or size is less than 1.
func Batch[T any](in iter.Seq[T], size int, every time.Duration) iter.Seq[[]T] {
	if in == nil {
		panic("workerpool: Batch called with a nil sequence")
	}
	if size < 1 {
		panic(fmt.Sprintf("workerpool: Batch called with a size of %d: must be 1 or more", size))
	}
	return func(yield func([]T) bool) {
		if every <= 0 {
			batchBySize(in, size, yield)
			return
		}
		b := &batching[T]{size: size, every: every, items: make(chan T)}
		var cancel context.CancelCauseFunc
		b.ctx, cancel = context.WithCancelCause(context.Background())
		b.feeder = newFeeder(b.ctx, in, math.MaxInt)
		func() {
			b.feeder.start(b.take, func() { close(b.items) })
			defer b.feeder.stop(cancel)
			b.run(yield)
		}()
		repeatPanic(b.feeder.panicked)
	}
}

// leastBatch bounds what is allocated for a batch before it is known to get full.
const leastBatch = 64

func batchBySize[T any](in iter.Seq[T], size int, yield func([]T) bool) {
	var batch []T
	for v := range in {
		if batch == nil {
			batch = make([]T, 0, min(size, leastBatch))
		}
		if batch = append(batch, v); len(batch) < size {
			continue
		}
		if !yield(batch) {
			return
		}
		batch = nil
	}
	if batch != nil {
		yield(batch)
	}
}

// A batching is one loop over a Batch with a time limit.
type batching[T any] struct {
	size   int
	every  time.Duration
	ctx    context.Context
	feeder *feeder[T]
	items  chan T // closed at the end
}

// take takes an item from the feeder.
func (b *batching[T]) take(v T) {
	select {
	case b.items <- v:
	case <-b.ctx.Done():
	}
}

func (b *batching[T]) run(yield func([]T) bool) {
	timer := time.NewTimer(b.every)
	defer timer.Stop()
	for v := range b.items {
		batch := append(make([]T, 0, min(b.size, leastBatch)), v)
		timer.Reset(b.every)
		for open := true; open && len(batch) < b.size; {
			select {
			case v, open = <-b.items:
				if open {
					batch = append(batch, v)
				}
			case <-timer.C:
				open = false
			}
		}
		if !yield(batch) {
			return
		}
	}
}
