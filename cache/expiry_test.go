package cache_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/cache"
)

// expectGet checks what Get returns; a want of 0 stands for no value.
func expectGet(t *testing.T, c *cache.Cache[string, int], when, key string, want int) {
	t.Helper()
	if v, ok := c.Get(key); v != want || ok != (want != 0) {
		t.Errorf("%s: Get(%s) = %d, %v; want %d, %v", when, key, v, ok, want, want != 0)
	}
}

func expectLeft(t *testing.T, left *departures, when string, want ...string) {
	t.Helper()
	if got := left.take(); !slices.Equal(got, want) {
		t.Errorf("%s: OnEvict calls = %q; want %q", when, got, want)
	}
}

// TestDeadline looks at an entry a nanosecond before its deadline, and at it,
// with every method that can.
func TestDeadline(t *testing.T) {
	// Each returns the value that it finds for a, and 0 if there is none.
	methods := map[string]func(*cache.Cache[string, int]) int{
		"Get":    func(c *cache.Cache[string, int]) int { v, _ := c.Get("a"); return v },
		"Peek":   func(c *cache.Cache[string, int]) int { v, _ := c.Peek("a"); return v },
		"Delete": func(c *cache.Cache[string, int]) int { v, _ := c.Delete("a"); return v },
		"All":    func(c *cache.Cache[string, int]) int { return maps.Collect(c.All())["a"] },
		"Hottest": func(c *cache.Cache[string, int]) int {
			return maps.Collect(c.Hottest())["a"]
		},
		"SetIfAbsent": func(c *cache.Cache[string, int]) int {
			if v, loaded := c.SetIfAbsent("a", 7); loaded {
				return v
			}
			return 0
		},
		"Compute": func(c *cache.Cache[string, int]) (found int) {
			c.Compute("a", func(old int, _ bool) (int, cache.Op) { found = old; return 0, cache.Keep })
			return found
		},
		"GetOrLoad": func(c *cache.Cache[string, int]) int {
			v, _ := c.GetOrLoadFunc(context.Background(), "a", func(context.Context, string) (int, error) { return 0, nil })
			return v
		},
		"DeleteFunc": func(c *cache.Cache[string, int]) (found int) {
			c.DeleteFunc(func(_ string, v int) bool { found = v; return false })
			return found
		},
	}
	for name, look := range methods {
		for _, early := range []time.Duration{1, 0} {
			synctest.Test(t, func(t *testing.T) {
				c := newCache(t, cache.Options[string, int]{MaxEntries: 10, TTL: time.Minute})
				c.Set("a", 1)
				time.Sleep(time.Minute - early)
				if got, want := look(c), int(early); got != want {
					t.Errorf("%s %v before the deadline finds %d; want %d", name, early, got, want)
				}
			})
		}
	}
}

func TestSetTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left departures
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, TTL: time.Minute, OnEvict: left.record})
		c.Set("default", 1)
		c.SetTTL("short", 2, time.Second)
		c.SetTTL("forever", 3, 0)
		c.SetTTL("huge", 4, math.MaxInt64)
		time.Sleep(time.Second - 1)
		expectGet(t, c, "just before its deadline", "short", 2)
		time.Sleep(time.Nanosecond)
		expectGet(t, c, "at its deadline", "short", 0)
		expectGet(t, c, "before its deadline", "default", 1)
		time.Sleep(time.Hour)
		synctest.Wait()
		if got, want := maps.Collect(c.All()), map[string]int{"forever": 3, "huge": 4}; !maps.Equal(got, want) {
			t.Errorf("All after an hour = %v; want %v", got, want)
		}
		expectLeft(t, &left, "after an hour", "short=2 expired", "default=1 expired")
	})
}

func TestSetRenewsTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, TTL: time.Minute})
		c.Set("a", 1)
		time.Sleep(59 * time.Second)
		c.Set("a", 2)
		time.Sleep(59 * time.Second)
		expectGet(t, c, "after a second Set", "a", 2)
		c.SetTTL("a", 3, 0)
		time.Sleep(time.Hour)
		expectGet(t, c, "without a deadline", "a", 3)
		c.SetTTL("a", 4, time.Second)
		time.Sleep(time.Second)
		expectGet(t, c, "with a deadline again", "a", 0)
	})
}

