package errors_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/errors"
	"github.com/stretchr/testify/require"
)

const errGone = errors.Const("store: gone")

// roundTrip returns what another process gets.
func roundTrip(t *testing.T, err error) error {
	t.Helper()
	data, encodeErr := errors.Encode(err)
	require.NoError(t, encodeErr)
	if len(data) > errors.MaxEncoded {
		t.Fatalf("Encode writes %d bytes; want at most %d", len(data), errors.MaxEncoded)
	}
	return errors.Decode(data)
}

func TestEncodeRoundTrip(t *testing.T) {
	path := &fs.PathError{Op: "open", Path: "p", Err: fs.ErrNotExist}
	for name, err := range map[string]error{
		"const":         errGone,
		"kind":          errors.NotFound,
		"unknown kind":  errors.Kind(200),
		"kind OK":       errors.Wrap(errors.OK, "x"),
		"foreign":       io.EOF,
		"empty":         errors.New(""),
		"hop":           errors.Wrap(errGone, "find"),
		"empty hop":     errors.Wrap(errGone, ""),
		"fmt":           fmt.Errorf("a: %w: b", errors.Wrap(errGone, "find")),
		"Errorf":        errors.Errorf("load %d: %w", 1, path),
		"two":           errors.Errorf("%w and %w", errGone, errors.NotFound),
		"joined":        errors.Join(errGone, errors.With(path, errors.WithKind(errors.Internal))),
		"appended":      errors.Append(io.EOF, errGone, fmt.Errorf("x\n%w", io.EOF)),
		"stack":         errors.WithStack(errGone),
		"list of one":   errors.Join(errGone),
		"wraps nil":     layer{"x", nil},
		"list of nil":   list{nil, errGone},
		"kind, wrapped": errors.Wrap(errors.Unavailable, "x"),
		"status":        errors.Wrap(foreign{status: 404}, "x"),
		"details": errors.With(io.EOF, errors.WithKind(errors.Aborted), errors.WithCode("c"), errors.WithPublic("p"),
			errors.WithHint("h"), errors.WithRetryAfter(time.Minute), errors.WithSecondary(errGone), errors.WithAttrs(slog.Int("a", 1))),
		"no retry":  errors.With(errors.Unavailable, errors.WithRetry(false)),
		"not UTF-8": errors.Wrap(errors.New("a\xff<\u2028"), "\x00"),
	} {
		got := roundTrip(t, err)
		if name == "not UTF-8" {
			if want := strings.ToValidUTF8(err.Error(), "\ufffd"); got.Error() != want {
				t.Errorf("%s: Decode = %q; want %q", name, got, want)
			}
			continue
		}
		if got.Error() != err.Error() {
			t.Errorf("%s: Decode = %q; want %q", name, got, err)
		}
		for _, target := range []error{errGone, errors.Const("other"), errors.NotFound, errors.Internal, errors.Aborted, errors.Unavailable} {
			if errors.Is(err, target) && !errors.Is(got, target) {
				t.Errorf("%s: Is(decoded, %v) = false; want true", name, target)
			}
		}
		for what, f := range map[string]func(error) any{
			"KindOf":     func(err error) any { return errors.KindOf(err) },
			"Public":     func(err error) any { return errors.Public(err) },
			"Code":       func(err error) any { return errors.Code(err) },
			"Hints":      func(err error) any { return fmt.Sprint(errors.Hints(err)) },
			"Secondary":  func(err error) any { return fmt.Sprint(errors.Secondary(err)) },
			"Attrs":      func(err error) any { return fmt.Sprint(errors.Attrs(err)) },
			"Retryable":  func(err error) any { return errors.Retryable(err) },
			"RetryAfter": func(err error) any { return errors.RetryAfter(err) },
		} {
			if what == "Retryable" && name == "status" {
				continue // a method of the foreign type, which stays behind
			}
			if f(got) != f(err) {
				t.Errorf("%s: %s(decoded) = %v; want %v", name, what, f(got), f(err))
			}
		}
		if tree := fmt.Sprintf("%+v", errors.Wrap(got, "")); !strings.Contains(tree, "\n  ") {
			t.Errorf("%s: the decoded error prints %q", name, tree)
		}
	}
	if data, err := errors.Encode(nil); data != nil || err != nil {
		t.Errorf("Encode(nil) = %q, %v; want nil", data, err)
	}
}

