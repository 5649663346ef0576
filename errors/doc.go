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
// Wrap and its attributes; [Tree] prints any error so. A logger with a handler
// of [NewHandler] logs the attributes, and [WriteProblem] answers a request
// without a word of all that.
//
// # Choosing
//
//   - [Wrap], [Wrapf], [Errorf]: add a message on the way up.
//   - [With]: add anything else: a kind, a code, a public text, a hint, a retry.
//   - [New], [Const]: sentinels, to be compared with by [Is].
//   - [Join], [Append]: several errors as one, at once or in a loop.
//   - [Close], [Defer], [Recover]: errors of what is deferred, and panics.
//   - [KindOf], [HTTPStatus], [Public], [Problem], [Retryable]: what to do at the edge.
//   - [Encode], [Decode]: to another process and back.
//
// # Traces
//
// Every Wrap, Wrapf, Errorf, With, Close and Defer records one program counter,
// the place it was called from. A chain of them is the way the error took back
// to the caller, which is what one wants to know and costs far less than a stack
// for each error. New records nothing, so that package-level sentinels stay
// cheap. [WithStack] adds a whole stack where that is worth a microsecond, once
// for each chain. [Frames] and the method StackTrace, which reporters such as
// Sentry look for, return what there is, and honour the stacks of other packages.
//
// On amd64 and arm64 the place is read from the frame of the call by two
// instructions. On other architectures, and with the build tag purego, it comes
// from runtime.Callers.
//
// # Kinds
//
// A [Kind] says what went wrong in the sixteen words that gRPC and HTTP share.
// It is an error itself: wrap one, or attach it to an error with [WithKind],
// and test for it with errors.Is(err, errors.NotFound). [KindOf], [HTTPStatus]
// and [GRPCCode] turn any error into a Kind or a number at the edge, those of
// the standard library and of other packages included.
//
// Packages need not import this one to be understood, nor the other way round.
// An error that has a method HTTPStatus() int, Retryable() bool, RetryAfter()
// time.Duration or Timeout() bool is heeded. The errors of With have the first,
// and, if a retry was attached, the next two.
//
// # Secrecy
//
// What a client sees, by [Public], [Problem] and [WriteProblem], is what was
// attached to be seen: the text of [WithPublic], the code of [WithCode], the
// name of the status. No message, attribute, hint or place ever gets there.
// [Secret] hides a value from the log as well.
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
