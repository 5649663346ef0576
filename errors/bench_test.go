package errors_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/goplinth/plinth/errors"
)

func BenchmarkWrap(b *testing.B) {
	for b.Loop() {
		errors.Wrap(io.EOF, "read")
	}
}

func BenchmarkIs(b *testing.B) {
	err := errors.Wrap(errors.Wrap(errors.Wrap(io.EOF, "a"), "b"), "c")
	for b.Loop() {
		errors.Is(err, io.EOF)
	}
}

func BenchmarkFormatTree(b *testing.B) {
	err := errors.Wrap(errors.Wrap(errors.Wrap(io.EOF, "a"), "b"), "c")
	for b.Loop() {
		_ = fmt.Sprintf("%+v", err)
	}
}
