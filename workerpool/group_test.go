package workerpool_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

func succeed(context.Context) error { return nil }

func TestZeroGroup(t *testing.T) {
	var g workerpool.Group
	if err := g.Wait(); err != nil {
		t.Errorf("Wait on a zero Group = %v; want nil", err)
	}
	var ran atomic.Int32
	for range 3 {
		g.Go(func(ctx context.Context) error {
			ran.Add(1)
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil || ran.Load() != 3 {
		t.Errorf("Wait = %v after %d functions; want nil after 3", err, ran.Load())
	}
}

func TestGroupFirstErrorEndsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := workerpool.NewGroup(t.Context())
		start := time.Now()
		for range 3 {
			g.Go(func(ctx context.Context) error {
				<-ctx.Done()
				if got := context.Cause(ctx); got != errTask {
					t.Errorf("cause of the context = %v; want the first error", got)
				}
				time.Sleep(time.Second) // Wait is to wait for it
				return errors.New("a later error")
			})
		}
		g.Go(func(context.Context) error { time.Sleep(time.Second); return errTask })
		if err := g.Wait(); err != errTask || time.Since(start) != 2*time.Second {
			t.Errorf("Wait = %v after %v; want %v after 2s", err, time.Since(start), errTask)
		}
	})
}

func TestGroupReturnsPanics(t *testing.T) {
	for _, tt := range []struct {
		do   func()
		want string
	}{
		{func() { explode("boom") }, "panic: boom"},
		{func() { explode(errTask) }, "panic: task failed"},
		{runtime.Goexit, "panic: runtime.Goexit was called"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var g workerpool.Group
			g.Go(func(ctx context.Context) error { <-ctx.Done(); return nil })
			g.Go(func(context.Context) error { tt.do(); return nil })
			err := g.Wait()
			pe, ok := errors.AsType[*workerpool.PanicError](err)
			if !ok || err.Error() != tt.want {
				t.Fatalf("Wait = %v; want a *PanicError %q", err, tt.want)
			}
			if !strings.Contains(string(pe.Stack), "TestGroupReturnsPanics") {
				t.Errorf("the stack does not name the function:\n%s", pe.Stack)
			}
		})
	}
}

func TestGroupLimit(t *testing.T) {
	for _, tt := range []struct {
		limit int
		want  time.Duration
	}{{-1, time.Second}, {0, time.Second}, {1, 6 * time.Second}, {2, 3 * time.Second}, {100, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			var g workerpool.Group
			g.SetLimit(1)
			g.SetLimit(tt.limit)
			start := time.Now()
			for range 6 {
				g.Go(func(ctx context.Context) error { return sleep(ctx, time.Second) })
			}
			if err := g.Wait(); err != nil || time.Since(start) != tt.want {
				t.Errorf("6 functions of 1s with limit %d: %v after %v; want nil after %v", tt.limit, err, time.Since(start), tt.want)
			}
		})
	}
}

func TestGroupTryGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g workerpool.Group
		run := func(ctx context.Context) error { return sleep(ctx, time.Second) }
		if !g.TryGo(run) {
			t.Error("TryGo without a limit = false; want true")
		}
		g.Wait()
		g.SetLimit(1)
		if !g.TryGo(run) || g.TryGo(run) {
			t.Error("TryGo, TryGo with a limit of 1 = true, true or false, ...; want true, false")
		}
		time.Sleep(2 * time.Second)
		if !g.TryGo(func(context.Context) error { return errTask }) {
			t.Error("TryGo after a function has ended = false; want true")
		}
		synctest.Wait()
		if g.TryGo(run) {
			t.Error("TryGo after an error = true; want false")
		}
		if err := g.Wait(); err != errTask {
			t.Errorf("Wait = %v; want %v", err, errTask)
		}
	})
}

