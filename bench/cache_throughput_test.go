package bench

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// cacheEntries is how many entries are resident while a benchmark runs.
	cacheEntries = 1 << 17

	// roomyCache is the maximum of a cache that is to hold cacheEntries entries
	// without evicting one. A cache that divides its room among shards needs a
	// little more, since the keys do not fall evenly.
	roomyCache = cacheEntries + cacheEntries/8

	// cacheTTL outlives each run: what is measured is the price of having
	// deadlines, not of expiring.
	cacheTTL = time.Hour
)

// wide is a value of 256 bytes, which a cache cannot replace in one step.
type wide [256]byte

// BenchmarkCacheThroughput gets and sets keys that are there, from as many
// goroutines as there are procs: with reads=75, three of four operations are a
// Get and the fourth is a Set. Nothing is evicted and nothing expires.
func BenchmarkCacheThroughput(b *testing.B) {
	ints := sync.OnceValue(func() []int { return zipfStream[int](cacheEntries) })
	strings := sync.OnceValue(func() []string { return zipfStream[string](cacheEntries) })
	for _, reads := range []int{100, 75, 50, 0} {
		b.Run(fmt.Sprintf("reads=%d", reads), func(b *testing.B) {
			eachTTL(b, func(b *testing.B, ttl time.Duration) {
				b.Run("key=int/value=word", func(b *testing.B) { benchmarkMix[int, int](b, reads, ttl, ints) })
				b.Run("key=int/value=256B", func(b *testing.B) { benchmarkMix[int, wide](b, reads, ttl, ints) })
				b.Run("key=string/value=word", func(b *testing.B) { benchmarkMix[string, int](b, reads, ttl, strings) })
				b.Run("key=string/value=256B", func(b *testing.B) { benchmarkMix[string, wide](b, reads, ttl, strings) })
			})
		})
	}
}

// BenchmarkCacheInsert sets one new key after another in a full cache, so that
// each Set evicts, or is refused.
func BenchmarkCacheInsert(b *testing.B) {
	eachTTL(b, func(b *testing.B, ttl time.Duration) {
		b.Run("key=int/value=word", benchmarkInsert[int, int](ttl))
		b.Run("key=int/value=256B", benchmarkInsert[int, wide](ttl))
		b.Run("key=string/value=word", benchmarkInsert[string, int](ttl))
		b.Run("key=string/value=256B", benchmarkInsert[string, wide](ttl))
	})
}

func eachTTL(b *testing.B, run func(b *testing.B, ttl time.Duration)) {
	b.Run("ttl=no", func(b *testing.B) { run(b, 0) })
	b.Run("ttl=yes", func(b *testing.B) { run(b, cacheTTL) })
}

// benchmarkMix reads and writes a stream of keys, each goroutine from a place of
// its own.
func benchmarkMix[K cacheKey, V any](b *testing.B, reads int, ttl time.Duration, lazyStream func() []K) {
	stream := lazyStream()
	readsOfFour := reads * 4 / 100
	config := cacheConfig{max: roomyCache, ttl: ttl}
	eachCache(b, config, residentKey[K](), func(b *testing.B, c *cacheClient[K, V]) {
		var goroutines, misses atomic.Int64
		var value V
		b.RunParallel(func(pb *testing.PB) {
			missed := 0
			for i := place(goroutines.Add(1)); pb.Next(); i++ {
				key := stream[i&(len(stream)-1)]
				if i&3 >= readsOfFour {
					c.set(key, value)
				} else if _, ok := c.get(key); !ok {
					missed++
				}
			}
			misses.Add(int64(missed))
		})
		if misses.Load() > 0 && !probe(b) {
			b.Errorf("%d of %d operations missed a key that was set", misses.Load(), b.N)
		}
	})
}

// place returns where the g-th goroutine begins to read a stream of keys. The
// golden ratio keeps the places of any number of goroutines far apart.
func place(g int64) int { return int(uint32(g) * 0x9e3779b1) }

func benchmarkInsert[K cacheKey, V any](ttl time.Duration) func(*testing.B) {
	return func(b *testing.B) {
		config := cacheConfig{max: cacheEntries, ttl: ttl}
		key := newKey[K]()
		var taken atomic.Int64
		eachCache(b, config, key, func(b *testing.B, c *cacheClient[K, V]) {
			if probe(b) {
				taken.Store(cacheEntries) // the next cache will be filled with the keys below
			}
			var value V
			b.RunParallel(func(pb *testing.PB) {
				const block = 1024 // keys taken at a time, lest the counter be what is measured
				for i, end := 0, 0; pb.Next(); i++ {
					if i == end {
						end = int(taken.Add(block))
						i = end - block
					}
					c.set(key(i), value)
				}
			})
		})
	}
}

// eachCache runs a benchmark on each cache that can do it. A cache is made and
// filled once for each measurement, not again for each of the runs with which
// testing finds out how many operations to time. It is made anew with each
// -count, and with each -cpu, because caches look at GOMAXPROCS when they are
// made.
func eachCache[K cacheKey, V any](b *testing.B, config cacheConfig, key func(int) K, run func(*testing.B, *cacheClient[K, V])) {
	for _, impl := range cacheImpls[K, V](config) {
		var filled *cacheClient[K, V]
		closeFilled := func() {
			if filled != nil {
				filled.close()
				filled = nil
			}
		}
		b.Run("impl="+impl.name, func(b *testing.B) {
			b.ReportAllocs()
			if probe(b) {
				closeFilled()
				c := impl.open(b, config)
				defer c.close()
				run(b, c)
				return
			}
			if filled == nil {
				filled = impl.open(b, config)
				filled.fill(cacheEntries, key)
			}
			b.ResetTimer()
			run(b, filled)
		})
		closeFilled()
	}
}

// probe reports whether b asks for a single operation. Each measurement begins
// with that, and a smoke run asks for nothing else. An empty cache does for it:
// to fill hundreds of them would take a minute and show nothing.
func probe(b *testing.B) bool { return b.N == 1 }
