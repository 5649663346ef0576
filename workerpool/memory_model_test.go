package workerpool_test

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// The plainest queue that there is says what a Memory has to do: it keeps its
// messages in a slice and looks through all of them. A script of steps is played
// to both. Handlers do nothing but wait to be told how to end, so that after each
// step, when all goroutines are blocked, everything about the Memory is known:
// which messages started, which publishers were answered, which Runs ended.

const (
	modelAttempts = 3
	modelDedupFor = 2 * time.Millisecond
	modelGrace    = 3 * time.Millisecond
	modelHint     = 2 * time.Millisecond
	modelJitter   = 1 // the only wait that full jitter can choose from
)

// modelMessage is a message with its place in the play.
type modelMessage struct {
	value    int
	options  workerpool.PublishOptions
	due      time.Time
	attempt  int
	run      *modelRun                                         // nil while it waits
	commands chan func(ctx context.Context) (end func() error) // to the handler; a nil end lets it wait on
}

type modelPublisher struct {
	message *modelMessage
	cancel  context.CancelFunc
	answer  chan error
}

type modelRun struct {
	cancel  context.CancelFunc
	ended   chan error
	stopped time.Time // zero if it goes on
	running int
}

// disturbs reports whether the context of r's handlers has ended.
func (r *modelRun) disturbs() bool {
	return !r.stopped.IsZero() && time.Since(r.stopped) >= modelGrace
}

// modelStart is what a handler reports when it starts.
type modelStart struct {
	value, attempt int
	run            *modelRun
}

type memoryModel struct {
	*testing.T
	queue             *workerpool.Memory[int]
	workers, capacity int
	starts            chan modelStart // room for more than there can be

	clock    time.Time       // up to which messages have been started
	messages []*modelMessage // all there ever were
	pending  []*modelMessage // not settled
	blocked  []*modelPublisher
	runs     []*modelRun
	known    map[string]time.Time // until when; zero while pending
	dead     []int
}

func playMemory(t *testing.T, script []byte) {
	synctest.Test(t, func(t *testing.T) {
		next := func() int {
			if len(script) == 0 {
				return 0
			}
			b := script[0]
			script = script[1:]
			return int(b)
		}
		m := &memoryModel{
			T: t, workers: 1 + next()%3, capacity: 1 + next()%6,
			starts: make(chan modelStart, 100), known: make(map[string]time.Time), clock: time.Now(),
		}
		retry := quick
		retry.Attempts = modelAttempts
		m.queue = newMemory[int](t, workerpool.QueueOptions{
			Workers: m.workers, Capacity: m.capacity, Retry: retry, Grace: modelGrace, DedupFor: modelDedupFor, OnDead: silent,
		})
		for len(script) > 0 && !t.Failed() {
			m.step(next(), next())
		}
		m.finish()
	})
}

func (m *memoryModel) step(step, how int) {
	switch step % 8 {
	case 0, 1:
		m.publish(optionsOf(how))
	case 2:
		if len(m.blocked) > 0 {
			m.withdraw(how % len(m.blocked))
		}
	case 3:
		for range how % 6 {
			time.Sleep(time.Millisecond)
			m.check()
		}
	case 4:
		if len(m.runs) < 4 {
			m.run()
		}
	case 5:
		if len(m.runs) > 0 {
			m.stop(m.runs[how%len(m.runs)])
		}
	case 6:
		if running := m.running(); len(running) > 0 {
			m.end(running[how/8%len(running)], how%8)
		}
	case 7:
		if running := m.running(); len(running) > 0 {
			m.publishNested(running[how%len(running)], optionsOf(how))
		}
	}
	m.check()
}

func optionsOf(how int) workerpool.PublishOptions {
	return workerpool.PublishOptions{
		ID:       []string{"", "", "a", "b"}[how%4],
		Priority: how/4%3 - 1,
		Delay:    time.Duration(how/16%4) * time.Millisecond,
	}
}

func (m *memoryModel) running() []*modelMessage {
	return slices.DeleteFunc(slices.Clone(m.pending), func(msg *modelMessage) bool { return msg.run == nil })
}

func (m *memoryModel) offer(o workerpool.PublishOptions) *modelMessage {
	msg := &modelMessage{
		value: len(m.messages), options: o, attempt: 1,
		commands: make(chan func(context.Context) func() error),
	}
	m.messages = append(m.messages, msg)
	return msg
}

func publishTo(ctx context.Context, q *workerpool.Memory[int], msg *modelMessage) error {
	o := msg.options
	return q.Publish(ctx, msg.value, workerpool.WithID(o.ID), workerpool.WithPriority(o.Priority), workerpool.WithDelay(o.Delay))
}