func TestSetWithNegativeTTL(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxEntries: 1, OnEvict: left.record})
	c.Set("a", 1)
	c.SetTTL("b", 2, -1) // must not evict a
	c.SetTTL("a", 3, -1)
	if n := c.Len(); n != 0 {
		t.Errorf("Len() = %d; want 0", n)
	}
	expectLeft(t, &left, "at once", "b=2 expired", "a=1 replaced", "a=3 expired")
}

func TestExpiryOverridesTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options[string, int]{
			MaxEntries: 10, TTL: time.Minute,
			Expiry: func(_ string, v int) time.Duration { return time.Duration(v) * time.Second },
		})
		c.Set("a", 2)
		c.Set("b", 120)
		c.SetIfAbsent("c", 2)
		c.Compute("d", func(int, bool) (int, cache.Op) { return 2, cache.Replace })
		if _, err := c.GetOrLoadFunc(t.Context(), "e", func(context.Context, string) (int, error) { return 2, nil }); err != nil {
			t.Fatal(err)
		}
		c.SetTTL("f", 2, time.Minute) // overrides Expiry in turn
		c.Set("g", -1)
		time.Sleep(2*time.Second - 1)
		if got, want := maps.Collect(c.All()), (map[string]int{"a": 2, "b": 120, "c": 2, "d": 2, "e": 2, "f": 2}); !maps.Equal(got, want) {
			t.Errorf("All just before 2s = %v; want %v", got, want)
		}
		time.Sleep(time.Nanosecond)
		if got, want := maps.Collect(c.All()), (map[string]int{"b": 120, "f": 2}); !maps.Equal(got, want) {
			t.Errorf("All at 2s = %v; want %v", got, want)
		}
		time.Sleep(time.Minute)
		expectGet(t, c, "after TTL", "b", 120)
	})
}

func TestIdleTTL(t *testing.T) {
	uses := map[string]func(*cache.Cache[string, int]){
		"Get":         func(c *cache.Cache[string, int]) { c.Get("a") },
		"Set":         func(c *cache.Cache[string, int]) { c.Set("a", 1) },
		"SetIfAbsent": func(c *cache.Cache[string, int]) { c.SetIfAbsent("a", 1) },
		"GetOrLoad":   func(c *cache.Cache[string, int]) { c.GetOrLoad(context.Background(), "a") },
		"Compute": func(c *cache.Cache[string, int]) {
			c.Compute("a", func(int, bool) (int, cache.Op) { return 1, cache.Replace })
		},
	}
	looks := map[string]func(*cache.Cache[string, int]){
		"Peek": func(c *cache.Cache[string, int]) { c.Peek("a") },
		"All": func(c *cache.Cache[string, int]) {
			for range c.All() {
			}
		},
	}
	for _, isUse := range []bool{true, false} {
		for name, f := range map[bool]map[string]func(*cache.Cache[string, int]){true: uses, false: looks}[isUse] {
			synctest.Test(t, func(t *testing.T) {
				c := newCache(t, cache.Options[string, int]{MaxEntries: 10, IdleTTL: time.Second})
				c.Set("a", 1)
				for range 5 {
					time.Sleep(time.Second - 1)
					f(c)
				}
				want := 0
				if isUse {
					want = 1
				}
				expectGet(t, c, "after being touched by "+name, "a", want)
				time.Sleep(time.Second)
				expectGet(t, c, "after a second without "+name, "a", 0)
			})
		}
	}
}

// TestLateUse has a Get record its use only after another goroutine has set the
// key: the value that was set is as young as it is.
func TestLateUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, IdleTTL: time.Second})
		time.Sleep(time.Minute)
		c.Set("a", 1)
		c.UseAgo("a", 10*time.Second)
		time.Sleep(time.Second - 1)
		expectGet(t, c, "after a late use", "a", 1)
	})
}

func TestIdleTTLBesideTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, TTL: 3 * time.Second, IdleTTL: time.Second})
		c.Set("used", 1)
		c.Set("idle", 2)
		c.SetTTL("untimed", 3, 0) // SetTTL does not turn IdleTTL off
		for range 5 {
			time.Sleep(time.Second / 2)
			expectGet(t, c, "before TTL", "used", 1)
		}
		expectGet(t, c, "after IdleTTL", "idle", 0)
		expectGet(t, c, "after IdleTTL", "untimed", 0)
		time.Sleep(time.Second / 2)
		expectGet(t, c, "at TTL", "used", 0)
	})
}

