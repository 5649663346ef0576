package workerpool_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/goplinth/plinth/workerpool"
)

// In a bubble a task that does not sleep takes no time at all, so that batches
// grow as large as they may.

// TestSlowTasksOfABatchHoldUpNobody puts slow tasks, one less than there are
// workers, among many of a millisecond, behind so many that take no time that
// all are claimed in large batches. One worker is free at any time, so the short
// ones are done after the sum of their durations at the latest.
func TestSlowTasksOfABatchHoldUpNobody(t *testing.T) {
	const trivial, short = 500, 100
	const ms = time.Millisecond
	rng := rand.New(rand.NewPCG(1, 2))
	for workers := 2; workers <= 8; workers++ {
		tasks := make([]time.Duration, trivial+short)
		for i := range short {
			tasks[trivial+i] = ms
		}
		// The clock of the pool is at zero when it begins, which says nothing
		// about the time a batch takes.
		for i := range workers {
			tasks[i] = ms
		}
		for range workers - 1 {
			i := rng.IntN(len(tasks))
			for i < workers || tasks[i] == time.Hour {
				i = rng.IntN(len(tasks))
			}
			tasks[i] = time.Hour
		}
		var start time.Time
		var last atomic.Int64
		h := func(ctx context.Context, i int) error {
			err := sleep(ctx, tasks[i])
			if tasks[i] < time.Hour {
				last.Store(int64(time.Since(start)))
			}
			return err
		}
		check := func(t *testing.T, name string) {
			t.Helper()
			if d, most := time.Duration(last.Load()), time.Duration(short+workers)*ms; d > most {
				t.Errorf("%s, %d workers: the last short task ended after %v; want %v at most", name, workers, d, most)
			}
		}
		o := workerpool.Options{Workers: workers}
		synctest.Test(t, func(t *testing.T) {
			start = time.Now()
			p := newPool(t, h, o)
			for i := range tasks {
				mustSubmit(t, p, i)
			}
			mustClose(t, p)
			check(t, "Pool")
		})
		synctest.Test(t, func(t *testing.T) {
			start = time.Now()
			if err := workerpool.ForEachN(t.Context(), len(tasks), h, o); err != nil {
				t.Errorf("ForEachN() = %v; want nil", err)
			}
			check(t, "ForEachN")
		})
	}
}

// TestSlowTaskHoldsUpNoBatchUnderLoad keeps tasks in the queue all the time,
// so that no worker is ever idle. Those that were claimed together with a slow
// task were accepted before these, and have their turn nevertheless.
func TestSlowTaskHoldsUpNoBatchUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const claimed = 600
		type task struct {
			first bool
			d     time.Duration
		}
		var left atomic.Int32 // tasks of the first that have not ended
		left.Store(claimed)
		var last time.Duration
		start := time.Now()
		gate := make(chan struct{})
		var p *workerpool.Pool[task]
		p = newPool(t, func(ctx context.Context, v task) error {
			<-gate
			err := sleep(ctx, v.d)
			if v.first {
				if left.Add(-1) == 1 { // but for the slow one
					last = time.Since(start)
				}
			} else if left.Load() > 1 && time.Since(start) < time.Hour {
				p.TrySubmit(v)
			}
			return err
		}, workerpool.Options{Workers: 2})
		for i := range claimed {
			v := task{first: true}
			if i == claimed/2 {
				v.d = time.Hour
			}
			mustSubmit(t, p, v)
		}
		for range 5 {
			mustSubmit(t, p, task{d: time.Millisecond})
		}
		time.Sleep(time.Second) // see above
		close(gate)
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("Wait() = %v; want nil", err)
		}
		mustClose(t, p)
		if last > 2*time.Second {
			t.Errorf("the tasks claimed with a slow one ended after %v; want 2s at most", last)
		}
	})
}

