package bench

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/Yiling-J/theine-go"
	"github.com/goplinth/plinth/cache"
	"github.com/jellydator/ttlcache/v3"
	"github.com/maypok86/otter/v2"
)

const herdSize = 1000

// loadingCache is a cache that can load what it lacks.
type loadingCache struct {
	get   func(context.Context, string) (int, error)
	close func()
}

type loader func(key string) int

// loadingImpls are the caches that share one load among those who wait for it.
// ristretto and golang-lru do not load.
var loadingImpls = []struct {
	name string
	open func(testing.TB, cacheConfig, loader) loadingCache
}{
	{"plinth", func(tb testing.TB, config cacheConfig, load loader) loadingCache {
		c, err := cache.New(cache.Options[string, int]{
			MaxEntries: config.max,
			TTL:        config.ttl,
			Loader:     func(_ context.Context, key string) (int, error) { return load(key), nil },
		})
		if err != nil {
			tb.Fatal(err)
		}
		return loadingCache{get: c.GetOrLoad, close: func() { c.Close() }}
	}},
	{"otter", func(tb testing.TB, config cacheConfig, load loader) loadingCache {
		c, err := otter.New(&otter.Options[string, int]{
			MaximumSize:      config.max,
			ExpiryCalculator: otter.ExpiryWriting[string, int](config.ttl),
		})
		if err != nil {
			tb.Fatal(err)
		}
		loader := otter.LoaderFunc[string, int](func(_ context.Context, key string) (int, error) { return load(key), nil })
		return loadingCache{
			get:   func(ctx context.Context, key string) (int, error) { return c.Get(ctx, key, loader) },
			close: func() { c.StopAllGoroutines() },
		}
	}},
	{"theine", func(tb testing.TB, config cacheConfig, load loader) loadingCache {
		c, err := theine.NewBuilder[string, int](int64(config.max)).Loading(
			func(_ context.Context, key string) (theine.Loaded[int], error) {
				return theine.Loaded[int]{Value: load(key), Cost: 1, TTL: config.ttl}, nil
			}).Build()
		if err != nil {
			tb.Fatal(err)
		}
		return loadingCache{get: c.Get, close: c.Close}
	}},
	// Its loader takes no context and returns no error.
	{"ttlcache", func(_ testing.TB, config cacheConfig, load loader) loadingCache {
		loader := ttlcache.LoaderFunc[string, int](func(c *ttlcache.Cache[string, int], key string) *ttlcache.Item[string, int] {
			return c.Set(key, load(key), ttlcache.DefaultTTL)
		})
		c := ttlcache.New(
			ttlcache.WithCapacity[string, int](uint64(config.max)),
			ttlcache.WithTTL[string, int](config.ttl),
			ttlcache.WithDisableTouchOnHit[string, int](),
			ttlcache.WithLoader(ttlcache.NewSuppressedLoader(loader, nil)),
		)
		go c.Start()
		return loadingCache{
			get:   func(_ context.Context, key string) (int, error) { return c.Get(key).Value(), nil },
			close: c.Stop,
		}
	}},
	{"sturdyc", func(_ testing.TB, config cacheConfig, load loader) loadingCache {
		c := newSturdyc[int](config)
		return loadingCache{
			get: func(ctx context.Context, key string) (int, error) {
				return c.GetOrFetch(ctx, key, func(context.Context) (int, error) { return load(key), nil })
			},
			close: func() {},
		}
	}},
}

// loadingConfig has a TTL, which sturdyc cannot do without.
var loadingConfig = cacheConfig{max: roomyCache, ttl: cacheTTL}

// BenchmarkCacheHerd lets a thousand goroutines ask for one missing key at
// once. The load takes until all of them have come to ask, and no longer, so
// that what is left is the work of the cache and of starting goroutines. An
// operation is a whole herd. loads/herd is 1 if the cache lets nobody load what
// is being loaded or has been.
func BenchmarkCacheHerd(b *testing.B) {
	for _, impl := range loadingImpls {
		b.Run("impl="+impl.name, func(b *testing.B) {
			var loads, asking atomic.Int64
			c := impl.open(b, loadingConfig, func(key string) int {
				loads.Add(1)
				for asking.Load() < herdSize {
					runtime.Gosched()
				}
				return len(key)
			})
			defer c.close()
			key := residentKey[string]()
			ctx := context.Background()
			b.ReportAllocs()
			herds := 0
			for b.Loop() {
				missing := key(herds)
				herds++
				asking.Store(0)
				var herd sync.WaitGroup
				start := make(chan struct{})
				for range herdSize {
					herd.Go(func() {
						<-start
						asking.Add(1)
						if value, err := c.get(ctx, missing); err != nil || value != keyLen {
							b.Errorf("get = %d, %v; want %d", value, err, keyLen)
						}
					})
				}
				close(start)
				herd.Wait()
			}
			b.ReportMetric(float64(loads.Load())/float64(herds), "loads/herd")
		})
	}
}

// BenchmarkCacheLoadHit asks loading caches for keys that they have, which is
// what being able to load costs when there is nothing to do.
func BenchmarkCacheLoadHit(b *testing.B) {
	lazyStream := sync.OnceValue(func() []string { return zipfStream[string](cacheEntries) })
	for _, impl := range loadingImpls {
		b.Run("impl="+impl.name, func(b *testing.B) {
			stream := lazyStream()
			var loads atomic.Int64
			c := impl.open(b, loadingConfig, func(key string) int {
				loads.Add(1)
				return len(key)
			})
			defer c.close()
			ctx := context.Background()
			if !probe(b) {
				key := residentKey[string]()
				for i := range cacheEntries {
					c.get(ctx, key(i))
				}
			}
			loads.Store(0)
			var goroutines atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for i := place(goroutines.Add(1)); pb.Next(); i++ {
					if _, err := c.get(ctx, stream[i&(len(stream)-1)]); err != nil {
						b.Error(err)
					}
				}
			})
			if loads.Load() > 0 && !probe(b) {
				b.Errorf("%d of %d operations loaded a key that was there", loads.Load(), b.N)
			}
		})
	}
}
