package num_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/goplinth/plinth/num"
)

func ExampleSum() {
	laps := []time.Duration{61 * time.Second, 59 * time.Second}
	fmt.Println(num.Sum(laps))
	// Output: 2m0s
}

func ExampleSumChecked() {
	_, err := num.SumChecked([]int8{100, 100})
	fmt.Println(errors.Is(err, num.ErrOverflow))

	sum, err := num.SumChecked([]int8{100, 100, -100})
	fmt.Println(sum, err)
	// Output:
	// true
	// 100 <nil>
}

func ExampleMean() {
	fmt.Println(num.Mean([]int{1, 2}))
	// Output: 1.5
}

func ExampleMinMax() {
	lo, hi, ok := num.MinMax([]float64{20.5, 18, 23.5})
	fmt.Println(lo, hi, ok)
	// Output: 18 23.5 true
}

func ExampleSumOrdered() {
	s := []float64{1e16, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	// A loop loses every one; in lanes most of them meet each other first.
	fmt.Printf("%.0f %.0f\n", num.SumOrdered(s), num.Sum(s))
	// Output: 10000000000000000 10000000000000014
}

func ExampleSumBy() {
	words := []string{"sum", "of", "lengths"}
	fmt.Println(num.SumBy(words, func(w string) int { return len(w) }))
	// Output: 12
}

func ExampleSumSeq() {
	stock := map[string]int{"bolts": 40, "nuts": 2}
	fmt.Println(num.SumSeq(maps.Values(stock)))
	// Output: 42
}

func ExampleSumSaturating() {
	fmt.Println(num.SumSaturating([]int8{100, 100}), num.SumSaturating([]int8{100, 100, -100}))
	// Output: 127 100
}

func ExampleSumWide() {
	samples := []int8{100, 100, 100}
	fmt.Println(num.Sum(samples), num.SumWide(samples))
	// Output: 44 300
}

func ExampleSumWideUnsigned() {
	fmt.Println(num.SumWideUnsigned([]byte{250, 250}))
	// Output: 500
}

func ExampleSumWideFloat() {
	s := []float32{1 << 24, 1, 1}
	fmt.Printf("%.0f %.0f\n", num.Sum(s), num.SumWideFloat(s))
	// Output: 16777216 16777218
}

func ExampleSumAccurate() {
	s := []float64{1e16, 1, -1e16}
	fmt.Println(num.Sum(s), num.SumAccurate(s))
	// Output: 0 1
}

func ExampleSumExact() {
	s := []float64{1, 1e50, 1e100, -1e50, -1e100}
	fmt.Println(num.SumAccurate(s), num.SumExact(s))

	// A partial sum may even be too great for a float.
	fmt.Println(num.SumExact([]float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}) == math.MaxFloat64)
	// Output:
	// 0 1
	// true
}

func ExampleSumParallel() {
	s := make([]float64, 1_000_000)
	for i := range s {
		s[i] = 0.1
	}
	// However many goroutines: the same bits.
	fmt.Println(num.SumParallel(s, 4) == num.SumParallel(s, 3), num.SumParallel(s, 0) == num.SumExact(s))
	// Output: true true
}

func ExampleAccumulator() {
	// Each goroutine fills its own, and in the end they are merged.
	var a, b num.Accumulator[float64]
	a.Add(1e100)
	a.Add(1)
	b.AddSlice([]float64{2, -1e100})
	a.Merge(&b)
	fmt.Println(a.Value())
	// Output: 3
}

func ExampleVariance() {
	fmt.Println(num.Variance([]int{2, 4, 4, 4, 5, 5, 7, 9}) == 32.0/7)
	// Output: true
}

func ExampleQuantile() {
	latencies := []time.Duration{30, 10, 40, 20} // a median lies between two
	fmt.Println(num.Quantile(latencies, 0.5), num.Quantile(latencies, 1))
	// Output: 25 40
}
