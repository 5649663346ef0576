package workerpool_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/goplinth/plinth/workerpool"
)

var errTask = errors.New("task failed")

// newPool returns a pool or ends the test.
func newPool[T any](t *testing.T, h workerpool.Handler[T], o workerpool.Options) *workerpool.Pool[T] {
	t.Helper()
	p, err := workerpool.New(h, o)
	if err != nil {
		t.Fatalf("New(%+v) = %v", o, err)
	}
	return p
}

func mustSubmit[T any](t *testing.T, p *workerpool.Pool[T], tasks ...T) {
	t.Helper()
	for _, v := range tasks {
		if err := p.Submit(t.Context(), v); err != nil {
			t.Fatalf("Submit(%v) = %v", v, err)
		}
	}
}

func mustClose[T any](t *testing.T, p *workerpool.Pool[T]) {
	t.Helper()
	if err := p.Close(context.Background()); err != nil {
		t.Fatalf("Close() = %v", err)
	}
}

// sleep is a handler that takes as long as its task says, or until ctx ends. It
// makes no timer for no time: the race detector of Go 1.26 crashes when several
// goroutines of a bubble receive from timers that have expired.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestNewReportsAllMistakes(t *testing.T) {
	_, err := workerpool.New[int](nil, workerpool.Options{Workers: -1})
	want := "workerpool: Options.Workers is -1 (int): must be 0 (GOMAXPROCS) or more\n" +
		"workerpool: handler is <nil> (workerpool.Handler[int]): pass New the function that runs a task"
	if err == nil || err.Error() != want {
		t.Errorf("New(nil, Workers: -1) error = %v; want %v", err, want)
	}
}

func TestNewTakesEndlessBounds(t *testing.T) {
	const endless = int(^uint(0) >> 1)
	p := newPool(t, sleep, workerpool.Options{Workers: endless, Queue: endless})
	mustSubmit(t, p, 0, 0)
	mustClose(t, p)
}

func TestSubmitWaitsForRoom(t *testing.T) {
	for _, tt := range []struct {
		o    workerpool.Options
		room int // tasks accepted before Submit waits
	}{
		{workerpool.Options{Workers: 1, Queue: -1}, 1},
		{workerpool.Options{Workers: 1, Queue: 1}, 2},
		{workerpool.Options{Workers: 3, Queue: 2}, 5},
		{workerpool.Options{Workers: 2}, 1026},
		{workerpool.Options{Queue: -7}, runtime.GOMAXPROCS(0)},
	} {
		t.Run(fmt.Sprintf("workers=%d/queue=%d", tt.o.Workers, tt.o.Queue), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPool(t, sleep, tt.o)
				start := time.Now()
				for range tt.room {
					mustSubmit(t, p, time.Second)
				}
				if d := time.Since(start); d != 0 {
					t.Errorf("%d tasks were accepted after %v; want 0s", tt.room, d)
				}
				if err := p.TrySubmit(time.Second); err != workerpool.ErrFull {
					t.Errorf("TrySubmit on a full pool = %v; want ErrFull", err)
				}
				mustSubmit(t, p, time.Second)
				if d := time.Since(start); d != time.Second {
					t.Errorf("a task was accepted by the full pool after %v; want 1s", d)
				}
				mustClose(t, p)
			})
		})
	}
}

func TestSubmitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran atomic.Int32
		p := newPool(t, func(ctx context.Context, d time.Duration) error {
			ran.Add(1)
			return sleep(ctx, d)
		}, workerpool.Options{Workers: 1, Queue: -1})
		mustSubmit(t, p, time.Hour)

		why := errors.New("no patience")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
		defer cancel()
		start := time.Now()
		if err := p.Submit(ctx, 0); err != why || time.Since(start) != time.Second {
			t.Errorf("Submit on a full pool = %v after %v; want %v after 1s", err, time.Since(start), why)
		}
		mustClose(t, p)
		if n := ran.Load(); n != 1 {
			t.Errorf("%d tasks ran; want 1", n)
		}
	})
}

