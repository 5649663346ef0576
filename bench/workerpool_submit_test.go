package bench

import (
	"fmt"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// poolLoads are the tasks. Those that compute do so for a fixed number of
// rounds, which takes the time in the name on a processor of about 3 GHz, and
// share nothing with each other that could become the thing measured.
// BenchmarkPoolTask tells what they cost here.
var poolLoads = []struct {
	name string
	task func(int)
}{
	{"trivial", trivialTask},
	{"cpu1us", func(v int) { spin(v, 740) }},
	{"sleep10ms", sleepTask},
}

func trivialTask(v int) { spin(v, 16) }

func sleepTask(int) { time.Sleep(10 * time.Millisecond) }

var spun atomic.Int64 // keeps spin from being optimised away

// spin computes for so many rounds, each of which needs the result of the one
// before.
func spin(v, rounds int) {
	x := uint64(v) + 0x9e3779b97f4a7c15
	for range rounds {
		x ^= x >> 29
		x *= 0xbf58476d1ce4e5b9
	}
	if x == 0 {
		spun.Add(1)
	}
}

// floodSize is how many tasks a pool is given before it is closed and the next
// one opened.
const floodSize = 1_000_000

// BenchmarkPoolSubmit hands one task after another to a pool and waits until
// all have ended. An operation is a task. What is measured begins with making
// the pool and ends when its last goroutine has ended, since that is the only
// end that all have in common: conc, errgroup and ForEachN wait for their tasks
// in no other way, and a counter of finished tasks would cost more than some
// pools do. That a pool of 10,000 goroutines is made in this time adds a few
// nanoseconds to each of a million tasks.
//
// No pool is given more than floodSize tasks, because some queue without limit:
// with as many tasks as fit into the measured time, a fast pool would be
// measured under another load than a slow one.
//
// ForEachN takes no submitted tasks, and so has no 16 producers.
func BenchmarkPoolSubmit(b *testing.B) {
	for _, load := range poolLoads {
		for _, workers := range []int{8, 1000, 10_000} {
			for _, producers := range []int{1, 16} {
				for _, args := range []string{"hoisted", "captured"} {
					config := floodConfig{
						poolConfig: poolConfig{workers: workers, hoisted: args == "hoisted"},
						producers:  producers,
					}
					name := fmt.Sprintf("load=%s/workers=%d/producers=%d/args=%s", load.name, workers, producers, args)
					b.Run(name, func(b *testing.B) { benchmarkFlood(b, config, load.task) })
				}
			}
		}
	}
}

func benchmarkFlood(b *testing.B, config floodConfig, task func(int)) {
	startGoroutines(config.workers)
	for _, flood := range poolFloods(config.producers) {
		b.Run("impl="+flood.name, func(b *testing.B) {
			countAllocs(b, "task", func() {
				for n := range portions(b.N, floodSize) {
					config.tasks = n
					flood.run(b, config, task)
				}
			})
		})
	}
}

// startGoroutines has n goroutines exist at the same time. The runtime keeps what it made
// for them, which would otherwise be a gift of the first pool to the others.
func startGoroutines(n int) {
	var wg sync.WaitGroup
	all := make(chan struct{})
	for range n {
		wg.Go(func() { <-all })
	}
	close(all)
	wg.Wait()
}

// BenchmarkPoolTask runs the tasks without a pool, one after another.
func BenchmarkPoolTask(b *testing.B) {
	for _, load := range poolLoads {
		b.Run("load="+load.name, func(b *testing.B) {
			task := load.task // called through a function value, as by a pool
			for v := 0; b.Loop(); v++ {
				task(v)
			}
		})
	}
}

// portions divides total into portions of at most size.
func portions(total, size int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; total > 0; total -= size {
			if !yield(min(total, size)) {
				return
			}
		}
	}
}

// countAllocs measures b.N operations, each of which is one of unit, and reports
// what they allocated. The allocs/op of ReportAllocs would be rounded down, and
// 0.9 is not 0. The operations are counted by b.N and not by b.Loop, since run
// has to be told beforehand how many to hand over at once.
func countAllocs(b *testing.B, unit string, run func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	run()
	b.StopTimer()
	runtime.ReadMemStats(&after)
	n := float64(b.N)
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/n, "allocs/"+unit)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/n, "B/"+unit)
}
