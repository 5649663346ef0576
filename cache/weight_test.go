package cache_test

import (
	"math"
	"slices"
	"testing"

	"github.com/goplinth/plinth/cache"
)

// byValue is a Weigher.
func byValue[K comparable](_ K, v int) uint32 { return uint32(v) }

func TestHeavierThanTheBudget(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxWeight: 100, Weigher: byValue[string], OnEvict: left.record})
	c.Set("a", 60)
	c.Set("b", 40)
	c.Set("c", 101) // must evict nothing
	expectLeft(t, &left, "Set of a new key", "c=101 rejected")
	c.Set("a", -1) // the greatest weight
	expectLeft(t, &left, "Set of a key that is there", "a=60 replaced", "a=-1 rejected")
	expectGet(t, c, "after it was replaced by what is too heavy", "a", 0)
	if n, w := c.Len(), c.Weight(); n != 1 || w != 40 {
		t.Errorf("Len() = %d, Weight() = %d; want 1, 40", n, w)
	}
	c.Set("a", 100)
	expectLeft(t, &left, "Set of what is as heavy as the budget", "b=40 evicted")
}

func TestGreatestWeights(t *testing.T) {
	c := newCache(t, cache.Options[int, int]{MaxWeight: math.MaxInt64, Weigher: func(int, int) uint32 { return math.MaxUint32 }})
	for i := range 1000 {
		c.Set(i, i)
	}
	if n, w, want := c.Len(), c.Weight(), uint64(1000*math.MaxUint32); n != 1000 || w != want {
		t.Errorf("Len() = %d, Weight() = %d; want 1000, %d", n, w, want)
	}
	c = newCache(t, cache.Options[int, int]{MaxWeight: 3*math.MaxUint32 + 1, Weigher: func(int, int) uint32 { return math.MaxUint32 }})
	for i := range 1000 {
		c.Set(i%7, i)
		if n := c.Len(); n > 3 {
			t.Fatalf("Len() = %d; want at most 3", n)
		}
	}
	if err := c.Check(); err != nil || c.Len() != 3 {
		t.Errorf("Len() = %d, Check() = %v; want 3, nil", c.Len(), err)
	}
}

func TestPinned(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10, MaxWeight: 10, Weigher: byValue[string], OnEvict: left.record})
	c.Set("pin", 0)
	for i := range 1000 {
		c.Set(string(rune('a'+i%26)), i%10+1)
	}
	if v, ok := c.Get("pin"); v != 0 || !ok {
		t.Errorf("Get(pin) = %d, %v; want 0, true", v, ok)
	}
	if slices.Contains(left.take(), "pin=0 evicted") {
		t.Error("a pinned entry was evicted")
	}

	// It can be unpinned and pinned again, and leave in every other way.
	c.Set("pin", 10)
	c.Set("x", 1)
	if got := left.take(); !slices.Contains(got, "pin=10 evicted") {
		t.Errorf("OnEvict calls after it was unpinned = %q; want pin=10 evicted among them", got)
	}
	c.Set("x", 0)
	c.Set("y", 10)
	c.Set("z", 10)
	if !slices.Contains(left.take(), "y=10 evicted") {
		t.Error("y was not evicted")
	}
	if v, ok := c.Delete("x"); v != 0 || !ok {
		t.Errorf("Delete(x), which is pinned = %d, %v; want 0, true", v, ok)
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

// TestAllPinned fills a cache with what may not be evicted: there is no room
// for more, and no reason to search for ever.
func TestAllPinned(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxEntries: 2, MaxWeight: 10, Weigher: byValue[string], OnEvict: left.record})
	c.Set("a", 0)
	c.Set("b", 0)
	c.Set("c", 0)
	c.Set("d", 5)
	expectLeft(t, &left, "Set of new keys", "c=0 rejected", "d=5 rejected")
	c.Set("a", 5)
	expectLeft(t, &left, "Set of a pinned key", "a=0 replaced")
	c.Set("e", 5)
	expectLeft(t, &left, "Set of a new key", "a=5 evicted")
}

// TestWeightGrows updates an entry to be heavier: others make room for it, and
// it is not evicted to make room for itself.
func TestWeightGrows(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxWeight: 10, Weigher: byValue[string], OnEvict: left.record})
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		c.Set(key, 2)
	}
	c.Set("c", 10)
	got := left.take()
	slices.Sort(got)
	want := []string{"a=2 evicted", "b=2 evicted", "c=2 replaced", "d=2 evicted", "e=2 evicted"}
	if !slices.Equal(got, want) {
		t.Errorf("OnEvict calls = %q; want %q", got, want)
	}
	c.Set("c", 3)
	c.Set("a", 7)
	expectLeft(t, &left, "what c gave back is there for others", "c=10 replaced")
	if w := c.Weight(); w != 10 {
		t.Errorf("Weight() = %d; want 10", w)
	}
}

// TestWindowMakesRoomForItself makes the oldest entry of the window heavier
// while the main queue is empty: the other entry of the window has to leave.
func TestWindowMakesRoomForItself(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxWeight: 40, Shards: 1, Weigher: byValue[string], OnEvict: left.record})
	for i := range 20 {
		c.Set(string(rune('a'+i)), 2)
	}
	for i := range 18 { // these are in the main queue
		c.Delete(string(rune('a' + i)))
	}
	left.take()
	c.Set("s", 39)
	expectLeft(t, &left, "the other entry makes room", "t=2 evicted", "s=2 replaced")
	if v, ok := c.Get("s"); v != 39 || !ok {
		t.Errorf("Get = %d, %v; want 39, true", v, ok)
	}
}

// TestResizeBelowPinned cannot evict what is pinned, and says so.
func TestResizeBelowPinned(t *testing.T) {
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10, MaxWeight: 10, Weigher: byValue[string]})
	for _, key := range []string{"a", "b", "c"} {
		c.Set(key, 0)
	}
	want := "cache: Resize to 2 (int): more entries than that are pinned (weight 0); delete some of them"
	if err := c.Resize(2); err == nil || err.Error() != want {
		t.Errorf("Resize(2) = %v; want %s", err, want)
	}
	c.Delete("a")
	c.Set("d", 1)
	if _, ok := c.Get("d"); ok || c.Len() != 2 {
		t.Errorf("Get finds an entry beyond the limit, or Len() = %d; want 2", c.Len())
	}
	if err := c.Resize(3); err != nil {
		t.Errorf("Resize(3) = %v; want nil", err)
	}
}
