package validate

import (
	"context"
	"reflect"
)

// IsEmail is the scanner alone, for tests of addresses by the thousand.
var IsEmail = isEmail

// CheckTag compiles tag for the type of v, as for a field of that type, and
// validates v with it. It spares fuzzing a new struct type for each tag: reflect
// never frees those.
func CheckTag[V any](v V, tag string) (valid error, compile error) {
	return CheckTagWith(Options{}, v, tag)
}

// CheckTagWith is CheckTag with options.
func CheckTagWith[V any](o Options, v V, tag string) (valid error, compile error) {
	r := o.registry()
	type holder struct{ V V }
	t := reflect.TypeFor[holder]()
	c := newCompiler(r, t)
	f := fieldCompiler{compiler: c, typ: t, field: t.Field(0)}
	n := f.node(f.field.Type, parseTag(tag))
	if err := c.finish(); err != nil {
		return nil, err
	}
	p := &plan{typ: t, fields: []field{{index: 0, step: step{kind: stepField, text: "v"}, node: *n}}, related: f.related}
	return r.validate(context.Background(), p, reflect.ValueOf(&holder{v}).Elem(), nil), nil
}

// Condition reports whether a field that holds v has the value that word stands
// for in required_if and its like.
func Condition[V any](v V, word string) (bool, error) {
	test, err := equalTo(word, reflect.TypeFor[V]())
	if err != nil {
		return false, err
	}
	found, _ := fieldPath(nil).find(reflect.ValueOf(&v).Elem())
	return test(found), nil
}

var Order = order
