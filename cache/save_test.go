package cache_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/internal/race"
	"github.com/stretchr/testify/require"
)

// save returns what Save writes of c.
func save[K comparable, V any](t testing.TB, c *cache.Cache[K, V]) []byte {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, c.Save(&file))
	return file.Bytes()
}

// reload returns a cache that was loaded with what c saves.
func reload[K comparable, V any](t testing.TB, c *cache.Cache[K, V], o cache.Options[K, V]) *cache.Cache[K, V] {
	t.Helper()
	loaded := newCache(t, o)
	require.NoError(t, loaded.Load(bytes.NewReader(save(t, c))))
	require.NoError(t, loaded.Check())
	return loaded
}

func keysOf[K comparable, V any](seq func(func(K, V) bool)) (keys []K) {
	for key := range seq {
		keys = append(keys, key)
	}
	return keys
}

type point struct {
	X, Y int
	Name string
	Next *point
}

type plainKey struct {
	ID   int
	Zone [2]string
	_    int
}

type leakyKey struct {
	ID    int
	inner int
}

func (k leakyKey) String() string { return strconv.Itoa(k.inner) }

func testRoundTrip[K comparable, V any](t *testing.T, name string, entries map[K]V) {
	t.Run(name, func(t *testing.T) {
		o := cache.Options[K, V]{MaxEntries: 100}
		c := newCache(t, o)
		for key, value := range entries {
			c.Set(key, value)
		}
		got := maps.Collect(reload(t, c, o).All())
		if !reflect.DeepEqual(got, entries) {
			t.Errorf("loaded %#v; want %#v", got, entries)
		}
	})
}

func TestSaveLoadTypes(t *testing.T) {
	gob.Register(point{})
	zero, seven := 0, 7
	pointer := &seven
	testRoundTrip(t, "none", map[string]int{})
	testRoundTrip(t, "int", map[string]int{"": 0, "a": 1, "b": -1, "c": math.MaxInt})
	testRoundTrip(t, "string", map[int8]string{0: "", -128: "a", 127: strings.Repeat("long ", 50_000)})
	testRoundTrip(t, "bytes", map[uint64][]byte{0: nil, 1: {0}, math.MaxUint64: {1, 2, 3}})
	testRoundTrip(t, "struct", map[plainKey]point{{}: {}, {ID: 1, Zone: [2]string{"a", ""}}: {X: 1, Next: &point{Y: 2}}})
	testRoundTrip(t, "pointer", map[string]*point{"nil": nil, "zero": {}, "one": {Name: "one"}})
	testRoundTrip(t, "pointer to scalar", map[string]*int{"nil": nil, "zero": &zero, "seven": pointer})
	testRoundTrip(t, "pointer to pointer", map[string]**int{"seven": &pointer, "nil": nil})
	testRoundTrip(t, "map", map[string]map[string]int{"nil": nil, "empty": {}, "one": {"a": 1}})
	testRoundTrip(t, "interface", map[any]any{1: "a", "b": 2.5, nil: nil, point{X: 1}: point{X: 2}, int8(1): []int(nil)})
	testRoundTrip(t, "set", map[string]struct{}{"a": {}, "b": {}})
	testRoundTrip(t, "marshaler", map[netip.Addr]time.Duration{netip.MustParseAddr("::1"): time.Second, {}: 0})
	testRoundTrip(t, "bool", map[bool]bool{true: false, false: true})
	testRoundTrip(t, "complex", map[complex128][3]float32{1i: {1, 0, 2}, 0: {}})
}

func TestSaveLoadNaN(t *testing.T) {
	o := cache.Options[float64, float64]{MaxEntries: 100}
	c := newCache(t, o)
	odd := math.Float64frombits(0x7ff8_0000_dead_beef)
	c.Set(1, math.NaN())
	c.Set(2, odd)
	c.Set(math.Inf(1), math.Copysign(0, -1))
	c.Set(math.NaN(), 4) // is not kept
	loaded := reload(t, c, o)
	for key, want := range map[float64]float64{1: math.NaN(), 2: odd, math.Inf(1): math.Copysign(0, -1)} {
		if got, ok := loaded.Get(key); !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("Get(%v) = %v, %v; want the same bits as %v", key, got, ok, want)
		}
	}
	if loaded.Len() != 3 {
		t.Errorf("Len = %d; want 3", loaded.Len())
	}
}

// moody panics when it is encoded or decoded, as its text says.
type moody struct{ text string }

func (m moody) GobEncode() ([]byte, error) {
	if m.text == "encode" {
		panic("no mood to encode")
	}
	return []byte(m.text), nil
}

func (m *moody) GobDecode(b []byte) error {
	switch m.text = string(b); m.text {
	case "decode":
		panic("no mood to decode")
	case "EOF":
		return io.EOF
	}
	return nil
}

// wantSaveError fails unless Save of a cache with key and value is an error with
// the texts given, and its file is of no use.
func wantSaveError[K comparable, V any](t *testing.T, key K, value V, want ...string) {
	t.Helper()
	c := newCache(t, cache.Options[K, V]{MaxEntries: 10})
	c.Set(key, value)
	var file bytes.Buffer
	err := c.Save(&file)
	for _, part := range want {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Save of a Cache[%T, %T] = %v; want an error with %q", key, value, err, part)
		}
	}
	if err := c.Load(&file); !errors.Is(err, cache.ErrFormat) {
		t.Errorf("Load after a failed Save = %v; want ErrFormat", err)
	}
}

