package cache_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/cache"
	"github.com/stretchr/testify/require"
)

func newCache[K comparable, V any](t testing.TB, o cache.Options[K, V]) *cache.Cache[K, V] {
	t.Helper()
	c, err := cache.New(o)
	require.NoError(t, err)
	return c
}

// departures records what OnEvict is called with, as "key=value cause".
type departures struct {
	mu   sync.Mutex
	list []string
}

func (d *departures) record(k string, v int, cause cache.Cause) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, fmt.Sprintf("%s=%d %v", k, v, cause))
}

// take returns what was recorded since the last take.
func (d *departures) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.list
	d.list = nil
	return list
}

func TestNewReportsEveryMistake(t *testing.T) {
	_, err := cache.New(cache.Options[string, int]{TTL: -time.Second})
	want := "cache: Options.MaxEntries is 0 (int): must be 1 or more, since an unbounded cache is a leak\n" +
		"cache: Options.TTL is -1s (time.Duration): must be positive, or 0 for entries that do not expire"
	if err == nil || err.Error() != want {
		t.Errorf("New error = %v; want %v", err, want)
	}
}

func TestEvictsTheLeastRecentlyUsed(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxEntries: 2, OnEvict: left.record})
	c.Set("a", 1)
	c.Set("b", 2)
	c.Get("a")
	for range c.All() { // looking is not using
	}
	c.Set("c", 3)
	if got, want := left.take(), []string{"b=2 evicted"}; !slices.Equal(got, want) {
		t.Errorf("OnEvict calls = %v; want %v", got, want)
	}
	if got, want := maps.Collect(c.All()), map[string]int{"a": 1, "c": 3}; !maps.Equal(got, want) {
		t.Errorf("All = %v; want %v", got, want)
	}
}

func TestOneEntry(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxEntries: 1, OnEvict: left.record})
	c.Set("a", 1)
	c.Set("a", 2)
	c.Set("b", 3)
	if v, ok := c.Delete("b"); v != 3 || !ok {
		t.Errorf("Delete(b) = %d, %v; want 3, true", v, ok)
	}
	if v, ok := c.Delete("b"); v != 0 || ok {
		t.Errorf("second Delete(b) = %d, %v; want 0, false", v, ok)
	}
	want := []string{"a=1 replaced", "a=2 evicted", "b=3 deleted"}
	if got := left.take(); !slices.Equal(got, want) {
		t.Errorf("OnEvict calls = %v; want %v", got, want)
	}
}

func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left departures
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, TTL: time.Minute, OnEvict: left.record})
		c.Set("default", 1)
		c.SetTTL("short", 2, time.Second)
		c.SetTTL("forever", 3, 0)
		c.SetTTL("huge", 4, math.MaxInt64)

		time.Sleep(time.Second - time.Nanosecond)
		if v, ok := c.Get("short"); v != 2 || !ok {
			t.Errorf("Get(short) just before its deadline = %d, %v; want 2, true", v, ok)
		}
		time.Sleep(time.Nanosecond)
		if v, ok := c.Get("short"); v != 0 || ok {
			t.Errorf("Get(short) at its deadline = %d, %v; want 0, false", v, ok)
		}
		if n := c.Len(); n != 3 {
			t.Errorf("Len() = %d; want 3", n)
		}
		time.Sleep(time.Hour)
		if got, want := maps.Collect(c.All()), map[string]int{"forever": 3, "huge": 4}; !maps.Equal(got, want) {
			t.Errorf("All after an hour = %v; want %v", got, want)
		}
		if got, want := left.take(), []string{"short=2 expired", "default=1 expired"}; !slices.Equal(got, want) {
			t.Errorf("OnEvict calls = %v; want %v", got, want)
		}
	})
}

func TestSetRenewsTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, TTL: time.Minute})
		c.Set("a", 1)
		time.Sleep(59 * time.Second)
		c.Set("a", 2)
		time.Sleep(59 * time.Second)
		if v, ok := c.Get("a"); v != 2 || !ok {
			t.Errorf("Get(a) = %d, %v; want 2, true", v, ok)
		}
		c.SetTTL("a", 3, 0)
		time.Sleep(time.Hour)
		if v, ok := c.Get("a"); v != 3 || !ok {
			t.Errorf("Get(a) without a deadline = %d, %v; want 3, true", v, ok)
		}
	})
}

