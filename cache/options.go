package cache

import (
	"context"
	"math"
	"math/bits"
	"runtime"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

// Options configures a [Cache]. One of MaxEntries and MaxWeight is required;
// the zero value of every other field turns its feature off.
type Options[K comparable, V any] struct {
	// MaxEntries is the most entries the cache holds. 0 means that only
	// MaxWeight bounds it: a cache without any bound is a leak.
	MaxEntries int

	// MaxWeight is the most that the entries may weigh together, by Weigher.
	// 0 means no such bound. An entry that is heavier by itself is [Rejected].
	MaxWeight uint64

	// Weigher returns the weight of an entry when it is set. An entry of
	// weight 0 is pinned: it leaves when it expires, is replaced or deleted,
	// and is not evicted. It is called without a lock.
	Weigher func(K, V) uint32

	// TTL is how long an entry lives after it was set or loaded. 0 means
	// until it is evicted. [Cache.SetTTL] overrides it for one entry.
	TTL time.Duration

	// IdleTTL is how long an entry lives after it was last set or used. 0
	// means that being idle ends no entry. It works beside TTL: the earlier
	// deadline counts.
	IdleTTL time.Duration

	// NegativeTTL is how long GetOrLoad remembers that a loader returned
	// [ErrNotFound]. 0 means not at all.
	NegativeTTL time.Duration

	// TTLJitter shortens the TTLs that TTL and Expiry give by a random part of
	// up to this fraction, from 0 to 1, so that entries that were set together
	// do not expire together. A TTL that is passed to SetTTL is kept as it is.
	TTLJitter float64

	// Expiry, if not nil, returns the TTL of an entry when it is set or
	// loaded, in place of TTL. What it returns is read as by SetTTL.
	Expiry func(K, V) time.Duration

	// RefreshAfter is the age from which GetOrLoad, while it returns the
	// value at once, loads it anew in the background. 0 means never.
	RefreshAfter time.Duration

	// StaleFor is how long after its deadline GetOrLoad still returns a value,
	// at once, while it loads it anew in the background. 0 means never.
	StaleFor time.Duration

	// StaleIfError is how long after its deadline GetOrLoad still returns a
	// value if the load fails. 0 means never.
	StaleIfError time.Duration

	// Loader gets the value of a missing key for [Cache.GetOrLoad]. Its
	// context has the values of the first caller's context, ends when no
	// caller waits any more, and has no deadline of its own. It must not wait
	// for a load of the same key. An error is returned to the callers and is
	// not cached, save for ErrNotFound.
	Loader func(context.Context, K) (V, error)

	// BulkLoader gets the values of all the keys that [Cache.GetMany] misses,
	// in one call. Without it, GetMany calls Loader for each key; without
	// Loader, GetOrLoad calls it with one key. What is said of Loader holds for
	// it too. A key that the map lacks is not found; one that was not asked for
	// is ignored, because it may have been set to something newer meanwhile.
	// The map is read only if the error is nil.
	BulkLoader func(context.Context, []K) (map[K]V, error)

	// Store, if not nil, is a second level behind this cache, which several
	// processes may share. Set, SetTTL, SetIfAbsent, Compute, Delete and
	// DeleteFunc change it too, in the order of the changes here, after them
	// and before they return. A load asks it before the loader, and writes to
	// it what the loader returns; without a loader, the store is the loader.
	// Refresh, and the loads of values that are due, ask the loader only. Get
	// and Peek do not look there. Eviction, expiry, absence and Clear remain
	// local. A key that others change in the store leaves this cache,
	// [Invalidated].
	//
	// A store that fails or does not answer costs no more than StoreTimeout
	// now and then: after a few failures in a row it is left alone for some
	// seconds, and the cache works without it. Where a loader can serve, its
	// errors are only counted, in [Stats]. If it failed to take the last change
	// of a key, loads of that key do not ask it, for up to 1024 keys in each
	// shard, until it takes one or reports another's; without a loader they
	// return an error.
	//
	// A cache with a Store has a goroutine that listens to it, until Close or
	// until the cache is garbage.
	Store Store[K, V]

	// StoreTimeout is the most time that any operation of Store may take, and
	// that New waits for its subscription to be in force. 0 means 100 ms.
	StoreTimeout time.Duration

	// OnEvict is called once for each value that leaves the cache, with the
	// reason, on the goroutine of the call that made it leave, of the timer
	// that removes what has expired, or of the Store's subscription. No lock is
	// held: it may call the cache.
	// A panic in it reaches that call, and on the timer ends the program.
	OnEvict func(K, V, Cause)

	// Shards is the number of parts that are written to independently, rounded
	// up to a power of two. 0 means a number chosen from GOMAXPROCS and
	// MaxEntries; more do not help.
	Shards int
}

// loader returns the loader of one key, which may be nil.
func (o *Options[K, V]) loader() loader[K, V] {
	if o.Loader != nil || o.BulkLoader == nil {
		return o.Loader
	}
	bulk := o.BulkLoader
	return func(ctx context.Context, key K) (value V, err error) {
		values, err := bulk(ctx, []K{key})
		if err != nil {
			return value, err
		}
		value, ok := values[key]
		if !ok {
			return value, ErrNotFound
		}
		return value, nil
	}
}

// maxShards keeps the memory of an empty cache within bounds.
const maxShards = 1 << 12

func (o *Options[K, V]) check() error {
	c := config.For("cache")
	c.Require(o.MaxEntries > 0 || o.MaxEntries == 0 && o.MaxWeight > 0, "Options.MaxEntries", o.MaxEntries,
		"must be 1 or more, or 0 beside a MaxWeight, since an unbounded cache is a leak")
	c.Require(o.MaxWeight == 0 || o.Weigher != nil, "Options.Weigher", o.Weigher, "must be set for MaxWeight to mean something")
	c.Require(o.Weigher == nil || o.MaxWeight > 0, "Options.MaxWeight", o.MaxWeight, "must be set beside Weigher")
	c.Require(o.MaxWeight <= math.MaxInt64, "Options.MaxWeight", o.MaxWeight, "must fit an int64")
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"TTL", o.TTL}, {"IdleTTL", o.IdleTTL}, {"NegativeTTL", o.NegativeTTL},
		{"RefreshAfter", o.RefreshAfter}, {"StaleFor", o.StaleFor}, {"StaleIfError", o.StaleIfError},
	} {
		c.Require(d.value >= 0, "Options."+d.field, d.value, "must be positive, or 0 to turn it off")
	}
	c.Require(o.StoreTimeout >= 0, "Options.StoreTimeout", o.StoreTimeout, "must be positive, or 0 for 100ms")
	c.Require(o.TTLJitter >= 0 && o.TTLJitter <= 1, "Options.TTLJitter", o.TTLJitter, "must be from 0 (off) to 1")
	c.Require(o.Shards >= 0 && o.Shards <= maxShards, "Options.Shards", o.Shards, "must be from 1 to 4096, or 0 for the default")
	return c.Err()
}

// shards returns the number of shards, a power of two: so many that writers
// seldom meet. A shard of fewer than a few hundred entries evicts noticeably
// worse than a whole cache does, and one of millions comes to the end of its
// positions.
func (o *Options[K, V]) shards() int {
	const leastShare = 512
	n := o.Shards
	if n == 0 {
		n = 16 * runtime.GOMAXPROCS(0)
		if o.MaxEntries > 0 {
			n = min(n, max(1, o.MaxEntries/leastShare))
			// Rounding up must not go below the share.
			n = 1 << (bits.Len(uint(n)) - 1)
		}
	}
	if o.MaxEntries > 0 && n > o.MaxEntries {
		n = 1 << (bits.Len(uint(o.MaxEntries)) - 1) // a shard with no room would only borrow
	}
	n = max(n, o.MaxEntries/(mostNodes/2))
	return min(1<<bits.Len(uint(n-1)), maxShards)
}
