package errors

import "errors"

// ErrUnsupported is [errors.ErrUnsupported] of the standard library.
var ErrUnsupported = errors.ErrUnsupported

// New is [errors.New] of the standard library. It records no place, so that
// sentinels in package variables cost nothing more; [Wrap] does on the way up.
// A sentinel that nobody can overwrite is a [Const].
func New(text string) error { return errors.New(text) }

// Is is [errors.Is] of the standard library. Besides sentinels, target may be
// a [Kind] or a [Const].
func Is(err, target error) bool { return errors.Is(err, target) }

// As is [errors.As] of the standard library. Prefer [AsType], which needs no
// variable and cannot panic.
func As(err error, target any) bool { return errors.As(err, target) }

// AsType is [errors.AsType] of the standard library: the first error in err's
// tree that is an E.
func AsType[E error](err error) (E, bool) { return errors.AsType[E](err) }

// Join is [errors.Join] of the standard library. [Append] is the one for loops.
func Join(errs ...error) error { return errors.Join(errs...) }

// Unwrap is [errors.Unwrap] of the standard library: the cause of an error
// that has exactly one, and nil for a joined error.
func Unwrap(err error) error { return errors.Unwrap(err) }
