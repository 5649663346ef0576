package errors_test

import (
	stderrors "errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/goplinth/plinth/errors"
)

func TestAppend(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	ab := errors.Append(a, b)
	for _, tt := range []struct {
		name string
		got  error
		want []error
	}{
		{"nothing", errors.Append(nil), nil},
		{"nil", errors.Append(nil, nil, nil), nil},
		{"one", errors.Append(a), []error{a}},
		{"one among nil", errors.Append(nil, nil, a, nil), []error{a}},
		{"two", ab, []error{a, b}},
		{"flat", errors.Append(ab, c), []error{a, b, c}},
		{"flat on the right", errors.Append(c, ab), []error{c, a, b}},
		{"to itself", errors.Append(ab, ab), []error{a, b, a, b}},
		{"joined", errors.Append(stderrors.Join(a, b), stderrors.Join(c)), []error{a, b, c}},
		{"nothing more", errors.Append(ab, nil), []error{a, b}},
		{"two %w are no list", errors.Append(fmt.Errorf("%w%w", a, b), c), nil},
	} {
		switch {
		case tt.name == "two %w are no list":
			if got := tt.got.(interface{ Unwrap() []error }).Unwrap(); len(got) != 2 {
				t.Errorf("%s: Append wraps %d errors; want 2", tt.name, len(got))
			}
		case len(tt.want) == 0:
			if tt.got != nil {
				t.Errorf("%s: Append = %v; want nil", tt.name, tt.got)
			}
		case len(tt.want) == 1:
			if tt.got != tt.want[0] {
				t.Errorf("%s: Append = %v; want %v itself", tt.name, tt.got, tt.want[0])
			}
		default:
			got := tt.got.(interface{ Unwrap() []error }).Unwrap()
			if !slices.Equal(got, tt.want) || tt.got.Error() != stderrors.Join(tt.want...).Error() {
				t.Errorf("%s: Append wraps %v and reads %q; want %v", tt.name, got, tt.got, tt.want)
			}
		}
	}
	if got := errors.Append(ab, nil); got != ab {
		t.Errorf("Append(err, nil) = another error; want err itself")
	}
}

// TestAppendChangesNothing appends to every stage of a growing list twice, where
// the second must not write over what the first put behind the list.
func TestAppendChangesNothing(t *testing.T) {
	var err error
	var stages []error
	for i := range 40 {
		err = errors.Append(err, fmt.Errorf("%d", i))
		stages = append(stages, err)
	}
	for i, stage := range stages {
		if i > 0 {
			errors.Append(stage, io.EOF)
			_ = append(stage.(interface{ Unwrap() []error }).Unwrap(), io.EOF)
		}
	}
	for i, stage := range stages {
		n := 0
		for e := range errors.All(stage) {
			if errors.Unwrap(e) == nil && e != stage || i == 0 {
				if e.Error() != fmt.Sprint(n) {
					t.Fatalf("stage %d has %q at %d", i, e, n)
				}
				n++
			}
		}
		if n != i+1 {
			t.Errorf("stage %d wraps %d errors; want %d", i, n, i+1)
		}
	}
}

func TestAppendToTheSameListAtOnce(t *testing.T) {
	base := errors.Append(errors.Append(io.EOF, io.EOF), io.EOF) // with room behind it
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			want := fmt.Errorf("%d", i)
			err := errors.Append(base, want)
			if got := err.(interface{ Unwrap() []error }).Unwrap(); len(got) != 4 || got[3] != want {
				t.Errorf("Append wraps %v; want %v last", got, want)
			}
		})
	}
	wg.Wait()
}

// TestAppendIsLinear counts the bytes of a long loop through its allocations:
// copying for each call would take more than a thousand times as much.
func TestAppendIsLinear(t *testing.T) {
	const n = 4096
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var err error
	for range n {
		err = errors.Append(err, io.EOF)
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / n; got > 200 {
		t.Errorf("Append in a loop of %d allocates %d B for each; want at most 200", n, got)
	}
}
