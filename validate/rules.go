package validate

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A rule is a term of a tag, compiled for one class of values: checking a value
// parses no parameter and looks at no type. Which of its functions is set, op
// says.
type rule struct {
	op   op
	str  func(string) bool                            // opString
	num  func(int64) bool                             // opInt
	span *span                                        // opString, opInt: if set, str or num asks for no more
	ok   func(reflect.Value) bool                     // opValue
	when *premise                                     // opRequired, opExcluded: nil means always
	rel  func(parent, top, v reflect.Value) bool      // opRelated
	user func(context.Context, reflect.Value) verdict // opUser, opContext
	more *[numClasses]*rule                           // opDynamic: by the class of what an interface holds; nil where the rule does not apply
	any  []rule                                       // opAny: one of them is to hold

	// fail is what to report if the rule does not hold, at the path where that is;
	// its own Path says that for a bare plan.
	fail *FieldError
}

type op uint8

const (
	opString   op = iota // the value is a string
	opInt                // the value is a signed integer
	opValue              // any other test of the value alone
	opRequired           // it is to have a value, if the struct around it says so
	opExcluded           // it is to have none, if the struct around it says so
	opOmit               // without a value, skip the rest and report nothing
	opOmitZero           // as opOmit, with a zero value too, even behind a pointer
	opOmitNil            // as opOmit, but only nil is no value
	opRelated            // a test of the value and of others in its struct
	opDynamic            // the value was in an interface
	opAny                // an or-group
	opUser               // a rule from Options.Tags
	opContext            // one with a context, which waits until all others hold
)

// A class is a set of types that a rule treats in one way.
type class uint8

const (
	classOther class = iota // only rules about presence apply
	classString
	classList // slices, arrays and maps
	classInt
	classUint
	classFloat32 // its parameters are rounded as its values are
	classFloat64
	classDuration
	classBool
	classTime
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
	case reflect.Bool:
		return classBool
	case reflect.Struct:
		if isTime(t) {
			return classTime
		}
	}
	return classOther
}

// noun names the values of a class in the Param of an error with the code
// "type".
func (c class) noun() string {
	switch c {
	case classString:
		return "string"
	case classList:
		return "list"
	case classDuration:
		return "duration"
	case classBool:
		return "boolean"
	case classTime:
		return "time"
	default:
		return "number"
	}
}

