package main

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRun(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run(t.Context(), &stdout, &stderr); status != 0 {
		t.Errorf("exit status %d; want 0", status)
	}
	if got, want := stdout.String(), "1992 records stored, 8 rejected, 422.50 in all\n"; got != want {
		t.Errorf("output = %q; want %q", got, want)
	}
	for _, want := range []string{`rejected: line "bolt many": the quantity must be a number`, `rejected: item "air": no price`} {
		if strings.Count(stderr.String(), want) != 4 {
			t.Errorf("standard error does not say %q four times:\n%s", want, stderr.String())
		}
	}
}

// counting yields the lines of seq and counts them.
func counting(seq iter.Seq[string], n *atomic.Int64) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range seq {
			n.Add(1)
			if !yield(line) {
				return
			}
		}
	}
}

// TestSlowStoreHoldsUpTheInput is the backpressure: the input is never further
// ahead of the store than the bounds of the stages add up to.
func TestSlowStoreHoldsUpTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int64
		var got []record
		most := 0
		err := pipe(t.Context(), counting(orders(2000), &taken), stages{parse, price, func(_ context.Context, batch []record) error {
			time.Sleep(time.Second)
			most = max(most, int(taken.Load())-len(got))
			got = append(got, batch...)
			return nil
		}}, func(error) {})
		if err != nil {
			t.Errorf("pipe = %v; want nil", err)
		}
		// The stages of 18 and 32, a batch of 50, one item at each joint, and
		// what was rejected.
		if bound := 18 + 32 + 50 + 3 + 8; most > bound {
			t.Errorf("the input was %d lines ahead of the store; want %d at most", most, bound)
		}
		in := slices.Collect(orders(12))
		for i, line := range in {
			if r, err := parse(t.Context(), line); err != nil || r.item != got[i].item || r.quantity != got[i].quantity {
				t.Errorf("record %d = %v; want that of line %q", i, got[i], line)
			}
		}
	})
}

func TestFailedStoreEndsTheStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble ends when all goroutines have
		full := errors.New("disk full")
		var taken atomic.Int64
		err := pipe(t.Context(), counting(orders(1_000_000), &taken), stages{parse, price, func(context.Context, []record) error { return full }}, func(error) {})
		if err != full || taken.Load() > 200 {
			t.Errorf("pipe = %v after %d lines; want %v after a few", err, taken.Load(), full)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = pipe(ctx, orders(1_000_000), stages{parse, price, func(context.Context, []record) error { return nil }}, func(error) {})
		if err != context.DeadlineExceeded {
			t.Errorf("pipe with a deadline = %v; want DeadlineExceeded", err)
		}
	})
}
