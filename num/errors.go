package num

import "errors"

// ErrOverflow is returned when the exact result does not fit the result type.
var ErrOverflow = errors.New("result out of range")
