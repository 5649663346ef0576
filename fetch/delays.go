package fetch

import (
	"math"
	"math/bits"
	"sync"
	"time"
)

// delays estimates a quantile of how long a host takes to answer, in a
// histogram whose buckets grow by a quarter of their lower bound, as those of
// HdrHistogram with two bits of precision do. It forgets: whenever there are
// many observations, all count half.
type delays struct {
	mu      sync.Mutex // guards what follows
	counts  [delayBuckets]uint32
	total   uint32
	pending uint32        // observations that quantile does not reflect
	cached  time.Duration // 0 as long as too little is known
}

const (
	delayBuckets  = 64 * 4
	delaysToStart = 20   // observations before there is an estimate
	delaysToKeep  = 1024 // observations at which all are halved
	delaysToSum   = 16   // observations for which an estimate is good
	hedgeQuantile = 0.95
)

// observe records that an answer took d.
func (h *delays) observe(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[bucketOf(d)]++
	h.total++
	h.pending++
	if h.total >= delaysToKeep {
		h.total = 0
		for i := range h.counts {
			h.counts[i] /= 2
			h.total += h.counts[i]
		}
	}
}

// p95 returns a time that at most one answer in twenty takes longer than, and
// false as long as too few have been observed.
func (h *delays) p95() (time.Duration, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.total < delaysToStart {
		return 0, false
	}
	if h.cached == 0 || h.pending >= delaysToSum {
		h.cached, h.pending = h.quantile(), 0
	}
	return h.cached, true
}

func (h *delays) quantile() time.Duration {
	slower := uint32(float64(h.total) * (1 - hedgeQuantile))
	sum := uint32(0)
	for i := delayBuckets - 1; i > 0; i-- {
		if sum += h.counts[i]; sum > slower {
			return upperBound(i)
		}
	}
	return upperBound(0)
}

// bucketOf returns the index of the bucket that d belongs to: the position of
// its highest bit, and the two bits below.
func bucketOf(d time.Duration) int {
	ns := uint64(max(d, 1))
	high := bits.Len64(ns) - 1
	return high<<2 | int(ns<<2>>high&3)
}

// upperBound returns the least duration above the bucket i.
func upperBound(i int) time.Duration {
	quarters, high := uint64(i&3)+5, i>>2
	if high < 2 {
		return time.Duration(quarters<<high+3) >> 2
	}
	return time.Duration(min(quarters<<(high-2), math.MaxInt64))
}
