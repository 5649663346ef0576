package workerpool_test

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// target is what a Pool and a Keyed have in common.
type target interface {
	Submit(ctx context.Context, v int) error
	TrySubmit(v int) error
	SubmitAll(ctx context.Context, in iter.Seq[int]) (int, error)
	Wait(ctx context.Context) error
	Close(ctx context.Context) error
	Resize(n int) error
	Stats() workerpool.Stats
	Batches() []int
}

// A model watches a pool that is played with, and knows of each task what has
// become of it. Whatever happens, a task that was accepted
//
//   - was run once, or
//   - is in one DrainError as unrun, or
//   - was reported to OnError once as dropped,
//
// and one that was refused did none of this. The other laws are next to the
// code that checks them.
//
// The model has a clock that goes on with each thing that happens, to tell what
// happened before what. It is not that of the bubble, where much happens at the
// same instant.
type model struct {
	t     *testing.T
	o     workerpool.Options
	keyed bool
	pool  target
	made  time.Time

	resizing sync.Mutex // makes Resizes happen in the order in which they are noted

	mu      sync.Mutex // guards the fields below
	clock   int
	tasks   []record
	calls   int // Submits in progress
	closing bool
	drained int // when a Close first returned a DrainError
	workers int // as New and Resize were told
	failed  uint64
	full    uint64 // tasks refused with ErrFull

	// The greatest numbers since there were last no more tasks than the present
	// ones allow: Resize does not interrupt anybody.
	mostWorkers, mostTasks int
}

// A record is what is known of a task. Times are of the model's clock, and 0 if
// something has not happened.
type record struct {
	asked, answered  int // when Submit was called, and when it returned
	begun, ended     int
	begunAt, endedAt time.Duration // on the clock of the bubble

	accepted, runs, unrun, dropped int

	stuck bool // listed in a DrainError as running
	late  bool // was begun with a context that had ended
}

func (r *record) isOver() bool { return r.ended > 0 || r.unrun > 0 || r.dropped > 0 }

// A task is the number of its record, and a byte that says how it will end. Its
// key is one of three.
func number(task int) int { return task >> 8 }
func how(task int) byte   { return byte(task) }
func key(task int) int    { return number(task) % 3 }

// Ways for a task to end.
const (
	endsWell = iota
	endsWellToo
	endsWithError
	endsWithPanic
	endsWithGoexit
	endsWithErrorAndGoexit // that is, OnError calls it
	endsInItsOwnTime       // ignores its context
	endsNested             // calls its own pool
	ends
)

// now makes the clock go on; mu must be held.
func (m *model) now() int {
	m.clock++
	return m.clock
}

// law reports that a law is broken, unless ok.
func (m *model) law(ok bool, format string, args ...any) {
	if !ok {
		m.t.Errorf(format, args...)
	}
}

// offer makes a task.
func (m *model) offer(how byte) (task int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tasks = append(m.tasks, record{asked: m.now()})
	m.calls++
	return (len(m.tasks)-1)<<8 | int(how)
}

// answer notes that the pool has answered the offer of a task. Each error has
// to have its reason.
func (m *model) answer(ctx context.Context, task int, err error, mayBeFull bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls--
	r := &m.tasks[number(task)]
	r.answered = m.now()
	switch err {
	case nil:
		r.accepted++
	case workerpool.ErrClosed:
		m.law(m.closing, "task %d was refused with %v before Close", number(task), err)
	case workerpool.ErrFull:
		m.full++
		m.law(mayBeFull, "task %d was refused with %v under %v", number(task), err, m.o.OnFull)
	case workerpool.ErrNested:
		m.law(m.o.OnFull == workerpool.Block && ctx.Value(inHandler{}) != nil, "task %d was refused with %v", number(task), err)
	default:
		m.law(ctx.Err() != nil && err == context.Cause(ctx), "task %d was refused with %v; the context's cause is %v", number(task), err, context.Cause(ctx))
	}
}

// inHandler is the key of a context that is derived from that of a handler.
type inHandler struct{}

func (m *model) submit(ctx context.Context, how byte) {
	task := m.offer(how)
	var err error
	// Deferred for a task that ends the goroutine of its caller.
	defer func() { m.answer(ctx, task, err, m.o.OnFull == workerpool.Reject) }()
	err = m.pool.Submit(ctx, task)
}

