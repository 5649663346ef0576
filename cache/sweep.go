package cache

import (
	"sync"
	"sync/atomic"
	"time"
	"weak"
)

// A sweeper removes what has expired. It is a timer, not a goroutine, that runs
// only while there is something to expire, and its callback holds the cache
// weakly: a cache that nobody references is garbage, timer or not.
type sweeper struct {
	every   time.Duration
	running atomic.Bool

	mu      sync.Mutex // guards what follows
	timer   *time.Timer
	stopped bool
}

// sweepEvery returns the time between two sweeps: an eighth of the shortest
// TTL, so that little is held for long, but within bounds, so that a short TTL
// does not keep a processor busy.
func (o *Options[K, V]) sweepEvery() time.Duration {
	const least, most = 100 * time.Millisecond, time.Minute
	every := most
	for _, ttl := range []time.Duration{o.TTL, o.IdleTTL, o.NegativeTTL} {
		if ttl > 0 {
			every = min(every, ttl/8)
		}
	}
	if o.TTL == 0 { // what SetTTL and Expiry ask for is not known yet
		every = min(every, time.Second)
	}
	return max(every, least)
}

// startSweeper sees to it that the timer runs if n can expire. It may be called
// with a shard locked.
func (c *Cache[K, V]) startSweeper(n *node[K, V]) {
	if c.sweeper.running.Load() || c.expiry(n, n.meta.Load()) == noDeadline || !c.sweeper.running.CompareAndSwap(false, true) {
		return
	}
	self := weak.Make(c)
	c.sweeper.arm(func() {
		if c := self.Value(); c != nil {
			c.sweep()
		}
	})
}

func (w *sweeper) arm(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.timer = time.AfterFunc(w.every, f)
	}
}

func (w *sweeper) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// sweep removes the entries that have expired, and arms the timer again unless
// nothing is left that can expire.
func (c *Cache[K, V]) sweep() {
	for i := range c.shards {
		c.sweepShard(&c.shards[i])
	}
	c.sweeper.running.Store(false)
	// An entry that came in the meantime has found the timer running, so that
	// this look has to come after.
	for i := range c.shards {
		if n := c.findExpiring(&c.shards[i]); n != nil {
			c.startSweeper(n)
			return
		}
	}
}

// findExpiring returns an entry of s that can expire, or nil. A node that has a
// place for a deadline may have none: with a Weigher all have the place.
func (c *Cache[K, V]) findExpiring(s *shard[K, V]) *node[K, V] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timed == 0 {
		return nil
	}
	for i := range s.queues {
		for n := range s.queues[i].all {
			if c.expiry(n, n.meta.Load()) != noDeadline {
				return n
			}
		}
	}
	return nil
}

// sweepChunk is how many places of a queue are looked at under one lock.
const sweepChunk = 1024

func (c *Cache[K, V]) sweepShard(s *shard[K, V]) {
	for queue := range numQueues {
		for from := 0; ; from += sweepChunk {
			left, more := c.sweepQueue(s, queue, from)
			c.notify(left)
			if !more {
				break
			}
		}
	}
}

// sweepQueue looks at sweepChunk places of a queue. The queue may move between
// two calls; what is missed then is found the next time.
func (c *Cache[K, V]) sweepQueue(s *shard[K, V], queue, from int) (left []departure[K, V], more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &s.queues[queue]
	if s.timed == 0 || from >= q.span {
		return nil, false
	}
	now := c.now()
	var expired []*node[K, V]
	for i := from; i < min(from+sweepChunk, q.span); i++ {
		n := q.nodes[q.at(i)]
		if n == nil {
			continue
		}
		meta := n.meta.Load()
		if meta&flagTimed != 0 && after(c.expiry(n, meta), time.Duration(c.keepFor)) <= now {
			expired = append(expired, n)
		}
	}
	for _, n := range expired {
		left = c.remove(s, n, Expired, now, left)
	}
	return left, true
}
