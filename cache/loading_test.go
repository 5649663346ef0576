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
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("shutting down")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		s := &source{}
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: s.load})
		if _, err := c.GetOrLoad(ctx, "a"); err != cause {
			t.Errorf("GetOrLoad with an ended context = %v; want %v", err, cause)
		}
		synctest.Wait()
		s.expectLoads(t, "with an ended context", 0)
		c.Set("a", 1)
		if v, err := c.GetOrLoad(ctx, "a"); v != 1 || err != nil {
			t.Errorf("GetOrLoad of a present key with an ended context = %d, %v; want 1, nil", v, err)
		}
	})
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
		"Set":         {func(c *cache.Cache[string, int]) { c.Set("a", 7) }, 7, true},
		"SetTTL":      {func(c *cache.Cache[string, int]) { c.SetTTL("a", 7, time.Hour) }, 7, true},
		"SetIfAbsent": {func(c *cache.Cache[string, int]) { c.SetIfAbsent("a", 7) }, 7, true},
		"Compute": {func(c *cache.Cache[string, int]) {
			c.Compute("a", func(int, bool) (int, cache.Op) { return 7, cache.Replace })
		}, 7, true},
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

// TestSupersededLoadGoesOn lets one of two callers leave after the key was set
// during their load. The other one still gets its result.
func TestSupersededLoadGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(ctx context.Context, _ string) (int, error) {
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-time.After(time.Minute):
				return 1, nil
			}
		}})
		var wg sync.WaitGroup
		wg.Go(func() {
			if v, err := c.GetOrLoad(t.Context(), "a"); v != 1 || err != nil {
				t.Errorf("GetOrLoad of the caller that stayed = %d, %v; want 1, nil", v, err)
			}
		})
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if _, err := c.GetOrLoad(ctx, "a"); err != context.DeadlineExceeded {
				t.Errorf("GetOrLoad of the caller that left = %v; want deadline exceeded", err)
			}
		})
		time.Sleep(time.Second)
		c.Set("a", 7)
		wg.Wait()
		expectGet(t, c, "after the load", "a", 7)
	})
}

// TestContextOfALoad checks when the context of a load ends: not with the caller
// that began it, nor with any but the last, and when the load is over.
func TestContextOfALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended time.Duration
		start := time.Now()
		var kept context.Context
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(ctx context.Context, key string) (int, error) {
			kept = ctx
			if _, ok := ctx.Deadline(); ok {
				t.Error("the load has the deadline of a caller")
			}
			if key == "quick" {
				return 1, nil
			}
			<-ctx.Done()
			ended = time.Since(start)
			return 0, ctx.Err()
		}})
		var wg sync.WaitGroup
		for seconds := 1; seconds <= 5; seconds++ {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(seconds)*time.Second)
				defer cancel()
				c.GetOrLoad(ctx, "a")
			})
		}
		wg.Wait()
		synctest.Wait()
		if ended != 5*time.Second {
			t.Errorf("the context ended after %v; want 5s, when the last caller left", ended)
		}
		if _, err := c.GetOrLoad(t.Context(), "quick"); err != nil || kept.Err() == nil {
			t.Errorf("GetOrLoad = %v; the context ended: %v; want nil, true", err, kept.Err() != nil)
		}
	})
}

// TestLoaderThatOutlivesItsCallers ignores its context. What it returns in the
// end is kept, and later callers wait for it rather than start another.
func TestLoaderThatOutlivesItsCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running := 0
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(context.Context, string) (int, error) {
			running++
			defer func() { running-- }()
			if running > 1 {
				t.Error("two loads of one key run at a time")
			}
			time.Sleep(time.Hour)
			return 1, nil
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.GetOrLoad(ctx, "a"); err != context.DeadlineExceeded {
			t.Errorf("GetOrLoad = %v; want deadline exceeded", err)
		}
		start := time.Now()
		if v, err := c.GetOrLoad(t.Context(), "a"); v != 1 || err != nil || time.Since(start) != time.Hour-time.Second {
			t.Errorf("GetOrLoad = %d, %v after %v; want 1, nil when the load of the hour ends", v, err, time.Since(start))
		}
	})
}

// TestSlowLoadHoldsUpNothing calls every other method while a loader runs.
func TestSlowLoadHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Shards: 1, Loader: func(_ context.Context, key string) (int, error) {
			if key == "slow" {
				time.Sleep(time.Hour)
			}
			return 1, nil
		}})
		var wg sync.WaitGroup
		wg.Go(func() { c.GetOrLoad(t.Context(), "slow") })
		synctest.Wait()
		start := time.Now()
		c.GetOrLoad(t.Context(), "a")
		c.Get("slow")
		c.SetIfAbsent("slow", 1)
		c.Set("slow", 2)
		c.Compute("slow", func(old int, _ bool) (int, cache.Op) { return old + 1, cache.Replace })
		if v, err := c.GetOrLoad(t.Context(), "slow"); v != 3 || err != nil {
			t.Errorf("GetOrLoad of what was set during its load = %d, %v; want 3, nil", v, err)
		}
		c.DeleteFunc(func(string, int) bool { return true })
		c.Delete("slow")
		c.Resize(5)
		c.Clear()
		c.Len()
		if d := time.Since(start); d != 0 {
			t.Errorf("a load held up others for %v", d)
		}
		wg.Wait()
	})
}

