package workerpool_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

var soak = flag.Duration("soak", time.Second, "how long TestSoak runs: go test -race -run='^TestSoak$' ./workerpool -soak=10m")

// A storm is the model in real time: many goroutines make all kinds of calls of
// one pool at once, with tasks of which most are so short that they are claimed
// in large batches, and some so long that these are stolen from. It knows less of
// what happened before what, and more happens.
type storm struct {
	*testing.T
	options workerpool.Options
	keyed   bool
	pool    target

	seed  uint64
	last  atomic.Int64 // number of the last task
	tasks []stormTask  // by number
	byKey [stormKeys + 1]stormKey

	accepted, ended, running, failed, dropped, refused atomic.Int64

	closing  atomic.Bool // Close has been called
	given    atomic.Bool // and has returned a DrainError
	finished atomic.Bool // nobody submits any more
	batch    int         // the largest batch that was seen
}

type stormTask struct {
	accepted, runs, unrun, dropped atomic.Int32
	ended, late, stuck             atomic.Bool
	key                            int
}

// A stormKey is what is known of the tasks of a key.
type stormKey struct {
	running atomic.Int32
	last    atomic.Int64 // the task that was begun last
}

const (
	stormGoroutines = 4
	stormCalls      = 1500                // of each goroutine
	stormKeys       = 4 * stormGoroutines // of which each goroutine has four for itself
	stormWorkers    = 6                   // the most to resize to
)

func (s *storm) run(seed uint64) {
	s.seed = seed
	before := runtime.NumGoroutine()
	s.tasks = make([]stormTask, 4*stormGoroutines*stormCalls)
	s.options.OnError = s.onError
	if s.keyed {
		s.pool = newKeyed(s.T, func(task int) int { return s.tasks[task].key }, s.handle, s.options)
	} else {
		s.pool = newPool(s.T, s.handle, s.options)
	}

	var callers, watchers sync.WaitGroup
	watchers.Go(s.watch)
	watchers.Go(s.resize)
	for g := range stormGoroutines {
		callers.Go(func() { s.call(g) })
	}
	watchers.Go(s.close)
	callers.Wait()
	s.finished.Store(true)
	watchers.Wait()
	s.account()

	// The last thing that a goroutine does is to say that it is done.
	for deadline := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			s.Fatalf("%d goroutines are left of a pool that is closed", runtime.NumGoroutine()-before)
		}
	}
}

// window is the most tasks accepted and not ended that there ever is room for. A
// caller's own task is one of them if Close comes before it is begun.
func (s *storm) window() int64 {
	callers := 0
	if s.options.OnFull == workerpool.CallerRuns {
		callers = stormGoroutines
	}
	if s.options.Queue == 0 {
		return stormWorkers + 1024
	}
	return int64(stormWorkers + max(0, s.options.Queue) + callers)
}

// offer makes a task of key, or of the last key, which belongs to nobody.
func (s *storm) offer(key int) (task int) {
	task = int(s.last.Add(1))
	s.tasks[task].key = key
	return task
}

func (s *storm) answer(task int, err error) {
	switch {
	case err == nil:
		s.tasks[task].accepted.Add(1)
		s.accepted.Add(1)
	case err == workerpool.ErrFull:
		s.refused.Add(1)
	case err == workerpool.ErrClosed && !s.closing.Load():
		s.Errorf("task %d was refused with %v before Close", task, err)
	}
}

// call makes calls. A task may end the goroutine it is called from, and then
// another one goes on.
func (s *storm) call(g int) {
	rng := rand.New(rand.NewPCG(s.seed, uint64(g)))
	for n := 0; n < stormCalls; {
		var goOn sync.WaitGroup
		goOn.Go(func() {
			for n < stormCalls {
				n++
				s.callOnce(rng, 4*g+rng.IntN(4))
			}
		})
		goOn.Wait()
	}
}

func (s *storm) callOnce(rng *rand.Rand, key int) {
	ctx := s.Context()
	switch op := rng.IntN(100); {
	case op < 5:
		task := s.offer(key)
		s.answer(task, s.pool.TrySubmit(task))
		return
	case op < 8 && s.options.OnFull != workerpool.CallerRuns: // there, SubmitAll may never return
		taken := 0
		accepted, err := s.pool.SubmitAll(ctx, func(yield func(int) bool) {
			for range 8 {
				task := s.offer(key)
				taken++
				if !yield(task) {
					return
				}
				s.answer(task, nil)
			}
		})
		if err == workerpool.ErrFull {
			s.refused.Add(1)
			accepted++
		} else if err != nil {
			accepted++
		}
		if accepted != taken {
			s.Errorf("SubmitAll = %d, %v after %d tasks were taken", accepted, err, taken)
		}
		return
	case op < 12:
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rng.IntN(50))*time.Microsecond)
		defer cancel()
	}
	task := s.offer(key)
	var err error
	defer func() { s.answer(task, err) }()
	err = s.pool.Submit(ctx, task)
}

