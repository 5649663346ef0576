package cache

import (
	"cmp"
	"sync"
	"sync/atomic"
)

// A shard holds the entries whose hashes begin with its number. Readers go
// through the table without a lock; whatever changes the shard holds mu.
//
// The policy is W-TinyLFU (Einziger, Friedman and Manes, 2017) on clocks
// instead of lists, so that a hit changes two bits of the node and nothing
// else. A new entry enters the window, a queue whose size a [balance] finds.
// The oldest entry of the window is the candidate for the main queue, where the
// hand of a clock (Corbato, 1968) finds the victim: the first entry that was
// not hit since the hand last came by. A candidate that was hit since it came
// gets in; otherwise the one that the sketch has seen more often stays. On a
// tie the victim does, so that a loop over too many keys keeps a part of them
// rather than none, unless the candidate was evicted from the window before and
// came back at once.
//
// The sketch is fed when an entry comes in and with the hits that a hand takes
// from it, hence never by a reader.
type shard[K comparable, V any] struct {
	table atomic.Pointer[table[K, V]]

	_ [cacheLine]byte // keeps readers off the mutex

	mu       sync.Mutex // guards what follows
	queues   [numQueues]ring[K, V]
	sketch   sketch
	balance  balance
	timed    int // number of nodes that may expire
	shards   int // number of shards of the cache
	expected int // number of entries that the shard is likely to end up with; 0 if unknown
	loads    map[K]*loading[V]
	computes map[K]*computation
	writes   map[K]*storeWrite[K, V] // of the Store; see there

	stats counters

	_ [cacheLine]byte // keeps the neighbour's readers off as well
}

const (
	window = iota // the latest entries
	main          // entries that were admitted
	pinned        // entries of weight 0, which are not evicted
	numQueues
)

// reset empties the shard.
func (s *shard[K, V]) reset() {
	for i := range s.queues {
		s.queues[i] = ring[K, V]{queue: i}
	}
	s.sketch, s.balance, s.timed = sketch{}, balance{share: firstShare}, 0
	s.table.Store(newTable[K, V](0))
}

// live returns the number of nodes.
func (s *shard[K, V]) live() int { return s.table.Load().count }

// add puts in a node with a new key.
func (s *shard[K, V]) add(n *node[K, V], hash uint32, queue int) {
	t := s.table.Load()
	if t.full() {
		t = s.grow(t)
	}
	if s.balance.returns(hash) {
		n.meta.Or(flagReturned)
	}
	t.insert(hash, n)
	s.queues[queue].push(n, hash)
	if n.meta.Load()&flagTimed != 0 {
		s.timed++
	}
	s.sketch.add(hash)
}

// grow publishes a table twice as large with the same nodes. Near the size the
// cache is expected to have it takes smaller steps: what is allocated then is
// kept for good.
func (s *shard[K, V]) grow(t *table[K, V]) *table[K, V] {
	entries := 2*t.count + groupSlots
	switch {
	case s.expected > t.count:
		entries = min(entries, s.expected)
	case s.expected > 0:
		entries = t.count + t.count/8 + groupSlots
	}
	larger := newTable[K, V](entries)
	s.balance.grow(entries)
	forgot := s.sketch.grow(entries, s.shards)
	for i := range s.queues {
		for n, hash := range s.queues[i].all {
			larger.insert(hash, n)
			if forgot {
				s.sketch.add(hash) // it was seen once, at least
			}
		}
	}
	s.table.Store(larger)
	return larger
}

// take removes a node from the table and its queue.
func (s *shard[K, V]) take(n *node[K, V]) {
	meta := n.meta.Load()
	_, hash := s.queues[queueOf(meta)].remove(posOf(meta))
	s.table.Load().remove(hash, n)
	if meta&flagTimed != 0 {
		s.timed--
	}
}

// exchange puts new in the place of old, which has the same key, with the hits
// that old had.
func (s *shard[K, V]) exchange(hash uint32, old, new *node[K, V]) {
	meta := old.meta.Load()
	new.meta.Store(new.meta.Load()&kindMask | meta&^kindMask)
	s.queues[queueOf(meta)].nodes[posOf(meta)] = new
	s.table.Load().replace(hash, old, new)
	if meta&flagTimed != 0 {
		s.timed--
	}
	if new.meta.Load()&flagTimed != 0 {
		s.timed++
	}
}

