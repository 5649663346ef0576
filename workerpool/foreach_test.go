package workerpool_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// count yields 0, 1, 2, ... and adds one to taken for each.
func count(taken *atomic.Int32) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; ; i++ {
			taken.Add(1)
			if !yield(i) {
				return
			}
		}
	}
}

func TestForEachRunsEveryItemOnce(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 2, 1000} {
		for _, workers := range []int{0, 1, 7} {
			runs := make([]atomic.Int32, max(n, 0))
			err := workerpool.ForEachN(t.Context(), n, func(_ context.Context, i int) error {
				runs[i].Add(1)
				return nil
			}, workerpool.Options{Workers: workers})
			if err != nil {
				t.Errorf("ForEachN(%d) with %d workers = %v; want nil", n, workers, err)
			}
			for i := range runs {
				if got := runs[i].Load(); got != 1 {
					t.Errorf("ForEachN(%d) with %d workers ran item %d %d times", n, workers, i, got)
				}
			}
		}
	}
}

func TestForEachIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		durations := slices.Repeat([]time.Duration{time.Second}, 9)
		err := workerpool.ForEach(t.Context(), slices.Values(durations), sleep, workerpool.Options{Workers: 3})
		if d := time.Since(start); err != nil || d != 3*time.Second {
			t.Errorf("ForEach over 9 tasks of 1s on 3 workers = %v after %v; want nil after 3s", err, d)
		}
	})
}

func TestForEachStopsAtTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken, started atomic.Int32
		var mu sync.Mutex
		var causes []error
		start := time.Now()
		err := workerpool.ForEach(t.Context(), count(&taken), func(ctx context.Context, i int) error {
			started.Add(1)
			if i == 1 {
				time.Sleep(time.Second)
				return errTask
			}
			<-ctx.Done()
			mu.Lock()
			causes = append(causes, context.Cause(ctx))
			mu.Unlock()
			time.Sleep(time.Second) // ForEach is to wait for it
			return errors.New("a later error")
		}, workerpool.Options{Workers: 3})
		if d := time.Since(start); err != errTask || d != 2*time.Second {
			t.Errorf("ForEach = %v after %v; want %v after 2s", err, d, errTask)
		}
		if !slices.Equal(causes, []error{errTask, errTask}) {
			t.Errorf("the other contexts ended with %v; want the first error", causes)
		}
		if started.Load() != 3 || taken.Load() != 4 {
			t.Errorf("%d calls were started of %d items taken; want 3 of 4", started.Load(), taken.Load())
		}
	})
}

func TestForEachAllErrors(t *testing.T) {
	var ran atomic.Int32
	err := workerpool.ForEachN(t.Context(), 6, func(_ context.Context, i int) error {
		ran.Add(1)
		switch i {
		case 1:
			explode("boom")
		case 3:
			runtime.Goexit()
		case 5:
			return errTask
		}
		return nil
	}, workerpool.Options{Workers: 1, AllErrors: true})
	want := "panic: boom\npanic: runtime.Goexit was called\ntask failed"
	if err == nil || err.Error() != want || !errors.Is(err, errTask) || ran.Load() != 6 {
		t.Errorf("ForEach with AllErrors = %v after %d calls; want %v after 6 calls", err, ran.Load(), want)
	}
}

func TestForEachEndsWithItsContext(t *testing.T) {
	for _, all := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			why := errors.New("budget spent")
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
			defer cancel()
			var taken, started atomic.Int32
			err := workerpool.ForEach(ctx, count(&taken), func(ctx context.Context, i int) error {
				started.Add(1)
				<-ctx.Done()
				return nil
			}, workerpool.Options{Workers: 2, AllErrors: all})
			if err != why || started.Load() != 2 {
				t.Errorf("ForEach, AllErrors %v, = %v after %d calls; want %v after 2", all, err, started.Load(), why)
			}
		})
	}
}