func (m *memoryModel) publish(o workerpool.PublishOptions) {
	ctx, cancel := context.WithCancel(context.Background())
	p := &modelPublisher{message: m.offer(o), cancel: cancel, answer: make(chan error, 1)}
	go func() { p.answer <- publishTo(ctx, m.queue, p.message) }()
	synctest.Wait()
	if !m.admit(p.message) {
		m.blocked = append(m.blocked, p)
		return
	}
	m.answered(p, nil)
}

func (m *memoryModel) publishNested(by *modelMessage, o workerpool.PublishOptions) {
	msg := m.offer(o)
	var err error
	by.commands <- func(ctx context.Context) func() error {
		err = publishTo(ctx, m.queue, msg)
		return nil
	}
	synctest.Wait()
	var want error
	switch {
	case by.run.disturbs():
		want = context.Canceled
	case !m.admit(msg):
		want = workerpool.ErrNested
	}
	if !errors.Is(err, want) {
		m.Errorf("Publish(%+v) in a handler = %v; want %v", o, err, want)
	}
}

// answered checks that the call of a publisher has returned, with want.
func (m *memoryModel) answered(p *modelPublisher, want error) {
	p.cancel()
	select {
	case err := <-p.answer:
		if !errors.Is(err, want) {
			m.Errorf("Publish of message %d = %v; want %v", p.message.value, err, want)
		}
	default:
		m.Errorf("Publish of message %d has not returned; want %v", p.message.value, want)
	}
}

func (m *memoryModel) withdraw(i int) {
	p := m.blocked[i]
	m.blocked = slices.Delete(m.blocked, i, i+1)
	p.cancel()
	synctest.Wait()
	m.answered(p, context.Canceled)
}

// admit is what the model does for Publish; false means that it blocks.
func (m *memoryModel) admit(msg *modelMessage) bool {
	id := msg.options.ID
	if until, ok := m.known[id]; ok && (until.IsZero() || time.Now().Before(until)) {
		return true
	}
	if len(m.pending) == m.capacity {
		return false
	}
	if id != "" {
		m.known[id] = time.Time{}
	}
	msg.due = time.Now().Add(msg.options.Delay)
	m.pending = append(m.pending, msg)
	return true
}

func (m *memoryModel) run() {
	ctx, cancel := context.WithCancel(context.Background())
	r := &modelRun{cancel: cancel, ended: make(chan error, 1)}
	m.runs = append(m.runs, r)
	go func() {
		r.ended <- m.queue.Run(ctx, func(ctx context.Context, value int) error {
			info, _ := workerpool.TaskInfo(ctx)
			m.starts <- modelStart{value, info.Attempt, r}
			for command := range m.messages[value].commands {
				if end := command(ctx); end != nil {
					return end()
				}
			}
			return nil
		})
	}()
	synctest.Wait()
}

func (m *memoryModel) stop(r *modelRun) {
	if r.stopped.IsZero() {
		r.stopped = time.Now()
	}
	r.cancel()
	synctest.Wait()
}

// end has the handler of msg end in one of some ways.
func (m *memoryModel) end(msg *modelMessage, how int) {
	stopped := !msg.run.stopped.IsZero()
	disturbed := msg.run.disturbs()
	msg.commands <- func(ctx context.Context) func() error {
		if (ctx.Err() != nil) != disturbed {
			m.Errorf("the context of a handler whose Run ended at %v has ended: %t; want %t", msg.run.stopped, !disturbed, disturbed)
		}
		return func() error {
			switch how {
			case 0:
				panic("boom")
			case 1:
				runtime.Goexit()
			case 2:
				return workerpool.Permanent(errMessage)
			case 3:
				return workerpool.RetryAfter(modelHint, errMessage)
			case 4, 5:
				return errMessage
			}
			return nil
		}
	}
	synctest.Wait()

	msg.run.running--
	msg.run = nil
	var wait time.Duration
	if how == 3 {
		wait = modelHint
	}
	switch {
	case how > 5:
		m.settle(msg, true)
	case stopped && how > 2:
		if wait > 0 {
			msg.due = time.Now().Add(wait)
		}
	case how == 2 || msg.attempt == modelAttempts:
		m.dead = append(m.dead, msg.value)
		m.settle(msg, false)
	default:
		msg.attempt++
		msg.due = time.Now().Add(wait + modelJitter)
	}
}

func (m *memoryModel) settle(msg *modelMessage, done bool) {
	m.pending = slices.DeleteFunc(m.pending, func(other *modelMessage) bool { return other == msg })
	if id := msg.options.ID; id != "" {
		delete(m.known, id)
		if done {
			m.known[id] = time.Now().Add(modelDedupFor)
		}
	}
	for len(m.blocked) > 0 && m.admit(m.blocked[0].message) {
		m.answered(m.blocked[0], nil)
		m.blocked = m.blocked[1:]
	}
}

