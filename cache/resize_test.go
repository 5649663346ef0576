package cache_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/goplinth/plinth/cache"
)

func TestResize(t *testing.T) {
	for _, shards := range []int{1, 8} {
		evicted := 0
		c := newCache(t, cache.Options[int, int]{MaxEntries: 100, Shards: shards, OnEvict: func(_, _ int, cause cache.Cause) {
			if cause != cache.Evicted {
				t.Errorf("Resize lets a value leave with the cause %v", cause)
			}
			evicted++
		}})
		next := 100 // keys that are not there
		fill := func(want int) {
			t.Helper()
			for range 2000 {
				c.Set(next, 0)
				next++
			}
			if n := c.Len(); n != want {
				t.Errorf("Len() = %d; want %d", n, want)
			}
		}
		for i := range 100 {
			c.Set(i, i)
		}
		for _, limit := range []int{100, 40, 1} {
			if err := c.Resize(limit); err != nil || c.Len() != limit || evicted != 100-limit {
				t.Errorf("Resize(%d) = %v, Len() = %d, %d evicted; want nil, %d, %d", limit, err, c.Len(), evicted, limit, 100-limit)
			}
			if err := c.Check(); err != nil {
				t.Error(err)
			}
		}
		fill(1)
		if err := c.Resize(500); err != nil || c.Len() != 1 {
			t.Errorf("Resize(500) = %v, Len() = %d; want nil, 1", err, c.Len())
		}
		fill(500)
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestResizeOfWeight(t *testing.T) {
	c := newCache(t, cache.Options[int, int]{MaxWeight: 100, Weigher: func(int, int) uint32 { return 3 }})
	for i := range 100 {
		c.Set(i, i)
	}
	if n, w := c.Len(), c.Weight(); n != 33 || w != 99 {
		t.Errorf("Len() = %d, Weight() = %d; want 33, 99", n, w)
	}
	if err := c.Resize(10); err != nil || c.Len() != 3 || c.Weight() != 9 {
		t.Errorf("Resize(10) = %v, Len() = %d, Weight() = %d; want nil, 3, 9", err, c.Len(), c.Weight())
	}
}

func TestResizeToNothing(t *testing.T) {
	c := newCache(t, cache.Options[int, int]{MaxEntries: 10})
	c.Set(1, 1)
	for _, limit := range []int{0, -1} {
		want := fmt.Sprintf("cache: Resize to %d (int): must be 1 or more", limit)
		if err := c.Resize(limit); err == nil || err.Error() != want {
			t.Errorf("Resize(%d) = %v; want %s", limit, err, want)
		}
	}
	if n := c.Len(); n != 1 {
		t.Errorf("Len() = %d; want 1", n)
	}
}

// TestBoundDuringResize checks that there is no moment without a bound.
func TestBoundDuringResize(t *testing.T) {
	const low, high = 10, 20
	c := newCache(t, cache.Options[int, int]{MaxEntries: high, Shards: 1})
	var stop atomic.Bool
	var wg sync.WaitGroup
	for g := range 2 {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				c.Set(i*2+g, i)
				if n := c.Len(); n > high {
					t.Errorf("Len() = %d; want at most %d", n, high)
					return
				}
				if i%16 == 0 {
					runtime.Gosched() // there may be one processor
				}
			}
		})
	}
	for i := range 20_000 {
		c.Resize(low + i%2*(high-low))
		if i%100 == 0 {
			runtime.Gosched()
		}
	}
	stop.Store(true)
	wg.Wait()
}

// TestHottestAndColdest checks what they yield first, and that one is the other
// backwards.
func TestHottestAndColdest(t *testing.T) {
	c := newCache(t, cache.Options[int, int]{MaxEntries: 1000, Shards: 4})
	for i := range 1000 {
		c.Set(i, i)
	}
	for range 3 {
		for i := 500; i < 600; i++ {
			c.Get(i)
		}
	}
	var hottest, coldest []int
	for key := range c.Hottest() {
		hottest = append(hottest, key)
	}
	for key := range c.Coldest() {
		coldest = append(coldest, key)
	}
	if got := len(slices.Compact(slices.Sorted(slices.Values(hottest)))); got != 1000 {
		t.Errorf("Hottest yields %d different keys; want 1000", got)
	}
	slices.Reverse(coldest)
	if !slices.Equal(hottest, coldest) {
		t.Error("Coldest is not Hottest backwards")
	}
	hot := 0
	for _, key := range hottest[:100] {
		if key >= 500 && key < 600 {
			hot++
		}
	}
	if hot < 80 { // the window, the latest tenth, has yet to prove itself
		t.Errorf("%d of the first 100 keys of Hottest are in use; want most of them", hot)
	}
	for range c.Hottest() {
		break
	}
}

func TestIterationWhileTheLoopChangesTheCache(t *testing.T) {
	for name, iterate := range map[string]func(c *cache.Cache[int, int], yield func(int, int) bool){
		"All":     func(c *cache.Cache[int, int], yield func(int, int) bool) { c.All()(yield) },
		"Hottest": func(c *cache.Cache[int, int], yield func(int, int) bool) { c.Hottest()(yield) },
		"Coldest": func(c *cache.Cache[int, int], yield func(int, int) bool) { c.Coldest()(yield) },
	} {
		c := newCache(t, cache.Options[int, int]{MaxEntries: 100, Shards: 4})
		for i := range 100 {
			c.Set(i, i)
		}
		seen := make(map[int]bool)
		iterate(c, func(k, v int) bool {
			if seen[k] {
				t.Errorf("%s yields %d twice", name, k)
			}
			if v != k && v != -k {
				t.Errorf("%s yields %d for %d", name, v, k)
			}
			seen[k] = true
			c.Delete((k + 1) % 100)
			c.Set((k+2)%100, -(k+2)%100)
			c.Set(k, -k)
			c.Set(1000+k, -1000-k) // evicts
			if len(seen) == 20 {
				c.Resize(50)
			}
			return len(seen) < 60
		})
		if len(seen) < 20 || len(seen) > 60 {
			t.Errorf("%s yielded %d entries", name, len(seen))
		}
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
	c := newCache(t, cache.Options[int, int]{MaxEntries: 10})
	c.Set(1, 1)
	c.Set(2, 2)
	n := 0
	for range c.All() {
		n++
		c.Clear()
	}
	if n != 1 || len(maps.Collect(c.All())) != 0 {
		t.Errorf("All yielded %d entries though the loop removed all others; want 1", n)
	}
}
