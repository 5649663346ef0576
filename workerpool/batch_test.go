package workerpool_test

import (
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// at yields 0, 1, 2 and so on at the given times from the beginning.
func at(times ...time.Duration) iter.Seq[int] {
	return func(yield func(int) bool) {
		start := time.Now()
		for i, d := range times {
			time.Sleep(d - time.Since(start))
			if !yield(i) {
				return
			}
		}
	}
}

func TestBatch(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		name  string
		in    iter.Seq[int]
		size  int
		every time.Duration
		want  string // each batch with the time at which it came
	}{
		{"nothing", at(), 3, s, ""},
		{"nothing by size", at(), 3, 0, ""},
		{"by size", at(0, 0, 0, 0, 0), 2, 0, "[0 1] 0s, [2 3] 0s, [4] 0s"},
		{"by a multiple", at(0, 0, 0, 0), 2, 0, "[0 1] 0s, [2 3] 0s"},
		{"size comes first", at(0, 0, 0, 0, 0), 2, s, "[0 1] 0s, [2 3] 0s, [4] 0s"},
		{"of one", at(0, s), 1, s, "[0] 0s, [1] 1s"},
		{"never by time", at(0, s, 1000*s), 3, -1, "[0 1 2] 16m40s"},
		{"since the first item", at(0, s/4, 3*s, 3*s+s/2), 9, s, "[0 1] 1s, [2 3] 3.5s"},
		{"time goes on in the batch", at(0, s/2, 3*s/2, 2*s), 9, s, "[0 1] 1s, [2 3] 2s"},
		{"large", at(make([]time.Duration, 200)...), 150, s, fmt.Sprint(upTo(0, 150), " 0s, ", upTo(150, 200), " 0s")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var got []string
				for batch := range workerpool.Batch(tt.in, tt.size, tt.every) {
					got = append(got, fmt.Sprint(batch, " ", time.Since(start)))
				}
				if got := strings.Join(got, ", "); got != tt.want {
					t.Errorf("Batch = %s; want %s", got, tt.want)
				}
			})
		})
	}
}

func upTo(from, to int) []int {
	var list []int
	for ; from < to; from++ {
		list = append(list, from)
	}
	return list
}

// TestBatchesAreTheLoops checks that a batch does not change after it was
// yielded.
func TestBatchesAreTheLoops(t *testing.T) {
	for _, every := range []time.Duration{0, time.Hour} {
		batches := slices.Collect(workerpool.Batch(numbers(6), 2, every))
		batches[0] = append(batches[0], 9)
		if got, want := fmt.Sprint(batches), "[[0 1 9] [2 3] [4 5]]"; got != want {
			t.Errorf("every %v: batches = %s; want %s", every, got, want)
		}
	}
}

func TestBatchEndsWithItsLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, every := range []time.Duration{0, time.Second} {
			start := time.Now()
			taken := 0
			in := func(yield func(int) bool) {
				defer func() { taken = -taken }()
				for v := range slow(100, time.Minute) {
					taken++
					if !yield(v) {
						return
					}
				}
			}
			for range workerpool.Batch(in, 1, every) {
				time.Sleep(time.Hour)
				break
			}
			d, want, items := time.Since(start), time.Hour+time.Minute, -1
			if every > 0 {
				items = -2 // the second waits for the loop
			}
			if d != want || taken != items {
				t.Errorf("every %v: the loop returned after %v, and the input had given %d items, negative if it ended; want %v, %d", every, d, taken, want, items)
			}
			testPanics(t, "in the body", func() {
				for range workerpool.Batch(numbers(9), 2, every) {
					panic("in the body")
				}
			})
		}
	})
}

func TestBatchRepeatsThePanicOfTheInput(t *testing.T) {
	broken := func(end func()) iter.Seq[int] {
		return func(yield func(int) bool) {
			if yield(1) && yield(2) {
				end()
			}
		}
	}
	for _, every := range []time.Duration{0, time.Hour} {
		var got []int
		func() {
			defer func() {
				v := recover()
				if pe, ok := v.(*workerpool.PanicError); ok {
					v = pe.Value
				}
				if v != "broken input" {
					t.Errorf("every %v: panic value = %v; want that of the input", every, v)
				}
			}()
			for batch := range workerpool.Batch(broken(func() { explode("broken input") }), 1, every) {
				got = append(got, batch...)
			}
			t.Error("the loop ended without a panic")
		}()
		if !slices.Equal(got, []int{1, 2}) {
			t.Errorf("every %v: the loop saw %v; want [1 2]", every, got)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range workerpool.Batch(broken(runtime.Goexit), 5, every) {
			}
			t.Errorf("every %v: the loop over an input that called runtime.Goexit ended as usual; want Goexit", every)
		}()
		<-done
	}
}

func TestBatchRejectsMisuse(t *testing.T) {
	testPanics(t, "workerpool: Batch called with a nil sequence", func() { workerpool.Batch[int](nil, 1, 0) })
	testPanics(t, "workerpool: Batch called with a size of 0: must be 1 or more", func() { workerpool.Batch(numbers(1), 0, 0) })
}
