package validate

import "reflect"

// A leaf is a value without anything inside it, and not behind a pointer, whose
// rules look at it alone. Most values are one. Checking it is a loop over the
// tests for its kind, with the value looked up once.
type leaf struct {
	kind leafKind
	bare bool    // there are no oks, so that the string or number is enough
	omit bool    // a value that is zero, or nil, is left out
	size uintptr // of the type
	span span    // all rules about the size of the value together: the number, or the length of the string
	strs []func(string) bool
	nums []func(int64) bool
	oks  []func(reflect.Value) bool
}

type leafKind uint8

const (
	leafNone leafKind = iota // the value is no leaf
	leafString
	leafInt
	leafOther
)

// leafOf returns the leaf for a value of type t with these rules.
func leafOf(t reflect.Type, rules []rule) leaf {
	l := leaf{kind: leafOther, size: t.Size(), span: everything}
	switch {
	case t.Kind() == reflect.String:
		l.kind = leafString
	case classOfType(t) == classInt, classOfType(t) == classDuration:
		l.kind = leafInt
	}
	for i, r := range rules {
		switch {
		case i == 0 && (r.op == opOmit || r.op == opOmitZero && classOfType(t) != classList):
			l.omit = true
		case r.span != nil && (l.kind == leafString && r.op == opString || l.kind == leafInt && r.op == opInt):
			l.span = l.span.and(*r.span)
		case l.kind == leafString && r.op == opString:
			l.strs = append(l.strs, r.str)
		case l.kind == leafInt && r.op == opInt:
			l.nums = append(l.nums, r.num)
		case r.op == opValue:
			l.oks = append(l.oks, r.ok)
		default:
			return leaf{}
		}
	}
	l.bare = l.kind != leafOther && l.oks == nil
	return l
}

// holds reports whether the leaf v satisfies its rules.
func (l *leaf) holds(v reflect.Value) bool {
	switch {
	case l.omit && !hasValue(v, false):
		return true
	case l.kind == leafString && !l.holdsString(v.String()):
		return false
	case l.kind == leafInt && !l.holdsInt(v.Int()):
		return false
	}
	for _, ok := range l.oks {
		if !ok(v) {
			return false
		}
	}
	return true
}

func (l *leaf) holdsString(s string) bool {
	if l.omit && s == "" {
		return true
	}
	if !l.span.hasRunes(s) {
		return false
	}
	for _, ok := range l.strs {
		if !ok(s) {
			return false
		}
	}
	return true
}

func (l *leaf) holdsInt(n int64) bool {
	if l.omit && n == 0 {
		return true
	}
	if n < l.span.low || n > l.span.high {
		return false
	}
	for _, ok := range l.nums {
		if !ok(n) {
			return false
		}
	}
	return true
}
