package workerpool_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// The model keeps one record for each task ever offered to the pool. Whatever
// happens, the record of a task that was accepted shows one run or one place in
// a DrainError, and the record of any other task shows neither.
type record struct {
	accepted, run, unrun int
}

type model struct {
	t    *testing.T
	pool *workerpool.Pool[int]

	mu      sync.Mutex // guards the fields below
	records []record
	failed  int // tasks that returned an error, panicked or called Goexit
	heard   int // calls of OnError
}

// Steps of a play. The byte that follows says how: in which way the task ends,
// how long the submitter has patience.
const (
	stepSubmit = iota
	stepSubmitImpatient
	stepSubmitEnded
	stepTrySubmit
	stepPass
	stepWait
	stepClose
	stepCloseDeadline
	steps
)

// play reads a script of steps, performs each on its own goroutine, closes the
// pool and checks the records. Goroutines and handlers sleep in fake time, and
// where several wake at the same instant the scheduler decides.
func play(t *testing.T, script []byte) {
	synctest.Test(t, func(t *testing.T) {
		arg := func(i int) byte {
			if i < len(script) {
				return script[i]
			}
			return 0
		}
		m := &model{t: t}
		m.pool = newPool(t, m.handle, workerpool.Options{
			Workers: 1 + int(arg(0)%3),
			Queue:   int(arg(1)%4) - 1, // 0 is the default, all but endless
			OnError: func(context.Context, any, error) { m.mu.Lock(); m.heard++; m.mu.Unlock() },
		})
		var wg sync.WaitGroup
		for i := 2; i < len(script); i += 2 {
			step, how := script[i]%steps, arg(i+1)
			if step == stepPass {
				time.Sleep(time.Duration(how%8) * time.Millisecond)
				continue
			}
			wg.Go(func() { m.step(step, how) })
			if how&1 == 0 {
				synctest.Wait() // half of the steps run in order, the rest at once
			}
		}
		wg.Wait()
		mustClose(t, m.pool)
		m.check()
	})
}

func (m *model) step(step, how byte) {
	patience := time.Duration(how%16) * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	switch step {
	case stepSubmit:
		m.submit(ctx, m.offer(how))
	case stepSubmitImpatient:
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		m.submit(ctx, m.offer(how))
	case stepSubmitEnded:
		cancel()
		if err := m.submit(ctx, m.offer(how)); err == nil {
			m.t.Error("Submit(ended ctx) = nil; want an error")
		}
	case stepTrySubmit:
		task := m.offer(how)
		m.answer(task, m.pool.TrySubmit(task))
	case stepWait:
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		m.pool.Wait(ctx)
	case stepClose:
		if how < 192 { // most plays are to go on for a while
			return
		}
		m.close(ctx)
	case stepCloseDeadline:
		if how < 192 {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		m.close(ctx)
	}
}

// offer makes a task; its low byte is how it will end.
func (m *model) offer(how byte) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records = append(m.records, record{})
	return (len(m.records)-1)<<8 | int(how)
}

func (m *model) submit(ctx context.Context, task int) error {
	err := m.pool.Submit(ctx, task)
	m.answer(task, err)
	return err
}

func (m *model) answer(task int, err error) {
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records[task>>8].accepted++
}

func (m *model) close(ctx context.Context) {
	err := m.pool.Close(ctx)
	if got := m.pool.TrySubmit(0); got != workerpool.ErrClosed {
		m.t.Errorf("TrySubmit after Close = %v; want ErrClosed", got)
	}
	if err == nil {
		return
	}
	de, ok := errors.AsType[*workerpool.DrainError[int]](err)
	if !ok {
		m.t.Errorf("Close() = %v; want nil or a *DrainError", err)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, task := range de.Unrun {
		m.records[task>>8].unrun++
	}
}

func (m *model) handle(ctx context.Context, task int) error {
	fail := func(n int) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.failed += n
	}
	m.mu.Lock()
	m.records[task>>8].run++
	m.mu.Unlock()

	how := byte(task)
	sleep(ctx, time.Duration(how>>4)*time.Millisecond)
	switch how % 8 {
	case 0:
		fail(1)
		return errTask
	case 1:
		fail(1)
		panic(errTask)
	case 2:
		fail(1)
		runtime.Goexit()
	case 3:
		m.submit(ctx, m.offer(4)) // must not hang, accepted or not
	}
	return nil
}

func (m *model) check() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, r := range m.records {
		if r.run+r.unrun != r.accepted || r.accepted > 1 {
			m.t.Errorf("task %d was accepted %d times, run %d times and listed as unrun %d times", i, r.accepted, r.run, r.unrun)
		}
	}
	if m.heard != m.failed {
		m.t.Errorf("OnError was called %d times for %d failed tasks", m.heard, m.failed)
	}
}

func TestNoTaskIsLostOrRunTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		script := make([]byte, 2+2*rng.IntN(60))
		for i := range script {
			script[i] = byte(rng.Uint32())
		}
		play(t, script)
		if t.Failed() {
			t.Fatalf("script %v", script)
		}
	}
}

func FuzzPool(f *testing.F) {
	f.Add([]byte{0, 0, stepSubmit, 4, stepSubmit, 4, stepCloseDeadline, 192})                // one waits, one runs
	f.Add([]byte{0, 2, stepSubmit, 255, stepSubmit, 255, stepSubmit, 255, stepClose, 193})   // Close meets a blocked Submit
	f.Add([]byte{1, 0, stepSubmit, 2, stepSubmit, 2, stepSubmit, 3, stepSubmitImpatient, 1}) // Goexit on every worker
	f.Add([]byte{2, 1, stepTrySubmit, 3, stepTrySubmit, 19, stepPass, 1, stepWait, 5})       // nested submission
	f.Fuzz(play)
}
