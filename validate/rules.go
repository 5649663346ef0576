package validate

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A rule is a term of a tag, compiled for one class of values.
type rule struct {
	ok   func(reflect.Value) bool // nil for required and omitempty, which ask hasValue
	fail FieldError               // what to report if ok does not hold; its Path is empty

	// omit marks omitempty: without a value, the rest of the checks are
	// skipped and nothing is reported.
	omit bool

	// byClass is set instead of ok and fail on a value of interface type:
	// the rule for each class of what the interface may hold.
	byClass *[numClasses]rule
}

// A class is a set of types that a rule treats in one way. Rules are compiled
// for a class so that checking a value parses no parameter and looks at no
// type.
type class uint8

const (
	classOther class = iota // only required and omitempty apply
	classString
	classList // slices, arrays and maps
	classInt
	classUint
	classFloat32 // its parameters are rounded as its values are
	classFloat64
	classDuration
	numClasses
)

// classOf returns the class of v. The zero Value, which stands for a nil
// pointer or interface, is classOther.
func classOf(v reflect.Value) class {
	if !v.IsValid() {
		return classOther
	}
	return classOfType(v.Type())
}

func classOfType(t reflect.Type) class {
	switch t.Kind() {
	case reflect.String:
		return classString
	case reflect.Slice, reflect.Array, reflect.Map:
		return classList
	case reflect.Int64:
		if t == reflect.TypeFor[time.Duration]() {
			return classDuration
		}
		return classInt
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32:
		return classInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return classUint
	case reflect.Float32:
		return classFloat32
	case reflect.Float64:
		return classFloat64
	default:
		return classOther
	}
}

// noun names the values of a class in messages, after "must be".
func (c class) noun() string {
	switch c {
	case classString:
		return "a string"
	case classList:
		return "a list or map"
	case classDuration:
		return "a duration"
	default:
		return "a number"
	}
}

// hasValue is the test behind required and omitempty. behind says that v was
// found behind a pointer or interface, so that zero is a value too.
func hasValue(v reflect.Value, behind bool) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return false
	case reflect.Slice, reflect.Map, reflect.Chan, reflect.Func:
		return !v.IsNil()
	default:
		return behind || !v.IsZero()
	}
}

// compileRule compiles t, which is not required, omitempty or dive, for values
// of type typ. The error says what is wrong and what to write instead.
func compileRule(t term, typ reflect.Type) (rule, error) {
	switch classOfType(typ) {
	case classString:
		return compileString(t, typ)
	case classList:
		if t.name != "email" && t.name != "oneof" {
			return compileList(t)
		}
	case classInt:
		return compileNumber(t, typ, parseInt, reflect.Value.Int)
	case classUint:
		return compileNumber(t, typ, parseUint, reflect.Value.Uint)
	case classFloat32:
		return compileNumber(t, typ, parseFloat32, reflect.Value.Float)
	case classFloat64:
		return compileNumber(t, typ, parseFloat64, reflect.Value.Float)
	case classDuration:
		return compileNumber(t, typ, parseDuration, durationOf)
	}
	return rule{}, misfit(t, typ)
}

// misfit says that t does not apply to typ.
func misfit(t term, typ reflect.Type) error {
	var wants string
	switch t.name {
	case "email":
		wants = "strings"
	case "oneof":
		wants = "strings and numbers"
	case "dive":
		wants = "slices, arrays and maps"
	default:
		wants = "strings, numbers, slices, arrays and maps"
	}
	return fmt.Errorf("%s does not apply to %v, only to %s; remove it or change the type of the field", t.name, typ, wants)
}

// compileAny compiles t for values of interface type: once for each class it
// applies to, and as an error with the code "type" for the others. It fails if
// t is wrong for every class.
func compileAny(t term) (rule, error) {
	t.mixed = true
	var nouns []string
	var firstErr error
	byClass := new([numClasses]rule)
	for _, typ := range []reflect.Type{
		reflect.TypeFor[string](),
		reflect.TypeFor[[]any](),
		reflect.TypeFor[int64](),
		reflect.TypeFor[uint64](),
		reflect.TypeFor[float32](),
		reflect.TypeFor[float64](),
		reflect.TypeFor[time.Duration](),
	} {
		c := classOfType(typ)
		compiled, err := compileRule(t, typ)
		if err != nil {
			firstErr = cmp.Or(firstErr, err)
			continue
		}
		byClass[c] = compiled
		if !slices.Contains(nouns, c.noun()) {
			nouns = append(nouns, c.noun())
		}
	}
	if len(nouns) == 0 {
		return rule{}, firstErr
	}
	wrongType := rule{
		ok:   func(reflect.Value) bool { return false },
		fail: FieldError{Rule: t.name, Code: "type", Message: "must be " + strings.Join(nouns, " or ")},
	}
	for c := range byClass {
		if byClass[c].ok == nil {
			byClass[c] = wrongType
		}
	}
	return rule{byClass: byClass}, nil
}

