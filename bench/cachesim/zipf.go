package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// zipf draws ranks from 0 to n-1, rank k with a probability proportional to
// 1/(k+1)^s. The standard library's Zipf wants s > 1; most caches see less.
type zipf struct {
	cumulative []float64 // weight of each rank and all before it
}

// newZipf takes any exponent s, and n > 0.
func newZipf(s float64, n int) *zipf {
	z := &zipf{cumulative: make([]float64, n)}
	sum := 0.0
	for k := range z.cumulative {
		sum += math.Pow(float64(k+1), -s)
		z.cumulative[k] = sum
	}
	return z
}

// sample inverts the distribution function by binary search: exact for every s,
// where rejection sampling needs a formula for each range of s.
func (z *zipf) sample(rng *rand.Rand) int {
	n := len(z.cumulative)
	k, _ := slices.BinarySearch(z.cumulative, rng.Float64()*z.cumulative[n-1])
	return min(k, n-1) // the product may round up to the sum
}