func TestSubmitWithEndedContext(t *testing.T) {
	var ran atomic.Int32
	p := newPool(t, func(context.Context, int) error { ran.Add(1); return nil }, workerpool.Options{})
	why := errors.New("ended before")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := p.Submit(ctx, 1); err != why {
		t.Errorf("Submit(ended ctx) = %v; want %v", err, why)
	}
	mustClose(t, p)
	if err := p.Submit(ctx, 1); err != workerpool.ErrClosed {
		t.Errorf("Submit(ended ctx) on a closed pool = %v; want ErrClosed", err)
	}
	if n := ran.Load(); n != 0 {
		t.Errorf("%d tasks ran; want 0", n)
	}
}

func TestBlockedSubmittersAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []int
		p := newPool(t, func(ctx context.Context, i int) error {
			order = append(order, i) // one worker, so no race
			return sleep(ctx, time.Second)
		}, workerpool.Options{Workers: 1, Queue: 1})
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() { mustSubmit(t, p, i) })
			synctest.Wait()
		}
		if err := p.TrySubmit(99); err != workerpool.ErrFull {
			t.Errorf("TrySubmit past blocked submitters = %v; want ErrFull", err)
		}
		wg.Wait()
		mustClose(t, p)
		if want := []int{0, 1, 2, 3, 4, 5}; !slices.Equal(order, want) {
			t.Errorf("tasks ran in the order %v; want %v", order, want)
		}
	})
}

func TestWorkersAreBoundedAndAllUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		p := newPool(t, func(ctx context.Context, d time.Duration) error {
			n := running.Add(1)
			defer running.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			return sleep(ctx, d)
		}, workerpool.Options{Workers: 3})
		start := time.Now()
		for range 12 {
			mustSubmit(t, p, time.Second)
		}
		mustClose(t, p)
		if n, d := most.Load(), time.Since(start); n != 3 || d != 4*time.Second {
			t.Errorf("12 tasks of 1s on 3 workers: %d at a time, %v in all; want 3 and 4s", n, d)
		}
	})
}

// TestSlowTaskHoldsUpNobody is the head-of-line law: with two workers, one slow
// task leaves the other worker to all tasks behind it.
func TestSlowTaskHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last time.Time
		start := time.Now()
		p := newPool(t, func(ctx context.Context, d time.Duration) error {
			err := sleep(ctx, d)
			if d < time.Hour {
				last = time.Now() // one worker has the slow task, so no race
			}
			return err
		}, workerpool.Options{Workers: 2})
		mustSubmit(t, p, time.Hour)
		for range 100 {
			mustSubmit(t, p, time.Second)
		}
		mustClose(t, p)
		if d := last.Sub(start); d != 100*time.Second {
			t.Errorf("100 tasks of 1s behind a slow one ended after %v; want 1m40s", d)
		}
	})
}

// TestIdleWorkersEnd checks that a worker ends when it has been idle for
// IdleTimeout to twice that. A bubble ends only when all goroutines in it have,
// and no pool here is closed.
func TestIdleWorkersEnd(t *testing.T) {
	for _, timeout := range []time.Duration{0, 2, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			newPool(t, sleep, workerpool.Options{})
			p := newPool(t, sleep, workerpool.Options{Workers: 10, IdleTimeout: timeout})
			timeout := cmp.Or(timeout, time.Second)
			workers := func(want int) {
				t.Helper()
				synctest.Wait()
				if got := p.Stats().Workers; got != want {
					t.Errorf("IdleTimeout %v: Workers = %d; want %d", timeout, got, want)
				}
			}
			for range 10 {
				mustSubmit(t, p, timeout) // all end when the first of them has been idle for no time
			}
			time.Sleep(timeout)
			workers(10)
			for range 5 {
				time.Sleep(timeout / 2)
				mustSubmit(t, p, 0) // this keeps one worker, the latest
				synctest.Wait()
			}
			workers(1)
			if err := p.Wait(t.Context()); err != nil {
				t.Errorf("Wait() = %v; want nil", err)
			}
			time.Sleep(2 * timeout)
			workers(0)
			mustSubmit(t, p, 0)
			workers(1)
			time.Sleep(3 * timeout)
		})
	}
}

