package errors

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret hides v from messages and logs:
//
//	errors.Wrap(err, "log in", slog.Any("token", errors.Secret(token)))
//
// The result prints as "[redacted]" with every verb of package fmt, in slog, in
// JSON and in [Encode]. v is there for the program alone, by Reveal.
func Secret[T any](v T) Redacted[T] {
	return Redacted[T]{func() T { return v }}
}

// A Redacted is a value that does not show. The zero value hides the zero value
// of T.
type Redacted[T any] struct {
	// A function and not the value, because printers that walk a struct by
	// reflection find the value in a field and call no method on it.
	reveal func() T
}

const redacted = "[redacted]"

// Reveal returns the value.
func (r Redacted[T]) Reveal() T {
	if r.reveal == nil {
		var zero T
		return zero
	}
	return r.reveal()
}

// String returns "[redacted]".
func (Redacted[T]) String() string { return redacted }

// Format prints "[redacted]", whatever the verb and the flags.
func (Redacted[T]) Format(s fmt.State, _ rune) { io.WriteString(s, redacted) }

// LogValue returns "[redacted]".
func (Redacted[T]) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]", for JSON, XML and others.
func (Redacted[T]) MarshalText() ([]byte, error) { return []byte(redacted), nil }
