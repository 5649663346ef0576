package errors

import "log/slog"

// Attrs returns the attributes of every error in err's tree that was made by
// [Wrap] or [With], in the order of [All]: the outermost first. Fmt.Errorf
// and Join on the way do not hide them. A key that was attached twice is
// returned twice. Attrs returns nil if there are none. The result is the
// caller's.
func Attrs(err error) []slog.Attr {
	var attrs []slog.Attr
	for e := range All(err) {
		if d := detailOf(e); d != nil {
			attrs = append(attrs, d.attrs...)
		}
	}
	return attrs
}

// Code returns the outermost code that was attached by [WithCode], or "".
func Code(err error) string {
	for e := range All(err) {
		if d := detailOf(e); d != nil && d.code != "" {
			return d.code
		}
	}
	return ""
}

// Hints returns what was attached by [WithHint], the outermost first. It
// returns nil if there is nothing.
func Hints(err error) []string {
	var hints []string
	for e := range All(err) {
		if d := detailOf(e); d != nil {
			hints = append(hints, d.hints...)
		}
	}
	return hints
}

// Secondary returns the errors that were attached by [WithSecondary], the
// outermost first, and not those that are attached to these. It returns nil if
// there are none.
func Secondary(err error) []error {
	var errs []error
	for e := range All(err) {
		if d := detailOf(e); d != nil {
			errs = append(errs, d.secondary...)
		}
	}
	return errs
}