// started returns the messages that are started up to now, and takes the time
// from one instant at which something is due to the next.
func (m *memoryModel) started() (values []int) {
	free := 0
	for _, r := range m.runs {
		if r.stopped.IsZero() {
			free += m.workers - r.running
		}
	}
	waiting := slices.DeleteFunc(slices.Clone(m.pending), func(msg *modelMessage) bool { return msg.run != nil })
	slices.SortStableFunc(waiting, func(a, b *modelMessage) int {
		return cmp.Or(cmp.Compare(b.options.Priority, a.options.Priority), a.due.Compare(b.due), cmp.Compare(a.value, b.value))
	})
	for {
		for i := 0; i < len(waiting) && free > 0; {
			if waiting[i].due.After(m.clock) {
				i++
				continue
			}
			values = append(values, waiting[i].value)
			waiting = slices.Delete(waiting, i, i+1)
			free--
		}
		soon := time.Now()
		for _, msg := range waiting {
			if msg.due.After(m.clock) && msg.due.Before(soon) {
				soon = msg.due
			}
		}
		if !m.clock.Before(soon) {
			slices.Sort(values)
			return values
		}
		m.clock = soon
	}
}

// check compares the queue with the model after a step.
func (m *memoryModel) check() {
	synctest.Wait()
	want := m.started()
	var got []int
	for len(m.starts) > 0 {
		s := <-m.starts
		got = append(got, s.value)
		msg := m.messages[s.value]
		if s.attempt != msg.attempt || msg.run != nil {
			m.Errorf("message %d started with attempt %d, running: %t; want attempt %d, and not running", s.value, s.attempt, msg.run != nil, msg.attempt)
		}
		msg.run = s.run
		if s.run.running++; s.run.running > m.workers || !s.run.stopped.IsZero() {
			m.Errorf("message %d started on a Run that has %d running, limit %d, and ended at %v", s.value, s.run.running, m.workers, s.run.stopped)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		m.Fatalf("messages %v started; want %v", got, want)
	}
	for _, p := range m.blocked {
		if len(p.answer) > 0 {
			m.Errorf("Publish of message %d returned; want it to wait for room", p.message.value)
		}
	}
	for i := 0; i < len(m.runs); i++ {
		r := m.runs[i]
		if ended := !r.stopped.IsZero() && r.running == 0; ended != (len(r.ended) > 0) {
			m.Errorf("Run has returned: %t; want %t", !ended, ended)
		} else if ended {
			if err := <-r.ended; err != nil {
				m.Errorf("Run() = %v; want nil", err)
			}
			m.runs = slices.Delete(m.runs, i, i+1)
			i--
		}
	}
	if n := m.queue.Len(); n != len(m.pending) {
		m.Errorf("Len() = %d; want %d", n, len(m.pending))
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := m.queue.Wait(ended); (err == nil) != (len(m.pending) == 0) {
		m.Errorf("Wait(ended ctx) = %v with %d messages pending", err, len(m.pending))
	}
}

// finish lets everything come to an end, also after a failure, and looks at the
// dead letters.
func (m *memoryModel) finish() {
	for len(m.blocked) > 0 {
		m.withdraw(0)
	}
	for _, r := range m.runs {
		m.stop(r)
	}
	for _, msg := range m.messages {
		close(msg.commands)
	}
	synctest.Wait()
	if m.Failed() {
		return
	}
	for _, msg := range m.running() {
		msg.run.running--
		m.settle(msg, true)
	}
	m.check()

	var dead []int
	for _, d := range m.queue.TakeDeadLetters() {
		dead = append(dead, d.Value)
	}
	if want := m.dead[max(0, len(m.dead)-m.capacity):]; !slices.Equal(dead, want) {
		m.Errorf("dead letters = %v; want %v", dead, want)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- m.queue.Run(ctx, func(context.Context, int) error { return nil }) }()
	m.queue.Wait(ctx)
	cancel()
	<-ended
}

func TestMemoryAgreesWithItsModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		script := make([]byte, 2+2*rng.IntN(80))
		for i := range script {
			script[i] = byte(rng.Uint32())
		}
		playMemory(t, script)
		if t.Failed() {
			t.Fatalf("script %v", script)
		}
	}
}

func FuzzMemory(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 0, 2, 0, 0, 4, 0, 6, 7, 6, 7})             // a duplicate, and one that is blocked
	f.Add([]byte{1, 3, 4, 0, 0, 0, 5, 0, 6, 4, 4, 0, 3, 1, 6, 4})       // an attempt that is interrupted
	f.Add([]byte{0, 5, 0, 16, 0, 40, 0, 4, 4, 0, 3, 5, 6, 3, 3, 3})     // delays and priorities
	f.Add([]byte{0, 1, 4, 0, 0, 0, 7, 0, 7, 0, 6, 0, 6, 1, 3, 1})       // nested publishing, panic and Goexit
	f.Add([]byte{0, 1, 4, 0, 0, 2, 6, 2, 0, 2, 6, 7, 0, 2, 3, 2, 0, 2}) // an ID after a dead letter, and after it is done
	f.Fuzz(playMemory)
}
