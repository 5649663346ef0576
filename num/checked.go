package num

import (
	"fmt"

	"golang.org/x/exp/constraints"
)

// SumChecked returns the sum of s. If the exact sum does not fit T, it
// returns zero and an error that wraps [ErrOverflow]. The order of the
// elements makes no difference: {MaxInt64, 1, -1} is in range.
//
// It is about as fast as a loop that checks nothing, or faster.
func SumChecked[T constraints.Integer](s []T) (T, error) {
	exact := sum128(s)
	sum := T(exact.lo)
	if extend(sum) != exact {
		return 0, fmt.Errorf("num: sum of %d values does not fit %T; convert them to a wider type first: %w", len(s), sum, ErrOverflow)
	}
	return sum, nil
}

// SumSaturating returns the sum of s, or the value of T that is nearest to it:
// the greatest if the exact sum is too great for T, and the least if it is too
// small. As with [SumChecked], the order makes no difference.
func SumSaturating[T constraints.Integer](s []T) T {
	exact := sum128(s)
	sum := T(exact.lo)
	if extend(sum) == exact {
		return sum
	}
	least, greatest := limits[T]()
	if exact.hi>>63 == 1 {
		return least
	}
	return greatest
}

// limits returns the least and the greatest value of T.
func limits[T constraints.Integer]() (least, greatest T) {
	if !isSigned[T]() {
		return 0, ^T(0)
	}
	least = T(1) << (8*size[T]() - 1)
	return least, ^least
}
