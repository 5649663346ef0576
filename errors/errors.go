package errors

import "github.com/goplinth/plinth/internal/panics"

// ErrMalformed is returned when [Decode] is given what [Encode] cannot have
// written.
const ErrMalformed = Const("errors: not an encoded error; pass what Encode returned, unchanged")

// PanicError is a panic that [Recover] turned into an error: its Value, and the
// Stack of the goroutine that panicked, as text. Unwrap returns a Value that is
// an error. Other packages of this module export the same type.
type PanicError = panics.Error
