package bench

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const (
	burstSize  = 50
	burstEvery = time.Millisecond
)

// BenchmarkPoolHeadOfLine submits a burst of tasks every millisecond. One in a
// hundred sleeps for 10 ms, so that 5 of the workers are asleep on average; the
// others do next to nothing. It reports how long tasks wait for a worker. Those
// behind a sleeping one must not wait for it: a pool in which p99 comes near
// the 10 ms has head-of-line blocking.
//
// A task has waited since its burst arrived, not since its own submit began.
// Where there is no queue, submit itself is what waits, and to leave that out
// would flatter the pools that are worst. For the same reason a burst that finds
// its producer still busy has arrived when it was due.
//
// An operation is a burst; its time is set by the clock and not reported.
func BenchmarkPoolHeadOfLine(b *testing.B) {
	for _, workers := range []int{16, 1000} {
		for _, impl := range poolImpls {
			b.Run(fmt.Sprintf("workers=%d/impl=%s", workers, impl.name), func(b *testing.B) {
				waits := measureWaits(b, impl, poolConfig{workers: workers}, b.N)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(microseconds(waits[len(waits)/2]), "p50-µs")
				b.ReportMetric(microseconds(waits[len(waits)*99/100]), "p99-µs")
			})
		}
	}
}

// measureWaits returns how long each task of so many bursts has waited, sorted.
func measureWaits(b *testing.B, impl poolImpl, config poolConfig, bursts int) []time.Duration {
	rng := rand.New(rand.NewPCG(1, 2)) // the same sleepers for each pool
	sleeps := make([]bool, bursts*burstSize)
	for v := range sleeps {
		sleeps[v] = rng.IntN(100) == 0
	}
	arrived := make([]time.Duration, bursts) // since start, as all times here
	waits := make([]time.Duration, len(sleeps))
	var start time.Time
	p := impl.open(b, config, func(v int) {
		waits[v] = time.Since(start) - arrived[v/burstSize]
		if sleeps[v] {
			sleepTask(v)
		}
	})
	start = time.Now()
	for i := range bursts {
		due := time.Duration(i) * burstEvery
		if early := due - time.Since(start); early > 0 {
			time.Sleep(early)
			due = time.Since(start) // a timer that is late is nothing of the pool's
		}
		arrived[i] = due
		for v := i * burstSize; v < (i+1)*burstSize; v++ {
			p.submit(v)
		}
	}
	p.close()
	slices.Sort(waits)
	return waits
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
