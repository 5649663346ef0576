package cache_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/internal/race"
)

// An event is a call for one key, whose value is a register: 0 stands for no
// value. The call took effect at one moment between begin and end, if the cache
// is linearisable (Herlihy and Wing, 1990).
type event struct {
	call       string
	begin, end int64
	saw        int  // the value before, of which no call says that it is -1
	writes     bool // whether it changed the value
	wrote      int
}

const unseen = -1

func (e event) String() string {
	s := fmt.Sprintf("%d-%d %s", e.begin, e.end, e.call)
	if e.saw != unseen {
		s += fmt.Sprintf(" saw %d", e.saw)
	}
	if e.writes {
		s += fmt.Sprintf(" wrote %d", e.wrote)
	}
	return s
}

// linearisable searches for an order of the events that a register can have
// gone through, after Wing and Gong, 1993: next may be any event that began
// before each of the others left ended. What was tried is remembered (Lowe,
// 2017), so that the search ends soon. There are at most 64 events.
func linearisable(history []event) bool {
	type position struct {
		done  uint64
		value int
	}
	all := uint64(1)<<len(history) - 1
	tried := make(map[position]bool)
	var search func(position) bool
	search = func(p position) bool {
		if p.done == all {
			return true
		}
		if tried[p] {
			return false
		}
		tried[p] = true
		firstEnd := int64(1<<63 - 1)
		for i, e := range history {
			if p.done>>i&1 == 0 {
				firstEnd = min(firstEnd, e.end)
			}
		}
		for i, e := range history {
			if p.done>>i&1 == 1 || e.begin > firstEnd || e.saw != unseen && e.saw != p.value {
				continue
			}
			next := position{p.done | 1<<i, p.value}
			if e.writes {
				next.value = e.wrote
			}
			if search(next) {
				return true
			}
		}
		return false
	}
	return search(position{})
}

func TestLinearisable(t *testing.T) {
	set := func(begin, end int64, v int) event {
		return event{begin: begin, end: end, saw: unseen, writes: true, wrote: v}
	}
	get := func(begin, end int64, v int) event { return event{begin: begin, end: end, saw: v} }
	for name, tt := range map[string]struct {
		history []event
		want    bool
	}{
		"in order":         {[]event{set(1, 2, 7), get(3, 4, 7)}, true},
		"old value":        {[]event{set(1, 2, 7), set(3, 4, 8), get(5, 6, 7)}, false},
		"during a set":     {[]event{set(1, 6, 7), get(2, 3, 0), get(4, 5, 7)}, true},
		"back in time":     {[]event{set(1, 6, 7), get(2, 3, 7), get(4, 5, 0)}, false},
		"lost update":      {[]event{set(1, 2, 1), {begin: 3, end: 6, saw: 1, writes: true, wrote: 2}, {begin: 4, end: 5, saw: 1, writes: true, wrote: 3}}, false},
		"resurrected":      {[]event{set(1, 2, 7), set(3, 4, 0), get(5, 6, 7)}, false},
		"two orders of it": {[]event{set(1, 10, 7), set(2, 9, 8), get(3, 4, 8), get(5, 6, 7)}, true},
		"neither order":    {[]event{set(1, 10, 7), set(2, 9, 8), get(3, 4, 8), get(5, 6, 7), get(7, 8, 8)}, false},
	} {
		if got := linearisable(tt.history); got != tt.want {
			t.Errorf("%s: linearisable(%v) = %v; want %v", name, tt.history, got, tt.want)
		}
	}
}

// valueKind is a way in which values are stored, by the number each stands for.
type valueKind[V any] struct {
	of     func(int) V
	number func(V) int // panics if it was written in part only
}

func tripleKind() valueKind[triple] {
	return valueKind[triple]{
		of: func(i int) triple { return triple{i, i, i} },
		number: func(v triple) int {
			if v.a != v.b || v.b != v.c {
				panic(fmt.Sprintf("torn value: %v", v))
			}
			return v.a
		},
	}
}

func wordKind() valueKind[int] {
	self := func(i int) int { return i }
	return valueKind[int]{self, self}
}