// valuer is a value that slog resolves.
type valuer struct{}

func (valuer) LogValue() slog.Value { return slog.IntValue(7) }

func TestEncodeAttrs(t *testing.T) {
	attrs := []slog.Attr{
		slog.String("s", "x"), slog.Int("i", -1), slog.Uint64("u", math.MaxUint64), slog.Float64("f", math.Inf(1)),
		slog.Bool("b", true), slog.Duration("d", 90*time.Second), slog.Time("t", time.Unix(1, 5).UTC()),
		slog.Group("g", slog.Int("i", 2), slog.Group("h", slog.String("s", "y"))),
	}
	got := errors.Attrs(roundTrip(t, errors.Wrap(io.EOF, "x", attrs...)))
	if !slices.EqualFunc(got, attrs, slog.Attr.Equal) {
		t.Errorf("decoded attributes = %v; want %v", got, attrs)
	}
	got = errors.Attrs(roundTrip(t, errors.Wrap(io.EOF, "x", slog.Any("v", valuer{}))))
	if want := []slog.Attr{slog.Int("v", 7)}; !slices.EqualFunc(got, want, slog.Attr.Equal) {
		t.Errorf("decoded LogValuer = %v; want %v", got, want)
	}
	err := errors.Wrap(io.EOF, "x", slog.Any("token", errors.Secret("hunter2")), slog.Any("err", io.EOF), slog.Any("n", []int{1, 2}))
	data, _ := errors.Encode(err)
	if bytes.Contains(data, []byte("hunter2")) {
		t.Errorf("Encode writes a secret: %s", data)
	}
	if got, want := fmt.Sprint(errors.Attrs(errors.Decode(data))), "[token=[redacted] err=EOF n=[1 2]]"; got != want {
		t.Errorf("decoded attributes = %s; want %s", got, want)
	}
}

func TestEncodeIsBounded(t *testing.T) {
	deep := error(errGone)
	for i := range 10_000 {
		deep = errors.Wrap(deep, fmt.Sprint(i))
	}
	var many []error
	for i := range 10_000 {
		many = append(many, errors.With(fmt.Errorf("%d", i), errors.WithHint("h"), errors.WithCode("c"), errors.WithSecondary(io.EOF)))
	}
	group := slog.Int("i", 1)
	for range 1000 {
		group = slog.Group("g", group)
	}
	for name, err := range map[string]error{
		"long text":     errors.New(strings.Repeat("x", 1<<20)),
		"escapes":       errors.Wrap(errors.New(strings.Repeat("\x00\xff<\u2028", 1<<18)), strings.Repeat("\"", 1<<15)),
		"deep":          deep,
		"many empty":    errors.Join(slices.Repeat([]error{errors.Const("")}, 100_000)...),
		"only escapes":  errors.New(strings.Repeat("\x00\xff<\u2028", 1<<18)),
		"deep groups":   errors.Wrap(io.EOF, "x", group),
		"many":          errors.Join(many...),
		"many attrs":    errors.Wrap(io.EOF, "x", slices.Repeat([]slog.Attr{slog.Int("a", 1), slog.Group("g", slog.Int("b", 2))}, 10_000)...),
		"many hints":    errors.With(io.EOF, slices.Repeat([]errors.Option{errors.WithHint("h")}, 50_000)...),
		"wide and deep": errors.Wrap(errors.Join(errors.Join(many...), errors.Join(many...)), strings.Repeat("x", 60_000)),
	} {
		got := roundTrip(t, err)
		if got == nil || errors.Is(got, errors.ErrMalformed) {
			t.Errorf("%s: Decode(Encode) = %v; want what there was room for", name, got)
		}
	}
	data, _ := errors.Encode(errors.Wrap(io.EOF, "x", group))
	if got := bytes.Count(data, []byte(`"kind":"Group"`)); got > errors.MaxDepth+1 {
		t.Errorf("Encode writes %d groups within each other; want at most %d", got, errors.MaxDepth+1)
	}
	if got := roundTrip(t, errors.Wrap(errors.New(strings.Repeat("x", 1<<20)), "load")); !strings.HasPrefix(got.Error(), "load: xxx") || !strings.HasSuffix(got.Error(), "(cut off)") {
		t.Errorf("a long error does not say that it was cut off: %.20q", got.Error())
	}
}

