package validate

import "reflect"

// IsEmail is the scanner alone, for tests of addresses by the thousand.
var IsEmail = isEmail

// CheckTag compiles tag for the type of v, as for a field of that type, and
// validates v with it. It spares fuzzing a new struct type for each tag: reflect
// never frees those.
func CheckTag[V any](v V, tag string) (valid error, compile error) {
	r := &registry{tag: "validate", nameTag: "json", maxDepth: 64, maxErrors: 100}
	type holder struct{ V V }
	f := reflect.TypeFor[holder]().Field(0)
	c := newCompiler(r)
	fc := fieldCompiler{c, reflect.TypeFor[holder](), f}
	n := fc.node(f.Type, parseTag(tag))
	if err := c.finish(); err != nil {
		return nil, err
	}
	p := &plan{fields: []field{{index: 0, name: "v", node: n}}}
	return r.validate(p, reflect.ValueOf(holder{v})), nil
}
