package num_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/goplinth/plinth/num"
)

// BenchmarkSum has the ways to add up 64-bit numbers; those of other libraries
// are in the module bench.
func BenchmarkSum(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{10, 1000, 1_000_000} {
		floats, ints := make([]float64, n), make([]int64, n)
		for i := range n {
			floats[i], ints[i] = rng.NormFloat64(), rng.Int64()>>30
		}
		for _, bm := range []struct {
			name string
			call func()
		}{
			{"t=float64/f=Sum", func() { num.Sum(floats) }},
			{"t=float64/f=SumOrdered", func() { num.SumOrdered(floats) }},
			{"t=float64/f=SumBy", func() { num.SumBy(floats, func(x float64) float64 { return x }) }},
			{"t=float64/f=SumSeq", func() { num.SumSeq(slices.Values(floats)) }},
			{"t=float64/f=SumAccurate", func() { num.SumAccurate(floats) }},
			{"t=float64/f=SumExact", func() { num.SumExact(floats) }},
			{"t=float64/f=MinMax", func() { num.MinMax(floats) }},
			{"t=float64/f=Variance", func() { num.Variance(floats) }},
			{"t=float64/f=Quantile", func() { num.Quantile(floats, 0.99) }},
			{"t=int64/f=Sum", func() { num.Sum(ints) }},
			{"t=int64/f=SumChecked", func() { num.SumChecked(ints) }},
			{"t=int64/f=Mean", func() { num.Mean(ints) }},
			{"t=int64/f=Variance", func() { num.Variance(ints) }},
		} {
			b.Run(fmt.Sprintf("%s/n=%d", bm.name, n), func(b *testing.B) {
				b.SetBytes(int64(8 * n))
				b.ReportAllocs()
				for b.Loop() {
					bm.call()
				}
			})
		}
	}
}

// BenchmarkAccumulatorAdd adds one number at a time.
func BenchmarkAccumulatorAdd(b *testing.B) {
	b.Run("t=float64", func(b *testing.B) {
		var sum num.Accumulator[float64]
		for b.Loop() {
			sum.Add(1.5)
		}
	})
	b.Run("t=int64", func(b *testing.B) {
		var sum num.Accumulator[int64]
		for b.Loop() {
			sum.Add(15)
		}
	})
}
