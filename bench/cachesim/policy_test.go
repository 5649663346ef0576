package main

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// letters returns a trace that asks for the letters of s, other than spaces.
func letters(s string) *trace {
	var keys []uint64
	for _, letter := range strings.ReplaceAll(s, " ", "") {
		keys = append(keys, uint64(letter))
	}
	return newTrace("letters", false, keys)
}

// hits plays t to p. It returns a "+" for each hit and a "." for each miss.
func hits(p policy, t *trace) string {
	var b strings.Builder
	for _, key := range t.keys {
		if p.Get(key) {
			b.WriteByte('+')
		} else {
			b.WriteByte('.')
			p.Set(key)
		}
	}
	return b.String()
}

// TestReferences plays traces whose hits were worked out on paper.
func TestReferences(t *testing.T) {
	for _, tt := range []struct {
		policy string
		size   int
		trace  string
		want   string
	}{
		{"lru", 1, "aab", ".+."},
		// d finds a used after b, so that b leaves; then c and d do.
		{"lru", 3, "abc a d b a c", "... + . . + ."},

		{"sieve", 1, "aab", ".+."},
		// d spares a, which was used, and evicts b; b evicts c, and c evicts d,
		// because the hand goes on from where it was. The second d spares b,
		// and its eviction takes the hand over the front: e begins again with
		// a, spares it, and evicts b, which has lost its mark.
		{"sieve", 3, "abc a d b a c b d a e b", "... + . . + . + . + . ."},

		{"s3-fifo", 1, "aab", ".+."},
		// f moves a, used twice, to the main queue and evicts b. b comes back
		// to the main queue, evicting c. One use does not save d, which g
		// evicts. c comes back; h and i evict f and g; e and d come back, which
		// evicts h and i and leaves the small queue empty: z goes through the
		// main queue, spares a and evicts b, which no ghost remembers. So b
		// goes to the small queue; y evicts f from there, not from the main
		// queue, since the ghost has forgotten f after four others.
		{"s3-fifo", 5, "abcde aa f b a d g c h i e d z b  adec b f y f", "..... ++ . . + + . . . . . . . .  ++++ + . . ."},

		{"belady", 1, "aab", ".+."},
		{"belady", 1, "aba", "..+"},
		// b is refused, since it comes later than all others; then a is done.
		{"belady", 2, "ac b c a b c a", ".. . + + . + +"},
	} {
		tr := letters(tt.trace)
		p := build(t, tt.policy, tt.size, tr)
		want := strings.ReplaceAll(tt.want, " ", "")
		if got := hits(p, tr); got != want {
			t.Errorf("%s of %d on %q: hits %q; want %q", tt.policy, tt.size, tt.trace, got, want)
		}
	}
}

// build returns the contender called name.
func build(t *testing.T, name string, size int, tr *trace) policy {
	t.Helper()
	for _, c := range contenders() {
		if c.name == name {
			p, err := c.build(size, tr)
			if err != nil {
				t.Fatalf("%s of %d entries: %v", name, size, err)
			}
			t.Cleanup(p.Close)
			return p
		}
	}
	t.Fatalf("no contender is called %q", name)
	return nil
}

// plainS3FIFO is S3-FIFO as its paper writes it, on slices with the oldest key
// first.
type plainS3FIFO struct {
	unowned
	size               int
	small, main, ghost []uint64
	uses               map[uint64]int
}

func (p *plainS3FIFO) Get(key uint64) bool {
	if !slices.Contains(p.small, key) && !slices.Contains(p.main, key) {
		return false
	}
	p.uses[key] = min(p.uses[key]+1, 3)
	return true
}

func (p *plainS3FIFO) Set(key uint64) {
	i := slices.Index(p.ghost, key)
	if i >= 0 {
		p.ghost = slices.Delete(p.ghost, i, i+1)
	}
	for p.Len() >= p.size {
		if len(p.small) >= max(1, p.size/10) {
			p.evictSmall()
		} else {
			p.evictMain()
		}
	}
	p.uses[key] = 0
	if i >= 0 {
		p.main = append(p.main, key)
	} else {
		p.small = append(p.small, key)
	}
}

func (p *plainS3FIFO) evictSmall() {
	for len(p.small) > 0 {
		oldest := p.small[0]
		p.small = p.small[1:]
		if p.uses[oldest] <= 1 {
			p.ghost = append(p.ghost, oldest)
			most := p.size - max(1, p.size/10)
			p.ghost = p.ghost[max(0, len(p.ghost)-most):]
			return
		}
		p.uses[oldest] = 0
		p.main = append(p.main, oldest)
	}
}

func (p *plainS3FIFO) evictMain() {
	for p.uses[p.main[0]] > 0 {
		p.uses[p.main[0]]--
		p.main = append(p.main[1:], p.main[0])
	}
	p.main = p.main[1:]
}

func (p *plainS3FIFO) Len() int { return len(p.small) + len(p.main) }

// plainSieve is SIEVE on a slice with the oldest key first.
type plainSieve struct {
	unowned
	size, hand int
	keys       []uint64
	used       map[uint64]bool
}

func (p *plainSieve) Get(key uint64) bool {
	held := slices.Contains(p.keys, key)
	p.used[key] = held
	return held
}

func (p *plainSieve) Set(key uint64) {
	if len(p.keys) == p.size {
		for p.hand %= p.size; p.used[p.keys[p.hand]]; p.hand = (p.hand + 1) % p.size {
			p.used[p.keys[p.hand]] = false
		}
		// What came after the victim moves to its place, under the hand. If
		// nothing did, the hand goes back to the oldest.
		p.keys = slices.Delete(p.keys, p.hand, p.hand+1)
		if p.hand == len(p.keys) {
			p.hand = 0
		}
	}
	p.keys = append(p.keys, key)
}

