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
	"github.com/goplinth/plinth/cache/storetest"
	"github.com/goplinth/plinth/internal/race"
)

type (
	memory = storetest.Memory[string, int]
	handle = storetest.Handle[string, int]
)

// newStored returns a cache with a store, and closes it when the test ends.
func newStored(t *testing.T, o cache.Options[string, int]) *cache.Cache[string, int] {
	t.Helper()
	if o.MaxEntries == 0 {
		o.MaxEntries = 100
	}
	c := newCache(t, o)
	t.Cleanup(func() { c.Close() })
	return c
}

// journal records the operations of a handle. It is set as its Fault.
type journal struct {
	fault func(ctx context.Context, op storetest.Op, key string) error

	mu  sync.Mutex
	ops []string
}

func (j *journal) record(ctx context.Context, op storetest.Op, key string) error {
	name := map[storetest.Op]string{storetest.Get: "get", storetest.Set: "set", storetest.Delete: "delete"}[op]
	if name != "" {
		j.mu.Lock()
		j.ops = append(j.ops, name+" "+key)
		j.mu.Unlock()
	}
	if j.fault != nil {
		return j.fault(ctx, op, key)
	}
	return nil
}

func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	ops := j.ops
	j.ops = nil
	return strings.Join(ops, ", ")
}

// checkStore checks what is in the store, by a handle that nothing is wrong
// with.
func checkStore(t *testing.T, m *memory, key string, want int, wantTTL time.Duration) {
	t.Helper()
	value, ttl, err := m.Open().Get(t.Context(), key)
	if value != want || ttl != wantTTL || err != nil {
		t.Errorf("the store has %s = %d for %v, %v; want %d for %v", key, value, ttl, err, want, wantTTL)
	}
}

func checkNotStored(t *testing.T, m *memory, key string) {
	t.Helper()
	if value, ttl, err := m.Open().Get(t.Context(), key); !errors.Is(err, cache.ErrNotFound) {
		t.Errorf("the store has %s = %d for %v, %v; want ErrNotFound", key, value, ttl, err)
	}
}

func checkLoad(t *testing.T, c *cache.Cache[string, int], key string, want int, wantErr error) {
	t.Helper()
	if v, err := c.GetOrLoad(t.Context(), key); v != want || !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
		t.Errorf("GetOrLoad(%s) = %d, %v; want %d, %v", key, v, err, want, wantErr)
	}
}

func TestReadThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, ttl := range map[string]time.Duration{"endless": 0, "shorter": time.Second, "longer": time.Hour} {
			for _, local := range []time.Duration{0, time.Minute} {
				name := fmt.Sprint(name, ", local TTL ", local)
				var m memory
				j := &journal{}
				h := m.Open()
				h.Fault = j.record
				source := &lengths{}
				c := newStored(t, cache.Options[string, int]{TTL: local, Store: h, Loader: source.load})
				m.Open().Set(t.Context(), "a", 7, ttl)
				synctest.Wait() // until that is invalidated
				if _, ok := c.Get("a"); ok {
					t.Errorf("%s: Get found a value that is in the store only", name)
				}
				for range 2 {
					checkLoad(t, c, "a", 7, nil)
				}
				synctest.Wait()
				if got := j.take(); got != "get a" {
					t.Errorf("%s: the store was asked to %q; want get a", name, got)
				}
				if got := source.take(); got != "" {
					t.Errorf("%s: loaded %q; want nothing", name, got)
				}
				if s := c.Stats(); s.StoreHits != 1 || s.StoreMisses != 0 || s.StoreErrors != 0 || s.StoreError != nil {
					t.Errorf("%s: Stats() = %+v; want one StoreHit and nothing wrong", name, s)
				}
				want := time.Duration(math.MaxInt64)
				for _, d := range []time.Duration{ttl, local} {
					if d > 0 {
						want = min(want, d)
					}
				}
				if want == math.MaxInt64 {
					want = 1000 * time.Hour
				} else if time.Sleep(want); true {
					if _, ok := c.Get("a"); ok {
						t.Errorf("%s: Get found the value after %v", name, want)
					}
					continue
				}
				time.Sleep(want)
				if _, ok := c.Get("a"); !ok {
					t.Errorf("%s: Get did not find the value after %v", name, want)
				}
			}
		}
	})
}

func TestLoadedValuesAreStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &lengths{}
		for name, o := range loaders(source, cache.Options[string, int]{TTL: time.Minute, NegativeTTL: time.Minute}) {
			var m memory
			o.Store = m.Open()
			c := newStored(t, o)
			m.Open().Set(t.Context(), "bb", 7, time.Second)
			synctest.Wait()
			checkMany(t, name, c, "a bb none", map[string]int{"a": 1, "bb": 7}, nil)
			checkLoad(t, c, "ccc", 3, nil)
			synctest.Wait()
			checkStore(t, &m, "a", 1, time.Minute)
			checkStore(t, &m, "bb", 7, time.Second)
			checkStore(t, &m, "ccc", 3, time.Minute)
			checkNotStored(t, &m, "none")
			if got, want := source.take(), map[string]string{"BulkLoader": "a none, ccc", "Loader": "a, ccc, none"}[name]; got != want {
				t.Errorf("%s: loaded %q; want %q", name, got, want)
			}
			if s := c.Stats(); s.StoreHits != 1 || s.StoreMisses != 3 {
				t.Errorf("%s: %d StoreHits, %d StoreMisses; want 1, 3", name, s.StoreHits, s.StoreMisses)
			}
			other := newStored(t, cache.Options[string, int]{Store: m.Open()})
			checkMany(t, name, other, "a bb ccc none", map[string]int{"a": 1, "bb": 7, "ccc": 3}, nil)
		}
	})
}

