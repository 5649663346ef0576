package cache

// An Op is what [Cache.Compute] does with an entry.
type Op uint8

// The operations that a function given to Compute may return.
const (
	Keep    Op = iota // leave the entry, or its absence, as it is
	Replace           // store the returned value
	Remove            // remove the entry
)

// computation is a call of Compute.
type computation struct {
	done chan struct{}

	// changed is set when the key is set, deleted or evicted while the
	// function runs: what it was given no longer holds. Guarded by shard.mu.
	changed bool
}

// Compute lets f decide about the entry of key, given its value and whether it
// has one, and returns the value that key has then and whether it has one. It
// is atomic: if the entry changes while f runs, f is called again with what it
// is now. Calls of Compute for one key wait for each other; f runs without a
// lock and may call the cache, but not Compute for the same key.
func (c *Cache[K, V]) Compute(key K, f func(old V, ok bool) (V, Op)) (V, bool) {
	if f == nil {
		panic("cache: Compute needs a function")
	}
	s, hash := c.locate(key)
	for {
		s.mu.Lock()
		if running := s.computes[key]; running != nil {
			s.mu.Unlock()
			<-running.done
			continue
		}
		own := &computation{done: make(chan struct{})}
		if s.computes == nil {
			s.computes = make(map[K]*computation)
		}
		if key == key { // a NaN could not be taken out again
			s.computes[key] = own
		}
		old, ok := c.peek(s, hash, key)
		s.mu.Unlock()
		value, has, done, noted := c.compute(s, hash, key, old, ok, own, f)
		if noted != nil {
			c.awaitStore(noted)
		}
		if done {
			return value, has
		}
	}
}

// compute calls f once and does what it says, unless the entry has changed.
func (c *Cache[K, V]) compute(s *shard[K, V], hash uint32, key K, old V, ok bool, own *computation, f func(V, bool) (V, Op)) (value V, has, done bool, noted <-chan struct{}) {
	returned := false
	defer func() { // f may panic
		if !returned {
			s.mu.Lock()
			s.computed(key, own)
			s.mu.Unlock()
		}
	}()
	value, op := f(old, ok)
	var e entry[K, V]
	if op == Replace {
		e = c.newEntry(key, value, c.ttl(key, value))
	}
	returned = true

	s.mu.Lock()
	// Before the change below, which is its own, and once: after the lock is
	// released, the key may belong to the next computation.
	s.computed(key, own)
	if own.changed {
		s.mu.Unlock()
		return value, false, false, nil
	}
	var left []departure[K, V]
	switch op {
	case Replace:
		s.supersede(key)
		left = c.store(s, hash, e, nil)
		if c.second != nil {
			noted = c.putSet(s, key, value, e.deadline)
		}
		value, has = c.peek(s, hash, key) // it may have been turned away
	case Remove:
		s.supersede(key)
		if n := s.table.Load().find(hash, key); n != nil {
			left = c.remove(s, n, Deleted, 0, nil)
		}
		if c.second != nil {
			noted = c.putDelete(s, key)
		}
		var none V
		value = none
	default:
		value, has = old, ok
	}
	s.mu.Unlock()
	c.notify(left)
	return value, has, true, noted
}

// computed ends a computation of key. mu is held.
func (s *shard[K, V]) computed(key K, own *computation) {
	delete(s.computes, key)
	close(own.done)
}

// supersede tells the load and the computation of key, if there are any, that
// the key is set or deleted. mu is held.
func (s *shard[K, V]) supersede(key K) {
	if len(s.loads) > 0 {
		if l := s.loads[key]; l != nil {
			l.superseded = true
		}
	}
	s.disturb(key)
}

// disturb tells the computation of key that its entry changes. mu is held.
func (s *shard[K, V]) disturb(key K) {
	if len(s.computes) > 0 {
		if running := s.computes[key]; running != nil {
			running.changed = true
		}
	}
}
