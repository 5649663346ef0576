package workerpool_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// starts notes when tasks are started.
type starts struct {
	began time.Time
	mu    sync.Mutex // guards at
	at    []time.Duration
}

func (s *starts) note() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, time.Since(s.began))
}

// check also holds the law of Options.Rate: in t seconds no more than Rate*t+Burst.
func (s *starts) check(t *testing.T, rate float64, burst int, want []time.Duration) {
	t.Helper()
	if !slices.EqualFunc(s.at, want, func(a, b time.Duration) bool { return (a - b).Abs() <= 1 }) {
		t.Errorf("rate %v, burst %d: tasks were started after %v; want %v", rate, burst, s.at, want)
	}
	for i := range s.at {
		for j := i; j < len(s.at); j++ {
			// An instant of the clock is a nanosecond long.
			most := rate*(s.at[j]-s.at[i]+1).Seconds() + float64(burst)
			if n := j - i + 1; float64(n) > most+1e-6 {
				t.Errorf("rate %v, burst %d: %d tasks were started from %v to %v; want %v at most", rate, burst, n, s.at[i], s.at[j], most)
			}
		}
	}
}

// every returns n times from, with the first burst of them at the same time.
func every(d, from time.Duration, burst, n int) []time.Duration {
	list := make([]time.Duration, n)
	for i := range list {
		list[i] = from + d*time.Duration(max(0, i-burst+1))
	}
	return list
}

func TestRate(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		rate       float64
		burst      int // as given
		want       int // as it is then
		workers, n int
		interval   time.Duration
		pause      time.Duration // before another n tasks
		afterwards int           // how many of them start at once
	}{
		{rate: 10, burst: 1, want: 1, workers: 1, n: 8, interval: 100 * ms, pause: 0, afterwards: 0},
		{rate: 10, burst: 1, want: 1, workers: 5, n: 8, interval: 100 * ms, pause: time.Hour, afterwards: 1},
		{rate: 10, burst: 0, want: 1, workers: 5, n: 8, interval: 100 * ms, pause: 100 * ms, afterwards: 1},
		{rate: 1000, burst: 0, want: 10, workers: 2, n: 40, interval: ms, pause: 5 * ms, afterwards: 5},
		{rate: 10, burst: 4, want: 4, workers: 1, n: 10, interval: 100 * ms, pause: time.Minute, afterwards: 4},
		{rate: 10, burst: 4, want: 4, workers: 3, n: 10, interval: 100 * ms, pause: 250 * ms, afterwards: 2},
		{rate: 0.5, burst: 1, want: 1, workers: 1, n: 4, interval: 2 * time.Second, pause: time.Hour, afterwards: 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := starts{began: time.Now()}
			p := newPool(t, func(context.Context, int) error { s.note(); return nil },
				workerpool.Options{Workers: tt.workers, Rate: tt.rate, Burst: tt.burst})
			mustSubmit(t, p, make([]int, tt.n)...)
			if err := p.Wait(t.Context()); err != nil {
				t.Errorf("Wait() = %v; want nil", err)
			}
			want := every(tt.interval, 0, tt.want, tt.n)
			s.check(t, tt.rate, tt.want, want)
			if tt.pause == 0 {
				mustClose(t, p)
				return
			}
			// The right that has accrued since, in whole tasks, can be used at once.
			last := want[len(want)-1]
			time.Sleep(tt.pause)
			mustSubmit(t, p, make([]int, tt.n)...)
			mustClose(t, p)
			part := tt.pause % tt.interval
			if tt.afterwards == tt.want {
				part = 0
			}
			second := every(tt.interval, last+tt.pause, tt.afterwards, tt.n)
			for i := tt.afterwards; i < tt.n; i++ {
				second[i] -= part
			}
			s.check(t, tt.rate, tt.want, append(want, second...))
		})
	}
}

