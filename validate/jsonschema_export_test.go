package validate

import "reflect"

// ECMAPattern translates a pattern of package regexp.
var ECMAPattern = ecmaPattern

// ValueSchema returns the schema of a field of type V with the tag given, and
// whether it is required. It spares a table of tests a type for each line.
func ValueSchema[V any](o Options, tag string) (schema string, required bool, err error) {
	type holder struct{ V V }
	r, t := o.registry(), reflect.TypeFor[holder]()
	c := newCompiler(r, t)
	f := fieldCompiler{compiler: c, typ: t, field: t.Field(0)}
	n := f.node(f.field.Type, parseTag(tag))
	if err := c.finish(); err != nil {
		return "", false, err
	}
	s := schemaCompiler{registry: r, names: make(map[definition]string)}
	v := reflect.New(f.field.Type).Elem()
	sh := shapeCompiler{}.shape(f.field.Type)
	return string(appendSchema(nil, s.value(sh, f.field.Type, n))), !s.zeroHolds(n, v, reflect.Value{}), nil
}

// FormatSchema returns the pattern and the greatest length in the schema of a
// rule about strings, whether there is a format beside them, and whether these
// are as strict as the rule.
func FormatSchema(name string) (pattern string, most int, format, complete bool) {
	pattern, standard, most, complete := formatPattern(name)
	return pattern, most, standard != "", complete
}

// LookupText returns the predicate of a rule about strings without a parameter.
func LookupText(name string) func(string) bool {
	if check, ok := lookupFormat(name); ok {
		return check
	}
	return characters(name)
}
