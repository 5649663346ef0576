package cache_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/cache"
)

// script decodes random or fuzzed bytes to operations.
type script []byte

func (s *script) byte() int {
	if len(*s) == 0 {
		return 0
	}
	b := (*s)[0]
	*s = (*s)[1:]
	return int(b)
}

func (s *script) word() int { return s.byte()<<8 | s.byte() }

// recorder records the calls of OnEvict.
type recorder[K, V comparable] struct {
	mu   sync.Mutex
	list []departure[K, V]
}

func (r *recorder[K, V]) onEvict(key K, value V, cause cache.Cause) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, departure[K, V]{key, value, cause})
}

// take returns what was recorded since the last take.
func (r *recorder[K, V]) take() []departure[K, V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.list
	r.list = nil
	return list
}

// agreement runs a script on a cache and on its model and compares every
// result, every OnEvict call and every entry. It works for caches that evict as
// well, because what the cache says it has evicted is evicted from the model.
type agreement[K, V comparable] struct {
	*testing.T
	options cache.Options[K, V]
	keys    []K
	value   func(int) V
	resize  []int // the least and the most to resize to; nil if not at all

	cache    *cache.Cache[K, V]
	model    *plain[K, V]
	recorder recorder[K, V]
	pending  map[departure[K, V]]int // calls that the model made, less those of the cache
	limit    int                     // of entries; 0 if none
	bounded  bool                    // there is not room for every key
	numbers  map[V]int
	step     int
}

// sweepTime is how long after its deadline an entry may still be held. In all
// cases of this test, sweeps are at most a second apart.
const sweepTime = 2 * time.Second

func (a *agreement[K, V]) run(s script) {
	a.options.OnEvict = a.recorder.onEvict
	a.cache = newCache(a.T, a.options)
	a.model = newPlain(a.options)
	a.pending = make(map[departure[K, V]]int)
	a.numbers = make(map[V]int)
	a.limit = a.options.MaxEntries
	a.bounded = a.limit > 0 && a.limit < len(a.keys) || a.limit == 0 && a.options.MaxWeight < 10_000
	if a.options.MaxEntries >= 1000 {
		for at, key := range a.keys {
			value := a.newValue()
			a.both(at, "Set", func() []any { a.cache.Set(key, value); return nil }, func() []any { a.model.Set(key, value); return nil })
			a.step++
		}
	}
	for len(s) > 0 {
		a.step++
		a.do(&s)
		a.compare()
		if a.step%32 == 0 {
			a.sound()
		}
	}
	time.Sleep(time.Hour)
	synctest.Wait()
	a.expect(0, "the sweeper", nil, nil)
	a.compare()
	a.sound()
	if got, want := a.cache.Len(), a.model.Len(); got != want {
		a.Fatalf("Len() when all has expired that can = %d; want %d", got, want)
	}
	a.cache.Clear()
	a.model.Clear()
	a.expect(0, "Clear", nil, nil)
	a.compare()
	if len(a.pending) > 0 {
		a.Fatalf("OnEvict was not called for %v", a.pending)
	}
	a.cache.Close()
}

// newValue returns a value that was never used before.
func (a *agreement[K, V]) newValue() V {
	v := a.value(a.step)
	a.numbers[v] = a.step
	return v
}

