package workerpool_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// says is an error with an opinion on retries, as other packages have them.
type says bool

func (s says) Error() string   { return fmt.Sprintf("retryable: %t", bool(s)) }
func (s says) Retryable() bool { return bool(s) }

// asks is an error with a hint and no opinion.
type asks time.Duration

func (a asks) Error() string             { return "busy" }
func (a asks) RetryAfter() time.Duration { return time.Duration(a) }

// attempts is a handler that returns one error after the other and records the
// numbers of its attempts and when they began.
type attempts struct {
	errs    []error
	numbers []int
	starts  []time.Duration
	began   time.Time
}

func (a *attempts) handle(ctx context.Context, _ string) error {
	if a.began.IsZero() {
		a.began = time.Now()
	}
	info, _ := workerpool.TaskInfo(ctx)
	a.numbers = append(a.numbers, info.Attempt)
	a.starts = append(a.starts, time.Since(a.began))
	if n := len(a.numbers); n <= len(a.errs) {
		return a.errs[n-1]
	}
	return nil
}

func TestRetry(t *testing.T) {
	busy := errors.New("busy")
	permanent := workerpool.Permanent(busy)
	later := workerpool.RetryAfter(time.Minute, busy)
	for _, tt := range []struct {
		name     string
		policy   workerpool.RetryPolicy
		errs     []error
		attempts int
		want     error
	}{
		{"success", workerpool.RetryPolicy{}, nil, 1, nil},
		{"success in the end", workerpool.RetryPolicy{}, []error{busy, io.EOF}, 3, nil},
		{"3 attempts by default", workerpool.RetryPolicy{}, []error{busy, busy, io.EOF, busy}, 3, io.EOF},
		{"as many as the policy says", workerpool.RetryPolicy{Attempts: 2}, []error{busy, io.EOF, busy}, 2, io.EOF},
		{"one means no retries", workerpool.RetryPolicy{Attempts: 1}, []error{busy}, 1, busy},
		{"permanent", workerpool.RetryPolicy{}, []error{permanent}, 1, permanent},
		{"wrapped permanent", workerpool.RetryPolicy{}, []error{busy, fmt.Errorf("x: %w", permanent)}, 2, busy},
		{"says no", workerpool.RetryPolicy{}, []error{says(false)}, 1, says(false)},
		{"says yes", workerpool.RetryPolicy{}, []error{says(true)}, 2, nil},
		{"retry after", workerpool.RetryPolicy{}, []error{later}, 2, nil},
		{"retry after, no more often than others", workerpool.RetryPolicy{Attempts: 2}, []error{later, later}, 2, later},
		{"the outer of two is permanent", workerpool.RetryPolicy{}, []error{workerpool.Permanent(later)}, 1, busy},
		{"the outer of two is not", workerpool.RetryPolicy{}, []error{workerpool.RetryAfter(0, permanent)}, 2, nil},
		{"Retryable says no", workerpool.RetryPolicy{Retryable: func(err error) bool { return err != io.EOF }}, []error{busy, io.EOF}, 2, io.EOF},
		{"Retryable is not asked about what is permanent", workerpool.RetryPolicy{Retryable: func(error) bool { return true }}, []error{permanent}, 1, permanent},
		{"Retryable is not asked about what says when", workerpool.RetryPolicy{Retryable: func(error) bool { return false }}, []error{later}, 2, nil},
		{"a context of the handler's own", workerpool.RetryPolicy{}, []error{context.DeadlineExceeded, context.Canceled}, 3, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &attempts{errs: tt.errs}
				err := workerpool.Retry[string](tt.policy)(a.handle)(t.Context(), "task")
				if !errors.Is(err, tt.want) {
					t.Errorf("Retry = %v; want %v", err, tt.want)
				}
				want := []int{1, 2, 3}[:tt.attempts]
				if !slices.Equal(a.numbers, want) {
					t.Errorf("attempts were numbered %v; want %v", a.numbers, want)
				}
			})
		})
	}
}

