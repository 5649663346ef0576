package cache

import (
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
)

// Resize changes Options.MaxEntries, or Options.MaxWeight of a cache that is
// bounded by weight alone, to limit, which must be 1 or more. What is too much
// is evicted before it returns. Pinned entries stay: if they are more than limit,
// that is an error, and nothing else is kept until enough of them are deleted.
func (c *Cache[K, V]) Resize(limit int) error {
	if limit < 1 {
		return fmt.Errorf("cache: Resize to %d (%T): must be 1 or more", limit, limit)
	}
	if c.options.MaxEntries > 0 {
		c.setLimits(limit, c.options.MaxWeight)
	} else {
		c.setLimits(0, uint64(limit))
	}
	// Every shard gives up what it has above its share, then any shard.
	share := limit/len(c.shards) + 1
	var left []departure[K, V]
	for _, least := range []int{share, 0} {
		for i := range c.shards {
			left = c.shrink(&c.shards[i], least, left)
		}
	}
	over := c.overBudget()
	c.notify(left) // late, because OnEvict may panic
	if over {
		return fmt.Errorf("cache: Resize to %d (int): more entries than that are pinned (weight 0); delete some of them", limit)
	}
	return nil
}

// setLimits sets the budget, of which 0 stands for no bound.
func (c *Cache[K, V]) setLimits(entries int, weight uint64) {
	mostEntries, mostWeight := int64(math.MaxInt64), int64(math.MaxInt64)
	if entries > 0 {
		mostEntries = int64(entries)
	}
	if weight > 0 {
		mostWeight = int64(weight)
	}
	// Each is stored once: others are setting entries meanwhile, and must not
	// find a bound that nobody asked for.
	c.maxEntries.Store(mostEntries)
	c.maxWeight.Store(mostWeight)
	share := entries / len(c.shards)
	if len(c.shards) > 1 {
		share += 4 * int(math.Sqrt(float64(share))) // hashes do not fall evenly
	}
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.expected = share
		s.mu.Unlock()
	}
}

// shrink evicts entries of s while it has more than least and the budget is
// exceeded, and appends them to left.
func (c *Cache[K, V]) shrink(s *shard[K, V], least int, left []departure[K, V]) []departure[K, V] {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c.overBudget() && s.live() > least {
		victim := s.victim(nil, 0, c.sinceEpoch(s))
		if victim == nil {
			break
		}
		left = c.remove(s, victim, Evicted, 0, left)
	}
	return left
}

func (c *Cache[K, V]) overBudget() bool {
	return c.entries.Load() > c.maxEntries.Load() || c.weight.Load() > c.maxWeight.Load()
}

// growth returns by how much the weight of n grows if it is to be weight. Nodes
// have none without a Weigher.
func (c *Cache[K, V]) growth(n *node[K, V], weight uint32) int64 {
	if c.options.Weigher == nil {
		return 0
	}
	return int64(weight) - int64(n.full().weight)
}

// reserve takes a part of the budget for what is to be stored in s, whose lock
// is held, and evicts what it takes, but not keep. It returns false if there is
// nothing left to evict. Nothing enters before it has its part: at no time is
// the budget exceeded.
//
// An entry that takes the place of another leaves the count of entries alone,
// which writers of all shards would otherwise fight over.
func (c *Cache[K, V]) reserve(s *shard[K, V], keep *node[K, V], entries, weight, now int64, left []departure[K, V]) (bool, []departure[K, V]) {
	placed := entries == 0
	for {
		if !placed && s.live() < mostNodes {
			placed = reserve(&c.entries, entries, &c.maxEntries)
		}
		if placed && reserve(&c.weight, weight, &c.maxWeight) {
			return true, left
		}
		if s.timed > 0 {
			now = c.orNow(now)
		}
		if victim := s.victim(keep, int(entries), now); victim != nil {
			if placed || c.entries.Load() > c.maxEntries.Load() {
				left = c.remove(s, victim, Evicted, now, left)
			} else {
				left = c.removeFrom(s, victim, Evicted, now, left)
				placed = true
			}
			continue
		}
		var found bool
		if found, left = c.evictElsewhere(s, left); !found {
			if placed {
				c.entries.Add(-entries)
			}
			return false, left
		}
	}
}

// orNow returns the time if it is known, and not 0, and otherwise looks at the
// clock.
func (c *Cache[K, V]) orNow(now int64) int64 {
	if now == 0 {
		return c.now()
	}
	return now
}

func reserve(used *atomic.Int64, n int64, most *atomic.Int64) bool {
	if n <= 0 {
		if n < 0 {
			used.Add(n)
		}
		return true
	}
	for {
		before := used.Load()
		if before+n > most.Load() {
			return false
		}
		if used.CompareAndSwap(before, before+n) {
			return true
		}
	}
}

// evictElsewhere evicts an entry of a shard other than s, whose lock is held.
// It does not wait for another shard's lock, whose holder may be waiting for
// this one; it comes back a few times to those that were busy.
func (c *Cache[K, V]) evictElsewhere(s *shard[K, V], left []departure[K, V]) (bool, []departure[K, V]) {
	for range 1000 {
		busy := false
		for i := range c.shards {
			other := &c.shards[i]
			if other == s {
				continue
			}
			if !other.mu.TryLock() {
				busy = true
				continue
			}
			victim := other.victim(nil, 0, c.sinceEpoch(other))
			if victim != nil {
				left = c.remove(other, victim, Evicted, 0, left)
			}
			other.mu.Unlock()
			if victim != nil {
				return true, left
			}
		}
		if !busy {
			break
		}
		runtime.Gosched()
	}
	return false, left
}

// sinceEpoch is now if anything in s, whose lock is held, may have expired, and
// otherwise 0, to spare the clock, which costs about as much as a Get.
func (c *Cache[K, V]) sinceEpoch(s *shard[K, V]) int64 {
	if s.timed == 0 {
		return 0
	}
	return c.now()
}
