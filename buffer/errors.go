package buffer

import "errors"

// ErrTooLarge is returned, wrapped in an error that names the limit, when the
// input is longer than the limit.
var ErrTooLarge = errors.New("input too large")
