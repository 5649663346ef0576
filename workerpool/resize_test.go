package workerpool_test

import (
	"context"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

func TestResize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, sleep, workerpool.Options{Workers: 2, Queue: 2})
		start := time.Now()
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() { mustSubmit(t, p, time.Second) })
		}
		check := func(workers, running, queued, blocked int) {
			t.Helper()
			synctest.Wait()
			s := p.Stats()
			got, want := []int{s.Workers, s.Running, s.Queued, s.Blocked}, []int{workers, running, queued, blocked}
			if !slices.Equal(got, want) {
				t.Errorf("after %v: Workers, Running, Queued, Blocked = %v; want %v", time.Since(start), got, want)
			}
		}
		resize := func(n int) {
			t.Helper()
			if err := p.Resize(n); err != nil {
				t.Errorf("Resize(%d) = %v; want nil", n, err)
			}
		}
		check(2, 2, 2, 8)
		resize(5)
		check(5, 5, 2, 5) // more workers, and as many submitters admitted
		resize(1)
		check(5, 5, 2, 5) // what runs is not interrupted
		time.Sleep(time.Second)
		check(1, 1, 2, 4) // the surplus has ended, and there is room for one more
		resize(2)
		check(2, 2, 2, 3)
		resize(100)
		check(7, 7, 0, 0) // only as many as there are tasks
		time.Sleep(time.Second)
		check(7, 0, 0, 0)
		resize(3)
		check(3, 0, 0, 0) // idle ones end at once
		wg.Wait()
		for range 4 {
			mustSubmit(t, p, time.Second)
		}
		check(3, 3, 1, 0)
		mustClose(t, p)
		resize(9)
		check(0, 0, 0, 0)
		if err := p.Submit(t.Context(), 0); err != workerpool.ErrClosed {
			t.Errorf("Submit to a closed pool that was resized = %v; want ErrClosed", err)
		}
	})
}

func TestResizeToNothing(t *testing.T) {
	p := newPool(t, sleep, workerpool.Options{Workers: 3})
	for n, want := range map[int]string{
		0:  "workerpool: Resize to 0 (int): must be 1 or more",
		-7: "workerpool: Resize to -7 (int): must be 1 or more",
	} {
		if err := p.Resize(n); err == nil || err.Error() != want {
			t.Errorf("Resize(%d) = %v; want %v", n, err, want)
		}
	}
	mustClose(t, p)
}

// TestResizeIsEndless takes any number of workers, with an endless queue too.
func TestResizeIsEndless(t *testing.T) {
	const endless = int(^uint(0) >> 1)
	p := newPool(t, sleep, workerpool.Options{Workers: 1, Queue: endless})
	if err := p.Resize(endless); err != nil {
		t.Errorf("Resize(%d) = %v; want nil", endless, err)
	}
	mustSubmit(t, p, 0, 0)
	mustClose(t, p)
}

// TestResizeByAHandler has the only worker ask for company, and for being alone
// again.
func TestResizeByAHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *workerpool.Pool[int]
		p = newPool(t, func(ctx context.Context, n int) error {
			if err := p.Resize(n); err != nil {
				t.Errorf("Resize(%d) in a handler = %v; want nil", n, err)
			}
			return sleep(ctx, time.Second)
		}, workerpool.Options{Workers: 1})
		start := time.Now()
		mustSubmit(t, p, 3, 3, 1, 1, 1)
		mustClose(t, p)
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("5 tasks took %v on 3 workers and then 1; want 3s", d)
		}
	})
}

