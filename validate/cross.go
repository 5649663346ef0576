package validate

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// A fieldPath leads from a struct to a field in it or in the structs inside.
type fieldPath []int

// find returns the value at the end of p, behind all pointers and interfaces.
// It is the zero Value if a pointer on the way is nil; it is not ok if
// pointers go on for ever.
func (p fieldPath) find(v reflect.Value) (reflect.Value, bool) {
	v, _, ok := p.look(v)
	return v, ok
}

// look does what find does, and says whether the field itself is behind a
// pointer or interface.
func (p fieldPath) look(v reflect.Value) (value reflect.Value, behind, ok bool) {
	v, behind, ok = follow(v)
	for _, i := range p {
		if !ok || !v.IsValid() {
			return v, true, ok
		}
		v, behind, ok = follow(v.Field(i))
	}
	return v, behind, ok
}

// resolve returns the way from a struct of type t to the field that name, as
// in Password or Period.Start, leads to, and that field.
func resolve(t reflect.Type, name string) (path fieldPath, last *reflect.StructField, err error) {
	for rest, more := name, true; more; {
		var part string
		part, rest, more = strings.Cut(rest, ".")
		if t = base(t); t == nil || t.Kind() != reflect.Struct {
			return nil, nil, wrongf("%s of %s is not in a struct; name a field of a struct, as in Period.Start", part, name)
		}
		if last, err = fieldOf(t, part); err != nil {
			return nil, nil, err
		}
		path = append(path, last.Index...)
		t = last.Type
	}
	return path, last, nil
}

// fieldOf returns the exported field of the struct t with that name, also one that
// an embedded struct brings.
func fieldOf(t reflect.Type, name string) (*reflect.StructField, error) {
	var names []string
	fields := reflect.VisibleFields(t)
	for i := range fields {
		f := &fields[i]
		if f.Name == name && f.IsExported() {
			return f, nil
		}
		if f.IsExported() {
			names = append(names, f.Name)
		}
	}
	if near := nearest(name, names); len(near) > 0 {
		return nil, wrongf("%s has no field %s; did you mean %s?", typeName(t), name, strings.Join(near, " or "))
	}
	return nil, wrongf("%s has no exported field %s; write the Go name of a field", typeName(t), name)
}

// other returns the way to the field that a rule names, its type, and the name
// that errors give it: that on the wire of the last part.
func (f *fieldCompiler) other(t reflect.Type, name string) (path fieldPath, typ reflect.Type, wire string, err error) {
	if t == nil {
		return nil, nil, "", errNoStruct
	}
	path, last, err := resolve(t, name)
	if err != nil {
		return nil, nil, "", err
	}
	wire, _ = f.registry.wireName(last)
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		_, _, outer, _ := f.other(t, name[:i])
		wire = outer + "." + wire
	}
	return path, last.Type, wire, nil
}

func isCrossField(name string) bool {
	return strings.HasSuffix(name, "field") || strings.HasPrefix(name, "field")
}

// crossField compiles a rule that compares the value with that of another
// field: of the same struct, or for eqcsfield and its like, of the outermost.
func (f *fieldCompiler) crossField(t *term, typ reflect.Type) (*rule, error) {
	if !listed(rulesWith, t.name) {
		return nil, t.unknown(f.registry.tags)
	}
	from, name := f.typ, t.name
	outermost := strings.HasSuffix(name, "csfield")
	if outermost {
		from, name = f.top, strings.TrimSuffix(name, "csfield")
		f.usesTop = true
	} else {
		name = strings.TrimSuffix(name, "field")
	}
	path, other, wire, err := f.other(from, t.param)
	if err != nil {
		return nil, err
	}
	if err := canCompare(t, name, typ, base(other)); err != nil {
		return nil, err
	}
	code, holds := fieldTest(name)
	r := newRule(opRelated, t, code, wire)
	r.rel = func(parent, top, v reflect.Value) bool {
		if outermost {
			parent = top
		}
		other, ok := path.find(parent)
		return ok && holds(v, other)
	}
	return r, nil
}

