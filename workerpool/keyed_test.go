package workerpool_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
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

// keyed is a task of a test: the n-th of its key.
type keyed struct {
	key string
	n   int
}

func (k keyed) String() string { return fmt.Sprint(k.key, k.n) }

func keyOf(k keyed) string { return k.key }

func newKeyed[K comparable, T any](t *testing.T, key func(T) K, h workerpool.Handler[T], o workerpool.Options) *workerpool.Keyed[K, T] {
	t.Helper()
	p, err := workerpool.NewKeyed(key, h, o)
	if err != nil {
		t.Fatalf("NewKeyed(%+v) = %v", o, err)
	}
	return p
}

// submitKeyed submits tasks written as "a1 a2 b1".
func submitKeyed(t *testing.T, p *workerpool.Keyed[string, keyed], tasks string) {
	t.Helper()
	for s := range strings.FieldsSeq(tasks) {
		task := keyed{key: s[:1]}
		fmt.Sscan(s[1:], &task.n)
		if err := p.Submit(t.Context(), task); err != nil {
			t.Fatalf("Submit(%v) = %v", task, err)
		}
	}
}

func closeKeyed[K comparable, T any](t *testing.T, p *workerpool.Keyed[K, T]) {
	t.Helper()
	if err := p.Close(context.Background()); err != nil {
		t.Fatalf("Close() = %v", err)
	}
}

// TestKeyedIsSerialPerKey runs tasks that end in every way there is, of which no
// two of a key may run at the same time or out of order.
func TestKeyedIsSerialPerKey(t *testing.T) {
	for _, o := range []workerpool.Options{
		{Workers: 1}, {Workers: 3}, {Workers: 20}, {Workers: 3, Queue: 2}, {Workers: 3, Queue: -1},
		{Workers: 3, Strict: true}, {Workers: 20, Rate: 1000},
	} {
		synctest.Test(t, func(t *testing.T) {
			const keys, tasks = 5, 500
			var running [keys]atomic.Int32
			var next [keys]atomic.Int64
			o.OnError = func(_ context.Context, task any, err error) {
				i := task.(int)
				time.Sleep(time.Millisecond)
				if running[i%keys].Load() != 1 {
					t.Errorf("%+v: task %d has ended before OnError was called with %v", o, i, err)
				}
				running[i%keys].Add(-1)
				if i%7 == 3 {
					runtime.Goexit()
				}
			}
			p := newKeyed(t, func(i int) int { return i % keys }, func(ctx context.Context, i int) error {
				if n := running[i%keys].Add(1); n != 1 {
					t.Errorf("%+v: %d tasks of key %d run at the same time", o, n, i%keys)
				}
				if n := next[i%keys].Add(keys); n != int64(i-i%keys+keys) {
					t.Errorf("%+v: task %d was started after %d", o, i, n-2*keys)
				}
				if i > tasks/2 { // the first half is claimed in batches
					time.Sleep(time.Duration(i*i%4000) * time.Microsecond)
				}
				switch i % 11 {
				case 2:
					return errTask
				case 3:
					explode("boom")
				case 4:
					runtime.Goexit()
				}
				running[i%keys].Add(-1)
				return nil
			}, o)
			time.Sleep(time.Nanosecond) // a clock at zero measures no batch
			for i := range tasks {
				if err := p.Submit(t.Context(), i); err != nil {
					t.Fatalf("Submit(%d) = %v", i, err)
				}
			}
			closeKeyed(t, p)
			for key := range next {
				if n := next[key].Load(); n != tasks {
					t.Errorf("%+v: %d tasks of key %d ran; want %d", o, n/keys, key, tasks/keys)
				}
			}
			if n := p.Keys(); n != 0 {
				t.Errorf("%+v: %d keys are remembered; want 0", o, n)
			}
		})
	}
}

func TestKeyedIsParallelAcrossKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newKeyed(t, keyOf, func(ctx context.Context, _ keyed) error { return sleep(ctx, time.Second) }, workerpool.Options{Workers: 3})
		start := time.Now()
		submitKeyed(t, p, "a1 a2 a3 a4 b1 b2 b3 b4 c1 c2 c3 c4")
		synctest.Wait()
		if s := p.Stats(); s.Running != 3 || s.Queued != 9 {
			t.Errorf("Stats() = %+v; want 3 running, 9 queued", s)
		}
		closeKeyed(t, p)
		if d := time.Since(start); d != 4*time.Second {
			t.Errorf("4 tasks of 1s for each of 3 keys took %v on 3 workers; want 4s", d)
		}
	})
}

