package errors

import "fmt"

// Errorf is [fmt.Errorf], and the error also carries the place Errorf was
// called from. As there, it wraps the operand of %w, or the operands if there
// are several, and the result is never nil: to add to an error that may be nil,
// use [Wrapf].
//
//go:noinline
func Errorf(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return &formattedMany{err.Error(), many.Unwrap(), returnPC()}
	}
	return &formatted{err.Error(), Unwrap(err), returnPC()}
}

// formatted is an error by Errorf that wraps one error or none.
type formatted struct {
	text  string // with the text of the cause, wherever %w has put it
	cause error  // may be nil
	pc    uintptr
}

func (f *formatted) Error() string                 { return f.text }
func (f *formatted) Unwrap() error                 { return f.cause }
func (f *formatted) StackTrace() []uintptr         { return stackTrace(f) }
func (f *formatted) Format(s fmt.State, verb rune) { format(s, verb, f) }

// formattedMany is an error by Errorf that wraps several.
type formattedMany struct {
	text   string
	causes []error
	pc     uintptr
}

func (f *formattedMany) Error() string                 { return f.text }
func (f *formattedMany) Unwrap() []error               { return f.causes }
func (f *formattedMany) StackTrace() []uintptr         { return stackTrace(f) }
func (f *formattedMany) Format(s fmt.State, verb rune) { format(s, verb, f) }
