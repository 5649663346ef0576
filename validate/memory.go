package validate

import (
	"reflect"
	"time"
	"unsafe"
)

// This file is the only one that reads memory other than through package
// reflect. Reflect computes the address and the type of each field anew, and
// checks again each time what was checked when the type was compiled: for the
// strings and integers that most fields are, this takes longer than their rules.
//
// What makes it safe: the offset is the one that reflect gives for the field,
// the kind was looked at when the type was compiled, and the pointer is that of
// a struct of just that type, which it keeps alive. Nothing is written. A time is
// read where the type has the fields of time.Time.

// An address is that of a struct.
type address = unsafe.Pointer

// addressOf returns the address of *v.
func addressOf[T any](v *T) address { return address(v) }

// pointerTo returns the address of v, or nil if v cannot be addressed, as a
// struct that is passed by value.
func pointerTo(v reflect.Value) address {
	if !v.CanAddr() {
		return nil
	}
	return unsafe.Pointer(v.UnsafeAddr())
}

func stringAt(p address, offset uintptr) string { return *(*string)(unsafe.Add(p, offset)) }

func intAt(p address, offset, size uintptr) int64 {
	p = unsafe.Add(p, offset)
	switch size {
	case 1:
		return int64(*(*int8)(p))
	case 2:
		return int64(*(*int16)(p))
	case 4:
		return int64(*(*int32)(p))
	default:
		return *(*int64)(p)
	}
}

// holdsAt is holds for the field at offset in the struct at p. The leaf is to be
// a bare one.
func (l *leaf) holdsAt(p address, offset uintptr) bool {
	if l.kind == leafString {
		return l.holdsString(stringAt(p, offset))
	}
	return l.holdsInt(intAt(p, offset, l.size))
}

// failAt returns the error of the first rule that the field at offset in the
// struct at p breaks, or nil. The leaf is to be a bare one.
func (n *node) failAt(p address, offset uintptr) *FieldError {
	if n.leaf.kind == leafString {
		return n.failOfString(stringAt(p, offset))
	}
	return n.failOfInt(intAt(p, offset, n.leaf.size))
}

// isTime reports whether t is time.Time or a type made from it. No other has the
// field wall of package time.
func isTime(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || t.NumField() != reflect.TypeFor[time.Time]().NumField() {
		return false
	}
	first := t.Field(0)
	return first.Name == "wall" && first.PkgPath == "time"
}

// timeOf returns the time that v is. It costs no allocation if v is addressable, as
// what is behind a pointer is.
func timeOf(v reflect.Value) time.Time {
	return *(*time.Time)(addressable(v).Addr().UnsafePointer())
}