func TestStoreWithoutLoader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		down := false
		h.Fault = func(_ context.Context, op storetest.Op, key string) error {
			if down {
				return io.EOF
			}
			return nil
		}
		c := newStored(t, cache.Options[string, int]{Store: h, RefreshAfter: time.Minute})
		checkLoad(t, c, "a", 0, cache.ErrNotFound)
		m.Open().Set(t.Context(), "a", 1, 0)
		synctest.Wait()
		checkLoad(t, c, "a", 1, nil)
		m.Open().Set(t.Context(), "a", 2, 0)
		if err := c.Refresh(t.Context(), "a"); err != nil {
			t.Errorf("Refresh = %v; want nil", err)
		}
		synctest.Wait()
		checkLoad(t, c, "a", 2, nil)
		down = true
		checkLoad(t, c, "b", 0, io.EOF)
		if err := c.Refresh(t.Context(), "a"); !errors.Is(err, io.EOF) {
			t.Errorf("Refresh = %v; want EOF", err)
		}
		if v, ok := c.Get("a"); v != 2 || !ok {
			t.Errorf("Get after a Refresh that failed = %d, %v; want 2, true", v, ok)
		}
	})
}

func TestWriteThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tt := range map[string]struct {
			change func(*cache.Cache[string, int])
			ops    string
			want   int
			ttl    time.Duration
		}{
			"Set":                     {func(c *cache.Cache[string, int]) { c.Set("a", 1) }, "set a", 1, time.Minute},
			"SetTTL":                  {func(c *cache.Cache[string, int]) { c.SetTTL("a", 1, time.Hour) }, "set a", 1, time.Hour},
			"SetTTL 0":                {func(c *cache.Cache[string, int]) { c.SetTTL("a", 1, 0) }, "set a", 1, 0},
			"SetTTL in the past":      {func(c *cache.Cache[string, int]) { c.SetTTL("a", 1, -time.Hour) }, "delete a", 0, 0},
			"SetIfAbsent":             {func(c *cache.Cache[string, int]) { c.SetIfAbsent("a", 1) }, "set a", 1, time.Minute},
			"SetIfAbsent, and it is":  {func(c *cache.Cache[string, int]) { c.SetIfAbsent("b", 1) }, "", 0, 0},
			"Compute, Replace":        {func(c *cache.Cache[string, int]) { compute(c, "a", 1, cache.Replace) }, "set a", 1, time.Minute},
			"Compute, Keep":           {func(c *cache.Cache[string, int]) { compute(c, "a", 1, cache.Keep) }, "", 0, 0},
			"Compute, Remove":         {func(c *cache.Cache[string, int]) { compute(c, "b", 1, cache.Remove) }, "delete b", 0, 0},
			"Delete":                  {func(c *cache.Cache[string, int]) { c.Delete("b") }, "delete b", 0, 0},
			"Delete of a missing key": {func(c *cache.Cache[string, int]) { c.Delete("a") }, "delete a", 0, 0},
			"DeleteFunc":              {func(c *cache.Cache[string, int]) { c.DeleteFunc(func(string, int) bool { return true }) }, "delete b", 0, 0},
			"Clear":                   {func(c *cache.Cache[string, int]) { c.Clear() }, "", 0, 0},
			"eviction":                {func(c *cache.Cache[string, int]) { c.Resize(1); c.SetTTL("a", 1, 0) }, "set a", 1, 0},
			"expiry":                  {func(c *cache.Cache[string, int]) { time.Sleep(time.Hour); c.Get("b") }, "", 0, 0},
			"invalidation":            {nil, "", 0, 0},
		} {
			var m memory
			j := &journal{}
			h := m.Open()
			h.Fault = j.record
			c := newStored(t, cache.Options[string, int]{Store: h, TTL: time.Minute})
			c.SetTTL("b", 5, time.Minute/2)
			j.take()
			if tt.change == nil {
				m.Open().Set(t.Context(), "b", 6, 0)
				synctest.Wait()
			} else {
				tt.change(c)
			}
			if got := j.take(); got != tt.ops {
				t.Errorf("%s: the store was asked to %q when the change returned; want %q", name, got, tt.ops)
			}
			if tt.want != 0 {
				checkStore(t, &m, "a", tt.want, tt.ttl)
			}
			if strings.Contains(tt.ops, "delete b") {
				checkNotStored(t, &m, "b")
			}
		}
	})
}

func compute(c *cache.Cache[string, int], key string, value int, op cache.Op) {
	c.Compute(key, func(int, bool) (int, cache.Op) { return value, op })
}

// TestLocalChangeComesFirst checks what others see while the store is slow.
func TestLocalChangeComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		h.Fault = slow(50 * time.Millisecond)
		var evicted time.Duration
		start := time.Now()
		c := newStored(t, cache.Options[string, int]{Store: h, OnEvict: func(string, int, cache.Cause) { evicted = time.Since(start) }})
		start = time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			c.Set("a", 1)
			if d := time.Since(start); d != 50*time.Millisecond {
				t.Errorf("Set took %v; want 50ms, the time of the store", d)
			}
		})
		synctest.Wait()
		if v, ok := c.Get("a"); v != 1 || !ok {
			t.Errorf("Get while the store is written = %d, %v; want 1, true", v, ok)
		}
		wg.Wait()
		start = time.Now()
		evicted = -1
		c.Delete("a")
		if evicted != 0 {
			t.Errorf("OnEvict was called after %v; want at once", evicted)
		}
	})
}

// slow is a fault that delays operations.
func slow(d time.Duration) func(context.Context, storetest.Op, string) error {
	return func(ctx context.Context, op storetest.Op, _ string) error {
		if op == storetest.Subscribe {
			return nil
		}
		return pause(ctx, d)
	}
}

// noSet is a fault of a store that takes nothing in.
func noSet(_ context.Context, op storetest.Op, _ string) error {
	if op == storetest.Set {
		return io.EOF
	}
	return nil
}