func TestSaveErrors(t *testing.T) {
	wantSaveError(t, 1, make(chan int), "Cache[int, chan int]", "gob.Register")
	wantSaveError(t, 1, func() {}, "Cache[int, func()]")
	wantSaveError(t, 1, struct{ a int }{}, "no exported fields", "give the type exported fields")
	wantSaveError[int, any](t, 1, leakyKey{}, "cache_test.leakyKey", "gob.Register")
	wantSaveError(t, 1, moody{"encode"}, "cache_test.moody", "no mood to encode")
	wantSaveError(t, leakyKey{}, 1, "type cache_test.leakyKey", "the field inner", "MarshalBinary")
	wantSaveError(t, [1]leakyKey{}, 1, "the field inner")
	wantSaveError(t, struct{ P *int }{}, 1, "*int has an identity")
	wantSaveError(t, new(int), 1, "*int has an identity")
	wantSaveError(t, make(chan int), 1, "chan int has an identity")

	empty := newCache(t, cache.Options[int, chan int]{MaxEntries: 10})
	if err := empty.Save(io.Discard); err == nil {
		t.Error("Save of an empty Cache[int, chan int] = nil; want the error that an entry would be")
	}
	c := newCache(t, cache.Options[int, int]{MaxEntries: 10})
	if err := c.Save(nil); err == nil || !strings.Contains(err.Error(), "nil io.Writer") {
		t.Errorf("Save(nil) = %v; want an error about the nil writer", err)
	}
	if err := c.Load(nil); err == nil || !strings.Contains(err.Error(), "nil io.Reader") {
		t.Errorf("Load(nil) = %v; want an error about the nil reader", err)
	}
}

// failingWriter fails in its n-th call, with err or with too few bytes.
type failingWriter struct {
	n   int
	err error
}

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.n--; w.n == 0 {
		return 0, w.err
	}
	return len(p), nil
}

func TestSaveReturnsErrorsOfTheWriter(t *testing.T) {
	full := errors.New("disk full")
	c := newCache(t, cache.Options[int, int]{MaxEntries: 10})
	c.Set(1, 1)
	for _, tt := range []struct{ err, want error }{{full, full}, {nil, io.ErrShortWrite}} {
		n := 1
		for ; ; n++ {
			w := &failingWriter{n: n, err: tt.err}
			err := c.Save(w)
			if w.n > 0 { // it was not called so often
				require.NoError(t, err)
				break
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("Save with a failure in write %d = %v; want %v", n, err, tt.want)
			}
		}
		if n < 4 {
			t.Errorf("Save writes %d times; want a write for each part", n-1)
		}
	}
}

func TestLoadReturnsErrorsOfTheReader(t *testing.T) {
	broken := errors.New("disk broken")
	c := newCache(t, cache.Options[int, int]{MaxEntries: 10})
	c.Set(1, 1)
	file := save(t, c)
	c.Clear()
	for n := range len(file) {
		err := c.Load(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || errors.Is(err, cache.ErrFormat) || c.Len() != 0 {
			t.Fatalf("Load with a failure at byte %d = %v, and the cache has %d entries; want %v, and none", n, err, c.Len(), broken)
		}
	}
}

// smallFile returns a file with all that a file may have, and the cache it is
// of with other values.
func smallFile(t testing.TB) ([]byte, *cache.Cache[string, int]) {
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10, RefreshAfter: time.Hour, OnEvict: func(k string, v int, cause cache.Cause) {
		if cause != cache.Replaced {
			t.Errorf("OnEvict(%q, %d, %v); want no call", k, v, cause)
		}
	}})
	c.Set("a", 1)
	c.SetTTL("b", 2, time.Hour)
	c.Set("c", 3)
	file := save(t, c)
	c.Set("a", 10)
	return file, c
}

// wantRefused fails unless Load refuses file and leaves c, of smallFile, as it is.
func wantRefused(t *testing.T, c *cache.Cache[string, int], file []byte, what string) {
	t.Helper()
	err := c.Load(bytes.NewReader(file))
	if !errors.Is(err, cache.ErrFormat) || !strings.Contains(err.Error(), "at byte ") {
		t.Fatalf("%s: Load = %v; want ErrFormat and where", what, err)
	}
	if a, _ := c.Peek("a"); a != 10 || c.Len() != 3 {
		t.Fatalf("%s: Load has changed the cache: %v", what, maps.Collect(c.All()))
	}
}