// canCompare reports that the types of two fields do not fit the rule t.
func canCompare(t *term, name string, a, b reflect.Type) error {
	if b == nil {
		return wrongf("%s leads to a type that only points to itself; name another field", t.param)
	}
	if a.Kind() == reflect.Interface || b.Kind() == reflect.Interface {
		return nil // seen when a value comes
	}
	ca, cb := classOfType(a), classOfType(b)
	ordered := ca != classBool && ca != classOther && ca != classList
	text := strings.HasPrefix(name, "field")
	switch {
	case text && (ca != classString || cb != classString):
		return wrongf("%s compares strings, not %s with %s; name another field", t.name, typeName(a), typeName(b))
	case text:
		return nil
	case a == b && a.Comparable() && (name == "eq" || name == "ne"):
		return nil
	case ca == classList || cb == classList:
		return wrongf("%s does not compare lists such as %s with %s; check it in a Validate method", t.name, typeName(a), typeName(b))
	case kindOfNumber(ca) != kindOfNumber(cb):
		return wrongf("%s cannot compare %s with %s; name a field of the same type", t.name, typeName(a), typeName(b))
	case !ordered && name != "eq" && name != "ne", ca == classOther:
		return wrongf("%s does not apply to %s; remove it or change the type of the field", t.name, typeName(a))
	}
	return nil
}

// kindOfNumber makes one class of those whose values compareFields compares.
func kindOfNumber(c class) class {
	switch c {
	case classDuration:
		return classInt
	case classFloat32:
		return classFloat64
	}
	return c
}

// fieldTest returns the code of a cross-field rule and its test of the two
// values. The first is valid; the second is not if it is nil. Values that
// cannot be compared differ.
func fieldTest(name string) (code string, holds func(v, other reflect.Value) bool) {
	switch name {
	case "fieldcontains":
		return "contains_field", containsField
	case "fieldexcludes":
		return "excludes_field", func(v, other reflect.Value) bool { return !containsField(v, other) }
	}
	rel := relationOf(name)
	in := spanOf(rel, 0)
	return rel.code() + "_field", func(v, other reflect.Value) bool {
		order, ok := compareFields(v, other)
		if rel == relNotEqual {
			return !ok || order != 0
		}
		return ok && in.has(int64(order))
	}
}

func containsField(v, other reflect.Value) bool {
	return v.Kind() == reflect.String && other.Kind() == reflect.String && strings.Contains(v.String(), other.String())
}

func isNaN(v reflect.Value) bool { return v.CanFloat() && math.IsNaN(v.Float()) }

// compareFields compares two values of the same class. It is not ok if there
// is no answer, as for nil, NaN, or a string and a number.
func compareFields(a, b reflect.Value) (order int, ok bool) {
	if !a.IsValid() || !b.IsValid() {
		return 0, false
	}
	order, ok = compareScalars(a, b)
	switch {
	case ok:
		return order, !isNaN(a) && !isNaN(b)
	case isTime(a.Type()) && isTime(b.Type()):
		return timeOf(a).Compare(timeOf(b)), true
	}
	return 0, isComparable(a) && isComparable(b) && equalKeys(a, b)
}

// presence compiles required, isdefault and the rules that ask for a value, or
// for none, depending on other fields.
func (f *fieldCompiler) presence(t *term) (*rule, error) {
	r := newRule(opRequired, t, "required", nil)
	switch {
	case t.name == "required":
		return r, nil
	case t.name == "isdefault":
		return newRule(opExcluded, t, "empty", nil), nil
	case strings.HasPrefix(t.name, "excluded_"):
		r.op, r.fail.Code = opExcluded, "excluded"
	}
	if !listed(rulesWith, t.name) {
		return nil, t.unknown(f.registry.tags)
	}
	if f.typ == nil {
		return nil, errNoStruct
	}
	r.when = &premise{kind: t.name[strings.IndexByte(t.name, '_')+1:], param: t.param}
	var tests []func(parent reflect.Value) bool
	var err error
	if r.when.kind == "if" || r.when.kind == "unless" {
		tests, err = f.conditions(t, r.when)
	} else {
		tests, err = f.presences(t, r.when)
	}
	if err != nil {
		return nil, err
	}
	if t.name == "skip_unless" {
		r.when.kind = "if" // in spite of its name it is required_if
	}
	r.when.holds = combine(r.when.kind, tests)
	return r, nil
}

