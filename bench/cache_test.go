package bench

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/goplinth/plinth/cache"
	"github.com/maypok86/otter/v2"
)

const cacheEntries = 1 << 14

// cacheKeys returns keys of which a few are asked for most of the time, as in
// real traffic (Zipf, s = 1.01).
func cacheKeys() []string {
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.01, 1, 4*cacheEntries)
	keys := make([]string, 1<<16)
	for i := range keys {
		keys[i] = strconv.FormatUint(zipf.Uint64(), 10)
	}
	return keys
}

// BenchmarkCacheGet reads keys, most of which are there.
func BenchmarkCacheGet(b *testing.B) {
	keys := cacheKeys()
	run := func(b *testing.B, get func(string) (int, bool), set func(string, int)) {
		for i, key := range keys {
			set(key, i)
		}
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for i := rand.IntN(len(keys)); pb.Next(); i++ {
				get(keys[i%len(keys)])
			}
		})
	}
	b.Run("impl=plinth", func(b *testing.B) {
		c := newCache(b)
		run(b, c.Get, c.Set)
	})
	b.Run("impl=otter", func(b *testing.B) {
		c := newOtter(b)
		run(b, c.GetIfPresent, func(k string, v int) { c.Set(k, v) })
	})
}

// BenchmarkCacheLoad asks for keys and loads those that are not there, which
// evicts others.
func BenchmarkCacheLoad(b *testing.B) {
	keys := cacheKeys()
	ctx := context.Background()
	b.Run("impl=plinth", func(b *testing.B) {
		c := newCache(b)
		load := func(_ context.Context, key string) (int, error) { return len(key), nil }
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := c.GetOrLoadFunc(ctx, keys[i%len(keys)], load); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("impl=otter", func(b *testing.B) {
		c := newOtter(b)
		load := otter.LoaderFunc[string, int](func(_ context.Context, key string) (int, error) { return len(key), nil })
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := c.Get(ctx, keys[i%len(keys)], load); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func newCache(b *testing.B) *cache.Cache[string, int] {
	c, err := cache.New(cache.Options[string, int]{MaxEntries: cacheEntries})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func newOtter(b *testing.B) *otter.Cache[string, int] {
	c, err := otter.New(&otter.Options[string, int]{MaximumSize: cacheEntries})
	if err != nil {
		b.Fatal(err)
	}
	return c
}
