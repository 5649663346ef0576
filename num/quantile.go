package num

import (
	"math"
	"math/bits"
	"slices"
)

// Quantile returns the q-quantile of s, such as the median for 0.5 and what 99
// of 100 elements do not exceed for 0.99. Between two elements it interpolates
// linearly: it is definition 7 of Hyndman and Fan (Sample quantiles in
// statistical packages, The American Statistician 50, 1996), the default of R and
// NumPy. For 0 and 1 it returns the least and the greatest element.
//
// It returns NaN if s is empty or has a NaN, if q is NaN or not between 0 and 1,
// and between infinities of both signs. The order of s makes no difference; a zero
// is returned as positive zero.
//
// It leaves s as it is and works on a copy, which it allocates, in time
// proportional to the length.
func Quantile[T Number](s []T, q float64) float64 {
	if len(s) == 0 || !(0 <= q && q <= 1) {
		return math.NaN()
	}
	for _, x := range s {
		if x != x {
			return math.NaN()
		}
	}
	s = slices.Clone(s)
	position := q * float64(len(s)-1)
	below := int(position)
	part := position - float64(below)

	selectNth(s, below)
	lo := float64(s[below])
	if part == 0 {
		return lo + 0 // a negative zero becomes positive
	}
	// What is above the element selected is not less.
	return between(lo, float64(slices.Min(s[below+1:])), part)
}

// between returns the number that is part of the way from lo up to hi.
func between(lo, hi, part float64) float64 {
	if lo == hi {
		return lo + 0 // two infinities have no distance
	}
	distance := hi - lo
	if math.IsInf(distance, 0) && !math.IsInf(hi, 0) && !math.IsInf(lo, 0) {
		return float64(lo*(1-part)) + float64(hi*part)
	}
	return min(lo+float64(distance*part), hi) + 0
}

// selectNth reorders s, which has no NaN, so that s[n] is what it would be if s
// were sorted, with nothing greater before it and nothing less after it.
//
// It is Hoare's quickselect (Algorithm 65: Find, CACM 4, 1961) with the median of
// three as the pivot. Input that it makes little headway with is sorted, so that
// no order of s takes it more than n log n.
func selectNth[T Number](s []T, n int) {
	for tries := 2 * bits.Len(uint(len(s))); len(s) > 12 && tries > 0; tries-- {
		pivot := middle(s[0], s[len(s)/2], s[len(s)-1])
		i, j := 0, len(s)-1
		for i <= j {
			for s[i] < pivot {
				i++
			}
			for pivot < s[j] {
				j--
			}
			if i <= j {
				s[i], s[j] = s[j], s[i]
				i++
				j--
			}
		}
		// s[:j+1] <= pivot, s[i:] >= pivot, and what is between is equal to it.
		switch {
		case n <= j:
			s = s[:j+1]
		case n >= i:
			s, n = s[i:], n-i
		default:
			return
		}
	}
	slices.Sort(s)
}

// middle returns the one of three that is neither the least nor the greatest.
func middle[T Number](a, b, c T) T {
	return max(min(a, b), min(max(a, b), c))
}