// TestIdleWorkersDoNotEndEarly has a worker be idle for less than IdleTimeout
// when others are looked at that have been idle for longer.
func TestIdleWorkersDoNotEndEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, sleep, workerpool.Options{Workers: 2, IdleTimeout: time.Minute})
		start := time.Now()
		mustSubmit(t, p, time.Second, time.Second) // so they are looked at every minute from then on
		for _, tt := range []struct {
			at     time.Duration
			submit bool
			want   int
		}{
			{50 * time.Second, true, 2},
			{62 * time.Second, false, 2},  // one is idle for 12s, and of the other it is not known
			{100 * time.Second, true, 2},  // the same one is used again
			{122 * time.Second, false, 1}, // and idle for 22s
			{182 * time.Second, false, 0},
		} {
			time.Sleep(tt.at - time.Since(start))
			if tt.submit {
				mustSubmit(t, p, 0)
			}
			synctest.Wait()
			if got := p.Stats().Workers; got != tt.want {
				t.Errorf("after %v Workers = %d; want %d", tt.at, got, tt.want)
			}
		}
		mustClose(t, p)
	})
}

// TestFewWorkersForAFlood holds that no second worker is sent for tasks while
// the first is on its way.
func TestFewWorkersForAFlood(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the worker is not to come yet
	p := newPool(t, sleep, workerpool.Options{Workers: 100})
	for range 100 {
		p.TrySubmit(0)
		mustSubmit(t, p, 0)
	}
	// The scheduler may have let it come once.
	if n := p.Stats().Workers; n > 10 {
		t.Errorf("200 tasks have started %d workers, before one has come; want 1 or so", n)
	}
	mustClose(t, p)
}

// TestClosedPoolIsGarbage closes pools whose timers would have had hours to go.
func TestClosedPoolIsGarbage(t *testing.T) {
	for _, o := range []workerpool.Options{{IdleTimeout: time.Hour}, {Rate: 1e-4, Burst: 1}} {
		ran := make(chan bool, 1)
		p := newPool(t, func(context.Context, int) error { ran <- true; return nil }, o)
		mustSubmit(t, p, 1)
		<-ran
		if o.Rate > 0 {
			mustSubmit(t, p, 2)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		p.Close(ctx)
		mustClose(t, p)
		held := weak.Make(p)
		p = nil
		deadline := time.Now().Add(10 * time.Second)
		for runtime.GC(); held.Value() != nil; runtime.GC() { // its goroutines may not be quite gone
			if time.Now().After(deadline) {
				t.Fatalf("%+v: a closed pool is still held", o)
			}
		}
	}
}

func TestNestedSubmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *workerpool.Pool[int]
		var got []error
		p = newPool(t, func(ctx context.Context, depth int) error {
			if depth == 0 {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				got = append(got, p.Submit(ctx, 1), p.Submit(ctx, 1), p.TrySubmit(1), p.Wait(ctx), p.Close(ctx))
			}
			return nil
		}, workerpool.Options{Workers: 1, Queue: 1})
		mustSubmit(t, p, 0)
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("Wait() = %v; want nil", err)
		}
		nested := workerpool.ErrNested
		if want := []error{nil, nested, workerpool.ErrFull, nested, nested}; !slices.Equal(got, want) {
			t.Errorf("Submit, Submit, TrySubmit, Wait, Close in a handler = %v; want %v", got, want)
		}
		mustSubmit(t, p, 1) // the nested Close has closed nothing
		mustClose(t, p)
	})
}

