package num

import "fmt"

// An Accumulator adds up numbers exactly, as they come: integers in 128 bits,
// floats in an integer of some 2100 bits. Neither the order in which numbers are
// added, nor how they are spread over accumulators that are merged, makes a
// difference to the result.
//
// The zero value is an empty sum, ready for use. A copy is a sum of its own. An
// Accumulator must not be used by several goroutines at the same time unless all
// of them only read it; have each fill its own, and merge those. It has about
// 600 bytes and allocates nothing.
type Accumulator[T Number] struct {
	integer int128
	float   exactFloat
}

// Add adds x, in a few nanoseconds.
func (a *Accumulator[T]) Add(x T) {
	if isFloat[T]() {
		a.float.reserve(1)
		a.float.add(float64(x))
	} else {
		a.integer = a.integer.add(extend(x))
	}
}

// AddSlice adds all elements of s. It is faster than Add for each.
func (a *Accumulator[T]) AddSlice(s []T) {
	if isFloat[T]() {
		addFloats(&a.float, s)
	} else {
		a.integer = a.integer.add(sum128(s))
	}
}

// Merge adds the sum in b, and leaves b as it is. It panics if b is nil.
func (a *Accumulator[T]) Merge(b *Accumulator[T]) {
	if b == nil {
		panic("num: Merge called with a nil Accumulator")
	}
	a.integer = a.integer.add(b.integer)
	a.float.merge(b.float)
}

// Value returns the sum so far, and zero if nothing was added. An integer sum
// that does not fit T wraps around as with [Sum], and a float sum is rounded once,
// as with [SumExact]. It takes a fifth of a microsecond for floats, and more may
// be added afterwards.
func (a *Accumulator[T]) Value() T {
	if isFloat[T]() {
		return round[T](&a.float)
	}
	return T(a.integer.lo)
}

// Checked returns the sum so far. If it does not fit T, Checked returns zero and
// an error that wraps [ErrOverflow]; for floats that is if the sum of finite
// numbers rounds to an infinity.
func (a *Accumulator[T]) Checked() (T, error) {
	sum := a.Value()
	fits := extend(sum) == a.integer
	if isFloat[T]() {
		fits = sum-sum == 0 || a.float.special != 0
	}
	if !fits {
		return 0, fmt.Errorf("num: the accumulated sum does not fit %T; accumulate values of a wider type: %w", sum, ErrOverflow)
	}
	return sum, nil
}