// TestRetryWaits looks at the bounds of the waits, over many tries because the
// waits are random.
func TestRetryWaits(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name        string
		policy      workerpool.RetryPolicy
		err         error
		least, most []time.Duration // of the first waits
	}{
		{"doubling", workerpool.RetryPolicy{Attempts: 5, BaseDelay: 10 * ms, MaxDelay: 30 * ms}, errTask,
			[]time.Duration{0, 0, 0, 0}, []time.Duration{10 * ms, 20 * ms, 30 * ms, 30 * ms}},
		{"default", workerpool.RetryPolicy{Attempts: 9}, errTask,
			make([]time.Duration, 8), []time.Duration{50 * ms, 100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 5000 * ms}},
		{"long base", workerpool.RetryPolicy{Attempts: 2, BaseDelay: time.Hour}, errTask,
			[]time.Duration{0}, []time.Duration{time.Hour}},
		{"short limit", workerpool.RetryPolicy{Attempts: 2, MaxDelay: ms}, errTask,
			[]time.Duration{0}, []time.Duration{ms}},
		{"hint", workerpool.RetryPolicy{Attempts: 2, BaseDelay: ms, MaxDelay: ms}, workerpool.RetryAfter(time.Hour, errTask),
			[]time.Duration{time.Hour}, []time.Duration{time.Hour + ms}},
		{"hint of another package", workerpool.RetryPolicy{Attempts: 2, BaseDelay: ms}, fmt.Errorf("x: %w", asks(time.Hour)),
			[]time.Duration{time.Hour}, []time.Duration{time.Hour + ms}},
		{"hint below zero", workerpool.RetryPolicy{Attempts: 2, BaseDelay: ms}, asks(-time.Hour),
			[]time.Duration{0}, []time.Duration{ms}},
		{"endless hint", workerpool.RetryPolicy{Attempts: 2}, asks(math.MaxInt64),
			[]time.Duration{math.MaxInt64 - 1}, []time.Duration{math.MaxInt64}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				longest := make([]time.Duration, len(tt.most))
				for range 200 {
					var announced []time.Duration
					p := tt.policy
					p.OnRetry = func(_ context.Context, _ error, wait time.Duration) { announced = append(announced, wait) }
					a := &attempts{errs: slices.Repeat([]error{tt.err}, p.Attempts)}
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					time.AfterFunc(10000*time.Hour, cancel) // endless is longer than the fake clock can go
					workerpool.Retry[string](p)(a.handle)(ctx, "task")
					for i, wait := range announced {
						if wait < tt.least[i] || wait > tt.most[i] {
							t.Fatalf("wait %d = %v; want from %v to %v", i, wait, tt.least[i], tt.most[i])
						}
						longest[i] = max(longest[i], wait)
					}
					for i := range a.starts[1:] {
						if got := a.starts[i+1] - a.starts[i]; got != announced[i] {
							t.Fatalf("attempt %d began %v after the one before; want %v, as OnRetry was told", i+2, got, announced[i])
						}
					}
				}
				for i, d := range longest {
					if tt.least[i] == 0 && d < tt.most[i]/2 {
						t.Errorf("of 200, the longest wait %d = %v; want a full jitter up to %v", i, d, tt.most[i])
					}
				}
			})
		})
	}
}

func TestRetryTellsOnRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		p := workerpool.RetryPolicy{OnRetry: func(ctx context.Context, err error, _ time.Duration) {
			info, _ := workerpool.TaskInfo(ctx)
			got = append(got, fmt.Sprint(info.ID, info.Attempt, " ", err))
		}}
		a := &attempts{errs: []error{errTask, io.EOF, errTask}}
		ctx := workerpool.WithTaskInfo(t.Context(), workerpool.Info{ID: "id", Attempt: 1})
		workerpool.Retry[string](p)(a.handle)(ctx, "task")
		if want := []string{"id1 task failed", "id2 EOF"}; !slices.Equal(got, want) {
			t.Errorf("OnRetry was told %q; want %q", got, want)
		}
	})
}