// TestRateIsThatOfATokenBucket compares the starts of tasks that come at random
// with those of a bucket that holds burst tokens and gains rate a second.
func TestRateIsThatOfATokenBucket(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		rate := math.Exp(rng.Float64()*10 - 3)
		burst := 1 + rng.IntN(5)
		var arrivals []time.Duration // that of each after the one before
		for range 60 {
			gap := time.Duration(rng.ExpFloat64() / rate * float64(time.Second))
			if rng.IntN(3) == 0 {
				gap = 0
			} else if rng.IntN(10) == 0 {
				gap *= 10
			}
			arrivals = append(arrivals, gap)
		}
		var want []time.Duration
		var now, last, tokens = 0.0, 0.0, float64(burst)
		for _, gap := range arrivals {
			now += gap.Seconds()
			at := max(now, last)
			tokens = min(float64(burst), tokens+(at-last)*rate)
			if tokens < 1 {
				at += (1 - tokens) / rate
				tokens = 1
			}
			tokens--
			last = at
			want = append(want, time.Duration(math.Ceil(at*1e9-1e-3)))
		}
		synctest.Test(t, func(t *testing.T) {
			s := starts{began: time.Now()}
			p := newPool(t, func(ctx context.Context, d time.Duration) error { s.note(); return sleep(ctx, d) },
				workerpool.Options{Workers: 70, Rate: rate, Burst: burst})
			for _, gap := range arrivals {
				time.Sleep(gap)
				mustSubmit(t, p, time.Duration(rng.IntN(5))*time.Hour/1000)
			}
			mustClose(t, p)
			s.check(t, rate, burst, want)
		})
	}
}

// TestBusyWorkersSaveNoRight holds that the time in which tasks wait for a
// worker, and not for their turn, does not make up for a burst.
func TestBusyWorkersSaveNoRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := starts{began: time.Now()}
		p := newPool(t, func(ctx context.Context, d time.Duration) error { s.note(); return sleep(ctx, d) },
			workerpool.Options{Workers: 1, Rate: 1, Burst: 1})
		mustSubmit(t, p, 10*time.Second, 0, 0, 0)
		mustClose(t, p)
		s.check(t, 1, 1, []time.Duration{0, 10 * time.Second, 11 * time.Second, 12 * time.Second})
	})
}

// TestSlowTasksAndRate holds that a slow task keeps no other from its turn.
func TestSlowTasksAndRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := starts{began: time.Now()}
		p := newPool(t, func(ctx context.Context, d time.Duration) error { s.note(); return sleep(ctx, d) },
			workerpool.Options{Workers: 3, Rate: 1, Burst: 1})
		mustSubmit(t, p, time.Hour, time.Hour, 0, 0, 0)
		mustClose(t, p)
		s.check(t, 1, 1, every(time.Second, 0, 1, 5))
	})
}

func TestCloseWhileTasksWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := starts{began: time.Now()}
		p := newPool(t, func(context.Context, int) error { s.note(); return nil }, workerpool.Options{Workers: 2, Rate: 1})
		mustSubmit(t, p, 0, 1, 2, 3, 4)
		if got := p.Stats(); got.Queued+got.Running+int(got.Ended) != 5 {
			t.Errorf("Stats() = %+v; want 5 tasks", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		de, ok := errors.AsType[*workerpool.DrainError[int]](p.Close(ctx))
		if !ok || !slices.Equal(de.Unrun, []int{3, 4}) || de.Running != 0 {
			t.Errorf("Close after 2.5s = %+v; want tasks 3 and 4 unrun", de)
		}
		mustClose(t, p)
		if d := time.Since(s.began); d != 2500*time.Millisecond {
			t.Errorf("the pool was closed after %v; want 2.5s", d)
		}
		s.check(t, 1, 1, every(time.Second, 0, 1, 3))
	})
}

