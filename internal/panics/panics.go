// Package panics turns a panic into an error that keeps the stack of the
// place that panicked.
//
// The packages that run their users' functions on other goroutines export
// [Error] under the name PanicError. It is one type, so errors.As finds a
// panic by either name wherever it came from.
package panics

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
)

// ErrGoexit is the Value of the [Error] that stands for a function that
// ended its goroutine with [runtime.Goexit], as testing.T.FailNow does.
var ErrGoexit = errors.New("runtime.Goexit was called")

// Error is a panic that was recovered on the goroutine it happened on.
type Error struct {
	Value any    // what was passed to panic
	Stack []byte // the panicking goroutine's stack, as debug.Stack prints it
}

// New returns an Error for value with the stack of the calling goroutine. It
// is to be called from the deferred function that recovered value, while the
// frames of the panic are still on the stack.
func New(value any) *Error {
	return &Error{Value: value, Stack: debug.Stack()}
}

// Error returns "panic: " and the value. The stack is left out because
// messages end up in places where one line is expected; %+v prints it.
func (e *Error) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value if that is an error, and nil otherwise.
func (e *Error) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Format prints the message, followed by the stack for %+v.
func (e *Error) Format(s fmt.State, verb rune) {
	text := e.Error()
	switch {
	case verb == 'q':
		text = strconv.Quote(text)
	case verb == 'v' && s.Flag('+'):
		text += "\n" + string(e.Stack)
	}
	s.Write([]byte(text))
}

// Call runs f and hands end what became of it: the error that f returned, or an
// *[Error] if f panicked or called runtime.Goexit. It calls end exactly once.
// After a Goexit it does not return, and end runs while the goroutine is already
// on its way out.
//
// To recover a panic of somebody else's function is a choice with good
// arguments against it. The Go team took it into errgroup (golang/go#53757)
// and took it out again (golang/go#74275):
//
//   - The panic is reported late, when somebody waits, or never.
//   - The program does not crash, so that crash dumps and the tools that watch
//     for them see nothing, and the stacks of the other goroutines are lost.
//   - The panicking function may have left a lock held or data half written,
//     and those who go on meet that: as a deadlock that hides the panic.
//
// This module recovers nevertheless where it runs functions of strangers on its
// own goroutines: nobody above could, so that one bad input would take down
// every other task in flight, and a pool that loses tasks is of no use. It
// answers the first argument by reporting at once, on the goroutine of the
// panic: workerpool calls Options.OnError before the next task starts, or logs
// where nobody listens, and cache hands the panic to the callers that wait. The
// second it answers in part, with the panicking goroutine's stack in the error.
// To the third it has no answer: a program that prefers to crash calls panic in
// OnError, which is not recovered.
func Call(f func() error, end func(error)) {
	var err error
	returned := false
	defer func() {
		if !returned {
			err = New(ErrGoexit)
		}
		end(err)
	}()
	err = Try(f)
	returned = true
}

// Try calls f and returns its error, or an *[Error] if f panics. A
// runtime.Goexit goes through it; [Call] notices that too.
func Try(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = New(v)
		}
	}()
	return f()
}
