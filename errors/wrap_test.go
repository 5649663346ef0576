package errors_test

import (
	stderrors "errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/goplinth/plinth/errors"
)

func TestNilInNilOut(t *testing.T) {
	for name, err := range map[string]error{
		"Wrap":  errors.Wrap(nil, "msg", slog.Int("a", 1)),
		"Wrapf": errors.Wrapf(nil, "%d", 1),
		"With":  errors.With(nil, errors.WithKind(errors.Internal)),

		"WithStack": errors.WithStack(nil),
		"Append":    errors.Append(nil, nil),
		"Join":      errors.Join(nil, nil),
		"Unwrap":    errors.Unwrap(nil),
		"Decode":    errors.Decode(nil),
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
	if text := errors.Public(nil) + errors.Tree(nil) + errors.Code(nil); text != "" {
		t.Errorf("Public, Tree and Code of nil = %q; want nothing", text)
	}
	if errors.Retryable(nil) || errors.Timeout(nil) || errors.RetryAfter(nil) != 0 || errors.Hints(nil) != nil || errors.Secondary(nil) != nil {
		t.Error("nil is retryable, a timeout, or has details")
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

// TestLongChains wraps so often that to ask each hop in turn would overflow the
// stack, or take hours.
func TestLongChains(t *testing.T) {
	const n = 200_000
	err := io.EOF
	for i := range n {
		switch i % 3 {
		case 0:
			err = errors.Wrap(err, "a")
		case 1:
			err = errors.Wrap(err, "")
		case 2:
			err = errors.With(err, errors.WithHint("h"))
		}
	}
	if got, want := len(err.Error()), len("a: ")*((n+2)/3)+len("EOF"); got != want {
		t.Errorf("the message has %d bytes; want %d", got, want)
	}
	if !errors.Is(err, io.EOF) || errors.KindOf(err) != errors.Unknown || len(errors.Hints(err)) != n/3 {
		t.Errorf("%d hops hide what is below", n)
	}
	if got := strings.Count(errors.Tree(err), "\n"); got != n+n/3+1 {
		t.Errorf("the tree has %d lines; want %d", got, n+n/3+1)
	}
}

func TestMessagesAreThoseOfEachHop(t *testing.T) {
	err := errors.Wrap(fmt.Errorf("c: %w", errors.Wrap(errors.With(errors.Wrap(io.EOF, "e")), "d")), "b")
	err = errors.Wrapf(errors.WithStack(errors.Wrap(err, "")), "a")
	if got, want := err.Error(), "a: b: c: d: e: EOF"; got != want {
		t.Errorf("Error() = %q; want %q", got, want)
	}
}

func TestAllocations(t *testing.T) {
	missing := &fs.PathError{Err: fs.ErrNotExist}
	chain := errors.Wrap(errors.Wrap(errors.Wrap(missing, "a"), "b"), "c")
	for _, tt := range []struct {
		name string
		f    func()
		want float64
	}{
		{"Wrap", func() { errors.Wrap(io.EOF, "read") }, 1},
		{"Wrap with an attribute", func() { errors.Wrap(io.EOF, "read", slog.Int("id", 7)) }, 2},
		{"Wrap of nil", func() { errors.Wrap(nil, "read", slog.Int("id", 7)) }, 0},
		{"With a kind", func() { errors.With(io.EOF, errors.WithKind(errors.Internal)) }, 1},
		{"Error through three", func() { _ = chain.Error() }, 2}, // one is that of PathError
		{"Is", func() { errors.Is(chain, fs.ErrNotExist) }, 0},
		{"Is, a miss", func() { errors.Is(chain, io.EOF) }, 0},
		{"AsType", func() { errors.AsType[*fs.PathError](chain) }, 0},
		{"AsType, a miss", func() { errors.AsType[*fs.PathError](io.EOF) }, 0},
		{"KindOf", func() { errors.KindOf(chain) }, 0},
	} {
		if got := testing.AllocsPerRun(100, tt.f); got > tt.want {
			t.Errorf("%s allocates %v times; want %v", tt.name, got, tt.want)
		}
	}
	if got := unsafe.Sizeof(*errors.Hop); got > 48 {
		t.Errorf("a hop has %d bytes; want 48", got)
	}
}
