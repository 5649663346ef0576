package cache_test

import (
	"context"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/goplinth/plinth/cache"
)

// TestDroppedCacheIsCollected drops caches in every state that could keep them
// alive: with a timer, after Close, and after loads.
func TestDroppedCacheIsCollected(t *testing.T) {
	type ints = cache.Cache[int, *[1 << 10]byte]
	value := new([1 << 10]byte)
	load := func(context.Context, int) (*[1 << 10]byte, error) { return value, nil }
	for name, use := range map[string]func(*ints){
		"empty":  func(*ints) {},
		"set":    func(c *ints) { c.Set(1, value) },
		"closed": func(c *ints) { c.Set(1, value); c.Close() },
		"timed":  func(c *ints) { c.SetTTL(1, value, time.Hour) },
		"timed and closed": func(c *ints) {
			c.SetTTL(1, value, time.Hour)
			c.Close()
		},
		"loaded":  func(c *ints) { c.GetOrLoadFunc(context.Background(), 1, load) },
		"resized": func(c *ints) { c.Set(1, value); c.Resize(1); c.Clear() },
		"looped": func(c *ints) {
			c.Set(1, value)
			for range c.All() {
			}
		},
	} {
		for _, ttl := range []time.Duration{0, time.Hour} {
			p := func() weak.Pointer[ints] {
				c := newCache(t, cache.Options[int, *[1 << 10]byte]{MaxEntries: 100, TTL: ttl, IdleTTL: ttl})
				use(c)
				return weak.Make(c)
			}()
			deadline := time.Now().Add(10 * time.Second)
			for p.Value() != nil {
				if time.Now().After(deadline) {
					t.Errorf("%s, TTL %v: the cache was not collected", name, ttl)
					break
				}
				runtime.GC()
			}
		}
	}
}

// TestRemovedValueIsCollected checks that nothing in the cache holds on to what
// has left it.
func TestRemovedValueIsCollected(t *testing.T) {
	type big [1 << 10]byte
	for name, remove := range map[string]func(*cache.Cache[int, *big]){
		"Delete":  func(c *cache.Cache[int, *big]) { c.Delete(0) },
		"Clear":   func(c *cache.Cache[int, *big]) { c.Clear() },
		"Replace": func(c *cache.Cache[int, *big]) { c.Set(0, new(big)) },
		"SetTTL":  func(c *cache.Cache[int, *big]) { c.SetTTL(0, nil, -1) },
		"Remove": func(c *cache.Cache[int, *big]) {
			c.Compute(0, func(*big, bool) (*big, cache.Op) { return nil, cache.Remove })
		},
		"evict": func(c *cache.Cache[int, *big]) {
			for i := range 1000 {
				c.Set(1000+i, nil)
			}
			c.Delete(0)
		},
	} {
		c := newCache(t, cache.Options[int, *big]{MaxEntries: 10, Shards: 1})
		for i := range 3 {
			c.Set(i+1, nil)
		}
		p := func() weak.Pointer[big] {
			v := new(big)
			c.Set(0, v)
			return weak.Make(v)
		}()
		remove(c)
		deadline := time.Now().Add(10 * time.Second)
		for p.Value() != nil {
			if time.Now().After(deadline) {
				t.Errorf("%s: the value is still held", name)
				break
			}
			runtime.GC()
		}
		runtime.KeepAlive(c)
	}
}