func TestLoadRefusesEveryTruncation(t *testing.T) {
	file, c := smallFile(t)
	for n := range len(file) {
		wantRefused(t, c, file[:n], fmt.Sprintf("the first %d of %d bytes", n, len(file)))
		if err := c.Load(bytes.NewReader(file[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Load of %d of %d bytes = %v; want io.ErrUnexpectedEOF", n, len(file), err)
		}
	}
	require.NoError(t, c.Load(bytes.NewReader(file)))
}

// TestLoadRefusesEveryDamagedByte tries every other value of every byte; with
// the race detector, which finds nothing here, every flipped bit.
func TestLoadRefusesEveryDamagedByte(t *testing.T) {
	file, c := smallFile(t)
	for i := range file {
		for flip := 1; flip < 256; flip++ {
			if race.Enabled && flip&(flip-1) != 0 {
				continue
			}
			file[i] ^= byte(flip)
			wantRefused(t, c, file, fmt.Sprintf("byte %d of %d xor %#x", i, len(file), flip))
			file[i] ^= byte(flip)
		}
	}
	require.NoError(t, c.Load(bytes.NewReader(file)))
}

const preambleLen = 16

// chunksOf splits a file after its preamble.
func chunksOf(file []byte) (chunks [][]byte) {
	for rest := file[preambleLen:]; len(rest) > 0; {
		n := 1 + 4 + int(binary.LittleEndian.Uint32(rest[1:])) + 8
		chunks = append(chunks, rest[:n])
		rest = rest[n:]
	}
	return chunks
}

// TestLoadRefusesMovedChunks changes no byte of a chunk.
func TestLoadRefusesMovedChunks(t *testing.T) {
	c := newCache(t, cache.Options[string, int]{MaxEntries: 10})
	c.Set("a", 10)
	big := newCache(t, cache.Options[string, int]{MaxEntries: 10_000})
	for i := range 10_000 {
		big.Set(strconv.Itoa(i), i)
	}
	file := save(t, big)
	require.NoError(t, newCache(t, cache.Options[string, int]{MaxEntries: 10}).Load(bytes.NewReader(file)))
	chunks := chunksOf(file)
	require.Greater(t, len(chunks), 4)
	for i := range chunks {
		for what, moved := range map[string][][]byte{
			"left out": slices.Delete(slices.Clone(chunks), i, i+1),
			"repeated": slices.Insert(slices.Clone(chunks), i, chunks[i]),
			"moved":    slices.Concat(chunks[:i], chunks[i+1:], chunks[i:i+1]),
		} {
			if i == len(chunks)-1 && what != "left out" {
				continue // what follows the end mark is not read
			}
			err := c.Load(bytes.NewReader(slices.Concat(file[:preambleLen], bytes.Join(moved, nil))))
			if !errors.Is(err, cache.ErrFormat) || c.Len() != 1 {
				t.Errorf("chunk %d %s: Load = %v, %d entries; want ErrFormat, 1", i, what, err, c.Len())
			}
		}
	}
}

func TestLoadRefusesOtherFiles(t *testing.T) {
	file, c := smallFile(t)
	future := slices.Clone(file)
	future[12]++
	type batch = cache.Batch[string, int]
	forged := cache.FileOfBatches[string, int]
	one := batch{Keys: []string{"x"}, Values: []int{1}, Heat: []byte{255}, Deadlines: []int64{math.MaxInt64}, Refreshes: []int64{math.MinInt64}}
	with := func(change func(*batch)) []byte {
		b := one
		change(&b)
		return forged(1, b)
	}
	types := []byte("string\x00int")
	zero := make([]byte, 8)
	huge := slices.Clone(file)
	binary.LittleEndian.PutUint32(huge[preambleLen+1:], math.MaxUint32)
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"version", future, "at byte 16: it has version 2, and this package reads version 1"},
		{"no magic", []byte("Content-Type: text/html; charset=utf-8"), "does not begin with \"plinth.cache\""},
		{"huge chunk", huge, "a chunk of 4294967295 bytes is more than the limit of 65536"},
		{"other values", save(t, newCache(t, cache.Options[string, string]{MaxEntries: 1})), `["string" "string"], and this one has ["string" "int"]`},
		{"other keys", save(t, newCache(t, cache.Options[uint8, int]{MaxEntries: 1})), `["uint8" "int"], and this one`},
		{"no header", cache.FileOf(cache.Chunk{'D', types}, cache.Chunk{'E', zero}), "a chunk of kind 'D' where its header should be"},
		{"two headers", cache.FileOf(cache.Chunk{'H', types}, cache.Chunk{'H', types}, cache.Chunk{'E', zero}), "a chunk of kind 'H'"},
		{"unknown chunk", cache.FileOf(cache.Chunk{'H', types}, cache.Chunk{'x', nil}, cache.Chunk{'E', zero}), "a chunk of kind 'x'"},
		{"short end", cache.FileOf(cache.Chunk{'H', types}, cache.Chunk{'E', zero[1:]}), "a chunk of kind 'E' and 7 bytes"},
		{"too few", forged(2, one), "has 1 entries and should have 2"},
		{"too many", forged(0, one), "has 1 entries and should have 0"},
		{"no values", with(func(b *batch) { b.Values = nil }), "do not fit"},
		{"no heat", with(func(b *batch) { b.Heat = nil }), "do not fit"},
		{"no deadlines", with(func(b *batch) { b.Deadlines = nil }), "do not fit"},
		{"no refreshes", with(func(b *batch) { b.Refreshes = nil }), "do not fit"},
		{"nil twice", with(func(b *batch) { b.Nil = []int{0} }), "do not fit"},
		{"nil beyond", with(func(b *batch) { b.Nil, b.Values = []int{1}, nil }), "do not fit"},
		{"nil before", with(func(b *batch) { b.Nil, b.Values = []int{-1}, nil }), "do not fit"},
	} {
		wantRefused(t, c, tt.file, tt.name)
		if err := c.Load(bytes.NewReader(tt.file)); !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Load = %v; want %q", tt.name, err, tt.want)
		}
	}
	require.NoError(t, c.Load(bytes.NewReader(forged(2, one, one))))
	if x, ok := c.Get("x"); x != 1 || !ok {
		t.Errorf("Get(x) = %d, %v; want 1, true", x, ok)
	}
	require.NoError(t, c.Check())
}

