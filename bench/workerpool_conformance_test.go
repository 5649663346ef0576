package bench

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestPoolImpls checks that each pool does what the benchmarks take for
// granted; one that only seemed to run its tasks, or to wait for them, would
// win them all.
func TestPoolImpls(t *testing.T) {
	for _, producers := range []int{1, 16} {
		for _, workers := range []int{1, 8, 1000} {
			for _, hoisted := range []bool{true, false} {
				config := floodConfig{
					poolConfig: poolConfig{workers: workers, hoisted: hoisted},
					tasks:      5_000,
					producers:  producers,
				}
				for _, flood := range poolFloods(producers) {
					name := fmt.Sprintf("producers=%d/workers=%d/hoisted=%t/impl=%s", producers, workers, hoisted, flood.name)
					t.Run(name, func(t *testing.T) { testFlood(t, flood, config) })
				}
			}
		}
	}
}

func testFlood(t *testing.T, flood poolFlood, config floodConfig) {
	goroutines := runtime.NumGoroutine()
	runs := make([]atomic.Int32, config.tasks)
	var running, total atomic.Int32
	flood.run(t, config, func(v int) {
		if now := running.Add(1); int(now) > config.workers && flood.name != "goroutine" {
			t.Errorf("%d tasks run at the same time; want %d at most", now, config.workers)
		}
		runs[v].Add(1)
		if v%16 == 0 {
			runtime.Gosched() // lets tasks overlap, and end after those behind them
		}
		total.Add(1)
		running.Add(-1)
	})
	if got := total.Load(); got != int32(config.tasks) {
		t.Errorf("%d tasks had ended when the pool was closed; want %d", got, config.tasks)
	}
	if sameTask := config.hoisted && runs[hoistedArg].Load() == int32(config.tasks); !sameTask {
		for v := range runs {
			if got := runs[v].Load(); got != 1 {
				t.Errorf("task %d ran %d times; want once", v, got)
				break
			}
		}
	}
	waitForGoroutines(t, goroutines)
}

// TestPoolImplsWidth checks that as many tasks run at the same time as the pool
// was told, and that this many waiting ones do not hold up the submitter.
func TestPoolImplsWidth(t *testing.T) {
	config := floodConfig{poolConfig: poolConfig{workers: 100}, tasks: 100, producers: 1}
	for _, flood := range poolFloods(1) {
		t.Run("impl="+flood.name, func(t *testing.T) {
			var running atomic.Int32
			all := make(chan struct{})
			flood.run(t, config, func(int) {
				if int(running.Add(1)) == config.workers {
					close(all)
				}
				select {
				case <-all:
				case <-time.After(5 * time.Second):
					t.Errorf("a task waited for %d to run at the same time; %d did", config.workers, running.Load())
				}
			})
		})
	}
}

// waitForGoroutines waits until no more than want goroutines are left. A
// goroutine that has done its last work may still be counted for a moment.
func waitForGoroutines(t *testing.T, want int) {
	t.Helper()
	for start := time.Now(); runtime.NumGoroutine() > want; runtime.Gosched() {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("%d goroutines after the pool was closed; want %d", runtime.NumGoroutine(), want)
		}
	}
}
