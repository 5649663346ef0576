package buffer

import "errors"

// ErrTooLarge is returned when the input is longer than the limit.
var ErrTooLarge = errors.New("input too large")
