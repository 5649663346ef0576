package errors

import (
	"fmt"
	"log/slog"
	"runtime"
	"slices"
)

// Wrap returns an error that reads "msg: err", unwraps to err, and carries
// the attributes and the place Wrap was called from. It returns nil if err is
// nil. An empty msg adds only the place and the attributes.
//
// The cost is one allocation, one more if there are attributes, and the
// capture of one program counter.
func Wrap(err error, msg string, attrs ...slog.Attr) error {
	if err == nil {
		return nil
	}
	return &wrapped{cause: err, msg: msg, pc: callerPC(), attrs: slices.Clone(attrs)}
}

// Wrapf is [Wrap] with a message formatted by [fmt.Sprintf]. The cause is err
// alone: a %w among the arguments prints as the mistake it is. Nothing is
// formatted if err is nil.
func Wrapf(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &wrapped{cause: err, msg: fmt.Sprintf(format, args...), pc: callerPC()}
}

// With returns an error with the message of err that unwraps to err and
// carries what the options say and the place With was called from. It returns
// nil if err is nil.
func With(err error, opts ...Option) error {
	if err == nil {
		return nil
	}
	w := &wrapped{cause: err, pc: callerPC()}
	for _, opt := range opts {
		opt(w)
	}
	return w
}

// An Option is what [With] attaches to an error.
type Option func(*wrapped)

// WithKind attaches a [Kind], which [KindOf] and [Is] find. The outermost
// kind of an error is the one that counts for KindOf and HTTPStatus. OK, the
// kind of no error, attaches nothing.
func WithKind(k Kind) Option {
	return func(w *wrapped) { w.kind = k }
}

// WithAttrs attaches attributes, which [Attrs] finds.
func WithAttrs(attrs ...slog.Attr) Option {
	return func(w *wrapped) { w.attrs = append(w.attrs, attrs...) }
}

// wrapped is one hop of an error on its way up.
type wrapped struct {
	cause error // never nil
	msg   string
	pc    uintptr     // return address of the call to Wrap, Wrapf or With
	attrs []slog.Attr // owned: callers may reuse the slice they passed
	kind  Kind        // OK if none was attached
}

// callerPC returns the return address of the caller of Wrap, Wrapf or With,
// which is to be its own caller.
func callerPC() uintptr {
	var pcs [1]uintptr
	runtime.Callers(3, pcs[:]) // skips Callers, callerPC and Wrap
	return pcs[0]
}

func (w *wrapped) Error() string {
	if w.msg == "" {
		return w.cause.Error()
	}
	return w.msg + ": " + w.cause.Error()
}

func (w *wrapped) Unwrap() error { return w.cause }

// Is reports whether target is the attached kind.
func (w *wrapped) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k != OK && k == w.kind
}

// Attrs returns the attributes of every error in err's tree that was made by
// [Wrap] or [With], in the order of [All]: the outermost first. Fmt.Errorf
// and Join on the way do not hide them. A key that was attached twice is
// returned twice. Attrs returns nil if there are none.
func Attrs(err error) []slog.Attr {
	var attrs []slog.Attr
	for e := range All(err) {
		if w, ok := e.(*wrapped); ok {
			attrs = append(attrs, w.attrs...)
		}
	}
	return attrs
}
