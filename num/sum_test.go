package num_test

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/goplinth/plinth/num"
	"golang.org/x/exp/constraints"
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
	} {
		if got := num.Sum(tt.in); got != tt.want && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
			t.Errorf("Sum(%v) = %v; want %v", tt.in, got, tt.want)
		}
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

func TestSumChecked(t *testing.T) {
	testSumChecked(t, []int8{math.MaxInt8, 1, -1}, math.MaxInt8, nil)
	testSumChecked(t, []int8{math.MinInt8, -1}, 0, num.ErrOverflow)
	testSumChecked(t, []int16{math.MinInt16, -1, 1}, math.MinInt16, nil)
	testSumChecked(t, []int32{math.MaxInt32, 1}, 0, num.ErrOverflow)
	testSumChecked(t, []int64{math.MaxInt64, math.MaxInt64, math.MinInt64, math.MinInt64, 2}, 0, nil)
	testSumChecked(t, []int64{math.MaxInt64, 1}, 0, num.ErrOverflow)
	testSumChecked(t, []int{}, 0, nil)
	testSumChecked(t, []uint8{255, 0}, 255, nil)
	testSumChecked(t, []uint8{255, 1}, 0, num.ErrOverflow)
	testSumChecked(t, []uint64{math.MaxUint64, 1}, 0, num.ErrOverflow)
	testSumChecked(t, []uint64{math.MaxUint64}, math.MaxUint64, nil)
	testSumChecked(t, []uintptr{1, 2}, 3, nil)
	testSumChecked(t, []time.Duration{math.MaxInt64, 1}, 0, num.ErrOverflow)
}

func testSumChecked[T constraints.Integer](t *testing.T, in []T, want T, wantErr error) {
	t.Helper()
	if got, err := num.SumChecked(in); got != want || !errors.Is(err, wantErr) {
		t.Errorf("SumChecked(%T%v) = %d, %v; want %d, %v", in, in, got, err, want, wantErr)
	}
}

func TestSumCheckedErrorNamesTypeAndRemedy(t *testing.T) {
	_, err := num.SumChecked([]int8{100, 100})
	want := "num: sum of 2 values does not fit int8; convert them to a wider type first: result out of range"
	if err == nil || err.Error() != want {
		t.Errorf("SumChecked error = %v; want %v", err, want)
	}
}

// TestSumCheckedAgreesWithBig compares random slices of extreme values in
// random order with math/big, for a signed and an unsigned type.
func TestSumCheckedAgreesWithBig(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		signed := make([]int64, rng.IntN(8))
		unsigned := make([]uint64, len(signed))
		for i := range signed {
			signed[i] = int64(rng.Uint64()) >> rng.IntN(64)
			unsigned[i] = rng.Uint64() >> rng.IntN(64)
		}
		checkAgainstBig(t, signed)
		checkAgainstBig(t, unsigned)
	}
}

func checkAgainstBig[T constraints.Integer](t *testing.T, in []T) {
	t.Helper()
	exact := new(big.Int)
	for _, x := range in {
		if x < 0 {
			exact.Add(exact, big.NewInt(int64(x)))
		} else {
			exact.Add(exact, new(big.Int).SetUint64(uint64(x)))
		}
	}
	got, err := num.SumChecked(in)
	var zero T
	fits := exact.IsUint64()
	if zero-1 < zero {
		fits = exact.IsInt64()
	}
	if fits != (err == nil) {
		t.Fatalf("SumChecked(%v) error = %v; the exact sum is %v", in, err, exact)
	}
	if fits && exact.String() != bigString(got) {
		t.Fatalf("SumChecked(%v) = %v; want %v", in, got, exact)
	}
}

func bigString[T constraints.Integer](x T) string {
	if x < 0 {
		return big.NewInt(int64(x)).String()
	}
	return new(big.Int).SetUint64(uint64(x)).String()
}

func FuzzSumChecked(f *testing.F) {
	f.Add(int64(math.MaxInt64), int64(1), int64(-1))
	f.Add(int64(math.MinInt64), int64(math.MinInt64), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, a, b, c int64) {
		in := []int64{a, b, c}
		checkAgainstBig(t, in)
		want, wantErr := num.SumChecked(in)
		slices.Reverse(in)
		if got, err := num.SumChecked(in); got != want || (err == nil) != (wantErr == nil) {
			t.Errorf("SumChecked depends on the order: %v, %v and %v, %v", got, err, want, wantErr)
		}
		checkAgainstBig(t, []uint64{uint64(a), uint64(b), uint64(c)})
	})
}

func TestNothingAllocates(t *testing.T) {
	ints, floats := []int{1, 2, 3}, []float64{1, 2, 3}
	allocs := testing.AllocsPerRun(100, func() {
		num.Sum(floats)
		num.SumChecked(ints)
		num.Mean(ints)
		num.Mean(floats)
		num.MinMax(floats)
	})
	if allocs != 0 {
		t.Errorf("allocations = %v; want 0", allocs)
	}
}
