package errors_test

import (
	stderrors "errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"github.com/goplinth/plinth/errors"
)

// like is found by Is although it does not wrap its target.
type like struct{ target error }

func (e like) Error() string        { return "like " + e.target.Error() }
func (e like) Is(target error) bool { return target == e.target }

// TestStandardFunctions runs every case on this package's functions and on
// the standard library's, and wants the same from both.
func TestStandardFunctions(t *testing.T) {
	pathErr := &fs.PathError{Op: "open", Path: "p", Err: fs.ErrNotExist}
	errs := map[string]error{
		"nil":         nil,
		"EOF":         io.EOF,
		"wrapped EOF": fmt.Errorf("read: %w", io.EOF),
		"two causes":  fmt.Errorf("%w and %w", io.EOF, pathErr),
		"joined":      stderrors.Join(io.ErrClosedPipe, fmt.Errorf("a: %w", io.EOF)),
		"path error":  fmt.Errorf("load: %w", pathErr),
		"Is method":   like{io.EOF},
	}
	for name, err := range errs {
		for targetName, target := range errs {
			if got, want := errors.Is(err, target), stderrors.Is(err, target); got != want {
				t.Errorf("Is(%s, %s) = %v; want %v", name, targetName, got, want)
			}
		}
		var got, want *fs.PathError
		if g, w := errors.As(err, &got), stderrors.As(err, &want); g != w || got != want {
			t.Errorf("As(%s, *PathError) = %v, %v; want %v, %v", name, g, got, w, want)
		}
		gotType, gotOK := errors.AsType[*fs.PathError](err)
		wantType, wantOK := stderrors.AsType[*fs.PathError](err)
		if gotType != wantType || gotOK != wantOK {
			t.Errorf("AsType[*PathError](%s) = %v, %v; want %v, %v", name, gotType, gotOK, wantType, wantOK)
		}
		if got, want := errors.Unwrap(err), stderrors.Unwrap(err); got != want {
			t.Errorf("Unwrap(%s) = %v; want %v", name, got, want)
		}
		if got, want := errors.Join(err, io.EOF), stderrors.Join(err, io.EOF); got.Error() != want.Error() {
			t.Errorf("Join(%s, EOF) = %v; want %v", name, got, want)
		}
	}
	if got := errors.Join(nil, nil); got != nil {
		t.Errorf("Join(nil, nil) = %v; want nil", got)
	}
	if errors.New("a") == errors.New("a") {
		t.Error(`New("a") == New("a"); want distinct errors`)
	}
	if !stderrors.Is(errors.ErrUnsupported, stderrors.ErrUnsupported) {
		t.Error("ErrUnsupported is not the standard library's")
	}
}