func (m *model) trySubmit(how byte) {
	task := m.offer(how)
	m.answer(context.Background(), task, m.pool.TrySubmit(task), true)
}

// submitAll submits three tasks, and knows that one was accepted when it is
// asked for the next.
func (m *model) submitAll(ctx context.Context, how byte) {
	if m.o.OnFull == workerpool.CallerRuns {
		how &^= ends - 1 // endsWell
	}
	taken, refused := 0, -1
	accepted, err := m.pool.SubmitAll(ctx, func(yield func(int) bool) {
		for range 3 {
			taken++
			task := m.offer(how)
			if !yield(task) {
				refused = task
				return
			}
			m.answer(ctx, task, nil, false)
		}
	})
	if refused >= 0 {
		m.answer(ctx, refused, err, m.o.OnFull == workerpool.Reject)
		accepted++
	}
	m.law(accepted == taken && (err != nil) == (refused >= 0), "SubmitAll = %d, %v after %d tasks were taken", accepted, err, taken)
}

func (m *model) handle(ctx context.Context, task int) error {
	m.begin(ctx, task)
	d := time.Duration(max(0, int(how(task)>>4)-7)) * time.Millisecond // half of them take no time
	switch how(task) % ends {
	case endsWithError, endsWithErrorAndGoexit:
		sleep(ctx, d)
		return errTask
	case endsWithPanic:
		sleep(ctx, d)
		panic(errTask)
	case endsWithGoexit:
		sleep(ctx, d)
		runtime.Goexit()
	case endsInItsOwnTime:
		time.Sleep(d)
	case endsNested:
		ctx := context.WithValue(ctx, inHandler{}, true)
		m.submit(ctx, endsWell) // must not hang, accepted or not
		m.trySubmit(endsWell)
		if err := errors.Join(m.pool.Wait(ctx), m.pool.Close(ctx)); err == nil || err.Error() != errors.Join(workerpool.ErrNested, workerpool.ErrNested).Error() {
			m.t.Errorf("Wait and Close in a handler = %v; want ErrNested", err)
		}
	default:
		sleep(ctx, d)
	}
	m.end(task)
	return nil
}

func (m *model) begin(ctx context.Context, task int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &m.tasks[number(task)]
	r.runs++
	r.begun = m.now()
	r.begunAt = time.Since(m.made)
	r.late = ctx.Err() != nil

	running, overtaken := 0, 0
	for i := range m.tasks {
		other := &m.tasks[i]
		isRunning := other.begun > 0 && other.ended == 0
		if isRunning {
			running++
		}
		waits := other.accepted > 0 && other.answered < r.asked && other.begun == 0 && !other.isOver()
		if waits {
			overtaken++
		}
		if m.keyed && i != number(task) && key(i<<8) == key(task) {
			m.law(!isRunning, "task %d of key %d was begun while %d was running", number(task), key(task), i)
			m.law(!waits, "task %d of key %d was begun before %d", number(task), key(task), i)
		}
	}
	// Those that callers run do not count, and only CallerRuns has any. It takes
	// a moment until a dropped task is known to be dropped, and a worker that has
	// taken a task may be overtaken before it begins.
	m.law(running <= m.mostWorkers+m.calls, "%d tasks run on %d workers and %d callers", running, m.mostWorkers, m.calls)
	if m.o.Strict && !m.keyed {
		m.law(overtaken < m.mostWorkers+m.calls, "task %d has overtaken %d others on %d workers", number(task), overtaken, m.mostWorkers)
	}
}

func (m *model) end(task int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tasks[number(task)].end(m)
}

func (r *record) end(m *model) {
	r.ended = m.now()
	r.endedAt = time.Since(m.made)
}

// onError is the end of a task that has failed.
func (m *model) onError(_ context.Context, v any, err error) {
	task := v.(int)
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &m.tasks[number(task)]
	if err == workerpool.ErrFull {
		r.dropped++
		m.law(m.o.OnFull == workerpool.DropOldest || m.o.OnFull == workerpool.DropNewest, "task %d was dropped under %v", number(task), m.o.OnFull)
		return
	}
	m.failed++
	r.end(m)
	m.law(errors.Is(err, errTask) || how(task)%ends == endsWithGoexit, "task %d failed with %v", number(task), err)
	if how(task)%ends == endsWithErrorAndGoexit {
		runtime.Goexit()
	}
}