// TestTTLJitter checks that lifetimes are within bounds and spread over them.
func TestTTLJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const entries = 4000
		c := newCache(t, cache.Options[int, int]{MaxEntries: entries, TTL: 100 * time.Second, TTLJitter: 0.4})
		for i := range entries {
			c.Set(i, i)
		}
		alive := func() (n int) {
			for range c.All() {
				n++
			}
			return n
		}
		time.Sleep(60*time.Second - 1)
		before := alive()
		if before != entries {
			t.Errorf("%d of %d entries are left before the least TTL", before, entries)
		}
		time.Sleep(time.Nanosecond)
		for after := 70; after <= 100; after += 10 {
			time.Sleep(10 * time.Second)
			now := alive()
			// A quarter each; the standard deviation is 27.
			if gone := before - now; gone < entries/4-200 || gone > entries/4+200 {
				t.Errorf("%d entries expired in the 10s before %ds; want about %d", gone, after, entries/4)
			}
			before = now
		}
		if before != 0 {
			t.Errorf("%d entries are left after TTL", before)
		}
	})
}

// TestTTLJitterKeepsNothingForEver has a TTL so short that a part of it is none
// when it is rounded, which means no deadline elsewhere.
func TestTTLJitterKeepsNothingForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options[int, int]{MaxEntries: 1000, TTL: 1, TTLJitter: 1})
		for i := range 1000 {
			c.Set(i, i)
		}
		time.Sleep(time.Nanosecond)
		for i := range c.All() {
			t.Fatalf("%d outlives its TTL", i)
		}
	})
}

// source is a loader that counts, in a time, with an error if one is set.
type source struct {
	loads int
	takes time.Duration
	err   error
}

func (s *source) load(context.Context, string) (int, error) {
	s.loads++
	n := s.loads
	time.Sleep(s.takes)
	if s.err != nil {
		return 0, s.err
	}
	return n, nil
}

// expectLoad checks what GetOrLoad returns and whether it waited for a load.
func (s *source) expectLoad(t *testing.T, c *cache.Cache[string, int], when string, want int, wantErr error, wantTime time.Duration) {
	t.Helper()
	start := time.Now()
	v, err := c.GetOrLoad(t.Context(), "a")
	if d := time.Since(start); v != want || err != wantErr || d != wantTime {
		t.Errorf("%s: GetOrLoad = %d, %v after %v; want %d, %v after %v", when, v, err, d, want, wantErr, wantTime)
	}
}

func (s *source) expectLoads(t *testing.T, when string, want int) {
	t.Helper()
	if s.loads != want {
		t.Errorf("%s: %d loads; want %d", when, s.loads, want)
	}
}

func TestRefreshAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left departures
		s := &source{takes: time.Second}
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, TTL: time.Hour, RefreshAfter: time.Minute, Loader: s.load, OnEvict: left.record})
		s.expectLoad(t, c, "first", 1, nil, time.Second)
		time.Sleep(time.Minute - 1)
		s.expectLoad(t, c, "before RefreshAfter", 1, nil, 0)
		s.expectLoads(t, "before RefreshAfter", 1)
		time.Sleep(time.Nanosecond)
		c.Get("a") // only GetOrLoad refreshes
		s.expectLoads(t, "after Get", 1)
		for range 10 {
			s.expectLoad(t, c, "at RefreshAfter", 1, nil, 0)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s.expectLoads(t, "after the refresh", 2)
		s.expectLoad(t, c, "after the refresh", 2, nil, 0)
		expectLeft(t, &left, "after the refresh", "a=1 replaced")

		// A refresh that fails leaves the value, and the next call tries again.
		s.err = fmt.Errorf("out of order")
		time.Sleep(time.Minute)
		for range 2 {
			s.expectLoad(t, c, "when the refresh fails", 2, nil, 0)
			time.Sleep(time.Second)
			synctest.Wait()
		}
		s.expectLoads(t, "when the refresh fails", 4)

		// It goes on though the caller who caused it has gone.
		s.err = nil
		ctx, cancel := context.WithCancel(t.Context())
		c.GetOrLoad(ctx, "a")
		cancel()
		time.Sleep(time.Second)
		synctest.Wait()
		expectGet(t, c, "after the caller has gone", "a", 5)

		// What was found to be gone is removed.
		s.err = cache.ErrNotFound
		time.Sleep(time.Minute)
		s.expectLoad(t, c, "when the value is gone", 5, nil, 0)
		time.Sleep(time.Second)
		synctest.Wait()
		expectGet(t, c, "when the value is gone", "a", 0)
		expectLeft(t, &left, "when the value is gone", "a=2 replaced", "a=5 deleted")
	})
}

func TestStaleFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left departures
		s := &source{takes: time.Second}
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, TTL: time.Minute, StaleFor: time.Hour, Loader: s.load, OnEvict: left.record})
		s.expectLoad(t, c, "first", 1, nil, time.Second)
		time.Sleep(time.Minute)
		expectGet(t, c, "at the deadline", "a", 0) // stale values are for GetOrLoad
		for range 10 {
			s.expectLoad(t, c, "at the deadline", 1, nil, 0)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s.expectLoads(t, "after the deadline", 2)
		expectLeft(t, &left, "after the deadline", "a=1 expired")
		s.expectLoad(t, c, "after the background load", 2, nil, 0)

		time.Sleep(time.Minute + time.Hour - 1)
		s.expectLoad(t, c, "at the end of StaleFor", 2, nil, 0)
		time.Sleep(time.Second)
		synctest.Wait()
		expectLeft(t, &left, "at the end of StaleFor", "a=2 expired")

		time.Sleep(time.Minute + time.Hour)
		s.expectLoad(t, c, "after StaleFor", 4, nil, time.Second)
		expectLeft(t, &left, "after StaleFor", "a=3 expired")
	})
}

func TestStaleIfError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := fmt.Errorf("out of order")
		s := &source{takes: time.Second}
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, TTL: time.Minute, StaleIfError: time.Hour, Loader: s.load})
		s.expectLoad(t, c, "first", 1, nil, time.Second)
		time.Sleep(time.Minute - time.Second)
		s.err = broken
		s.expectLoad(t, c, "before the deadline", 1, nil, 0)
		time.Sleep(time.Second)
		s.expectLoad(t, c, "after the deadline, when the load fails", 1, nil, time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := c.GetOrLoad(ctx, "a"); err != context.DeadlineExceeded {
			t.Errorf("GetOrLoad of a caller who does not wait = %v; want deadline exceeded", err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s.err = nil
		s.expectLoad(t, c, "after the deadline, when the load succeeds", 4, nil, time.Second)

		time.Sleep(time.Minute + time.Hour - 1)
		s.err = broken
		s.expectLoad(t, c, "at the end of StaleIfError", 4, nil, time.Second)
		s.expectLoad(t, c, "after StaleIfError", 0, broken, time.Second)

		s.err = nil
		s.expectLoad(t, c, "again", 7, nil, time.Second)
		time.Sleep(2 * time.Minute)
		s.err = fmt.Errorf("no row: %w", cache.ErrNotFound)
		s.expectLoad(t, c, "when there is nothing", 0, s.err, time.Second)
		s.err = broken
		s.expectLoad(t, c, "after there was nothing", 0, broken, time.Second)
	})
}

func TestNegativeTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left departures
		s := &source{takes: time.Second, err: fmt.Errorf("no row: %w", cache.ErrNotFound)}
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, NegativeTTL: time.Minute, Loader: s.load, OnEvict: left.record})
		s.expectLoad(t, c, "first", 0, s.err, time.Second)
		time.Sleep(time.Minute - 1)
		s.expectLoad(t, c, "before NegativeTTL", 0, cache.ErrNotFound, 0)
		expectGet(t, c, "before NegativeTTL", "a", 0)
		for k := range c.All() {
			t.Errorf("All yields %s, which has no value", k)
		}
		time.Sleep(time.Nanosecond)
		s.expectLoads(t, "before NegativeTTL", 1)
		s.expectLoad(t, c, "at NegativeTTL", 0, s.err, time.Second)
		c.Set("a", 7)
		s.expectLoad(t, c, "after Set", 7, nil, 0)
		c.Delete("a")
		s.err = nil
		s.expectLoad(t, c, "after Delete", 3, nil, time.Second)
		time.Sleep(time.Hour)
		s.expectLoad(t, c, "much later", 3, nil, 0) // NegativeTTL is not for values
		expectLeft(t, &left, "negative entries are not values", "a=7 deleted")
	})
	synctest.Test(t, func(t *testing.T) {
		s := &source{err: cache.ErrNotFound}
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: s.load})
		for range 3 {
			s.expectLoad(t, c, "without NegativeTTL", 0, cache.ErrNotFound, 0)
		}
		s.expectLoads(t, "without NegativeTTL", 3)
	})
}

// TestSweeper checks that what has expired leaves within an eighth of its TTL,
// and no sooner, though no method is called.
func TestSweeper(t *testing.T) {
	for name, tt := range map[string]struct {
		options cache.Options[string, int]
		set     func(*cache.Cache[string, int])
		ttl     time.Duration
		within  time.Duration
	}{
		"TTL":          {cache.Options[string, int]{TTL: 80 * time.Second}, func(c *cache.Cache[string, int]) { c.Set("a", 1) }, 80 * time.Second, 10 * time.Second},
		"IdleTTL":      {cache.Options[string, int]{IdleTTL: 4 * time.Second}, func(c *cache.Cache[string, int]) { c.Set("a", 1) }, 4 * time.Second, time.Second / 2},
		"long TTL":     {cache.Options[string, int]{TTL: 24 * time.Hour}, func(c *cache.Cache[string, int]) { c.Set("a", 1) }, 24 * time.Hour, time.Minute},
		"short TTL":    {cache.Options[string, int]{TTL: time.Millisecond}, func(c *cache.Cache[string, int]) { c.Set("a", 1) }, time.Millisecond, 100 * time.Millisecond},
		"SetTTL":       {cache.Options[string, int]{}, func(c *cache.Cache[string, int]) { c.SetTTL("a", 1, time.Minute) }, time.Minute, time.Second},
		"in place":     {cache.Options[string, int]{TTL: time.Hour}, func(c *cache.Cache[string, int]) { c.Set("a", 0); c.SetTTL("a", 1, 0); c.Set("a", 1) }, time.Hour, time.Minute},
		"StaleFor":     {cache.Options[string, int]{TTL: time.Minute, StaleFor: time.Hour}, func(c *cache.Cache[string, int]) { c.Set("a", 1) }, time.Hour + time.Minute, 8 * time.Second},
		"StaleIfError": {cache.Options[string, int]{TTL: time.Minute, StaleIfError: time.Hour}, func(c *cache.Cache[string, int]) { c.Set("a", 1) }, time.Hour + time.Minute, 8 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var left departures
			tt.options.MaxEntries = 10
			tt.options.OnEvict = left.record
			c := newCache(t, tt.options)
			c.SetTTL("first", 1, 1000*time.Hour) // starts the timer
			time.Sleep(tt.within / 3)            // is out of step with it
			tt.set(c)
			left.take()
			time.Sleep(tt.ttl - 1)
			synctest.Wait()
			if slices.Contains(left.take(), "a=1 expired") {
				t.Errorf("%s: the value left before the deadline", name)
			}
			time.Sleep(tt.within + 1)
			synctest.Wait()
			if !slices.Contains(left.take(), "a=1 expired") {
				t.Errorf("%s: the value is still there %v after the deadline", name, tt.within)
			}
			time.Sleep(time.Hour)
			if slices.Contains(left.take(), "a=1 expired") {
				t.Errorf("%s: the value left twice", name)
			}
		})
	}
}

