package validate

import (
	"reflect"
	"unsafe"
)

// This file is the only one that reads memory other than through package
// reflect. Reflect computes the address and the type of each field anew, and
// checks again each time what was checked when the type was compiled: for the
// strings and integers that most fields are, this takes longer than their rules.
//
// What makes it safe: the offset is the one that reflect gives for the field,
// the kind was looked at when the type was compiled, and the pointer is that of
// a struct of just that type, which it keeps alive. Nothing is written.

// pointerTo returns the address of v, or nil if v cannot be addressed, as a
// struct that is passed by value.
func pointerTo(v reflect.Value) unsafe.Pointer {
	if !v.CanAddr() {
		return nil
	}
	return unsafe.Pointer(v.UnsafeAddr())
}

// holdsAt is holds for the field at offset in the struct at p. The leaf is to be
// a bare one.
func (l *leaf) holdsAt(p unsafe.Pointer, offset uintptr) bool {
	p = unsafe.Add(p, offset)
	if l.kind == leafString {
		return l.holdsString(*(*string)(p))
	}
	switch l.size {
	case 1:
		return l.holdsInt(int64(*(*int8)(p)))
	case 2:
		return l.holdsInt(int64(*(*int16)(p)))
	case 4:
		return l.holdsInt(int64(*(*int32)(p)))
	default:
		return l.holdsInt(*(*int64)(p))
	}
}
