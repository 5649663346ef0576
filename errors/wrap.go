package errors

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Wrap returns an error that reads "msg: err", unwraps to err, and carries
// the attributes and the place Wrap was called from. It returns nil if err is
// nil. An empty msg adds only the place and the attributes.
//
// The cost is one allocation of 48 bytes and some 40 ns on amd64 and arm64, where
// the place is read from the frame, and some 200 ns elsewhere. Attributes make
// the allocation larger and add one for their slice.
//
//go:noinline
func Wrap(err error, msg string, attrs ...slog.Attr) error {
	if err == nil {
		return nil
	}
	if len(attrs) > 0 {
		return &detailed{wrapped{err, msg, returnPC()}, detail{attrs: slices.Clone(attrs)}}
	}
	return &wrapped{err, msg, returnPC()}
}

// Wrapf is [Wrap] with a message formatted by [fmt.Sprintf]. The cause is err
// alone: a %w among the arguments prints as the mistake it is. Nothing is
// formatted if err is nil.
//
//go:noinline
func Wrapf(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &wrapped{err, fmt.Sprintf(format, args...), returnPC()}
}

// wrapped is one hop of an error on its way up. It has no method Is or As,
// which would cost every search through a chain a call for each hop.
type wrapped struct {
	cause error // never nil
	msg   string
	pc    uintptr // return address of the call that made the hop; 0 if that was in another process
}

// hopOf returns what all hops have, or nil if err is not one of them.
func hopOf(err error) *wrapped {
	switch e := err.(type) {
	case *wrapped:
		return e
	case *detailed:
		return &e.wrapped
	case *retrying:
		return &e.wrapped
	case *stacked:
		return &e.wrapped
	}
	return nil
}

// Error joins the messages of a whole run of hops at once. If each hop asked
// the next, the text would be copied once for every hop.
func (w *wrapped) Error() string {
	size := 0
	last := w
	for h := w; h != nil; h = hopOf(h.cause) {
		last = h
		if h.msg != "" {
			size += len(h.msg) + len(": ")
		}
	}
	text := last.cause.Error()
	if size == 0 {
		return text
	}
	var b strings.Builder
	b.Grow(size + len(text))
	for h := w; h != nil; h = hopOf(h.cause) {
		if h.msg != "" {
			b.WriteString(h.msg)
			b.WriteString(": ")
		}
	}
	b.WriteString(text)
	return b.String()
}

// Unwrap returns the error that was wrapped.
func (w *wrapped) Unwrap() error { return w.cause }

// StackTrace returns the trace of [Frames] as program counters. Sentry and
// other reporters look for a method of this name.
func (w *wrapped) StackTrace() []uintptr { return stackTrace(w) }

// Format prints as the package comment says.
func (w *wrapped) Format(s fmt.State, verb rune) { format(s, verb, w) }
