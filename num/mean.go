package num

import (
	"math"
	"math/bits"
)

// Mean returns the arithmetic mean of s, and NaN if s is empty.
//
// Integers are added exactly, so that the result is within one unit in the
// last place. Floats are added as float64 in the order of [Sum]; where that
// overflows they are added exactly, so that the mean of finite values is finite.
func Mean[T Number](s []T) float64 {
	switch {
	case len(s) == 0:
		return math.NaN()
	case isFloat[T]():
		return meanFloat(s)
	}
	whole, rest, negative := meanInt(s)
	mean := float64(whole) + float64(rest)/float64(len(s))
	if negative {
		mean = -mean
	}
	return mean
}

func meanFloat[T Number](s []T) float64 {
	n := float64(len(s))
	sum := sumWideFloat(s)
	if sum-sum == 0 {
		return sum / n
	}
	var exact exactFloat
	addFloats(&exact, s)
	if exact.special != 0 {
		return round[float64](&exact)
	}
	// This does not overflow: v is rounded down where all n elements are
	// MaxFloat64, unless n is a power of two and nothing is rounded.
	v, exponent, negative := exact.nearest(53)
	mean := math.Ldexp(float64(v)/n, exponent)
	if negative {
		mean = -mean
	}
	return mean
}

// meanInt returns the magnitude of the exact mean as whole + rest/len(s), and
// whether the mean is negative.
func meanInt[T Number](s []T) (whole, rest uint64, negative bool) {
	sum, negative := sum128(s).abs()
	// Div64 cannot panic: the sum of n 64-bit values is below n<<64.
	whole, rest = bits.Div64(sum.hi, sum.lo, uint64(len(s)))
	return whole, rest, negative
}
