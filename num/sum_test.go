package num_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/goplinth/plinth/num"
)

type celsius float64

func TestSum(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct {
		in   []float64
		want float64
	}{
		{nil, 0},
		{[]float64{}, 0},
		{[]float64{1.5}, 1.5},
		{[]float64{1e16, 1, -1e16}, 0},
		{[]float64{1e16, -1e16, 1}, 1},
		{[]float64{1, nan}, nan},
		{[]float64{inf, 1}, inf},
		{[]float64{inf, -inf}, nan},
		{[]float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}, inf},
		{[]float64{math.Copysign(0, -1)}, 0},
		{slices.Repeat([]float64{math.Copysign(0, -1)}, 20), 0},
		{slices.Repeat([]float64{math.MaxFloat64, -math.MaxFloat64}, 16), nan},
	} {
		if got := num.Sum(tt.in); !same(got, tt.want) {
			t.Errorf("Sum(%v) = %v; want %v", tt.in, got, tt.want)
		}
	}
}

// same reports whether a and b are the same number, with the sign of a zero, or
// both NaN.
func same[T num.Number](a, b T) bool {
	return a != a && b != b || math.Float64bits(float64(a)) == math.Float64bits(float64(b))
}

// orderedSum spells out the order of floats that the package comment lays down.
func orderedSum[T num.Number](s []T) T {
	if len(s) < 16 {
		var sum T
		for _, x := range s {
			sum += x
		}
		return sum
	}
	var blocks []T
	for block := range slices.Chunk(s, 256) {
		var l [8]T
		for i, x := range block {
			l[i%8] += x
		}
		blocks = append(blocks, ((l[0]+l[1])+(l[2]+l[3]))+((l[4]+l[5])+(l[6]+l[7])))
	}
	return tree(blocks)
}

func tree[T num.Number](blocks []T) T {
	if len(blocks) == 1 {
		return blocks[0]
	}
	left := 1
	for 2*left < len(blocks) {
		left *= 2
	}
	return tree(blocks[:left]) + tree(blocks[left:])
}

// TestOrderOfFloats compares lengths about every turn of the order, up to some
// that have a tree of many levels, with elements that show each difference.
func TestOrderOfFloats(t *testing.T) {
	var lengths []int
	for n := range 600 {
		lengths = append(lengths, n)
	}
	for _, blocks := range []int{3, 4, 5, 7, 8, 9, 12, 16, 17, 31, 33} {
		lengths = append(lengths, 256*blocks-1, 256*blocks, 256*blocks+1, 256*blocks+100)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range lengths {
		floats, named, short := make([]float64, n), make([]celsius, n), make([]float32, n)
		for i := range n {
			floats[i] = math.Ldexp(rng.NormFloat64(), rng.IntN(40))
			named[i], short[i] = celsius(floats[i]), float32(floats[i])
		}
		testOrder(t, floats)
		testOrder(t, named)
		testOrder(t, short)
		wide := make([]float64, n)
		for i, x := range short {
			wide[i] = float64(x)
		}
		if got, want := num.SumWideFloat(short), orderedSum(wide); got != want {
			t.Errorf("SumWideFloat(%d float32 elements) = %v; want %v", n, got, want)
		}
		if got, want := num.Mean(short), orderedSum(wide)/float64(n); !same(got, want) {
			t.Errorf("Mean(%d float32 elements) = %v; want %v", n, got, want)
		}
	}
}

func testOrder[T num.Number](t *testing.T, s []T) {
	t.Helper()
	want := orderedSum(s)
	if got := num.Sum(s); got != want {
		t.Errorf("Sum(%d elements of %T) = %v; want %v", len(s), s, got, want)
	}
	if got := num.SumSeq(slices.Values(s)); got != want {
		t.Errorf("SumSeq(%d elements of %T) = %v; want %v", len(s), s, got, want)
	}
	calls := 0
	got := num.SumBy(s, func(x T) T {
		if !same(x, s[calls]) {
			t.Errorf("SumBy: call %d has %v; want %v", calls, x, s[calls])
		}
		calls++
		return x
	})
	if got != want || calls != len(s) {
		t.Errorf("SumBy(%d elements of %T) = %v after %d calls; want %v", len(s), s, got, calls, want)
	}
	var naive T
	for _, x := range s {
		naive += x
	}
	if got := num.SumOrdered(s); got != naive {
		t.Errorf("SumOrdered(%d elements of %T) = %v; want %v", len(s), s, got, naive)
	}
}

func TestMisusePanics(t *testing.T) {
	for _, tt := range []struct {
		want string
		call func()
	}{
		{"num: SumBy called with a nil function", func() { num.SumBy[int, int](nil, nil) }},
		{"num: SumSeq called with a nil sequence", func() { num.SumSeq[int](nil) }},
		{"num: Merge called with a nil Accumulator", func() { new(num.Accumulator[int]).Merge(nil) }},
	} {
		func() {
			defer func() {
				if got := recover(); got != tt.want {
					t.Errorf("panic = %v; want %v", got, tt.want)
				}
			}()
			tt.call()
		}()
	}
}

func TestSumNamedTypes(t *testing.T) {
	if got, want := num.Sum([]time.Duration{time.Second, time.Millisecond}), 1001*time.Millisecond; got != want {
		t.Errorf("Sum(durations) = %v; want %v", got, want)
	}
	if got, want := num.Sum([]celsius{1.5, 2}), celsius(3.5); got != want {
		t.Errorf("Sum(celsius) = %v; want %v", got, want)
	}
}

func TestSumWrapsAround(t *testing.T) {
	if got, want := num.Sum([]int8{100, 100}), int8(-56); got != want {
		t.Errorf("Sum(int8 100, 100) = %d; want %d", got, want)
	}
}

func TestNothingAllocates(t *testing.T) {
	ints, floats, short := []int{1, 2, 3}, make([]float64, 10_000), make([]float32, 2000)
	var sum num.Accumulator[float64]
	allocs := testing.AllocsPerRun(100, func() {
		num.Sum(floats)
		num.Sum(short)
		num.SumOrdered(floats)
		num.SumBy(floats, func(x float64) float64 { return x })
		num.SumSaturating(ints)
		num.SumWide(ints)
		num.SumWideFloat(short)
		num.SumAccurate(floats)
		num.SumExact(floats)
		num.SumExact(short)
		num.Variance(floats)
		num.Variance(ints)
		sum.Add(1)
		sum.AddSlice(floats)
		sum.Merge(&sum)
		sum.Value()
		num.SumChecked(ints)
		num.Mean(ints)
		num.Mean(floats)
		num.MinMax(floats)
	})
	if allocs != 0 {
		t.Errorf("allocations = %v; want 0", allocs)
	}
}