// TestTimerStops checks that no timer runs when nothing can expire.
func TestTimerStops(t *testing.T) {
	weigh := func(string, int) uint32 { return 1 }
	for name, tt := range map[string]struct {
		options cache.Options[string, int]
		use     func(*cache.Cache[string, int])
		want    bool // whether the timer runs while the entry is there
	}{
		"expired":             {cache.Options[string, int]{TTL: time.Minute}, func(c *cache.Cache[string, int]) { c.Set("a", 1) }, true},
		"deleted":             {cache.Options[string, int]{TTL: time.Hour}, func(c *cache.Cache[string, int]) { c.Set("a", 1); c.Delete("a") }, true},
		"no TTL":              {cache.Options[string, int]{}, func(c *cache.Cache[string, int]) { c.Set("a", 1) }, false},
		"weight, no TTL":      {cache.Options[string, int]{MaxWeight: 10, Weigher: weigh}, func(c *cache.Cache[string, int]) { c.Set("a", 1) }, false},
		"refresh, no TTL":     {cache.Options[string, int]{RefreshAfter: time.Minute}, func(c *cache.Cache[string, int]) { c.Set("a", 1) }, false},
		"deadline taken away": {cache.Options[string, int]{TTL: time.Hour}, func(c *cache.Cache[string, int]) { c.Set("a", 1); c.SetTTL("a", 1, 0) }, true},
		"negative":            {cache.Options[string, int]{NegativeTTL: time.Second, Loader: (&source{err: cache.ErrNotFound}).load}, func(c *cache.Cache[string, int]) { c.GetOrLoad(context.Background(), "a") }, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			tt.options.MaxEntries = 10
			c := newCache(t, tt.options)
			if c.Sweeping() {
				t.Errorf("%s: the timer of an empty cache runs", name)
			}
			for range 2 { // a timer that stopped must start again
				tt.use(c)
				if c.Sweeping() != tt.want {
					t.Errorf("%s: the timer runs: %v; want %v", name, c.Sweeping(), tt.want)
				}
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				if c.Sweeping() {
					t.Errorf("%s: the timer runs though nothing can expire", name)
				}
				c.Clear()
			}
		})
	}
}

func TestCloseStopsTheTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left departures
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, TTL: time.Minute, OnEvict: left.record})
		c.Set("a", 1)
		for range 2 {
			if err := c.Close(); err != nil {
				t.Errorf("Close = %v; want nil", err)
			}
		}
		expectGet(t, c, "after Close", "a", 1)
		c.Set("b", 2)
		time.Sleep(time.Hour)
		synctest.Wait()
		expectLeft(t, &left, "after Close")
		if c.Sweeping() {
			t.Error("a timer runs after Close")
		}
	})
}

// TestExpiredValueLeavesOnce lets a value expire and then makes it leave in
// every way, before a sweep gets to it.
func TestExpiredValueLeavesOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*cache.Cache[string, int])
		want   []string
	}{
		"Set":         {func(c *cache.Cache[string, int]) { c.Set("a", 2) }, []string{"a=1 expired"}},
		"negative":    {func(c *cache.Cache[string, int]) { c.SetTTL("a", 2, -1) }, []string{"a=1 expired", "a=2 expired"}},
		"untimed":     {func(c *cache.Cache[string, int]) { c.SetTTL("a", 2, 0) }, []string{"a=1 expired"}},
		"SetIfAbsent": {func(c *cache.Cache[string, int]) { c.SetIfAbsent("a", 2) }, []string{"a=1 expired"}},
		"Delete":      {func(c *cache.Cache[string, int]) { c.Delete("a") }, []string{"a=1 expired"}},
		"Clear":       {func(c *cache.Cache[string, int]) { c.Clear() }, []string{"a=1 expired"}},
		"evict":       {func(c *cache.Cache[string, int]) { c.Set("b", 2) }, []string{"a=1 expired"}},
		"Compute": {func(c *cache.Cache[string, int]) {
			c.Compute("a", func(old int, ok bool) (int, cache.Op) { return 2, cache.Remove })
		}, []string{"a=1 expired"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var left departures
			c := newCache(t, cache.Options[string, int]{MaxEntries: 1, TTL: 8 * time.Minute, OnEvict: left.record})
			c.Set("a", 1)
			time.Sleep(8*time.Minute - 1)
			synctest.Wait() // the last sweep that leaves it was before this
			c.SetTTL("a", 1, 2)
			left.take()
			time.Sleep(2 * time.Nanosecond)
			expectLeft(t, &left, name+", before the change")
			tt.change(c)
			expectLeft(t, &left, name, tt.want...)
			c.Close()
		})
	}
}
