package num

import "golang.org/x/exp/constraints"

// Number is satisfied by every integer and floating-point type and by every
// type whose underlying type is one of them.
type Number interface {
	constraints.Integer | constraints.Float
}

// The functions below tell the kinds of T apart by arithmetic, because a type
// switch does not see that the type underlying time.Duration is int64. They cost
// nothing: the compiler makes a copy of a generic function for each underlying
// type, and knows the answers there.

// isFloat reports whether T is a floating-point type.
func isFloat[T Number]() bool {
	one := T(1)
	return one/2 != 0
}

// isSigned reports whether T has negative values.
func isSigned[T Number]() bool {
	var zero T
	return zero-1 < zero
}