// TestWritesKeepTheirOrder sets and deletes a key while an earlier write of it
// is under way.
func TestWritesKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		j := &journal{}
		delay := []time.Duration{80 * time.Millisecond, 0, 0, 0} // the first is the slowest
		j.fault = func(ctx context.Context, op storetest.Op, key string) error {
			if op != storetest.Subscribe && len(delay) > 0 {
				d := delay[0]
				delay = delay[1:]
				return slow(d)(ctx, op, key)
			}
			return nil
		}
		h := m.Open()
		h.Fault = j.record
		c := newStored(t, cache.Options[string, int]{Store: h})
		var wg sync.WaitGroup
		for i, change := range []func(){
			func() { c.Set("a", 1) },
			func() { c.Delete("a") },
			func() { c.Set("a", 2) },
			func() { c.Set("a", 3) },
		} {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				start := time.Now()
				change()
				// They wait for the write of the last, which is theirs too.
				if got, want := time.Since(start), time.Duration(80-i)*time.Millisecond; got != want {
					t.Errorf("change %d took %v; want %v", i, got, want)
				}
			})
		}
		wg.Wait()
		checkStore(t, &m, "a", 3, 0)
		if got := j.take(); got != "set a, set a" {
			t.Errorf("the store was asked to %q; want set a, set a: what is replaced before its turn is not written", got)
		}
	})
}

// TestLoadIsNotWrittenOverASet sets a key while a load of it runs.
func TestLoadIsNotWrittenOverASet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &lengths{delay: time.Second}
		for name, o := range loaders(source, cache.Options[string, int]{}) {
			for change, f := range map[string]func(c *cache.Cache[string, int], m *memory){
				"Set":         func(c *cache.Cache[string, int], m *memory) { c.Set("a", 7) },
				"another Set": func(c *cache.Cache[string, int], m *memory) { m.Open().Set(context.Background(), "a", 7, 0) },
			} {
				var m memory
				o.Store = m.Open()
				c := newStored(t, o)
				var wg sync.WaitGroup
				wg.Go(func() { checkMany(t, name, c, "a bb", map[string]int{"a": 1, "bb": 2}, nil) })
				time.Sleep(time.Second / 2)
				f(c, &m)
				wg.Wait()
				synctest.Wait()
				checkStore(t, &m, "a", 7, 0)
				checkStore(t, &m, "bb", 2, 0)
				if v, ok := c.Get("a"); ok && v != 7 {
					t.Errorf("%s, %s: Get = %d; want 7", name, change, v)
				}
			}
		}
	})
}

// TestLoadThenSet checks that the write of a loaded value, which the loading
// caller does not wait for, does not overtake a later Set.
func TestLoadThenSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		h.Fault = slow(40 * time.Millisecond)
		source := &lengths{}
		c := newStored(t, cache.Options[string, int]{Store: h, Loader: source.load})
		start := time.Now()
		checkLoad(t, c, "a", 1, nil)
		if d := time.Since(start); d != 40*time.Millisecond {
			t.Errorf("the load took %v; want 40ms, for reading the store only", d)
		}
		c.Set("a", 2)
		checkStore(t, &m, "a", 2, 0)
	})
}

func TestRefreshReplacesWhatTheStoreHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &lengths{}
		for name, o := range loaders(source, cache.Options[string, int]{TTL: time.Hour, RefreshAfter: time.Minute}) {
			source.add = 0
			var m memory
			j := &journal{}
			h := m.Open()
			h.Fault = j.record
			o.Store = h
			c := newStored(t, o)
			checkLoad(t, c, "a", 1, nil)
			synctest.Wait()
			source.add = 10
			if err := c.Refresh(t.Context(), "a"); err != nil {
				t.Errorf("%s: Refresh = %v; want nil", name, err)
			}
			synctest.Wait()
			checkStore(t, &m, "a", 11, time.Hour)
			for i, get := range []func(){
				func() { checkLoad(t, c, "a", 11, nil) },
				func() { checkMany(t, name, c, "a", map[string]int{"a": 21}, nil) },
			} {
				source.add += 10
				time.Sleep(2 * time.Minute)
				j.take()
				get()
				synctest.Wait()
				checkStore(t, &m, "a", 21+10*i, time.Hour)
				if got := strings.TrimSuffix(j.take(), ", get a"); got != "set a" {
					t.Errorf("%s: the store was asked to %q by a due value; want set a", name, got)
				}
			}
			// What the source no longer has is not to come back from the store.
			source.fail = cache.ErrNotFound
			if err := c.Refresh(t.Context(), "a"); !errors.Is(err, cache.ErrNotFound) {
				t.Errorf("%s: Refresh = %v; want ErrNotFound", name, err)
			}
			synctest.Wait()
			checkNotStored(t, &m, "a")
			source.fail = nil
		}
	})
}

func TestStaleValuesAreReadFromTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &lengths{}
		for name, o := range loaders(source, cache.Options[string, int]{TTL: time.Minute, StaleFor: time.Hour}) {
			var m memory
			o.Store = m.Open()
			c := newStored(t, o)
			checkLoad(t, c, "a", 1, nil)
			synctest.Wait()
			source.take()
			time.Sleep(2 * time.Minute)
			o.Store.Set(t.Context(), "a", 7, 0)
			checkMany(t, name, c, "a", map[string]int{"a": 1}, nil)
			synctest.Wait()
			checkLoad(t, c, "a", 7, nil)
			if got := source.take(); got != "" {
				t.Errorf("%s: loaded %q; want nothing", name, got)
			}
		}
	})
}