func (s *storm) handle(ctx context.Context, task int) error {
	v := &s.tasks[task]
	v.runs.Add(1)
	if s.given.Load() {
		v.late.Store(true)
	}
	if n := s.running.Add(1); n > stormWorkers && s.options.OnFull != workerpool.CallerRuns {
		s.Errorf("%d tasks run at the same time; want %d at most", n, stormWorkers)
	}
	k := &s.byKey[v.key]
	if s.keyed {
		if n := k.running.Add(1); n != 1 {
			s.Errorf("%d tasks of key %d run at the same time", n, v.key)
		}
		if last := k.last.Swap(int64(task)); v.key < stormKeys && last > int64(task) {
			s.Errorf("task %d of key %d was begun after %d", task, v.key, last)
		}
	}
	defer func() {
		k.running.Add(-1)
		s.running.Add(-1)
		v.ended.Store(true)
		s.ended.Add(1)
	}()
	// The number decides, so that it does not matter who runs the task.
	switch h := uint32(task) * 2654435769 >> 16; {
	case h%1000 < 2:
		sleep(ctx, time.Millisecond)
	case h%1000 < 5:
		sleep(context.Background(), 200*time.Microsecond) // whatever becomes of ctx
	case h%1000 < 20:
		for begun := time.Now(); time.Since(begun) < 30*time.Microsecond; {
		}
	case h%1000 < 25:
		return errTask
	case h%1000 < 27:
		panic(errTask)
	case h%1000 < 29:
		runtime.Goexit()
	case h%1000 < 40:
		if i := s.last.Load(); int(i) > len(s.tasks)-100 {
			return nil
		}
		nested := s.offer(stormKeys)
		var err error
		defer func() { s.answer(nested, err) }()
		if h%2 == 0 {
			err = s.pool.TrySubmit(nested)
		} else {
			err = s.pool.Submit(ctx, nested)
		}
	}
	return nil
}

func (s *storm) onError(_ context.Context, v any, err error) {
	if err == workerpool.ErrFull {
		s.tasks[v.(int)].dropped.Add(1)
		s.dropped.Add(1)
		s.ended.Add(1)
		return
	}
	if s.failed.Add(1)%4 == 0 {
		runtime.Goexit()
	}
}

// watch looks at the bounds all the time.
func (s *storm) watch() {
	var before workerpool.Stats
	for !s.finished.Load() {
		accepted := s.accepted.Load() // before those that have ended
		if n := accepted - s.ended.Load(); n > s.window() {
			s.Errorf("%d tasks are accepted and not ended; want %d at most", n, s.window())
		}
		got := s.pool.Stats()
		if sum := got.Ended + got.Dropped + got.Unrun + uint64(got.Running+got.Queued); got.Accepted != sum {
			s.Errorf("Stats() = %+v, of which the parts are %d together", got, sum)
		}
		if got.Ended < before.Ended || got.Accepted < before.Accepted || got.Running < 0 || got.Queued < 0 || got.Workers > stormWorkers {
			s.Errorf("Stats() = %+v after %+v", got, before)
		}
		before = got
		for _, n := range s.pool.Batches() {
			s.batch = max(s.batch, n)
		}
		runtime.Gosched()
	}
}

func (s *storm) resize() {
	rng := rand.New(rand.NewPCG(s.seed, stormGoroutines))
	for !s.finished.Load() {
		n := 1 + rng.IntN(stormWorkers)
		if err := s.pool.Resize(n); err != nil {
			s.Errorf("Resize(%d) = %v", n, err)
		}
		for range rng.IntN(200) {
			runtime.Gosched()
		}
	}
}