func pointerKind() valueKind[*int] {
	return valueKind[*int]{
		of: func(i int) *int { return &i },
		number: func(p *int) int {
			if p == nil {
				return 0
			}
			return *p
		},
	}
}

// TestLinearisability records what happens to keys under concurrent calls, and
// looks for an order of them that explains it. Nothing is evicted.
func TestLinearisability(t *testing.T) {
	t.Run("words", func(t *testing.T) { linearisability(t, wordKind(), cache.Options[int, int]{}) })
	t.Run("words/ttl", func(t *testing.T) { linearisability(t, wordKind(), cache.Options[int, int]{TTL: time.Hour}) })
	t.Run("words/expiry", func(t *testing.T) {
		linearisability(t, wordKind(), cache.Options[int, int]{Expiry: func(_, v int) time.Duration {
			runtime.Gosched()
			return time.Duration(v%2) * time.Hour
		}})
	})
	t.Run("words/full", func(t *testing.T) {
		linearisability(t, wordKind(), cache.Options[int, int]{IdleTTL: time.Hour, RefreshAfter: time.Hour})
	})
	t.Run("pointers", func(t *testing.T) { linearisability(t, pointerKind(), cache.Options[int, *int]{}) })
	t.Run("triples", func(t *testing.T) { linearisability(t, tripleKind(), cache.Options[int, triple]{}) })
	t.Run("triples/ttl", func(t *testing.T) { linearisability(t, tripleKind(), cache.Options[int, triple]{TTL: time.Hour}) })
}

func linearisability[V any](t *testing.T, kind valueKind[V], o cache.Options[int, V]) {
	const (
		rounds     = 250
		goroutines = 4
		calls      = 24 // of each goroutine
		keys       = 4  // of each round
	)
	var clock, values atomic.Int64
	o.MaxEntries = 1 << 20
	// What the cache calls in the middle of its work lets others come between.
	o.OnEvict = func(int, V, cache.Cause) { runtime.Gosched() }
	overlaps := 0
	var c *cache.Cache[int, V]
	for round := range rounds {
		if round%50 == 0 { // grow from the beginning now and then
			c = newCache(t, o)
		}
		var histories [goroutines][keys][]event
		var begin atomic.Bool
		var wg sync.WaitGroup
		for g := range goroutines {
			rng := rand.New(rand.NewPCG(uint64(round), uint64(g)))
			wg.Go(func() {
				for !begin.Load() {
					runtime.Gosched()
				}
				for range calls {
					k := rng.IntN(keys)
					e := event{saw: unseen, begin: clock.Add(1)}
					callForKey(c, kind, round*keys+k, rng.IntN(20), int(values.Add(1)), &e)
					e.end = clock.Add(1)
					histories[g][k] = append(histories[g][k], e)
				}
			})
		}
		begin.Store(true)
		wg.Wait()
		for k := range keys {
			var history []event
			for g := range goroutines {
				history = append(history, histories[g][k]...)
			}
			if len(history) > 64 {
				continue
			}
			for i, e := range history {
				for _, other := range history[:i] {
					if e.begin < other.end && other.begin < e.end {
						overlaps++
					}
				}
			}
			if !linearisable(history) {
				t.Fatalf("round %d: no order of these calls explains them: %v", round, history)
			}
		}
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d pairs of calls for one key overlapped", overlaps)
}

// callForKey makes one of the calls and writes into e what it did.
func callForKey[V any](c *cache.Cache[int, V], kind valueKind[V], key, which, number int, e *event) {
	value := kind.of(number)
	seen := func(v V, ok bool) {
		e.saw = 0
		if ok {
			e.saw = kind.number(v)
		}
	}
	switch which {
	default:
		e.call = "Get"
		seen(c.Get(key))
	case 0:
		e.call = "Peek"
		seen(c.Peek(key))
	case 1, 2, 3, 4:
		e.call, e.writes, e.wrote = "Set", true, number
		c.Set(key, value)
	case 5, 6:
		e.call, e.writes, e.wrote = "SetTTL", true, number
		c.SetTTL(key, value, time.Hour)
	case 7:
		e.call, e.writes, e.wrote = "SetTTL 0", true, number
		c.SetTTL(key, value, 0)
	case 8:
		e.call, e.writes = "SetTTL -1", true
		c.SetTTL(key, value, -1)
	case 9, 10:
		e.call, e.writes = "Delete", true
		seen(c.Delete(key))
	case 11:
		e.call = "SetIfAbsent"
		actual, loaded := c.SetIfAbsent(key, value)
		seen(actual, loaded)
		e.writes, e.wrote = !loaded, number
	case 12, 13, 14:
		op := []cache.Op{cache.Keep, cache.Replace, cache.Remove}[which-12]
		e.call, e.writes, e.wrote = fmt.Sprintf("Compute %d", op), op != cache.Keep, number
		if op == cache.Remove {
			e.wrote = 0
		}
		c.Compute(key, func(old V, ok bool) (V, cache.Op) {
			seen(old, ok)
			runtime.Gosched()
			return value, op
		})
	}
}

// TestComputeLosesNoUpdate counts with Compute on many goroutines, while others
// are held up in OnEvict.
func TestComputeLosesNoUpdate(t *testing.T) {
	const goroutines, increments, counters = 8, 500, 3
	t.Run("words", func(t *testing.T) { countWithCompute(t, wordKind(), goroutines, increments, counters) })
	t.Run("triples", func(t *testing.T) { countWithCompute(t, tripleKind(), goroutines, increments, counters) })
}

func countWithCompute[V any](t *testing.T, kind valueKind[V], goroutines, increments, counters int) {
	c := newCache(t, cache.Options[int, V]{MaxEntries: 10, OnEvict: func(int, V, cache.Cause) { runtime.Gosched() }})
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := range increments {
				got, ok := c.Compute(i%counters, func(old V, ok bool) (V, cache.Op) {
					runtime.Gosched()
					if !ok {
						return kind.of(1), cache.Replace
					}
					return kind.of(kind.number(old) + 1), cache.Replace
				})
				if !ok || kind.number(got) < 1 {
					t.Errorf("Compute = %v, %v; want a count", got, ok)
				}
			}
		})
	}
	wg.Wait()
	sum := 0
	for _, v := range c.All() {
		sum += kind.number(v)
	}
	if want := goroutines * increments; sum != want {
		t.Errorf("the counters add up to %d; want %d", sum, want)
	}
}

