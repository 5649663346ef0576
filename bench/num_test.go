package bench

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/goplinth/plinth/num"
	"github.com/samber/lo"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// loopSum is what everybody writes first, and what the others are compared with.
func loopSum[T num.Number](s []T) T {
	var sum T
	for _, x := range s {
		sum += x
	}
	return sum
}

// randomSlice returns n values of f.
func randomSlice[T any](n int, f func() T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = f()
	}
	return s
}

// sumCase runs sum on s. All are called through a variable, so that none is
// inlined into the loop of the benchmark where another is not.
func sumCase[T, R any](b *testing.B, impl string, s []T, sum func([]T) R) {
	b.Run("impl="+impl, func(b *testing.B) {
		for b.Loop() {
			sum(s)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(s)), "ns/element")
	})
}

var sumSizes = []int{1000, 1_000_000, 10_000_000}

func BenchmarkNumSum(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range sumSizes {
		b.Run(fmt.Sprintf("t=float64/n=%d", n), func(b *testing.B) {
			s := randomSlice(n, rng.NormFloat64)
			sumCase(b, "plinth", s, num.Sum)
			sumCase(b, "lo", s, lo.Sum)
			sumCase(b, "gonum", s, floats.Sum)
			sumCase(b, "loop", s, loopSum)
		})
		b.Run(fmt.Sprintf("t=float32/n=%d", n), func(b *testing.B) {
			s := randomSlice(n, rng.Float32)
			sumCase(b, "plinth", s, num.Sum)
			sumCase(b, "lo", s, lo.Sum)
			sumCase(b, "loop", s, loopSum)
		})
		b.Run(fmt.Sprintf("t=int64/n=%d", n), func(b *testing.B) {
			s := randomSlice(n, func() int64 { return rng.Int64() >> 30 })
			sumCase(b, "plinth", s, num.Sum)
			sumCase(b, "lo", s, lo.Sum)
			sumCase(b, "loop", s, loopSum)
		})
	}
}

// BenchmarkNumSumWide adds up bytes. That of plinth is the right sum, and that of
// the others whatever is left of it in eight bits.
func BenchmarkNumSumWide(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range sumSizes {
		b.Run(fmt.Sprintf("t=int8/n=%d", n), func(b *testing.B) {
			s := randomSlice(n, func() int8 { return int8(rng.Uint32()) })
			sumCase(b, "plinth", s, num.SumWide)
			sumCase(b, "lo", s, lo.Sum)
			sumCase(b, "loop", s, loopSum)
		})
	}
}

// BenchmarkNumSumChecked has no peers that check: the others show what it costs.
func BenchmarkNumSumChecked(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range sumSizes {
		b.Run(fmt.Sprintf("t=int64/n=%d", n), func(b *testing.B) {
			s := randomSlice(n, func() int64 { return rng.Int64() >> 30 })
			sumCase(b, "plinth", s, func(s []int64) int64 {
				sum, err := num.SumChecked(s)
				if err != nil {
					b.Fatal(err)
				}
				return sum
			})
			sumCase(b, "lo", s, lo.Sum)
			sumCase(b, "loop", s, loopSum)
		})
	}
}

// BenchmarkNumSumExact compares with compensated addition, which is a rounding
// error or more away from the exact sum where that of plinth is not.
func BenchmarkNumSumExact(b *testing.B) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, data := range []struct {
		name string
		next func() float64
	}{
		{"normal", rng.NormFloat64},
		{"uniform", rng.Float64},
		{"one", func() float64 { return 1 + rng.Float64() }}, // one exponent
	} {
		for _, n := range sumSizes {
			b.Run(fmt.Sprintf("data=%s/n=%d", data.name, n), func(b *testing.B) {
				s := randomSlice(n, data.next)
				sumCase(b, "plinth", s, num.SumExact)
				sumCase(b, "plinth-parallel", s, func(s []float64) float64 { return num.SumParallel(s, 0) })
				sumCase(b, "plinth-accurate", s, num.SumAccurate)
				sumCase(b, "gonum", s, floats.SumCompensated)
				sumCase(b, "loop", s, loopSum)
			})
		}
	}
}

// BenchmarkNumSumShort has slices so short that a call counts. Here all are
// called by their names, as in a program, and may be inlined.
func BenchmarkNumSumShort(b *testing.B) {
	for _, n := range []int{1, 4, 8, 15} {
		b.Run(fmt.Sprintf("t=float64/n=%d", n), func(b *testing.B) {
			s := randomSlice(n, rand.Float64)
			shortSums(b, s)
		})
		b.Run(fmt.Sprintf("t=int64/n=%d", n), func(b *testing.B) {
			s := randomSlice(n, rand.Int64)
			shortSums(b, s)
		})
	}
}

func shortSums[T num.Number](b *testing.B, s []T) {
	b.Run("impl=plinth", func(b *testing.B) {
		var sum T
		for b.Loop() {
			sum += num.Sum(s)
		}
	})
	b.Run("impl=lo", func(b *testing.B) {
		var sum T
		for b.Loop() {
			sum += lo.Sum(s)
		}
	})
	b.Run("impl=loop", func(b *testing.B) {
		var sum T
		for b.Loop() {
			sum += loopSum(s)
		}
	})
}

func BenchmarkNumVariance(b *testing.B) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{1000, 1_000_000} {
		b.Run(fmt.Sprintf("t=float64/n=%d", n), func(b *testing.B) {
			s := randomSlice(n, rng.NormFloat64)
			sumCase(b, "plinth", s, num.Variance)
			sumCase(b, "gonum", s, func(s []float64) float64 { return stat.Variance(s, nil) })
		})
	}
}
