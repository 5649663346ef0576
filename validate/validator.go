package validate

import (
	"context"
	"errors"
	"reflect"
)

// A Validator checks values of type T. It is made by [For] or [Schema] and
// does not change; the zero value panics. It may be copied, and used from any
// number of goroutines.
type Validator[T any] struct {
	registry *registry
	plan     *plan      // for the tags of T
	direct   bool       // a *T is the address of a struct for plan, which is bare
	schema   *schema[T] // in place of plan, for typed rules
}

// For returns a Validator for T, which is a struct or a pointer to one.
//
// T may also be an interface type, such as any. The Validator then takes every
// struct that comes in one, and slices and arrays of structs at any depth; their
// elements are checked as [Validator.Slice] does. The tags of a type are read
// when its first value comes, or by [Validator.Compile]. It is what a framework
// wants, which knows no types; a call costs a look-up more than one for a struct.
//
// The error joins all mistakes: a [*TagError] for each in the tags of T and of
// the types in it, each in the options, and one that wraps [ErrNotStruct] if T
// is not a struct.
func For[T any](o Options) (*Validator[T], error) {
	r := o.registry()
	p, err := r.planFor(reflect.TypeFor[T]())
	if err := errors.Join(o.check(), err); err != nil {
		return nil, err
	}
	return &Validator[T]{registry: r, plan: p, direct: p.bare && p.typ == reflect.TypeFor[T]()}, nil
}

// Compile is the function [Compile] with the tags and options of val. It finds
// the mistakes in types that val will meet behind interfaces before the first
// request does.
func (val *Validator[T]) Compile(types ...any) error {
	val.mustBeMade()
	return val.registry.compileAll(types)
}

// Validate checks v against its rules. The error is [Errors] if
// the value is wrong, one or more joined [*TagError] if the tags of a type
// found in an interface are, and wraps [ErrNotStruct] if v is nil or leads to
// a nil pointer.
func (val *Validator[T]) Validate(v *T) error { return val.ValidateCtx(context.Background(), v) }

// ValidateCtx is [Validator.Validate] with a context for the rules made by
// [TagCtx] and the methods of a [ValidatableCtx].
func (val *Validator[T]) ValidateCtx(ctx context.Context, v *T) error {
	val.mustBeMade()
	switch {
	case val.schema != nil:
		return val.schema.validate(v)
	case val.direct && v != nil:
		return val.plan.checkBare(addressOf(v))
	}
	if s, ok := structOf(reflect.ValueOf(v)); ok {
		return val.registry.validate(ctx, val.plan, s, nil)
	}
	if list, ok := val.listIn(v); ok {
		return val.registry.validateList(ctx, val.plan, list)
	}
	return notStructValue("Validate", reflect.ValueOf(v))
}

// Valid reports whether Validate would return nil. It stops at the first error
// and builds no message, so that an invalid value costs no allocation either,
// unless it is a list in an interface.
func (val *Validator[T]) Valid(v *T) bool {
	val.mustBeMade()
	switch {
	case val.schema != nil:
		return v != nil && val.schema.fields(v, nil)
	case val.direct && v != nil:
		return val.plan.firstWrong(addressOf(v)) < 0
	}
	if s, ok := structOf(reflect.ValueOf(v)); ok {
		return val.registry.valid(val.plan, s)
	}
	list, ok := val.listIn(v)
	return ok && val.registry.validateList(context.Background(), val.plan, list) == nil
}

// Slice checks each element of s on its own. The paths of errors begin with its
// index: "[3].qty", or "/3/qty". A nil pointer among the elements is an error
// with the code "required".
func (val *Validator[T]) Slice(s []T) error {
	val.mustBeMade()
	for i := range s {
		if !val.Valid(&s[i]) {
			return val.explain(s, i)
		}
	}
	return nil
}

// explain collects the errors of the elements from first on.
func (val *Validator[T]) explain(s []T, first int) error {
	c := val.registry.newCollector()
	for i := first; i < len(s); i++ {
		c.path = append(c.path[:0], step{kind: stepIndex, index: i})
		if val.isNil(&s[i]) {
			e := FieldError{Rule: "required", Code: "required"}
			e.Message = c.messageOf(&e)
			c.add(&e, Path{})
		} else if !val.collect(&s[i], c) {
			break
		}
	}
	return c.err()
}

// isNil reports whether v leads to nil, where a struct may be.
func (val *Validator[T]) isNil(v *T) bool {
	value, _, ok := follow(reflect.ValueOf(v))
	return val.plan != nil && ok && !value.IsValid()
}

// collect checks v with c, or without if it is nil. It returns false to end
// the walk.
func (val *Validator[T]) collect(v *T, c *collector) bool {
	val.mustBeMade()
	switch {
	case val.schema != nil:
		return val.schema.fields(v, c)
	case val.isNil(v):
		return true
	case c == nil:
		return val.Valid(v)
	}
	return val.registry.element(context.Background(), val.plan, reflect.ValueOf(v), c, 0)
}

func (val *Validator[T]) mustBeMade() {
	if val == nil || val.plan == nil && val.schema == nil {
		panic("validate: the Validator was not made by For or Schema")
	}
}