func TestLoadRefusesWhatCannotBeDecoded(t *testing.T) {
	c := newCache(t, cache.Options[string, moody]{MaxEntries: 10})
	for text, want := range map[string]string{"decode": "no mood to decode", "EOF": "EOF"} {
		c.Clear()
		c.Set("a", moody{text})
		file := save(t, c)
		c.Clear()
		if err := c.Load(bytes.NewReader(file)); !errors.Is(err, cache.ErrFormat) || !strings.Contains(err.Error(), want) || c.Len() != 0 {
			t.Errorf("Load of %q = %v; want ErrFormat with %q", text, err, want)
		}
	}

	// A key behind an interface that cannot be a key.
	file := cache.FileOfBatches(1, cache.Batch[any, int]{
		Keys: []any{[]int{1}}, Values: []int{1}, Heat: []byte{0}, Deadlines: []int64{0}, Refreshes: []int64{0}})
	loaded := newCache(t, cache.Options[any, int]{MaxEntries: 10})
	if err := loaded.Load(bytes.NewReader(file)); !errors.Is(err, cache.ErrFormat) || loaded.Len() != 0 {
		t.Errorf("Load of a slice as a key = %v; want ErrFormat", err)
	}
}

func TestLoadDoesNotReadOn(t *testing.T) {
	o := cache.Options[string, int]{MaxEntries: 10}
	var file bytes.Buffer
	for i := range 3 {
		c := newCache(t, o)
		c.Set("a", i)
		require.NoError(t, c.Save(&file))
	}
	r := iotest.OneByteReader(&file)
	for i := range 3 {
		c := newCache(t, o)
		require.NoError(t, c.Load(r))
		if got, _ := c.Get("a"); got != i {
			t.Errorf("file %d has %d; want %d", i, got, i)
		}
	}
	if file.Len() != 0 {
		t.Errorf("%d bytes were not read", file.Len())
	}
}

func TestSaveKeepsDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := cache.Options[string, int]{MaxEntries: 10, StaleFor: time.Hour}
		c := newCache(t, o)
		time.Sleep(time.Minute) // the caches do not begin at the same time
		c.Set("for ever", 1)
		c.SetTTL("short", 2, 10*time.Second)
		c.SetTTL("long", 3, 10*time.Minute)
		c.SetTTL("longest", 4, math.MaxInt64)
		c.SetTTL("expired", 5, time.Second)
		time.Sleep(5 * time.Second)
		file := save(t, c)
		if _, ok := maps.Collect(reload(t, c, o).All())["expired"]; ok {
			t.Error("an entry that had expired was saved")
		}
		time.Sleep(5 * time.Second) // "short" expires while the process is down

		o.TTL = time.Second // is for entries that are set
		o.Expiry = func(string, int) time.Duration { t.Error("Load calls Expiry"); return 0 }
		loaded := newCache(t, o)
		require.NoError(t, loaded.Load(bytes.NewReader(file)))
		if got, want := maps.Collect(loaded.All()), (map[string]int{"for ever": 1, "long": 3, "longest": 4}); !maps.Equal(got, want) || loaded.Len() != len(want) {
			t.Errorf("loaded %v; want %v", got, want)
		}
		time.Sleep(10*time.Minute - 10*time.Second - 1)
		if v, ok := loaded.Get("long"); v != 3 || !ok {
			t.Errorf("Get before the deadline = %d, %v; want 3, true", v, ok)
		}
		time.Sleep(time.Nanosecond)
		if v, ok := loaded.Get("long"); ok {
			t.Errorf("Get at the deadline = %d, true; want false", v)
		}
		time.Sleep(2 * time.Hour)
		if got := loaded.Len(); got != 2 {
			t.Errorf("Len = %d after the sweep; want 2", got)
		}
		require.NoError(t, loaded.Check())
		require.NoError(t, errors.Join(c.Close(), loaded.Close()))
	})
}

func TestSaveKeepsOtherTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		o := cache.Options[string, int]{
			MaxEntries: 10, IdleTTL: time.Minute, NegativeTTL: time.Hour, RefreshAfter: 40 * time.Second,
			Loader: func(context.Context, string) (int, error) { loads++; return 2, nil },
		}
		c := newCache(t, o)
		c.Set("used", 0) // starts the timer that removes what has expired
		time.Sleep(time.Second / 2)
		c.Set("idle", 1)
		time.Sleep(30 * time.Second)
		c.Set("used", 1)
		_, err := c.GetOrLoadFunc(t.Context(), "absent", func(context.Context, string) (int, error) { return 0, cache.ErrNotFound })
		require.ErrorIs(t, err, cache.ErrNotFound)
		time.Sleep(30 * time.Second)
		if got := c.Len(); got != 3 {
			t.Errorf("Len = %d; want 3, one of which is expired and not yet removed", got)
		}
		file := save(t, c)
		time.Sleep(5 * time.Second)

		loaded := newCache(t, o)
		require.NoError(t, loaded.Load(bytes.NewReader(file)))
		if got, want := maps.Collect(loaded.All()), (map[string]int{"used": 1}); !maps.Equal(got, want) || loaded.Len() != 1 {
			t.Errorf("loaded %v (%d); want %v", got, loaded.Len(), want)
		}
		time.Sleep(5*time.Second - 1) // refresh is due 40 s after it was set
		_, err = loaded.GetOrLoad(t.Context(), "used")
		synctest.Wait()
		if err != nil || loads != 0 {
			t.Errorf("GetOrLoad before it is to be refreshed: %v, %d loads; want 0", err, loads)
		}
		time.Sleep(time.Nanosecond)
		v, err := loaded.GetOrLoad(t.Context(), "used")
		synctest.Wait()
		if v != 1 || err != nil || loads != 1 {
			t.Errorf("GetOrLoad when it is to be refreshed = %d, %v, %d loads; want 1, nil, 1", v, err, loads)
		}

		// Being idle counts from Load on, however long the process was down.
		time.Sleep(time.Hour)
		again := newCache(t, o)
		require.NoError(t, again.Load(bytes.NewReader(file)))
		time.Sleep(time.Minute - 1)
		if _, ok := again.Peek("used"); !ok {
			t.Error("an entry ended before it was idle for IdleTTL")
		}
		time.Sleep(time.Nanosecond)
		if _, ok := again.Peek("used"); ok {
			t.Error("an entry was idle for IdleTTL and goes on")
		}
		require.NoError(t, errors.Join(c.Close(), loaded.Close(), again.Close()))
	})
}

// warmed returns a cache with a history: of the keys 0 to n-1, small ones were
// used more.
func warmed(t testing.TB, o cache.Options[int, int], n int) *cache.Cache[int, int] {
	c := newCache(t, o)
	rnd := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rnd, 1.1, 10, uint64(n-1))
	for range 50 * n {
		key := int(zipf.Uint64())
		if _, ok := c.Get(key); !ok {
			c.Set(key, key)
		}
	}
	return c
}

func TestSaveKeepsHeat(t *testing.T) {
	for _, shards := range []int{1, 8} {
		o := cache.Options[int, int]{MaxEntries: 2000, Shards: shards}
		c := warmed(t, o, 8000)
		loaded := reload(t, c, o)
		if loaded.Len() < o.MaxEntries*99/100 {
			t.Errorf("shards=%d: Len = %d; want nearly %d", shards, loaded.Len(), c.Len())
		}
		off := 0
		for key := range loaded.All() {
			seen, hits, queue := c.Heat(key)
			s, h, q := loaded.Heat(key)
			if h != hits || q != queue || s < seen {
				t.Fatalf("shards=%d: the heat of %d is seen=%d hits=%d queue=%d; want %d, %d, %d", shards, key, s, h, q, seen, hits, queue)
			}
			if s != seen {
				off++ // of two that share all counters one is taken for the other
			}
		}
		if off > loaded.Len()/10 {
			t.Errorf("shards=%d: %d of %d estimates have risen; want few", shards, off, loaded.Len())
		}

		// The order of Hottest is the same up to ties.
		rank := make(map[int]int)
		for key := range c.Hottest() {
			rank[key] = len(rank)
		}
		displaced, i := 0, 0
		for key := range loaded.Hottest() {
			displaced += max(rank[key]-i, i-rank[key])
			i++
		}
		// Random orders have a third of n.
		if mean := displaced / i; mean > i/10 {
			t.Errorf("shards=%d: entries are %d places from where they were in Hottest on average, of %d", shards, mean, i)
		}
	}
}

func TestSmallerCacheLoadsTheHottest(t *testing.T) {
	c := warmed(t, cache.Options[int, int]{MaxEntries: 2000, Shards: 4}, 8000)
	heat := func(key int) int {
		seen, hits, queue := c.Heat(key)
		return seen + 16*hits + 48*queue
	}
	coldest := math.MaxInt
	evicted := atomic.Int32{}
	for _, size := range []int{1, 10, 500} {
		loaded := reload(t, c, cache.Options[int, int]{MaxEntries: size, OnEvict: func(int, int, cache.Cause) { evicted.Add(1) }})
		if loaded.Len() != size {
			t.Errorf("Len = %d; want %d", loaded.Len(), size)
		}
		for key := range loaded.All() {
			coldest = min(coldest, heat(key))
		}
		hotter := 0
		for key := range c.All() {
			if heat(key) > coldest {
				hotter++
			}
		}
		if hotter > size {
			t.Errorf("a cache of %d has an entry of heat %d, and %d were hotter", size, coldest, hotter)
		}
	}
	if evicted.Load() != 0 {
		t.Errorf("Load has evicted %d entries; want 0", evicted.Load())
	}
}