// TestHotKeyHoldsUpNoOther has many tasks of one key wait in front of others.
func TestHotKeyHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var last atomic.Int64
		p := newKeyed(t, keyOf, func(ctx context.Context, task keyed) error {
			err := sleep(ctx, time.Second)
			if task.key != "hot" {
				last.Store(int64(time.Since(start)))
			}
			return err
		}, workerpool.Options{Workers: 2})
		for i := range 1000 {
			if err := p.Submit(t.Context(), keyed{"hot", i}); err != nil {
				t.Fatalf("Submit(hot) = %v", err)
			}
		}
		submitKeyed(t, p, "a1 b1 c1 c2 d1")
		closeKeyed(t, p)
		if d := time.Duration(last.Load()); d > 5*time.Second {
			t.Errorf("5 tasks of 1s behind those of a hot key ended after %v; want 5s at most", d)
		}
		if d := time.Since(start); d > 1005*time.Second {
			t.Errorf("1000 tasks of 1s of one key took %v; want 16m45s at most", d)
		}
	})
}

// TestKeyedIsBounded counts the tasks that wait for their key among those that
// wait.
func TestKeyedIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *workerpool.Keyed[string, keyed]
		var nested error
		p = newKeyed(t, keyOf, func(ctx context.Context, task keyed) error {
			if task.n == 1 {
				nested = p.Submit(ctx, keyed{"a", 9})
			}
			return sleep(ctx, time.Second)
		}, workerpool.Options{Workers: 2, Queue: 3})
		start := time.Now()
		submitKeyed(t, p, "a0 a2 a3 a4 a5")
		if err := p.TrySubmit(keyed{"b", 0}); err != workerpool.ErrFull {
			t.Errorf("TrySubmit to a full Keyed = %v; want ErrFull", err)
		}
		submitKeyed(t, p, "b1")
		if d := time.Since(start); d != time.Second {
			t.Errorf("Submit to a full Keyed returned after %v; want 1s", d)
		}
		if err := p.Wait(t.Context()); err != nil || nested != workerpool.ErrNested {
			t.Errorf("Wait() = %v, nested Submit = %v; want nil, ErrNested", err, nested)
		}
		submitKeyed(t, p, "b1") // there is room now, and the key is its own
		if err := p.Resize(0); err == nil || err.Error() != "workerpool: Resize to 0 (int): must be 1 or more" {
			t.Errorf("Resize(0) = %v; want an error", err)
		}
		if err := p.Resize(3); err != nil {
			t.Errorf("Resize(3) = %v; want nil", err)
		}
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("Wait() = %v; want nil", err)
		}
		closeKeyed(t, p)
		if nested != nil {
			t.Errorf("nested Submit with room = %v; want nil", nested)
		}
	})
}

// TestKeyedDrainError holds the order of the tasks of each key.
func TestKeyedDrainError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		p := newKeyed(t, keyOf, func(ctx context.Context, task keyed) error {
			d.note("%v", task)
			return sleep(ctx, time.Second)
		}, workerpool.Options{Workers: 2, OnError: func(_ context.Context, task any, err error) {
			d.note("%v failed: %v", task, err)
		}})
		submitKeyed(t, p, "a1 a2 c1 b1 a3 b2 c2 b3 a4 d1 d2 c3")
		time.Sleep(1500 * time.Millisecond) // a1 and c1 have run
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		de, ok := errors.AsType[*workerpool.DrainError[keyed]](p.Close(ctx))
		if !ok || de.Running != 2 || !errors.Is(de, context.Canceled) {
			t.Fatalf("Close(ended ctx) = %v; want a *DrainError with 2 running", de)
		}
		slices.SortFunc(de.Stuck, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
		slices.SortStableFunc(de.Unrun, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
		if got, want := fmt.Sprint(de.Stuck, de.Unrun), "[b1 d1] [a2 a3 a4 b2 b3 c2 c3 d2]"; got != want {
			t.Errorf("Stuck and Unrun, by key: %s; want %s", got, want)
		}
		closeKeyed(t, p)
		d.checkSorted(t, "a1", "b1", "b1 failed: context canceled", "c1", "d1", "d1 failed: context canceled")
		if s := p.Stats(); s != (workerpool.Stats{Accepted: 12, Ended: 4, Failed: 2, Unrun: 8}) {
			t.Errorf("Stats() = %+v; want 12 accepted, 4 ended, 2 failed, 8 unrun", s)
		}
	})
}

// TestKeysAreForgotten submits a task for each of many keys, in all the ways in
// which it may fail to be run too.
func TestKeysAreForgotten(t *testing.T) {
	for _, onFull := range []workerpool.Full{workerpool.Block, workerpool.Reject, workerpool.DropNewest} {
		synctest.Test(t, func(t *testing.T) {
			p := newKeyed(t, func(i int) int { return i }, func(ctx context.Context, i int) error {
				return sleep(ctx, time.Second)
			}, workerpool.Options{Workers: 3, Queue: 2, OnFull: onFull})
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for i := range 100 {
				p.TrySubmit(i)
				wg.Go(func() { p.Submit(ctx, 1000+i) })
			}
			synctest.Wait()
			if n := p.Keys(); n != 5 {
				t.Errorf("%v: %d keys are remembered of 5 tasks; want 5", onFull, n)
			}
			cancel()
			wg.Wait()
			if err := p.Wait(t.Context()); err != nil || p.Keys() != 0 {
				t.Errorf("%v: Wait = %v, and then %d keys are remembered; want nil, 0", onFull, err, p.Keys())
			}
			closeKeyed(t, p)
		})
	}
}