func TestDecodeOfWhatEncodeDoesNotWrite(t *testing.T) {
	for _, data := range []string{
		"{", "7", "[]", `"x"`, `{}`, `{"version":1}`, `{"version":1,"error":null}`, `{"version":2,"error":{"const":"x"}}`,
		`{"version":1,"error":{"const":7}}`, `{"version":1,"error":{"kind":-1}}`, `{"version":1,"error":{"kind":1}} x`,
		`{"version":1,"error":` + strings.Repeat(`{"causes":[`, 500) + strings.Repeat(`]}`, 500) + `}`,
		`{"version":1,"error":{"causes":[null]}}`,
		strings.Repeat(" ", errors.MaxEncoded) + `{"version":1,"error":{"const":"x"}}`,
		strings.Repeat("[", 50_000),
	} {
		if err := errors.Decode([]byte(data)); !errors.Is(err, errors.ErrMalformed) || errors.KindOf(err) != errors.InvalidArgument {
			t.Errorf("Decode(%.40q) = %v; want ErrMalformed", data, err)
		}
	}
	for _, data := range []string{"", "null"} {
		if err := errors.Decode([]byte(data)); err != nil {
			t.Errorf("Decode(%q) = %v; want nil", data, err)
		}
	}
	for data, want := range map[string]string{
		`{"version":1,"error":{}}`:                                                                  "",
		`{"version":1,"error":{"many":true}}`:                                                       "",
		`{"version":1,"error":{"type":"T","text":"a","ends":true}}`:                                 "a",
		`{"version":1,"error":{"text":"a","causes":[{"const":"b"},{"const":"c"}]}}`:                 "a",
		`{"version":1,"new":1,"error":{"const":"x","later":[1]}}`:                                   "x",
		`{"version":1,"error":{"text":"a","retry_after":-5,"retry":true,"causes":[{"const":"b"}]}}`: "a: b",
	} {
		if err := errors.Decode([]byte(data)); err == nil || err.Error() != want || errors.RetryAfter(err) < 0 {
			t.Errorf("Decode(%s) = %v; want %q", data, err, want)
		}
	}
}

// FuzzDecode feeds anything to Decode. What comes out must print, have a kind
// and encode again.
func FuzzDecode(f *testing.F) {
	for _, err := range []error{
		errGone, errors.NotFound, io.EOF, errors.Errorf("%w and %w", errGone, errors.NotFound),
		errors.With(errors.Join(io.EOF, errGone), errors.WithCode("c"), errors.WithRetryAfter(1), errors.WithSecondary(io.EOF),
			errors.WithAttrs(slog.Int("i", 1), slog.Group("g", slog.Time("t", time.Unix(0, 0))))),
	} {
		data, _ := errors.Encode(err)
		f.Add(data)
	}
	f.Add([]byte(`{"version":1,"error":{"many":true,"type":"t","causes":[{"text":"a","ends":true,"causes":[{}]}]}}`))
	f.Add([]byte(`{"version":1,"error":{"causes":[{"causes":[{"text":"a"},{}]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := errors.Decode(data)
		if err == nil {
			if len(data) > 0 && string(data) != "null" {
				t.Errorf("Decode(%q) = nil; want an error", data)
			}
			return
		}
		_ = fmt.Sprintf("%v %+v %#v %q", err, err, err, err)
		_ = errors.Tree(err)
		if status := errors.HTTPStatus(err); status < 400 || status > 599 {
			t.Errorf("HTTPStatus = %d; want one of failure", status)
		}
		errors.Attrs(err)
		again, encodeErr := errors.Encode(err)
		if encodeErr != nil || len(again) > errors.MaxEncoded || !json.Valid(again) {
			t.Fatalf("Encode(Decode(%q)) writes %d bytes, %v", data, len(again), encodeErr)
		}
		// Decoding is a projection: once through, nothing changes any more, as
		// long as there is room.
		if len(again) < errors.MaxEncoded/4 {
			if got := errors.Decode(again); got == nil || got.Error() != err.Error() || errors.KindOf(got) != errors.KindOf(err) {
				t.Errorf("Decode(Encode(err)) = %v of kind %v; want %v of kind %v", got, errors.KindOf(got), err, errors.KindOf(err))
			}
		}
	})
}
