package workerpool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/goplinth/plinth/workerpool"
)

var errMessage = errors.New("message failed")

// newMemory returns a queue or ends the test.
func newMemory[T any](t *testing.T, o workerpool.QueueOptions) *workerpool.Memory[T] {
	t.Helper()
	q, err := workerpool.NewMemory[T](o)
	if err != nil {
		t.Fatalf("NewMemory(%+v) = %v", o, err)
	}
	return q
}

func mustPublish[T any](t *testing.T, q workerpool.Queue[T], v T, opts ...workerpool.PublishOption) {
	t.Helper()
	if err := q.Publish(t.Context(), v, opts...); err != nil {
		t.Fatalf("Publish(%v) = %v", v, err)
	}
}

// run calls q.Run on another goroutine. The function it returns ends that call
// and waits for it.
func run[T any](t *testing.T, q workerpool.Queue[T], h workerpool.Handler[T]) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := q.Run(ctx, h); err != nil {
			t.Errorf("Run() = %v; want nil", err)
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

func mustWait[T any](t *testing.T, q *workerpool.Memory[T]) {
	t.Helper()
	if err := q.Wait(t.Context()); err != nil {
		t.Fatalf("Wait() = %v", err)
	}
}

// quick is a policy whose waits are a nanosecond. It logs no panics.
var quick = workerpool.RetryPolicy{BaseDelay: 1, MaxDelay: 1, OnRetry: func(context.Context, error, time.Duration) {}}

// silent is an OnDead for tests that fail messages on purpose.
func silent(context.Context, any, error) {}

// journal records what handlers did, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) note(args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprint(args...))
}

func (j *journal) check(t *testing.T, want ...string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Equal(j.lines, want) {
		t.Errorf("what happened is %q; want %q", j.lines, want)
	}
	j.lines = nil
}

func TestNewMemoryReportsAllMistakes(t *testing.T) {
	_, err := workerpool.NewMemory[int](workerpool.QueueOptions{
		Workers: -1, Capacity: -2, DedupFor: -3,
		Retry: workerpool.RetryPolicy{Attempts: -4},
		Grace: -5, // not one: it means none
	})
	want := "workerpool: QueueOptions.Workers is -1 (int): must be 0 (GOMAXPROCS) or more\n" +
		"workerpool: QueueOptions.Capacity is -2 (int): must be 0 (10,000) or more\n" +
		"workerpool: QueueOptions.Retry.Attempts is -4 (int): must be 1 or more, or 0 for the default\n" +
		"workerpool: QueueOptions.DedupFor is -3ns (time.Duration): must be 0 (off) or more"
	if err == nil || err.Error() != want {
		t.Errorf("NewMemory error = %v; want %v", err, want)
	}
}

func TestNewMemoryTakesEndlessBounds(t *testing.T) {
	const forever = time.Duration(math.MaxInt64)
	synctest.Test(t, func(t *testing.T) {
		q := newMemory[int](t, workerpool.QueueOptions{
			Workers: math.MaxInt, Capacity: math.MaxInt, Grace: forever, DedupFor: forever,
			Retry: workerpool.RetryPolicy{Attempts: math.MaxInt, MaxDelay: forever},
		})
		stop := run(t, q, func(ctx context.Context, _ int) error {
			if info, _ := workerpool.TaskInfo(ctx); info.Attempt < 5 {
				return errMessage
			}
			return nil
		})
		mustPublish(t, q, 1, workerpool.WithID("a"))
		mustPublish(t, q, 2, workerpool.WithDelay(-forever))
		mustWait(t, q)
		mustPublish(t, q, 3, workerpool.WithID("a"))
		mustPublish(t, q, 4, workerpool.WithDelay(forever))
		time.Sleep(1000 * time.Hour)
		if n := q.Len(); n != 1 {
			t.Errorf("Len() = %d; want 1, for the message that is held back for ever", n)
		}
		stop()
	})
}

func TestMemoryRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var infos []workerpool.Info
		var starts []time.Duration
		published := time.Now()
		q := newMemory[string](t, workerpool.QueueOptions{Retry: workerpool.RetryPolicy{Attempts: 4, BaseDelay: time.Second, MaxDelay: 2 * time.Second}})
		stop := run(t, q, func(ctx context.Context, v string) error {
			info, ok := workerpool.TaskInfo(ctx)
			if !ok || v != "message" {
				t.Errorf("handler was given %q, and TaskInfo: %t", v, ok)
			}
			infos = append(infos, info)
			starts = append(starts, time.Since(published))
			if len(infos) < 4 {
				return errMessage
			}
			return nil
		})
		mustPublish(t, q, "message", workerpool.WithID("id"))
		mustWait(t, q)
		stop()
		for i, limit := range []time.Duration{0, time.Second, 2 * time.Second, 2 * time.Second} {
			if want := (workerpool.Info{ID: "id", Attempt: i + 1, EnqueuedAt: published}); infos[i] != want {
				t.Errorf("TaskInfo of attempt %d = %+v; want %+v", i+1, infos[i], want)
			}
			if i > 0 && (starts[i] == starts[i-1] || starts[i]-starts[i-1] > limit) {
				t.Errorf("attempts began after %v; want attempt %d within %v after the one before", starts, i+1, limit)
			}
		}
		if n := q.Len(); n != 0 || len(q.TakeDeadLetters()) != 0 {
			t.Errorf("Len() = %d; want an empty queue without dead letters", n)
		}
	})
}

// TestMemoryRetryDefaults looks at how long a message is tried for in all.
func TestMemoryRetryDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		var longest time.Duration
		q := newMemory[int](t, workerpool.QueueOptions{Workers: 1, OnDead: silent})
		stop := run(t, q, func(context.Context, int) error { attempts++; return errMessage })
		defer stop()
		for range 50 {
			start := time.Now()
			mustPublish(t, q, 1)
			mustWait(t, q)
			longest = max(longest, time.Since(start))
		}
		if attempts != 500 || longest < 2*time.Minute || longest > 243*time.Second {
			t.Errorf("50 messages that fail were tried %d times, the longest for %v; want 500 times, for up to 4m3s", attempts, longest)
		}
	})
}

func TestMemoryDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told journal
		q := newMemory[string](t, workerpool.QueueOptions{
			Workers: 1,
			Retry: workerpool.RetryPolicy{
				Attempts: 3, BaseDelay: 1, MaxDelay: 1,
				Retryable: func(err error) bool { return err != io.EOF },
				OnRetry: func(ctx context.Context, err error, wait time.Duration) {
					info, _ := workerpool.TaskInfo(ctx)
					told.note("retry ", info.ID, info.Attempt, " ", err, " ", wait)
				},
			},
			OnDead: func(ctx context.Context, message any, err error) {
				info, _ := workerpool.TaskInfo(ctx)
				told.note("dead ", info.ID, info.Attempt, " ", message, " ", err)
			},
		})
		now := time.Now()
		stop := run(t, q, func(_ context.Context, v string) error {
			switch v {
			case "permanent":
				return workerpool.Permanent(errMessage)
			case "hopeless":
				return io.EOF
			}
			return errMessage
		})
		for id, v := range []string{"failing", "permanent", "hopeless"} {
			mustPublish(t, q, v, workerpool.WithID(fmt.Sprint(id)))
			mustWait(t, q)
		}
		stop()
		told.check(t, "retry 01 message failed 1ns", "retry 02 message failed 1ns", "dead 03 failing message failed",
			"dead 11 permanent message failed", "dead 21 hopeless EOF")

		now2 := now.Add(2) // "failing" has waited twice
		want := []workerpool.DeadLetter[string]{
			{Value: "failing", Info: workerpool.Info{ID: "0", Attempt: 3, EnqueuedAt: now}, Err: errMessage},
			{Value: "permanent", Info: workerpool.Info{ID: "1", Attempt: 1, EnqueuedAt: now2}, Err: errMessage},
			{Value: "hopeless", Info: workerpool.Info{ID: "2", Attempt: 1, EnqueuedAt: now2}, Err: io.EOF},
		}
		got := q.TakeDeadLetters()
		if !slices.EqualFunc(got, want, func(a, b workerpool.DeadLetter[string]) bool {
			return a.Value == b.Value && a.Info == b.Info && errors.Is(a.Err, b.Err)
		}) {
			t.Errorf("TakeDeadLetters() = %+v; want %+v", got, want)
		}
		if got := q.TakeDeadLetters(); len(got) != 0 {
			t.Errorf("TakeDeadLetters() = %+v the second time; want none", got)
		}
	})
}

func TestMemoryKeepsTheLastDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory[int](t, workerpool.QueueOptions{Workers: 1, Capacity: 3, OnDead: silent})
		stop := run(t, q, func(context.Context, int) error { return workerpool.Permanent(errMessage) })
		defer stop()
		for i := range 10 {
			mustPublish(t, q, i)
			mustWait(t, q)
		}
		var got []int
		for _, d := range q.TakeDeadLetters() {
			got = append(got, d.Value)
		}
		if want := []int{7, 8, 9}; !slices.Equal(got, want) {
			t.Errorf("dead letters = %v; want %v", got, want)
		}
	})
}

// TestMemoryLogsWhatNobodyHears replaces the default logger, so it is not to run
// in parallel with others.
func TestMemoryLogsWhatNobodyHears(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)

	retry := quick
	retry.Attempts, retry.OnRetry = 2, nil
	q := newMemory[string](t, workerpool.QueueOptions{Workers: 1, Retry: retry})
	stop := run(t, q, func(ctx context.Context, v string) error {
		if info, _ := workerpool.TaskInfo(ctx); v == "panics once" && info.Attempt == 1 {
			panic("boom")
		} else if v == "fails" {
			return errMessage
		}
		return nil
	})
	for _, v := range []string{"panics once", "fails"} {
		mustPublish(t, q, v, workerpool.WithID("about "+v))
		mustWait(t, q)
	}
	stop()
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("log has %d lines; want 2, for the panic and the dead letter:\n%s", len(lines), &log)
	}
	for i, parts := range [][]string{
		{"level=ERROR", "panicked", "error=\"panic: boom\" ", "id=\"about panics once\"", "attempt=1", "TestMemoryLogs"},
		{"level=ERROR", "given up", "error=\"message failed\"", "id=\"about fails\"", "attempt=2"},
	} {
		for _, part := range parts {
			if !strings.Contains(lines[i], part) {
				t.Errorf("log line lacks %q: %s", part, lines[i])
			}
		}
	}
}

func TestMemoryOrder(t *testing.T) {
	at := func(d time.Duration) workerpool.PublishOption { return workerpool.WithDelay(d * time.Second) }
	rank := workerpool.WithPriority
	for _, tt := range []struct {
		name    string
		publish func(t *testing.T, q *workerpool.Memory[string])
		pass    time.Duration // before Run
		want    []string
	}{
		{"first in, first out", func(t *testing.T, q *workerpool.Memory[string]) {
			for _, v := range []string{"a", "b", "c", "d"} {
				mustPublish(t, q, v)
			}
		}, 0, []string{"a 0s", "b 0s", "c 0s", "d 0s"}},
		{"priorities", func(t *testing.T, q *workerpool.Memory[string]) {
			mustPublish(t, q, "low1", rank(-1))
			mustPublish(t, q, "normal1")
			mustPublish(t, q, "high1", rank(1))
			mustPublish(t, q, "highest", rank(math.MaxInt))
			mustPublish(t, q, "high2", rank(1))
			mustPublish(t, q, "normal2", rank(0))
			mustPublish(t, q, "lowest", rank(math.MinInt))
			mustPublish(t, q, "low2", rank(-1))
		}, 0, []string{"highest 0s", "high1 0s", "high2 0s", "normal1 0s", "normal2 0s", "low1 0s", "low2 0s", "lowest 0s"}},
		{"delays", func(t *testing.T, q *workerpool.Memory[string]) {
			mustPublish(t, q, "2s", at(2))
			mustPublish(t, q, "1s", at(1))
			mustPublish(t, q, "0s")
			mustPublish(t, q, "below", at(-1))
		}, 0, []string{"0s 0s", "below 0s", "1s 1s", "2s 2s"}},
		{"what is due first goes first", func(t *testing.T, q *workerpool.Memory[string]) {
			mustPublish(t, q, "2s", at(2))
			mustPublish(t, q, "1s", at(1))
			mustPublish(t, q, "0s")
			mustPublish(t, q, "high", at(3), rank(1))
		}, 3 * time.Second, []string{"high 3s", "0s 3s", "1s 3s", "2s 3s"}},
		{"a rank does not shorten a delay", func(t *testing.T, q *workerpool.Memory[string]) {
			mustPublish(t, q, "high", at(1), rank(1))
			mustPublish(t, q, "normal")
		}, 0, []string{"normal 0s", "high 1s"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var j journal
				start := time.Now()
				q := newMemory[string](t, workerpool.QueueOptions{Workers: 1})
				tt.publish(t, q)
				time.Sleep(tt.pass)
				stop := run(t, q, func(_ context.Context, v string) error { j.note(v, " ", time.Since(start)); return nil })
				mustWait(t, q)
				stop()
				j.check(t, tt.want...)
			})
		})
	}
}

