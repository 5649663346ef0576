package errors

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
)

// Append returns an error that wraps err and all others, for a loop that goes
// on after a failure:
//
//	for _, f := range files {
//		err = errors.Append(err, upload(f))
//	}
//
// Nil errors are left out. If none is left, the result is nil; if one is left,
// the result is that error itself. An error made by Append or [Join] is replaced
// with what it wraps, so that the result stays flat. It reads like that of Join:
// one message a line.
//
// In a loop as above, n calls cost O(n). Errors are immutable nonetheless: no
// Append changes what an earlier one returned.
func Append(err error, more ...error) error {
	base, _ := err.(*appended)
	var errs []error
	if base != nil {
		// The first to append to base may use the spare room behind its slice,
		// of which base sees nothing. All others copy.
		errs = base.errs
		if !base.extended.CompareAndSwap(false, true) {
			errs = slices.Clip(errs)
		}
	} else {
		errs = flatten(nil, err)
	}
	n := len(errs)
	for _, e := range more {
		errs = flatten(errs, e)
	}
	switch {
	case len(errs) == 0:
		return nil
	case len(errs) == 1:
		return errs[0]
	case len(errs) == n && err != nil:
		if base != nil {
			base.extended.Store(false) // nothing was written
		}
		return err
	}
	return &appended{errs: errs}
}

// flatten appends err, or what it wraps if it is nothing but a list.
func flatten(errs []error, err error) []error {
	switch e := err.(type) {
	case nil:
		return errs
	case *appended:
		return append(errs, e.errs...)
	case interface{ Unwrap() []error }:
		if isList(err) {
			return append(errs, e.Unwrap()...)
		}
	}
	return append(errs, err)
}

// isList reports whether err is nothing but a list of errors, by Append or Join.
// The type of joined errors has no name outside its package.
func isList(err error) bool {
	if _, ok := err.(*appended); ok {
		return true
	}
	return reflect.TypeOf(err) == reflect.TypeOf(errors.Join(ErrUnsupported))
}

// appended is a list of two errors or more.
type appended struct {
	errs     []error
	extended atomic.Bool // whether the room behind errs is taken
}

// Error returns the messages, one a line.
func (a *appended) Error() string {
	var b strings.Builder
	for i, err := range a.errs {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(err.Error())
	}
	return b.String()
}

// Unwrap returns the errors.
func (a *appended) Unwrap() []error { return slices.Clip(a.errs) }

// Format prints as the package comment says.
func (a *appended) Format(s fmt.State, verb rune) { format(s, verb, a) }
