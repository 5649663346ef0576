package panics_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/goplinth/plinth/internal/panics"
)

func explode(v any) error { panic(v) }

func TestTryKeepsTheStackOfThePanic(t *testing.T) {
	err := panics.Try(func() error { return explode("boom") })
	pe, ok := errors.AsType[*panics.Error](err)
	if !ok {
		t.Fatalf("Try(panic) = %T; want *panics.Error", err)
	}
	if got, want := err.Error(), "panic: boom"; got != want {
		t.Errorf("Error() = %q; want %q", got, want)
	}
	if !strings.Contains(string(pe.Stack), "panics_test.explode") {
		t.Errorf("Stack does not name the function that panicked:\n%s", pe.Stack)
	}
	if s := fmt.Sprintf("%+v", err); !strings.Contains(s, "panics_test.explode") {
		t.Errorf("%%+v does not print the stack:\n%s", s)
	}
	for format, want := range map[string]string{"%v": "panic: boom", "%s": "panic: boom", "%q": `"panic: boom"`} {
		if got := fmt.Sprintf(format, err); got != want {
			t.Errorf("Sprintf(%q) = %s; want %s", format, got, want)
		}
	}
}

func TestTryUnwrapsAnErrorValue(t *testing.T) {
	if err := panics.Try(func() error { return explode(io.ErrUnexpectedEOF) }); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Is(%v, ErrUnexpectedEOF) = false; want true", err)
	}
}

func TestTryReturnsTheError(t *testing.T) {
	for _, want := range []error{nil, io.EOF} {
		if got := panics.Try(func() error { return want }); got != want {
			t.Errorf("Try(return %v) = %v", want, got)
		}
	}
}

func TestTryReportsPanicNil(t *testing.T) {
	if err := panics.Try(func() error { return explode(nil) }); err == nil {
		t.Error("Try(panic(nil)) = nil; want an error")
	}
}

func TestCallReportsHowTheFunctionEnded(t *testing.T) {
	for name, tt := range map[string]struct {
		f    func() error
		want error
	}{
		"nil":    {func() error { return nil }, nil},
		"error":  {func() error { return io.EOF }, io.EOF},
		"panic":  {func() error { return explode(io.ErrUnexpectedEOF) }, io.ErrUnexpectedEOF},
		"Goexit": {func() error { runtime.Goexit(); return nil }, panics.ErrGoexit},
	} {
		var ended []error
		var wg sync.WaitGroup
		wg.Go(func() { panics.Call(tt.f, func(err error) { ended = append(ended, err) }) })
		wg.Wait()
		if len(ended) != 1 || !errors.Is(ended[0], tt.want) {
			t.Errorf("%s: Call ended with %v; want %v once", name, ended, tt.want)
		}
	}
}
