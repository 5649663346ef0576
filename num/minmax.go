package num

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