// TestCloseListsClaimedTasks gives up a pool while a worker has claimed tasks and
// not started the first of them.
func TestCloseListsClaimedTasks(t *testing.T) {
	for _, claimed := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			var started []int
			p := newPool(t, func(ctx context.Context, i int) error {
				started = append(started, i)
				<-ctx.Done()
				return nil
			}, workerpool.Options{Workers: 1})
			mustSubmit(t, p, 0)
			synctest.Wait()
			mustSubmit(t, p, 1, 2, 3, 4)
			start := p.Claim(claimed)
			if s := p.Stats(); s.Running != 1 || s.Queued != 4 {
				t.Errorf("Stats() = %+v; want 1 running, 4 queued", s)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			de, ok := errors.AsType[*workerpool.DrainError[int]](p.Close(ctx))
			if !ok || !slices.Equal(de.Stuck, []int{0}) || !slices.Equal(de.Unrun, []int{1, 2, 3, 4}) {
				t.Errorf("with %d tasks claimed Close = %+v; want 0 stuck and 1 to 4 unrun", claimed, de)
			}
			start()
			mustClose(t, p)
			if !slices.Equal(started, []int{0}) {
				t.Errorf("with %d tasks claimed %v were started; want [0]", claimed, started)
			}
		})
	}
}

// TestFullIsExact ends one task after the other while those behind it are
// claimed in large batches: there is room for one more each time, and for no two.
func TestFullIsExact(t *testing.T) {
	const n = 300
	for workers := 1; workers <= 3; workers++ {
		for _, queue := range []int{1, 10, 100} {
			synctest.Test(t, func(t *testing.T) {
				step := make(chan struct{})
				most := 0
				p := newPool(t, func(context.Context, int) error {
					<-step
					return nil
				}, workerpool.Options{Workers: workers, Queue: queue})
				time.Sleep(time.Nanosecond) // a clock at zero measures no batch
				for i := range workers + queue {
					if err := p.TrySubmit(i); err != nil {
						t.Fatalf("TrySubmit to a pool with room for %d more = %v; want nil", workers+queue-i, err)
					}
				}
				for range n {
					synctest.Wait()
					most = max(most, slices.Max(p.Batches()))
					if err := p.TrySubmit(0); err != workerpool.ErrFull {
						t.Fatalf("%d workers, queue of %d: TrySubmit to a full pool = %v; want ErrFull", workers, queue, err)
					}
					step <- struct{}{}
					synctest.Wait()
					if err := p.TrySubmit(0); err != nil {
						t.Fatalf("%d workers, queue of %d: TrySubmit after a task has ended = %v; want nil", workers, queue, err)
					}
				}
				close(step)
				mustClose(t, p)
				if s := p.Stats(); s.Ended != uint64(workers+queue+n) {
					t.Errorf("Stats() = %+v; want %d ended", s, workers+queue+n)
				}
				if queue == 100 && most < 16 {
					t.Errorf("%d workers, queue of %d: the largest batch had %d tasks; want more, for this test to show anything", workers, queue, most)
				}
			})
		}
	}
}

// TestNobodyOvertakesThoseThatWait makes room for a Submit that waits, but the
// worker that does has not come back with its batch to admit it.
func TestNobodyOvertakesThoseThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step := make(chan struct{})
		var order []int
		p := newPool(t, func(_ context.Context, i int) error {
			order = append(order, i) // one worker, so no race
			<-step
			return nil
		}, workerpool.Options{Workers: 1, Queue: 100})
		time.Sleep(time.Nanosecond)
		mustSubmit(t, p, make([]int, 101)...)
		for range 20 { // so that batches get large
			step <- struct{}{}
			synctest.Wait()
			mustSubmit(t, p, 0)
		}
		var wg sync.WaitGroup
		wg.Go(func() { mustSubmit(t, p, 1) })
		synctest.Wait()
		overtaking, waiting := false, false
		for range 50 {
			step <- struct{}{}
			synctest.Wait()
			waits := p.Stats().Blocked == 1
			waiting = waiting || waits
			ctx, cancel := context.WithCancel(t.Context())
			if err := p.TrySubmit(2); waits && err != workerpool.ErrFull {
				overtaking = true
			}
			wg.Go(func() { p.Submit(ctx, 3) })
			synctest.Wait()
			cancel()
		}
		close(step)
		wg.Wait()
		mustClose(t, p)
		others := slices.DeleteFunc(order, func(i int) bool { return i == 0 })
		if !waiting {
			t.Errorf("the Submit did not wait while room was made; it has to, for this test to show anything")
		}
		if overtaking || others[0] != 1 {
			t.Errorf("after those accepted first, tasks were started in the order %v; want 1 first, which had waited", others)
		}
	})
}