// close gives up the pool at some time, with more or less patience, and waits
// for it then.
func (s *storm) close() {
	rng := rand.New(rand.NewPCG(s.seed, stormGoroutines+1))
	for at := rng.Int64N(stormGoroutines * stormCalls * 3 / 2); s.last.Load() < at && !s.finished.Load(); {
		runtime.Gosched()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rng.IntN(3)*rng.IntN(500))*time.Microsecond)
	defer cancel()
	s.closing.Store(true)
	err := s.pool.Close(ctx)
	if left, ok := errors.AsType[*workerpool.DrainError[int]](err); ok {
		s.given.Store(true)
		for _, task := range left.Unrun {
			s.tasks[task].unrun.Add(1)
		}
		for _, task := range left.Stuck {
			s.tasks[task].stuck.Store(true)
		}
		for i := range s.tasks[:s.last.Load()+1] {
			v := &s.tasks[i]
			// It takes a moment until a dropped task is known to be dropped.
			isLost := v.accepted.Load() > 0 && !v.ended.Load() && !v.stuck.Load() && v.unrun.Load() == 0
			if isLost && s.options.OnFull != workerpool.DropOldest && s.options.OnFull != workerpool.DropNewest {
				s.Errorf("task %d has not ended, and %v does not list it", i, err)
			}
		}
	} else if err != nil {
		s.Errorf("Close = %v; want nil or a *DrainError", err)
	}
	if err := s.pool.Close(context.Background()); err != nil {
		s.Errorf("Close = %v; want nil", err)
	}
	for i := range s.tasks[:s.last.Load()+1] {
		if v := &s.tasks[i]; v.runs.Load() > 0 && !v.ended.Load() {
			s.Errorf("Close = nil while task %d is running", i)
		}
	}
}

func (s *storm) account() {
	want := workerpool.Stats{
		Accepted: uint64(s.accepted.Load()),
		Failed:   uint64(s.failed.Load()),
		Dropped:  uint64(s.dropped.Load()),
		Rejected: uint64(s.refused.Load()),
	}
	for i := range s.tasks[:s.last.Load()+1] {
		v := &s.tasks[i]
		accepted, runs, unrun, dropped := v.accepted.Load(), v.runs.Load(), v.unrun.Load(), v.dropped.Load()
		if runs+unrun+dropped != accepted || accepted > 1 {
			s.Errorf("task %d was accepted %d times, run %d times, listed as unrun %d times, and dropped %d times", i, accepted, runs, unrun, dropped)
		}
		if v.late.Load() && !v.stuck.Load() {
			s.Errorf("task %d was begun after the pool had been given up", i)
		}
		want.Ended += uint64(runs)
		want.Unrun += uint64(unrun)
	}
	if got := s.pool.Stats(); got != want {
		s.Errorf("Stats() = %+v; want %+v", got, want)
	}
}

// storms returns a storm of each kind.
func storms(t *testing.T) map[string]*storm {
	of := func(o workerpool.Options) *storm { return &storm{T: t, options: o} }
	keyed := func(o workerpool.Options) *storm { return &storm{T: t, options: o, keyed: true} }
	return map[string]*storm{
		"large":       of(workerpool.Options{Workers: 4}),
		"small":       of(workerpool.Options{Workers: 2, Queue: 3}),
		"hand over":   of(workerpool.Options{Workers: 3, Queue: -1, IdleTimeout: time.Microsecond}),
		"reject":      of(workerpool.Options{Workers: 2, Queue: 50, OnFull: workerpool.Reject}),
		"drop oldest": of(workerpool.Options{Workers: 2, Queue: 10, OnFull: workerpool.DropOldest}),
		"drop newest": of(workerpool.Options{Workers: 2, Queue: 100, OnFull: workerpool.DropNewest}),
		"caller runs": of(workerpool.Options{Workers: 2, Queue: 20, OnFull: workerpool.CallerRuns}),
		"strict":      of(workerpool.Options{Workers: 4, Queue: 100, Strict: true}),
		"rate":        of(workerpool.Options{Workers: 4, Rate: 1e6, Burst: 100}),
		"keyed":       keyed(workerpool.Options{Workers: 4}),
		"keyed small": keyed(workerpool.Options{Workers: 4, Queue: 3, TaskTimeout: time.Millisecond}),
		"keyed rejects": keyed(workerpool.Options{
			Workers: 3, Queue: 30, OnFull: workerpool.Reject, IdleTimeout: time.Microsecond,
		}),
	}
}

// TestStorm runs one of each. What a storm of long queues shows would be little
// if no batches were large.
func TestStorm(t *testing.T) {
	for name := range storms(t) {
		t.Run(name, func(t *testing.T) {
			s := storms(t)[name]
			s.run(1)
			if name == "large" && s.batch < 8 {
				t.Errorf("no batch was larger than %d; want 8 or more", s.batch)
			}
		})
	}
}

// TestSoak is TestStorm for as long as -soak says, the pools in turn.
func TestSoak(t *testing.T) {
	d := *soak
	if testing.Short() {
		d /= 10
	}
	start := time.Now()
	for seed := uint64(2); time.Since(start) < d && !t.Failed(); seed++ {
		for name, s := range storms(t) {
			s.run(seed)
			if t.Failed() {
				t.Logf("storm %q, seed %d", name, seed)
				break
			}
		}
	}
}
