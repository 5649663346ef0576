package workerpool

import (
	"context"
	"iter"
	"math"
	"sync"
)

// MapUnordered is [Map] with the results in the order in which they come, so that
// a slow call holds up no result of another. What is said of Map holds for it as
// well, except that after ctx has ended the items that were not started yield the
// cause in no particular order.
func MapUnordered[T, R any](ctx context.Context, in iter.Seq[T], f func(context.Context, T) (R, error), o Options) iter.Seq2[R, error] {
	if in == nil {
		panic("workerpool: MapUnordered called with a nil sequence")
	}
	if f == nil {
		panic("workerpool: MapUnordered called with a nil function")
	}
	return func(yield func(R, error) bool) {
		if err := o.check().Err(); err != nil {
			var none R
			yield(none, err)
			return
		}
		g := newGathering(ctx, in, f, o)
		g.run(yield)
		repeatPanic(g.feeder.panicked)
	}
}

// A gathering is one loop over a MapUnordered: workers add their results to a
// list, and the loop takes the whole list whenever it has come to the end of the
// one before.
type gathering[T, R any] struct {
	feeder *feeder[T]
	pool   *Pool[T]
	cancel context.CancelCauseFunc
	ready  chan struct{} // what the loop waits for has come

	mu      sync.Mutex // guards the fields below
	results []result[R]
	due     int  // items that were taken, and results of which the loop has not got
	fed     bool // no more items will be taken
	waiting bool // the loop waits
}

type result[R any] struct {
	out R
	err error
}

func newGathering[T, R any](ctx context.Context, in iter.Seq[T], f func(context.Context, T) (R, error), o Options) *gathering[T, R] {
	o.OnFull = Block
	g := &gathering[T, R]{ready: make(chan struct{}, 1)}
	ctx, g.cancel = context.WithCancelCause(ctx)
	g.feeder = newFeeder(ctx, in, saturate(o.workers(), o.queue()))
	g.pool = newPool(ctx,
		func(ctx context.Context, v T) error {
			var r result[R]
			if ctx.Err() != nil {
				r.err = context.Cause(ctx) // not started, so not a failed task for OnError
			} else if r.out, r.err = f(ctx, v); r.err != nil {
				o.report(ctx, v, r.err)
			}
			g.add(r)
			return nil
		}, o,
		func(ctx context.Context, v T, err error) {
			defer g.add(result[R]{err: err})
			o.report(ctx, v, err)
		})
	g.pool.window = math.MaxInt // because the feeder keeps to the window already
	return g
}

// run is the loop. Its deferred stop also serves a loop body that panics.
func (g *gathering[T, R]) run(yield func(R, error) bool) {
	g.feeder.start(g.take, g.end)
	defer g.stop()
	var results []result[R]
	for {
		results = g.next(results)
		if len(results) == 0 {
			break
		}
		for _, r := range results {
			if !yield(r.out, r.err) {
				return
			}
			g.feeder.use()
		}
	}
	if g.feeder.cut != nil {
		var none R
		yield(none, g.feeder.cut)
	}
}

// stop ends what is still going on and waits for it.
func (g *gathering[T, R]) stop() {
	g.feeder.stop(g.cancel)
	g.pool.finish()
}

// take takes an item from the feeder.
func (g *gathering[T, R]) take(v T) {
	g.mu.Lock()
	g.due++
	g.mu.Unlock()
	g.pool.TrySubmit(v)
}

// end is called when no more items will be taken.
func (g *gathering[T, R]) end() {
	g.mu.Lock()
	g.fed = true
	g.wake()
}

func (g *gathering[T, R]) add(r result[R]) {
	g.mu.Lock()
	g.results = append(g.results, r)
	g.wake()
}

// wake unlocks mu and wakes a loop that waits.
func (g *gathering[T, R]) wake() {
	waiting := g.waiting
	g.waiting = false
	g.mu.Unlock()
	if waiting {
		g.ready <- struct{}{}
	}
}

// next returns the results that have come, waiting for the first of them, or none
// if all have been returned. The memory of used is used again.
func (g *gathering[T, R]) next(used []result[R]) []result[R] {
	clear(used)
	g.mu.Lock()
	for len(g.results) == 0 && (g.due > 0 || !g.fed) {
		g.waiting = true
		g.mu.Unlock()
		g.feeder.resume()
		<-g.ready
		g.mu.Lock()
	}
	results := g.results
	g.results = used[:0]
	g.due -= len(results)
	g.mu.Unlock()
	return results
}
