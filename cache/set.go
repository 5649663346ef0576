package cache

import (
	"math/rand/v2"
	"time"
)

// Set stores value for key until the deadline that [Options] give it.
//
// A key that is not equal to itself, a NaN, can never be found again; its value
// is not kept and leaves at once, [Rejected]. So does one that is heavier than
// the whole budget; it replaces the value of key all the same.
func (c *Cache[K, V]) Set(key K, value V) {
	c.SetTTL(key, value, c.ttl(key, value))
}

// SetTTL stores value for key to expire after ttl, whatever [Options] say.
// With a ttl of 0 it does not expire. With a negative one it has expired
// already: it replaces the value of key and leaves at once, so that a ttl
// computed from a deadline in the past does no harm.
func (c *Cache[K, V]) SetTTL(key K, value V, ttl time.Duration) {
	e := c.newEntry(key, value, ttl)
	s, hash := c.locate(key)
	s.mu.Lock()
	s.supersede(key)
	left := c.store(s, hash, e, nil)
	if c.second != nil {
		c.writeThrough(s, key, value, e.deadline, left)
		return
	}
	s.mu.Unlock()
	c.notify(left)
}

// SetIfAbsent stores value for key unless it has one. It returns the value
// that key then has, and whether it had it before.
func (c *Cache[K, V]) SetIfAbsent(key K, value V) (actual V, loaded bool) {
	if actual, ok := c.Get(key); ok {
		return actual, true
	}
	e := c.newEntry(key, value, c.ttl(key, value))
	s, hash := c.locate(key)
	s.mu.Lock()
	if actual, ok := c.peek(s, hash, key); ok {
		s.mu.Unlock()
		return actual, true
	}
	s.supersede(key)
	left := c.store(s, hash, e, nil)
	if c.second != nil {
		c.writeThrough(s, key, value, e.deadline, left)
		return value, false
	}
	s.mu.Unlock()
	c.notify(left)
	return value, false
}

// ttl returns how long a new value of key lives by the options.
func (c *Cache[K, V]) ttl(key K, value V) time.Duration {
	ttl := c.options.TTL
	if c.options.Expiry != nil {
		ttl = c.options.Expiry(key, value)
	}
	if c.options.TTLJitter > 0 && ttl > 0 {
		// What is taken away is rounded down, and so less than all: a TTL of 0
		// would let the entry live for ever.
		ttl -= time.Duration(rand.Float64() * c.options.TTLJitter * float64(ttl))
	}
	return ttl
}

// entry is what is to be stored.
type entry[K comparable, V any] struct {
	key      K
	value    V
	now      int64 // 0 if no time matters
	deadline int64
	weight   uint32
	negative bool
}

func (c *Cache[K, V]) newEntry(key K, value V, ttl time.Duration) entry[K, V] {
	e := entry[K, V]{key: key, value: value, deadline: noDeadline}
	if ttl != 0 || c.fullFat {
		e.now = c.now()
	}
	if ttl != 0 {
		e.deadline = after(e.now, max(ttl, 0))
	}
	if c.options.Weigher != nil {
		e.weight = c.options.Weigher(key, value)
	}
	return e
}

// newNode returns the smallest node that holds what e and the options need.
func (c *Cache[K, V]) newNode(e *entry[K, V]) *node[K, V] {
	var n *node[K, V]
	meta := uint32(0)
	switch {
	case c.fullFat:
		f := new(fullNode[K, V])
		n, meta = &f.node, flagFull|flagTimed
		f.deadline.Store(e.deadline)
		f.touched.Store(e.now)
		f.refresh.Store(after(e.now, c.options.RefreshAfter))
		f.weight = e.weight
	case e.deadline != noDeadline:
		t := new(timedNode[K, V])
		n, meta = &t.node, flagTimed
		t.deadline.Store(e.deadline)
	default:
		n = new(node[K, V])
	}
	if e.negative {
		meta |= flagNegative
	}
	n.key, n.value = e.key, e.value
	n.meta.Store(meta)
	return n
}

// store puts e into s, whose lock is held, and appends what leaves for it.
func (c *Cache[K, V]) store(s *shard[K, V], hash uint32, e entry[K, V], left []departure[K, V]) []departure[K, V] {
	old := s.table.Load().find(hash, e.key)
	s.disturb(e.key)
	expired := e.deadline <= e.now && e.deadline != noDeadline
	if e.key != e.key || expired || int64(e.weight) > c.maxWeight.Load() {
		return c.turnAway(s, old, &e, expired, left)
	}
	if old != nil {
		// The old weight is given back first, so that no more is evicted than
		// the new one takes.
		room, left := c.reserve(s, old, 0, c.growth(old, e.weight), e.now, left)
		if !room {
			return c.turnAway(s, old, &e, false, left)
		}
		return c.update(s, hash, old, &e, left)
	}
	settled := c.entries.Load() < c.maxEntries.Load()
	room, left := c.reserve(s, nil, 1, int64(e.weight), e.now, left)
	if !room {
		return c.turnAway(s, nil, &e, false, left)
	}
	n := c.newNode(&e)
	queue := window
	if c.options.Weigher != nil && e.weight == 0 {
		queue = pinned
	}
	s.add(n, hash, queue)
	c.startSweeper(n)
	if settled {
		s.settle()
	}
	return left
}

// turnAway lets e leave at once, and the value that it would have replaced.
func (c *Cache[K, V]) turnAway(s *shard[K, V], old *node[K, V], e *entry[K, V], expired bool, left []departure[K, V]) []departure[K, V] {
	if old != nil {
		left = c.remove(s, old, Replaced, e.now, left)
	}
	switch {
	case e.negative:
		return left
	case expired:
		return c.depart(s, left, e.key, e.value, Expired)
	}
	return c.depart(s, left, e.key, e.value, Rejected)
}

// update gives old, which is in s, the value and the deadline of e, in place
// where that can be done.
func (c *Cache[K, V]) update(s *shard[K, V], hash uint32, old *node[K, V], e *entry[K, V], left []departure[K, V]) []departure[K, V] {
	meta := old.meta.Load()
	timed, negative := meta&flagTimed != 0, meta&flagNegative != 0
	cause := Replaced
	if timed && c.expiry(old, meta) <= c.orNow(e.now) {
		cause = Expired
	}
	n := old
	var value V
	if c.codec == immutable || negative != e.negative || !timed && e.deadline != noDeadline {
		n = c.newNode(e)
		value = loadValue(c.codec, &old.value)
		s.exchange(hash, old, n)
	} else {
		value = swapValue(c.codec, &old.value, e.value)
		if timed {
			old.timed().deadline.Store(e.deadline)
		}
		if meta&flagFull != 0 {
			f := old.full()
			f.touched.Store(e.now)
			f.refresh.Store(after(e.now, c.options.RefreshAfter))
		}
	}
	if c.options.Weigher != nil {
		if wasPinned := queueOf(meta) == pinned; wasPinned != (e.weight == 0) {
			s.requeue(n, e.weight == 0)
		}
		n.full().weight = e.weight
	}
	c.startSweeper(n)
	n.hit(n.meta.Load())
	if negative {
		return left
	}
	return c.depart(s, left, old.key, value, cause)
}
