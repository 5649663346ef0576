package num

import "golang.org/x/exp/constraints"

// SumAccurate returns the sum of floats as if it were computed with twice the
// precision of float64 and rounded in the end: what each addition loses is added
// up on the side. It is about as fast as a loop.
//
// The error is at most one unit in the last place, unless the sum is smaller
// than the sum of the magnitudes by more than a factor of 2^53/n. Where that may
// happen, and where the last bit matters, use [SumExact]. An intermediate sum
// that overflows does no harm: the result is infinite only if the exact sum
// rounds to that, or an element is.
//
// The algorithm is Sum2 of Ogita, Rump and Oishi (Accurate sum and dot product,
// SIAM J. Sci. Comput. 26, 2005), in four lanes.
func SumAccurate[T constraints.Float](s []T) T {
	all := s
	var a, b, c, d, ae, be, ce, de, e float64
	for len(s) >= 4 {
		p := (*[4]T)(s)
		a, e = twoSum(a, float64(p[0]))
		ae += e
		b, e = twoSum(b, float64(p[1]))
		be += e
		c, e = twoSum(c, float64(p[2]))
		ce += e
		d, e = twoSum(d, float64(p[3]))
		de += e
		s = s[4:]
	}
	for _, x := range s {
		a, e = twoSum(a, float64(x))
		ae += e
	}
	for _, lane := range [...]float64{b, c, d} {
		a, e = twoSum(a, lane)
		ae += e
	}
	sum := a + (ae + ((be + ce) + de))
	if sum-sum != 0 { // NaN or infinite, perhaps for an overflow on the way
		return SumExact(all)
	}
	return T(sum)
}

// twoSum returns the rounded sum of a and b, and what the rounding took away,
// which is a float again (Knuth, The Art of Computer Programming, volume 2,
// 4.2.2, theorem B). It has no multiplication that could be fused, and no branch
// to mispredict.
func twoSum(a, b float64) (sum, lost float64) {
	sum = a + b
	z := sum - a
	return sum, (a - (sum - z)) + (b - z)
}
