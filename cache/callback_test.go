package cache_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/goplinth/plinth/cache"
)

// TestOnEvictMayCallTheCache calls every method from OnEvict, for every cause.
func TestOnEvictMayCallTheCache(t *testing.T) {
	for _, shards := range []int{1, 8} {
		var c *cache.Cache[int, int]
		seen := make(map[cache.Cause]int)
		c = newCache(t, cache.Options[int, int]{MaxEntries: 4, Shards: shards, OnEvict: func(k, v int, cause cache.Cause) {
			seen[cause]++
			if k >= 100 { // what is set below leaves as well
				return
			}
			c.Get(k)
			c.Set(k+100, v)
			c.SetTTL(k+200, v, time.Hour)
			c.SetIfAbsent(k+300, v)
			c.Compute(k+100, func(int, bool) (int, cache.Op) { return v, cache.Replace })
			c.Compute(k+100, func(int, bool) (int, cache.Op) { return v, cache.Remove })
			if _, err := c.GetOrLoadFunc(context.Background(), k+400, func(context.Context, int) (int, error) { return v, nil }); err != nil {
				t.Errorf("GetOrLoadFunc in OnEvict = %v; want nil", err)
			}
			c.Delete(k + 100)
			for key := range c.All() {
				c.Peek(key)
			}
			switch v % 5 {
			case 0:
				c.Clear()
			case 1:
				if err := c.Resize(2 + v%4); err != nil {
					t.Errorf("Resize in OnEvict = %v; want nil", err)
				}
			case 2:
				c.DeleteFunc(func(k, _ int) bool { return k > 100 })
			}
		}})
		for i := range 200 {
			c.Set(i%20, i)
			c.SetTTL(i%20, i, -1)
			c.Set(i%20, i)
			c.Set(i%20, i)
			c.Delete((i + 3) % 20)
		}
		for _, cause := range []cache.Cause{cache.Evicted, cache.Expired, cache.Replaced, cache.Deleted} {
			if seen[cause] == 0 {
				t.Errorf("no value was %v", cause)
			}
		}
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
}

// TestOnEvictMayComputeTheSameKey is about the one call that waits for another.
func TestOnEvictMayComputeTheSameKey(t *testing.T) {
	var c *cache.Cache[string, int]
	nested := false
	c = newCache(t, cache.Options[string, int]{MaxEntries: 4, OnEvict: func(k string, v int, cause cache.Cause) {
		if !nested {
			nested = true
			c.Compute(k, func(old int, _ bool) (int, cache.Op) { return old + 10, cache.Replace })
		}
	}})
	c.Set("a", 1)
	c.Compute("a", func(int, bool) (int, cache.Op) { return 2, cache.Replace })
	if v, ok := c.Get("a"); v != 12 || !ok {
		t.Errorf("Get(a) = %d, %v; want 12, true", v, ok)
	}
}

// TestPanickingOnEvict makes OnEvict panic in every call that makes values
// leave. Each value is still reported once, and the cache is sound.
func TestPanickingOnEvict(t *testing.T) {
	for name, call := range map[string]func(*cache.Cache[string, int]){
		"Set":    func(c *cache.Cache[string, int]) { c.Set("a", 9) },
		"evict":  func(c *cache.Cache[string, int]) { c.Set("e", 9) },
		"SetTTL": func(c *cache.Cache[string, int]) { c.SetTTL("a", 9, -1) },
		"Delete": func(c *cache.Cache[string, int]) { c.Delete("a") },
		"Clear":  func(c *cache.Cache[string, int]) { c.Clear() },
		"Resize": func(c *cache.Cache[string, int]) { c.Resize(1) },
		"Replace": func(c *cache.Cache[string, int]) {
			c.Compute("a", func(int, bool) (int, cache.Op) { return 9, cache.Replace })
		},
		"Remove": func(c *cache.Cache[string, int]) {
			c.Compute("a", func(int, bool) (int, cache.Op) { return 9, cache.Remove })
		},
		"f itself": func(c *cache.Cache[string, int]) {
			c.Compute("a", func(int, bool) (int, cache.Op) { panic("on purpose") })
		},
	} {
		calls := make(map[string]int)
		var panicking bool
		c := newCache(t, cache.Options[string, int]{MaxEntries: 4, OnEvict: func(k string, v int, _ cache.Cause) {
			calls[fmt.Sprint(k, v)]++
			if panicking {
				panic("on purpose")
			}
		}})
		for i, key := range []string{"a", "b", "c", "d"} {
			c.Set(key, i)
		}
		panicking = true
		func() {
			defer func() {
				if v := recover(); v != "on purpose" {
					t.Errorf("%s: recovered %v; want the panic of OnEvict", name, v)
				}
			}()
			call(c)
		}()
		panicking = false
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		c.Compute("a", func(int, bool) (int, cache.Op) { return 8, cache.Replace }) // no lock is left, and no computation
		if v, ok := c.Get("a"); v != 8 || !ok {
			t.Errorf("%s: Get(a) afterwards = %d, %v; want 8, true", name, v, ok)
		}
		c.Resize(4)
		c.Clear()
		for i, key := range []string{"a", "b", "c", "d"} {
			if n := calls[fmt.Sprint(key, i)]; n != 1 {
				t.Errorf("%s: OnEvict was called %d times for %s=%d; want once", name, n, key, i)
			}
		}
	}
}

// TestPanicDuringLoad makes the functions panic that a load calls on its own
// goroutine, where nobody could recover.
func TestPanicDuringLoad(t *testing.T) {
	one := func(context.Context, string) (int, error) { return 1, nil }
	for name, o := range map[string]cache.Options[string, int]{
		"OnEvict": {OnEvict: func(string, int, cache.Cause) { panic("on purpose") }},
		"Expiry":  {Expiry: func(_ string, v int) time.Duration { return time.Duration(1 / (v - 1)) }},
		"Weigher": {MaxWeight: 10, Weigher: func(_ string, v int) uint32 { return uint32(1 / (v - 1)) }},
	} {
		o.MaxEntries = 1
		c := newCache(t, o)
		c.Set("b", 3)
		_, err := c.GetOrLoadFunc(t.Context(), "a", one)
		if _, ok := errors.AsType[*cache.PanicError](err); !ok {
			t.Errorf("%s: GetOrLoadFunc = %v; want a *PanicError", name, err)
		}
		if n := c.Loading(); n != 0 {
			t.Errorf("%s: %d loads are still registered; want 0", name, n)
		}
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestComputeWithoutFunction(t *testing.T) {
	defer func() {
		if v := recover(); v != "cache: Compute needs a function" {
			t.Errorf("Compute(nil) panics with %v", v)
		}
	}()
	newCache(t, cache.Options[string, int]{MaxEntries: 1}).Compute("a", nil)
}

// TestComputeThatIsTurnedAway checks what Compute returns when what it was
// given is not kept.
func TestComputeThatIsTurnedAway(t *testing.T) {
	c := newCache(t, cache.Options[string, int]{
		MaxWeight: 10,
		Weigher:   func(_ string, v int) uint32 { return uint32(v) },
		Expiry:    func(_ string, v int) time.Duration { return time.Duration(min(v-1, 0)) },
	})
	for _, value := range []int{11, 0} { // too heavy, expired
		c.Set("a", 5)
		v, ok := c.Compute("a", func(int, bool) (int, cache.Op) { return value, cache.Replace })
		if v != 0 || ok {
			t.Errorf("Compute that stores %d = %d, %v; want 0, false", value, v, ok)
		}
	}
}
