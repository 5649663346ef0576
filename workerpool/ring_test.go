package workerpool_test

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/goplinth/plinth/workerpool"
)

// testRing does what script says to a ring and to a slice. A byte below 128 is
// how many to push, another how many to take at most.
func testRing(t *testing.T, script []byte) {
	var r workerpool.Ring[int]
	var model []int
	next := 1
	for _, b := range script {
		if b < 128 {
			for range b {
				spare := r.Push(next)
				if array := len(r.Array()); spare != array-len(model) || spare < 1 {
					t.Fatalf("script %v: spare = %d in an array of %d with %d elements", script, spare, array, len(model))
				}
				model = append(model, next)
				next++
			}
		} else {
			dst := make([]int, b-128)
			n := r.Take(dst)
			if want := min(len(model), len(dst)); n != want || !slices.Equal(dst[:n], model[:n]) {
				t.Fatalf("script %v: take = %d, %v; want %v", script, n, dst[:n], model[:want])
			}
			model = model[n:]
		}
		if r.Len() != len(model) {
			t.Fatalf("script %v: len = %d; want %d", script, r.Len(), len(model))
		}
		// No trace is left of what was taken, and there is no more room than the
		// longest queue needed.
		kept := 0
		for _, v := range r.Array() {
			if v != 0 {
				kept++
			}
		}
		if n := len(r.Array()); kept != len(model) || bits.OnesCount(uint(n)) > 1 {
			t.Fatalf("script %v: an array of %d keeps %d elements; want %d in a power of two", script, n, kept, len(model))
		}
	}
}

func TestRing(t *testing.T) {
	testRing(t, nil)
	testRing(t, []byte{128, 129, 255, 16, 130, 2, 1, 255, 100, 28, 128 + 127, 128 + 1})
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		script := make([]byte, 1+rng.IntN(30))
		most := 1 + rng.IntN(127)
		for i := range script {
			script[i] = byte(rng.IntN(most) + 128*rng.IntN(2))
		}
		testRing(t, script)
	}
}

func FuzzRing(f *testing.F) {
	f.Add([]byte{128, 129, 255, 16, 130, 2, 1, 255, 100, 28, 255, 129})
	f.Add([]byte{10, 136, 14, 255})
	f.Fuzz(testRing)
}

// TestRingGrowsByDoubling holds the array to less than twice the greatest length.
func TestRingGrowsByDoubling(t *testing.T) {
	var r workerpool.Ring[int]
	for length, want := range map[int]int{1: 16, 16: 16, 17: 32, 64: 64, 65: 128} {
		r = workerpool.Ring[int]{}
		for range length {
			r.Push(1)
		}
		for range 1000 {
			r.Take(make([]int, 1))
			r.Push(1)
		}
		if got := len(r.Array()); got != want {
			t.Errorf("the array of a ring of %d has length %d; want %d", length, got, want)
		}
	}
}