// TestNoResurrection has the store fail to take a change: a load must not read
// the older value from it then.
func TestNoResurrection(t *testing.T) {
	changes := map[string]func(*cache.Cache[string, int]){
		"Set":    func(c *cache.Cache[string, int]) { c.Set("a", 2); c.Clear() },
		"Delete": func(c *cache.Cache[string, int]) { c.Delete("a") },
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		for how, fault := range map[string]func(ctx context.Context, op storetest.Op, key string) error{
			"fails": func(_ context.Context, op storetest.Op, key string) error {
				if op == storetest.Set || op == storetest.Delete {
					return io.EOF
				}
				return nil
			},
			"is slow": func(ctx context.Context, op storetest.Op, key string) error {
				if op == storetest.Set || op == storetest.Delete {
					<-ctx.Done()
				}
				return nil
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				var m memory
				h := m.Open()
				var broken atomic.Bool
				broken.Store(true)
				h.Fault = func(ctx context.Context, op storetest.Op, key string) error {
					if !broken.Load() {
						return nil
					}
					return fault(ctx, op, key)
				}
				source := &lengths{add: 100}
				c := newStored(t, cache.Options[string, int]{Store: h, Loader: source.load})
				only := newStored(t, cache.Options[string, int]{Store: h})
				m.Open().Set(t.Context(), "a", 1, 0)
				synctest.Wait()
				checkLoad(t, c, "a", 1, nil)
				changes[name](c)
				if v, err := c.GetOrLoad(t.Context(), "a"); v != 101 || err != nil {
					t.Errorf("%s, the store %s: GetOrLoad = %d, %v; want 101 from the loader", name, how, v, err)
				}
				changes[name](only)
				want := map[string]error{"fails": io.EOF, "is slow": context.DeadlineExceeded}[how]
				if v, err := only.GetOrLoad(t.Context(), "a"); !errors.Is(err, want) {
					t.Errorf("%s, the store %s: GetOrLoad without a loader = %d, %v; want %v", name, how, v, err, want)
				}
				// All is well again after a write that it takes.
				broken.Store(false)
				time.Sleep(time.Hour)
				c.Set("a", 5)
				c.Clear()
				only.Set("a", 5)
				only.Clear()
				checkLoad(t, c, "a", 5, nil)
				checkLoad(t, only, "a", 5, nil)
			})
		}
	}
}

// TestFailedWriteAndAnothersChange checks that a change that another process
// reports ends the distrust: the store has something newer then.
func TestFailedWriteAndAnothersChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		h.Fault = noSet
		c := newStored(t, cache.Options[string, int]{Store: h})
		c.Set("a", 1)
		m.Open().Set(t.Context(), "a", 2, 0)
		synctest.Wait()
		checkLoad(t, c, "a", 2, nil)
	})
}

// TestLoadWaitsForAWrite checks that a cache without a loader finds what was
// set, though the store does not have it yet and this cache no longer.
func TestLoadWaitsForAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		h.Fault = slow(50 * time.Millisecond)
		c := newStored(t, cache.Options[string, int]{Store: h})
		go c.Set("a", 1)
		synctest.Wait()
		c.Clear()
		checkLoad(t, c, "a", 1, nil)

		source := &lengths{add: 100}
		loader := newStored(t, cache.Options[string, int]{Store: h, Loader: source.load})
		go loader.Set("a", 2)
		synctest.Wait()
		loader.Clear()
		start := time.Now()
		checkLoad(t, loader, "a", 101, nil)
		if took := time.Since(start); took != 0 {
			t.Errorf("a load with a loader waited %v for the store; want 0", took)
		}
		time.Sleep(time.Second)
		checkStore(t, &m, "a", 101, 0)
	})
}

func TestFailedWritesAreForgottenInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		h.Fault = noSet
		c := newStored(t, cache.Options[string, int]{Store: h, Shards: 1})
		for i := range 3000 {
			c.Set(fmt.Sprint(i), i)
		}
		if n := c.FailedWrites(); n < 1000 || n > 1024 {
			t.Errorf("%d failed writes are remembered; want about 1024", n)
		}
	})
}

// dead is a store that answers nothing.
type dead struct {
	ignores bool          // its context
	stop    chan struct{} // closed to end what runs
	running atomic.Int32
	began   atomic.Int32
}

func (d *dead) hang(ctx context.Context) error {
	d.began.Add(1)
	d.running.Add(1)
	defer d.running.Add(-1)
	if d.ignores {
		ctx = context.Background()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-d.stop:
		return io.EOF
	}
}

func (d *dead) Get(ctx context.Context, _ string) (int, time.Duration, error) {
	return 0, 0, d.hang(ctx)
}
func (d *dead) Set(ctx context.Context, _ string, _ int, _ time.Duration) error { return d.hang(ctx) }
func (d *dead) Delete(ctx context.Context, _ string) error                      { return d.hang(ctx) }
func (d *dead) Subscribe(ctx context.Context, _ func(...string)) error          { return d.hang(ctx) }