// TestLoadKeepsTheColdestInFront has entries that differ in their sketch alone,
// so that the queue decides which of them leave first.
func TestLoadKeepsTheColdestInFront(t *testing.T) {
	const n = 100
	b := cache.Batch[int, int]{}
	for i := range n { // hottest first, as in a file
		b.Keys, b.Values = append(b.Keys, i), append(b.Values, i)
		b.Heat = append(b.Heat, 1<<6|byte(15-15*i/n))
		b.Deadlines, b.Refreshes = append(b.Deadlines, 0), append(b.Refreshes, 0)
	}
	file := cache.FileOfBatches(n, b)
	c := newCache(t, cache.Options[int, int]{MaxEntries: n, Shards: 1})
	require.NoError(t, c.Load(bytes.NewReader(file)))
	for i := range n / 2 { // these are set twice, and so admitted
		c.Set(n+i, 0)
		c.Set(n+i, 0)
	}
	kept := 0
	for i := range n / 2 {
		if _, ok := c.Peek(i); ok {
			kept++
		}
	}
	if kept != n/2 {
		t.Errorf("%d of the %d hottest entries are left; want all", kept, n/2)
	}
}

// TestLoadKeepsTheOrderOfEviction has entries of the same heat, which leave in
// the order of the queue.
func TestLoadKeepsTheOrderOfEviction(t *testing.T) {
	const n = 100
	var left departures
	o := cache.Options[string, int]{MaxEntries: n, Shards: 1, OnEvict: left.record}
	c := newCache(t, o)
	for i := range n {
		c.Set(strconv.Itoa(i), i)
	}
	loaded := newCache(t, o)
	loaded.HashLike(c)
	require.NoError(t, loaded.Load(bytes.NewReader(save(t, c))))
	evictions := func(c *cache.Cache[string, int]) []string {
		for i := range n / 2 {
			c.Set("new"+strconv.Itoa(i), i)
		}
		return left.take()
	}
	want := evictions(c)
	if got := evictions(loaded); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("OnEvict calls after Load = %v\nwant as before Save: %v", got, want)
	}
}

// TestAdmissionRemembers lets newcomers come back that were seen less often
// than what is there: they must not get in, as they would not have before.
func TestAdmissionRemembers(t *testing.T) {
	const n = 100
	b := cache.Batch[int, int]{}
	for i := range n {
		b.Keys, b.Values = append(b.Keys, i), append(b.Values, i)
		b.Heat = append(b.Heat, 1<<6|12) // in the main queue, no hits, seen 12 times
		b.Deadlines, b.Refreshes = append(b.Deadlines, 0), append(b.Refreshes, 0)
	}
	file := cache.FileOfBatches(n, b)
	c := newCache(t, cache.Options[int, int]{MaxEntries: n, Shards: 1})
	require.NoError(t, c.Load(bytes.NewReader(file)))
	for range 4 {
		for i := range n {
			c.Set(n+i, 0)
		}
	}
	kept := 0
	for i := range n {
		if _, ok := c.Peek(i); ok {
			kept++
		}
	}
	if kept < n*8/10 { // a tenth is the window
		t.Errorf("%d of %d entries that were seen 12 times are left after others were seen 4 times; want 80 or more", kept, n)
	}
}

func TestLoadOverwritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := cache.Options[string, int]{MaxEntries: 10, NegativeTTL: time.Hour, StaleFor: time.Hour}
		old := newCache(t, o)
		for _, key := range []string{"set", "expired", "absent", "loading", "computing", "free"} {
			old.Set(key, 1)
		}
		file := save(t, old)

		c := newCache(t, o)
		c.Set("set", 2)
		c.SetTTL("expired", 2, time.Second)
		_, err := c.GetOrLoadFunc(t.Context(), "absent", func(context.Context, string) (int, error) { return 0, cache.ErrNotFound })
		require.ErrorIs(t, err, cache.ErrNotFound)
		time.Sleep(time.Second)
		release := make(chan struct{})
		var running sync.WaitGroup
		running.Go(func() {
			v, err := c.GetOrLoadFunc(t.Context(), "loading", func(context.Context, string) (int, error) { <-release; return 2, nil })
			if v != 2 || err != nil {
				t.Errorf("GetOrLoadFunc = %d, %v; want 2, nil", v, err)
			}
		})
		var given []int
		running.Go(func() {
			c.Compute("computing", func(old int, _ bool) (int, cache.Op) {
				given = append(given, old)
				<-release
				return old + 10, cache.Replace
			})
		})
		synctest.Wait()
		require.NoError(t, c.Load(bytes.NewReader(file)))
		if v, ok := c.Peek("loading"); v != 1 || !ok {
			t.Errorf("Peek(loading) while it is loaded = %d, %v; want 1, true", v, ok)
		}
		close(release)
		running.Wait()
		want := map[string]int{"set": 2, "free": 1, "loading": 2, "computing": 11}
		if got := maps.Collect(c.All()); !maps.Equal(got, want) {
			t.Errorf("after Load the cache has %v; want %v", got, want)
		}
		if !slices.Equal(given, []int{0, 1}) { // it is called again with what Load has added
			t.Errorf("Compute was given %v; want [0 1]", given)
		}
		require.NoError(t, c.Check())
		require.NoError(t, errors.Join(c.Close(), old.Close()))
	})
}

