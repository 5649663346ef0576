package bench

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/Yiling-J/theine-go"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/goplinth/plinth/cache"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/jellydator/ttlcache/v3"
	"github.com/maypok86/otter/v2"
	"github.com/viccon/sturdyc"
)

// cacheKey is what the benchmarks use for keys. ristretto does not take every
// comparable type, but it takes these.
type cacheKey interface{ int | string }

// cacheConfig is what all caches are told alike. A ttl of 0 means that entries
// do not expire; any other counts from the last write, which is the only kind
// that all of them have.
type cacheConfig struct {
	max int
	ttl time.Duration
}

// cacheClient is a cache as the benchmarks see it. Each call goes through one
// function value, which costs one or two nanoseconds, the same for all.
type cacheClient[K cacheKey, V any] struct {
	get func(K) (V, bool)
	set func(K, V)
	len func() int

	// settle returns when all sets are visible and evictions done, for caches
	// that put them off. It is never called while the clock runs: what a cache
	// leaves for later, it must do in the time of its next operations.
	settle func()

	// close ends the goroutines of the cache.
	close func()
}

// fill sets n keys. It settles often, because a cache that is written to faster
// than it can work may drop entries.
func (c *cacheClient[K, V]) fill(n int, key func(int) K) {
	var value V
	for i := range n {
		c.set(key(i), value)
		if i%1024 == 0 {
			c.settle()
		}
	}
	c.settle()
}

type cacheImpl[K cacheKey, V any] struct {
	name string
	open func(testing.TB, cacheConfig) *cacheClient[K, V]
}

// cacheImpls returns the caches that can be used with K, V and config.
func cacheImpls[K cacheKey, V any](config cacheConfig) []cacheImpl[K, V] {
	impls := []cacheImpl[K, V]{
		{"plinth", openPlinth[K, V]},
		{"otter", openOtter[K, V]},
		{"theine", openTheine[K, V]},
		{"ristretto", openRistretto[K, V]},
		{"golanglru", openGolangLRU[K, V]},
		{"ttlcache", openTTLCache[K, V]},
	}
	// sturdyc has no keys but strings, and no entries that do not expire.
	open, ok := any(openSturdyc[V]).(func(testing.TB, cacheConfig) *cacheClient[K, V])
	if ok && config.ttl > 0 {
		impls = append(impls, cacheImpl[K, V]{"sturdyc", open})
	}
	return impls
}

func openPlinth[K cacheKey, V any](tb testing.TB, config cacheConfig) *cacheClient[K, V] {
	c, err := cache.New(cache.Options[K, V]{MaxEntries: config.max, TTL: config.ttl})
	if err != nil {
		tb.Fatal(err)
	}
	return &cacheClient[K, V]{get: c.Get, set: c.Set, len: c.Len, settle: func() {}, close: func() { c.Close() }}
}

// openOtter uses ExpiryWriting. The example in otter's README has
// ExpiryAccessing, which would move the deadline on each read, and no other
// cache does that work. The clock is the default one, exact as in the other
// caches; with otter.NewCoarseClock reads of a cache with a TTL are faster, and
// entries live longer by up to its resolution.
func openOtter[K cacheKey, V any](tb testing.TB, config cacheConfig) *cacheClient[K, V] {
	o := otter.Options[K, V]{MaximumSize: config.max}
	if config.ttl > 0 {
		o.ExpiryCalculator = otter.ExpiryWriting[K, V](config.ttl)
	}
	c, err := otter.New(&o)
	if err != nil {
		tb.Fatal(err)
	}
	return &cacheClient[K, V]{
		get:    c.GetIfPresent,
		set:    func(key K, value V) { c.Set(key, value) },
		len:    c.EstimatedSize,
		settle: c.CleanUp,
		close:  func() { c.StopAllGoroutines() },
	}
}

// openTheine leaves off the entry pool, as is theine's default: it saves
// allocations at the price of races.
func openTheine[K cacheKey, V any](tb testing.TB, config cacheConfig) *cacheClient[K, V] {
	c, err := theine.NewBuilder[K, V](int64(config.max)).Build()
	if err != nil {
		tb.Fatal(err)
	}
	return &cacheClient[K, V]{
		get:    c.Get,
		set:    func(key K, value V) { c.SetWithTTL(key, value, 1, config.ttl) },
		len:    c.Len,
		settle: c.Wait,
		close:  c.Close,
	}
}

