package cache_test

import (
	"context"
	"flag"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goplinth/plinth/cache"
)

var soak = flag.Duration("soak", time.Second, "how long TestSoak runs: go test -race -run='^TestSoak$' ./cache -soak=2m")

// A storm is many goroutines that make all kinds of calls of one cache at once.
// Each value stands for a number that was never used before, so that each can
// be accounted for.
type storm[V any] struct {
	*testing.T
	kind    valueKind[V]
	options cache.Options[int, V]
	resize  []int // the least and the most to resize to; nil if not at all

	cache  *cache.Cache[int, V]
	clock  atomic.Int64
	last   atomic.Int64 // the number of the last value
	values []stormValue // by number
	limit  limit
}

type stormValue struct {
	key    int
	set    atomic.Bool  // whether it went in for certain, rather than perhaps
	left   atomic.Int32 // calls of OnEvict
	loaded int64        // when the loader began that returned it; 0 if it was set
}

// limit is a bound that changes. While it does, the greater one counts.
type limit struct {
	version atomic.Int64
	most    atomic.Int64
}

func (l *limit) change(from, to int, f func()) {
	l.version.Add(1)
	l.most.Store(int64(max(from, to)))
	f()
	l.most.Store(int64(to))
	l.version.Add(1)
}

const (
	stormGoroutines = 4
	stormCalls      = 4000 // of each goroutine
	stormKeys       = 100
)

func (s *storm[V]) run(seed uint64) {
	s.values = make([]stormValue, 4*stormGoroutines*stormCalls)
	s.last.Store(0)
	if s.cache == nil {
		s.options.OnEvict = s.onEvict
		s.options.Loader = s.load
		s.cache = newCache(s.T, s.options)
		s.limit.most.Store(int64(s.options.MaxEntries))
		if s.options.MaxEntries == 0 {
			s.limit.most.Store(int64(s.options.MaxWeight))
		}
	}
	var stop atomic.Bool
	var watchers, callers sync.WaitGroup
	watchers.Go(func() { s.watch(&stop) })
	if s.resize != nil {
		watchers.Go(func() { s.changeSize(&stop, seed) })
	}
	for g := range stormGoroutines {
		callers.Go(func() {
			w := stormWriter[V]{s, rand.New(rand.NewPCG(seed, uint64(g))), stormKeys + g, 0, 0}
			for range stormCalls {
				w.call()
			}
		})
	}
	callers.Wait()
	stop.Store(true)
	watchers.Wait()
	s.account()
}

// account empties the cache and checks that what went in came out once.
func (s *storm[V]) account() {
	deadline := time.Now().Add(20 * time.Second)
	s.until(deadline, "loads do not end", func() bool { return s.cache.Loading() == 0 })
	s.cache.Clear()
	// A load or a sweep may have OnEvict still to call.
	s.until(deadline, "not every value that was set has left", func() bool {
		for i := range s.last.Load() + 1 {
			if v := &s.values[i]; v.set.Load() && v.left.Load() == 0 {
				return false
			}
		}
		return true
	})
	for i := range s.last.Load() + 1 {
		if n := s.values[i].left.Load(); n > 1 || n == 1 && !s.values[i].set.Load() && s.values[i].loaded == 0 {
			s.Fatalf("OnEvict was called %d times for value %d of key %d; set: %v", n, i, s.values[i].key, s.values[i].set.Load())
		}
	}
	if err := s.cache.Check(); err != nil || s.cache.Len() != 0 {
		s.Fatalf("after Clear: Len() = %d, Check() = %v", s.cache.Len(), err)
	}
}

func (s *storm[V]) until(deadline time.Time, what string, done func() bool) {
	for !done() {
		if time.Now().After(deadline) {
			s.Fatal(what)
		}
		runtime.Gosched()
	}
}

// newValue returns a value of key that was never used before.
func (s *storm[V]) newValue(key int, loaded int64) (int, V) {
	n := int(s.last.Add(1))
	s.values[n].key, s.values[n].loaded = key, loaded
	return n, s.kind.of(n)
}

