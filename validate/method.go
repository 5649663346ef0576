package validate

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// A Validatable checks what tags cannot say, such as a rule about two fields
// at once.
//
// Validate is called on each nested value, a field, an element or a value of a
// map, whose type or a pointer to it has the method, once its tags hold. It is
// never called on a nil pointer, nor on the outermost value, whose own method
// may so be what called this package. An embedded struct counts as part of the
// struct around it if that has the method too.
//
// [Errors] and a [FieldError] in the error are reported under the path of the
// value; another error is one with the code "invalid" and its text as message.
// A panic ends the validation with an error that wraps a [*PanicError].
// Validate may be called twice on an invalid value. It must not keep the
// pointer that it is called on: what a map holds is copied to one place.
type Validatable interface {
	Validate() error
}

// A ValidatableCtx is a [Validatable] that needs a context, or that costs time.
// ValidateCtx is called in the stage of rules with a context: only if all else
// holds, and once. It gets the context of [StructCtx] or
// [Validator.ValidateCtx], or context.Background.
type ValidatableCtx interface {
	ValidateCtx(ctx context.Context) error
}

// methods says which of the two a type has, or a pointer to it.
type methods uint8

const (
	hasValidate methods = 1 << iota
	hasValidateCtx
)

func methodsOf(t reflect.Type) (m methods) {
	// A type without a name and without fields has no methods.
	if t.Kind() != reflect.Struct && t.PkgPath() == "" {
		return 0
	}
	if implements[Validatable](t) {
		m |= hasValidate
	}
	if implements[ValidatableCtx](t) {
		m |= hasValidateCtx
	}
	return m
}

// ask calls the methods of v. It returns false to end the walk.
func (w *walker) ask(p *plan, v reflect.Value) bool {
	if !v.CanInterface() {
		return true // an embedded struct whose type is not exported
	}
	name := "Validate"
	var err error
	if w.ctx == nil {
		if p.methods&hasValidateCtx != 0 {
			w.later = true
		}
		if p.methods&hasValidate == 0 {
			return true
		}
		_, err = guard(func() (bool, error) { return true, receiver(v).(Validatable).Validate() })
	} else {
		if p.methods&hasValidateCtx == 0 {
			return true
		}
		if err := context.Cause(w.ctx); err != nil {
			w.fault = fmt.Errorf("validate: the context ended before all rules were asked: %w", err)
			return false
		}
		name = "ValidateCtx"
		ctx := w.ctx
		_, err = guard(func() (bool, error) { return true, receiver(v).(ValidatableCtx).ValidateCtx(ctx) })
	}
	if err == nil {
		return true
	}
	return w.adopt(err, typeName(p.typ)+"."+name)
}

// adopt reports the error of a method at the current path.
func (w *walker) adopt(err error, method string) bool {
	_, isPanic := errors.AsType[*PanicError](err)
	_, isTag := errors.AsType[*TagError](err)
	if isPanic || isTag {
		w.fault = fmt.Errorf("validate: %s could not tell; see to what it says: %w", method, err)
		return false
	}
	var list Errors
	known, ok := errors.AsType[lister](err)
	switch {
	case ok:
		list = known.list()
	case w.c == nil:
		return false
	default:
		list = Errors{{Code: "invalid", Message: err.Error()}}
	}
	for i := range list {
		if w.c == nil || !w.c.add(&list[i], list[i].Path) {
			return false
		}
	}
	return true
}

// A lister is one of the errors of this package that are about data.
type lister interface {
	error
	list() Errors
}

func (e Errors) list() Errors     { return e }
func (e FieldError) list() Errors { return Errors{e} }
