package cache_test

import (
	"context"
	"errors"
	"io"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/cache"
)

type traceKey struct{}

func TestGetOrLoad(t *testing.T) {
	loads := 0
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(ctx context.Context, key string) (int, error) {
		loads++
		if ctx.Value(traceKey{}) != "trace" {
			t.Error("the loader's context lacks the caller's values")
		}
		return len(key), nil
	}})
	ctx := context.WithValue(t.Context(), traceKey{}, "trace")
	for range 3 {
		if v, err := c.GetOrLoad(ctx, "abc"); v != 3 || err != nil {
			t.Errorf("GetOrLoad(abc) = %d, %v; want 3, nil", v, err)
		}
	}
	if loads != 1 {
		t.Errorf("loads = %d; want 1", loads)
	}
}

func TestLoadErrorsAreNotCached(t *testing.T) {
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10})
	fail := func(context.Context, string) (int, error) { return 0, io.EOF }
	if _, err := c.GetOrLoadFunc(t.Context(), "a", fail); err != io.EOF {
		t.Errorf("GetOrLoadFunc = %v; want EOF", err)
	}
	succeed := func(context.Context, string) (int, error) { return 1, nil }
	if v, err := c.GetOrLoadFunc(t.Context(), "a", succeed); v != 1 || err != nil {
		t.Errorf("GetOrLoadFunc after an error = %d, %v; want 1, nil", v, err)
	}
}

func TestGetOrLoadWithoutLoader(t *testing.T) {
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10})
	if _, err := c.GetOrLoad(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "set Options.Loader") {
		t.Errorf("GetOrLoad without a loader = %v; want an error that names Options.Loader", err)
	}
	c.Set("a", 1)
	if v, err := c.GetOrLoad(t.Context(), "a"); v != 1 || err != nil {
		t.Errorf("GetOrLoad of a present key = %d, %v; want 1, nil", v, err)
	}
}

func TestEndedContextLoadsNothing(t *testing.T) {
	cause := errors.New("shutting down")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(context.Context, string) (int, error) {
		t.Error("the loader ran")
		return 0, nil
	}})
	if _, err := c.GetOrLoad(ctx, "a"); err != cause {
		t.Errorf("GetOrLoad with an ended context = %v; want %v", err, cause)
	}
	c.Set("a", 1)
	if v, err := c.GetOrLoad(ctx, "a"); v != 1 || err != nil {
		t.Errorf("GetOrLoad of a present key with an ended context = %d, %v; want 1, nil", v, err)
	}
}

func TestHerdLoadsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var loads atomic.Int32
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(context.Context, string) (int, error) {
			time.Sleep(time.Second)
			return int(loads.Add(1)), nil
		}})
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				if v, err := c.GetOrLoad(t.Context(), "a"); v != 1 || err != nil {
					t.Errorf("GetOrLoad = %d, %v; want 1, nil", v, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestWaiterLeavesWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(ctx context.Context, _ string) (int, error) {
			time.Sleep(time.Minute)
			return 1, ctx.Err()
		}})
		var wg sync.WaitGroup
		wg.Go(func() { // it starts the load and is the first to leave
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			if _, err := c.GetOrLoad(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("GetOrLoad = %v; want deadline exceeded", err)
			}
			if d := time.Since(start); d != time.Second {
				t.Errorf("the caller left after %v; want 1s", d)
			}
		})
		wg.Go(func() {
			time.Sleep(time.Millisecond)
			if v, err := c.GetOrLoad(t.Context(), "a"); v != 1 || err != nil {
				t.Errorf("GetOrLoad of the caller that stayed = %d, %v; want 1, nil", v, err)
			}
		})
		wg.Wait()
	})
}

func TestAbandonedLoadIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, loads atomic.Int32
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(ctx context.Context, _ string) (int, error) {
			if running.Add(1) > 1 {
				t.Error("two loads of one key run at a time")
			}
			defer running.Add(-1)
			if loads.Add(1) == 1 {
				<-ctx.Done()
				time.Sleep(time.Second) // slow to give up
				return 0, ctx.Err()
			}
			return 2, nil
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.GetOrLoad(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("GetOrLoad = %v; want deadline exceeded", err)
		}
		// A later caller gets a load of its own, not the cancelled one's error.
		if v, err := c.GetOrLoad(t.Context(), "a"); v != 2 || err != nil {
			t.Errorf("GetOrLoad after an abandoned load = %d, %v; want 2, nil", v, err)
		}
	})
}