func (s *storm[V]) onEvict(key int, value V, cause cache.Cause) {
	n := s.kind.number(value)
	s.values[n].left.Add(1)
	if s.values[n].key != key {
		s.Errorf("OnEvict was called with %d of key %d for key %d", n, s.values[n].key, key)
	}
	if cause == cache.Evicted && s.options.Weigher != nil && s.options.Weigher(key, value) == 0 {
		s.Errorf("%d, which is pinned, was evicted", n)
	}
	s.cache.Peek(key)
	runtime.Gosched()
}

func (s *storm[V]) load(_ context.Context, key int) (value V, err error) {
	began := s.clock.Add(1)
	runtime.Gosched()
	switch began % 16 {
	case 0:
		return value, io.EOF
	case 1, 2:
		return value, cache.ErrNotFound
	case 3:
		panic("a loader that panics")
	}
	_, value = s.newValue(key, began)
	return value, nil
}

// watch looks at the bounds all the time.
func (s *storm[V]) watch(stop *atomic.Bool) {
	for !stop.Load() {
		version, most := s.limit.version.Load(), s.limit.most.Load()
		n, w := s.cache.Len(), s.cache.Weight()
		used := int64(n)
		if s.options.MaxEntries == 0 {
			used = int64(w)
		} else if s.options.MaxWeight > 0 && w > s.options.MaxWeight {
			s.Errorf("Weight() = %d; want at most %d", w, s.options.MaxWeight)
			return
		}
		if s.limit.version.Load() == version && used > most {
			s.Errorf("Len() = %d, Weight() = %d; want at most %d", n, w, most)
			return
		}
		if n < 0 {
			s.Errorf("Len() = %d", n)
			return
		}
		runtime.Gosched() // there may be one processor
	}
}

func (s *storm[V]) changeSize(stop *atomic.Bool, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, math.MaxUint64))
	now := int(s.limit.most.Load())
	for !stop.Load() {
		to := s.resize[0] + rng.IntN(s.resize[1]-s.resize[0]+1)
		s.limit.change(now, to, func() {
			if err := s.cache.Resize(to); err != nil {
				s.Error(err)
			}
		})
		now = to
		for range rng.IntN(100) {
			runtime.Gosched()
		}
	}
}

// stormWriter makes calls. There is a key that no other one sets or deletes,
// of which it therefore knows what it may find.
type stormWriter[V any] struct {
	*storm[V]
	rng   *rand.Rand
	own   int
	value int   // the number of the value that own was set to; 0 if deleted
	wrote int64 // when that call began
}

func (w *stormWriter[V]) call() {
	key := w.rng.IntN(stormKeys)
	isOwn := w.rng.IntN(4) == 0
	if isOwn {
		key = w.own
	}
	number, value := w.newValue(key, 0)
	v := &w.values[number]
	c := w.cache
	op := w.rng.IntN(32)
	began := w.clock.Add(1)
	wrote := func(n int) {
		if n > 0 {
			v.set.Store(true)
		}
		if isOwn {
			w.value, w.wrote = n, began
		}
	}
	switch {
	case op < 8:
		c.Set(key, value)
		wrote(number)
	case op < 10:
		c.SetTTL(key, value, time.Duration(w.rng.IntN(4)-1)*time.Millisecond)
		wrote(number)
	case op < 11:
		if _, loaded := c.SetIfAbsent(key, value); !loaded {
			wrote(number)
		}
	case op < 14:
		c.Compute(key, func(old V, ok bool) (V, cache.Op) {
			if ok {
				w.check(key, old)
			}
			return value, cache.Replace
		})
		wrote(number)
	case op < 16:
		c.Delete(key)
		wrote(0)
	case op < 17:
		c.Compute(key, func(V, bool) (V, cache.Op) { return value, cache.Remove })
		wrote(0)
	case op < 22:
		ctx, cancel := context.WithCancel(w.Context())
		if op == 21 {
			cancel()
		}
		if found, err := c.GetOrLoad(ctx, key); err == nil {
			w.check(key, found)
		}
		cancel()
	case op < 23 && w.rng.IntN(50) == 0:
		c.Clear()
	case op < 24 && w.rng.IntN(50) == 0:
		c.DeleteFunc(func(key int, _ V) bool { return key%2 == 0 })
	case op < 25 && w.rng.IntN(50) == 0:
		for key, value := range c.All() {
			w.check(key, value)
		}
	default:
		if found, ok := c.Get(key); ok {
			w.check(key, found)
		}
		return
	}
}