func (m *model) resize(n int) {
	m.resizing.Lock()
	defer m.resizing.Unlock()
	m.mu.Lock()
	m.workers = n
	m.mostWorkers = max(m.mostWorkers, n)
	m.mostTasks = max(m.mostTasks, m.window())
	m.mu.Unlock()
	if err := m.pool.Resize(n); err != nil {
		m.t.Errorf("Resize(%d) = %v; want nil", n, err)
	}
}

func (m *model) window() int {
	if m.o.Queue == 0 {
		return m.workers + 1024
	}
	return m.workers + max(0, m.o.Queue)
}

// wait holds that what was accepted before Wait is over after it.
func (m *model) wait(ctx context.Context) {
	m.mu.Lock()
	called := m.now()
	m.mu.Unlock()
	if err := m.pool.Wait(ctx); err != nil {
		m.law(ctx.Err() != nil && err == context.Cause(ctx), "Wait = %v", err)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.tasks {
		r := &m.tasks[i]
		accepted := r.accepted > 0 && r.answered < called
		// Another Close may have listed it and not returned yet.
		m.law(!accepted || r.isOver() || m.closing, "Wait = nil, and task %d is not over", i)
	}
}

func (m *model) close(ctx context.Context) {
	m.mu.Lock()
	called, calledAt := m.now(), time.Since(m.made)
	m.closing = true
	m.mu.Unlock()

	err := m.pool.Close(ctx)
	if got := m.pool.TrySubmit(0); got != workerpool.ErrClosed {
		m.t.Errorf("TrySubmit after Close = %v; want ErrClosed", got)
	}
	if err == nil {
		if s := m.pool.Stats(); s.Workers != 0 || s.Running != 0 || s.Queued != 0 || s.Blocked != 0 {
			m.t.Errorf("after Close = nil the pool is not empty: %+v", s)
		}
		return
	}
	left, ok := errors.AsType[*workerpool.DrainError[int]](err)
	if !ok || left.Running != len(left.Stuck) || ctx.Err() == nil || !errors.Is(err, context.Cause(ctx)) {
		m.t.Errorf("Close = %v; want nil or a *DrainError with the cause of ctx", err)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.drained == 0 {
		m.drained = m.now()
	}
	for i, task := range left.Unrun {
		r := &m.tasks[number(task)]
		r.unrun++
		for _, before := range left.Unrun[:i] {
			inOrder := m.keyed && key(before) == key(task) || m.o.Strict && !m.keyed
			b := &m.tasks[number(before)]
			m.law(!inOrder || r.answered == 0 || b.asked < r.answered, "Unrun lists task %d before %d", number(before), number(task))
		}
	}
	for _, task := range left.Stuck {
		r := &m.tasks[number(task)]
		r.stuck = true
		// A handler says that it ends before it has.
		m.law(r.ended == 0 || r.endedAt >= calledAt, "Stuck lists task %d, which had ended", number(task))
	}
	for i := range m.tasks {
		r := &m.tasks[i]
		isRunning := 0 < r.begun && r.begun < called && r.ended == 0
		m.law(!isRunning || r.stuck, "task %d is running, and Stuck does not list it", i)
	}
}

// audit compares the pool's account with that of the model. It is for a moment
// in which all goroutines of the bubble wait for something.
func (m *model) audit() {
	got := m.pool.Stats()
	m.mu.Lock()
	defer m.mu.Unlock()
	want := workerpool.Stats{Workers: got.Workers, Failed: m.failed, Rejected: m.full}
	runs := [3]bool{} // by key
	waits := [3]bool{}
	for i := range m.tasks {
		r := &m.tasks[i]
		switch {
		case r.unrun > 0:
			want.Unrun++
		case r.dropped > 0:
			want.Dropped++
		case r.ended > 0:
			want.Ended++
		case r.begun > 0:
			want.Running++
			runs[key(i<<8)] = true
		case r.accepted > 0:
			want.Queued++
			waits[key(i<<8)] = true
		default:
			continue
		}
		want.Accepted++
	}
	callers := 0
	if m.o.OnFull == workerpool.CallerRuns {
		callers = m.calls
	} else {
		want.Blocked = m.calls
	}
	m.law(got == want, "Stats() = %+v; want %+v", got, want)

	busy := want.Running - callers
	tasks := busy + want.Queued
	m.law(busy <= m.mostWorkers && got.Workers <= m.mostWorkers, "%d tasks run on %d workers; want at most %d", busy, got.Workers, m.mostWorkers)
	m.law(tasks <= m.mostTasks, "%d tasks are accepted and not ended; want at most %d", tasks, m.mostTasks)

	// No task waits that could be run.
	free := busy < m.workers && m.o.Rate == 0
	for k := range waits {
		m.law(!free || !waits[k] || m.keyed && runs[k], "tasks wait while %d of %d workers are busy", busy, m.workers)
	}
	// No Submit waits while there is room, but for such as was made by a worker
	// that has not come back with its batch.
	if batches := m.pool.Batches(); len(batches) == 0 || slices.Max(batches) == 1 {
		m.law(want.Blocked == 0 || tasks >= m.window(), "%d Submits wait while there are %d tasks and room for %d", want.Blocked, tasks, m.window())
	}
	if busy <= m.workers {
		m.mostWorkers = m.workers
	}
	if tasks <= m.window() {
		m.mostTasks = m.window()
	}
}

// check is for the end, when the pool is closed.
func (m *model) check() {
	m.mu.Lock()
	defer m.mu.Unlock()
	var starts starts
	for i := range m.tasks {
		r := &m.tasks[i]
		m.law(r.accepted <= 1 && r.runs+r.unrun+r.dropped == r.accepted,
			"task %d was accepted %d times, run %d times, listed as unrun %d times, and dropped %d times", i, r.accepted, r.runs, r.unrun, r.dropped)
		m.law(r.runs == 0 || r.ended > 0, "task %d was begun and not ended", i)
		m.law(!r.stuck || r.runs > 0, "task %d was listed as running, and was not", i)
		isLate := r.late || m.drained > 0 && r.begun > m.drained
		m.law(!isLate || r.stuck, "task %d was begun after the pool had been given up", i)
		if r.begun > 0 {
			starts.at = append(starts.at, r.begunAt)
		}
	}
	if m.o.Rate > 0 {
		slices.Sort(starts.at)
		starts.check(m.t, m.o.Rate, m.o.Burst, starts.at)
	}
}

// Steps of a play. The byte that follows says how: in which way the task ends,
// how long somebody has patience.
const (
	stepSubmit = iota
	stepSubmitImpatient
	stepSubmitEnded
	stepSubmitAll
	stepTrySubmit
	stepPass
	stepResize
	stepWait
	stepClose
	stepCloseDeadline
	steps
)

func (m *model) step(step, how byte) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), time.Duration(how%16)*time.Millisecond, errors.New("no patience"))
	defer cancel()
	switch step {
	case stepSubmit:
		m.submit(context.Background(), how)
	case stepSubmitImpatient:
		m.submit(ctx, how)
	case stepSubmitEnded:
		ctx, cancel := context.WithCancelCause(ctx)
		cancel(errors.New("ended"))
		m.submit(ctx, how)
	case stepSubmitAll:
		m.submitAll(ctx, how)
	case stepTrySubmit:
		m.trySubmit(how)
	case stepResize:
		m.resize(1 + int(how%5))
	case stepWait:
		m.wait(ctx)
	case stepClose:
		if how >= 192 { // most plays are to go on for a while
			m.close(context.Background())
		}
	case stepCloseDeadline:
		if how >= 192 {
			m.close(ctx)
		}
	}
}

