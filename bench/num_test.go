package bench

import (
	"fmt"
	"testing"

	"github.com/goplinth/plinth/num"
	"github.com/samber/lo"
)

// BenchmarkNumSum adds up a slice. The checked sum has no counterpart in lo;
// it stands beside the unchecked one, which is what its caution costs.
func BenchmarkNumSum(b *testing.B) {
	for _, n := range []int{10, 1000, 1_000_000} {
		floats, ints := make([]float64, n), make([]int64, n)
		for i := range n {
			floats[i], ints[i] = float64(i), int64(i)
		}
		b.Run(fmt.Sprintf("t=float64/n=%d", n), func(b *testing.B) {
			b.Run("impl=plinth", func(b *testing.B) { benchmarkSum(b, floats, num.Sum) })
			b.Run("impl=lo", func(b *testing.B) { benchmarkSum(b, floats, lo.Sum) })
		})
		b.Run(fmt.Sprintf("t=int64/n=%d", n), func(b *testing.B) {
			b.Run("impl=plinth", func(b *testing.B) { benchmarkSum(b, ints, num.Sum) })
			b.Run("impl=lo", func(b *testing.B) { benchmarkSum(b, ints, lo.Sum) })
			b.Run("impl=plinth-checked", func(b *testing.B) {
				for b.Loop() {
					if _, err := num.SumChecked(ints); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func benchmarkSum[T any](b *testing.B, s []T, sum func([]T) T) {
	for b.Loop() {
		sum(s)
	}
}