func (p *plainSieve) Len() int { return len(p.keys) }

// TestReferencesAgree compares the references with plain ones on random traces.
func TestReferencesAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		ranks := newZipf(2*rng.Float64(), 60)
		keys := make([]uint64, 2000)
		for i := range keys {
			keys[i] = uint64(ranks.sample(rng))
		}
		tr := newTrace("zipf", false, keys)
		size := 1 + rng.IntN(50)
		for _, pair := range []struct {
			name        string
			quick, slow policy
		}{
			{"s3-fifo", newS3FIFO(size), &plainS3FIFO{size: size, uses: make(map[uint64]int)}},
			{"sieve", newSieve(size), &plainSieve{size: size, used: make(map[uint64]bool)}},
		} {
			got, want := hits(pair.quick, tr), hits(pair.slow, tr)
			if got != want {
				same := 0
				for got[same] == want[same] {
					same++
				}
				t.Errorf("%s of %d: request %d is answered with %q; want %q", pair.name, size, same, got[same], want[same])
			}
		}
	}
}

// mostHits tries everything that a cache can do: after each request it may hold
// all the keys that it held and the one it was asked for, or all but one of these.
// Keys are below 7.
func mostHits(keys []uint64, size int) int {
	best := map[uint]int{0: 0} // most hits, by the set of keys held
	for _, key := range keys {
		next := make(map[uint]int)
		for held, hits := range best {
			if held>>key&1 == 1 {
				hits++
			}
			offered := held | 1<<key
			for evicted := range 8 {
				// Without a key that is not there it is the whole set.
				if kept := offered &^ (1 << evicted); bits.OnesCount(kept) <= size {
					next[kept] = max(next[kept], hits)
				}
			}
		}
		best = next
	}
	most := 0
	for _, hits := range best {
		most = max(most, hits)
	}
	return most
}

// TestBelady finds no better way in any of fifty random traces, which
// are long enough for the policy to tidy up.
func TestBelady(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		keys := make([]uint64, 1+rng.IntN(300))
		for i := range keys {
			keys[i] = rng.Uint64N(6)
		}
		tr := newTrace("random", false, keys)
		for size := 1; size <= 4; size++ {
			got := strings.Count(hits(newBelady(size, tr), tr), "+")
			if want := mostHits(keys, size); got != want {
				t.Fatalf("belady of %d on %v: %d hits; want %d", size, keys, got, want)
			}
		}
	}
}

// TestQuiesced looks at Len after every request. A library that lags behind
// would be caught here, and one that is quiesced wrongly.
func TestQuiesced(t *testing.T) {
	ranks := newZipf(0.8, 1000)
	rng := rand.New(rand.NewPCG(3, 4))
	keys := make([]uint64, 5000)
	for i := range keys {
		keys[i] = key(popularSet, ranks.sample(rng))
	}
	tr := newTrace("zipf", false, keys)
	for _, c := range contenders() {
		for _, size := range []int{1, 2, 3, 10, 128, 500} {
			p := build(t, c.name, size, tr)
			for i, key := range keys {
				if !p.Get(key) {
					p.Set(key)
				}
				if n := p.Len(); n > size {
					t.Errorf("%s: Len() = %d after request %d; want at most %d", c.name, n, i, size)
					break
				}
			}
			if p.Len() == 0 {
				t.Errorf("%s of %d entries is empty after %d requests", c.name, size, len(keys))
			}
		}
	}
}

// TestRoom gives every policy more room than it needs, so that each key is
// missed once and then there, at once and for good.
func TestRoom(t *testing.T) {
	const n = 100
	var keys []uint64
	for i := range n {
		keys = append(keys, key(loopSet, i), key(loopSet, i))
	}
	for i := range n {
		keys = append(keys, key(loopSet, i))
	}
	tr := newTrace("laps", false, keys)
	for _, c := range contenders() {
		p := build(t, c.name, 20*n, tr)
		if got, want := hits(p, tr), strings.Repeat(".+", n)+strings.Repeat("+", n); got != want {
			t.Errorf("%s: hits %q; want %q", c.name, got, want)
		}
		if p.Len() != n {
			t.Errorf("%s: Len() = %d; want %d", c.name, p.Len(), n)
		}
	}
}

// TestLRUsAgree compares libraries that say that they are LRUs with ours.
func TestLRUsAgree(t *testing.T) {
	tr := newTrace("mixed", false, mixedTrace(rand.New(rand.NewPCG(5, 6)))[:200_000])
	want := hits(newLRU(1000), tr)
	for _, name := range []string{"golang-lru", "ttlcache"} {
		if got := hits(build(t, name, 1000, tr), tr); got != want {
			t.Errorf("%s has %d hits, or other ones; want the %d of lru", name, strings.Count(got, "+"), strings.Count(want, "+"))
		}
	}
}

func TestNoneBeatsBelady(t *testing.T) {
	tr := newTrace("news", false, newsTrace(rand.New(rand.NewPCG(7, 8)))[:5_000])
	for _, size := range []int{1, 20, 300} {
		most := strings.Count(hits(newBelady(size, tr), tr), "+")
		for _, c := range contenders() {
			if got := strings.Count(hits(build(t, c.name, size, tr), tr), "+"); got > most {
				t.Errorf("%s of %d has %d hits; no policy can have more than %d", c.name, size, got, most)
			}
		}
	}
}