// options makes Options of three bytes.
func (m *model) options(workers, queue, kind byte) {
	m.workers = 1 + int(workers%4)
	m.o = workerpool.Options{
		Workers: m.workers,
		Queue:   [...]int{-1, 1, 2, 5, 0}[queue%5],
		OnFull:  workerpool.Full(kind % 5),
		Strict:  kind/5%2 == 1,
		OnError: m.onError,
	}
	if kind/10%3 == 1 {
		m.o.Rate, m.o.Burst = 500, 1+int(kind%3)
	}
	m.keyed = kind/30%3 == 1
	switch {
	case m.o.OnFull == workerpool.DropOldest && (m.keyed || m.o.Queue < 0),
		m.o.OnFull == workerpool.CallerRuns && (m.keyed || m.o.Strict || m.o.Rate > 0):
		m.o.OnFull = workerpool.Block // which goes with everything
	}
	m.mostWorkers, m.mostTasks = m.workers, m.window()
}

// play reads three bytes for options, and then a script of steps, performs each
// on its own goroutine, closes the pool and checks. Goroutines and handlers sleep
// in fake time, and where several wake at the same instant the scheduler decides.
func play(t *testing.T, script []byte) {
	script = script[:min(len(script), 400)] // the model looks at every task for each
	synctest.Test(t, func(t *testing.T) {
		arg := func(i int) byte {
			if i < len(script) {
				return script[i]
			}
			return 0
		}
		m := &model{t: t, made: time.Now()}
		m.options(arg(0), arg(1), arg(2))
		if m.keyed {
			m.pool = newKeyed(t, key, m.handle, m.o)
		} else {
			m.pool = newPool(t, m.handle, m.o)
		}
		time.Sleep(time.Nanosecond) // a clock at zero measures no batch
		var wg sync.WaitGroup
		for i := 3; i < len(script); i += 2 {
			step, how := script[i]%steps, arg(i+1)
			if step == stepPass {
				time.Sleep(time.Duration(how%8) * time.Millisecond)
				continue
			}
			wg.Go(func() { m.step(step, how) })
			if how&1 == 0 { // half of the steps run in order, the rest at once
				synctest.Wait()
				m.audit()
			}
		}
		wg.Wait()
		synctest.Wait()
		m.audit()
		m.close(context.Background())
		m.check()
		if t.Failed() {
			t.Logf("options %+v, keyed %v, script %v", m.o, m.keyed, script)
		}
	})
}