// settle moves the entries that the window has too many of into the main
// queue, when there is room for all.
func (s *shard[K, V]) settle() {
	w := &s.queues[window]
	for w.live > s.windowTarget() {
		n, hash := w.oldest()
		s.promote(n, hash)
	}
}

// promote moves an entry of the window into the main queue. It keeps no hits:
// those have served to get it in.
func (s *shard[K, V]) promote(n *node[K, V], hash uint32) {
	s.count(n, hash)
	s.queues[window].remove(posOf(n.meta.Load()))
	s.queues[main].push(n, hash)
}

// evictable returns the number of entries that are not pinned.
func (s *shard[K, V]) evictable() int { return s.queues[window].live + s.queues[main].live }

func (s *shard[K, V]) windowTarget() int { return s.balance.window(s.evictable()) }

// count feeds the sketch with the hits of n and resets them.
func (s *shard[K, V]) count(n *node[K, V], hash uint32) {
	for range n.takeFreq() {
		s.sketch.add(hash)
	}
}

// requeue moves n to the pinned entries, or from there to the window.
func (s *shard[K, V]) requeue(n *node[K, V], pin bool) {
	meta := n.meta.Load()
	_, hash := s.queues[queueOf(meta)].remove(posOf(meta))
	queue := window
	if pin {
		queue = pinned
	}
	s.queues[queue].push(n, hash)
}

// victim returns the entry that is to leave to make room for as many new ones
// as are coming, 0 or 1, and settles what that decides about the others. It is
// never keep, and nil only if the shard has no other entry that may be evicted.
func (s *shard[K, V]) victim(keep *node[K, V], coming int, now int64) *node[K, V] {
	target := s.windowTarget()
	candidate, candidateHash := s.candidate(keep)
	if candidate != nil && s.queues[window].live > target+1 {
		s.promote(candidate, candidateHash) // the window shrinks
		candidate, candidateHash = s.candidate(keep)
	}
	resident, residentHash := s.hand(keep)
	if candidate == nil || resident == nil {
		return cmp.Or(resident, candidate)
	}
	switch {
	case expired(resident, now):
		return resident
	case expired(candidate, now):
		return candidate
	case s.queues[window].live+coming <= target:
		s.balance.evicted(main, residentHash)
		return resident
	}
	meta := candidate.meta.Load()
	s.count(candidate, candidateHash)
	lead := s.sketch.estimate(candidateHash) - s.sketch.estimate(residentHash)
	if meta&freqMask > 0 || lead > 0 || lead == 0 && meta&flagReturned != 0 {
		s.balance.evicted(main, residentHash)
		s.promote(candidate, candidateHash)
		return resident
	}
	s.balance.evicted(window, candidateHash)
	return candidate
}

// candidate returns the oldest entry of the window other than keep, or nil.
func (s *shard[K, V]) candidate(keep *node[K, V]) (*node[K, V], uint32) {
	w := &s.queues[window]
	n, hash := w.oldest()
	if n != keep || n == nil {
		return n, hash
	}
	if w.live == 1 {
		return nil, 0
	}
	w.remove(posOf(n.meta.Load()))
	w.push(n, hash)
	return w.oldest()
}

// expired reports whether the deadline of n has passed; now is 0 if none has.
func expired[K comparable, V any](n *node[K, V], now int64) bool {
	return n.meta.Load()&flagTimed != 0 && n.timed().deadline.Load() <= now
}

// hand moves the hand of the main queue's clock to an entry without hits,
// which it returns. Each entry that it passes gives up one hit to the sketch
// and goes to the end of the queue.
func (s *shard[K, V]) hand(keep *node[K, V]) (*node[K, V], uint32) {
	q := &s.queues[main]
	// An entry has at most freqMax hits, so that this ends; readers may add
	// some meanwhile, which is no reason to go on for ever.
	for range (freqMax + 1) * q.live {
		n, hash := q.oldest()
		meta := n.meta.Load()
		hits := meta & freqMask
		if hits == 0 && n != keep {
			return n, hash
		}
		if hits == 1 {
			s.balance.hitOnce(s.evictable())
		}
		if hits > 0 {
			n.meta.Add(^uint32(0))
			s.sketch.add(hash)
		}
		q.remove(posOf(meta))
		q.push(n, hash)
	}
	for n, hash := range q.all {
		if n != keep {
			return n, hash
		}
	}
	return nil, 0
}
