package validate

import "reflect"

// defaults serves Struct and Compile.
var defaults = (&Options{}).registry()

// Struct checks v against the rules in its tags, with default [Options]. It is
// to be a struct or a pointer to one; pass a pointer, since putting a struct
// into an interface copies it.
//
// The error is [Errors] if the value is wrong, one or more joined [*TagError]
// if the tags of its type are, and wraps [ErrNotStruct] if v is nil, a nil
// pointer or not a struct.
//
// The tags of a type are compiled when its first value comes, and kept. After
// that, the call costs a look-up more than [Validator.Validate].
func Struct(v any) error {
	s, ok := structOf(reflect.ValueOf(v))
	if !ok {
		return notStructValue("Struct", reflect.ValueOf(v))
	}
	p, err := defaults.plan(s.Type())
	if err != nil {
		return err
	}
	return defaults.validate(p, s)
}

// Compile reads the tags of types, and of all types in them, as [Struct] would
// on meeting them. Called when a program starts, it finds there what else the
// first request would find: the error joins a [*TagError] for each mistake in
// any of the types.
//
// Each of types is a value of the type, a pointer to one, which may be nil, or
// a reflect.Type. What is no struct is a mistake too, and wraps
// [ErrNotStruct].
func Compile(types ...any) error {
	c := newCompiler(defaults)
	for _, v := range types {
		t, ok := v.(reflect.Type)
		if !ok {
			t = reflect.TypeOf(v)
		}
		c.root("Compile", t)
	}
	return c.finish()
}

// structOf returns the struct that v is or leads to.
func structOf(v reflect.Value) (s reflect.Value, ok bool) {
	s, _, ok = follow(v)
	return s, ok && s.Kind() == reflect.Struct
}

// notStructValue says what the caller was given in place of a struct.
func notStructValue(caller string, v reflect.Value) error {
	given := "nil"
	if v.IsValid() {
		given = "a value of type " + v.Type().String()
		switch value, _, ok := follow(v); {
		case !ok:
			given += " that points to itself"
		case !value.IsValid():
			given = "a nil " + v.Type().String()
		}
	}
	return notStruct(caller, given, "pass a struct or a non-nil pointer to one")
}
