package errors

import "iter"

// All returns an iterator over err and every error in its tree, in the order
// in which [Is] and [As] look at them: an error first, then its causes, depth
// first. The sequence is empty if err is nil.
func All(err error) iter.Seq[error] {
	return func(yield func(error) bool) {
		push(err, yield)
	}
}

func push(err error, yield func(error) bool) bool {
	for err != nil {
		if !yield(err) {
			return false
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, cause := range e.Unwrap() {
				if !push(cause, yield) {
					return false
				}
			}
			return true
		default:
			return true
		}
	}
	return true
}
