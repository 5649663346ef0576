// Package errors is a drop-in superset of the standard library's errors
// package: the standard functions behave exactly as they do there, and Wrap
// adds the place, a message and attributes to an error on its way up.
//
//	user, err := db.Find(ctx, id)
//	if err != nil {
//		return errors.Wrap(err, "find user", slog.Int("id", id))
//	}
//
// Printed with %v, an error is its message. Printed with %+v, it is the tree
// of its causes, one line each, with the function, file and line of every
// Wrap and its attributes. [Attrs] hands the attributes to slog.
//
// # Traces
//
// Every Wrap, Wrapf and With records one program counter, the place it was
// called from. A chain of them is the way the error took back to the caller,
// which is what one wants to know and costs far less than a stack for each
// error. New records nothing, so that package-level sentinels stay cheap.
//
// # Kinds
//
// A [Kind] says what went wrong in the sixteen words that gRPC and HTTP share.
// It is an error itself: wrap one, or attach it to an error with [WithKind],
// and test for it with errors.Is(err, errors.NotFound). [KindOf] and
// [HTTPStatus] turn any error into a Kind or a status code at the edge.
//
// # Nil
//
// Every function that takes an error and returns one returns nil for nil. All
// of them return the error interface, so that a nil stays a nil.
//
// # Concurrency
//
// Errors are immutable; everything here may be used by any number of
// goroutines at once.
package errors
