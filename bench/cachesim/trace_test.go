package main

import (
	"bytes"
	"compress/gzip"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNextUse(t *testing.T) {
	tr := newTrace("x", false, []uint64{7, 8, 7, 9, 7, 8})
	if tr.unique != 3 {
		t.Errorf("unique = %d; want 3", tr.unique)
	}
	// The last requests, of index 3, 4 and 5, are beyond the trace of 6.
	if want := []int{2, 5, 4, 9, 10, 11}; !slices.Equal(tr.next, want) {
		t.Errorf("next = %v; want %v", tr.next, want)
	}
	for i, use := range tr.next {
		if tr.usedAt(use) != tr.keys[i] {
			t.Errorf("usedAt(%d) = %d; want %d", use, tr.usedAt(use), tr.keys[i])
		}
	}
}

// writeTrace writes a recorded trace into dir.
func writeTrace(t *testing.T, dir, name, text string) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecorded(t *testing.T) {
	dir := t.TempDir()
	writeTrace(t, dir, "web.keys.gz", "1\n18446744073709551615\n1\n")
	writeTrace(t, dir, "disk.gz", "5")
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte("not a trace"), 0o666); err != nil {
		t.Fatal(err)
	}
	sources, err := recorded(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		name string
		keys []uint64
	}{
		{"disk", []uint64{5}},
		{"web", []uint64{1, math.MaxUint64, 1}},
	} {
		s := sources[i]
		keys, err := s.keys()
		if s.name != want.name || !s.recorded || !slices.Equal(keys, want.keys) || err != nil {
			t.Errorf("sources[%d] is %q with keys %v, %v; want %q with %v", i, s.name, keys, err, want.name, want.keys)
		}
	}
	if len(sources) != 2 {
		t.Errorf("%d sources; want 2", len(sources))
	}
}

func TestRecordedMistakes(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "no keys; write one decimal key a line"},
		{"1\n\n2\n", "line 2: "},
		{"1\n2\n-3\n", "line 3: "},
		{"18446744073709551616\n", "write one decimal key below 2^64 a line"},
		{"1 2\n", "line 1: "},
		{strings.Repeat("9", 100_000), "line 1: "},
	} {
		keys, err := parseKeys(strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("parseKeys(%.20q) = %v, %v; want an error with %q", tt.text, keys, err, tt.want)
		}
	}
	dir := t.TempDir()
	for _, text := range []string{"plain text\n", ""} {
		file := filepath.Join(dir, "x.gz")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readKeys(file); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("readKeys of a file with %q: %v; want an error that names the file", text, err)
		}
	}
}

// TestGenerated holds every generator to its length and to making the same
// requests again.
func TestGenerated(t *testing.T) {
	names := make(map[string]bool)
	for _, s := range generated() {
		first, err := s.keys()
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		again, _ := s.keys()
		if !slices.Equal(first, again) {
			t.Errorf("%s: the second time the keys are others", s.name)
		}
		if len(first) != generatedRequests {
			t.Errorf("%s: %d requests; want %d", s.name, len(first), generatedRequests)
		}
		if names[s.name] || s.recorded {
			t.Errorf("%s: two traces have the name, or it says that it is recorded", s.name)
		}
		names[s.name] = true
	}
}

// TestGeneratedProperties looks for what each generator's comment promises.
func TestGeneratedProperties(t *testing.T) {
	uses := func(keys []uint64) map[uint64]int {
		n := make(map[uint64]int)
		for _, key := range keys {
			n[key]++
		}
		return n
	}
	rng := func() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }

	n := uses(loopTrace(rng()))
	if len(n) != generatedKeys || n[key(loopSet, 0)] != generatedRequests/generatedKeys {
		t.Errorf("loop: %d keys, the first one %d times; want %d keys as often each", len(n), n[key(loopSet, 0)], generatedKeys)
	}

	most, twice := 0, 0
	for _, count := range uses(twiceTrace(rng())) {
		most = max(most, count)
		if count == 2 {
			twice++
		}
	}
	if most != 2 || twice < generatedRequests/2-500 {
		t.Errorf("twice: %d keys come twice, and one %d times; want all but a few hundred of them twice", twice, most)
	}

	once := 0
	for _, count := range uses(scanTrace(rng())) {
		if count == 1 {
			once++
		}
	}
	if once < generatedRequests*49/100 {
		t.Errorf("scan: %d keys come once; want about half of the requests", once)
	}

	shift := shiftTrace(rng())
	part := generatedRequests / 10
	hottest := func(keys []uint64) (hottest uint64) {
		n := uses(keys)
		for key, count := range n {
			if count > n[hottest] {
				hottest = key
			}
		}
		return hottest
	}
	if hottest(shift[:part]) == hottest(shift[part:2*part]) {
		t.Error("shift: the first and the second part have the same most popular key")
	}

	news := newsTrace(rng())
	if hottest(news[:part]) == hottest(news[part:2*part]) {
		t.Error("news: the most popular key of the first part is still that of the second one")
	}
}

// TestZipf counts how often the first ranks come up.
func TestZipf(t *testing.T) {
	const n, draws = 1000, 200_000
	for _, s := range []float64{0, 0.7, 1, 1.1, 2} {
		sum := 0.0
		for k := 1; k <= n; k++ {
			sum += math.Pow(float64(k), -s)
		}
		z := newZipf(s, n)
		rng := rand.New(rand.NewPCG(1, 2))
		var counts [n]int
		for range draws {
			counts[z.sample(rng)]++
		}
		for _, rank := range []int{0, 1, 9, n - 1} {
			expected := draws * math.Pow(float64(rank+1), -s) / sum
			if off := math.Abs(float64(counts[rank]) - expected); off > 5*math.Sqrt(expected)+1 {
				t.Errorf("exponent %g: rank %d came %d times; want about %.0f", s, rank, counts[rank], expected)
			}
		}
	}
	if got := newZipf(1, 1).sample(rand.New(rand.NewPCG(1, 2))); got != 0 {
		t.Errorf("a sample of one rank is %d; want 0", got)
	}
}

func TestPareto(t *testing.T) {
	const draws = 100_000
	rng := rand.New(rand.NewPCG(1, 2))
	beyond, least, most := 0, math.MaxInt, 0
	for range draws {
		n := pareto(rng, 0.5, 1000)
		least, most = min(least, n), max(most, n)
		if n > 100 {
			beyond++
		}
	}
	if least != 1 || most != 1000 {
		t.Errorf("numbers from %d to %d; want 1 to 1000", least, most)
	}
	if beyond < draws/10*9/10 || beyond > draws/10*11/10 {
		t.Errorf("%d of %d are beyond 100; want a tenth, which is 100^-0.5", beyond, draws)
	}
}

// TestKey checks that the sets share no key, on a sample.
func TestKey(t *testing.T) {
	seen := make(map[uint64]bool)
	for set := uint64(popularSet); set <= logSet; set += onceSet - popularSet {
		for i := range 100_000 {
			seen[key(set, i)] = true
		}
	}
	if len(seen) != 500_000 {
		t.Errorf("500000 keys of five sets are %d different ones", len(seen))
	}
}