// do does one operation on the cache and on the model.
func (a *agreement[K, V]) do(s *script) {
	op, at, param := s.byte()%16, s.word()%len(a.keys), s.byte()
	key, value := a.keys[at], a.newValue()
	c, m := a.cache, a.model
	switch op {
	case 0, 1:
		a.both(at, "Get", func() []any { return tuple(c.Get(key)) }, func() []any { return tuple(m.Get(key)) })
	case 2:
		a.both(at, "Peek", func() []any { return tuple(c.Peek(key)) }, func() []any { return tuple(m.Peek(key)) })
	case 3, 4:
		a.both(at, "Set", func() []any { c.Set(key, value); return nil }, func() []any { m.Set(key, value); return nil })
	case 5:
		ttl := time.Duration(param%8-1) * time.Second
		a.both(at, fmt.Sprintf("SetTTL %v", ttl), func() []any { c.SetTTL(key, value, ttl); return nil }, func() []any { m.SetTTL(key, value, ttl); return nil })
	case 6:
		a.both(at, "SetIfAbsent", func() []any { return tuple(c.SetIfAbsent(key, value)) }, func() []any { return tuple(m.SetIfAbsent(key, value)) })
	case 7:
		a.both(at, "Delete", func() []any { return tuple(c.Delete(key)) }, func() []any { return tuple(m.Delete(key)) })
	case 8:
		decide := func(log *[]any) func(V, bool) (V, cache.Op) {
			return func(old V, ok bool) (V, cache.Op) {
				*log = append(*log, old, ok)
				return value, cache.Op(param % 3)
			}
		}
		a.both(at, fmt.Sprintf("Compute %d", param%3),
			func() (log []any) { return append(tuple(c.Compute(key, decide(&log))), log...) },
			func() (log []any) { return append(tuple(m.Compute(key, decide(&log))), log...) })
	case 9, 10:
		a.getOrLoad(at, value, []error{nil, nil, io.EOF, cache.ErrNotFound}[param%4])
	case 11:
		even := func(_ K, v V) bool { return a.numbers[v]%(param%4+2) == 0 }
		a.both(at, "DeleteFunc", func() []any { return []any{c.DeleteFunc(even)} }, func() []any { return []any{m.DeleteFunc(even)} })
	case 12:
		if param < 4 {
			a.both(at, "Clear", func() []any { c.Clear(); return nil }, func() []any { m.Clear(); return nil })
		}
	case 13:
		a.iterate()
	case 14:
		if a.resize != nil {
			a.resizeTo(at, a.resize[0]+param%(a.resize[1]-a.resize[0]+1))
		}
	case 15:
		time.Sleep(time.Duration(param) * 10 * time.Millisecond)
		synctest.Wait()
		a.both(at, "sleep", func() []any { return nil }, func() []any { return nil })
	}
}

func tuple[A, B any](a A, b B) []any { return []any{a, b} }

func (a *agreement[K, V]) both(at int, name string, onCache, onModel func() []any) {
	a.model.expire()
	got := onCache()
	a.expect(at, name, got, onModel)
}

// expect tells the model what the cache had to give up or refuse, does the
// operation on it, and compares the results.
func (a *agreement[K, V]) expect(at int, name string, got []any, onModel func() []any) {
	key := a.keys[at]
	a.model.expire()
	left := a.recorder.take()
	refused := make(map[V]bool)
	for _, d := range left {
		switch d.cause {
		case cache.Evicted:
			if !a.bounded || !a.model.evict(d.key, d.value) {
				a.Fatalf("step %d, %s(%v): evicted %v=%v, which was not there or not to be evicted", a.step, name, key, d.key, d.value)
			}
		case cache.Rejected:
			refused[d.value] = true
		}
		a.pending[d]--
	}
	for value := range refused {
		a.mayRefuse(name, key, value)
	}
	if onModel != nil {
		a.model.refuse = func(v V) bool { return refused[v] }
		if want := onModel(); !slices.Equal(got, want) {
			a.Fatalf("step %d: %s(%v) = %v; want %v", a.step, name, key, got, want)
		}
	}
	for _, d := range a.model.left {
		a.pending[d]++
	}
	a.model.left = nil
}

// mayRefuse checks that value was too heavy, or that all else is pinned.
func (a *agreement[K, V]) mayRefuse(name string, key K, value V) {
	if a.options.Weigher == nil {
		a.Fatalf("step %d, %s(%v): rejected %v, though it has no weight", a.step, name, key, value)
	}
	if uint64(a.options.Weigher(key, value)) > a.model.options.MaxWeight {
		return
	}
	for other, e := range a.model.entries {
		if other != key && e.weight > 0 && !e.negative {
			a.Fatalf("step %d, %s(%v): rejected %v, though %v might have been evicted", a.step, name, key, value, other)
		}
	}
}

func (a *agreement[K, V]) getOrLoad(at int, value V, outcome error) {
	key := a.keys[at]
	loads := 0
	load := func(context.Context, K) (v V, err error) {
		loads++
		if outcome == nil {
			v = value
		}
		return v, outcome
	}
	a.model.expire()
	v, err := a.cache.GetOrLoadFunc(a.Context(), key, load)
	got := []any{v, err, loads}
	if loads == 1 && a.bounded && a.model.entries[key].negative {
		// Nobody is told when what stands for "not found" is evicted.
		a.model.remove(key, cache.Evicted)
	}
	loads = 0
	a.expect(at, "GetOrLoad", got, func() []any {
		v, err := a.model.GetOrLoadFunc(a.Context(), key, load)
		return []any{v, err, loads}
	})
}

