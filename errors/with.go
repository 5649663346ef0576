package errors

import (
	"fmt"
	"log/slog"
	"time"
)

// With returns an error with the message of err that unwraps to err and
// carries what the options say and the place With was called from. It returns
// nil if err is nil. A nil Option is ignored.
//
// The cost is one allocation, and those of the slices that the options fill.
//
//go:noinline
func With(err error, opts ...Option) error {
	if err == nil {
		return nil
	}
	d := &detailed{wrapped: wrapped{err, "", returnPC()}}
	for _, opt := range opts {
		if opt != nil {
			opt(&d.detail)
		}
	}
	if d.retry != unsaid {
		return &retrying{*d}
	}
	return d
}

// An Option is what [With] attaches to an error. Of options that contradict
// each other in one With, the last one counts.
type Option func(*detail)

// WithKind attaches a [Kind], which [KindOf] and [Is] find. The outermost
// kind of an error is the one that counts for KindOf and HTTPStatus. OK, the
// kind of no error, attaches nothing.
func WithKind(k Kind) Option {
	return func(d *detail) { d.kind = k }
}

// WithCode attaches a code for programs, such as "card_expired", which [Code]
// finds. It is public: [Problem] shows it to the client.
func WithCode(code string) Option {
	return func(d *detail) { d.code = code }
}

// WithAttrs attaches attributes, which [Attrs] finds and a handler of
// [NewHandler] logs.
func WithAttrs(attrs ...slog.Attr) Option {
	return func(d *detail) { d.attrs = append(d.attrs, attrs...) }
}

// WithPublic attaches a text for whoever sent the request, which [Public] finds
// and [Problem] shows.
func WithPublic(text string) Option {
	return func(d *detail) { d.public = text }
}

// WithHint attaches advice for whoever reads the log, such as "is the disk
// full?", which [Hints] finds. It is not public. Several in one With are kept.
func WithHint(text string) Option {
	return func(d *detail) { d.hints = append(d.hints, text) }
}

// WithRetry says whether it is of use to try again, for [Retryable]. The error
// then has a method Retryable() bool, which package workerpool heeds too.
func WithRetry(yes bool) Option {
	return func(d *detail) {
		d.retry, d.after = never, 0
		if yes {
			d.retry = again
		}
	}
}

// WithRetryAfter says that it is of use to try again, but not before d has
// passed, for [RetryAfter] and [WriteProblem]. The error then also has a method
// RetryAfter() time.Duration. With d of zero or less it is WithRetry(true).
func WithRetryAfter(d time.Duration) Option {
	return func(t *detail) { t.retry, t.after = again, max(d, 0) }
}

// WithSecondary attaches an error that happened beside, such as one of the
// clean-up. It is printed by %+v and found by [Secondary], but is no cause: [Is],
// [As] and [KindOf] do not see it. A nil error attaches nothing. Several in one
// With are kept.
func WithSecondary(err error) Option {
	return func(d *detail) {
		if err != nil {
			d.secondary = append(d.secondary, err)
		}
	}
}

// detail is what options attach. A zero field is one that nobody set.
type detail struct {
	attrs     []slog.Attr // owned: callers may reuse the slice they passed
	hints     []string
	secondary []error
	code      string
	public    string
	after     time.Duration // 0 unless retry is again
	kind      Kind
	retry     retry
}

// detailOf returns what was attached to err itself, or nil.
func detailOf(err error) *detail {
	switch e := err.(type) {
	case *detailed:
		return &e.detail
	case *retrying:
		return &e.detail
	}
	return nil
}

// detailed is a hop with something attached.
type detailed struct {
	wrapped
	detail
}

// Is reports whether target is the attached kind.
func (d *detailed) Is(target error) bool { return isKind(d.kind, target) }

// HTTPStatus lets packages that do not know this one find the status.
func (d *detailed) HTTPStatus() int { return HTTPStatus(d) }

// Format prints as the package comment says.
func (d *detailed) Format(s fmt.State, verb rune) { format(s, verb, d) }

type retry uint8

const (
	unsaid retry = iota
	never
	again
)

// retrying is a detailed hop that says whether to try again. It is a type of its
// own because others take the mere presence of Retryable as an answer.
type retrying struct{ detailed }

// Retryable reports what was attached.
func (r *retrying) Retryable() bool { return r.retry == again }

// RetryAfter returns what was attached, or what the cause says.
func (r *retrying) RetryAfter() time.Duration {
	if r.after > 0 || r.retry == never {
		return r.after
	}
	return RetryAfter(r.cause)
}
