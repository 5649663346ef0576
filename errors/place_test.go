package errors_test

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goplinth/plinth/errors"
)

// place returns the only frame of the trace of err.
func place(t *testing.T, err error) runtime.Frame {
	t.Helper()
	frames := slices.Collect(errors.Frames(err))
	if len(frames) != 1 {
		t.Fatalf("Frames(%v) yields %d frames; want 1", err, len(frames))
	}
	return frames[0]
}

// here returns the frame of its caller, by runtime.Callers, which is the measure
// of the place that Wrap records by other means.
func here() runtime.Frame {
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:])
	frame, _ := runtime.CallersFrames(pcs[:]).Next()
	return frame
}

// A spot is an error and the frame that made it, on one line.
type spot struct {
	err  error
	want runtime.Frame
}

// The compiler inlines these three into their callers.
func inlinedWrap() error                   { return errors.Wrap(io.EOF, "x") }
func inlinedHere() runtime.Frame           { return here() }
func inlinedTwice() (runtime.Frame, error) { return inlinedHere(), inlinedWrap() }

//go:noinline
func spotPlain() spot { return spot{errors.Wrap(io.EOF, "x"), here()} }

func spotGeneric[T any](T) spot { return spot{errors.Wrap(io.EOF, "x"), here()} }

type spotter struct{ _ [4]int }

func (spotter) value() spot    { return spot{errors.Wrap(io.EOF, "x"), here()} }
func (*spotter) pointer() spot { return spot{errors.Wrap(io.EOF, "x"), here()} }

type embedding struct{ *spotter }

type viaInterface interface{ pointer() spot }

//go:noinline
func spotDeferred() (s spot) {
	defer func() { s = spot{errors.Wrap(io.EOF, "x"), here()} }()
	return spot{}
}

func spotPanicking() (s spot) {
	defer func() { _ = recover() }()
	defer func() { s = spot{errors.Wrap(io.EOF, "x"), here()} }()
	var p *spotter
	_ = *p // by a signal
	return s
}

func spotRecovered() (s spot) {
	defer func() {
		_ = recover()
		s = spot{errors.Wrap(io.EOF, "x"), here()}
	}()
	panic("boom")
}

func spotAfterRecover() spot {
	spotRecovered()
	return spot{errors.Wrap(io.EOF, "x"), here()}
}

func spotGoroutine() spot {
	c := make(chan spot)
	go func() { c <- spot{errors.Wrap(io.EOF, "x"), here()} }()
	return <-c
}

func spotEntry() spot {
	c := make(chan spot)
	go entry(c)
	return <-c
}

func entry(c chan<- spot) { c <- spot{errors.Wrap(io.EOF, "x"), here()} }

func spotRange() (s spot) {
	for range slices.Values([]int{1}) {
		s = spot{errors.Wrap(io.EOF, "x"), here()}
	}
	return s
}

func spotCallback() (s spot) {
	slices.SortFunc([]int{2, 1}, func(a, b int) int {
		s = spot{errors.Wrap(io.EOF, "x"), here()}
		return a - b
	})
	return s
}

func spotReflect() spot {
	return reflect.ValueOf(spotPlain).Call(nil)[0].Interface().(spot)
}

// spotDeep makes the stack grow, and so move, on the way.
func spotDeep(n int) spot {
	var frame [4096]byte
	if n == 0 {
		return spot{errors.Wrap(io.EOF, "x"), here()}
	}
	s := spotDeep(n - 1)
	frame[n] = 1
	return s
}

