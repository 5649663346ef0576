package validate

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Partial is [Validator.Validate] for the fields named, and all in them: those
// that a PATCH request brought along. A field is named with the names on the
// wire or with Go names, as in "address.city"; in a list, it is that field of
// every element. The rules of address itself are not checked then, nor is a
// Validate method of it.
//
// A name that is not that of a field is an error that wraps [ErrNoField],
// whatever the value. With no names there is nothing to check. The names cost
// a few allocations, the value none.
func (val *Validator[T]) Partial(v *T, fields ...string) error {
	val.mustBeMade()
	if val.schema != nil {
		return val.schema.partial(v, fields)
	}
	s, ok := structOf(reflect.ValueOf(v))
	typ := val.plan.typ
	if ok {
		typ = s.Type() // which T does not say if it is an interface
	}
	m, err := val.registry.maskOf(typ, fields)
	if err != nil {
		return err
	}
	if !ok {
		return notStructValue("Partial", reflect.ValueOf(v))
	}
	return val.registry.validate(context.Background(), val.plan, s, m)
}

// A mask says which fields of a struct to check. Nil stands for all.
type mask struct {
	fields map[int]*mask // by index; a nil mask stands for all inside
}

// at returns the mask for the inside of a field, and whether to look at it.
func (m *mask) at(index int) (inside *mask, ok bool) {
	inside, ok = m.fields[index]
	return inside, ok
}

// maskOf returns the mask for the fields of t with the names given.
func (r *registry) maskOf(t reflect.Type, names []string) (*mask, error) {
	m := &mask{make(map[int]*mask)}
	var mistakes []error
	for _, name := range names {
		path, err := r.findField(t, name)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("validate: Partial was given %.100q: %w", name, err))
			continue
		}
		m.add(path)
	}
	return m, errors.Join(mistakes...)
}

// add includes the field at the end of path.
func (m *mask) add(path fieldPath) {
	for i, index := range path {
		inside, ok := m.fields[index]
		switch {
		case ok && inside == nil: // all of it is included
			return
		case i == len(path)-1:
			m.fields[index] = nil
			return
		case !ok:
			inside = &mask{make(map[int]*mask)}
			m.fields[index] = inside
		}
		m = inside
	}
}

// findField returns the way to the field of that name, in which each part may
// be a name on the wire or a Go name.
func (r *registry) findField(t reflect.Type, name string) (fieldPath, error) {
	var path fieldPath
	for part := range strings.SplitSeq(name, ".") {
		t = element(t)
		if t == nil || t.Kind() != reflect.Struct {
			return nil, fmt.Errorf("%.100s is not in a struct; name what holds it: %w", part, ErrNoField)
		}
		f, ok := r.fieldNamed(t, part)
		if !ok {
			return nil, fmt.Errorf("%s has no field %.100s; write its name on the wire or its Go name: %w", typeName(t), part, ErrNoField)
		}
		path = append(path, f.Index...)
		t = f.Type
	}
	return path, nil
}

// element returns the type behind pointers and lists.
func element(t reflect.Type) reflect.Type {
	for range maxHops {
		if t = base(t); t == nil || classOfType(t) != classList {
			return t
		}
		t = t.Elem()
	}
	return nil
}

// fieldNamed finds a field of t, also one that an embedded struct brings. Names
// on the wire come first.
func (r *registry) fieldNamed(t reflect.Type, name string) (found reflect.StructField, ok bool) {
	for _, f := range reflect.VisibleFields(t) {
		wire, named := r.wireName(&f)
		switch {
		case !f.IsExported():
		case named && wire == name && f.Tag.Get(r.nameTag) != "-":
			return f, true
		case f.Name == name:
			found, ok = f, true
		}
	}
	return found, ok
}