// TestHandlerMayWaitForAnotherPool holds the check for nesting to one pool.
func TestHandlerMayWaitForAnotherPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newPool(t, sleep, workerpool.Options{Workers: 1, Queue: -1})
		var got error
		outer := newPool(t, func(ctx context.Context, d time.Duration) error {
			got = errors.Join(inner.Submit(ctx, d), inner.Submit(ctx, d), inner.Wait(ctx))
			return nil
		}, workerpool.Options{Workers: 1})
		mustSubmit(t, outer, time.Second)
		mustClose(t, outer)
		mustClose(t, inner)
		if got != nil {
			t.Errorf("Submit and Wait on another pool = %v; want nil", got)
		}
	})
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, sleep, workerpool.Options{Workers: 1})
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("Wait on a new pool = %v; want nil", err)
		}
		start := time.Now()
		mustSubmit(t, p, time.Second, 2*time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Wait(ctx); err != context.DeadlineExceeded {
			t.Errorf("Wait with a deadline = %v; want DeadlineExceeded", err)
		}
		if err := p.Wait(t.Context()); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("Wait = %v after %v; want nil after 3s", err, time.Since(start))
		}
		mustSubmit(t, p, time.Second)
		if err := p.Wait(t.Context()); err != nil || time.Since(start) != 4*time.Second {
			t.Errorf("second Wait = %v after %v; want nil after 4s", err, time.Since(start))
		}
		mustClose(t, p)
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("Wait on a closed pool = %v; want nil", err)
		}
	})
}

func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran atomic.Int32
		p := newPool(t, func(ctx context.Context, d time.Duration) error {
			ran.Add(1)
			return sleep(ctx, d)
		}, workerpool.Options{Workers: 1, Queue: 2})
		mustSubmit(t, p, time.Second, time.Second, time.Second)
		refused := make(chan error, 1)
		go func() { refused <- p.Submit(context.Background(), time.Second) }()
		synctest.Wait()

		start := time.Now()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := p.Close(t.Context()); err != nil {
					t.Errorf("Close() = %v; want nil", err)
				}
				if d := time.Since(start); d != 3*time.Second {
					t.Errorf("Close returned after %v; want 3s", d)
				}
			})
		}
		synctest.Wait()
		if err := p.Submit(t.Context(), 0); err != workerpool.ErrClosed {
			t.Errorf("Submit after Close began = %v; want ErrClosed", err)
		}
		if err := p.TrySubmit(0); err != workerpool.ErrClosed {
			t.Errorf("TrySubmit after Close began = %v; want ErrClosed", err)
		}
		if err := <-refused; err != workerpool.ErrClosed || time.Since(start) != 0 {
			t.Errorf("Submit blocked when Close began = %v after %v; want ErrClosed at once", err, time.Since(start))
		}
		wg.Wait()
		if n := ran.Load(); n != 3 {
			t.Errorf("%d tasks ran; want 3", n)
		}
		mustClose(t, p)
	})
}

func TestCloseDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var started []int
		var cause error
		p := newPool(t, func(ctx context.Context, i int) error {
			started = append(started, i)
			<-ctx.Done()
			cause = context.Cause(ctx)
			time.Sleep(time.Minute) // a handler that takes its time to give up
			return nil
		}, workerpool.Options{Workers: 1})
		mustSubmit(t, p, 1, 2, 3)

		why := errors.New("shutdown budget spent")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
		defer cancel()
		start := time.Now()
		err := p.Close(ctx)
		if d := time.Since(start); d != time.Second {
			t.Errorf("Close returned after %v; want 1s", d)
		}
		de, ok := errors.AsType[*workerpool.DrainError[int]](err)
		if !ok {
			t.Fatalf("Close past its deadline = %v (%T); want a *DrainError", err, err)
		}
		if !slices.Equal(de.Unrun, []int{2, 3}) || de.Running != 1 || !errors.Is(err, why) {
			t.Errorf("DrainError = %+v; want Unrun [2 3], Running 1, Err %v", *de, why)
		}
		want := "workerpool: Close left 2 tasks unrun and 1 running; keep DrainError.Unrun, " +
			"and call Close again to wait for the running: shutdown budget spent"
		if err.Error() != want {
			t.Errorf("Error() = %q; want %q", err, want)
		}

		err = p.Close(ctx)
		if de, ok := errors.AsType[*workerpool.DrainError[int]](err); !ok || len(de.Unrun) != 0 || de.Running != 1 {
			t.Errorf("second Close = %v; want a DrainError with one running task only", err)
		}
		if err := p.Close(t.Context()); err != nil || time.Since(start) != 61*time.Second {
			t.Errorf("Close after the deadline = %v after %v; want nil after 1m1s", err, time.Since(start))
		}
		if !slices.Equal(started, []int{1}) || cause != workerpool.ErrClosed {
			t.Errorf("tasks %v were started, ctx ended by %v; want [1], ErrClosed", started, cause)
		}
	})
}

func TestCloseWithEndedContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		idle := newPool(t, sleep, workerpool.Options{})
		if err := idle.Close(ctx); err != nil {
			t.Errorf("Close(ended ctx) of an idle pool = %v; want nil", err)
		}
		busy := newPool(t, sleep, workerpool.Options{Workers: 1})
		mustSubmit(t, busy, time.Hour, time.Hour)
		synctest.Wait()
		start := time.Now()
		err := busy.Close(ctx)
		de, ok := errors.AsType[*workerpool.DrainError[time.Duration]](err)
		if !ok || len(de.Unrun) != 1 || de.Running != 1 || time.Since(start) != 0 {
			t.Errorf("Close(ended ctx) = %v after %v; want 1 unrun and 1 running at once", err, time.Since(start))
		}
	})
}

func TestHandlerContextEndsWithThePool(t *testing.T) {
	var kept context.Context
	p := newPool(t, func(ctx context.Context, _ int) error { kept = ctx; return nil }, workerpool.Options{})
	mustSubmit(t, p, 1)
	if err := p.Wait(t.Context()); err != nil || kept.Err() != nil {
		t.Errorf("after Wait = %v the handler's context is %v; want open", err, kept.Err())
	}
	mustClose(t, p)
	if got := context.Cause(kept); got != workerpool.ErrClosed {
		t.Errorf("after Close the cause of the handler's context is %v; want ErrClosed", got)
	}
}

func explode(v any) { panic(v) }

func TestFailedTasksReachOnError(t *testing.T) {
	type failure struct {
		task int
		err  error
	}
	var got []failure
	p := newPool(t, func(_ context.Context, i int) error {
		switch i {
		case 1:
			return errTask
		case 2:
			explode("boom")
		case 3:
			runtime.Goexit()
		case 4:
			explode(errTask)
		}
		return nil
	}, workerpool.Options{Workers: 1, OnError: func(ctx context.Context, task any, err error) {
		if ctx.Err() != nil {
			t.Errorf("OnError got an ended context: %v", ctx.Err())
		}
		got = append(got, failure{task.(int), err})
	}})
	mustSubmit(t, p, 0, 1, 2, 3, 4, 5)
	mustClose(t, p)

	if len(got) != 4 {
		t.Fatalf("OnError was called with %v; want tasks 1, 2, 3 and 4", got)
	}
	if got[0] != (failure{1, errTask}) {
		t.Errorf("OnError got %v; want {1 %v}", got[0], errTask)
	}
	for i, want := range []struct{ text, frame string }{
		{"panic: boom", "workerpool_test.explode"},
		{"panic: runtime.Goexit was called", "runtime.Goexit"},
		{"panic: task failed", "workerpool_test.explode"},
	} {
		f := got[i+1]
		pe, ok := errors.AsType[*workerpool.PanicError](f.err)
		if !ok || f.task != i+2 || f.err.Error() != want.text {
			t.Errorf("OnError got %d, %v (%T); want %d, %q", f.task, f.err, f.err, i+2, want.text)
			continue
		}
		if !strings.Contains(string(pe.Stack), want.frame) {
			t.Errorf("the stack of task %d does not name %s:\n%s", f.task, want.frame, pe.Stack)
		}
	}
	if !errors.Is(got[3].err, errTask) {
		t.Errorf("Is(%v, errTask) = false; want true", got[3].err)
	}
}