func TestDeadStoreDoesNotStall(t *testing.T) {
	for _, ignores := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d := &dead{ignores: ignores, stop: make(chan struct{})}
			defer close(d.stop)
			source := &lengths{}
			start := time.Now()
			c := newStored(t, cache.Options[string, int]{MaxEntries: 10_000, Store: d, Loader: source.load, BulkLoader: source.bulk})
			if took := time.Since(start); took != 100*time.Millisecond {
				t.Errorf("New took %v; want 100ms, the default of StoreTimeout", took)
			}
			if s := c.Stats(); s.StoreError == nil {
				t.Error("StoreError is nil though the subscription is not in force")
			}
			start = time.Now()
			for i := range 100 {
				op := time.Now()
				key := fmt.Sprint("k", i)
				c.Set(key, i)
				if v, ok := c.Get(key); v != i || !ok {
					t.Errorf("Get = %d, %v; want %d, true", v, ok, i)
				}
				c.Delete(key)
				c.Set("same", i)
				if took := time.Since(op); took > 300*time.Millisecond {
					t.Errorf("three changes took %v", took)
				}
				op = time.Now()
				checkLoad(t, c, fmt.Sprint("load ", i), len(fmt.Sprint("load ", i)), nil)
				checkMany(t, "dead", c, fmt.Sprint("a", i, " b", i), map[string]int{fmt.Sprint("a", i): len(fmt.Sprint("a", i)), fmt.Sprint("b", i): len(fmt.Sprint("b", i))}, nil)
				if took := time.Since(op); took > 300*time.Millisecond {
					t.Errorf("two loads took %v", took)
				}
			}
			// Three failures, and a probe now and then while time passes.
			if took := time.Since(start); took > time.Second {
				t.Errorf("%d calls took %v with a dead store; want them not to wait for it", 500, took)
			}
			s := c.Stats()
			if !errors.Is(s.StoreError, context.DeadlineExceeded) || s.StoreErrors < 3 || s.StoreErrors > 20 {
				t.Errorf("Stats() = %d StoreErrors, %v; want a few, deadline exceeded", s.StoreErrors, s.StoreError)
			}
		})
	}
}

// TestStuckOperationsAreBounded has a crowd meet a store that ignores its
// contexts.
func TestStuckOperationsAreBounded(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector crashes with a crowd of timers in one bubble: go.dev/issue/78156")
	}
	synctest.Test(t, func(t *testing.T) {
		d := &dead{ignores: true, stop: make(chan struct{})}
		source := &lengths{}
		c := newStored(t, cache.Options[string, int]{MaxEntries: 10_000, Store: d, Loader: source.load})
		var wg sync.WaitGroup
		for i := range 300 {
			wg.Go(func() {
				start := time.Now()
				c.GetOrLoad(t.Context(), fmt.Sprint(i))
				c.Set(fmt.Sprint("set ", i), i)
				c.Set("same", i)
				if took := time.Since(start); took > time.Second {
					t.Errorf("three calls took %v", took)
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Hour)
		for i := range 100 {
			c.Set(fmt.Sprint("later ", i), i)
			time.Sleep(time.Minute)
		}
		if n := d.running.Load(); n < 2 || n > 257 { // one is the subscription
			t.Errorf("%d operations are stuck; want at most 256", n)
		}
		close(d.stop)
		synctest.Wait()
		if n := d.running.Load(); n != 0 {
			t.Errorf("%d operations run; want 0", n)
		}
	})
}

// TestStuckKeysDoNotHoldUpOthers has a store that answers, but not for some
// keys, so that it is never left alone.
func TestStuckKeysDoNotHoldUpOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		stop := make(chan struct{})
		defer close(stop)
		h := m.Open()
		h.Fault = func(_ context.Context, op storetest.Op, key string) error {
			if strings.HasPrefix(key, "bad") {
				<-stop
			}
			return nil
		}
		c := newStored(t, cache.Options[string, int]{MaxEntries: 1000, Store: ignoring{h}})
		for i := range 300 {
			c.Set(fmt.Sprint("bad ", i), i)
			synctest.Wait()
			start := time.Now()
			c.Set(fmt.Sprint("good ", i), i)
			if took := time.Since(start); took != 0 {
				t.Errorf("Set took %v after %d writes of other keys got stuck; want 0", took, i+1)
			}
		}
	})
}

func TestStoreWithAPastDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		source := &lengths{}
		c := newStored(t, cache.Options[string, int]{Store: overdue{m.Open()}, Loader: source.load})
		m.Open().Set(t.Context(), "a", 7, 0)
		synctest.Wait()
		checkLoad(t, c, "a", 1, nil)
	})
}

// overdue is a store that returns what expired long ago.
type overdue struct{ *handle }

func (s overdue) Get(ctx context.Context, key string) (int, time.Duration, error) {
	value, _, err := s.handle.Get(ctx, key)
	return value, -time.Hour, err
}

// TestStuckWriteKeepsTheOrder has a store that takes a write long after it was
// given up: a later one must not have come before it.
func TestStuckWriteKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		j := &journal{}
		release := make(chan struct{})
		first := true
		j.fault = func(_ context.Context, op storetest.Op, key string) error {
			if op == storetest.Set && first {
				first = false
				<-release
			}
			return nil
		}
		h := m.Open()
		h.Fault = j.record
		c := newStored(t, cache.Options[string, int]{Store: ignoring{h}, StoreTimeout: time.Second})
		for i, want := range []time.Duration{time.Second, 0, 0} {
			start := time.Now()
			c.Set("a", i+1)
			if took := time.Since(start); took != want {
				t.Errorf("Set %d took %v; want %v: one caller waits for a stuck store", i, took, want)
			}
			synctest.Wait() // until it counts as stuck
		}
		close(release)
		synctest.Wait()
		checkStore(t, &m, "a", 3, 0)
		if got := j.take(); got != "set a, set a" {
			t.Errorf("the store was asked to %q; want set a, set a", got)
		}
		c.Clear()
		checkLoad(t, c, "a", 3, nil)
	})
}

// ignoring is a store that hides the end of contexts from another.
type ignoring struct{ *handle }

func (s ignoring) Set(ctx context.Context, key string, value int, ttl time.Duration) error {
	return s.handle.Set(context.WithoutCancel(ctx), key, value, ttl)
}

