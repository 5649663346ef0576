package num_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/goplinth/plinth/num"
)

func TestVariance(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	testVariance(t, []int{}, nan)
	testVariance(t, []int{1}, nan)
	testVariance(t, []int{1, 2, 3, 4}, 5.0/3)
	testVariance(t, []int8{-128, 127}, 255*255/2.0)
	testVariance(t, []uint8{0, 255}, 255*255/2.0)
	testVariance(t, []int64{math.MinInt64, math.MaxInt64}, 0x1p127)
	testVariance(t, []int64{math.MinInt64, math.MinInt64}, 0)
	testVariance(t, []uint64{math.MaxUint64, math.MaxUint64 - 2}, 2)
	testVariance(t, []uint64{0, math.MaxUint64}, 0x1p127)
	testVariance(t, []float64{5, 5, 5}, 0)
	testVariance(t, []float64{0.1, 0.1, 0.1}, 0)
	testVariance(t, []float32{1, 2, 3, 4}, 5.0/3)
	testVariance(t, []float64{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}, 30)
	testVariance(t, []float64{1e15, 1e15 + 1}, 0.5)
	testVariance(t, []float64{1, inf}, nan)
	testVariance(t, []float64{1, nan}, nan)
	testVariance(t, []float64{math.MaxFloat64, -math.MaxFloat64}, inf)
	testVariance(t, []float64{0x1p511, -0x1p511, 0x1p511, -0x1p511}, 0x1p1022*4/3)
	testVariance(t, []float64{math.MaxFloat64, math.MaxFloat64}, 0)
}

func testVariance[T num.Number](t *testing.T, in []T, want float64) {
	t.Helper()
	if got := num.Variance(in); !same(got, want) && math.Abs(got-want) > 1e-15*want {
		t.Errorf("Variance(%T%v) = %v; want %v", in, in, got, want)
	}
}

// TestVarianceIsStable takes numbers that are close together and far from zero,
// where the textbook formula has nothing left, and compares with math/big.
func TestVarianceIsStable(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for _, n := range []int{2, 3, 5, 100, 256, 257, 1000, 3000} {
		floats, times, unsigned := make([]float64, n), make([]time.Duration, n), make([]uint64, n)
		for i := range n {
			floats[i] = 1e12 + rng.Float64()
			times[i] = math.MaxInt64 - time.Duration(rng.IntN(1000))
			unsigned[i] = math.MaxUint64 - uint64(rng.IntN(1000))
		}
		checkVariance(t, floats)
		checkVariance(t, times)
		checkVariance(t, unsigned)
	}
}

func checkVariance[T num.Number](t *testing.T, s []T) {
	t.Helper()
	number := func(x T) *big.Float {
		f := new(big.Float).SetPrec(500)
		switch x := any(x).(type) {
		case float64:
			return f.SetFloat64(x)
		case uint64:
			return f.SetUint64(x)
		}
		return f.SetInt64(int64(x))
	}
	n := new(big.Float).SetPrec(500).SetInt64(int64(len(s)))
	mean := new(big.Float).SetPrec(500)
	for _, x := range s {
		mean.Add(mean, number(x))
	}
	mean.Quo(mean, n)
	sum := new(big.Float).SetPrec(500)
	for _, x := range s {
		d := number(x)
		d.Sub(d, mean)
		sum.Add(sum, d.Mul(d, d))
	}
	want, _ := sum.Quo(sum, n.Sub(n, big.NewFloat(1))).Float64()
	if got := num.Variance(s); math.Abs(got-want) > 1e-14*want {
		t.Errorf("Variance(%d elements of %T) = %v; want %v", len(s), s, got, want)
	}
}
