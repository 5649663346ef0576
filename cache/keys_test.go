package cache_test

import (
	"math"
	"testing"

	"github.com/goplinth/plinth/cache"
)

// TestNaNKeys calls every method with a key that is not equal to itself.
func TestNaNKeys(t *testing.T) {
	type key struct {
		name string
		f    float64
	}
	var causes []cache.Cause
	c := newCache(t, cache.Options[key, int]{MaxEntries: 2, OnEvict: func(_ key, _ int, cause cache.Cause) {
		causes = append(causes, cause)
	}})
	nan := key{"nan", math.NaN()}
	for range 3 {
		c.Set(nan, 1)
		c.SetTTL(nan, 1, 0)
		if v, loaded := c.SetIfAbsent(nan, 1); v != 1 || loaded {
			t.Errorf("SetIfAbsent(NaN, 1) = %d, %v; want 1, false", v, loaded)
		}
		if v, ok := c.Compute(nan, func(int, bool) (int, cache.Op) { return 1, cache.Replace }); v != 0 || ok {
			t.Errorf("Compute(NaN) = %d, %v; want 0, false", v, ok)
		}
	}
	if _, ok := c.Get(nan); ok || c.Len() != 0 {
		t.Errorf("a NaN was kept: Len() = %d", c.Len())
	}
	if _, ok := c.Delete(nan); ok {
		t.Error("Delete(NaN) found a value")
	}
	if len(causes) != 12 {
		t.Errorf("OnEvict was called %d times; want 12", len(causes))
	}
	for _, cause := range causes {
		if cause != cache.Rejected {
			t.Errorf("a NaN was %v; want rejected", cause)
		}
	}
}

// TestUnhashableKey checks that every method panics as a Go map does, and
// leaves no lock held.
func TestUnhashableKey(t *testing.T) {
	c := newCache(t, cache.Options[any, int]{MaxEntries: 10, Shards: 1})
	c.Set("a", 1)
	bad := any([]int{1})
	for name, call := range map[string]func(){
		"Get":         func() { c.Get(bad) },
		"Peek":        func() { c.Peek(bad) },
		"Set":         func() { c.Set(bad, 1) },
		"SetTTL":      func() { c.SetTTL(bad, 1, 1) },
		"SetIfAbsent": func() { c.SetIfAbsent(bad, 1) },
		"Delete":      func() { c.Delete(bad) },
		"Compute":     func() { c.Compute(bad, func(int, bool) (int, cache.Op) { return 1, cache.Replace }) },
		"GetOrLoad":   func() { c.GetOrLoad(t.Context(), bad) },
		"in a struct": func() { c.Set(struct{ any }{bad}, 1) },
	} {
		func() {
			defer func() {
				err, ok := recover().(error)
				if want := "runtime error: hash of unhashable type []int"; !ok || err.Error() != want {
					t.Errorf("%s of an unhashable key panics with %v; want %s", name, err, want)
				}
			}()
			call()
		}()
		if v, ok := c.Get("a"); v != 1 || !ok {
			t.Errorf("Get(a) after %s of an unhashable key = %d, %v; want 1, true", name, v, ok)
		}
		c.Set("a", 1)
	}
	c.Set(1, 2)
	c.Set(int64(1), 3) // equal keys have equal types
	if v, ok := c.Get(1); v != 2 || !ok {
		t.Errorf("Get(int 1) = %d, %v; want 2, true", v, ok)
	}
}

// TestHostileKeys fills caches with keys that have most of their bits in
// common, which crowd a table that takes its positions from the key.
func TestHostileKeys(t *testing.T) {
	const entries = 1 << 12
	for _, shards := range []int{1, 16} {
		for _, shift := range []int{0, 1, 7, 16, 20, 32, 40, 49} {
			c := newCache(t, cache.Options[uint64, int]{MaxEntries: entries, Shards: shards})
			for i := range entries {
				c.Set(uint64(i)<<shift, i)
			}
			share, far := c.Crowding()
			// Random hashes give a shard 256 entries at 16 shards, with a
			// deviation of 16, and a third of a step to each entry of a table
			// that is as full as it may be.
			if least := entries / shards / 2; share[0] < least || share[1] > entries/shards*2 {
				t.Errorf("keys << %d: a shard of %d has from %d to %d entries", shift, shards, share[0], share[1])
			}
			if far > entries {
				t.Errorf("keys << %d: %d entries are %d steps away from the groups of their hashes", shift, entries, far)
			}
		}
	}
}

// TestHashesDiffer checks that no two caches hash alike: keys that were found
// to collide in one say nothing about another.
func TestHashesDiffer(t *testing.T) {
	a := newCache(t, cache.Options[int, int]{MaxEntries: 1})
	b := newCache(t, cache.Options[int, int]{MaxEntries: 1})
	same := 0
	for key := range 100 {
		if a.Hash(key) == b.Hash(key) {
			same++
		}
	}
	if same > 1 {
		t.Errorf("two caches have %d of 100 hashes in common", same)
	}
}