// check checks that value is one of key, and no older than what is known.
func (w *stormWriter[V]) check(key int, value V) {
	n := w.kind.number(value)
	v := &w.values[n]
	if v.key != key {
		w.Errorf("found %d for key %d, which is a value of key %d", n, key, v.key)
	}
	if key != w.own || n == w.value {
		return
	}
	if v.loaded == 0 {
		w.Errorf("found %d for key %d, which was last set to %d", n, key, w.value)
	} else if v.loaded < w.wrote {
		w.Errorf("found %d for key %d, which began to load at %d; the key was set to %d at %d", n, key, v.loaded, w.value, w.wrote)
	}
}

// storms returns one storm of each kind.
func storms() map[string]func(*testing.T) func(seed uint64) {
	const ms = time.Millisecond
	weigh := func(_, v int) uint32 { return uint32(v % 5) }
	weighTriple := func(_ int, v triple) uint32 {
		if v.a%50 == 0 {
			return math.MaxUint32
		}
		return uint32(v.a%5) + 1
	}
	return map[string]func(*testing.T) func(uint64){
		"words/ttl": func(t *testing.T) func(uint64) {
			return (&storm[int]{T: t, kind: wordKind(), resize: []int{20, 80}, options: cache.Options[int, int]{
				MaxEntries: 50, TTL: 5 * ms, RefreshAfter: ms, NegativeTTL: 2 * ms, Shards: 4,
			}}).run
		},
		"words/max=3/shards=8": func(t *testing.T) func(uint64) {
			return (&storm[int]{T: t, kind: wordKind(), resize: []int{1, 4}, options: cache.Options[int, int]{
				MaxEntries: 3, TTL: 5 * ms, StaleFor: ms, Shards: 8,
			}}).run
		},
		"pointers/plain": func(t *testing.T) func(uint64) {
			return (&storm[*int]{T: t, kind: pointerKind(), resize: []int{1, 200}, options: cache.Options[int, *int]{
				MaxEntries: 10,
			}}).run
		},
		"words/weight/pinned": func(t *testing.T) func(uint64) {
			return (&storm[int]{T: t, kind: wordKind(), options: cache.Options[int, int]{
				MaxEntries: 60, MaxWeight: 100, Weigher: weigh, IdleTTL: 5 * ms, NegativeTTL: ms, Shards: 2,
			}}).run
		},
		"triples/weight": func(t *testing.T) func(uint64) {
			return (&storm[triple]{T: t, kind: tripleKind(), resize: []int{10, 200}, options: cache.Options[int, triple]{
				MaxWeight: 100, Weigher: weighTriple, TTL: 20 * ms, TTLJitter: 0.5, StaleIfError: 5 * ms, Shards: 2,
			}}).run
		},
	}
}

// TestStorm checks under concurrent calls of every kind that every value that
// went in comes out exactly once, that Len and Weight keep their bounds at all
// times, that no key has a value of another or one that was overwritten or
// deleted before, and that no load overwrites what was set after it began.
func TestStorm(t *testing.T) {
	for name, start := range storms() {
		t.Run(name, func(t *testing.T) { start(t)(1) })
	}
}

// TestSoak is TestStorm for as long as -soak says, the caches in turn.
func TestSoak(t *testing.T) {
	var running []func(uint64)
	for _, start := range storms() {
		running = append(running, start(t))
	}
	start := time.Now()
	for round := uint64(2); time.Since(start) < *soak && !t.Failed(); round++ {
		running[round%uint64(len(running))](round)
	}
}
