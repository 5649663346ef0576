package ginvalidate

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/gin-gonic/gin/binding"

	"github.com/goplinth/plinth/validate"
)

// A Validator is a binding.StructValidator. It is made by [New]; the zero value
// panics.
type Validator struct {
	all     *validate.Validator[any]
	missing validate.Errors // for null
}

var _ binding.StructValidator = (*Validator)(nil)

// New returns a Validator. The options are those of package validate, but for
// one: an empty Tag is "binding". The error joins all mistakes in them.
func New(o validate.Options) (*Validator, error) {
	o.Tag = cmp.Or(o.Tag, "binding")
	all, err := validate.For[any](o)
	if err != nil {
		return nil, err
	}
	missing := validate.Errors{{Rule: "required", Code: "required", Message: "is required"}}
	if o.Messages != nil {
		missing = missing.Translate(o.Messages)
	}
	return &Validator{all, missing}, nil
}

// Compile reads the tags of types, and of all types in them, as binding a
// request would. Each is a value of the type, a pointer to one, which may be nil,
// or a reflect.Type. The error joins a [*validate.TagError] for each mistake, and
// one that wraps [validate.ErrNotStruct] for each type that is no struct.
func (v *Validator) Compile(types ...any) error { return v.all.Compile(types...) }

// ValidateStruct checks the struct that obj is or points to, or those in the
// slice or array that it is or points to. Gin calls it after binding.
//
// The error is [validate.Errors] if the request is wrong, and joins a
// [*validate.TagError] for each mistake in the tags of a type that Compile was not
// given. For anything but structs and lists of them it is nil.
//
// A valid value costs one allocation, of the interface that obj is passed on in.
func (v *Validator) ValidateStruct(obj any) error {
	value := behind(reflect.ValueOf(obj))
	switch {
	case !value.IsValid() || !leadsToStruct(value.Type()):
		return nil
	case value.Kind() == reflect.Pointer:
		return slices.Clone(v.missing) // the body was null
	}
	return v.all.Validate(&obj)
}

// Engine returns the *validate.Validator[any] that does the work, whose Partial
// checks the fields that a PATCH request brought along.
func (v *Validator) Engine() any { return v.all }

// maxHops is the longest chain of pointers and lists that is followed, as in
// package validate. Only a type that contains nothing but itself has a longer one.
const maxHops = 64

// behind returns the value that the pointers and interfaces in v lead to, or the
// last pointer or interface if that is nil.
func behind(v reflect.Value) reflect.Value {
	for range maxHops {
		if k := v.Kind(); k != reflect.Pointer && k != reflect.Interface || v.IsNil() {
			return v
		}
		v = v.Elem()
	}
	return v
}

// leadsToStruct reports whether t is a struct, or a pointer to one, or a list of
// either.
func leadsToStruct(t reflect.Type) bool {
	for range maxHops {
		switch t.Kind() {
		case reflect.Struct:
			return true
		case reflect.Pointer, reflect.Slice, reflect.Array:
			t = t.Elem()
		default:
			return false
		}
	}
	return false
}
