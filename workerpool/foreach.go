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
	return run(ctx, h, o, func(ctx context.Context, p *Pool[T]) {
		for v := range in {
			if p.Submit(ctx, v) != nil || ctx.Err() != nil {
				return
			}
		}
	})
}

// ForEachN calls f for every i from 0 to n-1, in the manner of [ForEach]. It
// calls nothing if n is zero or negative.
//
// It is made for functions that are short: it hands out the numbers many at a
// time, as long as the calls are found to take less than a microsecond or so.
func ForEachN(ctx context.Context, n int, f func(ctx context.Context, i int) error, o Options) error {
	if f == nil {
		panic("workerpool: ForEachN called with a nil function")
	}
	if err := o.check().Err(); err != nil {
		return err
	}
	return run(ctx, f, o, func(ctx context.Context, p *Pool[int]) {
		if n <= 0 {
			return
		}
		next := 0
		p.supply(func(dst []int) (k int, more bool) {
			if ctx.Err() != nil {
				return 0, false
			}
			k = min(len(dst), n-next)
			for i := range dst[:k] {
				dst[i] = next + i
			}
			next += k
			return k, next < n
		})
	})
}

// run makes a pool for a ForEach, has feed give it tasks, and returns when those
// have ended, with the error for ForEach to return.
func run[T any](ctx context.Context, h Handler[T], o Options, feed func(context.Context, *Pool[T])) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var failures failures
	o.OnFull = Block
	p := newPool(ctx, h, o, func(ctx context.Context, v T, err error) {
		if o.AllErrors {
			failures.add(err)
		} else {
			cancel(err)
		}
		o.report(ctx, v, err)
	})
	p.guarded = true
	// Deferred for a sequence that panics: nothing is to go on after that.
	defer p.finish()
	defer cancel(nil)
	feed(ctx, p)
	p.finish()

	// Whatever ended ctx first is its cause: a handler's error or the parent.
	return failures.join(context.Cause(ctx))
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