func TestModel(t *testing.T) {
	plays := 3000
	if testing.Short() {
		plays = 1000
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range plays {
		script := make([]byte, 3+2*rng.IntN(60))
		for i := range script {
			script[i] = byte(rng.Uint32())
		}
		play(t, script)
		if t.Failed() {
			return
		}
	}
}

func FuzzModel(f *testing.F) {
	const block, reject, dropOldest, dropNewest, callerRuns, strict, rate, keyed = 0, 1, 2, 3, 4, 5, 10, 30
	f.Add([]byte{0, 0, block, stepSubmit, 160, stepSubmit, 160, stepCloseDeadline, 192})                         // one waits, one runs
	f.Add([]byte{0, 1, block, stepSubmit, 240, stepSubmit, 240, stepSubmit, 241, stepClose, 193})                // Close meets a blocked Submit
	f.Add([]byte{1, 0, block, stepSubmit, 4, stepSubmit, 4, stepSubmit, 5, stepSubmitImpatient, 1})              // Goexit on every worker
	f.Add([]byte{2, 1, block, stepTrySubmit, 7, stepTrySubmit, 23, stepPass, 1, stepWait, 5})                    // nested submission
	f.Add([]byte{0, 2, dropOldest, stepSubmitAll, 240, stepSubmitAll, 240, stepCloseDeadline, 194})              // drops, and gives up
	f.Add([]byte{0, 1, callerRuns, stepSubmitAll, 241, stepSubmit, 245, stepSubmit, 244, stepClose, 192})        // a caller has to run a Goexit
	f.Add([]byte{3, 4, strict, stepSubmitAll, 1, stepSubmitAll, 1, stepResize, 0, stepSubmitAll, 240})           // order, across a Resize
	f.Add([]byte{3, 4, rate + dropNewest, stepSubmitAll, 0, stepSubmitAll, 0, stepPass, 7, stepSubmitAll, 0})    // tasks wait for their turn
	f.Add([]byte{3, 3, keyed + reject, stepSubmitAll, 240, stepSubmitAll, 227, stepResize, 2, stepTrySubmit, 7}) // and for their key
	f.Fuzz(play)
}
