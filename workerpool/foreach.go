package workerpool

import (
	"context"
	"errors"
	"iter"
	"sync"
)

// ForEach calls h for every item of in, at most Options.Workers at the same
// time, and returns when every call has returned.
//
// The first error, or panic as a [*PanicError], ends the context of the other
// calls, and ForEach returns it as it is. If ctx ends before any call has failed,
// ForEach returns the cause of ctx, also when the calls then running went well.
// In both cases no call is started any more, and in is left at its next item at
// the latest; items taken and not started, Workers+1 at most, are dropped. With
// Options.AllErrors an error stops nothing; ForEach returns all of them joined,
// in the order in which the calls ended, followed by the cause of ctx if that has
// ended.
//
// The items are taken on the caller's goroutine, each when a worker is free for
// the one before. If in panics, the context of the calls is ended, and the panic
// goes on when they have returned.
//
// ForEach panics if in or h is nil. Wrong Options are returned as an error.
func ForEach[T any](ctx context.Context, in iter.Seq[T], h Handler[T], o Options) error {
	if in == nil {
		panic("workerpool: ForEach called with a nil sequence")
	}
	if h == nil {
		panic("workerpool: ForEach called with a nil handler")
	}
	if err := o.check().Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var failures failures

	p := newPool(ctx, o.workers(), o.workers(),
		func(ctx context.Context, v T) error {
			if ctx.Err() != nil {
				return nil // accepted, but not yet started when ctx ended
			}
			return h(ctx, v)
		},
		func(ctx context.Context, v T, err error) {
			if err == nil {
				return
			}
			if o.AllErrors {
				failures.add(err)
			} else {
				cancel(err)
			}
			o.report(ctx, v, err)
		})

	// Deferred for the case that in panics; otherwise all has ended by then.
	defer func() {
		cancel(nil)
		p.Wait(context.Background())
	}()
	for v := range in {
		if p.Submit(ctx, v) != nil || ctx.Err() != nil {
			break
		}
	}
	p.Wait(context.Background())

	// Whatever ended ctx first is its cause: a handler's error or the parent.
	return failures.join(context.Cause(ctx))
}

// ForEachN calls f for every i from 0 to n-1, in the manner of [ForEach]. It
// calls nothing if n is zero or negative.
func ForEachN(ctx context.Context, n int, f func(ctx context.Context, i int) error, o Options) error {
	if f == nil {
		panic("workerpool: ForEachN called with a nil function")
	}
	return ForEach(ctx, func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}, f, o)
}

// failures collects the errors of concurrent tasks.
type failures struct {
	mu   sync.Mutex // guards errs
	errs []error
}

func (f *failures) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errs = append(f.errs, err)
}

// join returns last alone if nothing was collected, so that a single error is
// returned as it is, and otherwise all errors joined. Nobody may add meanwhile.
func (f *failures) join(last error) error {
	if len(f.errs) == 0 {
		return last
	}
	return errors.Join(append(f.errs, last)...)
}
