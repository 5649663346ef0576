package workerpool_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// A diary notes what happens to the tasks of a pool, in order.
type diary struct {
	mu    sync.Mutex // guards lines
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) check(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.lines, want) {
		t.Errorf("what happened:\n%s\nwant:\n%s", strings.Join(d.lines, "\n"), strings.Join(want, "\n"))
	}
	d.lines = nil
}

// checkSorted is check where several things may happen at the same time.
func (d *diary) checkSorted(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	slices.Sort(d.lines)
	d.mu.Unlock()
	d.check(t, want...)
}

// onError is an OnError that knows a dropped task from one that failed.
func (d *diary) onError(_ context.Context, task any, err error) {
	if err == workerpool.ErrFull {
		d.note("%v dropped", task)
	} else {
		d.note("%v failed: %v", task, err)
	}
}

// policies is what is said of each of the overflow policies. One worker runs
// task 0, tasks 1 and 2 wait, and then 3 is submitted.
var policies = []struct {
	onFull workerpool.Full
	err    error
	at     time.Duration // when Submit returns; task 0 takes one second
	during []string      // what has happened by then
	after  []string
	stats  workerpool.Stats
}{
	{
		onFull: workerpool.Block,
		at:     time.Second,
		during: []string{"0 ends", "1 runs"},
		after:  []string{"1 ends", "2 runs", "2 ends", "3 runs", "3 ends"},
		stats:  workerpool.Stats{Accepted: 4, Ended: 4},
	}, {
		onFull: workerpool.Reject,
		err:    workerpool.ErrFull,
		after:  []string{"0 ends", "1 runs", "1 ends", "2 runs", "2 ends"},
		stats:  workerpool.Stats{Accepted: 3, Ended: 3, Rejected: 1},
	}, {
		onFull: workerpool.DropOldest,
		during: []string{"1 dropped"},
		after:  []string{"0 ends", "2 runs", "2 ends", "3 runs", "3 ends"},
		stats:  workerpool.Stats{Accepted: 4, Ended: 3, Dropped: 1},
	}, {
		onFull: workerpool.DropNewest,
		during: []string{"3 dropped"},
		after:  []string{"0 ends", "1 runs", "1 ends", "2 runs", "2 ends"},
		stats:  workerpool.Stats{Accepted: 4, Ended: 3, Dropped: 1},
	}, {
		onFull: workerpool.CallerRuns,
		at:     900 * time.Millisecond,
		during: []string{"3 runs", "3 ends"},
		after:  []string{"0 ends", "1 runs", "1 ends", "2 runs", "2 ends"},
		stats:  workerpool.Stats{Accepted: 4, Ended: 4},
	},
}

func TestOnFull(t *testing.T) {
	for _, tt := range policies {
		t.Run(tt.onFull.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d diary
				p := newPool(t, func(_ context.Context, i int) error {
					d.note("%d runs", i)
					time.Sleep(time.Second - time.Duration(i/3)*100*time.Millisecond)
					d.note("%d ends", i)
					return nil
				}, workerpool.Options{Workers: 1, Queue: 2, OnFull: tt.onFull, OnError: d.onError})
				start := time.Now()
				mustSubmit(t, p, 0, 1, 2)
				synctest.Wait()
				d.check(t, "0 runs")

				err := p.Submit(t.Context(), 3)
				if err != tt.err || time.Since(start) != tt.at {
					t.Errorf("Submit to a full pool = %v after %v; want %v after %v", err, time.Since(start), tt.err, tt.at)
				}
				synctest.Wait()
				d.check(t, tt.during...)
				mustClose(t, p)
				d.check(t, tt.after...)
				if got := p.Stats(); got != tt.stats {
					t.Errorf("Stats() = %+v; want %+v", got, tt.stats)
				}
			})
		})
	}
}

// TestTrySubmitUnderEveryPolicy holds that TrySubmit only ever accepts a task
// for which there is room.
func TestTrySubmitUnderEveryPolicy(t *testing.T) {
	for _, tt := range policies {
		synctest.Test(t, func(t *testing.T) {
			var d diary
			p := newPool(t, func(ctx context.Context, i int) error {
				d.note("%d runs", i)
				return sleep(ctx, time.Second)
			}, workerpool.Options{Workers: 1, Queue: 2, OnFull: tt.onFull, OnError: d.onError})
			for i := range 3 {
				if err := p.TrySubmit(i); err != nil {
					t.Errorf("%v: TrySubmit to a pool with room = %v; want nil", tt.onFull, err)
				}
			}
			for range 2 {
				if err := p.TrySubmit(3); err != workerpool.ErrFull {
					t.Errorf("%v: TrySubmit to a full pool = %v; want ErrFull", tt.onFull, err)
				}
			}
			mustClose(t, p)
			d.check(t, "0 runs", "1 runs", "2 runs")
			want := workerpool.Stats{Accepted: 3, Ended: 3, Rejected: 2}
			if got := p.Stats(); got != want {
				t.Errorf("%v: Stats() = %+v; want %+v", tt.onFull, got, want)
			}
		})
	}
}

