package errors_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goplinth/plinth/errors"
)

//go:noinline
func stacked(err error) error { return errors.WithStack(err) }

func functions(err error) (names []string) {
	for frame := range errors.Frames(err) {
		names = append(names, frame.Function[strings.LastIndex(frame.Function, ".")+1:])
	}
	return names
}

func TestWithStack(t *testing.T) {
	err := errors.Wrap(stacked(io.EOF), "x")
	if err.Error() != "x: EOF" || !errors.Is(err, io.EOF) {
		t.Errorf("WithStack changes %v", err)
	}
	if got, want := functions(err)[:3], []string{"stacked", "TestWithStack", "tRunner"}; !slices.Equal(got, want) {
		t.Errorf("Frames begin with %v; want %v", got, want)
	}
	for name, again := range map[string]error{
		"itself":     err,
		"fmt.Errorf": fmt.Errorf("y: %w", err),
		"Join":       errors.Join(io.EOF, err),
	} {
		if got := errors.WithStack(again); got != again {
			t.Errorf("%s: WithStack takes a second stack", name)
		}
	}
	if errors.WithStack(nil) != nil {
		t.Error("WithStack(nil) is not nil")
	}
}

// The forms in which other packages keep a stack.
type (
	frame    uintptr
	traced   struct{ io.Closer }
	called   struct{}
	framed   struct{}
	untraced struct{}
	listed   struct{}
)

func (*traced) Error() string       { return "traced" }
func (*traced) StackTrace() []frame { return []frame{frame(errors.PC()) + 1} }

func (called) Error() string      { return "called" }
func (called) Callers() []uintptr { return []uintptr{errors.PC() + 1} }

func (framed) Error() string          { return "framed" }
func (framed) StackFrames() []uintptr { return []uintptr{errors.PC() + 1} }

func (untraced) Error() string      { return "untraced" }
func (untraced) StackTrace() string { return "text" }
func (untraced) Callers(int) []int  { return nil }

func (listed) Error() string        { return "listed" }
func (listed) StackTrace() []string { return []string{"text"} }

func TestForeignStacksAreHonoured(t *testing.T) {
	for _, err := range []error{&traced{}, called{}, framed{}} {
		wrapped := errors.Wrap(err, "x")
		if got := errors.WithStack(wrapped); got != wrapped {
			t.Errorf("%v: WithStack replaces the stack of another package", err)
		}
		if got, want := functions(wrapped), []string{"PC"}; !slices.Equal(got, want) {
			t.Errorf("%v: Frames = %v; want %v", err, got, want)
		}
		if got := errors.Tree(wrapped); !strings.Contains(got, "errors.PC (") {
			t.Errorf("%v: the tree lacks the stack:\n%s", err, got)
		}
	}
	for _, err := range []error{untraced{}, listed{}, (*traced)(nil)} {
		if got := functions(errors.Wrap(stacked(err), "x")); got[0] != "stacked" {
			t.Errorf("%T: Frames = %v; want a stack of our own", err, got)
		}
	}
}

func TestStackTraceMethod(t *testing.T) {
	type tracer interface{ StackTrace() []uintptr }
	for name, tt := range map[string]struct {
		err    error
		frames int
	}{
		"Wrap":   {errors.Wrap(errors.Wrap(io.EOF, "a"), "b"), 2},
		"With":   {errors.With(errors.Errorf("a"), errors.WithRetry(true)), 2},
		"Errorf": {errors.Errorf("%w %w", errors.Errorf("a"), io.EOF), 2},
	} {
		if got := tt.err.(tracer).StackTrace(); len(got) != tt.frames {
			t.Errorf("%s: StackTrace has %d places; want %d", name, len(got), tt.frames)
		}
	}
	err := errors.Wrap(stacked(io.EOF), "x")
	whole := errors.Unwrap(err).(tracer).StackTrace()
	if got := err.(tracer).StackTrace(); len(got) < 3 || !slices.Equal(got, whole) {
		t.Errorf("StackTrace above a stack = %v; want the stack, %v", got, whole)
	}
	whole[0] = 0 // the caller's copy
	if got := errors.Unwrap(err).(tracer).StackTrace(); got[0] == 0 {
		t.Error("StackTrace returns the stack that is shared")
	}
}

func TestRepeatedStacksCostNothing(t *testing.T) {
	r := testing.AllocsPerRun(1000, func() { stacked(io.EOF) })
	if r > 1 {
		t.Errorf("WithStack allocates %v times for a stack that is known; want 1", r)
	}
}

// TestInternIsBounded offers many more stacks than there is room for, at once
// from several goroutines, and wants each to be what it was.
func TestInternIsBounded(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 5000 {
				pcs := []uintptr{uintptr(i%3000 + 1), uintptr(g%2 + 1), 3}
				if got := errors.Intern(pcs); !slices.Equal(got, pcs) {
					t.Errorf("Intern(%v) = %v", pcs, got)
				}
			}
		})
	}
	wg.Wait()
	pcs := []uintptr{7, 7, 7}
	a, b := errors.Intern(pcs), errors.Intern(slices.Clone(pcs))
	if &a[0] != &b[0] {
		t.Error("Intern keeps the same stack twice")
	}
	if got := cap(errors.Intern(make([]uintptr, 3, 100))); got > 8 {
		t.Errorf("Intern keeps room for %d program counters of 3", got)
	}
}
