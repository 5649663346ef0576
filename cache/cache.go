package cache

import (
	"container/heap"
	"container/list"
	"iter"
	"sync"
	"time"
)

// The structure is the plainest one that has the laws of the package: a map,
// a list in order of use, and a heap in order of deadline, under one mutex.
//
// Invariants, whenever mu is free:
//   - entries, recency and the entries' recency links hold the same entries;
//   - deadlines holds exactly the entries that have a deadline;
//   - len(entries) <= options.MaxEntries;
//   - loads holds a key exactly while a load of it runs.
//
// Every method first takes out what has expired, so that below it no entry is
// past its deadline. Methods in lower case that return departures are called
// with mu free, take it, and leave the callbacks to their caller.

// A Cache holds a bounded number of entries. It is made by [New], is safe for
// concurrent use, and must not be copied. It owns no goroutine but those of
// running loads: dropping the last reference is all it takes to end it.
type Cache[K comparable, V any] struct {
	options Options[K, V]

	mu        sync.Mutex // guards what follows
	entries   map[K]*entry[K, V]
	recency   list.List // of *entry[K, V], most recently used first
	deadlines deadlineHeap[K, V]
	loads     map[K]*load[V]
}

// New returns a Cache configured by o, or an error that names every mistake
// in it.
func New[K comparable, V any](o Options[K, V]) (*Cache[K, V], error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Cache[K, V]{
		options: o,
		entries: make(map[K]*entry[K, V]),
		loads:   make(map[K]*load[V]),
	}, nil
}

type entry[K comparable, V any] struct {
	key      K
	value    V
	deadline time.Time // zero if there is none
	recent   *list.Element
	heapPos  int // index in deadlines, if there is a deadline
}

// departure is a value that left, for OnEvict.
type departure[K comparable, V any] struct {
	key   K
	value V
	cause Cause
}

func (c *Cache[K, V]) notify(left []departure[K, V]) {
	if c.options.OnEvict == nil {
		return
	}
	for _, d := range left {
		c.options.OnEvict(d.key, d.value, d.cause)
	}
}

// Get returns the value of key and whether there is one. It counts as a use.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	value, ok, left := c.get(key, true)
	c.notify(left)
	return value, ok
}

func (c *Cache[K, V]) get(key K, use bool) (value V, ok bool, left []departure[K, V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	left = c.expire(nil)
	e, ok := c.entries[key]
	if !ok {
		return value, false, left
	}
	if use {
		c.recency.MoveToFront(e.recent)
	}
	return e.value, true, left
}

// Set stores value for key until the deadline that [Options].TTL gives it.
//
// A key that is not equal to itself, a NaN, can never be found again; its value
// is not kept and leaves at once, [Rejected].
func (c *Cache[K, V]) Set(key K, value V) {
	c.SetTTL(key, value, c.options.TTL)
}

// SetTTL stores value for key to expire after ttl, whatever [Options].TTL is.
// With a ttl of 0 it does not expire. With a negative one it has expired
// already: it replaces the value of key and leaves at once, so that a ttl
// computed from a deadline in the past does no harm.
func (c *Cache[K, V]) SetTTL(key K, value V, ttl time.Duration) {
	c.notify(c.set(key, value, ttl))
}

func (c *Cache[K, V]) set(key K, value V, ttl time.Duration) []departure[K, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := c.expire(nil)
	if l, running := c.loads[key]; running {
		l.superseded = true
	}
	return c.store(key, value, ttl, left)
}

// store puts value in and appends what leaves for it. mu is held.
func (c *Cache[K, V]) store(key K, value V, ttl time.Duration, left []departure[K, V]) []departure[K, V] {
	if key != key {
		return append(left, departure[K, V]{key, value, Rejected})
	}
	if e, ok := c.entries[key]; ok {
		left = append(left, c.remove(e, Replaced))
	}
	if ttl < 0 {
		return append(left, departure[K, V]{key, value, Expired})
	}
	if len(c.entries) == c.options.MaxEntries {
		coldest := c.recency.Back().Value.(*entry[K, V])
		left = append(left, c.remove(coldest, Evicted))
	}
	e := &entry[K, V]{key: key, value: value}
	e.recent = c.recency.PushFront(e)
	c.entries[key] = e
	if ttl > 0 {
		e.deadline = time.Now().Add(ttl)
		heap.Push(&c.deadlines, e)
	}
	return left
}

// remove takes e out of every structure. mu is held.
func (c *Cache[K, V]) remove(e *entry[K, V], cause Cause) departure[K, V] {
	delete(c.entries, e.key)
	c.recency.Remove(e.recent)
	if !e.deadline.IsZero() {
		heap.Remove(&c.deadlines, e.heapPos)
	}
	return departure[K, V]{e.key, e.value, cause}
}

// expire removes the entries whose deadline has come and appends them to
// left. mu is held.
func (c *Cache[K, V]) expire(left []departure[K, V]) []departure[K, V] {
	if len(c.deadlines) == 0 {
		return left
	}
	now := time.Now()
	for len(c.deadlines) > 0 && !now.Before(c.deadlines[0].deadline) {
		left = append(left, c.remove(c.deadlines[0], Expired))
	}
	return left
}

// Delete removes key and returns the value it had and whether it had one. A
// load of key that is running will not store its result.
func (c *Cache[K, V]) Delete(key K) (V, bool) {
	value, ok, left := c.delete(key)
	c.notify(left)
	return value, ok
}

func (c *Cache[K, V]) delete(key K) (value V, ok bool, left []departure[K, V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	left = c.expire(nil)
	if l, running := c.loads[key]; running {
		l.superseded = true
	}
	e, ok := c.entries[key]
	if !ok {
		return value, false, left
	}
	return e.value, true, append(left, c.remove(e, Deleted))
}

// Len returns the number of entries, expired ones not counted.
func (c *Cache[K, V]) Len() int {
	n, left := c.len()
	c.notify(left)
	return n
}

func (c *Cache[K, V]) len() (int, []departure[K, V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := c.expire(nil)
	return len(c.entries), left
}

// All returns an iterator over the entries in no particular order. It does
// not count as a use, and no lock is held while an entry is being looked at:
// the loop may change the cache. An entry that is set, deleted or expires
// during the loop is seen as it is when the loop comes to it, or not at all;
// no key is seen twice.
//
// The cost is a copy of the keys.
func (c *Cache[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, key := range c.keys() {
			value, ok, left := c.get(key, false)
			c.notify(left)
			if ok && !yield(key, value) {
				return
			}
		}
	}
}

func (c *Cache[K, V]) keys() []K {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := make([]K, 0, len(c.entries))
	for key := range c.entries {
		keys = append(keys, key)
	}
	return keys
}