func TestLoadWeighsAnew(t *testing.T) {
	var left departures
	c := newCache(t, cache.Options[string, int]{MaxWeight: 1000, Weigher: func(_ string, v int) uint32 { return uint32(v) }})
	c.Set("heavy", 100)
	for i := range 50 {
		c.Set(strconv.Itoa(i), 10)
	}
	c.Set("pinned", 0)
	for range 3 { // heavy is the hottest, and does not keep others out
		c.Get("heavy")
	}
	o := cache.Options[string, int]{MaxWeight: 105, OnEvict: left.record, Weigher: func(key string, v int) uint32 { return 2 * uint32(v) }}
	loaded := reload(t, c, o)
	if got := loaded.Weight(); got != 100 || loaded.Len() != 6 {
		t.Errorf("Weight = %d, Len = %d; want 100 and 6", got, loaded.Len())
	}
	if _, ok := loaded.Get("heavy"); ok {
		t.Error("an entry is there that is heavier than the budget")
	}
	for i := range 100 {
		loaded.Set("new"+strconv.Itoa(i), 1)
	}
	if _, ok := loaded.Get("pinned"); !ok {
		t.Error("a pinned entry is gone")
	}
	for _, d := range left.take() {
		if strings.HasPrefix(d, "heavy") {
			t.Errorf("OnEvict was told %q, which never was in the cache", d)
		}
	}
	require.NoError(t, loaded.Check())

	// What is pinned comes before what is hot.
	o.MaxEntries = 1
	if got := keysOf(reload(t, c, o).All()); !slices.Equal(got, []string{"pinned"}) {
		t.Errorf("a cache of one entry has %v; want the pinned one", got)
	}
	o.MaxEntries = 0

	// An entry that was pinned need not be so in another cache.
	// And the other way round.
	o.Weigher = func(_ string, v int) uint32 { return 1 - min(uint32(v), 1) }
	loaded = reload(t, c, o)
	if loaded.Weight() != 1 || loaded.Len() != 52 {
		t.Errorf("Weight = %d, Len = %d; want 1 and 52", loaded.Weight(), loaded.Len())
	}
	const pinned = 2
	for key := range loaded.All() {
		if _, _, queue := loaded.Heat(key); (queue == pinned) != (key != "pinned") {
			t.Errorf("%s is in queue %d; want all but one to be pinned", key, queue)
		}
	}
}

func TestLoadFillsTheRoomThereIs(t *testing.T) {
	o := cache.Options[int, int]{MaxEntries: 10, Shards: 1}
	c := newCache(t, o)
	for i := range 10 {
		c.Set(i, 1)
	}
	o.OnEvict = func(k, v int, cause cache.Cause) { t.Errorf("OnEvict(%d, %d, %v); want no call", k, v, cause) }
	loaded := newCache(t, o)
	for key := range c.Hottest() { // those that Load comes to first
		if loaded.Len() < 5 {
			loaded.Set(key, 2)
		}
	}
	file := save(t, c)
	require.NoError(t, loaded.Load(bytes.NewReader(file)))
	if loaded.Len() != 10 {
		t.Errorf("Len = %d; want 10", loaded.Len())
	}
	loaded = newCache(t, o)
	for i := range 10 {
		loaded.Set(-1-i, 2)
	}
	require.NoError(t, loaded.Load(bytes.NewReader(file))) // nothing is evicted
	require.NoError(t, loaded.Check())
}

// TestLoadOfAKeyThatIsNotEqualToItself is about a file that Save cannot write.
func TestLoadOfAKeyThatIsNotEqualToItself(t *testing.T) {
	file := cache.FileOfBatches(2, cache.Batch[float64, int]{
		Keys: []float64{math.NaN(), 1}, Values: []int{1, 1}, Heat: []byte{0, 0}, Deadlines: []int64{0, 0}, Refreshes: []int64{0, 0}})
	c := newCache(t, cache.Options[float64, int]{MaxEntries: 10})
	require.NoError(t, c.Load(bytes.NewReader(file)))
	if c.Len() != 1 {
		t.Errorf("Len = %d; want 1", c.Len())
	}
	require.NoError(t, c.Check())
}

