package errors_test

import (
	stderrors "errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"

	"github.com/goplinth/plinth/errors"
)

func TestNilInNilOut(t *testing.T) {
	for name, err := range map[string]error{
		"Wrap":  errors.Wrap(nil, "msg", slog.Int("a", 1)),
		"Wrapf": errors.Wrapf(nil, "%d", 1),
		"With":  errors.With(nil, errors.WithKind(errors.Internal)),
	} {
		if err != nil {
			t.Errorf("%s(nil) = %v; want nil", name, err)
		}
	}
	for e := range errors.All(nil) {
		t.Errorf("All(nil) yields %v", e)
	}
	if got := errors.Attrs(nil); got != nil {
		t.Errorf("Attrs(nil) = %v; want nil", got)
	}
}

func TestMessages(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.Wrap(io.EOF, "read"), "read: EOF"},
		{errors.Wrap(io.EOF, ""), "EOF"},
		{errors.Wrapf(io.EOF, "read %d of %d", 1, 2), "read 1 of 2: EOF"},
		{errors.With(io.EOF), "EOF"},
		{errors.Wrap(errors.Wrap(io.EOF, "b"), "a"), "a: b: EOF"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("Error() = %q; want %q", got, tt.want)
		}
		if !errors.Is(tt.err, io.EOF) {
			t.Errorf("Is(%v, EOF) = false; want true", tt.err)
		}
	}
}

func TestAttrsSurviveWrapping(t *testing.T) {
	deep := errors.Wrap(io.EOF, "read", slog.Int("id", 7))
	for name, err := range map[string]error{
		"as it is":        deep,
		"fmt.Errorf":      fmt.Errorf("x: %w", deep),
		"Join":            stderrors.Join(io.ErrClosedPipe, deep),
		"two %w and Join": fmt.Errorf("%w %w", io.EOF, stderrors.Join(nil, deep)),
	} {
		if got, want := errors.Attrs(err), []slog.Attr{slog.Int("id", 7)}; !slices.EqualFunc(got, want, slog.Attr.Equal) {
			t.Errorf("Attrs(%s) = %v; want %v", name, got, want)
		}
	}
}

func TestAttrsKeepsOrderAndDuplicates(t *testing.T) {
	err := errors.Wrap(io.EOF, "a", slog.Int("id", 1), slog.Int("n", 2))
	err = errors.With(err, errors.WithAttrs(slog.Int("id", 3)), errors.WithAttrs(slog.Int("m", 4)))
	want := []slog.Attr{slog.Int("id", 3), slog.Int("m", 4), slog.Int("id", 1), slog.Int("n", 2)}
	if got := errors.Attrs(err); !slices.EqualFunc(got, want, slog.Attr.Equal) {
		t.Errorf("Attrs = %v; want %v", got, want)
	}
}

func TestErrorsAreImmutable(t *testing.T) {
	attrs := []slog.Attr{slog.Int("id", 1)}
	wrap := errors.Wrap(io.EOF, "a", attrs...)
	with := errors.With(io.EOF, errors.WithAttrs(attrs...))
	attrs[0] = slog.Int("id", 2)
	for _, err := range []error{wrap, with} {
		if got := errors.Attrs(err)[0]; !got.Equal(slog.Int("id", 1)) {
			t.Errorf("Attrs = %v after the caller changed its slice; want id=1", got)
		}
	}
}

func TestAll(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	tree := errors.Wrap(errors.Join(fmt.Errorf("x: %w", a), errors.Join(b), c), "top")
	var got []string
	for e := range errors.All(tree) {
		if e == a || e == b || e == c {
			got = append(got, e.Error())
		}
		if e == b {
			break
		}
	}
	if want := []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("All visited %v before the break; want %v", got, want)
	}
}

func TestWrapAllocatesOnce(t *testing.T) {
	if got := testing.AllocsPerRun(100, func() { errors.Wrap(io.EOF, "read") }); got > 1 {
		t.Errorf("Wrap allocates %v times; want 1", got)
	}
	err := errors.Wrap(errors.Wrap(errors.Wrap(io.EOF, "a"), "b"), "c")
	if got := testing.AllocsPerRun(100, func() { errors.Is(err, io.EOF) }); got > 0 {
		t.Errorf("Is allocates %v times; want 0", got)
	}
}
