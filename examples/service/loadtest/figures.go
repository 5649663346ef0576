package main

import (
	"fmt"
	"io"
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// A histogram counts latencies in classes that are 3 % wide at most, as an HDR
// histogram does: 32 to each power of two of microseconds.
type histogram [32 * 32]uint64

func classOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < 64 {
		return int(us)
	}
	shift := bits.Len64(us) - 6 // leaves 6 bits, of which the first is 1
	return min(32*shift+int(us>>shift), len(histogram{})-1)
}

// highest returns the greatest latency of a class.
func highest(class int) time.Duration {
	if class < 64 {
		return time.Duration(class) * time.Microsecond
	}
	shift := class/32 - 1
	return time.Duration((uint64(class-32*shift)+1)<<shift-1) * time.Microsecond
}

func (h *histogram) add(other *histogram) {
	for i, n := range other {
		h[i] += n
	}
}

func (h *histogram) count() (sum uint64) {
	for _, n := range h {
		sum += n
	}
	return sum
}

// quantile returns the latency that the part q of all did not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(h.count())))
	var seen uint64
	for class, n := range h {
		if seen += n; seen >= rank && n > 0 {
			return highest(class)
		}
	}
	return 0
}

// A recorder is a histogram that all connections write to.
type recorder struct {
	classes [len(histogram{})]atomic.Uint64
	failed  atomic.Uint64
}

// taken is what was recorded until it was asked for.
type taken struct {
	latency histogram
	failed  uint64
}

func (r *recorder) take() (t taken) {
	for i := range r.classes {
		t.latency[i] = r.classes[i].Swap(0)
	}
	t.failed = r.failed.Swap(0)
	return t
}

// figures are what is reported about a while.
type figures struct {
	perSecond      float64
	p50, p99, p999 time.Duration
	failed         uint64
	memory         uint64 // of the server at the end, in bytes
}

func (t taken) over(d time.Duration, s *server) figures {
	return figures{
		perSecond: float64(t.latency.count()) / d.Seconds(),
		p50:       t.latency.quantile(.5), p99: t.latency.quantile(.99), p999: t.latency.quantile(.999),
		failed: t.failed, memory: s.memory(),
	}
}

func printHeader(w io.Writer) {
	fmt.Fprintf(w, "%-10s%12s%10s%10s%10s%10s%12s\n", "", "requests/s", "p50", "p99", "p99.9", "failed", "memory MiB")
}

func (f figures) print(w io.Writer, name string) {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
	fmt.Fprintf(w, "%-10s%12.0f%10s%10s%10s%10d%12.0f\n", name, f.perSecond, ms(f.p50), ms(f.p99), ms(f.p999), f.failed, float64(f.memory)/(1<<20))
}