// TestLoadDuringClear is TestLoadNeverOverwrites for what changes many keys.
func TestLoadDuringClear(t *testing.T) {
	for name, change := range map[string]func(*cache.Cache[string, int]){
		"Clear": func(c *cache.Cache[string, int]) { c.Clear() },
		"Remove": func(c *cache.Cache[string, int]) {
			c.Compute("a", func(int, bool) (int, cache.Op) { return 0, cache.Remove })
		},
		"expired": func(c *cache.Cache[string, int]) { c.SetTTL("a", 7, -1) },
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: func(context.Context, string) (int, error) {
				time.Sleep(time.Minute)
				return 1, nil
			}})
			var wg sync.WaitGroup
			wg.Go(func() { c.GetOrLoad(t.Context(), "a") })
			synctest.Wait()
			change(c)
			wg.Wait()
			expectGet(t, c, "after "+name+" during a load", "a", 0)
		})
	}
}

func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Second}
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Loader: s.load})
		for i := range 3 {
			if err := c.Refresh(t.Context(), "a"); err != nil {
				t.Errorf("Refresh = %v; want nil", err)
			}
			expectGet(t, c, "after Refresh", "a", i+1)
		}
		s.err = io.EOF
		if err := c.Refresh(t.Context(), "a"); err != io.EOF {
			t.Errorf("Refresh = %v; want EOF", err)
		}
		expectGet(t, c, "after a Refresh that failed", "a", 3)
		s.err = nil

		// One that runs while the key is set does not serve; another does.
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := c.Refresh(t.Context(), "a"); err != nil {
				t.Errorf("Refresh = %v; want nil", err)
			}
			expectGet(t, c, "after a Refresh that was superseded", "a", 7)
		})
		synctest.Wait()
		c.Set("a", 7)
		if err := c.Refresh(t.Context(), "a"); err != nil {
			t.Errorf("Refresh = %v; want nil", err)
		}
		expectGet(t, c, "after a Refresh that began after Set", "a", 6)
		wg.Wait()
	})
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10})
	if err := c.Refresh(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "no loader (nil func)") {
		t.Errorf("Refresh without a loader = %v; want an error that says so", err)
	}
}

// TestClose checks that loads end, those of callers and those of nobody, and
// that none begins any more.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int32
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, RefreshAfter: time.Second, Loader: func(ctx context.Context, _ string) (int, error) {
			<-ctx.Done()
			ended.Add(1)
			return 0, ctx.Err()
		}})
		c.Set("b", 2)
		time.Sleep(time.Second)
		c.GetOrLoad(t.Context(), "b") // refreshes in the background
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := c.GetOrLoad(t.Context(), "a"); !errors.Is(err, cache.ErrClosed) {
					t.Errorf("GetOrLoad during Close = %v; want ErrClosed", err)
				}
			})
		}
		synctest.Wait()
		if err := c.Close(); err != nil {
			t.Errorf("Close = %v; want nil", err)
		}
		wg.Wait()
		synctest.Wait()
		if n := ended.Load(); n != 2 {
			t.Errorf("%d loads ended; want 2", n)
		}
		if _, err := c.GetOrLoad(t.Context(), "a"); err != cache.ErrClosed {
			t.Errorf("GetOrLoad after Close = %v; want ErrClosed", err)
		}
		if err := c.Refresh(t.Context(), "a"); err != cache.ErrClosed {
			t.Errorf("Refresh after Close = %v; want ErrClosed", err)
		}
		if v, err := c.GetOrLoad(t.Context(), "b"); v != 2 || err != nil {
			t.Errorf("GetOrLoad of what is there after Close = %d, %v; want 2, nil", v, err)
		}
		c.Set("c", 3)
		expectGet(t, c, "after Close", "c", 3)
	})
}

// TestCloseWaitsForNobody has a loader that does not heed its context.
func TestCloseWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		slow := func() int { <-release; return 1 }
		c := newCache(t, cache.Options[string, int]{
			MaxEntries: 10,
			Loader:     func(context.Context, string) (int, error) { return slow(), nil },
			BulkLoader: func(_ context.Context, keys []string) (map[string]int, error) {
				return map[string]int{keys[0]: slow()}, nil
			},
		})
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.GetOrLoad(t.Context(), "a"); err != cache.ErrClosed {
				t.Errorf("GetOrLoad during Close = %v; want ErrClosed", err)
			}
		})
		wg.Go(func() {
			if _, err := c.GetMany(t.Context(), []string{"b"}); !errors.Is(err, cache.ErrClosed) {
				t.Errorf("GetMany during Close = %v; want ErrClosed", err)
			}
		})
		synctest.Wait()
		c.Close()
		wg.Wait()
		close(release)
		synctest.Wait()
	})
}

// TestNoLoadEscapesClose has loads begin while Close runs. The loader waits for
// its context, so that one that Close missed would never end. The keys take long
// to hash, so that Close comes while callers are between one look and the next.
func TestNoLoadEscapesClose(t *testing.T) {
	for round := range 100 {
		c := newCache(t, cache.Options[[1 << 14]byte, int]{MaxEntries: 10, Shards: 1, Loader: func(ctx context.Context, _ [1 << 14]byte) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		}})
		var wg sync.WaitGroup
		for key := range 8 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				if _, err := c.GetOrLoad(ctx, [1 << 14]byte{byte(key)}); !errors.Is(err, cache.ErrClosed) {
					t.Errorf("GetOrLoad during Close = %v; want ErrClosed", err)
				}
			})
		}
		for c.Loading() <= round%4 {
			runtime.Gosched()
		}
		c.Close()
		wg.Wait()
		if t.Failed() {
			return
		}
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