// TestGoexitCostsNoWorker ends every goroutine of the pool several times over,
// in handlers and in OnError.
func TestGoexitCostsNoWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, func(ctx context.Context, d time.Duration) error {
			if err := sleep(ctx, d); err != nil || d > 0 {
				return err
			}
			runtime.Goexit()
			return nil
		}, workerpool.Options{Workers: 2, OnError: func(context.Context, any, error) { runtime.Goexit() }})
		mustSubmit(t, p, make([]time.Duration, 10)...)
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("Wait() = %v; want nil", err)
		}
		start := time.Now()
		mustSubmit(t, p, time.Second, time.Second, time.Second, time.Second)
		mustClose(t, p)
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("4 tasks of 1s took %v on 2 workers; want 2s", d)
		}
	})
}

// TestPanicsWithoutOnErrorAreLogged replaces the default logger, so it is not to
// run in parallel with others.
func TestPanicsWithoutOnErrorAreLogged(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)

	p := newPool(t, func(_ context.Context, v any) error {
		if v != nil {
			explode(v)
		}
		return errTask
	}, workerpool.Options{Workers: 1})
	mustSubmit[any](t, p, nil, "boom", nil)
	mustClose(t, p)
	got := log.String()
	if strings.Count(got, "\n") != 1 {
		t.Errorf("log has these lines; want one, for the panic:\n%s", got)
	}
	for _, part := range []string{"level=ERROR", "task panicked", "panic: boom", "workerpool_test.explode"} {
		if !strings.Contains(got, part) {
			t.Errorf("log lacks %q:\n%s", part, got)
		}
	}
}

// TestPanicInOnErrorCrashes runs itself in a process of its own.
func TestPanicInOnErrorCrashes(t *testing.T) {
	if os.Getenv("WORKERPOOL_TEST_CRASH") != "" {
		p := newPool(t, func(context.Context, int) error { return errTask }, workerpool.Options{
			OnError: func(_ context.Context, _ any, err error) { panic(err) },
		})
		mustSubmit(t, p, 1)
		mustClose(t, p)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatalf("os.Executable() = %v", err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestPanicInOnErrorCrashes$")
	cmd.Env = append(os.Environ(), "WORKERPOOL_TEST_CRASH=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("task failed")) || !bytes.Contains(out, []byte("goroutine ")) {
		t.Errorf("the program ended with %v; want a crash that prints the panic:\n%s", err, out)
	}
}

func TestOnErrorRunsOutsideLocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *workerpool.Pool[int]
		var ran atomic.Int32
		p = newPool(t, func(_ context.Context, i int) error {
			ran.Add(1)
			return errTask
		}, workerpool.Options{Workers: 1, OnError: func(ctx context.Context, task any, _ error) {
			if i := task.(int); i > 0 {
				if err := p.Submit(ctx, i-1); err != nil {
					t.Errorf("Submit in OnError = %v; want nil", err)
				}
			}
		}})
		mustSubmit(t, p, 3)
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("Wait() = %v; want nil", err)
		}
		mustClose(t, p)
		if n := ran.Load(); n != 4 {
			t.Errorf("%d tasks ran; want 4", n)
		}
	})
}

