package validate

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"
)

// A null says where in a struct such as sql.NullString or sql.Null the value
// is, and the boolean that says whether there is one.
type null struct{ valid, value int }

// nullOf returns where a type that is either null or a value keeps both, and
// nil for other types. Such a type is a driver.Valuer of two exported fields,
// one of them a boolean of the name Valid.
func nullOf(t reflect.Type) *null {
	if t.Kind() != reflect.Struct || t.NumField() != 2 || !t.Implements(reflect.TypeFor[driver.Valuer]()) {
		return nil
	}
	for i := range 2 {
		valid, value := t.Field(i), t.Field(1-i)
		if valid.Name == "Valid" && valid.Type.Kind() == reflect.Bool && value.IsExported() && !value.Anonymous {
			return &null{i, 1 - i}
		}
	}
	return nil
}

// A substitute is what the types that validator v10 calls Valuers are: they
// name the value to check in their place.
type substitute interface{ ValidatorValue() any }

// valued compiles a term that does not apply to t itself, as misfit says, for
// the value that t stands for if it is a driver.Valuer or a substitute.
func (f *fieldCompiler) valued(t *term, typ reflect.Type, misfit error) (*rule, error) {
	isValuer := implements[driver.Valuer](typ)
	if (typ.Kind() != reflect.Struct && typ.Kind() != reflect.Array) || !isValuer && !implements[substitute](typ) {
		return nil, misfit
	}
	inner, err := f.rule(t, reflect.TypeFor[any]())
	if err != nil {
		return nil, err
	}
	if inner.op != opDynamic {
		return nil, misfit
	}
	f.word(inner)
	where := f.where()
	return &rule{op: opUser, fail: inner.fail, user: func(ctx context.Context, v reflect.Value) verdict {
		var value any
		_, err := guard(func() (bool, error) {
			var err error
			switch s := receiver(v).(type) {
			case driver.Valuer:
				value, err = s.Value()
			case substitute:
				value = s.ValidatorValue()
			}
			return true, err
		})
		if err != nil {
			return verdict{err: fmt.Errorf("validate: the value of %s could not be had; see to what its method says: %w", where, err)}
		}
		result, _, ok := follow(reflect.ValueOf(value))
		if !ok || !result.IsValid() {
			return verdict{}
		}
		return inner.judge(ctx, result)
	}}, nil
}

// implements reports whether t or a pointer to it has the methods of I.
func implements[I any](t reflect.Type) bool {
	i := reflect.TypeFor[I]()
	return t.Kind() != reflect.Interface && (t.Implements(i) || reflect.PointerTo(t).Implements(i))
}

// receiver returns a pointer to v, which has all methods of its type. A value
// that cannot be pointed to is copied.
func receiver(v reflect.Value) any { return addressable(v).Addr().Interface() }

// addressable returns v, or a copy of it if v cannot be pointed to.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// hasText reports whether values of type t have a text that rules about
// strings can look at, as a UUID or a netip.Addr has.
func hasText(t reflect.Type) bool { return implements[fmt.Stringer](t) }

// ofText returns a rule that looks at the text of a value.
func ofText(t *term, param any, check func(string) bool) *rule {
	r := newRule(opUser, t, codeOf(t.name), param)
	r.user = func(_ context.Context, v reflect.Value) verdict {
		ok, err := guard(func() (bool, error) { return check(receiver(v).(fmt.Stringer).String()), nil })
		if err != nil {
			err = fmt.Errorf("validate: the String method of %s could not tell; see to what it says: %w", typeName(v.Type()), err)
		}
		return verdict{ok: ok, err: err}
	}
	return r
}
