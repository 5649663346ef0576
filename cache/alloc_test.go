package cache_test

import (
	"context"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/internal/race"
)

// TestReadsDoNotAllocate holds for updates too where a value is one word.
func TestReadsDoNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	for name, o := range map[string]cache.Options[string, int]{
		"plain": {},
		"TTL":   {TTL: time.Hour},
		"full":  {TTL: time.Hour, IdleTTL: time.Hour, RefreshAfter: time.Hour, TTLJitter: 0.5},
	} {
		o.MaxEntries = 100
		o.Loader = func(context.Context, string) (int, error) { return 1, nil }
		c := newCache(t, o)
		c.Set("a", 1)
		ctx := t.Context()
		for call, f := range map[string]func(){
			"Get of what is there":     func() { c.Get("a") },
			"Get of what is not there": func() { c.Get("b") },
			"Peek":                     func() { c.Peek("a") },
			"SetIfAbsent":              func() { c.SetIfAbsent("a", 2) },
			"GetOrLoad":                func() { c.GetOrLoad(ctx, "a") },
			"Set of what is there":     func() { c.Set("a", 2) },
			"Delete of what is not":    func() { c.Delete("b") },
			"Len":                      func() { c.Len() },
		} {
			if n := testing.AllocsPerRun(100, f); n != 0 {
				t.Errorf("%s, %s: %v allocations; want 0", name, call, n)
			}
		}
	}
	big := newCache(t, cache.Options[string, triple]{MaxEntries: 100})
	big.Set("a", triple{})
	if n := testing.AllocsPerRun(100, func() { big.Get("a") }); n != 0 {
		t.Errorf("Get of three words: %v allocations; want 0", n)
	}
}

// TestInsertAllocatesOneNode counts what inserts cost beside the tables and
// queues, by letting them evict: those stay as they are then.
func TestInsertAllocatesOneNode(t *testing.T) {
	if race.Enabled || strconv.IntSize < 64 {
		t.Skip("needs 64-bit words and no race detector")
	}
	const entries, inserts = 1000, 10_000
	keys := make([]string, 2*entries+inserts)
	for i := range keys {
		keys[i] = strconv.Itoa(i)
	}
	for name, tt := range map[string]struct {
		ttl   time.Duration
		bytes float64
	}{"untimed": {0, 32}, "timed": {time.Hour, 48}} {
		c := newCache(t, cache.Options[string, int]{MaxEntries: entries, TTL: tt.ttl, Shards: 1})
		for _, key := range keys[:2*entries] {
			c.Set(key, 1)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, key := range keys[2*entries:] {
			c.Set(key, 1)
		}
		runtime.ReadMemStats(&after)
		// Queues that have gaps are packed now and then.
		allocs := float64(after.Mallocs-before.Mallocs) / inserts
		bytes := float64(after.TotalAlloc-before.TotalAlloc) / inserts
		if allocs > 1.05 || bytes > tt.bytes*1.1 {
			t.Errorf("%s: an insert costs %.2f allocations and %.1f bytes; want 1 and %v", name, allocs, bytes, tt.bytes)
		}
		c.Close()
	}
}
