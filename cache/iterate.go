package cache

import (
	"cmp"
	"iter"
	"slices"
)

// All returns an iterator over the entries in no particular order. It does
// not count as a use, and no lock is held while an entry is being looked at:
// the loop may change the cache. An entry that is set, deleted or expires
// during the loop is seen as it is when the loop comes to it, or not at all;
// no key is seen twice.
//
// The cost is a list of the entries of one shard at a time.
func (c *Cache[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for i := range c.shards {
			s := &c.shards[i]
			for _, at := range s.list() {
				if value, ok := c.peek(s, at.hash, at.key); ok && !yield(at.key, value) {
					return
				}
			}
		}
	}
}

// located is a key with the low half of its hash.
type located[K comparable] struct {
	key  K
	hash uint32
}

func (s *shard[K, V]) list() []located[K] {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]located[K], 0, s.live())
	for i := range s.queues {
		for n, hash := range s.queues[i].all {
			keys = append(keys, located[K]{n.key, hash})
		}
	}
	return keys
}

// Hottest returns an iterator over the entries, those first that are likely to
// be kept the longest: by the hits they have had lately, then by how often
// their key was seen. It is otherwise like All. The cost is a sorted list of
// all keys.
func (c *Cache[K, V]) Hottest() iter.Seq2[K, V] { return c.byHeat(slices.Backward) }

// Coldest is Hottest backwards.
func (c *Cache[K, V]) Coldest() iter.Seq2[K, V] { return c.byHeat(slices.All) }

// ranked is where to find an entry, and its heat.
type ranked[K comparable, V any] struct {
	located[K]
	s    *shard[K, V]
	heat int
}

// byHeat yields the entries in one of the two directions of a list that begins
// with the coldest. It is one list, so that entries of the same heat too come
// in opposite orders.
func (c *Cache[K, V]) byHeat(direction func([]ranked[K, V]) iter.Seq2[int, ranked[K, V]]) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		var list []ranked[K, V]
		for i := range c.shards {
			s := &c.shards[i]
			s.mu.Lock()
			for q := range s.queues {
				for n, hash := range s.queues[q].all {
					list = append(list, ranked[K, V]{located[K]{n.key, hash}, s, s.heat(n, hash, q)})
				}
			}
			s.mu.Unlock()
		}
		slices.SortStableFunc(list, func(a, b ranked[K, V]) int { return cmp.Compare(a.heat, b.heat) })
		for _, r := range direction(list) {
			if value, ok := c.peek(r.s, r.hash, r.key); ok && !yield(r.key, value) {
				return
			}
		}
	}
}

// heat ranks the entries of a shard. mu is held.
func (s *shard[K, V]) heat(n *node[K, V], hash uint32, queue int) int {
	const aboveSketch = 16
	heat := s.sketch.estimate(hash) + aboveSketch*int(n.meta.Load()&freqMask)
	if queue != window {
		heat += aboveSketch * (freqMax + 1)
	}
	return heat
}
