package num

import "iter"

const (
	// A shorter slice is added from left to right: setting up the lanes would
	// take longer than it saves.
	laned = 16

	// lanes is the number of independent sums in a block. An addition of floats
	// takes three or four cycles, and a processor can begin two in each; with
	// eight under way it hardly waits, and all eight still fit its registers.
	lanes = 8

	// block is how many elements go through one set of lanes. It is long enough
	// to make the joins cheap and short enough to keep the rounding error small.
	block = 256
)

// Sum returns the sum of s, and zero if s is empty. An integer sum that does
// not fit T wraps around; use [SumChecked] where that must not pass unseen.
//
// Floats are added in the order that the package comment lays down. The error is
// at most some 35 + log2(n/256) roundings of the sum of the magnitudes, where that
// of a loop may be n of them. A partial sum that overflows becomes an
// infinity, as in a loop; [SumAccurate] and [SumExact] have no such trouble.
//
// Within a cache it is five times as fast as a loop for floats, four times for
// integers of 8 bits and twice for those of 64. Beyond that it is bound by the
// memory.
func Sum[T Number](s []T) (sum T) {
	if len(s) >= laned {
		return sumLong(s)
	}
	for _, x := range s {
		sum += x
	}
	return
}

// SumOrdered returns the sum of s, added from left to right, one element after
// the other, as a loop does. Only for floats does that make a difference to
// [Sum], and only to the rounding; it is for results that must not change.
func SumOrdered[T Number](s []T) T {
	var sum T
	for _, x := range s {
		sum += x
	}
	return sum
}

// SumBy returns the sum of f(x) for every x in s, and zero if s is empty. It
// calls f once for each element, in their order, and adds the results in the
// order of [Sum]. It panics if f is nil.
func SumBy[S any, T Number](s []S, f func(S) T) T {
	if f == nil {
		panic("num: SumBy called with a nil function")
	}
	if isFloat[T]() && len(s) >= laned {
		return sumTreeBy(s, f)
	}
	var sum T
	for _, x := range s {
		sum += f(x)
	}
	return sum
}

// SumSeq returns the sum of the values of seq, and zero if there are none. It is
// the sum that [Sum] returns for the same values in a slice, to the last bit. It
// panics if seq is nil, and allocates what it keeps between two values: one
// element, or for floats less than a kilobyte.
func SumSeq[T Number](seq iter.Seq[T]) T {
	if seq == nil {
		panic("num: SumSeq called with a nil sequence")
	}
	if isFloat[T]() {
		var sum streamed[T]
		for x := range seq {
			sum.add(x)
		}
		return sum.value()
	}
	var sum T
	for x := range seq {
		sum += x
	}
	return sum
}

// sumLong is Sum without the short cut for short slices, so that Sum is small
// enough to be inlined.
func sumLong[T Number](s []T) T {
	switch {
	case isFloat[T]():
		if sum, ok := sumVector(s); ok {
			return sum
		}
		return sumTree(s)
	case size[T]() <= 2:
		return T(sumSmall(s)) // the low bits of the exact sum
	default:
		return sumLanes(s)
	}
}
