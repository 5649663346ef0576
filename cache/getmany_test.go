package cache_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/cache"
)

// lengths is a source whose values are the lengths of the keys. It records
// what it is asked for.
type lengths struct {
	delay time.Duration
	fail  error
	add   int // to every value

	mu    sync.Mutex
	calls []string
}

func (l *lengths) bulk(ctx context.Context, keys []string) (map[string]int, error) {
	slices.Sort(keys) // the slice is the loader's
	l.mu.Lock()
	l.calls = append(l.calls, strings.Join(keys, " "))
	l.mu.Unlock()
	if err := pause(ctx, l.delay); err != nil {
		return nil, err
	}
	values := map[string]int{"unasked": -1}
	for _, key := range keys {
		if key != "none" {
			values[key] = len(key) + l.add
		}
	}
	return values, l.fail
}

func (l *lengths) load(ctx context.Context, key string) (int, error) {
	values, err := l.bulk(ctx, []string{key})
	if err != nil {
		return 0, err
	}
	if v, ok := values[key]; ok {
		return v, nil
	}
	return 0, cache.ErrNotFound
}

func (l *lengths) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.calls
	l.calls = nil
	slices.Sort(calls)
	return strings.Join(calls, ", ")
}

// loaders gives the options for each way to load many keys.
func loaders(l *lengths, o cache.Options[string, int]) map[string]cache.Options[string, int] {
	if o.MaxEntries == 0 {
		o.MaxEntries = 100
	}
	each, bulk := o, o
	each.Loader = l.load
	bulk.BulkLoader = l.bulk
	return map[string]cache.Options[string, int]{"Loader": each, "BulkLoader": bulk}
}

func checkMany(t *testing.T, name string, c *cache.Cache[string, int], keys string, want map[string]int, wantErr error) {
	t.Helper()
	got, err := c.GetMany(t.Context(), strings.Fields(keys))
	if got == nil || !maps.Equal(got, want) || !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
		t.Errorf("%s: GetMany(%s) = %v, %v; want %v, %v", name, keys, got, err, want, wantErr)
	}
}

func TestGetMany(t *testing.T) {
	source := &lengths{}
	for name, o := range loaders(source, cache.Options[string, int]{NegativeTTL: time.Hour}) {
		c := newCache(t, o)
		checkMany(t, name, c, "", map[string]int{}, nil)
		c.Set("aa", 7)
		checkMany(t, name, c, "aa b ccc b aa none", map[string]int{"aa": 7, "b": 1, "ccc": 3}, nil)
		if got, want := source.take(), map[string]string{"BulkLoader": "b ccc none", "Loader": "b, ccc, none"}[name]; got != want {
			t.Errorf("%s: loaded %q; want %q", name, got, want)
		}
		checkMany(t, name, c, "b none", map[string]int{"b": 1}, nil)
		if got := source.take(); got != "" {
			t.Errorf("%s: loaded %q; want nothing: all was known", name, got)
		}
		if v, ok := c.Get("unasked"); ok {
			t.Errorf("%s: Get(unasked) = %d; want none", name, v)
		}
	}
}

func TestGetManyOfNoKeysNeedsNoLoader(t *testing.T) {
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10})
	if got, err := c.GetMany(t.Context(), nil); got == nil || len(got) > 0 || err != nil {
		t.Errorf("GetMany(nil) = %v, %v; want an empty map, nil", got, err)
	}
	c.Set("a", 1)
	checkMany(t, "no loader", c, "a", map[string]int{"a": 1}, nil)
	got, err := c.GetMany(t.Context(), []string{"a", "b"})
	if !maps.Equal(got, map[string]int{"a": 1}) || err == nil || !strings.Contains(err.Error(), "set Options.Loader") {
		t.Errorf("GetMany without a loader = %v, %v; want a=1 and an error that names Options.Loader", got, err)
	}
}

