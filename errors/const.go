package errors

// A Const is an error that can be a constant, so that no importer can assign
// another value to it:
//
//	const ErrGone = errors.Const("store: the record is gone")
//
// Two of them are equal if their texts are, which is how [Is] finds one in an
// error that [Decode] got from another process; put the package's name into the
// text.
type Const string

// Error returns the text.
func (c Const) Error() string { return string(c) }
