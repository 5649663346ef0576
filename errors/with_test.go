package errors_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/goplinth/plinth/errors"
)

// foreign is an error of another package that may say all that one can.
type foreign struct {
	status int
	retry  bool
	after  time.Duration
	late   bool
}

func (foreign) Error() string               { return "foreign" }
func (f foreign) HTTPStatus() int           { return f.status }
func (f foreign) Retryable() bool           { return f.retry }
func (f foreign) RetryAfter() time.Duration { return f.after }
func (f foreign) Timeout() bool             { return f.late }

func TestRetry(t *testing.T) {
	again := errors.With(io.EOF, errors.WithRetryAfter(time.Minute))
	for _, tt := range []struct {
		name  string
		err   error
		want  bool
		after time.Duration
	}{
		{"nil", nil, false, 0},
		{"unsaid", io.EOF, false, 0},
		{"unavailable", errors.Wrap(errors.Unavailable, "x"), true, 0},
		{"exhausted", errors.ResourceExhausted, true, 0},
		{"aborted", errors.Aborted, true, 0},
		{"not found", errors.NotFound, false, 0},
		{"said so", errors.With(io.EOF, errors.WithRetry(true)), true, 0},
		{"said no", errors.With(errors.Unavailable, errors.WithRetry(false)), false, 0},
		{"after", fmt.Errorf("x: %w", again), true, time.Minute},
		{"after, negative", errors.With(io.EOF, errors.WithRetryAfter(-1)), true, 0},
		{"after, below another hop", errors.With(again, errors.WithRetry(true)), true, time.Minute},
		{"no, around after", errors.With(again, errors.WithRetry(false)), false, 0},
		{"the last option counts", errors.With(io.EOF, errors.WithRetryAfter(1), errors.WithRetry(false)), false, 0},
		{"the last option counts", errors.With(io.EOF, errors.WithRetry(false), errors.WithRetryAfter(1)), true, 1},
		{"foreign yes", errors.Wrap(foreign{retry: true, after: time.Hour}, "x"), true, time.Hour},
		{"foreign no", errors.Wrap(foreign{after: time.Hour, status: 503}, "x"), false, 0},
		{"first of joined", errors.Join(io.EOF, again), true, time.Minute},
	} {
		if got := errors.Retryable(tt.err); got != tt.want {
			t.Errorf("%s: Retryable = %v; want %v", tt.name, got, tt.want)
		}
		if got := errors.RetryAfter(tt.err); got != tt.after {
			t.Errorf("%s: RetryAfter = %v; want %v", tt.name, got, tt.after)
		}
	}
}

// TestOthersFindWhatWasAttached looks with the interfaces by which packages that
// do not import this one look. What was not attached must not answer: a mere
// method Retryable would stop retries.
func TestOthersFindWhatWasAttached(t *testing.T) {
	type retryable interface {
		error
		Retryable() bool
	}
	type status interface {
		error
		HTTPStatus() int
	}
	type retryAfter interface {
		error
		RetryAfter() time.Duration
	}
	plain := errors.Wrap(io.EOF, "x", slog.Int("id", 7))
	kind := errors.With(plain, errors.WithKind(errors.NotFound))
	after := errors.With(kind, errors.WithRetryAfter(time.Second))
	for _, err := range []error{plain, kind, errors.Errorf("%w", plain), errors.WithStack(plain)} {
		if says, ok := errors.AsType[retryable](err); ok {
			t.Errorf("%#v has a method Retryable, which says %v", err, says.Retryable())
		}
		if _, ok := errors.AsType[retryAfter](err); ok {
			t.Errorf("%#v has a method RetryAfter", err)
		}
	}
	if says, ok := errors.AsType[retryable](after); !ok || !says.Retryable() {
		t.Errorf("AsType[Retryable] = %v, %v; want true", says, ok)
	}
	if says, ok := errors.AsType[retryAfter](after); !ok || says.RetryAfter() != time.Second {
		t.Errorf("AsType[RetryAfter] = %v, %v; want 1s", says, ok)
	}
	below := errors.With(foreign{retry: true, after: time.Hour}, errors.WithRetry(true))
	if says, ok := errors.AsType[retryAfter](below); !ok || says.RetryAfter() != time.Hour {
		t.Errorf("AsType[RetryAfter] around one that says when = %v; want 1h", says.RetryAfter())
	}
	for _, err := range []error{kind, after} {
		if says, ok := errors.AsType[status](err); !ok || says.HTTPStatus() != 404 {
			t.Errorf("AsType[HTTPStatus](%v) = %v; want 404", err, ok)
		}
	}
	if says, ok := errors.AsType[status](errors.Wrap(foreign{status: 418}, "x", slog.Int("a", 1))); !ok || says.HTTPStatus() != 418 {
		t.Errorf("AsType[HTTPStatus] with attributes around = %v; want 418", says.HTTPStatus())
	}
}