func TestGroupSetLimitWhileFunctionsRun(t *testing.T) {
	var g workerpool.Group
	g.Go(func(ctx context.Context) error { <-ctx.Done(); return nil })
	testPanics(t, "workerpool: Group.SetLimit called while functions run", func() { g.SetLimit(2) })
	g.Go(func(context.Context) error { return errTask })
	g.Wait()
	g.SetLimit(2)
}

func TestGroupStartsNothingAfterAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g workerpool.Group
		g.SetLimit(2)
		g.Go(func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Hour)
			return nil
		})
		g.Go(func(context.Context) error { time.Sleep(time.Second); return errTask })
		start := time.Now()
		for range 3 {
			g.Go(func(context.Context) error { t.Error("a function was started after an error"); return nil })
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("Go waited %v; want 1s, until the error", d)
		}
		if err := g.Wait(); err != errTask {
			t.Errorf("Wait = %v; want %v", err, errTask)
		}
	})
}

func TestGroupWithEndedParent(t *testing.T) {
	why := errors.New("ended before")
	ctx, cancel := context.WithCancelCause(t.Context())
	g := workerpool.NewGroup(ctx)
	g.Go(func(context.Context) error { cancel(why); return nil })
	if err := g.Wait(); err != nil {
		t.Errorf("Wait, all functions run, = %v; want nil", err)
	}
	g.Go(func(context.Context) error { t.Error("a function was started under an ended context"); return nil })
	if err := g.Wait(); err != why {
		t.Errorf("Wait, a function not run, = %v; want %v", err, why)
	}
}

func TestGroupGoWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g := workerpool.NewGroup(ctx)
		g.SetLimit(1)
		g.Go(func(context.Context) error { time.Sleep(time.Hour); return nil })
		start := time.Now()
		g.Go(func(context.Context) error { t.Error("a function was started under an ended context"); return nil })
		if d := time.Since(start); d != time.Second {
			t.Errorf("Go waited %v; want 1s, until the parent ended", d)
		}
		if err := g.Wait(); err != context.DeadlineExceeded || time.Since(start) != time.Hour {
			t.Errorf("Wait = %v after %v; want DeadlineExceeded after 1h", err, time.Since(start))
		}
	})
}

func TestGroupRounds(t *testing.T) {
	var g workerpool.Group
	var first, second context.Context
	g.Go(func(ctx context.Context) error { first = ctx; return nil })
	if err := g.Wait(); err != nil || first.Err() == nil {
		t.Errorf("Wait = %v, context then %v; want nil and an ended context", err, first.Err())
	}
	g.Go(func(ctx context.Context) error { second = ctx; return errors.Join(ctx.Err(), errTask) })
	if err := g.Wait(); !errors.Is(err, errTask) || errors.Is(err, context.Canceled) || second == first {
		t.Errorf("Wait of the second round = %v; want %v under a new context", err, errTask)
	}
	g.Go(func(context.Context) error { t.Error("a function was started in a failed Group"); return nil })
	for range 2 {
		if err := g.Wait(); !errors.Is(err, errTask) {
			t.Errorf("Wait of a failed Group = %v; want %v", err, errTask)
		}
	}
}

func TestGroupGoFromAFunction(t *testing.T) {
	var g workerpool.Group
	var ran atomic.Int32
	g.Go(func(context.Context) error {
		g.Go(func(context.Context) error { ran.Add(1); return errTask })
		return nil
	})
	if err := g.Wait(); err != errTask || ran.Load() != 1 {
		t.Errorf("Wait = %v after %d inner functions; want %v after 1", err, ran.Load(), errTask)
	}
}

func TestGroupRejectsNil(t *testing.T) {
	var g workerpool.Group
	testPanics(t, "workerpool: Group.Go called with a nil function", func() { g.Go(nil) })
	testPanics(t, "workerpool: Group.TryGo called with a nil function", func() { g.TryGo(nil) })
	g.Go(succeed)
	if err := g.Wait(); err != nil {
		t.Errorf("Wait = %v; want nil", err)
	}
}
