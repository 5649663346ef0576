package num

import (
	"math"
	"math/bits"
)

// Mean returns the arithmetic mean of s, and NaN if s is empty.
//
// Integers are added exactly, so that the result is within one unit in the
// last place. A float sum that overflows is taken again with every element
// divided first, so that the mean of finite values is finite.
func Mean[T Number](s []T) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	if isFloat[T]() {
		return meanFloat(s)
	}
	return meanInt(s)
}

// isFloat reports whether T is a floating-point type, whatever its name is.
func isFloat[T Number]() bool {
	one := T(1)
	return one/2 != 0
}

func meanFloat[T Number](s []T) float64 {
	n := float64(len(s))
	sum := 0.0
	for _, x := range s {
		sum += float64(x)
	}
	if !math.IsInf(sum, 0) && !math.IsNaN(sum) {
		return sum / n
	}
	mean := 0.0
	for _, x := range s {
		mean += float64(x) / n
	}
	return mean
}

func meanInt[T Number](s []T) float64 {
	var sum int128
	for _, x := range s {
		if x < 0 {
			sum = sum.add(extend(int64(x)))
		} else {
			sum = sum.add(extend(uint64(x)))
		}
	}
	abs, negative := sum.abs()
	n := uint64(len(s))
	// Div64 cannot panic: the sum of n 64-bit values is below n<<64.
	q, r := bits.Div64(abs.hi, abs.lo, n)
	mean := float64(q) + float64(r)/float64(n)
	if negative {
		mean = -mean
	}
	return mean
}

// MinMax returns the least and the greatest element of s; ok is false if s is
// empty. As with the built-in min and max, a NaN anywhere makes both NaN, and
// negative zero is less than positive zero.
func MinMax[T Number](s []T) (lo, hi T, ok bool) {
	if len(s) == 0 {
		return lo, hi, false
	}
	lo, hi = s[0], s[0]
	for _, x := range s[1:] {
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi, true
}
