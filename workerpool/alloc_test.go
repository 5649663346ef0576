package workerpool_test

import (
	"context"
	"testing"

	"github.com/goplinth/plinth/internal/race"
	"github.com/goplinth/plinth/workerpool"
)

// TestTasksAllocateNothing holds the promises of the doc comments. What is made
// for the pool or the call itself is spread over many tasks.
func TestTasksAllocateNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	const n = 100_000
	ctx := t.Context()
	nothing := func(context.Context, int) error { return nil }
	pool := func(o workerpool.Options) func() {
		return func() {
			p := newPool(t, nothing, o)
			for i := range n {
				p.Submit(ctx, i)
			}
			mustClose(t, p)
		}
	}
	for name, run := range map[string]func(){
		"Submit":         pool(workerpool.Options{}),
		"Submit, full":   pool(workerpool.Options{Workers: 2, Queue: 1}),
		"Submit, Strict": pool(workerpool.Options{Strict: true}),
		"ForEach":        func() { workerpool.ForEach(ctx, numbers(n), nothing, workerpool.Options{}) },
		"ForEachN":       func() { workerpool.ForEachN(ctx, n, nothing, workerpool.Options{}) },
		"Map": func() {
			for range workerpool.Map(ctx, numbers(n), double, workerpool.Options{}) {
			}
		},
		"MapUnordered": func() {
			for range workerpool.MapUnordered(ctx, numbers(n), double, workerpool.Options{}) {
			}
		},
	} {
		if got := testing.AllocsPerRun(2, run) / n; got > 0.01 {
			t.Errorf("%s: %.4f allocations for each task; want 0", name, got)
		}
	}
}
