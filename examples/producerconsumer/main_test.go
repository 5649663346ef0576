package main

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run(t.Context(), &stdout, &stderr); status != 0 || stderr.Len() > 0 {
		t.Errorf("exit status %d, standard error %q; want 0 and nothing", status, stderr.String())
	}
	for _, pattern := range []string{
		`^ada +\d+ orders$`, `^grace +\d+ orders$`, `^barbara +\d+ orders$`,
		`^accepted 1000 orders: 990 handled, 10 failed, 5930\.10 in all$`,
		`^failed: order 99: the order is empty$`,
	} {
		if !regexp.MustCompile("(?m)" + pattern).MatchString(stdout.String()) {
			t.Errorf("output has no match of %q:\n%s", pattern, stdout.String())
		}
	}
}

// TestInterrupted would be a data race if two goroutines had the same consumer,
// and counts what an interrupted producer leaves.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	orders := func(yield func(order) bool) {
		for id := range 100 {
			if id == 50 {
				cancel()
			}
			if !yield(order{id, 1}) {
				return
			}
		}
	}
	consumers := []*consumer{{name: "a"}, {name: "b"}}
	accepted, err := consume(ctx, orders, consumers, func(err error) { t.Error(err) })
	if !errors.Is(err, context.Canceled) || accepted != 50 {
		t.Errorf("consume = %d, %v; want 50, context.Canceled", accepted, err)
	}
	if handled := consumers[0].orders + consumers[1].orders; handled != accepted {
		t.Errorf("%d of %d accepted orders were handled", handled, accepted)
	}
	if n := len(slices.Collect(produce(250))); n != 250 {
		t.Errorf("produce(250) yields %d orders", n)
	}
}