func TestForEachWithEndedContext(t *testing.T) {
	why := errors.New("ended before")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	err := workerpool.ForEachN(ctx, 3, func(_ context.Context, i int) error {
		t.Errorf("item %d was started", i)
		return nil
	}, workerpool.Options{})
	if err != why {
		t.Errorf("ForEachN(ended ctx) = %v; want %v", err, why)
	}
}

// TestForEachStartsNothingAfterCancellation lets the last handler before the
// cancellation end at the very moment of it, over and over.
func TestForEachStartsNothingAfterCancellation(t *testing.T) {
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		var late atomic.Int32
		err := workerpool.ForEach(ctx, count(new(atomic.Int32)), func(ctx context.Context, i int) error {
			if ctx.Err() != nil {
				late.Add(1)
			}
			if i == 5 {
				cancel()
			}
			return nil
		}, workerpool.Options{Workers: 1})
		if err != context.Canceled || late.Load() != 0 {
			t.Fatalf("ForEach = %v with %d calls started after cancellation; want Canceled and 0", err, late.Load())
		}
	}
}

func TestForEachReturnsPanics(t *testing.T) {
	for _, tt := range []struct {
		do   func()
		want string
	}{
		{func() { explode("boom") }, "panic: boom"},
		{runtime.Goexit, "panic: runtime.Goexit was called"},
	} {
		err := workerpool.ForEachN(t.Context(), 3, func(_ context.Context, i int) error {
			tt.do()
			return nil
		}, workerpool.Options{})
		pe, ok := errors.AsType[*workerpool.PanicError](err)
		if !ok || err.Error() != tt.want {
			t.Errorf("ForEach = %v; want a *PanicError %q", err, tt.want)
			continue
		}
		if !strings.Contains(string(pe.Stack), "TestForEachReturnsPanics") {
			t.Errorf("the stack does not name the handler:\n%s", pe.Stack)
		}
	}
}

func TestForEachTellsOnError(t *testing.T) {
	var heard []string
	err := workerpool.ForEach(t.Context(), slices.Values([]string{"a", "b", "c"}), func(_ context.Context, s string) error {
		if s == "b" {
			return errTask
		}
		return nil
	}, workerpool.Options{Workers: 1, OnError: func(_ context.Context, task any, err error) {
		heard = append(heard, fmt.Sprint(task, ": ", err))
	}})
	if err != errTask || !slices.Equal(heard, []string{"b: task failed"}) {
		t.Errorf("ForEach = %v, OnError heard %q; want %v and the same for b", err, heard, errTask)
	}
}

func TestForEachLetsPanicOfTheSequenceThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int32
		defer func() {
			if v := recover(); v != "broken input" || ended.Load() != 2 {
				t.Errorf("ForEach panicked with %v when %d calls had ended; want broken input, 2", v, ended.Load())
			}
		}()
		workerpool.ForEach(t.Context(), func(yield func(int) bool) {
			yield(1)
			yield(2)
			synctest.Wait() // both are running
			panic("broken input")
		}, func(ctx context.Context, _ int) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			ended.Add(1)
			return nil
		}, workerpool.Options{Workers: 2})
	})
}

func TestForEachRejectsMisuse(t *testing.T) {
	ctx, in := t.Context(), slices.Values([]int{1})
	h := func(context.Context, int) error { return nil }
	testPanics(t, "workerpool: ForEach called with a nil sequence", func() { workerpool.ForEach(ctx, nil, h, workerpool.Options{}) })
	testPanics(t, "workerpool: ForEach called with a nil handler", func() { workerpool.ForEach(ctx, in, nil, workerpool.Options{}) })
	testPanics(t, "workerpool: ForEachN called with a nil function", func() { workerpool.ForEachN(ctx, 1, nil, workerpool.Options{}) })

	err := workerpool.ForEach(ctx, in, h, workerpool.Options{Workers: -2})
	if want := "workerpool: Options.Workers is -2 (int): must be 0 (GOMAXPROCS) or more"; err == nil || err.Error() != want {
		t.Errorf("ForEach(Workers: -2) = %v; want %v", err, want)
	}
}

func testPanics(t *testing.T, want any, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panic value = %v; want %v", got, want)
		}
	}()
	f()
}
