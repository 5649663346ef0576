package cache

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"
	"time"
)

// Invariants, whenever a shard's mu is free:
//   - its table and its queues hold the same nodes, and each node knows its
//     place in its queue;
//   - a key is in loads exactly while a load of it runs.
//
// And whenever no call is in progress: entries and weight are the sums over all
// shards, entries <= maxEntries, and weight <= maxWeight. The budget is one for
// all shards, so that every entry up to it is kept however the hashes fall; a
// shard that finds the budget spent evicts one of its own.
//
// Methods in lower case that return departures are called without a lock, or
// with the lock of the shard they are given, and leave the callbacks to their
// caller.

// A Cache holds a bounded number of entries. It is made by [New], is safe for
// concurrent use, and must not be copied. It owns no goroutine but those of
// running loads, and one that listens to [Options].Store: dropping the last
// reference is all it takes to end it.
//
// If K is an interface type, a key whose dynamic type cannot be hashed makes
// every method panic that is given one, as it does with a map.
type Cache[K comparable, V any] struct {
	options Options[K, V]
	second  *secondLevel[K, V] // nil without a Store
	shards  []shard[K, V]
	shift   uint // a hash shifted right by it is the number of its shard
	seed    maphash.Seed
	codec   valueCodec
	epoch   time.Time // times are nanoseconds since then
	fullFat bool      // every node is a fullNode
	timed   bool      // entries are likely to have deadlines
	keepFor int64     // how long an entry is kept past its deadline

	_ [cacheLine]byte // keeps readers off what writers count

	maxEntries atomic.Int64
	maxWeight  atomic.Int64
	entries    atomic.Int64
	weight     atomic.Int64

	closed  atomic.Bool
	closing chan struct{} // closed with closed
	sweeper sweeper
}

// cacheLine is the size of a cache line of most processors: what many write
// does not share one with what many read.
const cacheLine = 64

// New returns a Cache configured by o, or an error that names every mistake
// in it.
func New[K comparable, V any](o Options[K, V]) (*Cache[K, V], error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.Loader = o.loader()
	n := o.shards()
	c := &Cache[K, V]{
		options: o,
		shards:  make([]shard[K, V], n),
		shift:   uint(64 - bits.TrailingZeros(uint(n))),
		seed:    maphash.MakeSeed(),
		closing: make(chan struct{}),
		codec:   codecOf[V](),
		epoch:   time.Now(),
		fullFat: o.Weigher != nil || o.IdleTTL > 0 || o.RefreshAfter > 0,
		timed:   o.TTL > 0 || o.IdleTTL > 0 || o.Expiry != nil,
		keepFor: int64(max(o.StaleFor, o.StaleIfError)),
	}
	for i := range c.shards {
		c.shards[i].shards = n
		c.shards[i].reset()
	}
	c.setLimits(o.MaxEntries, o.MaxWeight)
	c.sweeper.every = o.sweepEvery()
	if o.Store != nil {
		c.second = newSecondLevel(&o)
		c.subscribe()
	}
	return c, nil
}

// now returns the time in nanoseconds since the cache was made.
func (c *Cache[K, V]) now() int64 { return int64(time.Since(c.epoch)) }

// after returns the time d after now, which may be the end of time.
func after(now int64, d time.Duration) int64 {
	if t := now + int64(d); t >= now {
		return t
	}
	return noDeadline
}

func (c *Cache[K, V]) locate(key K) (*shard[K, V], uint32) {
	hash := maphash.Comparable(c.seed, key)
	return &c.shards[hash>>c.shift], uint32(hash)
}

