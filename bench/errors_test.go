package bench

import (
	"fmt"
	"io"
	"testing"

	"github.com/goplinth/plinth/errors"
	pkgerrors "github.com/pkg/errors"
)

// deep calls f with depth more frames on the stack, as in a real service.
func deep(depth int, f func()) {
	if depth == 0 {
		f()
		return
	}
	deep(depth-1, f)
}

// BenchmarkErrorsWrap adds a message and the place to an error.
func BenchmarkErrorsWrap(b *testing.B) {
	run := func(b *testing.B, wrap func(error, string) error) {
		b.ReportAllocs()
		deep(10, func() {
			for b.Loop() {
				if wrap(io.EOF, "read record") == nil {
					b.Fatal("no error")
				}
			}
		})
	}
	b.Run("impl=plinth", func(b *testing.B) {
		run(b, func(err error, msg string) error { return errors.Wrap(err, msg) })
	})
	b.Run("impl=pkgerrors", func(b *testing.B) { run(b, pkgerrors.Wrap) })
	b.Run("impl=fmt", func(b *testing.B) {
		run(b, func(err error, msg string) error { return fmt.Errorf("%s: %w", msg, err) })
	})
}

// BenchmarkErrorsFormat prints an error that was wrapped three times, with all
// it knows.
func BenchmarkErrorsFormat(b *testing.B) {
	run := func(b *testing.B, wrap func(error, string) error) {
		err := wrap(wrap(wrap(io.EOF, "a"), "b"), "c")
		b.ReportAllocs()
		for b.Loop() {
			_ = fmt.Sprintf("%+v", err)
		}
	}
	b.Run("impl=plinth", func(b *testing.B) {
		run(b, func(err error, msg string) error { return errors.Wrap(err, msg) })
	})
	b.Run("impl=pkgerrors", func(b *testing.B) { run(b, pkgerrors.Wrap) })
}
