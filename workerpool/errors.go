package workerpool

import (
	"errors"
	"fmt"

	"github.com/goplinth/plinth/internal/panics"
)

// ErrClosed is returned when a task is submitted after Close began. It is also
// the cause of the handlers' context once Close has ended it.
var ErrClosed = errors.New("workerpool: the pool is closed; submit tasks before Close is called")

// ErrFull is returned when TrySubmit, or Submit with Options.OnFull Reject, finds
// no room in the queue. It is also what OnError is told of a task that was dropped
// for that.
var ErrFull = errors.New("workerpool: the queue is full; try again later or wait for room with Submit")

// ErrNested is returned when a handler would have to wait for its own pool: on
// Submit while the queue is full, on Wait, and on Close. For a handler of a
// [Memory] it is returned on Wait and, wrapped, on Publish while that is full.
var ErrNested = errors.New("workerpool: a handler would wait for its own pool; use TrySubmit or Options.OnFull, or call from outside the handler")

// PanicError is a panic of a task: its Value, and the Stack of the goroutine
// that panicked, which %+v prints. Unwrap returns a Value that is an error. For
// a task that called runtime.Goexit, Value is an error that says so.
type PanicError = panics.Error

// DrainError is returned by Close when its context ended before the pool had
// run all that it had accepted.
type DrainError[T any] struct {
	Unrun   []T   // accepted tasks that were not started and never will be, about oldest first
	Running int   // handlers that were still running; their context has ended
	Stuck   []T   // the tasks of those
	Err     error // cause of the end of the context given to Close
}

// Error tells how much was left over, and why. It does not print the tasks.
func (e *DrainError[T]) Error() string {
	return fmt.Sprintf("workerpool: Close left %d tasks unrun and %d running; keep DrainError.Unrun, and call Close again to wait for the running: %v",
		len(e.Unrun), e.Running, e.Err)
}

// Unwrap returns Err.
func (e *DrainError[T]) Unwrap() error { return e.Err }