func compileString(t term, typ reflect.Type) (rule, error) {
	switch t.name {
	case "email":
		return rule{
			ok:   func(v reflect.Value) bool { return isEmail(v.String()) },
			fail: FieldError{Rule: t.name, Code: "email", Message: "must be an e-mail address"},
		}, nil
	case "oneof":
		return compileOneOf(t, typ, func(word string) (string, error) { return word, nil }, reflect.Value.String)
	}
	n, err := parseCount(t.param)
	if err != nil {
		return rule{}, err
	}
	b := boundOf(t.name)
	return rule{
		ok: compare(t.name, 0, func(v reflect.Value) int { return compareRunes(v.String(), n) }),
		fail: FieldError{Rule: t.name, Code: b.length, Param: n,
			Message: "must be " + b.phrase + " " + count(n, "character") + " long"},
	}, nil
}

func compileList(t term) (rule, error) {
	n, err := parseCount(t.param)
	if err != nil {
		return rule{}, err
	}
	b := boundOf(t.name)
	return rule{
		ok:   compare(t.name, n, reflect.Value.Len),
		fail: FieldError{Rule: t.name, Code: b.items, Param: n, Message: "must have " + b.phrase + " " + count(n, "item")},
	}, nil
}

func compileNumber[N cmp.Ordered](t term, typ reflect.Type, parse func(string) (N, error), get func(reflect.Value) N) (rule, error) {
	switch t.name {
	case "email":
		return rule{}, misfit(t, typ)
	case "oneof":
		return compileOneOf(t, typ, parse, get)
	}
	n, err := parse(t.param)
	if err != nil {
		return rule{}, err
	}
	b := boundOf(t.name)
	return rule{
		ok:   compare(t.name, n, get),
		fail: FieldError{Rule: t.name, Code: b.number, Param: n, Message: "must be " + b.phrase + " " + t.param},
	}, nil
}

func compileOneOf[N cmp.Ordered](t term, typ reflect.Type, parse func(string) (N, error), get func(reflect.Value) N) (rule, error) {
	words, err := splitWords(t.param)
	if err != nil {
		return rule{}, err
	}
	var set []N
	for _, word := range words {
		x, err := parse(word)
		if err == nil {
			set = append(set, x)
		} else if !t.mixed {
			return rule{}, err
		}
	}
	if len(set) == 0 {
		return rule{}, fmt.Errorf("no word of oneof fits %v; remove it or change the type of the field", typ)
	}
	return rule{
		ok: func(v reflect.Value) bool { return slices.Contains(set, get(v)) },
		// The clone keeps the rule intact if a caller changes Param after all.
		fail: FieldError{Rule: t.name, Code: "one_of", Param: slices.Clone(set), Message: "must be one of " + strings.Join(words, ", ")},
	}, nil
}

func durationOf(v reflect.Value) time.Duration { return time.Duration(v.Int()) }

// compare returns the test behind min, max and len. It uses the operators and
// not cmp.Compare, which puts NaN below every number: NaN is to fail them all.
func compare[N cmp.Ordered](name string, limit N, get func(reflect.Value) N) func(reflect.Value) bool {
	switch name {
	case "min":
		return func(v reflect.Value) bool { return get(v) >= limit }
	case "max":
		return func(v reflect.Value) bool { return get(v) <= limit }
	default:
		return func(v reflect.Value) bool { return get(v) == limit }
	}
}

// compareRunes compares the number of runes in s with n. A rune takes one to
// four bytes, so that only strings of n to 4n+3 bytes are looked at.
func compareRunes(s string, n int) int {
	switch {
	case len(s) < n:
		return -1
	case len(s)/utf8.UTFMax > n:
		return +1
	default:
		return cmp.Compare(utf8.RuneCountInString(s), n)
	}
}

// A boundWording says how errors of min, max or len are worded.
type boundWording struct {
	phrase                string
	length, items, number string // codes
}

func boundOf(name string) boundWording {
	switch name {
	case "min":
		return boundWording{"at least", "min_length", "min_items", "min"}
	case "max":
		return boundWording{"at most", "max_length", "max_items", "max"}
	default:
		return boundWording{"exactly", "length", "items", "equal"}
	}
}

// count returns n followed by the noun, in the plural where it belongs.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