func TestNegativeTTLHasExpired(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxEntries: 1, OnEvict: left.record})
	c.Set("a", 1)
	c.SetTTL("b", 2, -1) // must not evict a
	c.SetTTL("a", 3, -1)
	if n := c.Len(); n != 0 {
		t.Errorf("Len() = %d; want 0", n)
	}
	want := []string{"b=2 expired", "a=1 replaced", "a=3 expired"}
	if got := left.take(); !slices.Equal(got, want) {
		t.Errorf("OnEvict calls = %v; want %v", got, want)
	}
}

func TestNaNKeysAreRejected(t *testing.T) {
	var causes []cache.Cause
	c := newCache(t, cache.Options[float64, int]{MaxEntries: 2, OnEvict: func(_ float64, _ int, cause cache.Cause) {
		causes = append(causes, cause)
	}})
	for range 10 {
		c.Set(math.NaN(), 1)
	}
	if _, ok := c.Get(math.NaN()); ok || c.Len() != 0 {
		t.Errorf("a NaN was kept: Len() = %d", c.Len())
	}
	if len(causes) != 10 || causes[0] != cache.Rejected {
		t.Errorf("causes = %v; want rejected 10 times", causes)
	}
}

// TestUnhashableKey checks that the panic of the Go map leaves the cache
// usable.
func TestUnhashableKey(t *testing.T) {
	c := newCache(t, cache.Options[any, int]{MaxEntries: 2})
	func() {
		defer func() { recover() }()
		c.Set([]int{1}, 1)
	}()
	c.Set("a", 1)
	if v, ok := c.Get("a"); v != 1 || !ok {
		t.Errorf("Get(a) after an unhashable key = %d, %v; want 1, true", v, ok)
	}
}

func TestOnEvictMayCallTheCache(t *testing.T) {
	var c *cache.Cache[int, int]
	c = newCache(t, cache.Options[int, int]{MaxEntries: 2, OnEvict: func(k, v int, cause cache.Cause) {
		if cause == cache.Evicted && k < 100 {
			c.Set(k+100, v)
			c.Delete(k + 99)
			c.Len()
		}
	}})
	for i := range 10 {
		c.Set(i, i)
	}
	if n := c.Len(); n > 2 {
		t.Errorf("Len() = %d; want at most 2", n)
	}
}

func TestAllWhileTheLoopChangesTheCache(t *testing.T) {
	c := newCache(t, cache.Options[int, int]{MaxEntries: 10})
	for i := range 10 {
		c.Set(i, i)
	}
	seen := 0
	for k, v := range c.All() {
		if k != v {
			t.Errorf("All yields %d, %d", k, v)
		}
		seen++
		for i := range 10 {
			if i != k {
				c.Delete(i)
			}
		}
	}
	if seen != 1 {
		t.Errorf("All yielded %d entries, of which all but the first were deleted; want 1", seen)
	}
	for range c.All() {
		break
	}
}

func TestCauseString(t *testing.T) {
	for cause, want := range map[cache.Cause]string{
		cache.Evicted: "evicted", cache.Expired: "expired", cache.Replaced: "replaced",
		cache.Deleted: "deleted", cache.Rejected: "rejected", 0: "Cause(0)",
	} {
		if got := cause.String(); got != want {
			t.Errorf("Cause(%d).String() = %q; want %q", uint8(cause), got, want)
		}
	}
}

// model is the cache as a slice, most recently used first.
type model struct {
	max     int
	entries []modelEntry
	left    []string
}

type modelEntry struct {
	key      string
	value    int
	deadline time.Time
}

func (m *model) drop(i int, cause cache.Cause) {
	m.left = append(m.left, fmt.Sprintf("%s=%d %v", m.entries[i].key, m.entries[i].value, cause))
	m.entries = slices.Delete(m.entries, i, i+1)
}

func (m *model) expire() {
	for {
		first := -1
		for i, e := range m.entries {
			if !e.deadline.IsZero() && !time.Now().Before(e.deadline) && (first < 0 || e.deadline.Before(m.entries[first].deadline)) {
				first = i
			}
		}
		if first < 0 {
			return
		}
		m.drop(first, cache.Expired)
	}
}

func (m *model) find(key string) int {
	return slices.IndexFunc(m.entries, func(e modelEntry) bool { return e.key == key })
}

func (m *model) get(key string) (int, bool) {
	m.expire()
	i := m.find(key)
	if i < 0 {
		return 0, false
	}
	e := m.entries[i]
	m.entries = slices.Insert(slices.Delete(m.entries, i, i+1), 0, e)
	return e.value, true
}