// TestSubmitAnsweredWhileItsContextEnds ends the context of a blocked Submit at
// the moment in which room is made for it. Either may win; the answer is to say
// which.
func TestSubmitAnsweredWhileItsContextEnds(t *testing.T) {
	for range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		var ran atomic.Bool
		p := newPool(t, func(_ context.Context, i int) error {
			if i == 1 {
				<-release
				cancel()
			} else {
				ran.Store(true)
			}
			return nil
		}, workerpool.Options{Workers: 1, Queue: -1})
		mustSubmit(t, p, 1)
		answer := make(chan error)
		go func() { answer <- p.Submit(ctx, 2) }()
		runtime.Gosched()
		close(release)
		err := <-answer
		mustClose(t, p)
		if ran.Load() != (err == nil) {
			t.Fatalf("Submit = %v, and its task ran: %v", err, ran.Load())
		}
	}
}

// TestCloseWhileTheLastTaskEnds ends the context of Close at the moment in which
// the pool becomes idle: a DrainError then has something to tell.
func TestCloseWhileTheLastTaskEnds(t *testing.T) {
	for range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		p := newPool(t, func(context.Context, int) error {
			<-release
			cancel()
			return nil
		}, workerpool.Options{})
		mustSubmit(t, p, 1)
		closed := make(chan error)
		go func() { closed <- p.Close(ctx) }()
		runtime.Gosched()
		close(release)
		err := <-closed
		if de, ok := errors.AsType[*workerpool.DrainError[int]](err); err != nil && (!ok || de.Running != 1) {
			t.Fatalf("Close = %v; want nil or 1 running", err)
		}
		mustClose(t, p)
	}
}

// TestQueueDoesNotGrow holds that a pool whose queue stays short needs memory
// for that queue only, however many tasks pass through it.
func TestQueueDoesNotGrow(t *testing.T) {
	type task [1024]byte
	p := newPool(t, func(context.Context, task) error { return nil }, workerpool.Options{Workers: 1})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const n = 2000
	for range n {
		mustSubmit(t, p, task{}, task{}, task{})
		if err := p.Wait(t.Context()); err != nil {
			t.Fatalf("Wait() = %v", err)
		}
	}
	runtime.ReadMemStats(&after)
	mustClose(t, p)
	// A queue that keeps growing allocates the size of each task at the least;
	// starting the worker and waiting for it cost about a hundred bytes.
	if got := (after.TotalAlloc - before.TotalAlloc) / n; got > 1024 {
		t.Errorf("3 tasks of 1024 bytes allocate %d bytes; want those for Wait only", got)
	}
}

// TestFinishedTasksAreGarbage lets queues of many lengths rise and fall, so that
// no trace of a task may stay in their arrays.
func TestFinishedTasksAreGarbage(t *testing.T) {
	type task struct {
		id int
		_  [64]byte // keeps the task out of the allocator's shared blocks
	}
	synctest.Test(t, func(t *testing.T) {
		step := make(chan struct{})
		p := newPool(t, func(context.Context, *task) error { <-step; return nil }, workerpool.Options{Workers: 1})
		var tasks []weak.Pointer[task]
		for round := range 40 {
			for range 1 + round%9 {
				v := &task{id: len(tasks)}
				tasks = append(tasks, weak.Make(v))
				mustSubmit(t, p, v)
			}
			synctest.Wait()
			for range round % 7 {
				select {
				case step <- struct{}{}:
				default: // nothing is running
				}
				synctest.Wait()
			}
			if round%8 == 7 {
				close(step)
				if err := p.Wait(t.Context()); err != nil {
					t.Fatalf("Wait() = %v", err)
				}
				step = make(chan struct{})
				runtime.GC()
				for i, w := range tasks {
					if w.Value() != nil {
						t.Errorf("round %d: task %d has ended and is still held", round, i)
					}
				}
				tasks = tasks[:0]
			}
		}
		mustClose(t, p)
	})
}