// TestStolenTasksAreGarbage ends the tasks that were claimed behind a slow one,
// which goes on.
func TestStolenTasksAreGarbage(t *testing.T) {
	type task struct {
		d time.Duration
		_ [64]byte // keeps the task out of the allocator's shared blocks
	}
	synctest.Test(t, func(t *testing.T) {
		var slow atomic.Bool
		p := newPool(t, func(ctx context.Context, v *task) error {
			if v.d > time.Second {
				slow.Store(true)
			}
			return sleep(ctx, v.d)
		}, workerpool.Options{Workers: 2})
		time.Sleep(time.Nanosecond)
		// Both workers come with a large batch, of which one has the slow task.
		mustSubmit(t, p, &task{d: time.Second}, &task{d: time.Second})
		var tasks []weak.Pointer[task]
		for i := range 500 {
			v := &task{}
			if i == 400 {
				v.d = time.Hour
			}
			if i > 400 {
				tasks = append(tasks, weak.Make(v))
			}
			mustSubmit(t, p, v)
		}
		time.Sleep(time.Minute)
		if s := p.Stats(); !slow.Load() || s.Running != 1 || s.Queued != 0 {
			t.Errorf("Stats() = %+v; want only the slow task", s)
		}
		runtime.GC()
		for i, w := range tasks {
			if w.Value() != nil {
				t.Errorf("task %d has ended and is still held", i)
			}
		}
		mustClose(t, p)
	})
}

// TestBatchesAreBounded lets batches grow as large as they get.
func TestBatchesAreBounded(t *testing.T) {
	testBatches[struct{}](t, 0, 64, workerpool.Options{})
	testBatches[int](t, 0, 64, workerpool.Options{})
	testBatches[[128]byte](t, 0, 64, workerpool.Options{})
	testBatches[[1000]byte](t, 0, 8, workerpool.Options{})
	testBatches[[4096]byte](t, 0, 2, workerpool.Options{})
	testBatches[[9000]byte](t, 0, 1, workerpool.Options{})
	testBatches[int](t, 0, 1, workerpool.Options{Strict: true})
	testBatches[int](t, 0, 1, workerpool.Options{OnFull: workerpool.DropOldest})
	testBatches[int](t, 0, 1, workerpool.Options{Rate: 1e9})
	testBatches[int](t, 20*time.Microsecond, 1, workerpool.Options{})
	testBatches[int](t, 9*time.Microsecond, 4, workerpool.Options{}) // 2 take less than 20µs, 4 do not
}

func testBatches[T any](t *testing.T, d time.Duration, want int, o workerpool.Options) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		most := 0
		gate := make(chan struct{})
		var p *workerpool.Pool[T]
		p = newPool(t, func(context.Context, T) error {
			<-gate
			most = max(most, slices.Max(p.Batches())) // one worker, so no race
			time.Sleep(d)
			return nil
		}, func() workerpool.Options { o.Workers = 1; return o }())
		time.Sleep(time.Nanosecond)
		mustSubmit(t, p, make([]T, 500)...)
		close(gate)
		mustClose(t, p)
		if most != want {
			var v T
			t.Errorf("tasks of type %T and %v with %+v were claimed in batches of %d; want %d", v, d, o, most, want)
		}
	})
}