// iterate compares the entries.
func (a *agreement[K, V]) iterate() {
	want := a.model.All()
	a.expect(0, "All", nil, nil)
	var hottest, coldest []K
	for key := range a.cache.Hottest() {
		hottest = append(hottest, key)
	}
	for key := range a.cache.Coldest() {
		coldest = append(coldest, key)
	}
	slices.Reverse(coldest)
	if !slices.Equal(hottest, coldest) || len(hottest) != len(want) {
		a.Fatalf("step %d: Hottest = %v; Coldest backwards = %v; want %d keys", a.step, hottest, coldest, len(want))
	}
	seen := 0
	got := make(map[K]V)
	for key, value := range a.cache.All() {
		got[key] = value
		seen++
	}
	if !maps.Equal(got, want) || seen != len(want) {
		a.Fatalf("step %d: All = %v, %d entries; want %v", a.step, got, seen, want)
	}
}

func (a *agreement[K, V]) resizeTo(at, limit int) {
	a.both(at, fmt.Sprintf("Resize %d", limit), func() []any { return []any{a.cache.Resize(limit)} }, func() []any { return []any{error(nil)} })
	if a.options.MaxEntries > 0 {
		a.limit = limit
	} else {
		a.model.options.MaxWeight = uint64(limit)
	}
}

// compare checks what holds after every operation.
func (a *agreement[K, V]) compare() {
	a.model.expire()
	for key, e := range a.model.ghosts {
		if time.Since(a.model.expiry(e)) > sweepTime {
			delete(a.model.ghosts, key)
		}
	}
	ghostly := uint64(0)
	for _, e := range a.model.ghosts {
		ghostly += uint64(e.weight)
	}
	for d, n := range a.pending {
		if n == 0 {
			delete(a.pending, d)
		} else if ghost, ok := a.model.ghosts[d.key]; n < 0 || n > 1 || d.cause != cache.Expired || !ok || ghost.value != d.value {
			a.Fatalf("step %d: OnEvict was called %d times too few for %v=%v %v", a.step, n, d.key, d.value, d.cause)
		}
	}
	least, most := a.model.Len(), a.model.Len()+len(a.model.ghosts)
	lightest, heaviest := a.model.Weight(), a.model.Weight()+ghostly
	if a.bounded {
		// Some of the negative entries may have been evicted.
		least -= a.model.negatives()
		lightest -= min(lightest, uint64(a.model.negatives()))
	}
	if n := a.cache.Len(); n < least || n > most || a.limit > 0 && n > a.limit {
		a.Fatalf("step %d: Len() = %d; want %d to %d and at most %d", a.step, n, least, most, a.limit)
	}
	if w := a.cache.Weight(); w < lightest || w > heaviest || a.options.Weigher != nil && w > a.model.options.MaxWeight {
		a.Fatalf("step %d: Weight() = %d; want %d to %d and at most %d", a.step, w, lightest, heaviest, a.model.options.MaxWeight)
	}
}

func (a *agreement[K, V]) sound() {
	if err := a.cache.Check(); err != nil {
		a.Fatalf("step %d: %v", a.step, err)
	}
}

// agreementCase is an agreement, its types left out.
type agreementCase struct {
	name  string
	steps int // of a random script
	run   func(*testing.T, script)
}

func agreementOf[K, V comparable](name string, steps int, o cache.Options[K, V], keys int, key func(int) K, value func(int) V, resize ...int) agreementCase {
	list := make([]K, keys)
	for i := range list {
		list[i] = key(i)
	}
	return agreementCase{name, steps, func(t *testing.T, s script) {
		(&agreement[K, V]{T: t, options: o, keys: list, value: value, resize: resize}).run(s)
	}}
}

type pair struct {
	a string
	b int
}

type triple struct{ a, b, c int }