// TestNestedSubmitUnderEveryPolicy has a handler submit to its own full pool.
func TestNestedSubmitUnderEveryPolicy(t *testing.T) {
	for onFull, want := range map[workerpool.Full][]string{
		workerpool.Block:      {"submitted: " + workerpool.ErrNested.Error(), "1 runs"},
		workerpool.Reject:     {"submitted: " + workerpool.ErrFull.Error(), "1 runs"},
		workerpool.DropOldest: {"1 dropped", "submitted: <nil>", "2 runs"},
		workerpool.DropNewest: {"2 dropped", "submitted: <nil>", "1 runs"},
		workerpool.CallerRuns: {"2 runs", "submitted: <nil>", "1 runs"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var d diary
			gate := make(chan struct{})
			var p *workerpool.Pool[int]
			p = newPool(t, func(ctx context.Context, i int) error {
				if i > 0 {
					d.note("%d runs", i)
					return nil
				}
				<-gate
				d.note("submitted: %v", p.Submit(ctx, 2))
				return nil
			}, workerpool.Options{Workers: 1, Queue: 1, OnFull: onFull, OnError: d.onError})
			mustSubmit(t, p, 0, 1)
			close(gate)
			if err := p.Wait(t.Context()); err != nil {
				t.Errorf("Wait() = %v; want nil", err)
			}
			mustClose(t, p)
			d.check(t, want...)
		})
	}
}

// TestDropOldestDropsInOrder fills the queue many times over.
func TestDropOldestDropsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		p := newPool(t, func(ctx context.Context, i int) error {
			err := sleep(ctx, time.Second)
			d.note("%d ran", i)
			return err
		}, workerpool.Options{Workers: 2, Queue: 3, OnFull: workerpool.DropOldest, OnError: d.onError})
		mustSubmit(t, p, 0, 1)
		synctest.Wait()
		mustSubmit(t, p, 2, 3, 4, 5, 6, 7, 8)
		d.check(t, "2 dropped", "3 dropped", "4 dropped", "5 dropped")
		// There are more tasks than a smaller pool has room for, and none waits.
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("Wait() = %v; want nil", err)
		}
		mustSubmit(t, p, 9, 10)
		synctest.Wait()
		if err := p.Resize(1); err != nil {
			t.Errorf("Resize(1) = %v; want nil", err)
		}
		mustSubmit(t, p, 11, 12, 13)
		mustClose(t, p)
		d.checkSorted(t, "0 ran", "1 ran", "10 ran", "11 dropped", "12 ran", "13 ran", "6 ran", "7 ran", "8 ran", "9 ran")
	})
}

// TestDropWithoutOnError has nobody to tell.
func TestDropWithoutOnError(t *testing.T) {
	for _, onFull := range []workerpool.Full{workerpool.DropOldest, workerpool.DropNewest} {
		synctest.Test(t, func(t *testing.T) {
			p := newPool(t, sleep, workerpool.Options{Workers: 1, Queue: 1, OnFull: onFull})
			mustSubmit(t, p, time.Second, time.Second, time.Second)
			if got := p.Stats(); got.Dropped != 1 || got.Accepted != 3 {
				t.Errorf("%v: Stats() = %+v; want 3 accepted and 1 dropped", onFull, got)
			}
			mustClose(t, p)
		})
	}
}

// TestDroppingIsTheSubmittersBusiness holds that OnError hears of a dropped task
// on the goroutine of Submit, with no lock held.
func TestDroppingIsTheSubmittersBusiness(t *testing.T) {
	for _, onFull := range []workerpool.Full{workerpool.DropOldest, workerpool.DropNewest} {
		synctest.Test(t, func(t *testing.T) {
			var p *workerpool.Pool[int]
			var stack string
			p = newPool(t, func(ctx context.Context, i int) error { return sleep(ctx, time.Second) },
				workerpool.Options{Workers: 1, Queue: 1, OnFull: onFull, OnError: func(context.Context, any, error) {
					stack = stackOf()
					if err := p.TrySubmit(9); err != workerpool.ErrFull {
						t.Errorf("TrySubmit in OnError = %v; want ErrFull", err)
					}
				}})
			mustSubmit(t, p, 0, 1, 2)
			if !strings.Contains(stack, "TestDroppingIsTheSubmittersBusiness") || !strings.Contains(stack, "Submit(") {
				t.Errorf("%v: OnError was called on another goroutine than that of Submit:\n%s", onFull, stack)
			}
			mustClose(t, p)
		})
	}
}