// TestStats looks at a pool in all its states.
func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, func(ctx context.Context, d time.Duration) error {
			if err := sleep(ctx, d); err != nil || d%2 == 0 {
				return err
			}
			return errTask
		}, workerpool.Options{Workers: 2, Queue: 2, Name: "mail"})
		check := func(want workerpool.Stats) {
			t.Helper()
			synctest.Wait()
			want.Name = "mail"
			if got := p.Stats(); got != want {
				t.Errorf("Stats() = %+v; want %+v", got, want)
			}
		}
		const long, failing = time.Second, time.Second + 1
		check(workerpool.Stats{})
		mustSubmit(t, p, long)
		check(workerpool.Stats{Workers: 1, Running: 1, Accepted: 1})
		mustSubmit(t, p, failing, long, long)
		check(workerpool.Stats{Workers: 2, Running: 2, Queued: 2, Accepted: 4})
		p.TrySubmit(long)
		check(workerpool.Stats{Workers: 2, Running: 2, Queued: 2, Accepted: 4, Rejected: 1})
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() { p.Submit(ctx, long) })
		wg.Go(func() { mustSubmit(t, p, long) })
		check(workerpool.Stats{Workers: 2, Running: 2, Queued: 2, Blocked: 2, Accepted: 4, Rejected: 1})
		cancel()
		check(workerpool.Stats{Workers: 2, Running: 2, Queued: 2, Blocked: 1, Accepted: 4, Rejected: 1})
		time.Sleep(failing)
		check(workerpool.Stats{Workers: 2, Running: 2, Queued: 1, Accepted: 5, Ended: 2, Failed: 1, Rejected: 1})
		ended, end := context.WithCancel(t.Context())
		end()
		p.Close(ended)
		check(workerpool.Stats{Accepted: 5, Ended: 4, Failed: 3, Unrun: 1, Rejected: 1})
		p.TrySubmit(long)
		check(workerpool.Stats{Accepted: 5, Ended: 4, Failed: 3, Unrun: 1, Rejected: 1})
		wg.Wait()
	})
}

// TestSubmitAll holds its count, and how many items it takes.
func TestSubmitAll(t *testing.T) {
	for _, tt := range []struct {
		name     string
		o        workerpool.Options
		tasks    int
		closed   bool
		patience time.Duration
		accepted int
		err      error
		taken    int
	}{
		{name: "all", o: workerpool.Options{Workers: 1, Queue: 1}, tasks: 5, patience: time.Hour, accepted: 5, taken: 5},
		{name: "none", tasks: 0, patience: time.Hour},
		{name: "full", o: workerpool.Options{Workers: 1, Queue: 2, OnFull: workerpool.Reject}, tasks: 9, patience: time.Hour, accepted: 3, err: workerpool.ErrFull, taken: 4},
		{name: "no patience", o: workerpool.Options{Workers: 1, Queue: 2}, tasks: 9, patience: 1500 * time.Millisecond, accepted: 4, err: context.DeadlineExceeded, taken: 5},
		{name: "ended", o: workerpool.Options{Workers: 1}, tasks: 9, patience: -1, accepted: 0, err: context.DeadlineExceeded, taken: 1},
		{name: "closed", closed: true, tasks: 9, patience: time.Hour, accepted: 0, err: workerpool.ErrClosed, taken: 1},
		{name: "dropped", o: workerpool.Options{Workers: 1, Queue: 1, OnFull: workerpool.DropNewest}, tasks: 5, patience: time.Hour, accepted: 5, taken: 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPool(t, sleep, tt.o)
			if tt.closed {
				mustClose(t, p)
			}
			ctx, cancel := context.WithTimeout(t.Context(), tt.patience)
			defer cancel()
			taken := 0
			accepted, err := p.SubmitAll(ctx, seconds(tt.tasks, &taken))
			if accepted != tt.accepted || err != tt.err || taken != tt.taken {
				t.Errorf("%s: SubmitAll = %d, %v after %d items were taken; want %d, %v after %d", tt.name, accepted, err, taken, tt.accepted, tt.err, tt.taken)
			}
			mustClose(t, p)
			if s := p.Stats(); s.Accepted != uint64(tt.accepted) || s.Ended+s.Dropped != s.Accepted {
				t.Errorf("%s: Stats() = %+v; want %d accepted and ended or dropped", tt.name, s, tt.accepted)
			}
		})
	}
	p := newPool(t, sleep, workerpool.Options{})
	testPanics(t, "workerpool: SubmitAll called with a nil sequence", func() { p.SubmitAll(t.Context(), nil) })
	testPanics(t, "broken input", func() {
		p.SubmitAll(t.Context(), func(yield func(time.Duration) bool) {
			yield(0)
			panic("broken input")
		})
	})
	mustClose(t, p)
	if s := p.Stats(); s.Ended != 1 {
		t.Errorf("%d tasks ran before the input panicked; want 1", s.Ended)
	}
}

// seconds yields n times a second, and counts.
func seconds(n int, taken *int) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for range n {
			*taken++
			if !yield(time.Second) {
				return
			}
		}
	}
}