func TestRetryGoesOnFromTheAttemptOfItsEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		info := workerpool.Info{ID: "id", Attempt: 4, EnqueuedAt: time.Now()}
		var got []workerpool.Info
		h := workerpool.Retry[string](workerpool.RetryPolicy{})(func(ctx context.Context, _ string) error {
			info, _ := workerpool.TaskInfo(ctx)
			got = append(got, info)
			return errTask
		})
		h(workerpool.WithTaskInfo(t.Context(), info), "task")
		want := []workerpool.Info{info, info, info}
		want[1].Attempt, want[2].Attempt = 5, 6
		if !slices.Equal(got, want) {
			t.Errorf("attempts saw %+v; want %+v", got, want)
		}
	})
}

func TestRetryEndsWithItsContext(t *testing.T) {
	why := errors.New("given up")
	for _, tt := range []struct {
		name   string
		policy workerpool.RetryPolicy
		err    error
		after  time.Duration // the first attempt takes 1s
		wants  []error
		time   time.Duration
	}{
		{"before", workerpool.RetryPolicy{}, errTask, 0, []error{why}, 0},
		{"during an attempt", workerpool.RetryPolicy{}, errTask, time.Second / 2, []error{why, errTask}, time.Second},
		{"during an attempt that answers to that", workerpool.RetryPolicy{}, fmt.Errorf("x: %w", why), time.Second / 2, []error{why}, time.Second},
		{"during the last attempt", workerpool.RetryPolicy{Attempts: 1}, errTask, time.Second / 2, []error{errTask}, time.Second},
		{"while it waits", workerpool.RetryPolicy{}, workerpool.RetryAfter(time.Hour, errTask), time.Minute, []error{why, errTask}, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				if tt.after == 0 {
					cancel(why)
				} else {
					time.AfterFunc(tt.after, func() { cancel(why) })
				}
				start, calls := time.Now(), 0
				p := tt.policy
				p.OnRetry = func(context.Context, error, time.Duration) {
					if ctx.Err() != nil {
						t.Error("OnRetry was called although the context had ended")
					}
				}
				err := workerpool.Retry[string](p)(func(context.Context, string) error {
					calls++
					time.Sleep(time.Second)
					return tt.err
				})(ctx, "task")
				for _, want := range tt.wants {
					if !errors.Is(err, want) {
						t.Errorf("Retry = %v; want an error that is %v", err, want)
					}
				}
				if d := time.Since(start); d != tt.time || calls > 1 || calls == 0 && tt.after > 0 {
					t.Errorf("Retry returned after %v and %d attempts; want %v and one", d, calls, tt.time)
				}
				if errors.Is(tt.err, why) && err != tt.err {
					t.Errorf("Retry = %v; want the error of the attempt as it is", err)
				}
			})
		})
	}
}

// TestRetryPastItsDeadline has the deadline pass during an attempt.
func TestRetryPastItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := workerpool.Retry[string](workerpool.RetryPolicy{})(func(context.Context, string) error {
			time.Sleep(time.Minute)
			return errTask
		})(ctx, "task")
		if !errors.Is(err, errTask) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Retry = %v; want an error that is both %v and %v", err, errTask, context.DeadlineExceeded)
		}
	})
}

// TestRetryDoesNotWaitPastTheDeadline has the ctx end before the next attempt
// could begin.
func TestRetryDoesNotWaitPastTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, after := range []time.Duration{time.Minute, time.Hour, math.MaxInt64} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			busy := workerpool.RetryAfter(after, errTask)
			a := &attempts{errs: []error{busy, busy, busy}}
			told := false
			p := workerpool.RetryPolicy{OnRetry: func(context.Context, error, time.Duration) { told = true }}
			start := time.Now()
			err := workerpool.Retry[string](p)(a.handle)(ctx, "task")
			if d := time.Since(start); err != busy || d != 0 || told {
				t.Errorf("Retry under a deadline in 1m, told to retry after %v = %v after %v, OnRetry called: %t; want %v at once, and false", after, err, d, told, busy)
			}
			cancel()
		}
	})
}

