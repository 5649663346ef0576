package workerpool

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

// Options bounds a Pool, a ForEach or a Map. The zero value is ready for use.
type Options struct {
	// Workers is the greatest number of tasks that run at the same time. Zero
	// means runtime.GOMAXPROCS(0), which suits tasks that compute; tasks that
	// wait for a network or a disk want more. Workers start on demand.
	Workers int

	// Queue is the number of tasks that may wait for a worker. Zero means 1024,
	// or Workers if that is more, so that a burst of tasks that end finds as
	// many to begin; negative means none: each task goes straight to a worker.
	// For Map and MapUnordered, Workers+Queue items may be on their way at the
	// same time. ForEach and ForEachN have no queue and ignore it.
	Queue int

	// OnFull is what Submit does when the queue is full. Zero means [Block].
	// ForEach and Map take no items while there is no room, and ignore it.
	OnFull Full

	// IdleTimeout is how long a worker that has nothing to do waits for a task
	// before its goroutine ends, which may take up to twice as long. Zero means
	// one second. The workers of ForEach and Map end with the call.
	IdleTimeout time.Duration

	// TaskTimeout, if not zero, is how long a task may take: its context then
	// ends with context.DeadlineExceeded. The task goes on until it returns.
	// It costs each task two allocations and a timer.
	TaskTimeout time.Duration

	// Strict starts the tasks in the order in which they were accepted.
	// Otherwise a worker takes several short tasks at once, which is faster;
	// those that it has not started are there for any worker that is free, and
	// may so be started before or after others that were accepted next to them.
	// What two workers take one after the other, they begin at the same time.
	Strict bool

	// Rate, if not zero, is how many tasks are started per second at most: in t
	// seconds no more than Rate*t+Burst. Tasks that are too early wait in the
	// queue.
	Rate float64

	// Burst is how many tasks may be started at once after a pause. Zero means
	// a hundredth of Rate, but at least one. It is ignored if Rate is zero.
	Burst int

	// AllErrors makes ForEach run every item and return all errors joined,
	// where it otherwise stops at the first. Pool and Map, which go on after
	// an error in any case, ignore it.
	AllErrors bool

	// OnError, if not nil, is called after each task that returned an error or
	// panicked, with the context of that task, the task and the error, and for
	// each task that was dropped because the queue was full, with [ErrFull]. It
	// is called on the task's goroutine, or that of Submit, outside all locks,
	// possibly from several goroutines at once, and the task counts as running
	// until it returns. A panic in it is not recovered.
	//
	// With a nil OnError a Pool drops errors, because a pool has nobody to
	// return them to, and logs panics through slog.Default. ForEach and Map
	// return errors and panics in any case.
	OnError func(ctx context.Context, task any, err error)

	// Name tells pools apart: it is in Stats, and the label "workerpool" of
	// their goroutines in profiles. Empty means no label.
	Name string
}

// Full says what Submit does when the queue is full. TrySubmit returns [ErrFull]
// in any case.
type Full int

const (
	Block      Full = iota // wait for room
	Reject                 // return ErrFull
	DropOldest             // drop the task that has waited longest, and accept
	DropNewest             // drop the task that is submitted, and return nil
	CallerRuns             // run the task before Submit returns, on its goroutine
)

var fullNames = [...]string{"Block", "Reject", "DropOldest", "DropNewest", "CallerRuns"}

// String returns the name of the constant.
func (f Full) String() string {
	if f < 0 || int(f) >= len(fullNames) {
		return fmt.Sprintf("Full(%d)", int(f))
	}
	return fullNames[f]
}

// check returns all mistakes in o.
func (o Options) check() *config.Check {
	c := config.For("workerpool")
	c.Require(o.Workers >= 0, "Options.Workers", o.Workers, "must be 0 (GOMAXPROCS) or more")
	c.Require(Block <= o.OnFull && o.OnFull <= CallerRuns, "Options.OnFull", o.OnFull, "must be Block, Reject, DropOldest, DropNewest or CallerRuns")
	c.Require(o.OnFull != DropOldest || o.Queue >= 0, "Options.OnFull", o.OnFull, "needs a Queue to drop from")
	c.Require(o.OnFull != CallerRuns || o.Rate == 0 && !o.Strict, "Options.OnFull", o.OnFull, "must not be used with Rate or Strict, since a caller does not wait until it is the turn of its task")
	c.Require(o.IdleTimeout >= 0, "Options.IdleTimeout", o.IdleTimeout, "must be 0 (a second) or more")
	c.Require(o.TaskTimeout >= 0, "Options.TaskTimeout", o.TaskTimeout, "must be 0 (none) or more")
	c.Require(o.Rate >= 0 && !math.IsInf(o.Rate, 0), "Options.Rate", o.Rate, "must be 0 (no limit) or more tasks per second")
	c.Require(o.Burst >= 0, "Options.Burst", o.Burst, "must be 0 (a hundredth of Rate) or more")
	return c
}

func (o Options) workers() int { return cmp.Or(o.Workers, runtime.GOMAXPROCS(0)) }

func (o Options) idleTimeout() time.Duration { return cmp.Or(o.IdleTimeout, time.Second) }

func (o Options) queue() int {
	if o.Queue == 0 {
		return max(1024, o.workers())
	}
	return max(0, o.Queue)
}

// report tells OnError about a task that failed.
func (o Options) report(ctx context.Context, task any, err error) {
	if o.OnError != nil {
		o.OnError(ctx, task, err)
	}
}