// TestLoadNeverOverwrites changes the key while a load of it runs.
func TestLoadNeverOverwrites(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*cache.Cache[string, int])
		want   int
		wantOK bool
	}{
		"Set":            {func(c *cache.Cache[string, int]) { c.Set("a", 7) }, 7, true},
		"Delete":         {func(c *cache.Cache[string, int]) { c.Delete("a") }, 0, false},
		"Set and Delete": {func(c *cache.Cache[string, int]) { c.Set("a", 7); c.Delete("a") }, 0, false},
		"nothing":        {func(c *cache.Cache[string, int]) { c.Set("b", 7) }, 1, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(context.Context, string) (int, error) {
				time.Sleep(time.Minute)
				return 1, nil
			}})
			var wg sync.WaitGroup
			wg.Go(func() {
				if v, err := c.GetOrLoad(t.Context(), "a"); v != 1 || err != nil {
					t.Errorf("%s: GetOrLoad = %d, %v; want 1, nil", name, v, err)
				}
			})
			synctest.Wait()
			tt.change(c)
			wg.Wait()
			if v, ok := c.Get("a"); v != tt.want || ok != tt.wantOK {
				t.Errorf("%s: Get = %d, %v; want %d, %v", name, v, ok, tt.want, tt.wantOK)
			}
		})
	}
}

// TestNoStaleLoadAfterDelete checks that a caller that comes after a Delete
// does not get what was read before it.
func TestNoStaleLoadAfterDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source atomic.Int32
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(context.Context, string) (int, error) {
			v := source.Load()
			time.Sleep(time.Second)
			return int(v), nil
		}})
		var wg sync.WaitGroup
		wg.Go(func() { c.GetOrLoad(t.Context(), "a") })
		synctest.Wait()
		source.Store(1)
		c.Delete("a")
		if v, err := c.GetOrLoad(t.Context(), "a"); v != 1 || err != nil {
			t.Errorf("GetOrLoad after a Delete = %d, %v; want 1, nil", v, err)
		}
		wg.Wait()
	})
}

func TestPanickingLoaderReachesEveryWaiter(t *testing.T) {
	for name, tt := range map[string]struct {
		die  func()
		want error
	}{
		"panic":  {func() { panic(io.ErrUnexpectedEOF) }, io.ErrUnexpectedEOF},
		"Goexit": {runtime.Goexit, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(context.Context, string) (int, error) {
				time.Sleep(time.Second)
				tt.die()
				return 1, nil
			}})
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					_, err := c.GetOrLoad(t.Context(), "a")
					pe, ok := errors.AsType[*cache.PanicError](err)
					if !ok || len(pe.Stack) == 0 && name == "panic" {
						t.Errorf("%s: GetOrLoad = %v; want a *PanicError with a stack", name, err)
					}
					if tt.want != nil && !errors.Is(err, tt.want) {
						t.Errorf("%s: GetOrLoad = %v; want it to wrap %v", name, err, tt.want)
					}
				})
			}
			wg.Wait()
			load := func(context.Context, string) (int, error) { return 2, nil }
			if v, err := c.GetOrLoadFunc(t.Context(), "a", load); v != 2 || err != nil {
				t.Errorf("%s: GetOrLoadFunc afterwards = %d, %v; want 2, nil", name, v, err)
			}
		})
	}
}

func TestLoaderMaySetItsKey(t *testing.T) {
	var c *cache.Cache[string, int]
	c = newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(_ context.Context, key string) (int, error) {
		c.SetTTL(key, 7, time.Hour)
		return 1, nil
	}})
	if v, err := c.GetOrLoad(t.Context(), "a"); v != 1 || err != nil {
		t.Errorf("GetOrLoad = %d, %v; want 1, nil", v, err)
	}
	if v, _ := c.Get("a"); v != 7 {
		t.Errorf("Get = %d; want 7, which was set during the load", v)
	}
}

func TestLoadedNaN(t *testing.T) {
	c := newCache(t, cache.Options[float64, int]{MaxEntries: 10, Loader: func(context.Context, float64) (int, error) { return 1, nil }})
	for range 3 {
		if v, err := c.GetOrLoad(t.Context(), math.NaN()); v != 1 || err != nil {
			t.Errorf("GetOrLoad(NaN) = %d, %v; want 1, nil", v, err)
		}
	}
	if n := c.Len(); n != 0 {
		t.Errorf("Len() = %d; want 0", n)
	}
	if n := c.Loading(); n != 0 {
		t.Errorf("%d loads are still registered; want 0", n)
	}
}

// TestEvictionByLoadIsReported checks that OnEvict has run when the caller
// whose load made the room returns.
func TestEvictionByLoadIsReported(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxEntries: 1, OnEvict: left.record, Loader: func(_ context.Context, key string) (int, error) {
		return len(key), nil
	}})
	for _, key := range []string{"a", "bb", "ccc"} {
		if _, err := c.GetOrLoad(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(left.take(), ", "); got != "a=1 evicted, bb=2 evicted" {
		t.Errorf("OnEvict calls = %s; want a=1 evicted, bb=2 evicted", got)
	}
}