// openRistretto follows the README's ten counters for each entry and 64 buffer
// items. The internal cost has to be ignored where MaxCost counts entries, not
// bytes; otherwise it would hold a small part of them.
func openRistretto[K cacheKey, V any](tb testing.TB, config cacheConfig) *cacheClient[K, V] {
	c, err := ristretto.NewCache(&ristretto.Config[K, V]{
		NumCounters:        10 * int64(config.max),
		MaxCost:            int64(config.max),
		BufferItems:        64,
		IgnoreInternalCost: true,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return &cacheClient[K, V]{
		get: c.Get,
		set: func(key K, value V) { c.SetWithTTL(key, value, 1, config.ttl) },
		// It does not tell its length, but each entry costs 1.
		len:    func() int { return int(c.MaxCost() - c.RemainingCost()) },
		settle: c.Wait,
		close:  c.Close,
	}
}

// expirables holds the *expirable.LRU[K, V] for each pair of types. The
// goroutine of such a cache never ends and keeps it in memory, where it would
// slow the collector down under all that is measured later. So there is one,
// which is emptied and used again.
var expirables sync.Map

func openGolangLRU[K cacheKey, V any](tb testing.TB, config cacheConfig) *cacheClient[K, V] {
	if config.ttl == 0 {
		c, err := lru.New[K, V](config.max)
		if err != nil {
			tb.Fatal(err)
		}
		return &cacheClient[K, V]{
			get:    c.Get,
			set:    func(key K, value V) { c.Add(key, value) },
			len:    c.Len,
			settle: func() {},
			close:  func() {},
		}
	}
	type id struct {
		reflect.Type
		ttl time.Duration
	}
	pooled, _ := expirables.LoadOrStore(
		id{reflect.TypeFor[*expirable.LRU[K, V]](), config.ttl},
		sync.OnceValue(func() *expirable.LRU[K, V] { return expirable.NewLRU[K, V](config.max, nil, config.ttl) }),
	)
	c := pooled.(func() *expirable.LRU[K, V])()
	c.Resize(config.max)
	return &cacheClient[K, V]{
		get:    c.Get,
		set:    func(key K, value V) { c.Add(key, value) },
		len:    c.Len,
		settle: func() {},
		close:  c.Purge,
	}
}

// openTTLCache turns off that a Get moves the deadline, as for otter, and
// starts the goroutine that removes what has expired, as the README does.
func openTTLCache[K cacheKey, V any](_ testing.TB, config cacheConfig) *cacheClient[K, V] {
	c := ttlcache.New(
		ttlcache.WithCapacity[K, V](uint64(config.max)),
		ttlcache.WithTTL[K, V](config.ttl),
		ttlcache.WithDisableTouchOnHit[K, V](),
	)
	if config.ttl > 0 {
		go c.Start()
	}
	return &cacheClient[K, V]{
		get: func(key K) (value V, ok bool) {
			item := c.Get(key)
			if item == nil {
				return value, false
			}
			return item.Value(), true
		},
		set:    func(key K, value V) { c.Set(key, value, ttlcache.DefaultTTL) },
		len:    c.Len,
		settle: func() {},
		close:  c.Stop,
	}
}

// openSturdyc has 64 shards, since the README advises more than its 10 against
// collisions of writers, and evicts a tenth of a full shard, as there. Without
// continuous evictions it is faster, says the README, and nothing expires here
// anyway; the goroutine for them would never end.
func openSturdyc[V any](_ testing.TB, config cacheConfig) *cacheClient[string, V] {
	c := newSturdyc[V](config)
	return &cacheClient[string, V]{
		get:    c.Get,
		set:    func(key string, value V) { c.Set(key, value) },
		len:    c.Size,
		settle: func() {},
		close:  func() {},
	}
}

func newSturdyc[V any](config cacheConfig) *sturdyc.Client[V] {
	return sturdyc.New[V](config.max, 64, config.ttl, 10, sturdyc.WithNoContinuousEvictions())
}
