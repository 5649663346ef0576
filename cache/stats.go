package cache

import (
	"math/rand/v2"
	"sync/atomic"
)

// Stats counts what a cache has done since it was made.
type Stats struct {
	Hits        uint64 // estimated from a sample, within about a percent after a million
	Misses      uint64
	Loads       uint64 // loads of a key that ended, background ones included
	LoadErrors  uint64 // loads that ended with an error, ErrNotFound not counted
	Evicted     uint64 // values that left for each of the causes
	Expired     uint64
	Replaced    uint64
	Deleted     uint64
	Rejected    uint64
	Invalidated uint64

	StoreHits   uint64 // values that loads found in the Store
	StoreMisses uint64 // loads of a key that the Store did not have
	StoreErrors uint64 // operations and subscriptions of the Store that failed, not those it was spared

	// StoreError is why the last operation of the Store failed, or why its
	// subscription is not in force. It is nil when both are well.
	StoreError error
}

// HitRatio returns the part of the look-ups that were hits, and 0 if there were
// none.
func (s Stats) HitRatio() float64 {
	if s.Hits+s.Misses == 0 {
		return 0
	}
	return float64(s.Hits) / float64(s.Hits+s.Misses)
}

// Stats returns the counts so far. They are read one shard after the other,
// each under its lock, while the cache goes on.
func (c *Cache[K, V]) Stats() Stats {
	var s Stats
	for i := range c.shards {
		c.shards[i].addStats(&s)
	}
	if l := c.second; l != nil {
		s.StoreHits, s.StoreMisses, s.StoreErrors = l.hits.Load(), l.misses.Load(), l.failures.Load()
		s.StoreError = l.lastError()
	}
	return s
}

func (s *shard[K, V]) addStats(sum *Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum.Hits += s.stats.hits.Load()
	sum.Misses += s.stats.misses.Load()
	sum.Loads += s.stats.loads
	sum.LoadErrors += s.stats.loadErrors
	sum.Evicted += s.stats.causes[Evicted]
	sum.Expired += s.stats.causes[Expired]
	sum.Replaced += s.stats.causes[Replaced]
	sum.Deleted += s.stats.causes[Deleted]
	sum.Rejected += s.stats.causes[Rejected]
	sum.Invalidated += s.stats.causes[Invalidated]
}

// counters are what a shard counts: a counter for the whole cache would be a
// cache line that all processors fight over, and end the scaling.
type counters struct {
	hits   atomic.Uint64 // of one hit in hitSample, because readers share hot shards too
	misses atomic.Uint64

	// Guarded by shard.mu.
	loads      uint64
	loadErrors uint64
	causes     [Invalidated + 1]uint64
}

const hitSample = 64

func (c *counters) hit() {
	if rand.Uint32()%hitSample == 0 {
		c.hits.Add(hitSample)
	}
}
