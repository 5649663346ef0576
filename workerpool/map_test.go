package workerpool_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// slow yields 0 to n-1, each after a pause of d.
func slow(n int, d time.Duration) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			time.Sleep(d)
			if !yield(i) {
				return
			}
		}
	}
}

func numbers(n int) iter.Seq[int] { return slow(n, 0) }

// lines writes each pair of a sequence as "result error", for comparison.
func lines[R any](seq iter.Seq2[R, error]) []string {
	var s []string
	for r, err := range seq {
		s = append(s, fmt.Sprint(r, " ", err))
	}
	return s
}

// A mapper is Map or MapUnordered, which have most of their laws in common.
type mapper struct {
	name  string
	apply func(context.Context, iter.Seq[int], func(context.Context, int) (int, error), workerpool.Options) iter.Seq2[int, error]
}

func forEachMap(t *testing.T, test func(t *testing.T, m mapper)) {
	for _, m := range []mapper{
		{"Map", workerpool.Map[int, int]},
		{"MapUnordered", workerpool.MapUnordered[int, int]},
	} {
		t.Run(m.name, func(t *testing.T) { test(t, m) })
	}
}

// same reports whether got is what m should yield if want is in the order of the
// input.
func (m mapper) same(got, want []string) bool {
	if m.name == "MapUnordered" {
		got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	}
	return slices.Equal(got, want)
}

func double(_ context.Context, i int) (int, error) { return 2 * i, nil }

func TestMapKeepsTheOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, o := range []workerpool.Options{
		{}, {Workers: 1}, {Workers: 1, Queue: -1}, {Workers: 4, Queue: -1}, {Workers: 3, Queue: 2}, {Workers: 100, Queue: 1 << 30},
	} {
		const n = 100
		pause := make([]time.Duration, n)
		for i := range pause {
			pause[i] = time.Duration(rng.IntN(1000)) * time.Millisecond
		}
		synctest.Test(t, func(t *testing.T) {
			next := 0
			for r, err := range workerpool.Map(t.Context(), numbers(n), func(ctx context.Context, i int) (int, error) {
				time.Sleep(pause[i])
				return double(ctx, i)
			}, o) {
				if r != 2*next || err != nil {
					t.Errorf("%+v: pair %d = %v, %v; want %v, nil", o, next, r, err, 2*next)
				}
				next++
			}
			if next != n {
				t.Errorf("%+v: %d pairs; want %d", o, next, n)
			}
		})
	}
}

func TestMapUnorderedYieldsWhatComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := lines(workerpool.MapUnordered(t.Context(), numbers(6), func(_ context.Context, i int) (int, error) {
			time.Sleep(time.Duration(6-i) * time.Second)
			return i, nil
		}, workerpool.Options{Workers: 3}))
		// 0 takes 6 s, 1 takes 5 s and so on; 3 begins when 2 has ended, after 4 s.
		want := []string{"2 <nil>", "1 <nil>", "0 <nil>", "3 <nil>", "4 <nil>", "5 <nil>"}
		if slices.Sort(got[3:]); !slices.Equal(got, want) {
			t.Errorf("MapUnordered = %q; want %q", got, want)
		}
	})
}

func TestMapOfNothing(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		if got := lines(m.apply(t.Context(), numbers(0), double, workerpool.Options{})); got != nil {
			t.Errorf("Map over nothing = %q; want nothing", got)
		}
	})
}

func TestMapRunsInParallel(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var running, most atomic.Int32
			for range m.apply(t.Context(), numbers(9), func(context.Context, int) (int, error) {
				if n := running.Add(1); n > most.Load() {
					most.Store(n)
				}
				defer running.Add(-1)
				time.Sleep(time.Second)
				return 0, nil
			}, workerpool.Options{Workers: 3}) {
			}
			if d := time.Since(start); d != 3*time.Second || most.Load() > 3 {
				t.Errorf("9 calls of 1s on 3 workers took %v, %d at a time; want 3s and 3", d, most.Load())
			}
		})
	})
}