// TestMemoryWakesUp publishes while Run has nothing to do.
func TestMemoryWakesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		start := time.Now()
		q := newMemory[string](t, workerpool.QueueOptions{})
		stop := run(t, q, func(_ context.Context, v string) error { j.note(v, " ", time.Since(start)); return nil })
		synctest.Wait()
		mustPublish(t, q, "in 5s", workerpool.WithDelay(5*time.Second))
		synctest.Wait()
		mustPublish(t, q, "in 2s", workerpool.WithDelay(2*time.Second))
		synctest.Wait()
		time.Sleep(time.Second)
		mustPublish(t, q, "now")
		mustWait(t, q)
		stop()
		j.check(t, "now 1s", "in 2s 2s", "in 5s 5s")
	})
}

func TestMemoryDropsDuplicates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		q := newMemory[string](t, workerpool.QueueOptions{Workers: 1, Capacity: 3, Retry: quick, DedupFor: time.Minute, OnDead: silent})
		id := workerpool.WithID("id")
		again := func(when string) {
			t.Helper()
			for range 5 { // more than there is room for
				mustPublish(t, q, "duplicate "+when, id)
			}
			if n := q.Len(); n > 1 {
				t.Errorf("Len() = %d with duplicates published %s; want at most 1", n, when)
			}
		}
		mustPublish(t, q, "first", id)
		again("while the first waits")
		var fail error
		stop := run(t, q, func(ctx context.Context, v string) error {
			info, _ := workerpool.TaskInfo(ctx)
			j.note(v, info.Attempt)
			if v == "first" {
				again("while the first runs")
			}
			time.Sleep(time.Second)
			if info.Attempt == 1 {
				return workerpool.RetryAfter(time.Second, errMessage)
			}
			return fail
		})
		time.Sleep(1500 * time.Millisecond)
		again("while the first waits for another attempt")
		mustWait(t, q)
		done := time.Now()
		time.Sleep(time.Minute - time.Nanosecond)
		again("just before the first is forgotten")
		j.check(t, "first1", "first2")

		time.Sleep(time.Nanosecond)
		if d := time.Since(done); d != time.Minute {
			t.Fatalf("%v after the first was done; want 1m", d)
		}
		fail = workerpool.Permanent(errMessage)
		mustPublish(t, q, "second", id)
		mustWait(t, q)
		j.check(t, "second1", "second2")

		fail = nil
		mustPublish(t, q, "after a dead one", id)
		mustPublish(t, q, "without an ID")
		mustPublish(t, q, "without an ID", workerpool.WithID(""))
		mustWait(t, q)
		stop()
		j.check(t, "after a dead one1", "without an ID1", "without an ID1", "after a dead one2", "without an ID2", "without an ID2")
	})
}

func TestMemoryForgetsIDsAtOnceByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		q := newMemory[int](t, workerpool.QueueOptions{})
		stop := run(t, q, func(_ context.Context, i int) error { j.note(i); return nil })
		for i := range 3 {
			mustPublish(t, q, i, workerpool.WithID("id"))
			mustWait(t, q)
		}
		stop()
		j.check(t, "0", "1", "2")
	})
}

func TestMemoryBoundsTheIDsItRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bound = 200
		ran := 0
		q := newMemory[int](t, workerpool.QueueOptions{Workers: 1, Capacity: bound / 100, DedupFor: time.Hour})
		stop := run(t, q, func(context.Context, int) error { ran++; return nil })
		publish := func(from, to int) int {
			before := ran
			for i := from; i < to; i++ {
				mustPublish(t, q, i, workerpool.WithID(fmt.Sprint(i)))
			}
			mustWait(t, q)
			return ran - before
		}
		if n := publish(0, 1000); n != 1000 {
			t.Errorf("of 1000 messages %d ran", n)
		}
		if n := publish(1000-bound, 1000); n != 0 {
			t.Errorf("%d of the last %d IDs were forgotten; want 0", n, bound)
		}
		if n := publish(999-bound, 1000-bound); n != 1 {
			t.Errorf("the ID before the last %d is still known", bound)
		}
		stop()
	})
}

func TestMemoryPublishWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		start := time.Now()
		q := newMemory[string](t, workerpool.QueueOptions{Workers: 1, Capacity: 2})
		mustPublish(t, q, "a")
		mustPublish(t, q, "b")
		var wg sync.WaitGroup
		for _, v := range []string{"c", "d", "e"} {
			wg.Go(func() {
				mustPublish(t, q, v, workerpool.WithID(v))
				j.note(v, " in after ", time.Since(start))
			})
			synctest.Wait()
		}
		wg.Go(func() {
			mustPublish(t, q, "duplicate of e", workerpool.WithID("e"))
			if d := time.Since(start); d != 4*time.Second {
				t.Errorf("the duplicate of e waited for %v; want 4s, until e was in", d)
			}
		})
		synctest.Wait()

		why := errors.New("no patience")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
		if err := q.Publish(ctx, "impatient"); err != why || time.Since(start) != time.Second {
			t.Errorf("Publish to a full queue = %v after %v; want %v after 1s", err, time.Since(start), why)
		}
		cancel()
		if n := q.Len(); n != 2 {
			t.Errorf("Len() = %d; want 2", n)
		}
		j.check(t)

		stop := run(t, q, func(_ context.Context, v string) error { time.Sleep(time.Second); j.note(v); return nil })
		wg.Wait()
		mustWait(t, q)
		stop()
		j.check(t, "a", "c in after 2s", "b", "d in after 3s", "c", "e in after 4s", "d", "e")
	})
}

// TestMemoryAnswersWhileAContextEnds ends the context of a blocked Publish at the
// moment in which room is made for it. Either may win; the answer is to say
// which.
func TestMemoryAnswersWhileAContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var accepted, ran int
		release := make(chan struct{})
		q := newMemory[string](t, workerpool.QueueOptions{Workers: 1, Capacity: 1})
		stop := run(t, q, func(_ context.Context, v string) error {
			if v == "late" {
				ran++
				return nil
			}
			<-release
			return nil
		})
		for range 100 {
			mustPublish(t, q, "early")
			ctx, cancel := context.WithCancel(t.Context())
			answer := make(chan error, 1)
			go func() { answer <- q.Publish(ctx, "late") }()
			synctest.Wait()
			cancel()
			release <- struct{}{}
			if err := <-answer; err == nil {
				accepted++
			}
			mustWait(t, q)
		}
		stop()
		if accepted != ran {
			t.Errorf("%d messages were accepted and %d ran", accepted, ran)
		}
	})
}

func TestMemoryPublishWithEndedContext(t *testing.T) {
	q := newMemory[int](t, workerpool.QueueOptions{})
	why := errors.New("ended before")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := q.Publish(ctx, 1); err != why || q.Len() != 0 {
		t.Errorf("Publish(ended ctx) = %v, and Len() = %d; want %v and 0", err, q.Len(), why)
	}
}

func TestMemoryInAHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []error
		q := newMemory[string](t, workerpool.QueueOptions{Workers: 1, Capacity: 2})
		other := newMemory[string](t, workerpool.QueueOptions{Capacity: 1})
		stop := run(t, q, func(ctx context.Context, v string) error {
			if v != "outer" {
				return nil
			}
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			got = append(got,
				q.Publish(ctx, "room", workerpool.WithID("id")),
				q.Publish(derived, "no room"),
				q.Publish(derived, "no room, and none needed", workerpool.WithID("id")),
				q.Wait(derived),
				other.Publish(ctx, "room"),
				other.Publish(ctx, "waits for room"))
			return nil
		})
		mustPublish(t, q, "outer")
		synctest.Wait()
		stopOther := run(t, other, func(context.Context, string) error { return nil })
		mustWait(t, q)
		stop()
		stopOther()
		for i, want := range []error{nil, workerpool.ErrNested, nil, workerpool.ErrNested, nil, nil} {
			if !errors.Is(got[i], want) {
				t.Errorf("call %d in a handler = %v; want %v", i, got[i], want)
			}
		}
		if want := "workerpool: a handler published to its own queue, which is full; raise QueueOptions.Capacity: "; !strings.HasPrefix(got[1].Error(), want) {
			t.Errorf("Publish in a handler = %q; want it to begin with %q", got[1], want)
		}
	})
}

func TestMemoryWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory[int](t, workerpool.QueueOptions{Retry: quick})
		mustWait(t, q) // empty
		mustPublish(t, q, 0)
		why := errors.New("no patience")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
		defer cancel()
		if err := q.Wait(ctx); err != why {
			t.Errorf("Wait without a Run = %v; want %v", err, why)
		}
		start := time.Now()
		stop := run(t, q, func(ctx context.Context, i int) error {
			time.Sleep(time.Second)
			if i < 3 {
				mustPublish(t, q, i+1)
			}
			if info, _ := workerpool.TaskInfo(ctx); i == 3 && info.Attempt < 3 {
				return errMessage
			}
			return nil
		})
		defer stop()
		mustWait(t, q)
		if d := time.Since(start).Truncate(time.Millisecond); d != 6*time.Second {
			t.Errorf("Wait returned after %v; want 6s, for 4 messages of which one ran 3 times", d)
		}
	})
}