// examples has a value of each class but classOther.
var examples = [numClasses]any{
	classString:   "",
	classList:     []any(nil),
	classInt:      int64(0),
	classUint:     uint64(0),
	classFloat32:  float32(0),
	classFloat64:  float64(0),
	classDuration: time.Duration(0),
	classBool:     false,
	classTime:     time.Time{},
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

// newRule returns a rule that fails under the code given, with the parameter given.
// Not to have it inlined everywhere keeps programs small.
//
//go:noinline
func newRule(op op, t *term, code string, param any) *rule {
	return &rule{op: op, fail: &FieldError{Rule: t.name, Code: code, Param: param}}
}

func onString(t *term, code string, param any, ok func(string) bool) *rule {
	r := newRule(opString, t, code, param)
	r.str = ok
	return r
}

func onValue(t *term, code string, param any, ok func(reflect.Value) bool) *rule {
	r := newRule(opValue, t, code, param)
	r.ok = ok
	return r
}

// rule compiles t, which is no control word, for values of type typ.
func (f *fieldCompiler) rule(t *term, typ reflect.Type) (*rule, error) {
	if t.anyOf != nil {
		return f.anyOf(t, typ)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	if own := f.registry.own(t.name); own != nil {
		return own.rule(f, t, own, typ)
	}
	switch {
	case t.name == "omitempty":
		return &rule{op: opOmit}, nil
	case t.name == "omitnil":
		return &rule{op: opOmitNil}, nil
	case t.name == "omitzero":
		return &rule{op: opOmitZero}, nil
	case t.name == "required", t.name == "isdefault", t.name == "skip_unless",
		strings.HasPrefix(t.name, "required_"), strings.HasPrefix(t.name, "excluded_"):
		return f.presence(t)
	case isCrossField(t.name):
		return f.crossField(t, typ)
	case typ.Kind() == reflect.Interface:
		return f.dynamic(t)
	}
	return f.typed(t, typ)
}

// typed compiles t for values of type typ, which is no interface.
func (f *fieldCompiler) typed(t *term, typ reflect.Type) (*rule, error) {
	switch c := classOfType(typ); {
	case t.name == "unique" && (c == classList):
		return f.unique(t, typ)
	case listed(comparisons, t.name):
		return compileComparison(t, typ, c)
	case t.name == "port" && (c == classInt || c == classUint):
		return onValue(t, "port", nil, func(v reflect.Value) bool {
			return v.CanInt() && 1 <= v.Int() && v.Int() <= 65535 || v.CanUint() && 1 <= v.Uint() && v.Uint() <= 65535
		}), nil
	case (t.name == "number" || t.name == "numeric") && c.isNumber(), t.name == "boolean" && c == classBool:
		return onValue(t, t.name, nil, func(reflect.Value) bool { return true }), nil
	case (t.name == "latitude" || t.name == "longitude") && c.isNumber() && !t.hasParam:
		return compileCoordinate(t), nil
	case t.name == "regexp":
		return f.pattern(t, typ)
	}
	check, param, err := f.text(t)
	switch {
	case err != nil:
		return nil, err
	case check == nil && (listed(rulesWithout, t.name) || listed(rulesWith, t.name)):
		return nil, misfit(t, typ)
	case check == nil:
		return nil, t.unknown(f.registry.tags)
	case typ.Kind() == reflect.String:
		return onString(t, codeOf(t.name), param, check), nil
	case hasText(typ) && (classOfType(typ) == classOther || classOfType(typ) == classList):
		return ofText(t, param, check), nil
	}
	return nil, misfit(t, typ)
}

// text returns the test for a rule about strings, or nil if there is no such
// rule.
func (f *fieldCompiler) text(t *term) (check func(string) bool, param any, err error) {
	if check = characters(t.name); check != nil {
		return check, nil, nil
	}
	if check = comparison(t.name, t.raw); check != nil {
		return check, t.raw, nil
	}
	if t.hasParam {
		check, err, ok := formatWithParam(t.name, t.param)
		switch {
		case ok && err != nil:
			return nil, nil, err
		case ok:
			return check, t.param, nil
		}
	}
	check, ok := lookupFormat(t.name)
	if ok && t.hasParam {
		return nil, nil, wrongf("%s takes no parameter; write %s", t.name, t.name)
	}
	return check, nil, nil
}

func (c class) isNumber() bool {
	return c == classInt || c == classUint || c == classFloat32 || c == classFloat64
}

func compileCoordinate(t *term) *rule {
	limit := 90.0
	if t.name == "longitude" {
		limit = 180
	}
	return onValue(t, t.name, nil, func(v reflect.Value) bool {
		x := 0.0
		switch {
		case v.CanInt():
			x = float64(v.Int())
		case v.CanUint():
			x = float64(v.Uint())
		default:
			x = v.Float()
		}
		return -limit <= x && x <= limit
	})
}

// codeOf returns the code of errors of a rule about strings: its name, but for
// the few that have none of their own.
func codeOf(name string) string {
	switch name {
	case "notblank":
		return "not_blank"
	case "regexp":
		return "pattern"
	}
	return name
}

// misfit says that t does not apply to typ.
func misfit(t *term, typ reflect.Type) error {
	wants, instead := "strings", "remove it or change the type of the field"
	list := classOfType(typ) == classList
	switch {
	case listed("min max len gt gte lt lte", t.name):
		wants = "strings, numbers, slices, arrays and maps"
		if t.name[0] == 'g' || t.name[0] == 'l' && t.name != "len" {
			wants = "strings, numbers, slices, arrays, maps and times"
		}
	case t.name == "eq" || t.name == "ne":
		wants = "strings, numbers and booleans"
		if list {
			instead = "write len=n to compare the length"
		}
	case listed("oneof noneof", t.name):
		wants = "strings and numbers"
		if list {
			instead = "put dive in front of it to check the elements"
		}
	case t.name == "unique" || t.name == "dive":
		wants = "slices, arrays and maps"
	case t.name == "structonly" || t.name == "nostructlevel":
		wants = "structs"
	case t.name == "port" || t.name == "number" || t.name == "numeric":
		wants = "strings and numbers"
	case t.name == "notblank" && list:
		instead = "write min=1 to demand an element"
	case list:
		instead = "put dive in front of it to check the elements"
	}
	return wrongf("%s does not apply to %s, only to %s; %s", t.name, typeName(typ), wants, instead)
}

// anyOf compiles an or-group: one of its rules is to hold.
func (f *fieldCompiler) anyOf(t *term, typ reflect.Type) (*rule, error) {
	group := newRule(opAny, t, "any_of", nil)
	var texts []string
	for i := range t.anyOf {
		alternative := &t.anyOf[i]
		if isControl(alternative.name) || alternative.name == "skip_unless" {
			return nil, wrongf("%s cannot stand in an or-group; put a comma after it", alternative.name)
		}
		alternative.mixed = t.mixed
		r, err := f.rule(alternative, typ)
		if err != nil {
			return nil, err
		}
		if r.op == opContext {
			return nil, wrongf("%s has a context and cannot stand in an or-group; write it by itself", alternative.name)
		}
		group.any = append(group.any, *r)
		texts = append(texts, alternative.text)
	}
	group.fail.Rule, group.fail.Param = t.text, texts
	return group, nil
}

// dynamic compiles t for values of interface type: once for each class it
// applies to, and as an error with the code "type" for the others. It fails if
// t is wrong for every class.
func (f *fieldCompiler) dynamic(t *term) (*rule, error) {
	mixed := *t
	mixed.mixed = true
	var nouns []string
	var firstErr error
	var more [numClasses]*rule
	for c := classString; c < numClasses; c++ {
		compiled, err := f.typed(&mixed, reflect.TypeOf(examples[c]))
		if err != nil {
			firstErr = cmp.Or(firstErr, err)
			continue
		}
		f.word(compiled)
		more[c] = compiled
		if !slices.Contains(nouns, c.noun()) {
			nouns = append(nouns, c.noun())
		}
	}
	if len(nouns) == 0 {
		return nil, firstErr
	}
	return &rule{op: opDynamic, more: &more, fail: wrongType(t.name, nouns...)}, nil
}

// wrongType is the error for an interface that holds something else than nouns
// say.
func wrongType(rule string, nouns ...string) *FieldError {
	return &FieldError{Rule: rule, Code: "type", Param: nouns}
}

var errNoStruct = errors.New("there is no struct around the value, whose fields it could name; use it in the tag of a field")
