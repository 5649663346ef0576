package num

import "golang.org/x/exp/constraints"

// Number is satisfied by every integer and floating-point type and by every
// type whose underlying type is one of them.
type Number interface {
	constraints.Integer | constraints.Float
}