func TestMemoryRunIsBoundedAndFull(t *testing.T) {
	for _, tt := range []struct {
		workers, runs, want int
		d                   time.Duration
	}{
		{1, 1, 1, 12 * time.Second},
		{3, 1, 3, 4 * time.Second},
		{2, 3, 6, 2 * time.Second},
		{100, 1, 12, time.Second},
		{0, 1, min(runtime.GOMAXPROCS(0), 12), time.Duration((12+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0)) * time.Second},
	} {
		t.Run(fmt.Sprintf("workers=%d/runs=%d", tt.workers, tt.runs), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var running, most atomic.Int32
				q := newMemory[string](t, workerpool.QueueOptions{Workers: tt.workers, Retry: quick})
				start := time.Now()
				for range tt.runs {
					defer run(t, q, func(ctx context.Context, how string) error {
						n := running.Add(1)
						defer running.Add(-1)
						for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
						}
						if info, _ := workerpool.TaskInfo(ctx); info.Attempt == 1 {
							switch how {
							case "panic":
								panic(how)
							case "Goexit":
								runtime.Goexit()
							}
						}
						time.Sleep(time.Second)
						return nil
					})()
				}
				// Those that panic do so at once, and cost no strength.
				for range 4 {
					for _, how := range []string{"panic", "Goexit", "return"} {
						mustPublish(t, q, how)
					}
				}
				mustWait(t, q)
				if n, d := int(most.Load()), time.Since(start).Truncate(time.Millisecond); n != tt.want || d != tt.d {
					t.Errorf("12 messages of 1s: %d at a time, %v in all; want %d and %v", n, d, tt.want, tt.d)
				}
			})
		})
	}
}

func TestMemoryPanicsAreFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			how  func()
			is   error
			want string
		}{
			{func() { panic("boom") }, nil, "panic: boom"},
			{func() { panic(io.EOF) }, io.EOF, "panic: EOF"},
			{func() { panic(workerpool.Permanent(io.EOF)) }, io.EOF, "panic: EOF"},
			{runtime.Goexit, nil, "panic: runtime.Goexit was called"},
		} {
			attempts := 0
			retry := quick
			retry.Attempts = 3
			q := newMemory[int](t, workerpool.QueueOptions{Retry: retry, OnDead: silent})
			stop := run(t, q, func(context.Context, int) error { attempts++; tt.how(); return nil })
			mustPublish(t, q, 1)
			mustWait(t, q)
			stop()
			dead := q.TakeDeadLetters()
			want := 3
			if says, ok := errors.AsType[interface {
				error
				Retryable() bool
			}](dead[0].Err); ok && !says.Retryable() {
				want = 1 // the value that was panicked with says so
			}
			pe, ok := errors.AsType[*workerpool.PanicError](dead[0].Err)
			if attempts != want || !ok || pe.Error() != tt.want || !errors.Is(pe, tt.is) && tt.is != nil || len(pe.Stack) == 0 {
				t.Errorf("after %d attempts the error of the dead letter is %#v; want %d, and a *PanicError %q", attempts, dead[0].Err, want, tt.want)
			}
		}
	})
}

// TestMemoryCallbacks publishes from OnRetry and OnDead, and leaves them by
// Goexit.
func TestMemoryCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		var q *workerpool.Memory[string]
		q = newMemory[string](t, workerpool.QueueOptions{
			Workers: 1,
			Retry: workerpool.RetryPolicy{Attempts: 2, BaseDelay: 1, MaxDelay: 1, OnRetry: func(ctx context.Context, _ error, _ time.Duration) {
				j.note("retry, Len ", q.Len(), ", Publish ", q.Publish(ctx, "good"))
				time.Sleep(time.Second)
				runtime.Goexit()
			}},
			OnDead: func(ctx context.Context, message any, _ error) {
				j.note("dead, Len ", q.Len(), ", Publish ", q.Publish(ctx, "good"))
				time.Sleep(time.Second)
				runtime.Goexit()
			},
		})
		start := time.Now()
		stop := run(t, q, func(_ context.Context, v string) error {
			j.note(v)
			if v == "bad" {
				return errMessage
			}
			return nil
		})
		mustPublish(t, q, "bad")
		mustWait(t, q)
		j.note("settled after ", time.Since(start).Round(time.Second), ", with ", len(q.TakeDeadLetters()), " dead letter")
		stop()
		j.check(t, "bad", "retry, Len 1, Publish <nil>", "good", "bad", "dead, Len 1, Publish <nil>", "good", "settled after 2s, with 1 dead letter")
	})
}

func TestMemoryRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		start := time.Now()
		q := newMemory[string](t, workerpool.QueueOptions{Workers: 2})
		for _, v := range []string{"a", "b", "c", "d"} {
			mustPublish(t, q, v)
		}
		h := func(_ context.Context, v string) error {
			time.Sleep(3 * time.Second)
			j.note(v, " done")
			return nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := q.Run(ctx, h); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("Run() = %v after %v; want nil after 3s, when the handlers ended", err, time.Since(start))
		}
		if n := q.Len(); n != 2 {
			t.Errorf("Len() = %d; want 2 left", n)
		}
		if err := q.Run(ctx, h); err != nil || q.Len() != 2 {
			t.Errorf("Run(ended ctx) = %v, and Len() = %d; want nil and 2", err, q.Len())
		}
		time.Sleep(time.Hour) // nobody runs anything
		slices.Sort(j.lines)
		j.check(t, "a done", "b done")

		stop := run(t, q, h)
		mustWait(t, q)
		stop()
		slices.Sort(j.lines)
		j.check(t, "c done", "d done")
	})
}

func TestMemoryGrace(t *testing.T) {
	type key struct{}
	for _, tt := range []struct {
		grace, want time.Duration
	}{
		{0, 10 * time.Second},
		{time.Minute, time.Minute},
		{-1, 0},
	} {
		t.Run(fmt.Sprintf("grace=%v", tt.grace), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newMemory[int](t, workerpool.QueueOptions{Grace: tt.grace})
				why := errors.New("shutdown")
				ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "value"))
				mustPublish(t, q, 1)
				time.AfterFunc(time.Second, func() { cancel(why) })
				start := time.Now()
				var ended time.Duration
				var handlers context.Context
				q.Run(ctx, func(ctx context.Context, _ int) error {
					handlers = ctx
					if ctx.Value(key{}) != "value" {
						t.Error("the context of the handler lacks the values of that of Run")
					}
					<-ctx.Done()
					ended = time.Since(start) - time.Second
					if context.Cause(ctx) != why {
						t.Errorf("the cause of the handler's context is %v; want %v", context.Cause(ctx), why)
					}
					time.Sleep(time.Hour) // nobody can stop it
					return ctx.Err()
				})
				if ended != tt.want {
					t.Errorf("the handler's context ended %v after that of Run; want %v", ended, tt.want)
				}
				if d := time.Since(start) - time.Second - tt.want; d != time.Hour {
					t.Errorf("Run returned %v after the end of the handler's context; want 1h, with the handler", d)
				}
				if handlers.Err() == nil {
					t.Error("the context of the handlers outlives Run")
				}
			})
		})
	}
}

func TestMemoryContextEndsWithRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ctx context.Context
		q := newMemory[int](t, workerpool.QueueOptions{})
		stop := run(t, q, func(c context.Context, _ int) error { ctx = c; return nil })
		mustPublish(t, q, 1)
		mustWait(t, q)
		if ctx.Err() != nil {
			t.Errorf("the context of a handler ended with its message: %v", ctx.Err())
		}
		stop()
		if ctx.Err() == nil {
			t.Error("the context of the handlers outlives Run")
		}
	})
}

