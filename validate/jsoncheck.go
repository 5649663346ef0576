package validate

import (
	"reflect"
)

// checkDecoded checks v if it is a struct, and else its elements, until there are
// more errors than limit.
func checkDecoded(v reflect.Value, limit int) error {
	if !leadsToStruct(v.Type()) {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return checkDecoded(v.Elem(), limit)
		}
	case reflect.Struct:
		return Struct(v.Addr().Interface())
	case reflect.Slice, reflect.Array:
		var errs Errors
		for i := range v.Len() {
			more, err := under(step{kind: stepIndex, index: i}, checkDecoded(v.Index(i), limit))
			if err != nil {
				return err
			}
			if errs = append(errs, more...); len(errs) > limit {
				return append(errs, tooMany(limit))
			}
		}
		return orNil(errs)
	case reflect.Map:
		var errs Errors
		elem := reflect.New(v.Type().Elem()).Elem() // those of a map have no address
		for _, key := range sortedKeys(v) {
			elem.Set(v.MapIndex(key.value))
			more, err := under(key.step, checkDecoded(elem, limit))
			if err != nil {
				return err
			}
			if errs = append(errs, more...); len(errs) > limit {
				return append(errs, tooMany(limit))
			}
		}
		return orNil(errs)
	}
	return nil
}

// leadsToStruct reports whether values of type t may hold structs with rules
// after decoding. Interfaces then hold none.
func leadsToStruct(t reflect.Type) bool {
	for range maxHops {
		switch t.Kind() {
		case reflect.Struct:
			return true
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
		default:
			return false
		}
	}
	return false // type S []S
}

// under puts first in front of the paths of err.
func under(first step, err error) (Errors, error) {
	errs, ok := err.(Errors)
	if !ok {
		return nil, err
	}
	for i, e := range errs {
		errs[i].Path = newPath(e.Path.steps([]step{first}))
	}
	return errs, nil
}

func orNil(errs Errors) error {
	if len(errs) == 0 {
		return nil
	}
	return errs
}

type mapKey struct {
	step  step
	value reflect.Value
}

// sortedKeys returns the keys of m in the order of their text.
func sortedKeys(m reflect.Value) []mapKey {
	keys := m.MapKeys()
	steps := make([]step, len(keys))
	for i, k := range keys {
		steps[i] = keyStep(k)
	}
	sorted := make([]mapKey, len(keys))
	for i, from := range order(len(keys), func(i, j int) bool { return steps[i].text < steps[j].text }) {
		sorted[i] = mapKey{steps[from], keys[from]}
	}
	return sorted
}
