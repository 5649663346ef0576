package num_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/goplinth/plinth/num"
)

func TestQuantile(t *testing.T) {
	nan, inf, greatest := math.NaN(), math.Inf(1), math.MaxFloat64
	testQuantile(t, []int{}, 0.5, nan)
	testQuantile(t, []int{7}, 0, 7)
	testQuantile(t, []int{7}, 1, 7)
	testQuantile(t, []int{4, 1, 3, 2}, 0.5, 2.5)
	testQuantile(t, []int{4, 1, 3, 2}, 0, 1)
	testQuantile(t, []int{4, 1, 3, 2}, 1, 4)
	testQuantile(t, []int{4, 1, 3, 2}, 0.25, 1.75)
	testQuantile(t, []int8{-128, 127}, 0.5, -0.5)
	testQuantile(t, []uint64{0, math.MaxUint64}, 0.5, 1<<63)
	testQuantile(t, []float32{1, 2, 3, 4, 5}, 0.75, 4)
	testQuantile(t, []float64{1, 2}, -0.01, nan)
	testQuantile(t, []float64{1, 2}, 1.01, nan)
	testQuantile(t, []float64{1, 2}, nan, nan)
	testQuantile(t, []float64{1, nan, 2}, 0, nan)
	testQuantile(t, []float64{1, nan, 2}, 1, nan)
	testQuantile(t, slices.Repeat([]float64{1, 2, nan}, 30), 0.5, nan)
	testQuantile(t, []float64{-inf, inf, 0}, 0.5, 0)
	testQuantile(t, []float64{-inf, inf}, 0.5, nan)
	testQuantile(t, []float64{inf, inf}, 0.5, inf)
	testQuantile(t, []float64{1, inf}, 0.5, inf)
	testQuantile(t, []float64{-greatest, greatest}, 0.5, 0)
	testQuantile(t, []float64{-greatest, greatest}, 0.75, math.Nextafter(greatest/2, 0))
	testQuantile(t, []float64{math.Copysign(0, -1)}, 0.5, 0)
	testQuantile(t, []float64{math.Copysign(0, -1), math.Copysign(0, -1)}, 0.5, 0)
	testQuantile(t, slices.Repeat([]float64{3}, 1000), 0.3, 3)
}

func testQuantile[T num.Number](t *testing.T, in []T, q, want float64) {
	t.Helper()
	before := slices.Clone(in)
	if got := num.Quantile(in, q); !same(got, want) {
		t.Errorf("Quantile(%T%v, %v) = %v; want %v", in, in, q, got, want)
	}
	for i, x := range before {
		if !same(x, in[i]) {
			t.Errorf("Quantile(%T, %v) changed its input", in, q)
		}
	}
}

// TestQuantileAgreesWithSort selects from orders that are hard on quickselect
// too, among them one in which every median of three is a bad pivot.
func TestQuantileAgreesWithSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for _, n := range []int{2, 12, 13, 14, 100, 1000, 5000} {
		orders := map[string]func(i int) float64{
			"random":    func(int) float64 { return rng.NormFloat64() },
			"few":       func(int) float64 { return float64(rng.IntN(3)) },
			"rising":    func(i int) float64 { return float64(i) },
			"falling":   func(i int) float64 { return float64(-i) },
			"organpipe": func(i int) float64 { return float64(min(i, n-i)) },
			"killer": func(i int) float64 {
				if i%2 == 0 && i < n/2 {
					return float64(i)
				}
				return float64(n/2 + i)
			},
		}
		for name, at := range orders {
			s := make([]float64, n)
			for i := range s {
				s[i] = at(i)
			}
			sorted := slices.Sorted(slices.Values(s))
			previous := math.Inf(-1)
			for i := range 101 {
				q := float64(i) / 100
				position := q * float64(n-1)
				below := int(position)
				want := sorted[below]
				if part := position - float64(below); part > 0 {
					want += float64((sorted[below+1] - want) * part)
				}
				got := num.Quantile(s, q)
				if !same(got, want+0) {
					t.Errorf("Quantile(%d %s, %v) = %v; want %v", n, name, q, got, want)
				}
				if got < previous {
					t.Errorf("Quantile(%d %s, %v) = %v, less than for a smaller q", n, name, q, got)
				}
				previous = got
			}
		}
	}
}