// TestLoadGivesWay sets entries while Load decides, by way of the Weigher.
func TestLoadGivesWay(t *testing.T) {
	const n, set = 100, 10
	b := cache.Batch[int, int]{}
	for i := range n {
		b.Keys, b.Values, b.Heat = append(b.Keys, i), append(b.Values, i), append(b.Heat, 1<<6)
		b.Deadlines, b.Refreshes = append(b.Deadlines, 0), append(b.Refreshes, 0)
	}
	file := cache.FileOfBatches(n, b)
	for _, o := range []cache.Options[int, int]{{MaxWeight: n}, {MaxWeight: 10 * n, MaxEntries: n}} {
		var c *cache.Cache[int, int]
		o.OnEvict = func(k, v int, cause cache.Cause) { t.Errorf("OnEvict(%d, %d, %v); want no call", k, v, cause) }
		o.Weigher = func(k, v int) uint32 {
			if k == n-1 {
				for i := range set {
					c.Set(n+i, 0)
				}
			}
			return 1
		}
		c = newCache(t, o)
		require.NoError(t, c.Load(bytes.NewReader(file)))
		if got := slices.Sorted(slices.Values(keysOf(c.All()))); len(got) != n || got[n-set-1] != n-set-1 || got[n-1] != n+set-1 {
			t.Errorf("keys are %v; want the %d hottest, and the %d that were set", got, n-set, set)
		}
		require.NoError(t, c.Check())
	}
}

func TestClosedCacheSavesAndLoads(t *testing.T) {
	o := cache.Options[string, int]{MaxEntries: 10}
	c := newCache(t, o)
	c.SetTTL("a", 1, time.Hour)
	require.NoError(t, c.Close())
	file := save(t, c)
	loaded := newCache(t, o)
	require.NoError(t, loaded.Close())
	require.NoError(t, loaded.Load(bytes.NewReader(file)))
	if v, ok := loaded.Get("a"); v != 1 || !ok {
		t.Errorf("Get = %d, %v; want 1, true", v, ok)
	}
}

// callingWriter calls the cache while Save writes: no lock is held.
type callingWriter struct {
	call  func()
	calls int
}

func (w *callingWriter) Write(p []byte) (int, error) {
	w.call()
	w.calls++
	return len(p), nil
}

func TestSaveHoldsNoLock(t *testing.T) {
	c := newCache(t, cache.Options[int, int]{MaxEntries: 100, Shards: 1})
	for i := range 50 {
		c.Set(i, i)
	}
	w := &callingWriter{call: func() {
		c.Set(50, 50)
		c.Delete(0)
		c.Clear()
		c.Stats()
		c.Resize(50)
	}}
	if err := c.Save(w); err != nil || w.calls < 3 {
		t.Errorf("Save = %v in %d writes; want nil in 3 or more", err, w.calls)
	}
}

func TestSaveWhileOthersWrite(t *testing.T) {
	const keys, most = 2000, 1000
	o := cache.Options[int, []int]{MaxEntries: most, TTL: time.Hour, Shards: 4}
	c := newCache(t, o)
	stable := make(map[int]bool) // these are not touched while others write
	for i := range 100 {
		c.Set(-i-1, []int{-i - 1})
		stable[-i-1] = true
	}
	var stop atomic.Bool
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 1))
			for !stop.Load() {
				key := rnd.IntN(keys)
				switch rnd.IntN(4) {
				case 0:
					c.Delete(key)
				case 1:
					c.Get(key)
				default:
					c.Set(key, []int{key})
				}
			}
		})
	}
	target := newCache(t, o)
	for range 20 {
		file := save(t, c)
		loaded := newCache(t, o)
		require.NoError(t, loaded.Load(bytes.NewReader(file)))
		require.NoError(t, loaded.Check())
		for key, value := range loaded.All() {
			if len(value) != 1 || value[0] != key {
				t.Errorf("%d has %v", key, value)
			}
		}
		// Others write to this one too.
		writers.Go(func() {
			for i := range keys {
				target.Set(i, []int{i})
				if n := target.Len(); n > most {
					t.Errorf("Len = %d; want at most %d", n, most)
				}
			}
		})
		require.NoError(t, target.Load(bytes.NewReader(file)))
	}
	stop.Store(true)
	writers.Wait()
	require.NoError(t, errors.Join(c.Check(), target.Check()))
}

// FuzzLoad loads arbitrary bytes: as they are, and with checksums made right,
// so that they get as far as gob.
func FuzzLoad(f *testing.F) {
	file, _ := smallFile(f)
	f.Add(file, false)
	f.Add(file[:len(file)/2], false)
	for _, chunk := range chunksOf(file) {
		f.Add(chunk[5:len(chunk)-8], true)
	}
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, data []byte, seal bool) {
		if seal {
			data = cache.FileOfGobs[string, int](data, cache.CountGobs[string, int](data))
		}
		o := cache.Options[string, int]{MaxEntries: 100, Shards: 1}
		c := newCache(t, o)
		c.Set("a", -1)
		if err := c.Load(bytes.NewReader(data)); err != nil {
			if !errors.Is(err, cache.ErrFormat) {
				t.Errorf("Load = %v; want ErrFormat", err)
			}
			if a, ok := c.Peek("a"); a != -1 || !ok || c.Len() != 1 {
				t.Errorf("Load = %v and has changed the cache: %v", err, maps.Collect(c.All()))
			}
			return
		}
		require.NoError(t, c.Check())
		if a, _ := c.Peek("a"); a != -1 {
			t.Errorf("Load has overwritten a with %d", a)
		}
		if got, want := maps.Collect(reload(t, c, o).All()), maps.Collect(c.All()); !maps.Equal(got, want) {
			t.Errorf("saved and loaded again: %v; want %v", got, want)
		}
	})
}