// Get returns the value of key and whether there is one. It counts as a use.
//
// It takes no lock and allocates nothing.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	now := c.early()
	s, hash := c.locate(key)
	if n := s.table.Load().find(hash, key); n != nil {
		meta := n.meta.Load()
		alive := true
		switch kind := meta & kindMask; {
		case kind == 0:
		case kind == flagTimed && now > 0: // the same as use, without the call
			alive = n.timed().deadline.Load() > now
		default:
			alive = c.use(n, meta, now)
		}
		if alive {
			n.hit(meta)
			s.stats.hit()
			if c.codec == immutable {
				return n.value, true // as loadValue does, with one copy less
			}
			return loadValue(c.codec, &n.value), true
		}
	}
	s.stats.misses.Add(1)
	var none V
	return none, false
}

// early returns the time if it is likely to be needed, and otherwise 0. Some
// processors wait for all loads before they read the clock: at the beginning of
// a call they have none to wait for.
func (c *Cache[K, V]) early() int64 {
	if c.timed {
		return c.now()
	}
	return 0
}

// use reports whether n is an entry that has not expired, and records the use
// if being idle would end it. The time is now, or if that is 0 not known yet.
//
// The deadline is read before the value: a value is updated before its
// deadline, so that none is taken for younger than it is.
func (c *Cache[K, V]) use(n *node[K, V], meta uint32, now int64) bool {
	if meta&flagNegative != 0 {
		return false
	}
	now = c.orNow(now)
	if c.expiry(n, meta) <= now {
		return false
	}
	if c.options.IdleTTL > 0 {
		n.full().touch(now)
	}
	return true
}

// touch records a use, unless a later one is recorded: a reader that was held
// up must not make the value older that was set in the meantime.
func (f *fullNode[K, V]) touch(now int64) {
	for {
		before := f.touched.Load()
		if before >= now || f.touched.CompareAndSwap(before, now) {
			return
		}
	}
}

// expiry returns the time from which n is expired.
func (c *Cache[K, V]) expiry(n *node[K, V], meta uint32) int64 {
	if meta&flagTimed == 0 {
		return noDeadline
	}
	deadline := n.timed().deadline.Load()
	if c.options.IdleTTL > 0 {
		deadline = min(deadline, after(n.full().touched.Load(), c.options.IdleTTL))
	}
	return deadline
}

// Peek is [Cache.Get] without counting as a use.
func (c *Cache[K, V]) Peek(key K) (V, bool) {
	s, hash := c.locate(key)
	return c.peek(s, hash, key)
}

func (c *Cache[K, V]) peek(s *shard[K, V], hash uint32, key K) (value V, ok bool) {
	n := s.table.Load().find(hash, key)
	if n == nil {
		return value, false
	}
	meta := n.meta.Load()
	if meta&flagNegative != 0 || meta&flagTimed != 0 && c.expiry(n, meta) <= c.now() {
		return value, false
	}
	return loadValue(c.codec, &n.value), true
}

// Len returns the number of entries. Those that have expired count until they
// are removed, which happens within about an eighth of [Options].TTL, or a
// second if that is 0; negative ones count too.
func (c *Cache[K, V]) Len() int { return int(c.entries.Load()) }

// Weight returns the sum of the weights of the entries, which is 0 without a
// Weigher.
func (c *Cache[K, V]) Weight() uint64 { return uint64(max(c.weight.Load(), 0)) }

// Close ends all loads, whose callers get [ErrClosed] at once, the subscription
// of the Store, and the timer that removes what has expired. What is in the
// cache stays readable, but nothing is loaded any more. Close is not needed for
// a cache to be garbage; it may be called more than once, and always returns
// nil.
func (c *Cache[K, V]) Close() error {
	if !c.closed.CompareAndSwap(false, true) {
		return nil
	}
	close(c.closing)
	c.sweeper.stop()
	if c.second != nil {
		c.second.unsubscribe()
	}
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		loads := make([]*loading[V], 0, len(s.loads))
		for _, l := range s.loads {
			loads = append(loads, l)
		}
		s.mu.Unlock()
		for _, l := range loads {
			l.cancel(ErrClosed)
		}
	}
	return nil
}
