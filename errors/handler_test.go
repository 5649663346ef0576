package errors_test

import (
	"bytes"
	"context"
	"encoding/json"
	stderrors "errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/internal/race"
)

// logged is an error that slog would resolve to something else.
type logged struct{ error }

func (logged) LogValue() slog.Value { return slog.StringValue("resolved") }
func (l logged) Unwrap() error      { return l.error }

func TestHandler(t *testing.T) {
	err := errors.Wrap(io.EOF, "read", slog.Int("id", 7), slog.Any("token", errors.Secret("hunter2")))
	rich := errors.With(err, errors.WithKind(errors.NotFound), errors.WithCode("c"))
	for _, tt := range []struct {
		name string
		log  func(*slog.Logger)
		want string
	}{
		{"no error", func(l *slog.Logger) { l.Info("m", "a", 1) }, `"msg":"m","a":1`},
		{"bare error", func(l *slog.Logger) { l.Info("m", "err", io.EOF) }, `"msg":"m","err":"EOF"`},
		{"attributes", func(l *slog.Logger) { l.Info("m", "err", err, "a", 1) }, `"msg":"m","err":"read: EOF","id":7,"token":"[redacted]","a":1`},
		{"through fmt", func(l *slog.Logger) { l.Info("m", "err", fmt.Errorf("x: %w", err)) }, `"err":"x: read: EOF","id":7,"token":"[redacted]"`},
		{"through Join", func(l *slog.Logger) { l.Info("m", "err", stderrors.Join(io.EOF, err)) }, `"err":"EOF\nread: EOF","id":7,"token":"[redacted]"`},
		{"kind and code", func(l *slog.Logger) { l.Info("m", "err", rich) }, `"err":"read: EOF","id":7,"token":"[redacted]","err.kind":"not found","err.code":"c"`},
		{"key taken", func(l *slog.Logger) { l.Info("m", "err", err, "id", 8) }, `"err":"read: EOF","err.id":7,"token":"[redacted]","id":8`},
		{"key of slog", func(l *slog.Logger) { l.Info("m", "err", errors.Wrap(io.EOF, "x", slog.Int("msg", 1))) }, `"err":"x: EOF","err.msg":1`},
		{"in a group, that key is free", func(l *slog.Logger) {
			l.Info("m", slog.Group("g", "err", errors.Wrap(io.EOF, "x", slog.Int("msg", 1))))
		}, `"g":{"err":"x: EOF","msg":1}`},
		{"group without a name", func(l *slog.Logger) {
			l.Info("m", slog.Group("", "err", errors.Wrap(io.EOF, "x", slog.Int("msg", 1))))
		}, `"err":"x: EOF","err.msg":1`},
		{"attached twice", func(l *slog.Logger) { l.Info("m", "err", errors.Wrap(err, "y", slog.Int("id", 9))) },
			`"err":"y: read: EOF","id":9,"err.id":7,"token":"[redacted]"`},
		{"key taken by With", func(l *slog.Logger) { l.With("id", 8).Info("m", "err", err) }, `"id":8,"err":"read: EOF","err.id":7,"token":"[redacted]"`},
		{"key of slog, after With", func(l *slog.Logger) {
			l = l.With("a", 1)
			l.With("id", 8)
			l.With("b", 2).Info("m", "err", errors.Wrap(err, "x", slog.Int("msg", 1)))
		}, `"a":1,"b":2,"err":"x: read: EOF","err.msg":1,"id":7,"token":"[redacted]"`},
		{"With", func(l *slog.Logger) { l.With("err", err).Info("m") }, `"err":"read: EOF","id":7,"token":"[redacted]"`},
		{"WithGroup", func(l *slog.Logger) { l.WithGroup("g").With("err", err).Info("m", "err2", rich) },
			`"g":{"err":"read: EOF","id":7,"token":"[redacted]","err2":"read: EOF","err2.id":7,"err2.token":"[redacted]","err2.kind":"not found","err2.code":"c"}`},
		{"LogValuer", func(l *slog.Logger) { l.Info("m", "err", logged{err}) }, `"err":"resolved","id":7,"token":"[redacted]"`},
		{"nil error", func(l *slog.Logger) { l.Info("m", "err", error(nil)) }, `"err":null`},
	} {
		var b bytes.Buffer
		tt.log(slog.New(errors.NewHandler(slog.NewJSONHandler(&b, &slog.HandlerOptions{ReplaceAttr: dropTime}))))
		if got := strings.TrimSpace(b.String()); !strings.HasSuffix(got, tt.want+"}") {
			t.Errorf("%s: logged %s; want %s at the end", tt.name, got, tt.want)
		}
	}
}

// TestHandlerBehindGetsTheError has a handler that prints with %+v, as
// slog.TextHandler does, and one that looks for errors, as reporters do.
func TestHandlerBehindGetsTheError(t *testing.T) {
	err := errors.Wrap(io.EOF, "read", slog.Int("id", 7))
	var b bytes.Buffer
	log := slog.New(errors.NewHandler(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if e, ok := a.Value.Any().(error); ok && !errors.Is(e, err) {
			t.Errorf("the handler behind gets %v; want %v within", e, err)
		}
		return dropTime(groups, a)
	}})))
	log.Info("m", "err", err)
	if got, want := b.String(), "level=INFO msg=m err=\"read: EOF\" id=7\n"; got != want {
		t.Errorf("logged %q; want %q", got, want)
	}
}

func TestHandlerIsAHandler(t *testing.T) {
	var b bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		b.Reset()
		return errors.NewHandler(slog.NewJSONHandler(&b, nil))
	}, func(t *testing.T) map[string]any {
		m := make(map[string]any)
		if err := json.Unmarshal(b.Bytes(), &m); err != nil {
			t.Error(err)
		}
		return m
	})
}

func TestHandlerWithoutErrorsCostsNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	log := slog.New(errors.NewHandler(slog.NewJSONHandler(io.Discard, nil)))
	got := testing.AllocsPerRun(100, func() {
		log.LogAttrs(context.Background(), slog.LevelInfo, "m", slog.Int("a", 1), slog.String("b", "c"))
	})
	if got > 0 {
		t.Errorf("a record without an error costs %v allocations; want 0", got)
	}
}

func TestSecret(t *testing.T) {
	s := errors.Secret("hunter2")
	type holder struct {
		Exported errors.Redacted[string]
		hidden   errors.Redacted[string]
	}
	h := holder{s, s}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10.3s"} {
		if got := fmt.Sprintf(format, s); got != "[redacted]" {
			t.Errorf("Sprintf(%q, secret) = %s; want [redacted]", format, got)
		}
		if got := fmt.Sprintf(format, h) + fmt.Sprintf(format, []any{s, &s, h.hidden}); strings.Contains(got, "hunter") {
			t.Errorf("Sprintf(%q, struct) = %s", format, got)
		}
	}
	if got, err := json.Marshal(map[string]any{"a": s, "h": h}); string(got) != `{"a":"[redacted]","h":{"Exported":"[redacted]"}}` {
		t.Errorf("Marshal = %s, %v", got, err)
	}
	if got := s.Reveal(); got != "hunter2" || s.String() != "[redacted]" {
		t.Errorf("Reveal = %q; want hunter2", got)
	}
	var zero errors.Redacted[int]
	if got := zero.Reveal(); got != 0 || fmt.Sprint(zero) != "[redacted]" {
		t.Errorf("zero value reveals %v and prints %v", got, zero)
	}
}