// TestMapWindow counts the items between being taken from the input and the end
// of the loop body for them.
func TestMapWindow(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		for _, tt := range []struct {
			o    workerpool.Options
			want int32
		}{
			{workerpool.Options{Workers: 1, Queue: -1}, 1},
			{workerpool.Options{Workers: 2, Queue: -1}, 2},
			{workerpool.Options{Workers: 2, Queue: 3}, 5},
			{workerpool.Options{Workers: 2}, 1026},
		} {
			synctest.Test(t, func(t *testing.T) {
				var taken, most atomic.Int32
				bodies := int32(0)
				for range m.apply(t.Context(), count(&taken), double, tt.o) {
					synctest.Wait() // all that can run ahead has done so
					most.Store(max(most.Load(), taken.Load()-bodies))
					if bodies++; bodies == 20 {
						break
					}
				}
				if got := most.Load(); got != tt.want {
					t.Errorf("%+v: %d items were on their way; want %d", tt.o, got, tt.want)
				}
			})
		}
	})
}

func TestMapYieldsWhileTheInputIsSlow(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			n := 0
			for range m.apply(t.Context(), slow(3, time.Hour), func(context.Context, int) (int, error) {
				time.Sleep(time.Second)
				return 0, nil
			}, workerpool.Options{Workers: 2}) {
				n++
				if got, want := time.Since(start), time.Duration(n)*time.Hour+time.Second; got != want {
					t.Errorf("result %d came after %v; want %v", n, got, want)
				}
			}
		})
	})
}

func TestMapErrorsStayBesideTheirItem(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		var heard atomic.Int32
		got := lines(m.apply(t.Context(), numbers(6), func(_ context.Context, i int) (int, error) {
			switch i {
			case 1:
				return 10, errTask
			case 2:
				explode("boom")
			case 4:
				runtime.Goexit()
			}
			return i, nil
		}, workerpool.Options{Workers: 2, OnError: func(_ context.Context, task any, err error) {
			heard.Add(1)
			if task == 1 && err != errTask {
				t.Errorf("OnError(1) got %v; want %v", err, errTask)
			}
		}}))
		want := []string{"0 <nil>", "10 task failed", "0 panic: boom", "3 <nil>", "0 panic: runtime.Goexit was called", "5 <nil>"}
		if !m.same(got, want) || heard.Load() != 3 {
			t.Errorf("Map = %q with %d calls of OnError; want %q with 3", got, heard.Load(), want)
		}
	})
}

func TestMapPanicKeepsTheStack(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		for _, err := range m.apply(t.Context(), numbers(1), func(context.Context, int) (int, error) {
			explode("boom")
			return 0, nil
		}, workerpool.Options{}) {
			pe, ok := errors.AsType[*workerpool.PanicError](err)
			if !ok || !strings.Contains(string(pe.Stack), "workerpool_test.explode") {
				t.Errorf("error = %+v; want a *PanicError with the stack of the panic", err)
			}
		}
	})
}

func TestMapBreakCancelsAndWaits(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		synctest.Test(t, func(t *testing.T) {
			var taken, started, ended atomic.Int32
			start := time.Now()
			for range m.apply(t.Context(), count(&taken), func(ctx context.Context, i int) (int, error) {
				if i == 0 {
					return 0, nil
				}
				started.Add(1)
				<-ctx.Done()
				time.Sleep(time.Second)
				ended.Add(1)
				return 0, nil
			}, workerpool.Options{Workers: 2, Queue: 3}) {
				synctest.Wait()
				break
			}
			if d := time.Since(start); started.Load() != 2 || ended.Load() != 2 || d != time.Second {
				t.Errorf("break returned after %v, %d calls started, %d ended; want 1s, 2, 2", d, started.Load(), ended.Load())
			}
			if n := taken.Load(); n != 5 {
				t.Errorf("%d items were taken; want 5, none after break", n)
			}
		})
	})
}

func TestMapBreakWaitsForTheInput(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			for range m.apply(t.Context(), slow(3, time.Minute), double, workerpool.Options{}) {
				break
			}
			if d := time.Since(start); d != 2*time.Minute {
				t.Errorf("break returned after %v; want 2m0s, when the input came back", d)
			}
		})
	})
}