// TestReadersNeverGoBack has one goroutine write ever greater values to a few
// keys, now with and now without a deadline, while others make the table grow.
// No reader may see an older value than was there when its call began, nor one
// of another key.
func TestReadersNeverGoBack(t *testing.T) {
	t.Run("words", func(t *testing.T) { readersNeverGoBack(t, wordKind()) })
	t.Run("pointers", func(t *testing.T) { readersNeverGoBack(t, pointerKind()) })
	t.Run("triples", func(t *testing.T) { readersNeverGoBack(t, tripleKind()) })
}

func readersNeverGoBack[V any](t *testing.T, kind valueKind[V]) {
	const keys, writes, readers = 4, 8_000, 2
	c := newCache(t, cache.Options[int, V]{MaxEntries: 1 << 20, Shards: 1})
	var finished [keys]atomic.Int64 // the value of the last Set that returned
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				key := i % keys
				least := finished[key].Load()
				v, ok := c.Get(key)
				switch {
				case !ok && least > 0:
					t.Errorf("Get(%d) found nothing after %d was set", key, least)
				case ok && int64(kind.number(v)) < least:
					t.Errorf("Get(%d) = %d after %d was set", key, kind.number(v), least)
				case ok && kind.number(v)%keys != key:
					t.Errorf("Get(%d) = %d, the value of another key", key, kind.number(v))
				default:
					if i%64 == 0 {
						runtime.Gosched() // there may be one processor
					}
					continue
				}
				return
			}
		})
	}
	wg.Go(func() {
		for i := 1000; !stop.Load(); i++ {
			c.Set(i, kind.of(i))
			if i%64 == 0 {
				runtime.Gosched()
			}
			if i%1000 == 0 {
				c.DeleteFunc(func(key int, _ V) bool { return key >= keys && key%3 > 0 })
			}
			if i > 100_000 {
				i = 1000
			}
		}
	})
	for i := keys; i < writes; i++ {
		key := i % keys
		ttl := time.Duration(0)
		if i/keys%3 > 0 {
			ttl = time.Hour
		}
		c.SetTTL(key, kind.of(i), ttl)
		finished[key].Store(int64(i))
	}
	stop.Store(true)
	wg.Wait()
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

