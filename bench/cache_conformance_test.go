package bench

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestCacheImpls checks that each cache does what the benchmarks take for
// granted; one that only seemed to store would win them all.
func TestCacheImpls(t *testing.T) {
	for _, ttl := range []time.Duration{0, cacheTTL} {
		config := cacheConfig{max: 1 << 11, ttl: ttl}
		t.Run("ttl="+ttl.String(), func(t *testing.T) {
			t.Run("key=int/value=word", func(t *testing.T) { testCacheImpls[int](t, config, 1, 2) })
			t.Run("key=int/value=256B", func(t *testing.T) { testCacheImpls[int](t, config, wide{1}, wide{2}) })
			t.Run("key=string/value=word", func(t *testing.T) { testCacheImpls[string](t, config, 1, 2) })
			t.Run("key=string/value=256B", func(t *testing.T) { testCacheImpls[string](t, config, wide{1}, wide{2}) })
		})
	}
}

func testCacheImpls[K cacheKey, V comparable](t *testing.T, config cacheConfig, first, second V) {
	key := newKey[K]()
	for _, impl := range cacheImpls[K, V](config) {
		t.Run("impl="+impl.name, func(t *testing.T) {
			c := impl.open(t, config)
			defer c.close()
			n := config.max / 2
			for _, value := range []V{first, second} {
				for i := range n {
					c.set(key(i), value)
					c.settle()
				}
				for i := range n {
					if got, ok := c.get(key(i)); got != value || !ok {
						t.Fatalf("get(%v) = %.20v, %t; want %.20v, true", key(i), got, ok, value)
					}
				}
			}
			if _, ok := c.get(key(n)); ok {
				t.Errorf("get of a key that was not set found a value")
			}
			if got := c.len(); got != n {
				t.Errorf("len() after %d keys, each set twice = %d; want %d", n, got, n)
			}

			// sturdyc evicts a tenth of a shard at a time, and a cache of
			// shards can be full in one and not in another.
			c.fill(4*config.max, key)
			if got := c.len(); got < config.max*4/5 || got > config.max {
				t.Errorf("len() of a full cache = %d; want %d or a little less", got, config.max)
			}
		})
	}
}

// TestCacheImplsExpire checks that each cache with a TTL has one.
func TestCacheImplsExpire(t *testing.T) {
	config := cacheConfig{max: 1024, ttl: time.Minute}
	for _, impl := range cacheImpls[string, int](config) {
		if impl.name == "golanglru" {
			continue // its goroutine never ends, as those of a synctest bubble must
		}
		t.Run("impl="+impl.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := impl.open(t, config)
				defer c.close()
				c.set("a", 1)
				c.settle()
				time.Sleep(config.ttl * 9 / 10)
				if _, ok := c.get("a"); !ok {
					t.Errorf("no value after nine tenths of the TTL")
				}
				time.Sleep(config.ttl * 2 / 10)
				if _, ok := c.get("a"); ok {
					t.Errorf("a value after more than the TTL, which a get must not extend")
				}
			})
		})
	}
}