// TestBatchesShrink has tasks become slow. Only those that were claimed before
// are in a large batch.
func TestBatchesShrink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		var p *workerpool.Pool[time.Duration]
		var sizes []int
		p = newPool(t, func(ctx context.Context, d time.Duration) error {
			<-gate
			if d > 0 {
				sizes = append(sizes, slices.Max(p.Batches()))
			}
			return sleep(ctx, d)
		}, workerpool.Options{Workers: 1})
		time.Sleep(time.Nanosecond)
		mustSubmit(t, p, make([]time.Duration, 500)...)
		mustSubmit(t, p, slices.Repeat([]time.Duration{time.Millisecond}, 200)...)
		close(gate)
		mustClose(t, p)
		if sizes[0] != 64 || sizes[128] != 1 || sizes[len(sizes)-1] != 1 {
			t.Errorf("slow tasks were claimed in batches of %v; want 64 first and 1 after at most 128", sizes)
		}
	})
}

// TestPoolKeepsNoTask lets tasks go in all the ways there are. None is held by
// the pool when it is idle.
func TestPoolKeepsNoTask(t *testing.T) {
	type task struct {
		d time.Duration
		_ [64]byte // keeps the task out of the allocator's shared blocks
	}
	for _, tt := range policies {
		synctest.Test(t, func(t *testing.T) {
			p := newPool(t, func(ctx context.Context, v *task) error { return sleep(ctx, v.d) },
				workerpool.Options{Workers: 2, Queue: 100, OnFull: tt.onFull})
			time.Sleep(time.Nanosecond)
			var tasks []weak.Pointer[task]
			newTask := func(d time.Duration) *task {
				v := &task{d: d}
				tasks = append(tasks, weak.Make(v))
				return v
			}
			for range 3 {
				for range 90 {
					mustSubmit(t, p, newTask(0)) // some are claimed in batches
				}
				for range 8 {
					mustSubmit(t, p, newTask(time.Second))
				}
				if err := p.Wait(t.Context()); err != nil {
					t.Errorf("Wait() = %v; want nil", err)
				}
			}
			for range 102 {
				mustSubmit(t, p, newTask(time.Second))
			}
			synctest.Wait()
			var wg sync.WaitGroup
			for range 10 {
				p.TrySubmit(newTask(time.Second))
				v := newTask(time.Second)
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
					defer cancel()
					p.Submit(ctx, v) // is refused, drops one, or is run
				})
			}
			wg.Wait()
			if err := p.Wait(t.Context()); err != nil {
				t.Errorf("Wait() = %v; want nil", err)
			}
			held := func(when string) {
				t.Helper()
				synctest.Wait()
				runtime.GC()
				for i, w := range tasks {
					if w.Value() != nil {
						t.Errorf("%v: %s, task %d is still held", tt.onFull, when, i)
					}
				}
			}
			held("in an idle pool")
			for range 50 {
				mustSubmit(t, p, newTask(0), newTask(time.Second))
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := p.Close(ctx); err == nil {
				t.Errorf("Close(ended ctx) = nil; want a *DrainError")
			}
			mustClose(t, p)
			held("in a closed pool")
			runtime.KeepAlive(p)
		})
	}
}

// TestLongQueueIsForgotten holds that a queue that was long once does not cost
// its memory for ever.
func TestLongQueueIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, sleep, workerpool.Options{Workers: 1, Queue: 10000, IdleTimeout: time.Minute})
		for _, n := range []int{1000, 5000} {
			mustSubmit(t, p, make([]time.Duration, n)...)
			if err := p.Wait(t.Context()); err != nil {
				t.Errorf("Wait() = %v; want nil", err)
			}
			if got := p.Array(); got > 2*n {
				t.Errorf("%d tasks wait in an array of %d", n, got)
			}
			time.Sleep(2 * time.Minute)
			if got := p.Array(); got > 1024 {
				t.Errorf("a pool that was idle for a while keeps an array of %d; want 1024 at most", got)
			}
		}
		mustSubmit(t, p, make([]time.Duration, 100)...)
		mustClose(t, p)
	})
}
