package cache

// Delete removes key and returns the value it had and whether it had one. A
// load of key that is running will not store its result.
func (c *Cache[K, V]) Delete(key K) (V, bool) {
	value, ok, noted := c.delete(key)
	if noted != nil {
		c.awaitStore(noted)
	}
	return value, ok
}

func (c *Cache[K, V]) delete(key K) (value V, ok bool, noted <-chan struct{}) {
	s, hash := c.locate(key)
	s.mu.Lock()
	s.supersede(key)
	value, ok = c.peek(s, hash, key)
	var left []departure[K, V]
	if n := s.table.Load().find(hash, key); n != nil {
		left = c.remove(s, n, Deleted, 0, nil)
	}
	if c.second != nil {
		noted = c.putDelete(s, key)
	}
	s.mu.Unlock()
	c.notify(left)
	return value, ok, noted
}

// DeleteFunc removes the entries for which del returns true and returns how
// many those were. No lock is held while del runs; an entry that is set
// meanwhile may be removed by what del said of its value before.
func (c *Cache[K, V]) DeleteFunc(del func(K, V) bool) int {
	removed := 0
	var noted []<-chan struct{}
	for key, value := range c.All() {
		if !del(key, value) {
			continue
		}
		_, ok, done := c.delete(key)
		if ok {
			removed++
		}
		if done != nil {
			noted = append(noted, done)
		}
		if len(noted) == storeWrites {
			c.awaitStore(noted...)
			noted = noted[:0]
		}
	}
	c.awaitStore(noted...)
	return removed
}

// Clear removes all entries.
func (c *Cache[K, V]) Clear() {
	for i := range c.shards {
		c.notify(c.clear(&c.shards[i], Deleted))
	}
}

func (c *Cache[K, V]) clear(s *shard[K, V], cause Cause) (left []departure[K, V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.loads {
		s.supersede(key)
	}
	for i := range s.queues {
		for s.queues[i].live > 0 {
			n, _ := s.queues[i].oldest()
			left = c.remove(s, n, cause, 0, left)
		}
	}
	s.reset()
	return left
}

// remove takes n out of s, whose lock is held, and gives its part of the budget
// back. If n has expired by now, which is 0 if it is not known, that is the
// cause.
func (c *Cache[K, V]) remove(s *shard[K, V], n *node[K, V], cause Cause, now int64, left []departure[K, V]) []departure[K, V] {
	c.entries.Add(-1)
	return c.removeFrom(s, n, cause, now, left)
}

// removeFrom is remove for a caller who goes on to use the place of n.
func (c *Cache[K, V]) removeFrom(s *shard[K, V], n *node[K, V], cause Cause, now int64, left []departure[K, V]) []departure[K, V] {
	meta := n.meta.Load()
	s.take(n)
	s.disturb(n.key)
	if meta&flagFull != 0 {
		c.weight.Add(-int64(n.full().weight))
	}
	if meta&flagNegative != 0 {
		return left
	}
	if meta&flagTimed != 0 && c.expiry(n, meta) <= c.orNow(now) {
		cause = Expired
	}
	return c.depart(s, left, n.key, loadValue(c.codec, &n.value), cause)
}
