package num

import (
	"fmt"
	"math/bits"

	"golang.org/x/exp/constraints"
)

// Sum returns the sum of s, and zero if s is empty. An integer sum that does
// not fit T wraps around; use [SumChecked] where that must not pass unseen.
// Floats are added from left to right, each addition rounded to T.
//
// The cost is one dependent addition per element.
func Sum[T Number](s []T) T {
	var sum T
	for _, x := range s {
		sum += x
	}
	return sum
}

// SumChecked returns the sum of s. If the exact sum does not fit T, it
// returns zero and an error that wraps [ErrOverflow]. The order of the
// elements makes no difference: {MaxInt64, 1, -1} is in range.
//
// It keeps an exact 128-bit sum, which no slice is long enough to overflow.
func SumChecked[T constraints.Integer](s []T) (T, error) {
	exact := sumExact(s)
	sum := T(exact.lo)
	if extend(sum) != exact {
		return 0, fmt.Errorf("num: sum of %d values does not fit %T; convert them to a wider type first: %w", len(s), sum, ErrOverflow)
	}
	return sum, nil
}

// int128 is a two's complement 128-bit integer.
type int128 struct {
	hi, lo uint64
}

// extend returns x with its sign extended if T is signed.
func extend[T constraints.Integer](x T) int128 {
	if x < 0 {
		return int128{hi: ^uint64(0), lo: uint64(x)}
	}
	return int128{lo: uint64(x)}
}

func (a int128) add(b int128) int128 {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(a.hi, b.hi, carry)
	return int128{hi, lo}
}

// abs returns the magnitude of a and whether a is negative.
func (a int128) abs() (int128, bool) {
	if a.hi>>63 == 0 {
		return a, false
	}
	lo, borrow := bits.Sub64(0, a.lo, 0)
	hi, _ := bits.Sub64(0, a.hi, borrow)
	return int128{hi, lo}, true
}

func sumExact[T constraints.Integer](s []T) int128 {
	var sum int128
	for _, x := range s {
		sum = sum.add(extend(x))
	}
	return sum
}
