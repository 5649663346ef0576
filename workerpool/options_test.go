package workerpool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// TestMistakesInOptions gives the same wrong Options to everything that takes
// some. All complain in the same words.
func TestMistakesInOptions(t *testing.T) {
	const (
		workers = "workerpool: Options.Workers is -1 (int): must be 0 (GOMAXPROCS) or more"
		burst   = "workerpool: Options.Burst is -1 (int): must be 0 (a hundredth of Rate) or more"
		caller  = "workerpool: Options.OnFull is CallerRuns (workerpool.Full): must not be used with Rate or Strict, since a caller does not wait until it is the turn of its task"
	)
	for _, tt := range []struct {
		o    workerpool.Options
		want []string
	}{
		{workerpool.Options{Workers: -1}, []string{workers}},
		{workerpool.Options{OnFull: -1}, []string{"workerpool: Options.OnFull is Full(-1) (workerpool.Full): must be Block, Reject, DropOldest, DropNewest or CallerRuns"}},
		{workerpool.Options{OnFull: 5}, []string{"workerpool: Options.OnFull is Full(5) (workerpool.Full): must be Block, Reject, DropOldest, DropNewest or CallerRuns"}},
		{workerpool.Options{OnFull: workerpool.CallerRuns, Strict: true}, []string{caller}},
		{workerpool.Options{OnFull: workerpool.CallerRuns, Rate: 1}, []string{caller}},
		{workerpool.Options{IdleTimeout: -1}, []string{"workerpool: Options.IdleTimeout is -1ns (time.Duration): must be 0 (a second) or more"}},
		{workerpool.Options{TaskTimeout: -time.Second}, []string{"workerpool: Options.TaskTimeout is -1s (time.Duration): must be 0 (none) or more"}},
		{workerpool.Options{Rate: -1}, []string{"workerpool: Options.Rate is -1 (float64): must be 0 (no limit) or more tasks per second"}},
		{workerpool.Options{Rate: math.NaN()}, []string{"workerpool: Options.Rate is NaN (float64): must be 0 (no limit) or more tasks per second"}},
		{workerpool.Options{Rate: math.Inf(1)}, []string{"workerpool: Options.Rate is +Inf (float64): must be 0 (no limit) or more tasks per second"}},
		{workerpool.Options{Burst: -1}, []string{burst}},
		{
			workerpool.Options{Workers: -1, Queue: -1, OnFull: workerpool.DropOldest, IdleTimeout: -1, TaskTimeout: -1, Rate: -1, Burst: -1},
			[]string{
				workers,
				"workerpool: Options.OnFull is DropOldest (workerpool.Full): needs a Queue to drop from",
				"workerpool: Options.IdleTimeout is -1ns (time.Duration): must be 0 (a second) or more",
				"workerpool: Options.TaskTimeout is -1ns (time.Duration): must be 0 (none) or more",
				"workerpool: Options.Rate is -1 (float64): must be 0 (no limit) or more tasks per second",
				burst,
			},
		},
	} {
		h := func(context.Context, int) error { return nil }
		for name, err := range map[string]error{
			"New":      second(workerpool.New(h, tt.o)),
			"ForEach":  workerpool.ForEach(t.Context(), slices.Values([]int{1}), h, tt.o),
			"ForEachN": workerpool.ForEachN(t.Context(), 1, h, tt.o),
			"Map":      lastError(workerpool.Map(t.Context(), slices.Values([]int{1}), double, tt.o)),
		} {
			if err == nil || err.Error() != strings.Join(tt.want, "\n") {
				t.Errorf("%s(%+v) = %v; want %v", name, tt.o, err, strings.Join(tt.want, "\n"))
			}
		}
		_, err := workerpool.NewKeyed(func(i int) int { return i }, h, tt.o)
		if err == nil || !strings.HasPrefix(err.Error(), strings.Join(tt.want, "\n")) {
			t.Errorf("NewKeyed(%+v) = %v; want at least %v", tt.o, err, strings.Join(tt.want, "\n"))
		}
	}
}

func second[T any](_ T, err error) error { return err }

// lastError returns the error of the last pair.
func lastError[R any](seq func(func(R, error) bool)) (last error) {
	seq(func(_ R, err error) bool {
		last = err
		return true
	})
	return last
}

func TestNewKeyedReportsAllMistakes(t *testing.T) {
	_, err := workerpool.NewKeyed[int, int](nil, nil, workerpool.Options{Workers: -1, OnFull: workerpool.DropOldest})
	want := "workerpool: Options.Workers is -1 (int): must be 0 (GOMAXPROCS) or more\n" +
		"workerpool: key is <nil> (func(int) int): pass NewKeyed the function that returns the key of a task\n" +
		"workerpool: handler is <nil> (workerpool.Handler[int]): pass NewKeyed the function that runs a task\n" +
		"workerpool: Options.OnFull is DropOldest (workerpool.Full): is not for a Keyed, whose oldest tasks are not in one queue"
	if err == nil || err.Error() != want {
		t.Errorf("NewKeyed(nil, nil, ...) = %v; want %v", err, want)
	}
}

func TestFullString(t *testing.T) {
	for f, want := range map[workerpool.Full]string{
		workerpool.Block: "Block", workerpool.Reject: "Reject", workerpool.DropOldest: "DropOldest",
		workerpool.DropNewest: "DropNewest", workerpool.CallerRuns: "CallerRuns", -1: "Full(-1)", 5: "Full(5)",
	} {
		if got := f.String(); got != want {
			t.Errorf("Full(%d).String() = %s; want %s", int(f), got, want)
		}
	}
}

func TestTaskTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		start := time.Now()
		p := newPool(t, func(ctx context.Context, i int) error {
			deadline, ok := ctx.Deadline()
			d.note("%d started after %v, deadline after %v %v", i, time.Since(start), deadline.Sub(start), ok)
			if i == 1 {
				return sleep(ctx, time.Second)
			}
			<-ctx.Done()
			time.Sleep(time.Second) // the task goes on until it returns
			return context.Cause(ctx)
		}, workerpool.Options{Workers: 1, TaskTimeout: 2 * time.Second, OnError: func(ctx context.Context, task any, err error) {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Is(%v, DeadlineExceeded) = false; want true", err)
			}
			if ctx.Err() != nil {
				t.Errorf("OnError got an ended context: %v", ctx.Err())
			}
			d.note("%v failed after %v: %v", task, time.Since(start), err)
		}})
		mustSubmit(t, p, 1, 2, 3)
		mustClose(t, p)
		const took = "workerpool: the task took longer than Options.TaskTimeout (2s): context deadline exceeded"
		d.check(t,
			"1 started after 0s, deadline after 2s true",
			"2 started after 1s, deadline after 3s true", "2 failed after 4s: "+took,
			"3 started after 4s, deadline after 6s true", "3 failed after 7s: "+took)
	})
}

// TestTaskTimeoutStartsWithTheTask holds for those that wait for their turn, and
// that a nested submission is recognised by the context with the deadline too.
func TestTaskTimeoutStartsWithTheTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *workerpool.Pool[int]
		var got []error
		p = newPool(t, func(ctx context.Context, i int) error {
			got = append(got, sleep(ctx, time.Second), p.Wait(ctx))
			return nil
		}, workerpool.Options{Workers: 1, TaskTimeout: time.Second + 1})
		mustSubmit(t, p, 1, 2, 3)
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("Wait() = %v; want nil", err)
		}
		mustClose(t, p)
		nested := workerpool.ErrNested
		if want := []error{nil, nested, nil, nested, nil, nested}; !slices.Equal(got, want) {
			t.Errorf("sleeping as long as allowed, and Wait = %v; want %v", got, want)
		}
	})
}

// TestClosePastItsDeadlineEndsTasksWithATimeout holds that the context of a task
// with a timeout is still that of the pool.
func TestClosePastItsDeadlineEndsTasksWithATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		p := newPool(t, func(ctx context.Context, _ int) error {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return nil
		}, workerpool.Options{TaskTimeout: time.Hour})
		mustSubmit(t, p, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Close(ctx); err == nil {
			t.Errorf("Close = nil; want a DrainError")
		}
		mustClose(t, p)
		if cause != workerpool.ErrClosed {
			t.Errorf("the task's context ended with %v; want ErrClosed", cause)
		}
	})
}

// TestStrictStartsInOrder has tasks end one at a time, so that each start can be
// told from the next, on any number of workers.
func TestStrictStartsInOrder(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		synctest.Test(t, func(t *testing.T) {
			const n = 500
			var mu sync.Mutex
			var order []int
			p := newPool(t, func(ctx context.Context, i int) error {
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				// Durations of which no sum of a few is equal to another. Half of
				// the tasks are so short that they would be claimed in batches.
				return sleep(ctx, time.Duration(i%2*i*i*i+1))
			}, workerpool.Options{Workers: workers, Strict: true})
			for i := range n {
				mustSubmit(t, p, i)
				if i < workers {
					synctest.Wait()
				}
			}
			mustClose(t, p)
			for i, task := range order {
				// Two workers may come at the same time, and which of them then
				// is faster to call the handler is the scheduler's to decide.
				if task < i-workers+1 || task > i+workers-1 {
					t.Fatalf("%d workers: task %d was the %d-th to be started; want about the same", workers, task, i)
				}
			}
			if len(order) != n || workers == 1 && !slices.IsSorted(order) {
				t.Errorf("%d workers: %d tasks were started, in the order %v; want %d in order", workers, len(order), order, n)
			}
		})
	}
}

// TestName finds the label of the goroutines of everything that takes Options in
// a goroutine profile, and also after a task has ended its goroutine.
func TestName(t *testing.T) {
	o := workerpool.Options{Workers: 1, OnError: func(context.Context, any, error) {}}
	check := func(ctx context.Context, name string) {
		t.Helper()
		if got, _ := pprof.Label(ctx, "workerpool"); got != name {
			t.Errorf("%s: the context has the label %q; want %q", name, got, name)
		}
		var profile bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
			t.Fatalf("WriteTo = %v", err)
		}
		if want := fmt.Sprintf("%q:%q", "workerpool", name); !strings.Contains(profile.String(), want) {
			t.Errorf("no goroutine has the label %s", want)
		}
	}
	o.Name = "pool"
	p := newPool(t, func(ctx context.Context, i int) error {
		check(ctx, "pool")
		if i == 1 {
			runtime.Goexit()
		}
		return nil
	}, o)
	mustSubmit(t, p, 0, 1, 2)
	if got := p.Stats().Name; got != "pool" {
		t.Errorf("Stats().Name = %q; want pool", got)
	}
	mustClose(t, p)

	o.Name = "for each"
	workerpool.ForEachN(t.Context(), 1, func(ctx context.Context, _ int) error { check(ctx, "for each"); return nil }, o)
	o.Name = "map"
	for range workerpool.Map(t.Context(), numbers(1), func(ctx context.Context, _ int) (int, error) { check(ctx, "map"); return 0, nil }, o) {
	}
}