// TestStoreIsSparedAndTriedAgain counts what reaches a failing store, and sees
// it come back.
func TestStoreIsSparedAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		down := true
		calls := 0
		h.Fault = func(_ context.Context, op storetest.Op, _ string) error {
			if op == storetest.Subscribe {
				return nil
			}
			calls++
			if down {
				return io.EOF
			}
			return nil
		}
		c := newStored(t, cache.Options[string, int]{Store: h})
		for i := range 1000 {
			c.Set(fmt.Sprint(i), i)
		}
		if s := c.Stats(); calls != 3 || s.StoreErrors != 3 || s.StoreError != io.EOF {
			t.Errorf("%d operations reached a store that failed, %d StoreErrors, %v; want 3, 3, EOF", calls, s.StoreErrors, s.StoreError)
		}
		start := time.Now()
		for time.Since(start) < time.Minute {
			time.Sleep(10 * time.Millisecond)
			c.Set("a", 1)
		}
		if calls < 6 || calls > 60 {
			t.Errorf("%d operations reached a store that failed for a minute; want a probe every few seconds", calls)
		}
		if err := c.Stats().StoreError; err != io.EOF {
			t.Errorf("StoreError = %v; want EOF", err)
		}
		down = false
		time.Sleep(time.Minute)
		c.Set("a", 2)
		calls = 0
		for i := range 100 {
			c.Set(fmt.Sprint(i), i)
		}
		if err := c.Stats().StoreError; calls != 100 || err != nil {
			t.Errorf("%d of 100 operations reached a store that is well again, StoreError = %v; want 100, nil", calls, err)
		}
		checkStore(t, &m, "a", 2, 0)
		down, calls = true, 0
		for i := range 5 {
			c.Set(fmt.Sprint(i), i)
		}
		if calls != 3 {
			t.Errorf("%d operations reached a store that fails again; want 3, as if it had never failed", calls)
		}
	})
}

// TestOneProbe has many callers at the end of a rest.
func TestOneProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dead{stop: make(chan struct{})}
		source := &lengths{}
		c := newStored(t, cache.Options[string, int]{Store: d, Loader: source.load})
		for i := range 5 {
			c.GetOrLoad(t.Context(), fmt.Sprint(i))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		before := d.began.Load() - d.running.Load()
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() { c.GetOrLoad(t.Context(), fmt.Sprint("probe", i)) })
		}
		synctest.Wait()
		if n := d.running.Load(); n > 2 { // one is the subscription
			t.Errorf("%d operations run at the end of a rest; want 1", n-1)
		}
		wg.Wait()
		synctest.Wait()
		if n := d.began.Load() - d.running.Load() - before; n != 1 {
			t.Errorf("%d operations were tried at the end of a rest; want 1", n)
		}
	})
}

// TestAbandonedReadIsNoFailure has callers leave before the store answers.
func TestAbandonedReadIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		h.Fault = slow(50 * time.Millisecond)
		loader := func(context.Context, string) (int, error) {
			t.Error("the loader ran for nobody")
			return 0, nil
		}
		bulkLoader := func(context.Context, []string) (map[string]int, error) {
			t.Error("the bulk loader ran for nobody")
			return nil, nil
		}
		c := newStored(t, cache.Options[string, int]{Store: h, Loader: loader, BulkLoader: bulkLoader})
		for i := range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if _, err := c.GetOrLoad(ctx, fmt.Sprint(i)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("GetOrLoad = %v; want deadline exceeded", err)
			}
			if _, err := c.GetMany(ctx, []string{fmt.Sprint("many ", i), "b"}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("GetMany = %v; want deadline exceeded", err)
			}
			cancel()
			ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
			c.GetMany(ctx, []string{fmt.Sprint("more ", i), "b"})
			cancel()
		}
		synctest.Wait()
		if s := c.Stats(); s.StoreErrors != 0 || s.StoreError != nil {
			t.Errorf("Stats() = %d StoreErrors, %v; want 0, nil", s.StoreErrors, s.StoreError)
		}
	})
}

// TestSlowStoreDelaysBulkLoadsOnce has a store that answers, but slowly.
func TestSlowStoreDelaysBulkLoadsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		h.Fault = slow(90 * time.Millisecond)
		source := &lengths{}
		c := newStored(t, cache.Options[string, int]{MaxEntries: 2000, Store: h, BulkLoader: source.bulk})
		keys := make([]string, 1000)
		for i := range keys {
			keys[i] = fmt.Sprint(i)
		}
		start := time.Now()
		if got, err := c.GetMany(t.Context(), keys); len(got) != 1000 || err != nil {
			t.Errorf("GetMany = %d values, %v; want 1000, nil", len(got), err)
		}
		if took := time.Since(start); took > 200*time.Millisecond {
			t.Errorf("GetMany took %v; want 200ms at most", took)
		}
		time.Sleep(time.Minute)
		for _, key := range keys {
			checkStore(t, &m, key, len(key), 0)
		}
	})
}

func TestDeleteFuncWithAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		var delay time.Duration
		h.Fault = func(ctx context.Context, op storetest.Op, key string) error { return slow(delay)(ctx, op, key) }
		c := newStored(t, cache.Options[string, int]{MaxEntries: 2000, Store: h})
		for i := range 1000 {
			c.Set(fmt.Sprint(i), i)
		}
		delay = 60 * time.Millisecond
		start := time.Now()
		if n := c.DeleteFunc(func(string, int) bool { return true }); n != 1000 {
			t.Errorf("DeleteFunc = %d; want 1000", n)
		}
		if took := time.Since(start); took != 16*delay {
			t.Errorf("DeleteFunc took %v; want %v: 64 operations at a time", took, 16*delay)
		}
		for i := range 1000 {
			checkNotStored(t, &m, fmt.Sprint(i))
		}
	})
}

func TestPanickingStore(t *testing.T) {
	for name, die := range map[string]func(){"panic": func() { panic(io.EOF) }, "Goexit": runtime.Goexit} {
		synctest.Test(t, func(t *testing.T) {
			var m memory
			h := m.Open()
			h.Fault = func(context.Context, storetest.Op, string) error {
				die()
				return nil
			}
			source := &lengths{}
			c := newStored(t, cache.Options[string, int]{Store: h, Loader: source.load})
			c.Set("a", 7)
			checkLoad(t, c, "a", 7, nil)
			checkLoad(t, c, "bb", 2, nil)
			c.Delete("a")
			s := c.Stats()
			if _, ok := errors.AsType[*cache.PanicError](s.StoreError); !ok || s.StoreErrors < 3 {
				t.Errorf("%s: Stats() = %d StoreErrors, %v; want a *PanicError", name, s.StoreErrors, s.StoreError)
			}
		})
	}
}