// TestRateOfForEachAndMap holds them to the rate, and to ending at once where
// tasks that were taken wait for their turn.
func TestRateOfForEachAndMap(t *testing.T) {
	const second = time.Second
	why := errors.New("given up")
	o := workerpool.Options{Workers: 3, Rate: 1}
	type run func(ctx context.Context, n int, f func(i int) error) error
	for name, run := range map[string]run{
		"ForEach": func(ctx context.Context, n int, f func(int) error) error {
			return workerpool.ForEach(ctx, numbers(n), func(_ context.Context, i int) error { return f(i) }, o)
		},
		"ForEachN": func(ctx context.Context, n int, f func(int) error) error {
			return workerpool.ForEachN(ctx, n, func(_ context.Context, i int) error { return f(i) }, o)
		},
		"Map": func(ctx context.Context, n int, f func(int) error) error {
			for _, err := range workerpool.Map(ctx, numbers(n), func(_ context.Context, i int) (int, error) { return 0, f(i) }, o) {
				if err != nil {
					return err // and leave the loop
				}
			}
			return nil
		},
	} {
		for _, tt := range []struct {
			what string
			want error
			at   time.Duration
			n    int
		}{
			{"all tasks", nil, 4 * second, 5},
			{"a failure", errTask, 2 * second, 3},
			{"the end of ctx", why, 2500 * time.Millisecond, 3},
			{"a ctx that has ended", why, 0, 0},
		} {
			synctest.Test(t, func(t *testing.T) {
				s := starts{began: time.Now()}
				ctx, cancel := context.WithCancelCause(t.Context())
				if tt.n == 0 {
					cancel(why)
				} else if tt.want == why {
					time.AfterFunc(tt.at, func() { cancel(why) })
				}
				err := run(ctx, 5, func(i int) error {
					s.note()
					if i == 2 && tt.want == errTask {
						return errTask
					}
					return nil
				})
				if d := time.Since(s.began); err != tt.want || d != tt.at {
					t.Errorf("%s, %s: ended with %v after %v; want %v after %v", name, tt.what, err, d, tt.want, tt.at)
				}
				s.check(t, 1, 1, every(second, 0, 1, tt.n))
				cancel(nil)
			})
		}
	}
}

// TestLateWorkerSlowsNobody starts tasks some time after their turn has come, as
// it happens on a busy machine.
func TestLateWorkerSlowsNobody(t *testing.T) {
	const ms = time.Millisecond
	p := workerpool.NewPace(10, 1)
	start := func(now, want time.Duration) {
		t.Helper()
		if wait := p.Start(now); wait != want {
			t.Errorf("Start(%v) = %v; want %v", now, wait, want)
		}
	}
	start(0, 0)
	start(40*ms, 60*ms)
	p.Fire()
	start(130*ms, 0)     // the turn was at 100ms
	start(130*ms, 70*ms) // and the next one is at 200ms
	p.Fire()
	start(200*ms, 0)
	start(200*ms, 100*ms)

	// But a worker that comes an hour later was not waiting for its turn.
	p.Fire()
	start(time.Hour, 0)
	start(time.Hour, 100*ms)
}

// TestExtremeRates has a task start at once, and the next when no one lives any
// more, or start all.
func TestExtremeRates(t *testing.T) {
	for _, rate := range []float64{math.SmallestNonzeroFloat64, 1e-300, 1e-9, 1e-6} {
		for _, burst := range []int{0, 1, 2, math.MaxInt32} {
			p := workerpool.NewPace(rate, burst)
			for i := range max(1, min(burst, 3)) {
				if wait := p.Start(0); wait != 0 {
					t.Errorf("rate %v, burst %d: start %d is to wait for %v; want 0s", rate, burst, i, wait)
				}
			}
			if wait := p.Start(time.Hour); burst < 3 && wait < 99*time.Hour {
				t.Errorf("rate %v, burst %d: the start after the burst is to wait for %v; want days", rate, burst, wait)
			}
		}
	}
	for _, rate := range []float64{1e12, math.MaxFloat64} {
		p := workerpool.NewPace(rate, 1)
		for i := range 100 {
			if wait := p.Start(time.Duration(i)); wait != 0 {
				t.Errorf("rate %v: a start at %dns is to wait for %v; want 0s", rate, i, wait)
			}
		}
	}
}
