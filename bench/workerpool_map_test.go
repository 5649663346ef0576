package bench

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"testing"

	"github.com/goplinth/plinth/workerpool"
	conciter "github.com/sourcegraph/conc/iter"
	"github.com/sourcegraph/conc/stream"
)

// mapWindow is how many items may be on their way at the same time where that
// can be told; conc has no more than it has workers.
const mapWindow = 1024

// An orderedMap calls yield with f of each number from 0 to n-1, in this order,
// on one goroutine. It computes on GOMAXPROCS goroutines, which suits work that
// never waits.
type orderedMap struct {
	name string
	run  func(tb testing.TB, n int, f func(int) int, yield func(int))
}

var orderedMaps = []orderedMap{
	{"plinth", mapPlinth},
	{"conc-stream", mapConcStream},
	{"conc-itermap", mapConcIterMap},
	{"chan", mapChan},
}

func mapPlinth(tb testing.TB, n int, f func(int) int, yield func(int)) {
	g := func(_ context.Context, v int) (int, error) { return f(v), nil }
	o := workerpool.Options{Queue: mapWindow}
	for result, err := range workerpool.Map(context.Background(), numbers(n), g, o) {
		report(tb, err)
		yield(result)
	}
}

// mapConcStream needs two closures for each item, one to compute and one to
// deliver. Without a limit it would start as many goroutines as it has items
// on their way.
func mapConcStream(_ testing.TB, n int, f func(int) int, yield func(int)) {
	s := stream.New().WithMaxGoroutines(runtime.GOMAXPROCS(0))
	for v := range numbers(n) {
		s.Go(func() stream.Callback {
			result := f(v)
			return func() { yield(result) }
		})
	}
	s.Wait()
}

// mapConcIterMap is not a stream: it needs the whole input in a slice, and
// there is no result before all are there. So it has no order to keep and
// nothing to hand over, and cannot do what the others can: endless input, or
// more of it than fits into memory.
func mapConcIterMap(_ testing.TB, n int, f func(int) int, yield func(int)) {
	input := make([]int, 0, n)
	for v := range numbers(n) {
		input = append(input, v)
	}
	for _, result := range conciter.Map(input, func(v *int) int { return f(*v) }) {
		yield(result)
	}
}

// mapChan is the pipeline that a program has that uses no library: the results
// come through a ring of channels, one for each place in the window, which is
// cheaper than a new channel for each item. An item enters the window by a send
// to window, and leaves it when its result has been received, so no place is
// used by two at once.
func mapChan(_ testing.TB, n int, f func(int) int, yield func(int)) {
	var places [mapWindow]chan int
	for i := range places {
		places[i] = make(chan int, 1)
	}
	window := make(chan struct{}, mapWindow)
	items := make(chan int, mapWindow)
	var goroutines sync.WaitGroup
	goroutines.Go(func() {
		for v := range numbers(n) {
			window <- struct{}{}
			items <- v
		}
		close(items)
	})
	for range runtime.GOMAXPROCS(0) {
		goroutines.Go(func() {
			for v := range items {
				places[v%mapWindow] <- f(v)
			}
		})
	}
	for i := range n {
		result := <-places[i%mapWindow]
		<-window
		yield(result)
	}
	goroutines.Wait()
}

func numbers(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for v := range n {
			if !yield(v) {
				return
			}
		}
	}
}

// TestOrderedMaps checks that each delivers every result once and in order.
func TestOrderedMaps(t *testing.T) {
	for _, impl := range orderedMaps {
		t.Run("impl="+impl.name, func(t *testing.T) {
			for _, n := range []int{0, 1, 2, mapWindow, 10*mapWindow + 1} {
				next := 0
				square := func(v int) int {
					if v%1000 == 0 {
						// As long as this, a place that is used again too
						// early gets the later result first.
						for range 10_000 {
							runtime.Gosched()
						}
					}
					return v * v
				}
				impl.run(t, n, square, func(got int) {
					if got != next*next && !t.Failed() { // not Fatal: conc calls on a goroutine of its own
						t.Errorf("result %d of %d = %d; want %d", next, n, got, next*next)
					}
					next++
				})
				if next != n {
					t.Errorf("%d results; want %d", next, n)
				}
			}
		})
	}
}

// BenchmarkPoolMapOrdered maps sequences of a million items, each of which
// costs as much as the trivial task of BenchmarkPoolSubmit. An operation is an
// item, and the goroutines are started and ended in the time measured.
func BenchmarkPoolMapOrdered(b *testing.B) {
	f := func(v int) int {
		trivialTask(v)
		return v
	}
	for _, impl := range orderedMaps {
		b.Run("impl="+impl.name, func(b *testing.B) {
			countAllocs(b, "item", func() {
				for n := range portions(b.N, floodSize) {
					impl.run(b, n, f, func(int) {})
				}
			})
		})
	}
}