func TestInvalidation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		var left departures
		c := newStored(t, cache.Options[string, int]{Store: m.Open(), OnEvict: left.record})
		other := newStored(t, cache.Options[string, int]{Store: m.Open()})
		c.Set("a", 1)
		c.Set("b", 1)
		synctest.Wait()
		other.Set("a", 2)
		other.Delete("b")
		other.Set("c", 3)
		synctest.Wait()
		if got := strings.Join(left.take(), ", "); got != "a=1 invalidated, b=1 invalidated" {
			t.Errorf("OnEvict calls = %s; want a=1 invalidated, b=1 invalidated", got)
		}
		if n := c.Stats().Invalidated; n != 2 {
			t.Errorf("Invalidated = %d; want 2", n)
		}
		checkLoad(t, c, "a", 2, nil)
		checkLoad(t, c, "b", 0, cache.ErrNotFound)
		if n := other.Stats().Invalidated; n != 0 {
			t.Errorf("%d values left the cache by its own changes; want 0", n)
		}
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	})
}

// TestInvalidationSupersedesLoads has another process change a key while it is
// being read: who comes later must not get the old value.
func TestInvalidationSupersedesLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		c := newStored(t, cache.Options[string, int]{Store: reading{h}})
		m.Open().Set(t.Context(), "a", 1, 0)
		go c.GetOrLoad(t.Context(), "a")
		synctest.Wait()
		m.Open().Set(t.Context(), "a", 2, 0)
		synctest.Wait()
		checkLoad(t, c, "a", 2, nil)
		if v, _ := c.Get("a"); v != 2 {
			t.Errorf("Get = %d; want 2", v)
		}
	})
}

// reading is a store whose answers take a while to come.
type reading struct{ *handle }

func (s reading) Get(ctx context.Context, key string) (int, time.Duration, error) {
	value, ttl, err := s.handle.Get(ctx, key)
	time.Sleep(50 * time.Millisecond)
	return value, ttl, err
}

func TestLostSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		var down atomic.Bool
		var subscriptions atomic.Int32
		h.Fault = func(_ context.Context, op storetest.Op, _ string) error {
			if op == storetest.Subscribe {
				subscriptions.Add(1)
				if down.Load() {
					return io.ErrUnexpectedEOF
				}
			}
			return nil
		}
		c := newStored(t, cache.Options[string, int]{Store: h})
		c.Set("a", 1)
		c.Set("b", 1)
		down.Store(true)
		h.Disconnect(io.EOF)
		synctest.Wait()
		if s := c.Stats(); s.StoreErrors != 1 || s.StoreError != io.EOF {
			t.Errorf("Stats() = %d StoreErrors, %v; want 1, EOF", s.StoreErrors, s.StoreError)
		}
		m.Open().Set(t.Context(), "a", 2, 0)
		time.Sleep(time.Minute)
		checkLoad(t, c, "a", 1, nil) // nobody has said anything
		if n := subscriptions.Load(); n < 5 || n > 100 {
			t.Errorf("%d attempts to subscribe in a minute; want some, less often each time", n)
		}
		if err := c.Stats().StoreError; err != io.ErrUnexpectedEOF {
			t.Errorf("StoreError = %v; want unexpected EOF", err)
		}
		down.Store(false)
		time.Sleep(time.Minute)
		checkLoad(t, c, "a", 2, nil)
		if s := c.Stats(); s.Invalidated != 2 || s.StoreError != nil {
			t.Errorf("Stats() = %d Invalidated, %v; want 2, nil", s.Invalidated, s.StoreError)
		}
	})
}

// TestNewWaitsForTheSubscription checks that no change is missed between New
// and the first read, and that all is dropped if New could not wait.
func TestNewWaitsForTheSubscription(t *testing.T) {
	for _, tt := range []struct {
		delay, took time.Duration
		want        int
	}{
		{0, 0, 1},
		{90 * time.Millisecond, 90 * time.Millisecond, 1},
		{150 * time.Millisecond, 100 * time.Millisecond, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			var m memory
			h := m.Open()
			h.Fault = func(_ context.Context, op storetest.Op, _ string) error {
				if op == storetest.Subscribe {
					time.Sleep(tt.delay)
				}
				return nil
			}
			start := time.Now()
			c := newStored(t, cache.Options[string, int]{Store: h})
			if took := time.Since(start); took != tt.took {
				t.Errorf("New took %v with a subscription that takes %v; want %v", took, tt.delay, tt.took)
			}
			c.Set("a", 1)
			time.Sleep(time.Second)
			if v, _ := c.Get("a"); v != tt.want {
				t.Errorf("Get after a subscription that took %v = %d; want %d", tt.delay, v, tt.want)
			}
		})
	}
}

func TestNewDoesNotWaitForASubscriptionThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		h.Fault = func(context.Context, storetest.Op, string) error { return io.EOF }
		start := time.Now()
		c := newStored(t, cache.Options[string, int]{Store: h})
		if took := time.Since(start); took != 0 {
			t.Errorf("New took %v; want 0", took)
		}
		if err := c.Stats().StoreError; err != io.EOF {
			t.Errorf("StoreError = %v; want EOF", err)
		}
	})
}

func TestNegativeStoreTimeout(t *testing.T) {
	_, err := cache.New(cache.Options[string, int]{MaxEntries: 1, StoreTimeout: -1})
	if err == nil || !strings.Contains(err.Error(), "Options.StoreTimeout is -1ns") {
		t.Errorf("New = %v; want an error that names Options.StoreTimeout", err)
	}
}

func TestNaNIsNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m storetest.Memory[float64, int]
		h := m.Open()
		h.Fault = func(_ context.Context, op storetest.Op, key float64) error {
			if op != storetest.Subscribe {
				t.Errorf("operation %d of the store with key %v", op, key)
			}
			return nil
		}
		c := newCache(t, cache.Options[float64, int]{MaxEntries: 10, Store: h, Loader: func(context.Context, float64) (int, error) { return 1, nil }})
		defer c.Close()
		c.Set(math.NaN(), 1)
		c.Delete(math.NaN())
		if v, err := c.GetOrLoad(t.Context(), math.NaN()); v != 1 || err != nil {
			t.Errorf("GetOrLoad = %d, %v; want 1, nil", v, err)
		}
	})
}

// TestCloseEndsTheSubscription relies on the bubble, which would not end while
// a goroutine runs in it.
func TestCloseEndsTheSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		h := m.Open()
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Store: h})
		c.Set("a", 1)
		c.Close()
		synctest.Wait()
		m.Open().Set(t.Context(), "a", 2, 0)
		synctest.Wait()
		if v, _ := c.Get("a"); v != 1 {
			t.Errorf("Get after Close = %d; want 1: nobody listens", v)
		}
	})
}

// TestCacheWithAStoreIsCollected drops the last reference without Close, which
// ends the subscription.
func TestCacheWithAStoreIsCollected(t *testing.T) {
	subscribed := &watched{handle: new(memory).Open(), ended: make(chan struct{})}
	func() {
		c := newCache(t, cache.Options[string, int]{MaxEntries: 10, Store: subscribed, Loader: new(lengths).load})
		c.Set("a", 1)
		c.GetOrLoad(t.Context(), "b")
	}()
	for {
		runtime.GC()
		select {
		case <-subscribed.ended:
			return
		case <-t.Context().Done():
			return
		default:
			runtime.Gosched()
		}
	}
}

// watched is a store that tells when its subscription ends.
type watched struct {
	*handle
	ended chan struct{}
}

func (s *watched) Subscribe(ctx context.Context, invalidate func(...string)) error {
	defer close(s.ended)
	return s.handle.Subscribe(ctx, invalidate)
}

// TestProcesses has several caches on one store change and load the same keys.
// When all is quiet, each has the value of the store or none.
func TestProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memory
		caches := make([]*cache.Cache[string, int], 3)
		for i := range caches {
			h := m.Open()
			h.Fault = func(ctx context.Context, op storetest.Op, key string) error {
				return slow(time.Duration(rand.IntN(20))*time.Millisecond)(ctx, op, key)
			}
			caches[i] = newStored(t, cache.Options[string, int]{MaxEntries: 5, Store: h})
		}
		var wg sync.WaitGroup
		for i, c := range caches {
			for range 3 {
				wg.Go(func() {
					for n := range 200 {
						key := string(rune('a' + rand.IntN(10)))
						switch rand.IntN(5) {
						case 0:
							c.Set(key, i*1000+n)
						case 1:
							c.Delete(key)
						case 2:
							c.GetMany(t.Context(), []string{key, "a"})
						default:
							c.GetOrLoad(t.Context(), key)
						}
						time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
					}
				})
			}
		}
		wg.Wait()
		time.Sleep(time.Minute)
		for i, c := range caches {
			for key, value := range c.All() {
				if want, _, err := m.Open().Get(t.Context(), key); err != nil || value != want {
					t.Errorf("cache %d has %s = %d; the store has %d, %v", i, key, value, want, err)
				}
			}
			if err := c.Check(); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestStoreConcurrently is for the race detector.
func TestStoreConcurrently(t *testing.T) {
	var m memory
	h := m.Open()
	var calls atomic.Int32
	h.Fault = func(context.Context, storetest.Op, string) error {
		if calls.Add(1)%5 == 0 {
			return io.EOF
		}
		return nil
	}
	source := &lengths{}
	c := newStored(t, cache.Options[string, int]{MaxEntries: 8, Store: h, Loader: source.load, BulkLoader: source.bulk})
	other := m.Open()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range 500 {
				key := string(rune('a' + rand.IntN(20)))
				switch rand.IntN(8) {
				case 0:
					c.Set(key, 1)
				case 1:
					c.Delete(key)
				case 2:
					c.GetMany(t.Context(), []string{key, "a", "b", "c"})
				case 3:
					compute(c, key, 1, cache.Op(n%3))
				case 4:
					other.Set(t.Context(), key, 1, 0)
				case 5:
					c.Refresh(t.Context(), key)
				default:
					if v, err := c.GetOrLoad(t.Context(), key); v != 1 || err != nil {
						t.Errorf("GetOrLoad = %d, %v; want 1, nil", v, err)
					}
				}
			}
		})
	}
	wg.Wait()
	c.Close()
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

// TestAllocationsWithoutAStore checks that a store which is not there costs
// nothing.
func TestAllocationsWithoutAStore(t *testing.T) {
	source := &lengths{}
	c := newCache(t, cache.Options[string, int]{MaxEntries: 100, Loader: source.load})
	c.Set("a", 1)
	for name, f := range map[string]func(){
		"Get":         func() { c.Get("a") },
		"Set":         func() { c.Set("a", 2) },
		"SetIfAbsent": func() { c.SetIfAbsent("a", 2) },
		"Delete":      func() { c.Delete("b") },
		"GetOrLoad":   func() { c.GetOrLoad(t.Context(), "a") },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s of a key that is there allocates %v times; want 0", name, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { c.Set("new", 1); c.Delete("new") }); n > 1 {
		t.Errorf("Set of a new key allocates %v times; want 1", n)
	}
}