func TestRetryLetsPanicsThrough(t *testing.T) {
	calls := 0
	h := workerpool.Retry[string](workerpool.RetryPolicy{})(func(_ context.Context, how string) error {
		calls++
		if how == "panic" {
			panic(errTask)
		}
		runtime.Goexit()
		return nil
	})
	func() {
		defer func() {
			if v := recover(); v != errTask || calls != 1 {
				t.Errorf("Retry of a panicking handler panicked with %v after %d calls; want %v and 1", v, calls, errTask)
			}
		}()
		h(t.Context(), "panic")
	}()

	returned, done := false, make(chan struct{})
	go func() {
		defer close(done)
		h(t.Context(), "Goexit")
		returned = true
	}()
	<-done
	if returned || calls != 2 {
		t.Errorf("Retry of a handler that calls Goexit returned: %t, after %d calls; want false and 1", returned, calls-1)
	}
}

func TestRetryCostsNothingUnlessNeeded(t *testing.T) {
	h := workerpool.Retry[int](workerpool.RetryPolicy{})(func(context.Context, int) error { return nil })
	for _, tt := range []struct {
		name string
		ctx  context.Context
		want float64
	}{
		{"a task", workerpool.WithTaskInfo(t.Context(), workerpool.Info{Attempt: 1}), 0},
		{"no task", t.Context(), 2}, // a context and the Info in it
	} {
		if got := testing.AllocsPerRun(100, func() { h(tt.ctx, 1) }); got > tt.want {
			t.Errorf("a success at the first attempt under the context of %s costs %v allocations; want %v", tt.name, got, tt.want)
		}
	}
}

func TestRetryRejectsMisuse(t *testing.T) {
	mistakes := "workerpool: RetryPolicy.Attempts is -1 (int): must be 1 or more, or 0 for the default\n" +
		"workerpool: RetryPolicy.BaseDelay is -1ns (time.Duration): must be positive, or 0 for the default\n" +
		"workerpool: RetryPolicy.MaxDelay is -2ns (time.Duration): must be BaseDelay or more, or 0 for the default"
	for _, tt := range []struct {
		name string
		f    func()
		want string
	}{
		{"all mistakes", func() { workerpool.Retry[int](workerpool.RetryPolicy{Attempts: -1, BaseDelay: -1, MaxDelay: -2}) }, mistakes},
		{"MaxDelay below BaseDelay", func() { workerpool.Retry[int](workerpool.RetryPolicy{BaseDelay: 2, MaxDelay: 1}) },
			"workerpool: RetryPolicy.MaxDelay is 1ns (time.Duration): must be BaseDelay or more, or 0 for the default"},
		{"nil handler", func() { workerpool.Retry[int](workerpool.RetryPolicy{})(nil) }, "workerpool: Retry called with a nil handler"},
	} {
		func() {
			defer func() {
				if v := recover(); v != tt.want {
					t.Errorf("%s: panicked with %v; want %v", tt.name, v, tt.want)
				}
			}()
			tt.f()
		}()
	}
}

func TestPermanentAndRetryAfter(t *testing.T) {
	inner := fmt.Errorf("inner: %w", io.EOF)
	for _, tt := range []struct {
		name      string
		err       error
		retryable bool
		after     time.Duration
	}{
		{"Permanent", workerpool.Permanent(inner), false, 0},
		{"RetryAfter", workerpool.RetryAfter(time.Second, inner), true, time.Second},
		{"RetryAfter below zero", workerpool.RetryAfter(-time.Second, inner), true, 0},
	} {
		if tt.err.Error() != inner.Error() || !errors.Is(tt.err, io.EOF) || !errors.Is(tt.err, inner) {
			t.Errorf("%s(err) = %v; want the message of err, and to be what err is", tt.name, tt.err)
		}
		if says, ok := tt.err.(interface{ Retryable() bool }); !ok || says.Retryable() != tt.retryable {
			t.Errorf("%s(err): Retryable() is not %t", tt.name, tt.retryable)
		}
		says, ok := tt.err.(interface{ RetryAfter() time.Duration })
		if ok != tt.retryable || ok && says.RetryAfter() != tt.after {
			t.Errorf("%s(err): RetryAfter() is not %v", tt.name, tt.after)
		}
	}
	if err := workerpool.Permanent(nil); err != nil {
		t.Errorf("Permanent(nil) = %v; want nil", err)
	}
	if err := workerpool.RetryAfter(time.Second, nil); err != nil {
		t.Errorf("RetryAfter(1s, nil) = %v; want nil", err)
	}
}
