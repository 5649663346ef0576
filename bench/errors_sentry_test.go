package bench

import (
	"io"
	"strings"
	"testing"

	"github.com/getsentry/sentry-go"
	"github.com/goplinth/plinth/errors"
)

//go:noinline
func sentryLoad() error { return errors.Wrap(io.EOF, "load") }

//go:noinline
func sentryStart() error { return errors.Wrap(sentryLoad(), "start") }

//go:noinline
func sentryStack() error { return errors.WithStack(io.EOF) }

func sentryPanic() (err error) {
	defer errors.Recover(&err)
	panic("boom")
}

// TestErrorsSentry has Sentry's client look for the stack of an error, which it
// does by reflection on the method StackTrace.
func TestErrorsSentry(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want []string // the last functions, since Sentry has the outermost first
	}{
		"Wrap":      {sentryStart(), []string{"sentryStart", "sentryLoad"}},
		"Errorf":    {errors.Errorf("x: %w", sentryLoad()), []string{"TestErrorsSentry", "sentryLoad"}},
		"With":      {errors.With(sentryLoad(), errors.WithKind(errors.NotFound)), []string{"TestErrorsSentry", "sentryLoad"}},
		"WithStack": {sentryStack(), []string{"TestErrorsSentry", "sentryStack"}},
		"around":    {errors.Wrap(sentryStack(), "x"), []string{"TestErrorsSentry", "sentryStack"}},
		"Recover":   {sentryPanic(), []string{"TestErrorsSentry", "sentryPanic"}},
	} {
		trace := sentry.ExtractStacktrace(tt.err)
		if trace == nil || len(trace.Frames) < len(tt.want) {
			t.Errorf("%s: Sentry finds the stack %+v; want one that ends in %v", name, trace, tt.want)
			continue
		}
		for i, want := range tt.want {
			got := trace.Frames[len(trace.Frames)-len(tt.want)+i]
			if got.Function != want || !strings.HasSuffix(got.AbsPath, "errors_sentry_test.go") || got.Lineno == 0 {
				t.Errorf("%s: Sentry finds %s at %s:%d; want %s", name, got.Function, got.AbsPath, got.Lineno, want)
			}
		}
	}
}
