package num_test

import (
	"fmt"
	"testing"

	"github.com/goplinth/plinth/num"
)

func BenchmarkSum(b *testing.B) {
	for _, n := range []int{10, 1000, 1_000_000} {
		floats, ints := make([]float64, n), make([]int64, n)
		for i := range n {
			floats[i], ints[i] = float64(i), int64(i)
		}
		b.Run(fmt.Sprintf("t=float64/n=%d", n), func(b *testing.B) {
			b.SetBytes(int64(8 * n))
			for b.Loop() {
				num.Sum(floats)
			}
		})
		b.Run(fmt.Sprintf("t=int64/n=%d", n), func(b *testing.B) {
			b.SetBytes(int64(8 * n))
			for b.Loop() {
				num.Sum(ints)
			}
		})
		b.Run(fmt.Sprintf("t=int64checked/n=%d", n), func(b *testing.B) {
			b.SetBytes(int64(8 * n))
			for b.Loop() {
				num.SumChecked(ints)
			}
		})
	}
}
