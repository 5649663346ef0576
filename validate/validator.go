package validate

import (
	"errors"
	"reflect"
)

// A Validator checks values of type T. It is made by [For] and does not
// change; the zero value panics. It may be copied, and used from any number of
// goroutines.
type Validator[T any] struct {
	registry *registry
	plan     *plan
}

// For returns a Validator for T, which is a struct or a pointer to one.
//
// The error joins all mistakes: a [*TagError] for each in the tags of T and of
// the types in it, each in the options, and one that wraps [ErrNotStruct] if T
// is not a struct.
func For[T any](o Options) (*Validator[T], error) {
	r := o.registry()
	c := newCompiler(r)
	p := c.root("For", reflect.TypeFor[T]())
	if err := errors.Join(o.check(), c.finish()); err != nil {
		return nil, err
	}
	return &Validator[T]{r, p}, nil
}

// Validate checks v against the rules in its tags. The error is [Errors] if
// the value is wrong, one or more joined [*TagError] if the tags of a type
// found in an interface are, and wraps [ErrNotStruct] if v is nil or leads to
// a nil pointer.
func (val *Validator[T]) Validate(v *T) error {
	val.mustBeMade()
	s, ok := structOf(reflect.ValueOf(v))
	if !ok {
		return notStructValue("Validate", reflect.ValueOf(v))
	}
	return val.registry.validate(val.plan, s)
}

// Valid reports whether Validate would return nil. It stops at the first error
// and builds no message, so that an invalid value costs no allocation either.
func (val *Validator[T]) Valid(v *T) bool {
	val.mustBeMade()
	s, ok := structOf(reflect.ValueOf(v))
	return ok && val.registry.valid(val.plan, s)
}

func (val *Validator[T]) mustBeMade() {
	if val == nil || val.plan == nil {
		panic("validate: the Validator was not made by For")
	}
}