func TestMapEndsWithItsContext(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		why := errors.New("budget spent")
		work := func(ctx context.Context, i int) (int, error) {
			if i == 0 {
				return 7, nil
			}
			<-ctx.Done()
			return i, errTask
		}
		for _, tt := range []struct {
			name  string
			items int
			want  []string
		}{
			{"more input", 100, []string{"7 <nil>", "1 task failed", "2 task failed", "0 budget spent", "0 budget spent", "0 budget spent", "0 budget spent"}},
			{"one item more", 7, []string{"7 <nil>", "1 task failed", "2 task failed", "0 budget spent", "0 budget spent", "0 budget spent", "0 budget spent"}},
			{"window full", 6, []string{"7 <nil>", "1 task failed", "2 task failed", "0 budget spent", "0 budget spent", "0 budget spent"}},
			{"all started", 3, []string{"7 <nil>", "1 task failed", "2 task failed"}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
					defer cancel()
					var heard atomic.Int32
					o := workerpool.Options{Workers: 2, Queue: 3, OnError: func(context.Context, any, error) { heard.Add(1) }}
					if got := lines(m.apply(ctx, numbers(tt.items), work, o)); !m.same(got, tt.want) {
						t.Errorf("Map = %q; want %q", got, tt.want)
					}
					if n := heard.Load(); n != 2 {
						t.Errorf("OnError was called %d times; want 2, once for each call that failed", n)
					}
				})
			})
		}
	})
}

func TestMapWithEndedContext(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		why := errors.New("ended before")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		f := func(_ context.Context, i int) (int, error) { t.Errorf("item %d was started", i); return 0, nil }
		if got := lines(m.apply(ctx, numbers(5), f, workerpool.Options{})); !m.same(got, []string{"0 ended before"}) {
			t.Errorf("Map(ended ctx) = %q; want one pair with the cause", got)
		}
		if got := lines(m.apply(ctx, numbers(0), f, workerpool.Options{})); got != nil {
			t.Errorf("Map(ended ctx) over nothing = %q; want nothing", got)
		}
	})
}

func TestMapRepeatsThePanicOfTheInput(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		broken := func(yield func(int) bool) {
			if yield(1) && yield(2) {
				explode("broken input")
			}
		}
		synctest.Test(t, func(t *testing.T) {
			var got []int
			var ended atomic.Int32
			defer func() {
				pe, ok := recover().(*workerpool.PanicError)
				if !ok || pe.Value != "broken input" || !strings.Contains(string(pe.Stack), "workerpool_test.explode") {
					t.Errorf("panic value = %+v; want a *PanicError with the stack of the input", pe)
				}
				if slices.Sort(got); !slices.Equal(got, []int{1, 2}) || ended.Load() != 2 {
					t.Errorf("the loop saw %v, %d calls had ended; want [1 2], 2", got, ended.Load())
				}
			}()
			for r := range m.apply(t.Context(), broken, func(_ context.Context, i int) (int, error) {
				time.Sleep(time.Second)
				ended.Add(1)
				return i, nil
			}, workerpool.Options{}) {
				got = append(got, r)
			}
			t.Error("the loop ended without a panic")
		})
	})
}

func TestMapRepeatsTheGoexitOfTheInput(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		reached := make(chan bool, 1)
		done := make(chan struct{})
		go func() {
			defer close(done)
			lines(m.apply(t.Context(), func(func(int) bool) { runtime.Goexit() }, double, workerpool.Options{}))
			reached <- true
		}()
		<-done
		if len(reached) > 0 {
			t.Error("the loop over an input that called runtime.Goexit ended as usual; want Goexit")
		}
	})
}

func TestMapEndsWithAPanicOfTheLoopBody(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		synctest.Test(t, func(t *testing.T) {
			var taken atomic.Int32
			testPanics(t, "in the body", func() {
				for range m.apply(t.Context(), count(&taken), double, workerpool.Options{}) {
					panic("in the body")
				}
			})
		})
	})
}

func TestMapMayBeRangedOverAgain(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		seq := m.apply(t.Context(), numbers(3), double, workerpool.Options{})
		want := []string{"0 <nil>", "2 <nil>", "4 <nil>"}
		for i := range 2 {
			if got := lines(seq); !m.same(got, want) {
				t.Errorf("loop %d = %q; want %q", i, got, want)
			}
		}
	})
}

func TestMapRejectsMisuse(t *testing.T) {
	forEachMap(t, func(t *testing.T, m mapper) {
		testPanics(t, "workerpool: "+m.name+" called with a nil sequence", func() { m.apply(t.Context(), nil, double, workerpool.Options{}) })
		testPanics(t, "workerpool: "+m.name+" called with a nil function", func() {
			m.apply(t.Context(), numbers(1), nil, workerpool.Options{})
		})
		want := []string{"0 workerpool: Options.Workers is -1 (int): must be 0 (GOMAXPROCS) or more"}
		if got := lines(m.apply(t.Context(), numbers(3), double, workerpool.Options{Workers: -1})); !m.same(got, want) {
			t.Errorf("Map(Workers: -1) = %q; want %q", got, want)
		}
	})
}