// TestSetIfAbsentLooksAgain has the key set after SetIfAbsent has looked, and
// before it has the lock.
func TestSetIfAbsentLooksAgain(t *testing.T) {
	var c *cache.Cache[string, int]
	c = newCache(t, cache.Options[string, int]{MaxEntries: 10, Expiry: func(key string, _ int) time.Duration {
		c.SetTTL(key, 7, 0)
		return 0
	}})
	if v, loaded := c.SetIfAbsent("a", 1); v != 7 || !loaded {
		t.Errorf("SetIfAbsent = %d, %v; want 7, true", v, loaded)
	}
}

// TestNoExpiredValueIsRevived gives a key that has expired a new value and a new
// deadline, in place, while others read: none of them may see the old value
// with the new deadline.
func TestNoExpiredValueIsRevived(t *testing.T) {
	const readers = 2
	rounds := 500_000
	if race.Enabled {
		rounds /= 5 // each is slower, and sees more
	}
	c := newCache(t, cache.Options[int, int]{MaxEntries: 1, TTL: time.Hour})
	var expired atomic.Int64 // the last value that has expired
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				last := expired.Load()
				if v, ok := c.Get(0); ok && int64(v) <= last {
					t.Errorf("Get = %d after %d had expired", v, last)
					return
				}
				if i%64 == 0 {
					runtime.Gosched() // there may be one processor
				}
			}
		})
	}
	for i := 1; i < 2*rounds; i += 2 {
		c.SetTTL(0, i, 1)
		for {
			if _, ok := c.Peek(0); !ok {
				break
			}
		}
		expired.Store(int64(i))
		c.SetTTL(0, i+1, time.Hour)
	}
	stop.Store(true)
	wg.Wait()
}

// TestComputeStartsOver changes the entry in every way while the function runs.
// It is called again with what the entry is then.
func TestComputeStartsOver(t *testing.T) {
	load := func(context.Context, string) (int, error) { return 7, nil }
	for name, tt := range map[string]struct {
		before, after int // the values that the function sees; 0 for none
		change        func(*cache.Cache[string, int])
	}{
		"Set":         {1, 7, func(c *cache.Cache[string, int]) { c.Set("a", 7) }},
		"Delete":      {1, 0, func(c *cache.Cache[string, int]) { c.Delete("a") }},
		"DeleteFunc":  {1, 0, func(c *cache.Cache[string, int]) { c.DeleteFunc(func(string, int) bool { return true }) }},
		"Clear":       {1, 0, func(c *cache.Cache[string, int]) { c.Clear() }},
		"eviction":    {1, 0, func(c *cache.Cache[string, int]) { c.Set("b", 7) }},
		"SetIfAbsent": {0, 7, func(c *cache.Cache[string, int]) { c.SetIfAbsent("a", 7) }},
		"load":        {0, 7, func(c *cache.Cache[string, int]) { c.GetOrLoadFunc(context.Background(), "a", load) }},
	} {
		c := newCache(t, cache.Options[string, int]{MaxEntries: 1})
		if tt.before > 0 {
			c.Set("a", tt.before)
		}
		var seen []int
		v, ok := c.Compute("a", func(old int, _ bool) (int, cache.Op) {
			seen = append(seen, old)
			if len(seen) == 1 {
				tt.change(c)
			}
			return old + 100, cache.Replace
		})
		if want := []int{tt.before, tt.after}; !slices.Equal(seen, want) || v != tt.after+100 || !ok {
			t.Errorf("%s: Compute = %d, %v, having seen %v; want %d, true, %v", name, v, ok, seen, tt.after+100, want)
		}
	}
}