func (m *model) set(key string, value int, ttl time.Duration) {
	m.expire()
	if i := m.find(key); i >= 0 {
		m.drop(i, cache.Replaced)
	}
	if ttl < 0 {
		m.left = append(m.left, fmt.Sprintf("%s=%d %v", key, value, cache.Expired))
		return
	}
	if len(m.entries) == m.max {
		m.drop(len(m.entries)-1, cache.Evicted)
	}
	e := modelEntry{key: key, value: value}
	if ttl > 0 {
		e.deadline = time.Now().Add(ttl)
	}
	m.entries = slices.Insert(m.entries, 0, e)
}

func (m *model) delete(key string) (int, bool) {
	m.expire()
	i := m.find(key)
	if i < 0 {
		return 0, false
	}
	value := m.entries[i].value
	m.drop(i, cache.Deleted)
	return value, true
}

// TestAgreesWithModel runs random operations on a cache and on its model and
// compares every result and every OnEvict call, in order.
func TestAgreesWithModel(t *testing.T) {
	for _, maxEntries := range []int{1, 2, 5} {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(maxEntries), 1))
			var left departures
			c := newCache(t, cache.Options[string, int]{MaxEntries: maxEntries, OnEvict: left.record})
			m := &model{max: maxEntries}
			nextTTL := time.Duration(0)
			for step := range 5000 {
				key := string(rune('a' + rng.IntN(8)))
				var got, want []any
				switch op := rng.IntN(10); op {
				case 0, 1, 2:
					v1, ok1 := c.Get(key)
					v2, ok2 := m.get(key)
					got, want = []any{v1, ok1}, []any{v2, ok2}
				case 3, 4, 5:
					// No two deadlines are the same, so their order is defined.
					nextTTL++
					ttl := time.Duration(rng.IntN(4))*time.Second + nextTTL - time.Second
					c.SetTTL(key, step, ttl)
					m.set(key, step, ttl)
				case 6:
					c.Set(key, step)
					m.set(key, step, 0)
				case 7:
					v1, ok1 := c.Delete(key)
					v2, ok2 := m.delete(key)
					got, want = []any{v1, ok1}, []any{v2, ok2}
				case 8:
					m.expire()
					got, want = []any{c.Len()}, []any{len(m.entries)}
				case 9:
					time.Sleep(time.Duration(rng.IntN(1000)) * time.Millisecond)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("step %d: the cache returned %v; want %v", step, got, want)
				}
				if got := left.take(); !slices.Equal(got, m.left) {
					t.Fatalf("step %d: OnEvict calls %v; want %v", step, got, m.left)
				}
				m.left = nil
			}
		})
	}
}

// TestConcurrentUse checks under many goroutines that the bound holds, that
// every value that went in comes out exactly once, and that nobody reads a
// value under a key it was not set for.
func TestConcurrentUse(t *testing.T) {
	const writers, perWriter, maxEntries = 8, 2000, 50
	var mu sync.Mutex
	out := make(map[string]int)
	c := newCache(t, cache.Options[int, string]{MaxEntries: maxEntries, TTL: time.Hour, OnEvict: func(_ int, v string, _ cache.Cause) {
		mu.Lock()
		defer mu.Unlock()
		out[v]++
	}})
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range perWriter {
				key := rng.IntN(100)
				c.Set(key, fmt.Sprintf("%d/%d/%d", key, w, i))
				if n := c.Len(); n > maxEntries {
					t.Errorf("Len() = %d; want at most %d", n, maxEntries)
				}
				key = rng.IntN(100)
				if v, ok := c.Get(key); ok && !strings.HasPrefix(v, fmt.Sprintf("%d/", key)) {
					t.Errorf("Get(%d) = %q", key, v)
				}
				if i%10 == 0 {
					c.Delete(key)
				}
			}
		})
	}
	wg.Wait()
	for key, v := range c.All() {
		if got, ok := c.Delete(key); !ok || got != v {
			t.Errorf("Delete(%d) = %q, %v; want %q, true", key, got, ok, v)
		}
	}
	if len(out) != writers*perWriter {
		t.Errorf("%d different values left the cache; want %d", len(out), writers*perWriter)
	}
	for v, n := range out {
		if n != 1 {
			t.Errorf("OnEvict was called %d times for %q; want once", n, v)
		}
	}
}