func TestTimeout(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {io.EOF, false}, {context.Canceled, false},
		{context.DeadlineExceeded, true},
		{errors.Wrap(foreign{late: true}, "x"), true}, {foreign{}, false},
		{errors.DeadlineExceeded, true}, {errors.With(io.EOF, errors.WithKind(errors.DeadlineExceeded)), true},
	} {
		if got := errors.Timeout(tt.err); got != tt.want {
			t.Errorf("Timeout(%v) = %v; want %v", tt.err, got, tt.want)
		}
	}
}

func TestDetails(t *testing.T) {
	clean := errors.New("clean-up failed")
	inner := errors.With(io.EOF, errors.WithCode("inner"), errors.WithHint("a"), errors.WithHint("b"), errors.WithSecondary(clean), errors.WithSecondary(nil), nil)
	outer := errors.With(fmt.Errorf("x: %w", inner), errors.WithCode("outer"), errors.WithHint("c"))
	if got := errors.Code(outer); got != "outer" {
		t.Errorf("Code = %q; want outer", got)
	}
	if got, want := errors.Hints(errors.Join(io.EOF, outer)), []string{"c", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("Hints = %q; want %q", got, want)
	}
	if got, want := errors.Secondary(outer), []error{clean}; !slices.Equal(got, want) {
		t.Errorf("Secondary = %v; want %v", got, want)
	}
	if errors.Is(outer, clean) {
		t.Error("Is finds a secondary error; want only causes")
	}
	if got := errors.Unwrap(inner); got != io.EOF {
		t.Errorf("Unwrap(With(EOF)) = %v; want EOF", got)
	}
	if errors.Code(io.EOF) != "" || errors.Hints(io.EOF) != nil || errors.Secondary(io.EOF) != nil {
		t.Error("EOF has details")
	}
}

func TestConst(t *testing.T) {
	const errGone = errors.Const("store: gone")
	if err := errors.Wrap(errGone, "find"); !errors.Is(err, errGone) || err.Error() != "find: store: gone" {
		t.Errorf("Is(%v, Const) = false; want true", err)
	}
	if errors.Is(errGone, errors.Const("other")) || !errors.Is(errGone, errors.Const("store: gone")) {
		t.Error("constants are not equal as their texts are")
	}
}

func TestErrorf(t *testing.T) {
	for _, tt := range []struct {
		got, want error
	}{
		{errors.Errorf("a %d", 1), fmt.Errorf("a %d", 1)},
		{errors.Errorf("a %w b", io.EOF), fmt.Errorf("a %w b", io.EOF)},
		{errors.Errorf("a %w", nil), fmt.Errorf("a %w", nil)},
		{errors.Errorf("%w, %w", io.EOF, io.ErrNoProgress), fmt.Errorf("%w, %w", io.EOF, io.ErrNoProgress)},
	} {
		if tt.got.Error() != tt.want.Error() || errors.Unwrap(tt.got) != errors.Unwrap(tt.want) {
			t.Errorf("Errorf = %v around %v; want %v around %v", tt.got, errors.Unwrap(tt.got), tt.want, errors.Unwrap(tt.want))
		}
		for _, target := range []error{io.EOF, io.ErrNoProgress} {
			if got, want := errors.Is(tt.got, target), errors.Is(tt.want, target); got != want {
				t.Errorf("Is(%v, %v) = %v; want %v", tt.got, target, got, want)
			}
		}
	}
}
