package num_test

import (
	"math"
	"slices"
	"testing"

	"github.com/goplinth/plinth/num"
)

func TestMean(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	testMean(t, []int{}, nan)
	testMean(t, []int{1, 2}, 1.5)
	testMean(t, []int8{-128, -128}, -128)
	testMean(t, []int8{100, 100, 100}, 100)
	testMean(t, []int64{math.MaxInt64, math.MaxInt64}, math.MaxInt64)
	testMean(t, []int64{math.MinInt64, math.MinInt64}, math.MinInt64)
	testMean(t, []int64{math.MinInt64, math.MaxInt64}, -0.5)
	testMean(t, []uint64{math.MaxUint64, math.MaxUint64}, math.MaxUint64)
	testMean(t, []float64{}, nan)
	testMean(t, []float64{1, 2, 4.5}, 2.5)
	testMean(t, []float32{math.MaxFloat32, math.MaxFloat32}, math.MaxFloat32)
	testMean(t, []float64{math.MaxFloat64, math.MaxFloat64}, math.MaxFloat64)
	testMean(t, []float64{math.MaxFloat64, math.MaxFloat64, -inf}, -inf)
	for n := 2; n < 200; n++ {
		got := num.Mean(slices.Repeat([]float64{-math.MaxFloat64}, n))
		if got < -math.MaxFloat64 || got > math.Nextafter(-math.MaxFloat64, 0) {
			t.Errorf("Mean(%d times -MaxFloat64) = %v; want -MaxFloat64 or its neighbour", n, got)
		}
	}
	testMean(t, []float64{inf, -inf}, nan)
	testMean(t, []float64{1, nan}, nan)
}

func testMean[T num.Number](t *testing.T, in []T, want float64) {
	t.Helper()
	if got := num.Mean(in); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("Mean(%T%v) = %v; want %v", in, in, got, want)
	}
}

func TestMinMax(t *testing.T) {
	if lo, hi, ok := num.MinMax([]int{3, -1, 2}); lo != -1 || hi != 3 || !ok {
		t.Errorf("MinMax(3, -1, 2) = %v, %v, %v; want -1, 3, true", lo, hi, ok)
	}
	if lo, hi, ok := num.MinMax([]uint8(nil)); lo != 0 || hi != 0 || ok {
		t.Errorf("MinMax(nil) = %v, %v, %v; want 0, 0, false", lo, hi, ok)
	}
	for _, in := range [][]float64{{math.NaN(), 1}, {1, math.NaN(), 2}, {1, math.NaN()}} {
		if lo, hi, ok := num.MinMax(in); !math.IsNaN(lo) || !math.IsNaN(hi) || !ok {
			t.Errorf("MinMax(%v) = %v, %v, %v; want NaN, NaN, true", in, lo, hi, ok)
		}
	}
	lo, hi, _ := num.MinMax([]float64{0, math.Copysign(0, -1)})
	if !math.Signbit(lo) || math.Signbit(hi) {
		t.Errorf("MinMax(0, -0) = %v, %v; want -0, 0", lo, hi)
	}
}
