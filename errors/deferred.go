package errors

import (
	"io"
	"runtime"

	"github.com/goplinth/plinth/internal/panics"
)

// Recover turns a panic into an error. It is to be deferred by a function with
// a named result:
//
//	func handle(r Request) (err error) {
//		defer errors.Recover(&err)
//
// If the function panics, the error is a [*PanicError] of kind Internal, with
// the stack of the panic, which %+v and [Frames] show. What *errp held before
// becomes [Secondary]. If the function does not panic, or ends its goroutine with
// runtime.Goexit, *errp stays as it is.
//
// Recover panics if errp is nil. Where not to use it: around code that may leave
// a lock held or data half written, since those who go on then meet that.
func Recover(errp *error) {
	if errp == nil {
		panic("errors: Recover called with a nil pointer; pass the address of the named result")
	}
	v := recover()
	if v == nil {
		return
	}
	var pcs [maxFrames + panicFrames]uintptr
	n := runtime.Callers(2, pcs[:]) // skips Callers and Recover
	s := newStacked(panics.New(v), fromPanic(pcs[:n]))
	d := &detailed{wrapped{cause: s, pc: s.pc}, detail{kind: Internal}}
	if *errp != nil {
		d.secondary = []error{*errp}
	}
	*errp = d
}

// panicFrames is how many frames of the runtime, and of deferred functions in
// between, may stand above those of the function that panicked.
const panicFrames = 8

// fromPanic cuts off the frames of the runtime between the deferred function and
// the place that panicked.
func fromPanic(pcs []uintptr) []uintptr {
	frames := runtime.CallersFrames(pcs)
	for i, panicking := 0, false; i < len(pcs); i++ {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicking = true
		case panicking && !isRuntime(frame.Function):
			return pcs[i:min(len(pcs), i+maxFrames)]
		}
		if !more {
			break
		}
	}
	return pcs[:min(len(pcs), maxFrames)]
}

// isRuntime reports whether a function is part of package runtime.
func isRuntime(function string) bool {
	const prefix = "runtime."
	return len(function) > len(prefix) && function[:len(prefix)] == prefix
}

// Close closes c and keeps the error if that fails. It is to be deferred by a
// function with a named result, whose error would otherwise be lost:
//
//	func save(path string) (err error) {
//		f, err := os.Create(path)
//		if err != nil {
//			return err
//		}
//		defer errors.Close(&err, f)
//
// An error of Close is added to *errp as [Append] does, with a place in the
// function that deferred Close. A nil c is ignored. Close panics if errp is nil.
//
//go:noinline
func Close(errp *error, c io.Closer) {
	if errp == nil {
		panic("errors: Close called with a nil pointer; pass the address of the named result")
	}
	if c == nil {
		return
	}
	pc := returnPC()
	if err := c.Close(); err != nil {
		*errp = Append(*errp, &wrapped{err, "", pc})
	}
}

// Defer is [Close] for a function, such as a Rollback, a Flush or a Shutdown. It
// panics if errp or f is nil.
//
//go:noinline
func Defer(errp *error, f func() error) {
	if errp == nil {
		panic("errors: Defer called with a nil pointer; pass the address of the named result")
	}
	if f == nil {
		panic("errors: Defer called with a nil function")
	}
	pc := returnPC()
	if err := f(); err != nil {
		*errp = Append(*errp, &wrapped{err, "", pc})
	}
}

// Must returns v if err is nil and panics with err otherwise. It is for package
// variables and tests, where nobody could handle the error:
//
//	var page = errors.Must(template.ParseFS(files, "page.html"))
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
