package workerpool_test

import (
	"context"
	"testing"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

func TestTaskInfo(t *testing.T) {
	type key struct{}
	outer := workerpool.Info{ID: "a", Attempt: 2, EnqueuedAt: time.Unix(1, 2)}
	ctx := workerpool.WithTaskInfo(t.Context(), outer)
	derived, cancel := context.WithCancel(context.WithValue(ctx, key{}, "value"))
	defer cancel()
	inner := workerpool.Info{Attempt: 1}
	for _, tt := range []struct {
		name string
		ctx  context.Context
		want workerpool.Info
		ok   bool
	}{
		{"no task", t.Context(), workerpool.Info{}, false},
		{"task", ctx, outer, true},
		{"derived", derived, outer, true},
		{"task in a task", workerpool.WithTaskInfo(ctx, inner), inner, true},
		{"zero", workerpool.WithTaskInfo(ctx, workerpool.Info{}), workerpool.Info{}, true},
	} {
		if got, ok := workerpool.TaskInfo(tt.ctx); got != tt.want || ok != tt.ok {
			t.Errorf("%s: TaskInfo(ctx) = %+v, %v; want %+v, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}