// A premise says when a rule asks for a value, or for none. Validation needs
// holds alone; the rest is what holds is made of, for JSONSchema.
type premise struct {
	holds func(parent reflect.Value) bool
	kind  string // what joins the clauses: the end of the rule's name
	about []clause
	param string // of the tag
}

// A clause is about one other field: that it has a value, or that of word.
type clause struct {
	path    fieldPath
	word    string
	hasWord bool
}

// combine returns when the rule asks for something, from tests that say for
// each pair whether the field has that value, or for each name whether the
// field has any.
func combine(kind string, tests []func(reflect.Value) bool) func(reflect.Value) bool {
	want := kind == "if" || kind == "with_all" || kind == "without"
	not := kind == "with" || kind == "without"
	return func(parent reflect.Value) bool {
		for _, test := range tests {
			if test(parent) != want {
				return not
			}
		}
		return !not
	}
}

// conditions returns a test for each pair of a field and a value in the
// parameter of t, and adds the pair to when.
func (f *fieldCompiler) conditions(t *term, when *premise) ([]func(reflect.Value) bool, error) {
	pairs, err := splitConditions(t.param)
	if err != nil {
		return nil, err
	}
	var tests []func(reflect.Value) bool
	for _, pair := range pairs {
		path, typ, _, err := f.other(f.typ, pair.name)
		if err != nil {
			return nil, err
		}
		equal, err := equalTo(pair.value, typ)
		if err != nil {
			return nil, fmt.Errorf("the value of %s: %w", pair.name, err)
		}
		when.about = append(when.about, clause{path, pair.value, true})
		tests = append(tests, func(parent reflect.Value) bool {
			v, ok := path.find(parent)
			return ok && equal(v)
		})
	}
	return tests, nil
}

// presences returns a test for each field in the parameter of t, which reports
// whether it has a value, and adds the field to when.
func (f *fieldCompiler) presences(t *term, when *premise) ([]func(reflect.Value) bool, error) {
	names, err := splitNames(t.param)
	if err != nil {
		return nil, err
	}
	var tests []func(reflect.Value) bool
	for _, name := range names {
		path, _, _, err := f.other(f.typ, name)
		if err != nil {
			return nil, err
		}
		when.about = append(when.about, clause{path: path})
		tests = append(tests, func(parent reflect.Value) bool {
			v, behind, ok := path.look(parent)
			return ok && hasValue(v, behind)
		})
	}
	return tests, nil
}

// equalTo returns the test whether a field of type declared has the value that
// word stands for: nil, the length of a list, or what the type is written as.
func equalTo(word string, declared reflect.Type) (func(reflect.Value) bool, error) {
	typ := base(declared)
	if typ == nil {
		return nil, wrongf("%s only points to itself; name another field", typeName(declared))
	}
	if word == "nil" && typ != declared {
		return func(v reflect.Value) bool { return !v.IsValid() }, nil
	}
	if typ.Kind() == reflect.Interface {
		return equalToAny(word), nil
	}
	t := &term{name: "eq", param: word, hasParam: true}
	switch classOfType(typ) {
	case classList:
		if word == "nil" && typ.Kind() != reflect.Array {
			return func(v reflect.Value) bool { return v.IsValid() && v.IsNil() }, nil
		}
		t.name = "len"
	case classTime, classOther:
		return nil, wrongf("a field of type %s cannot be compared with a word; use required_with or a Validate method", typeName(typ))
	}
	r, err := compileComparison(t, typ, classOfType(typ))
	if err != nil {
		return nil, err
	}
	return func(v reflect.Value) bool { return v.IsValid() && r.judge(context.Background(), v).ok }, nil
}

// equalToAny returns the test for a field of interface type: the word counts
// as whatever the interface holds.
func equalToAny(word string) func(reflect.Value) bool {
	tests := make([]func(reflect.Value) bool, numClasses)
	for c := classString; c < numClasses; c++ {
		if test, err := equalTo(word, reflect.TypeOf(examples[c])); err == nil {
			tests[c] = test
		}
	}
	return func(v reflect.Value) bool {
		if !v.IsValid() {
			return word == "nil"
		}
		test := tests[classOf(v)]
		return test != nil && (word != "nil" || v.Kind() != reflect.Array) && test(v)
	}
}
