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
	schema   *schema[T] // or this, for typed rules
}

// For returns a Validator for T, which is a struct or a pointer to one.
//
// The error joins all mistakes: a [*TagError] for each in the tags of T and of
// the types in it, each in the options, and one that wraps [ErrNotStruct] if T
// is not a struct.
func For[T any](o Options) (*Validator[T], error) {
	r := o.registry()
	var p *plan
	s, err := structType("For", reflect.TypeFor[T]())
	if err == nil {
		p, err = r.root(s)
	}
	if err := errors.Join(o.check(), err); err != nil {
		return nil, err
	}
	return &Validator[T]{registry: r, plan: p}, nil
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
	if val.schema != nil {
		return val.schema.validate(v)
	}
	s, ok := structOf(reflect.ValueOf(v))
	if !ok {
		return notStructValue("Validate", reflect.ValueOf(v))
	}
	return val.registry.validate(ctx, val.plan, s, nil)
}

// Valid reports whether Validate would return nil. It stops at the first error
// and builds no message, so that an invalid value costs no allocation either.
func (val *Validator[T]) Valid(v *T) bool {
	val.mustBeMade()
	if val.schema != nil {
		return v != nil && val.schema.fields(v, nil)
	}
	s, ok := structOf(reflect.ValueOf(v))
	return ok && val.registry.valid(val.plan, s)
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

// isNil reports whether v leads to no struct.
func (val *Validator[T]) isNil(v *T) bool {
	_, ok := structOf(reflect.ValueOf(v))
	return val.plan != nil && !ok
}

// collect checks v with c, or without if it is nil. It returns false to end
// the walk.
func (val *Validator[T]) collect(v *T, c *collector) bool {
	val.mustBeMade()
	if val.schema != nil {
		return val.schema.fields(v, c)
	}
	s, ok := structOf(reflect.ValueOf(v))
	switch {
	case !ok:
		return true // a nil pointer
	case c == nil:
		return val.registry.valid(val.plan, s)
	}
	w := walker{registry: val.registry, top: s}
	if ok = w.inside(val.plan, s); ok && !w.later {
		return true
	}
	return val.registry.collect(context.Background(), ok, val.plan, s, nil, w.from, c)
}

func (val *Validator[T]) mustBeMade() {
	if val == nil || val.plan == nil && val.schema == nil {
		panic("validate: the Validator was not made by For or Schema")
	}
}