// TestKeysNotEqualToThemselves are those of tasks that wait for no other.
func TestKeysNotEqualToThemselves(t *testing.T) {
	type point struct{ x, y float64 }
	synctest.Test(t, func(t *testing.T) {
		p := newKeyed(t, func(pt point) any { return pt }, func(ctx context.Context, _ point) error {
			return sleep(ctx, time.Second)
		}, workerpool.Options{Workers: 4})
		start := time.Now()
		for range 4 {
			if err := p.Submit(t.Context(), point{1, math.NaN()}); err != nil {
				t.Errorf("Submit(NaN) = %v; want nil", err)
			}
		}
		if n := p.Keys(); n != 0 {
			t.Errorf("%d keys are remembered; want 0", n)
		}
		closeKeyed(t, p)
		if d := time.Since(start); d != time.Second {
			t.Errorf("4 tasks of 1s with NaN as their key took %v; want 1s", d)
		}
	})
}

// TestKeysThatPanic has the key function panic, or return what cannot be
// compared. The caller gets to see that, and the pool goes on.
func TestKeysThatPanic(t *testing.T) {
	const uncomparable = "runtime error: comparing uncomparable type []int"
	synctest.Test(t, func(t *testing.T) {
		var d diary
		p := newKeyed(t, func(v any) any {
			if v == nil {
				panic("no key")
			}
			return v
		}, func(_ context.Context, v any) error {
			d.note("%v", v)
			return nil
		}, workerpool.Options{Workers: 1, Queue: 2})
		seq := func(v any) iter.Seq[any] { return slices.Values([]any{"before", v, "after"}) }
		for _, tt := range []struct {
			v    any
			want string
		}{{nil, "no key"}, {[]int{1}, uncomparable}, {[1]any{[]int{1}}, uncomparable}} {
			for name, submit := range map[string]func(){
				"Submit":    func() { p.Submit(t.Context(), tt.v) },
				"TrySubmit": func() { p.TrySubmit(tt.v) },
				"SubmitAll": func() { p.SubmitAll(t.Context(), seq(tt.v)) },
			} {
				if got := fmt.Sprint(panicOf(submit)); got != tt.want {
					t.Errorf("%s(%v) panicked with %v; want %v", name, tt.v, got, tt.want)
				}
				if err := p.Wait(t.Context()); err != nil {
					t.Errorf("Wait() = %v; want nil", err)
				}
			}
		}
		if n, err := p.SubmitAll(t.Context(), seq("with")); n != 3 || err != nil {
			t.Errorf("SubmitAll = %d, %v; want 3, nil", n, err)
		}
		testPanics(t, "workerpool: SubmitAll called with a nil sequence", func() { p.SubmitAll(t.Context(), nil) })
		closeKeyed(t, p)
		d.check(t, "before", "before", "before", "before", "with", "after")
		if n := p.Keys(); n != 0 {
			t.Errorf("%d keys are remembered; want 0", n)
		}
	})
}

func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// TestKeyIsAskedForOnce holds that the key of a task is what it was when it was
// submitted.
func TestKeyIsAskedForOnce(t *testing.T) {
	var asked atomic.Int32
	p := newKeyed(t, func(i int) int { return int(asked.Add(1)) }, func(context.Context, int) error { return nil }, workerpool.Options{})
	for i := range 100 {
		if err := p.Submit(t.Context(), i); err != nil {
			t.Errorf("Submit(%d) = %v; want nil", i, err)
		}
	}
	closeKeyed(t, p)
	if n := asked.Load(); n != 100 {
		t.Errorf("the key of 100 tasks was asked for %d times; want 100", n)
	}
}

// TestKeyedWithoutCallers holds that a Keyed does not take CallerRuns, since a
// caller would run its task beside those of the same key.
func TestKeyedWithoutCallers(t *testing.T) {
	_, err := workerpool.NewKeyed(keyOf, func(context.Context, keyed) error { return nil }, workerpool.Options{OnFull: workerpool.CallerRuns})
	want := "workerpool: Options.OnFull is CallerRuns (workerpool.Full): is not for a Keyed, since a caller does not wait until it is the turn of its key"
	if err == nil || err.Error() != want {
		t.Errorf("NewKeyed(CallerRuns) = %v; want %v", err, want)
	}
}
