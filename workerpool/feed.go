package workerpool

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/goplinth/plinth/internal/panics"
)

// A feeder takes the items of a sequence on a goroutine of its own, so that the
// loop that is fed goes on while the sequence waits for something. It takes no
// more than window items that the loop has not done with.
type feeder[T any] struct {
	in     iter.Seq[T]
	ctx    context.Context // ends the taking
	window int64

	taken   int64        // the feeder's own
	done    int64        // items that the loop has done with; the loop's own
	stride  int64        // how many of those the feeder learns of at once
	used    atomic.Int64 // what it has learnt
	waiting atomic.Bool  // the feeder waits for room
	left    atomic.Bool  // the loop is over
	room    chan struct{}
	running sync.WaitGroup

	// Set by the feeder, to be read after it has ended.
	cut      error // cause of ctx, if in was not exhausted when it ended
	panicked error // *PanicError, if in panicked
}

// errAbandoned is the cause of the end of a loop's context if the loop was left.
var errAbandoned = errors.New("workerpool: the loop over the results was left")

func newFeeder[T any](ctx context.Context, in iter.Seq[T], window int) *feeder[T] {
	return &feeder[T]{
		in:     in,
		ctx:    ctx,
		window: int64(window),
		stride: int64(max(1, min(window/4, 64))),
		room:   make(chan struct{}, 1),
	}
}

// start begins to call accept with the items of in, and ended at the end, also
// if in panics.
func (f *feeder[T]) start(accept func(T), ended func()) {
	f.running.Go(func() {
		panics.Call(
			func() error {
				f.feed(accept)
				return nil
			},
			func(err error) {
				f.panicked = err
				ended()
			},
		)
	})
}

// stop ends the taking, by the function that ends f.ctx, and waits for in.
func (f *feeder[T]) stop(cancel context.CancelCauseFunc) {
	f.left.Store(true)
	cancel(errAbandoned)
	f.running.Wait()
}

func (f *feeder[T]) feed(accept func(T)) {
	open := f.enter()
	for v := range f.in {
		if !open {
			f.cut = context.Cause(f.ctx)
			return
		}
		accept(v)
		open = f.enter()
		if !open && f.left.Load() {
			return // nobody will see whether in has more
		}
	}
}

// enter waits for room for one more item; it returns false if ctx ends first.
func (f *feeder[T]) enter() bool {
	for f.taken-f.used.Load() >= f.window {
		f.waiting.Store(true)
		if f.taken-f.used.Load() < f.window {
			// The loop has made room and may not have seen that it is waited for.
			f.waiting.Store(false)
			break
		}
		select {
		case <-f.room:
		case <-f.ctx.Done():
			return false
		}
	}
	f.taken++
	return f.ctx.Err() == nil
}

// use is called by the loop when it has done with an item. The feeder learns of
// several at once, which saves each a store and a wake-up.
func (f *feeder[T]) use() {
	f.done++
	if f.done%f.stride == 0 {
		f.resume()
	}
}

// resume tells the feeder how far the loop is, and wakes it if it waits. The loop
// calls it before it waits itself.
func (f *feeder[T]) resume() {
	f.used.Store(f.done)
	if f.waiting.CompareAndSwap(true, false) {
		select {
		case f.room <- struct{}{}:
		default:
		}
	}
}

// repeatPanic does on the calling goroutine what in did on the feeder's.
func repeatPanic(panicked error) {
	pe, ok := errors.AsType[*PanicError](panicked)
	switch {
	case !ok:
	case pe.Value == panics.ErrGoexit:
		runtime.Goexit()
	default:
		panic(pe)
	}
}
