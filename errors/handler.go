package errors

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
)

// NewHandler returns a handler that logs with h, and beside each error the
// attributes, the kind and the code that are attached to it, however deep, so
// that one need not think of them in the call of the logger:
//
//	log := slog.New(errors.NewHandler(slog.NewJSONHandler(os.Stderr, nil)))
//	log.Error("import failed", "err", err)
//
//	{"level":"ERROR","msg":"import failed","err":"load user: not found","id":7,"err.kind":"not found"}
//
// The error stays an attribute of its own, whose text is its message: a
// [slog.TextHandler] alone would print it with %+v, the tree and all, for which
// one logs [Tree] on purpose. A handler behind this one that looks for errors
// finds it by errors.As. Its attributes follow it in the same group, the outermost
// first; one whose key is taken there, or is one of slog's own, has the key of
// the error and a dot put before it, and one whose key is taken even so is left
// out. Errors are found as values of attributes, in groups, and in those that
// Logger.With adds.
//
// A record without an error costs no allocation. NewHandler panics if h is nil.
func NewHandler(h slog.Handler) slog.Handler {
	if h == nil {
		panic("errors: NewHandler called with a nil handler")
	}
	return &handler{h, []string{slog.TimeKey, slog.LevelKey, slog.MessageKey, slog.SourceKey}}
}

type handler struct {
	next  slog.Handler
	taken []string // keys that are in the open group already
}

// Enabled asks the handler behind.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle passes the record on, with the attributes of its errors.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	found := false
	r.Attrs(func(a slog.Attr) bool {
		found = holdsError(a.Value)
		return !found
	})
	if !found {
		return h.next.Handle(ctx, r)
	}
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	expanded := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	expanded.AddAttrs(expand(attrs, h.taken)...)
	return h.next.Handle(ctx, expanded)
}

// WithAttrs returns a handler whose records have attrs too.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if slices.ContainsFunc(attrs, func(a slog.Attr) bool { return holdsError(a.Value) }) {
		attrs = expand(attrs, h.taken)
	}
	taken := slices.Clip(h.taken) // other handlers have it too
	for _, a := range attrs {
		taken = append(taken, a.Key)
	}
	return &handler{h.next.WithAttrs(attrs), taken}
}

// WithGroup returns a handler that puts what follows into a group.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &handler{h.next.WithGroup(name), nil}
}

// holdsError reports whether v is an error or a group with one in it.
func holdsError(v slog.Value) bool {
	switch v.Kind() {
	case slog.KindAny, slog.KindLogValuer:
		_, ok := v.Any().(error)
		return ok
	case slog.KindGroup:
		return slices.ContainsFunc(v.Group(), func(a slog.Attr) bool { return holdsError(a.Value) })
	}
	return false
}

// expand returns attrs with those of the errors among them. inUse are the keys
// beside attrs.
func expand(attrs []slog.Attr, inUse []string) []slog.Attr {
	taken := make(map[string]bool, len(inUse)+len(attrs)+4)
	for _, key := range inUse {
		taken[key] = true
	}
	for _, a := range attrs {
		taken[a.Key] = true
	}
	var expanded []slog.Attr
	for _, a := range attrs {
		if a.Value.Kind() == slog.KindGroup && holdsError(a.Value) {
			var beside []string
			if a.Key == "" {
				beside = inUse // a group without a name is no group
			}
			a.Value = slog.GroupValue(expand(a.Value.Group(), beside)...)
			expanded = append(expanded, a)
			continue
		}
		err, ok := a.Value.Any().(error)
		if _, formats := err.(fmt.Formatter); formats && a.Value.Kind() == slog.KindAny {
			a.Value = slog.AnyValue(message{err})
		}
		expanded = append(expanded, a)
		if !ok {
			continue
		}
		add := func(attr slog.Attr, keys ...string) {
			for _, key := range keys {
				if !taken[key] {
					taken[key] = true
					attr.Key = key
					expanded = append(expanded, attr)
					return
				}
			}
		}
		for _, attr := range Attrs(err) {
			add(attr, attr.Key, a.Key+"."+attr.Key)
		}
		if k := statedKind(err); k != OK {
			add(slog.String("", k.Error()), a.Key+".kind")
		}
		if code := Code(err); code != "" {
			add(slog.String("", code), a.Key+".code")
		}
	}
	return expanded
}

// message is an error without the method Format.
type message struct{ error }

func (m message) Unwrap() error { return m.error }
