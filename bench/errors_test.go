package bench

import (
	stderrors "errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	cockroach "github.com/cockroachdb/errors"
	"github.com/goplinth/plinth/errors"
	pkgerrors "github.com/pkg/errors"
	"github.com/rotisserie/eris"
	"github.com/samber/oops"
	tozd "gitlab.com/tozd/go/errors"
)

// An errorImpl is a package by whose means an error goes up. Nil functions are
// what it does not have.
type errorImpl struct {
	name  string
	new   func(string) error
	wrap  func(error, step) error // adds a message, and the place or stack that the package takes
	stack func(error) error
	is    func(err, target error) bool
}

// A step is what an error met on its way up, as text, and as the format that one
// would write for fmt.Errorf.
type step struct{ text, format string }

var steps = [...]step{{"read record", "read record: %w"}, {"load user", "load user: %w"}, {"handle request", "handle request: %w"}}

var errorImpls = []errorImpl{
	{"plinth", errors.New, func(err error, s step) error { return errors.Wrap(err, s.text) }, errors.WithStack, errors.Is},
	{"fmt", stderrors.New, func(err error, s step) error { return fmt.Errorf(s.format, err) }, nil, stderrors.Is},
	{"pkgerrors", pkgerrors.New, func(err error, s step) error { return pkgerrors.Wrap(err, s.text) }, pkgerrors.WithStack, pkgerrors.Is},
	{"cockroach", cockroach.New, func(err error, s step) error { return cockroach.Wrap(err, s.text) }, cockroach.WithStack, cockroach.Is},
	{"oops", func(text string) error { return oops.New(text) }, func(err error, s step) error { return oops.Wrapf(err, "%s", s.text) },
		func(err error) error { return oops.Wrap(err) }, stderrors.Is},
	{"eris", eris.New, func(err error, s step) error { return eris.Wrap(err, s.text) }, nil, eris.Is},
	{"tozd", func(text string) error { return tozd.New(text) }, func(err error, s step) error { return tozd.WithMessage(err, s.text) },
		func(err error) error { return tozd.WithStack(err) }, tozd.Is},
}

// deep calls f with depth more frames on the stack, as in a real service.
func deep(depth int, f func()) {
	if depth == 0 {
		f()
		return
	}
	deep(depth-1, f)
}

// eachError runs a benchmark of one error at several depths. make returns nil for
// an implementation that has not got what it takes.
func eachError(b *testing.B, depths []int, make func(errorImpl) func() error) {
	for _, depth := range depths {
		for _, impl := range errorImpls {
			f := make(impl)
			if f == nil {
				continue
			}
			b.Run(fmt.Sprintf("depth=%d/impl=%s", depth, impl.name), func(b *testing.B) {
				b.ReportAllocs()
				deep(depth, func() {
					for b.Loop() {
						if f() == nil {
							b.Fatal("no error")
						}
					}
				})
			})
		}
	}
}

// BenchmarkErrorsNew makes an error, as a sentinel is made.
func BenchmarkErrorsNew(b *testing.B) {
	eachError(b, []int{10}, func(impl errorImpl) func() error {
		return func() error { return impl.new("no such record") }
	})
}

// BenchmarkErrorsWrap adds a message and the place to a sentinel of another
// package.
func BenchmarkErrorsWrap(b *testing.B) {
	eachError(b, []int{10, 50}, func(impl errorImpl) func() error {
		return func() error { return impl.wrap(io.EOF, steps[0]) }
	})
}

// BenchmarkErrorsChain makes an error and wraps it three times on its way up.
func BenchmarkErrorsChain(b *testing.B) {
	eachError(b, []int{10}, func(impl errorImpl) func() error {
		return func() error { return wrap3(impl, impl.new("no such record")) }
	})
}

func wrap3(impl errorImpl, err error) error {
	for _, s := range steps {
		err = impl.wrap(err, s)
	}
	return err
}

// BenchmarkErrorsStack takes a whole stack.
func BenchmarkErrorsStack(b *testing.B) {
	eachError(b, []int{10, 50}, func(impl errorImpl) func() error {
		if impl.stack == nil {
			return nil
		}
		return func() error { return impl.stack(io.EOF) }
	})
}

// BenchmarkErrorsIs looks through three wraps for what is there and what is not.
func BenchmarkErrorsIs(b *testing.B) {
	for _, target := range []error{io.EOF, io.ErrNoProgress} {
		for _, impl := range errorImpls {
			err := wrap3(impl, io.EOF)
			want := target == io.EOF
			b.Run(fmt.Sprintf("found=%v/impl=%s", want, impl.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if impl.is(err, target) != want {
						b.Fatalf("Is = %v; want %v", !want, want)
					}
				}
			})
		}
	}
}

// BenchmarkErrorsAsType looks through three wraps for a type. Only the standard
// library and this module have such a function; both look through their own wraps.
func BenchmarkErrorsAsType(b *testing.B) {
	missing := &fs.PathError{Op: "open", Path: "p", Err: fs.ErrNotExist}
	run := func(b *testing.B, asType func(error) (*fs.PathError, bool), err error) {
		b.ReportAllocs()
		for b.Loop() {
			if got, ok := asType(err); !ok || got != missing {
				b.Fatal("not found")
			}
		}
	}
	b.Run("impl=plinth", func(b *testing.B) { run(b, errors.AsType[*fs.PathError], wrap3(errorImpls[0], missing)) })
	b.Run("impl=fmt", func(b *testing.B) { run(b, stderrors.AsType[*fs.PathError], wrap3(errorImpls[1], missing)) })
}

// BenchmarkErrorsFormat prints an error with three wraps and all it knows. What
// the packages know differs: pkgerrors prints a stack for each of the four.
func BenchmarkErrorsFormat(b *testing.B) {
	eachError(b, []int{10}, func(impl errorImpl) func() error {
		err := wrap3(impl, impl.new("no such record"))
		return func() error {
			if fmt.Sprintf("%+v", err) == "" {
				return nil
			}
			return err
		}
	})
}

// BenchmarkErrorsText asks an error with three wraps for its message.
func BenchmarkErrorsText(b *testing.B) {
	eachError(b, []int{10}, func(impl errorImpl) func() error {
		err := wrap3(impl, impl.new("no such record"))
		return func() error {
			if err.Error() == "" {
				return nil
			}
			return err
		}
	})
}

// TestErrorsSameWork holds the implementations to the same message and cause, so
// that the benchmarks compare like with like.
func TestErrorsSameWork(t *testing.T) {
	for _, impl := range errorImpls {
		err := wrap3(impl, io.EOF)
		if got, want := err.Error(), "handle request: load user: read record: EOF"; got != want {
			t.Errorf("%s: Error() = %q; want %q", impl.name, got, want)
		}
		if !impl.is(err, io.EOF) || impl.is(err, io.ErrNoProgress) {
			t.Errorf("%s: Is does not tell EOF from others", impl.name)
		}
		if impl.stack != nil && !impl.is(impl.stack(io.EOF), io.EOF) {
			t.Errorf("%s: a stack hides the error", impl.name)
		}
	}
}