func TestBulkLoaderServesGetOrLoad(t *testing.T) {
	source := &lengths{}
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10, BulkLoader: source.bulk})
	if v, err := c.GetOrLoad(t.Context(), "abc"); v != 3 || err != nil {
		t.Errorf("GetOrLoad = %d, %v; want 3, nil", v, err)
	}
	if _, err := c.GetOrLoad(t.Context(), "none"); !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("GetOrLoad of a key that the loader leaves out = %v; want ErrNotFound", err)
	}
	source.fail = io.EOF
	if err := c.Refresh(t.Context(), "abc"); err != io.EOF {
		t.Errorf("Refresh = %v; want EOF", err)
	}
}

func TestGetManyErrors(t *testing.T) {
	source := &lengths{fail: io.ErrUnexpectedEOF}
	for name, o := range loaders(source, cache.Options[string, int]{}) {
		c := newCache(t, o)
		c.Set("a", 1)
		checkMany(t, name, c, "a b c", map[string]int{"a": 1}, io.ErrUnexpectedEOF)
		_, err := c.GetMany(t.Context(), []string{"b", "c"})
		want := map[string]string{
			"BulkLoader": "cache: bulk load: unexpected EOF",
			"Loader":     "cache: load b: unexpected EOF\ncache: load c: unexpected EOF",
		}[name]
		if err == nil || err.Error() != want {
			t.Errorf("%s: GetMany = %v; want %v", name, err, want)
		}
		source.fail = fmt.Errorf("no rows: %w", cache.ErrNotFound)
		checkMany(t, name, c, "b c", map[string]int{}, nil)
		source.fail = io.ErrUnexpectedEOF
		c.Close()
		checkMany(t, name, c, "a b c", map[string]int{"a": 1}, cache.ErrClosed)
	}
}

func TestGetManyServesStaleIfError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &lengths{}
		for name, o := range loaders(source, cache.Options[string, int]{TTL: time.Minute, StaleIfError: time.Hour}) {
			source.fail = nil
			c := newCache(t, o)
			checkMany(t, name, c, "a bb", map[string]int{"a": 1, "bb": 2}, nil)
			time.Sleep(2 * time.Minute)
			source.fail = io.EOF
			checkMany(t, name, c, "a bb", map[string]int{"a": 1, "bb": 2}, nil)
			checkMany(t, name, c, "a ccc", map[string]int{"a": 1}, io.EOF)
			c.Close()
		}
	})
}

func TestGetManyRefreshes(t *testing.T) {
	for field, o := range map[string]cache.Options[string, int]{
		"RefreshAfter": {TTL: time.Hour, RefreshAfter: time.Minute},
		"StaleFor":     {TTL: time.Minute, StaleFor: time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			source := &lengths{delay: time.Second}
			for name, o := range loaders(source, o) {
				name := field + ", " + name
				source.add = 0
				c := newCache(t, o)
				checkMany(t, name, c, "a bb", map[string]int{"a": 1, "bb": 2}, nil)
				source.take()
				time.Sleep(2 * time.Minute)
				source.add = 10
				// The values at hand do not wait for a missing one, and are
				// not loaded twice for two calls.
				for range 2 {
					start := time.Now()
					checkMany(t, name, c, "a bb", map[string]int{"a": 1, "bb": 2}, nil)
					if d := time.Since(start); d != 0 {
						t.Errorf("%s: GetMany took %v; want 0", name, d)
					}
				}
				time.Sleep(time.Minute / 2)
				if got, want := source.take(), "a bb"; strings.ReplaceAll(got, ",", "") != want || strings.Contains(got, ",") == (o.BulkLoader != nil) {
					t.Errorf("%s: loaded %q; want %q, in one call if it can be", name, got, want)
				}
				checkMany(t, name, c, "a bb", map[string]int{"a": 11, "bb": 12}, nil)
				c.Close()
			}
		})
	}
}

func TestGetManyLoadsWithABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int64
		c := newCache(t, cache.Options[int, int]{MaxEntries: 1000, Loader: func(_ context.Context, key int) (int, error) {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(time.Second)
			running.Add(-1)
			return key, nil
		}})
		keys := make([]int, 160)
		for i := range keys {
			keys[i] = i
		}
		start := time.Now()
		if got, err := c.GetMany(t.Context(), keys); len(got) != len(keys) || err != nil {
			t.Errorf("GetMany = %d values, %v; want %d, nil", len(got), err, len(keys))
		}
		if d := time.Since(start); most.Load() != 16 || d != 10*time.Second {
			t.Errorf("%d loads at a time, %v in all; want 16, 10s", most.Load(), d)
		}
	})
}

// TestGetManyJoins mixes calls for keys that overlap: each key is loaded once.
func TestGetManyJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &lengths{delay: time.Second}
		for name, o := range loaders(source, cache.Options[string, int]{}) {
			c := newCache(t, o)
			var wg sync.WaitGroup
			wg.Go(func() { checkMany(t, name, c, "a bb ccc", map[string]int{"a": 1, "bb": 2, "ccc": 3}, nil) })
			synctest.Wait()
			wg.Go(func() { checkMany(t, name, c, "ccc bb dddd", map[string]int{"bb": 2, "ccc": 3, "dddd": 4}, nil) })
			wg.Go(func() {
				if v, err := c.GetOrLoad(t.Context(), "bb"); v != 2 || err != nil {
					t.Errorf("%s: GetOrLoad = %d, %v; want 2, nil", name, v, err)
				}
			})
			wg.Wait()
			if got, want := strings.ReplaceAll(source.take(), ",", ""), "a bb ccc dddd"; got != want {
				t.Errorf("%s: loaded %q; want %q", name, got, want)
			}
			if n := c.Loading(); n != 0 {
				t.Errorf("%s: %d loads are still registered; want 0", name, n)
			}
		}
	})
}

func TestGetManyOverwritesNothingNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &lengths{delay: time.Minute}
		for name, o := range loaders(source, cache.Options[string, int]{}) {
			c := newCache(t, o)
			var wg sync.WaitGroup
			wg.Go(func() { checkMany(t, name, c, "a bb ccc", map[string]int{"a": 1, "bb": 2, "ccc": 3}, nil) })
			synctest.Wait()
			c.Set("a", 7)
			c.Delete("bb")
			// A caller that comes after the change does not get what was read
			// before it, and the other keys of the call are as good as ever.
			wg.Go(func() { checkMany(t, name, c, "a bb", map[string]int{"a": 7, "bb": 2}, nil) })
			time.Sleep(time.Minute + time.Second)
			for key, want := range map[string]int{"a": 7, "bb": 0, "ccc": 3} {
				if v, _ := c.Get(key); v != want {
					t.Errorf("%s: Get(%s) = %d; want %d", name, key, v, want)
				}
			}
			wg.Wait()
			if got := source.take(); !strings.Contains(got, "bb, ") && !strings.HasSuffix(got, ", bb") {
				t.Errorf("%s: loaded %q; want bb once more after the Delete", name, got)
			}
		}
	})
}

func TestGetManyLeavesWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("enough")
		source := &lengths{delay: time.Minute}
		for name, o := range loaders(source, cache.Options[string, int]{}) {
			c := newCache(t, o)
			c.Set("a", 1)
			var wg sync.WaitGroup
			wg.Go(func() {
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, cause)
				defer cancel()
				start := time.Now()
				got, err := c.GetMany(ctx, []string{"a", "bb", "ccc"})
				if !maps.Equal(got, map[string]int{"a": 1}) || err != cause || time.Since(start) != time.Second {
					t.Errorf("%s: GetMany = %v, %v after %v; want a=1, %v after 1s", name, got, err, time.Since(start), cause)
				}
			})
			wg.Go(func() {
				time.Sleep(time.Millisecond)
				if v, err := c.GetOrLoad(t.Context(), "bb"); v != 2 || err != nil {
					t.Errorf("%s: GetOrLoad of the caller that stayed = %d, %v; want 2, nil", name, v, err)
				}
			})
			wg.Wait()
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(cause)
			source.take()
			if got, err := c.GetMany(ctx, []string{"a", "dddd"}); !maps.Equal(got, map[string]int{"a": 1}) || err != cause {
				t.Errorf("%s: GetMany with an ended context = %v, %v; want a=1, %v", name, got, err, cause)
			}
			if got := source.take(); got != "" {
				t.Errorf("%s: loaded %q with an ended context", name, got)
			}
		}
	})
}

// TestAbandonedBulkLoadIsCancelled checks that the context of the loader ends
// with the last caller who waits for any of the keys, and not before.
func TestAbandonedBulkLoadIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var ended atomic.Int64
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, BulkLoader: func(ctx context.Context, _ []string) (map[string]int, error) {
			<-ctx.Done()
			ended.Store(int64(time.Since(start)))
			return nil, ctx.Err()
		}})
		var wg sync.WaitGroup
		for i, keys := range []string{"a bb ccc", "bb", "ccc"} {
			wg.Go(func() {
				time.Sleep(time.Duration(i))
				ctx, cancel := context.WithDeadline(t.Context(), start.Add(time.Duration(i+1)*time.Second))
				defer cancel()
				if got, err := c.GetMany(ctx, strings.Fields(keys)); len(got) > 0 || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("GetMany(%s) = %v, %v; want none, deadline exceeded", keys, got, err)
				}
			})
			if i == 1 {
				// It is superseded, and goes on for who came before.
				wg.Go(func() { time.Sleep(time.Millisecond); c.Set("a", 1) })
			}
		}
		time.Sleep(2500 * time.Millisecond)
		if d := time.Duration(ended.Load()); d != 0 {
			t.Errorf("the load was cancelled after %v, while somebody waited for ccc", d)
		}
		wg.Wait()
		synctest.Wait()
		if d := time.Duration(ended.Load()); d != 3*time.Second {
			t.Errorf("the load was cancelled after %v; want 3s", d)
		}
	})
}

// TestSupersededLoadServesItsCallers checks that one of several callers may
// leave a load whose key has been set, and the others get its result.
func TestSupersededLoadServesItsCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &lengths{delay: time.Minute}
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: source.load})
		var wg sync.WaitGroup
		wg.Go(func() {
			if v, err := c.GetOrLoad(t.Context(), "a"); v != 1 || err != nil {
				t.Errorf("GetOrLoad of the caller that stayed = %d, %v; want 1, nil", v, err)
			}
		})
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c.GetOrLoad(ctx, "a")
		})
		synctest.Wait()
		c.Set("a", 7)
		wg.Wait()
	})
}

func TestPanickingBulkLoaderReachesEveryWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calm := false
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, BulkLoader: func(_ context.Context, keys []string) (map[string]int, error) {
			time.Sleep(time.Second)
			if !calm {
				panic(io.ErrUnexpectedEOF)
			}
			return map[string]int{"a": 1, "b": 1}, nil
		}})
		var wg sync.WaitGroup
		wg.Go(func() { checkMany(t, "the caller", c, "a b", map[string]int{}, io.ErrUnexpectedEOF) })
		synctest.Wait()
		wg.Go(func() {
			_, err := c.GetOrLoad(t.Context(), "b")
			if pe, ok := errors.AsType[*cache.PanicError](err); !ok || len(pe.Stack) == 0 {
				t.Errorf("GetOrLoad of who joined = %v; want a *PanicError with a stack", err)
			}
		})
		wg.Wait()
		calm = true
		checkMany(t, "afterwards", c, "a b", map[string]int{"a": 1, "b": 1}, nil)
	})
}

func TestCloseEndsBulkLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &lengths{delay: time.Hour}
		for name, o := range loaders(source, cache.Options[string, int]{}) {
			c := newCache(t, o)
			start := time.Now()
			var wg sync.WaitGroup
			wg.Go(func() {
				got, err := c.GetMany(t.Context(), []string{"a", "b"})
				if len(got) > 0 || !errors.Is(err, cache.ErrClosed) {
					t.Errorf("%s: GetMany = %v, %v; want none, ErrClosed", name, got, err)
				}
			})
			synctest.Wait()
			c.Close()
			wg.Wait()
			if d := time.Since(start); d != 0 {
				t.Errorf("%s: GetMany returned %v after Close; want at once", name, d)
			}
		}
	})
}

func TestGetManyOfNaN(t *testing.T) {
	c := newCache(t, cache.Options[float64, int]{MaxEntries: 10, BulkLoader: func(_ context.Context, keys []float64) (map[float64]int, error) {
		if slices.ContainsFunc(keys, math.IsNaN) {
			t.Error("the loader was asked for a NaN")
		}
		return map[float64]int{1: 1}, nil
	}})
	got, err := c.GetMany(t.Context(), []float64{math.NaN(), 1, math.NaN()})
	if !maps.Equal(got, map[float64]int{1: 1}) || err != nil {
		t.Errorf("GetMany = %v, %v; want 1=1, nil", got, err)
	}
	if n := c.Loading(); n != 0 {
		t.Errorf("%d loads are still registered; want 0", n)
	}
}

// TestGetManyConcurrently is for the race detector, and counts that no key is
// loaded twice at a time.
func TestGetManyConcurrently(t *testing.T) {
	var running [40]atomic.Int32
	c := newCache(t, cache.Options[int, int]{MaxEntries: 20, BulkLoader: func(_ context.Context, keys []int) (map[int]int, error) {
		values := make(map[int]int)
		for _, key := range keys {
			if running[key].Add(1) > 1 {
				t.Errorf("key %d is loaded twice at a time", key)
			}
			values[key] = key
		}
		for _, key := range keys {
			running[key].Add(-1)
		}
		return values, nil
	}})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, rand.Uint64()))
			for range 500 {
				keys := make([]int, 1+r.IntN(10))
				for i := range keys {
					keys[i] = r.IntN(len(running))
				}
				ctx, cancel := context.WithCancel(t.Context())
				switch r.IntN(8) {
				case 0:
					c.Delete(keys[0])
				case 1:
					go cancel()
				}
				got, err := c.GetMany(ctx, keys)
				for _, key := range keys {
					if v, ok := got[key]; err == nil && !ok || v != key && ok {
						t.Errorf("GetMany(%v) = %v, %v; want %d=%d", keys, got, err, key, key)
					}
				}
				cancel()
			}
		})
	}
	wg.Wait()
	// Those that were abandoned may still run.
	for deadline := time.Now().Add(10 * time.Second); c.Loading() != 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d keys are still being loaded after 10 s", c.Loading())
		}
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

// TestGetManyDoesNotHoldARunningLoad checks that a call that finds the load of
// a due key running leaves it to those who wait for it.
func TestGetManyDoesNotHoldARunningLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &lengths{}
		for name, o := range loaders(source, cache.Options[string, int]{RefreshAfter: time.Minute}) {
			c := newCache(t, o)
			c.Set("a", 1)
			time.Sleep(time.Hour)
			source.delay = time.Minute
			var wg sync.WaitGroup
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				c.Refresh(ctx, "a")
			})
			synctest.Wait()
			checkMany(t, name, c, "a", map[string]int{"a": 1}, nil)
			wg.Wait()
			synctest.Wait()
			if n := c.Loading(); n != 0 {
				t.Errorf("%s: %d loads run that nobody waits for; want 0", name, n)
			}
		}
	})
}
