package workerpool

import (
	"cmp"
	"context"
	"math"
	"runtime"

	"github.com/goplinth/plinth/internal/config"
)

// Options bounds a Pool, a ForEach or a Map. The zero value is ready for use.
type Options struct {
	// Workers is the greatest number of tasks that run at the same time. Zero
	// means runtime.GOMAXPROCS(0), which suits tasks that compute; tasks that
	// wait for a network or a disk want more.
	Workers int

	// Queue is the number of tasks that may wait for a worker. Zero means
	// 1024; negative means none: each task goes straight to a worker.
	// For Map, Workers+Queue items may be on their way at the same time.
	// ForEach has no queue and ignores it.
	Queue int

	// AllErrors makes ForEach run every item and return all errors joined,
	// where it otherwise stops at the first. Pool and Map, which go on after
	// an error in any case, ignore it.
	AllErrors bool

	// OnError, if not nil, is called after each task that returned an error or
	// panicked, with the context of that task, the task and the error. It is
	// called on the task's goroutine, outside all locks, possibly from several
	// goroutines at once, and the task counts as running until it returns. A
	// panic in it is not recovered.
	//
	// With a nil OnError a Pool drops errors, because a pool has nobody to
	// return them to, and logs panics through slog.Default. ForEach and Map
	// return errors and panics in any case.
	OnError func(ctx context.Context, task any, err error)
}

// check returns all mistakes in o.
func (o Options) check() *config.Check {
	c := config.For("workerpool")
	c.Require(o.Workers >= 0, "Options.Workers", o.Workers, "must be 0 (GOMAXPROCS) or more")
	return c
}

func (o Options) workers() int { return cmp.Or(o.Workers, runtime.GOMAXPROCS(0)) }

// window returns the number of tasks that may be queued and running together,
// kept within int for those who ask for an endless queue.
func (o Options) window() int {
	workers, queue := o.workers(), max(cmp.Or(o.Queue, 1024), 0)
	return workers + min(queue, math.MaxInt-workers)
}

// report tells OnError about a task that failed.
func (o Options) report(ctx context.Context, task any, err error) {
	if o.OnError != nil {
		o.OnError(ctx, task, err)
	}
}
