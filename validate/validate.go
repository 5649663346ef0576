package validate

import (
	"context"
	"errors"
	"reflect"
	"sync"
)

// defaults serves Struct, Var and Compile.
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
func Struct(v any) error { return checkStruct(context.Background(), "Struct", v) }

// StructCtx is [Struct] with a context for the methods of a [ValidatableCtx].
func StructCtx(ctx context.Context, v any) error { return checkStruct(ctx, "StructCtx", v) }

func checkStruct(ctx context.Context, caller string, v any) error {
	s, ok := structOf(reflect.ValueOf(v))
	if !ok {
		return notStructValue(caller, reflect.ValueOf(v))
	}
	p, err := defaults.root(s.Type())
	if err != nil {
		return err
	}
	return defaults.validate(ctx, p, s, nil)
}

// Compile reads the tags of types, and of all types in them, as [Struct] would
// on meeting them. Called when a program starts, it finds there what else the
// first request would find: the error joins a [*TagError] for each mistake in
// any of the types.
//
// Each of types is a value of the type, a pointer to one, which may be nil, or
// a reflect.Type. What is no struct is a mistake too, and wraps
// [ErrNotStruct].
func Compile(types ...any) error { return defaults.compileAll(types) }

func (r *registry) compileAll(types []any) error {
	var mistakes []error
	seen := make(map[string]bool) // a type may be part of several
	for _, v := range types {
		t, ok := v.(reflect.Type)
		if !ok {
			t = reflect.TypeOf(v)
		}
		s, err := structType("Compile", t)
		if err == nil {
			_, err = r.root(s)
		}
		for _, e := range unjoin(err) {
			if text := e.Error(); !seen[text] {
				seen[text] = true
				mistakes = append(mistakes, e)
			}
		}
	}
	return errors.Join(mistakes...)
}

// unjoin returns the errors that err joins.
func unjoin(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// Var checks a value that is not in a struct against the rules of tag, as in
// Var(address, "required,email"). Rules that name fields are a mistake in it.
//
// The error is [Errors], with an empty path for v itself, or one or more joined
// [*TagError]. The tag is compiled when the first value of its type comes, and
// kept for ever: do not make tags from data. A valid value costs no allocation.
func Var[V any](v V, tag string) error {
	compiled, err := defaults.varPlan(reflect.TypeFor[V](), tag)
	if err != nil {
		return err
	}
	// The copy in the pool is addressable and need not go to the heap each
	// time.
	box, _ := compiled.boxes.Get().(*V)
	if box == nil {
		box = new(V)
	}
	defer func() {
		*box = *new(V)
		compiled.boxes.Put(box)
	}()
	*box = v
	return defaults.validate(context.Background(), &compiled.plan, reflect.ValueOf(box).Elem(), nil)
}

// A varPlan is a compiled tag for the type of a variable.
type varPlan struct {
	plan  plan
	boxes sync.Pool // of pointers to the type
}

func (r *registry) varPlan(t reflect.Type, tag string) (*varPlan, error) {
	perType, ok := r.vars.Load(t)
	if !ok {
		perType, _ = r.vars.LoadOrStore(t, new(sync.Map))
	}
	if p, ok := perType.(*sync.Map).Load(tag); ok {
		return p.(*varPlan), nil
	}
	c := newCompiler(r, nil)
	f := fieldCompiler{compiler: c, field: reflect.StructField{Name: "", Type: t}}
	n := f.node(t, parseTag(tag))
	if err := c.finish(); err != nil {
		return nil, err
	}
	kept, _ := perType.(*sync.Map).LoadOrStore(tag, &varPlan{plan: plan{typ: t, whole: n}})
	return kept.(*varPlan), nil
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
		given = "a value of type " + typeName(v.Type())
		switch value, _, ok := follow(v); {
		case !ok:
			given += " that points to itself"
		case !value.IsValid():
			given = "a nil " + typeName(v.Type())
		}
	}
	return notStruct(caller, given, "pass a struct or a non-nil pointer to one")
}
