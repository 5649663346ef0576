package workerpool

import (
	"context"
	"time"
)

// Info tells a handler about the task that it runs.
type Info struct {
	// ID is the name under which the task was handed in, as by [WithID]. It is
	// empty if the task was given none or its engine knows none.
	ID string

	// Attempt counts from 1. It is 1 for the first run of a task ever, and
	// only for that one: a handler that sees more has to reckon with what an
	// earlier attempt left behind.
	Attempt int

	// EnqueuedAt is when the engine accepted the task; the zero time if it
	// keeps no record of that. It stays the same for all attempts.
	EnqueuedAt time.Time
}

type infoKey struct{}

// TaskInfo returns what is known about the task whose handler was given ctx or
// a context that ctx is derived from. ok is false if that is no task.
func TaskInfo(ctx context.Context) (info Info, ok bool) {
	info, ok = ctx.Value(infoKey{}).(Info)
	return info, ok
}

// WithTaskInfo returns a child of ctx in which [TaskInfo] finds info. It is for
// implementations of [Queue] and other engines, and for tests of handlers that
// look at their Info.
func WithTaskInfo(ctx context.Context, info Info) context.Context {
	return context.WithValue(ctx, infoKey{}, info)
}
