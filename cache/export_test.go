package cache

import (
	"fmt"
	"time"
)

// Loading returns the number of keys that are being loaded.
func (c *Cache[K, V]) Loading() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		n += len(s.loads)
		s.mu.Unlock()
	}
	return n
}

// Check returns an error if the structure of the cache is not sound. No call
// may be in progress.
func (c *Cache[K, V]) Check() error {
	entries, weight := 0, uint64(0)
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		defer s.mu.Unlock()
		t := s.table.Load()
		live, timed := 0, 0
		for q := range s.queues {
			r := &s.queues[q]
			inRing := 0
			for n, hash := range r.all {
				inRing++
				meta := n.meta.Load()
				if queueOf(meta) != q || r.nodes[posOf(meta)] != n {
					return fmt.Errorf("shard %d: %v is in queue %d, and thinks it is at %d of queue %d", i, n.key, q, posOf(meta), queueOf(meta))
				}
				if t.find(hash, n.key) != n {
					return fmt.Errorf("shard %d: %v is in a queue and not in the table", i, n.key)
				}
				if meta&flagTimed != 0 {
					timed++
				}
				if meta&flagFull != 0 {
					weight += uint64(n.full().weight)
				}
			}
			if inRing != r.live || r.span < r.live || r.span > len(r.nodes) {
				return fmt.Errorf("shard %d: queue %d holds %d nodes; it counts %d in a span of %d", i, q, inRing, r.live, r.span)
			}
			live += r.live
		}
		inTable := 0
		for g := range t.groups {
			for slot := range t.groups[g].slots {
				tag := t.groups[g].control.Load() >> (8 * slot) & 0xff
				n := t.groups[g].slots[slot].Load()
				if (tag != 0) != (n != nil) {
					return fmt.Errorf("shard %d: a slot has tag %#x and node %v", i, tag, n)
				}
				if n != nil {
					inTable++
				}
			}
		}
		if inTable != live || t.count != live || s.timed != timed {
			return fmt.Errorf("shard %d: %d nodes in queues, %d in the table, which counts %d; %d timed of %d", i, live, inTable, t.count, timed, s.timed)
		}
		entries += live
	}
	if int64(entries) != c.entries.Load() || int64(weight) != c.weight.Load() {
		return fmt.Errorf("%d entries of weight %d; the cache counts %d and %d", entries, weight, c.entries.Load(), c.weight.Load())
	}
	if c.overBudget() {
		return fmt.Errorf("%d entries of weight %d are over the budget", entries, weight)
	}
	return nil
}

// Sweeping reports whether the timer runs that removes what has expired.
func (c *Cache[K, V]) Sweeping() bool {
	w := &c.sweeper
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running.Load() && !w.stopped
}

// Hash returns the part of a key's hash by which it is found in its shard.
func (c *Cache[K, V]) Hash(key K) uint32 {
	_, hash := c.locate(key)
	return hash
}

// Crowding returns the least and the greatest number of entries of a shard, and
// how many steps from group to group there are between all entries and the
// groups that their hashes belong in.
func (c *Cache[K, V]) Crowding() (share [2]int, far int) {
	share[0] = c.Len()
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		t := s.table.Load()
		share[0], share[1] = min(share[0], t.count), max(share[1], t.count)
		for q := range s.queues {
			for n, hash := range s.queues[q].all {
				g, _ := t.locate(hash, n)
				for at := t.home(hash); &t.groups[at] != g; at = t.after(at) {
					far++
				}
			}
		}
		s.mu.Unlock()
	}
	return share, far
}

// FailedWrites returns the number of keys that the store did not take the last
// change of.
func (c *Cache[K, V]) FailedWrites() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for _, w := range s.writes {
			if !w.running {
				n++
			}
		}
		s.mu.Unlock()
	}
	return n
}

// UseAgo records a use of key that was a while ago.
func (c *Cache[K, V]) UseAgo(key K, ago time.Duration) {
	s, hash := c.locate(key)
	s.table.Load().find(hash, key).full().touch(c.now() - int64(ago))
}