// TestMemoryShutdownBurnsNoAttempt has an attempt end in each way after the
// context of its Run has ended, and looks at what becomes of the message.
func TestMemoryShutdownBurnsNoAttempt(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func() error
		want string // of the next attempt
	}{
		{"nil", func() error { return nil }, "done"},
		{"error", func() error { return errMessage }, "attempt 1 after 0s"},
		{"cause", func() error { return context.Canceled }, "attempt 1 after 0s"},
		{"not retryable by the policy", func() error { return io.EOF }, "attempt 1 after 0s"},
		{"RetryAfter", func() error { return workerpool.RetryAfter(time.Minute, errMessage) }, "attempt 1 after 1m0s"},
		{"Permanent", func() error { return workerpool.Permanent(errMessage) }, "dead"},
		{"panic", func() error { panic("boom") }, "attempt 2 after 1ns"},
		{"Goexit", func() error { runtime.Goexit(); return nil }, "attempt 2 after 1ns"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newMemory[int](t, workerpool.QueueOptions{OnDead: silent, Retry: workerpool.RetryPolicy{
					Attempts: 2, BaseDelay: 1, MaxDelay: 1,
					Retryable: func(err error) bool { return err != io.EOF },
					OnRetry:   func(context.Context, error, time.Duration) {},
				}})
				mustPublish(t, q, 1)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				q.Run(ctx, func(context.Context, int) error {
					time.Sleep(2 * time.Second)
					return tt.end()
				})
				interrupted := time.Now()

				got := "done"
				stop := run(t, q, func(ctx context.Context, _ int) error {
					info, _ := workerpool.TaskInfo(ctx)
					got = fmt.Sprintf("attempt %d after %v", info.Attempt, time.Since(interrupted))
					return nil
				})
				mustWait(t, q)
				stop()
				if len(q.TakeDeadLetters()) > 0 {
					got = "dead"
				}
				if got != tt.want {
					t.Errorf("after an attempt that the end of Run interrupted: %s; want %s", got, tt.want)
				}
			})
		})
	}
}

// TestMemoryInterruptedMessageGoesToAnotherRun has it take the place in the order
// that it had.
func TestMemoryInterruptedMessageGoesToAnotherRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		q := newMemory[string](t, workerpool.QueueOptions{Workers: 1})
		for _, v := range []string{"a", "b", "c"} {
			mustPublish(t, q, v)
		}
		stopped := run(t, q, func(_ context.Context, v string) error { time.Sleep(time.Second); return errMessage })
		synctest.Wait()
		other := run(t, q, func(_ context.Context, v string) error { j.note(v); time.Sleep(2 * time.Second); return nil })
		synctest.Wait()
		stopped()
		mustWait(t, q)
		other()
		j.check(t, "b", "a", "c")
	})
}

func TestMemoryRunRejectsNil(t *testing.T) {
	q := newMemory[int](t, workerpool.QueueOptions{})
	defer func() {
		if v, want := recover(), "workerpool: Memory.Run called with a nil handler"; v != want {
			t.Errorf("Run(nil) panicked with %v; want %v", v, want)
		}
	}()
	q.Run(t.Context(), nil)
}

func TestMemoryHoldsOnToNothing(t *testing.T) {
	type value struct {
		id int
		_  [64]byte // keeps it out of the allocator's shared blocks
	}
	synctest.Test(t, func(t *testing.T) {
		q := newMemory[*value](t, workerpool.QueueOptions{Workers: 2, Capacity: 5, OnDead: silent})
		stop := run(t, q, func(_ context.Context, v *value) error {
			if v.id%3 == 0 {
				return workerpool.Permanent(errMessage)
			}
			return nil
		})
		var values []weak.Pointer[value]
		for id := range 100 {
			v := &value{id: id}
			values = append(values, weak.Make(v))
			mustPublish(t, q, v, workerpool.WithDelay(time.Duration(id%7)))
		}
		mustWait(t, q)
		synctest.Wait()
		held := func() (n int) {
			runtime.GC()
			for _, w := range values {
				if w.Value() != nil {
					n++
				}
			}
			return n
		}
		if n := held(); n != 5 {
			t.Errorf("%d of 100 settled messages are held; want 5, the dead letters", n)
		}
		q.TakeDeadLetters()
		if n := held(); n != 0 {
			t.Errorf("%d of 100 settled messages are held; want none", n)
		}
		stop()
	})
}

func TestPublishOptions(t *testing.T) {
	for _, tt := range []struct {
		opts []workerpool.PublishOption
		want workerpool.PublishOptions
	}{
		{nil, workerpool.PublishOptions{}},
		{[]workerpool.PublishOption{workerpool.WithID("a"), nil, workerpool.WithDelay(1), workerpool.WithPriority(-2)},
			workerpool.PublishOptions{ID: "a", Delay: 1, Priority: -2}},
		{[]workerpool.PublishOption{workerpool.WithID("a"), workerpool.WithID("b")}, workerpool.PublishOptions{ID: "b"}},
	} {
		if got := workerpool.NewPublishOptions(tt.opts...); got != tt.want {
			t.Errorf("NewPublishOptions = %+v; want %+v", got, tt.want)
		}
	}
}
