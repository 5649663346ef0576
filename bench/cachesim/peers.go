package main

import (
	"runtime"
	"strconv"
	"time"

	"github.com/Yiling-J/theine-go"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/goplinth/plinth/cache"
	lruv2 "github.com/hashicorp/golang-lru/v2"
	"github.com/jellydator/ttlcache/v3"
	"github.com/maypok86/otter/v2"
	"github.com/viccon/sturdyc"
)

// Each library is configured as its own documentation says, with a value of a
// word that must come back for a Get to be a hit. Libraries that put off their
// evictions are quiesced after every Set; what they do with their hits is left
// as their users have it.

type plinthCache struct {
	*cache.Cache[uint64, uint64]
}

func newPlinth(size int, _ *trace) (policy, error) {
	c, err := cache.New(cache.Options[uint64, uint64]{MaxEntries: size})
	if err != nil {
		return nil, err
	}
	return plinthCache{c}, nil
}

func (c plinthCache) Get(key uint64) bool {
	v, ok := c.Cache.Get(key)
	return ok && v == key
}

func (c plinthCache) Set(key uint64) { c.Cache.Set(key, key) }

func (plinthCache) Close() {}

// otter replays a Set on its executor, which is the caller here.
type otterCache struct {
	unowned
	*otter.Cache[uint64, uint64]
}

func newOtter(size int, _ *trace) (policy, error) {
	c, err := otter.New(&otter.Options[uint64, uint64]{
		MaximumSize: size,
		Executor:    func(task func()) { task() },
	})
	if err != nil {
		return nil, err
	}
	return otterCache{Cache: c}, nil
}

func (c otterCache) Get(key uint64) bool {
	v, ok := c.GetIfPresent(key)
	return ok && v == key
}

func (c otterCache) Set(key uint64) { c.Cache.Set(key, key) }

func (c otterCache) Len() int { return c.EstimatedSize() }

// theine replays a Set on a goroutine of its own, which Wait waits for.
type theineCache struct {
	*theine.Cache[uint64, uint64]
}

func newTheine(size int, _ *trace) (policy, error) {
	c, err := theine.NewBuilder[uint64, uint64](int64(size)).Build()
	if err != nil {
		return nil, err
	}
	return theineCache{c}, nil
}

func (c theineCache) Get(key uint64) bool {
	v, ok := c.Cache.Get(key)
	return ok && v == key
}

func (c theineCache) Set(key uint64) {
	c.Cache.Set(key, key, 1)
	c.Wait()
}

// ristretto replays a Set on a goroutine of its own, which Wait waits for. Hits
// go to another one in batches, and are dropped if that has three to do: the
// simulator, which does nothing but ask, yields after each batch, so that it
// gets as many of them as it would in a program that has work of its own.
type ristrettoCache struct {
	*ristretto.Cache[uint64, uint64]
	gets int
}

const ristrettoBatch = 64 // the value its documentation recommends

func newRistretto(size int, _ *trace) (policy, error) {
	c, err := ristretto.NewCache(&ristretto.Config[uint64, uint64]{
		NumCounters:        10 * int64(size),
		MaxCost:            int64(size),
		BufferItems:        ristrettoBatch,
		IgnoreInternalCost: true,
	})
	if err != nil {
		return nil, err
	}
	return &ristrettoCache{Cache: c}, nil
}

func (c *ristrettoCache) Get(key uint64) bool {
	v, ok := c.Cache.Get(key)
	c.gets++
	if c.gets%ristrettoBatch == 0 {
		runtime.Gosched()
	}
	return ok && v == key
}

func (c *ristrettoCache) Set(key uint64) {
	c.Cache.Set(key, key, 1)
	c.Wait()
}

// Len returns the cost of all entries, which is 1 each. There is no other way
// to count them than to visit them.
func (c *ristrettoCache) Len() int { return int(c.MaxCost() - c.RemainingCost()) }

type golangLRU struct {
	unowned
	*lruv2.Cache[uint64, uint64]
}

func newGolangLRU(size int, _ *trace) (policy, error) {
	c, err := lruv2.New[uint64, uint64](size)
	if err != nil {
		return nil, err
	}
	return golangLRU{Cache: c}, nil
}

func (c golangLRU) Get(key uint64) bool {
	v, ok := c.Cache.Get(key)
	return ok && v == key
}

func (c golangLRU) Set(key uint64) { c.Add(key, key) }

type golangLRU2Q struct {
	unowned
	*lruv2.TwoQueueCache[uint64, uint64]
}

func newGolangLRU2Q(size int, _ *trace) (policy, error) {
	ghosts := lruv2.Default2QGhostEntries
	if size == 1 {
		ghosts = 1 // half an entry would be refused
	}
	c, err := lruv2.New2QParams[uint64, uint64](size, lruv2.Default2QRecentRatio, ghosts)
	if err != nil {
		return nil, err
	}
	return golangLRU2Q{TwoQueueCache: c}, nil
}

func (c golangLRU2Q) Get(key uint64) bool {
	v, ok := c.TwoQueueCache.Get(key)
	return ok && v == key
}

func (c golangLRU2Q) Set(key uint64) { c.Add(key, key) }

type ttlCache struct {
	unowned
	*ttlcache.Cache[uint64, uint64]
}

func newTTLCache(size int, _ *trace) (policy, error) {
	return ttlCache{Cache: ttlcache.New(ttlcache.WithCapacity[uint64, uint64](uint64(size)))}, nil
}

func (c ttlCache) Get(key uint64) bool {
	item := c.Cache.Get(key)
	return item != nil && item.Value() == key
}

func (c ttlCache) Set(key uint64) { c.Cache.Set(key, key, ttlcache.NoTTL) }

type sturdycCache struct {
	unowned
	client *sturdyc.Client[uint64]
}

func newSturdyc(size int, _ *trace) (policy, error) {
	// Ten shards and a tenth to evict are what its documentation shows. Small
	// caches get one shard, since the entries that do not divide by ten are
	// lost, and a shard of none holds one all the same.
	shards := 10
	if size < 1000 {
		shards = 1
	}
	// Nothing expires; the goroutine that looks for it could not be stopped.
	client := sturdyc.New[uint64](size, shards, 24*time.Hour, 10,
		sturdyc.WithNoContinuousEvictions(),
	)
	return sturdycCache{client: client}, nil
}

func (c sturdycCache) Get(key uint64) bool {
	v, ok := c.client.Get(strconv.FormatUint(key, 10))
	return ok && v == key
}

func (c sturdycCache) Set(key uint64) { c.client.Set(strconv.FormatUint(key, 10), key) }

func (c sturdycCache) Len() int { return c.client.Size() }