func stackOf() string {
	buf := make([]byte, 1<<16)
	return string(buf[:runtime.Stack(buf, false)])
}

// TestCallerRunsReportsFailures runs tasks that fail on the goroutine of the
// caller. A Goexit ends that goroutine, as it is bound to.
func TestCallerRunsReportsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		p := newPool(t, func(ctx context.Context, do string) error {
			switch do {
			case "sleep":
				return sleep(ctx, time.Second)
			case "panic":
				explode("boom")
			case "goexit":
				runtime.Goexit()
			}
			return errTask
		}, workerpool.Options{Workers: 1, Queue: -1, OnFull: workerpool.CallerRuns, OnError: func(ctx context.Context, task any, err error) {
			d.onError(ctx, task, err)
			if pe, ok := errors.AsType[*workerpool.PanicError](err); ok && !strings.Contains(string(pe.Stack), "Submit(") {
				t.Errorf("the stack of %v does not name Submit:\n%s", task, pe.Stack)
			}
			if task == "goexit in OnError" {
				runtime.Goexit()
			}
		}})
		mustSubmit(t, p, "sleep")
		for _, do := range []string{"error", "panic", "goexit", "goexit in OnError"} {
			done := make(chan struct{})
			returned := false
			go func() {
				defer close(done)
				if err := p.Submit(context.Background(), do); err != nil {
					t.Errorf("Submit(%s) = %v; want nil", do, err)
				}
				returned = true
			}()
			<-done
			if want := !strings.HasPrefix(do, "goexit"); returned != want {
				t.Errorf("Submit(%s) returned: %v; want %v", do, returned, want)
			}
		}
		d.check(t, "error failed: task failed", "panic failed: panic: boom",
			"goexit failed: panic: runtime.Goexit was called", "goexit in OnError failed: task failed")
		mustClose(t, p)
		want := workerpool.Stats{Accepted: 5, Ended: 5, Failed: 4}
		if got := p.Stats(); got != want {
			t.Errorf("Stats() = %+v; want %+v", got, want)
		}
	})
}

// TestCloseWaitsForCallers closes a pool two of whose tasks callers run.
func TestCloseWaitsForCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, sleep, workerpool.Options{Workers: 1, Queue: -1, OnFull: workerpool.CallerRuns})
		start := time.Now()
		mustSubmit(t, p, time.Second)
		var wg sync.WaitGroup
		for _, d := range []time.Duration{2 * time.Second, 5 * time.Second} {
			wg.Go(func() { mustSubmit(t, p, d) })
		}
		synctest.Wait()
		if s := p.Stats(); s.Running != 3 || s.Workers != 1 {
			t.Errorf("Stats() = %+v; want 3 running, 1 worker", s)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := p.Wait(ctx); err != context.DeadlineExceeded {
			t.Errorf("Wait while a caller runs a task = %v; want DeadlineExceeded", err)
		}
		err := p.Close(ctx)
		de, ok := errors.AsType[*workerpool.DrainError[time.Duration]](err)
		if !ok || !slices.Equal(de.Stuck, []time.Duration{5 * time.Second}) || len(de.Unrun) != 0 {
			t.Errorf("Close while a caller runs a task = %+v; want that task stuck", err)
		}
		mustClose(t, p)
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("the task of the caller ended after %v; want 3s, when its context does", d)
		}
		wg.Wait()
	})
}

// TestCallersTakeNoRoom holds that tasks that callers run leave the workers and
// the queue to others.
func TestCallersTakeNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, sleep, workerpool.Options{Workers: 1, Queue: 1, OnFull: workerpool.CallerRuns})
		mustSubmit(t, p, time.Second, time.Second)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { mustSubmit(t, p, time.Hour) })
		}
		time.Sleep(time.Minute) // the worker is idle
		for range 2 {
			if err := p.TrySubmit(time.Second); err != nil {
				t.Errorf("TrySubmit while callers run tasks and the worker is idle = %v; want nil", err)
			}
		}
		if err := p.TrySubmit(time.Second); err != workerpool.ErrFull {
			t.Errorf("TrySubmit to a full pool = %v; want ErrFull", err)
		}
		wg.Wait()
		mustClose(t, p)
	})
}