func agreementCases() []agreementCase {
	type (
		ints    = cache.Options[int, int]
		strs    = cache.Options[int, string]
		triples = cache.Options[pair, triple]
	)
	self := func(i int) int { return i }
	point := func(i int) *int { return &i }
	pairOf := func(i int) pair { return pair{"key", i} }
	tripleOf := func(i int) triple { return triple{i, i, i} }
	expiry := func(_ pair, v triple) time.Duration { return time.Duration(v.a%6-1) * time.Second }
	// Weights from 0, which is pinned, to 4, and some that are too heavy.
	weigh := func(_, v int) uint32 {
		if v%31 == 0 {
			return 1 << 31
		}
		return uint32(v % 5)
	}
	positive := func(_, v int) uint32 { return uint32(v%5 + 1) }
	const s = time.Second
	cases := []agreementCase{
		agreementOf("words", 400, ints{MaxEntries: 8}, 8, self, self, 8, 20),
		agreementOf("strings/shards=8", 400, cache.Options[string, string]{MaxEntries: 8, Shards: 8}, 8, strconv.Itoa, strconv.Itoa, 8, 20),
		agreementOf("words/ttl", 400, ints{MaxEntries: 1000, TTL: 3 * s, NegativeTTL: s, Shards: 8}, 12, self, self, 12, 2000),
		agreementOf("pointers/ttl/idle", 400, cache.Options[string, *int]{MaxEntries: 12, TTL: 3 * s, IdleTTL: s, NegativeTTL: 2 * s}, 12, strconv.Itoa, point, 12, 20),
		agreementOf("strings/idle", 400, strs{MaxEntries: 12, IdleTTL: s}, 12, self, strconv.Itoa, 12, 20),
		agreementOf("structs/expiry", 400, triples{MaxEntries: 100, Expiry: expiry, NegativeTTL: s}, 12, pairOf, tripleOf, 12, 200),
		agreementOf("words/weights", 400, ints{MaxWeight: 1 << 20, Weigher: weigh, NegativeTTL: s}, 12, self, self, 1000, 1<<20),
		agreementOf("words/weights/ttl/both", 400, ints{MaxEntries: 100, MaxWeight: 1 << 20, Weigher: weigh, TTL: 2 * s}, 12, self, self, 12, 100),
		agreementOf("max=1000/keys=1500", 3000, ints{MaxEntries: 1000, TTL: 8 * s, NegativeTTL: s}, 1500, self, self, 500, 1000),
		agreementOf("weight=16", 600, ints{MaxWeight: 16, Weigher: weigh, NegativeTTL: s, Shards: 1}, 20, self, self, 5, 20),
		agreementOf("weight=16/shards=8", 600, ints{MaxWeight: 16, Weigher: weigh, NegativeTTL: s, Shards: 8}, 20, self, self, 5, 20),
		agreementOf("weight=16/max=6/pinned", 600, ints{MaxEntries: 6, MaxWeight: 16, Weigher: weigh, TTL: s, Shards: 2}, 20, self, self),
		agreementOf("weight=16/max=6", 600, ints{MaxEntries: 6, MaxWeight: 16, Weigher: positive, TTL: s, Shards: 2}, 20, self, self, 1, 8),
	}
	for _, most := range []int{1, 2, 3, 10} {
		for _, shards := range []int{1, 8} {
			name := fmt.Sprintf("max=%d/shards=%d", most, shards)
			cases = append(cases,
				agreementOf("words/"+name, 400, ints{MaxEntries: most, Shards: shards, NegativeTTL: s}, 2*most+2, self, self, 1, 2*most),
				agreementOf("strings/"+name, 400, strs{MaxEntries: most, Shards: shards, TTL: 2 * s, IdleTTL: s}, 2*most+2, self, strconv.Itoa, 1, 2*most),
			)
		}
	}
	return cases
}

// randomScript returns operations of a few bytes each.
func randomScript(seed uint64, steps int) script {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := make(script, 4*steps)
	for i := range s {
		s[i] = byte(rng.Uint32())
	}
	return s
}

// TestAgreesWithPlain runs random operations on caches and on the model.
func TestAgreesWithPlain(t *testing.T) {
	const seeds = 8
	for _, tt := range agreementCases() {
		t.Run(tt.name, func(t *testing.T) {
			for seed := range uint64(max(1, seeds*400/tt.steps)) {
				synctest.Test(t, func(t *testing.T) { tt.run(t, randomScript(seed, tt.steps)) })
				if t.Failed() {
					t.Fatalf("with seed %d", seed)
				}
			}
		})
	}
}

func FuzzOperations(f *testing.F) {
	cases := agreementCases()
	for i := range cases {
		f.Add(byte(i), []byte(randomScript(uint64(i), 50)))
	}
	f.Fuzz(func(t *testing.T, which byte, s []byte) {
		synctest.Test(t, func(t *testing.T) { cases[int(which)%len(cases)].run(t, s) })
	})
}
