package errors_test

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goplinth/plinth/errors"
)

type closer struct{ err error }

func (c closer) Close() error { return c.err }

func TestCloseAndDefer(t *testing.T) {
	work, clean := errors.New("work"), errors.New("clean")
	for _, tt := range []struct {
		work, clean error
		want        []error
		text        string
	}{
		{nil, nil, nil, ""},
		{work, nil, []error{work}, "work"},
		{nil, clean, []error{clean}, "clean"},
		{work, clean, []error{work, clean}, "work\nclean"},
	} {
		for name, f := range map[string]func() error{
			"Close": func() (err error) { defer errors.Close(&err, closer{tt.clean}); return tt.work },
			"Defer": func() (err error) { defer errors.Defer(&err, closer{tt.clean}.Close); return tt.work },
		} {
			err := f()
			if tt.text == "" {
				if err != nil {
					t.Errorf("%s(%v, %v) = %v; want nil", name, tt.work, tt.clean, err)
				}
				continue
			}
			if err == nil || err.Error() != tt.text || slices.ContainsFunc(tt.want, func(e error) bool { return !errors.Is(err, e) }) {
				t.Errorf("%s(%v, %v) = %v; want %v", name, tt.work, tt.clean, err, tt.want)
			}
		}
	}
	err := io.EOF
	errors.Close(&err, nil)
	if err != io.EOF {
		t.Errorf("Close of nothing = %v; want EOF as before", err)
	}
}

func wantPanic(t *testing.T, call, want string, f func()) {
	t.Helper()
	defer func() {
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, want) {
			t.Errorf("%s panics with %q; want %q", call, got, want)
		}
	}()
	f()
}

func TestMisusePanics(t *testing.T) {
	var err error
	wantPanic(t, "Close(nil, c)", "errors: Close called with a nil pointer", func() { errors.Close(nil, closer{}) })
	wantPanic(t, "Defer(nil, f)", "errors: Defer called with a nil pointer", func() { errors.Defer(nil, closer{}.Close) })
	wantPanic(t, "Defer(&err, nil)", "errors: Defer called with a nil function", func() { errors.Defer(&err, nil) })
	wantPanic(t, "Recover(nil)", "errors: Recover called with a nil pointer", func() { errors.Recover(nil) })
	wantPanic(t, "NewHandler(nil)", "errors: NewHandler called with a nil handler", func() { errors.NewHandler(nil) })
	wantPanic(t, "Must(err)", "EOF", func() { errors.Must(0, io.EOF) })
}

//go:noinline
func explode(v any) error { panic(v) }

func crash() error {
	var s []int
	return label{fmt.Sprint(s[len(os.Args)])}
}

func TestRecover(t *testing.T) {
	call := func(f func() error) (err error) {
		defer errors.Recover(&err)
		err = io.ErrNoProgress
		return f()
	}
	for name, tt := range map[string]struct {
		f     func() error
		text  string
		frame string
	}{
		"value":         {func() error { return explode("boom") }, "panic: boom", ".explode"},
		"error":         {func() error { return explode(io.EOF) }, "panic: EOF", ".explode"},
		"runtime error": {crash, fmt.Sprintf("panic: runtime error: index out of range [%d] with length 0", len(os.Args)), ".crash"},
	} {
		err := call(tt.f)
		pe, ok := errors.AsType[*errors.PanicError](err)
		if !ok || err.Error() != tt.text || errors.KindOf(err) != errors.Internal {
			t.Errorf("%s: Recover gives %v of kind %v; want %q", name, err, errors.KindOf(err), tt.text)
			continue
		}
		frames := slices.Collect(errors.Frames(err))
		if len(frames) < 3 || !strings.HasSuffix(frames[0].Function, tt.frame) {
			t.Errorf("%s: the stack is\n%+v\nwant it to begin with %s", name, err, tt.frame)
		}
		if got := errors.Secondary(err); len(got) != 1 || got[0] != io.ErrNoProgress {
			t.Errorf("%s: Secondary = %v; want what the result was before", name, got)
		}
		if len(pe.Stack) == 0 {
			t.Errorf("%s: PanicError.Stack is empty", name)
		}
	}
	if err := call(func() error { return nil }); err != nil {
		t.Errorf("Recover without a panic = %v; want nil", err)
	}
	if err := call(func() error { return explode(nil) }); err == nil {
		t.Error("Recover of panic(nil) = nil; want an error")
	}
}

func TestRecoverLetsGoexitPass(t *testing.T) {
	done := make(chan error)
	go func() {
		err := io.EOF
		defer func() { done <- err }()
		defer errors.Recover(&err)
		runtime.Goexit()
	}()
	if err := <-done; err != io.EOF {
		t.Errorf("Recover after Goexit = %v; want EOF as before", err)
	}
}