func TestPlaceIsThatOfRuntimeCallers(t *testing.T) {
	var iface viaInterface = embedding{new(spotter)}
	method := spotter{}.value
	for name, s := range map[string]spot{
		"plain":               spotPlain(),
		"generic":             spotGeneric(1),
		"generic, pointer":    spotGeneric(t),
		"method":              spotter{}.value(),
		"method value":        method(),
		"method expression":   (*spotter).pointer(new(spotter)),
		"promoted, interface": iface.pointer(),
		"closure":             func() spot { return spot{errors.Wrap(io.EOF, "x"), here()} }(),
		"deferred":            spotDeferred(),
		"panicking":           spotPanicking(),
		"recovered":           spotRecovered(),
		"after recover":       spotAfterRecover(),
		"goroutine":           spotGoroutine(),
		"goroutine entry":     spotEntry(),
		"range over func":     spotRange(),
		"callback":            spotCallback(),
		"reflection":          spotReflect(),
		"deep":                spotDeep(300),
		"Wrap, attributes":    {errors.Wrap(io.EOF, "x", slog.Int("a", 1)), here()},
		"Wrapf":               {errors.Wrapf(io.EOF, "x %d", 1), here()},
		"Errorf":              {errors.Errorf("x %d", 1), here()},
		"Errorf, %w":          {errors.Errorf("x %w", io.EOF), here()},
		"Errorf, two":         {errors.Errorf("x %w %w", io.EOF, io.EOF), here()},
		"With":                {errors.With(io.EOF), here()},
		"With, option":        {errors.With(io.EOF, errors.WithKind(errors.Internal), errors.WithRetry(true)), here()},
	} {
		got := place(t, s.err)
		if got.Function != s.want.Function || got.File != s.want.File || got.Line != s.want.Line || got.Entry != s.want.Entry {
			t.Errorf("%s: the place is %s %s:%d; runtime.Callers says %s %s:%d", name,
				got.Function, got.File, got.Line, s.want.Function, s.want.File, s.want.Line)
		}
	}
}

// TestPlaceOfDeferredCalls has no function to ask beside the call. The call of
// what is deferred is on the line of the defer statement, by a wrapper, or on
// that of the return, for runtime.Callers, which leaves the wrapper out.
func TestPlaceOfDeferredCalls(t *testing.T) {
	var want runtime.Frame
	failing := func() (err error) {
		want = here()
		defer errors.Defer(&err, func() error { return io.EOF })
		return nil
	}
	got := place(t, failing())
	if got.Line <= want.Line || got.Line > want.Line+2 || !strings.HasPrefix(got.Function, want.Function) {
		t.Errorf("the place of a deferred Defer is %s:%d; want %s:%d or the line after", got.Function, got.Line, want.Function, want.Line+1)
	}
}

// TestPlaceOfInlinedCallers compares the functions, since the two calls are in
// two of them.
func TestPlaceOfInlinedCallers(t *testing.T) {
	frame, err := inlinedTwice()
	got := place(t, err)
	if want := strings.Replace(frame.Function, "inlinedHere", "inlinedWrap", 1); got.Function != want || got.Line != frame.Line-1 {
		t.Errorf("the place is %s:%d; want %s:%d", got.Function, got.Line, want, frame.Line-1)
	}
	err = errors.Wrap(inlinedWrap(), "y") // two places, and the first is inlined into the second
	var functions []string
	for frame := range errors.Frames(err) {
		functions = append(functions, frame.Function[strings.LastIndex(frame.Function, ".")+1:])
	}
	if want := []string{"inlinedWrap", "TestPlaceOfInlinedCallers"}; !slices.Equal(functions, want) {
		t.Errorf("Frames yields %v; want %v", functions, want)
	}
}

func TestPlacesOfConcurrentWraps(t *testing.T) {
	c := make(chan spot)
	for range 100 {
		go func() { c <- spotDeep(3) }()
	}
	for range 100 {
		s := <-c
		if got := place(t, s.err); got.Line != s.want.Line {
			t.Errorf("the place is line %d; want %d", got.Line, s.want.Line)
		}
	}
}

func TestFramesAreInnermostFirst(t *testing.T) {
	err := fmt.Errorf("x: %w", spotPlain().err)
	err = errors.With(errors.Join(err, io.EOF))
	var got []string
	for frame := range errors.Frames(err) {
		got = append(got, frame.Function[strings.LastIndex(frame.Function, ".")+1:])
	}
	if want := []string{"spotPlain", "TestFramesAreInnermostFirst"}; !slices.Equal(got, want) {
		t.Errorf("Frames yields %v; want %v", got, want)
	}
	for range errors.Frames(err) {
		break
	}
	for _, err := range []error{nil, io.EOF} {
		for frame := range errors.Frames(err) {
			t.Errorf("Frames(%v) yields %v", err, frame)
		}
	}
}
