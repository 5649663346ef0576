package validate

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// unique compiles unique and unique=Field for the list type typ.
//
// Elements are sorted and then compared with their neighbours. A hash table of
// them would allocate an interface for each, and a sender could choose elements
// that fall into one bucket of a table without a seed.
func (f *fieldCompiler) unique(t term, typ reflect.Type) (rule, error) {
	r := rule{op: opUser, fail: &FieldError{Rule: t.name, Code: "unique"}}
	key := base(typ.Elem())
	var path fieldPath
	if t.hasParam {
		var err error
		if path, key, r.fail.Param, err = f.other(key, t.param); err != nil {
			return rule{}, err
		}
		key = base(key)
	}
	if key == nil || !key.Comparable() {
		return rule{}, fmt.Errorf("values of type %s cannot be compared; write unique=Field to compare a field of theirs", typeName(typ.Elem()))
	}
	misfit := wrongType(t.name, "plain list")
	f.wordError(misfit)
	pool := &sync.Pool{New: func() any { return new([]reflect.Value) }}
	r.user = func(_ context.Context, v reflect.Value) verdict {
		keys := pool.Get().(*[]reflect.Value)
		defer func() {
			clear(*keys) // what waits in the pool holds on to nothing
			*keys = (*keys)[:0]
			pool.Put(keys)
		}()
		if !appendKeys(keys, v, path) {
			return verdict{fail: misfit}
		}
		slices.SortFunc(*keys, compareKeys)
		for i := 1; i < len(*keys); i++ {
			if compareKeys((*keys)[i-1], (*keys)[i]) == 0 {
				return verdict{}
			}
		}
		return verdict{ok: true}
	}
	return r, nil
}

// appendKeys appends what is to be unique among the elements of list. It
// reports false if something in it cannot be compared.
func appendKeys(keys *[]reflect.Value, list reflect.Value, path fieldPath) bool {
	add := func(v reflect.Value) bool {
		v, ok := path.find(v)
		*keys = append(*keys, v)
		return ok && (!v.IsValid() || v.Comparable())
	}
	if list.Kind() != reflect.Map {
		for i := range list.Len() {
			if !add(list.Index(i)) {
				return false
			}
		}
		return true
	}
	for entries := list.MapRange(); entries.Next(); {
		if !add(entries.Value()) {
			return false
		}
	}
	return true
}

// compareKeys puts comparable values into some order, in which only equal ones
// are equal: all nils, and all NaNs, count as one.
func compareKeys(a, b reflect.Value) int {
	if !a.IsValid() || !b.IsValid() {
		return compareBools(a.IsValid(), b.IsValid())
	}
	if a.Type() != b.Type() {
		return cmp.Compare(reflect.ValueOf(a.Type()).Pointer(), reflect.ValueOf(b.Type()).Pointer())
	}
	switch {
	case a.Kind() == reflect.String:
		return strings.Compare(a.String(), b.String())
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.CanComplex():
		return cmp.Or(cmp.Compare(real(a.Complex()), real(b.Complex())), cmp.Compare(imag(a.Complex()), imag(b.Complex())))
	}
	switch a.Kind() {
	case reflect.Bool:
		return compareBools(a.Bool(), b.Bool())
	case reflect.Interface:
		return compareKeys(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if c := compareKeys(a.Field(i), b.Field(i)); c != 0 {
				return c
			}
		}
		return 0
	case reflect.Array:
		for i := range a.Len() {
			if c := compareKeys(a.Index(i), b.Index(i)); c != 0 {
				return c
			}
		}
		return 0
	default: // pointers inside a struct, channels
		return cmp.Compare(a.Pointer(), b.Pointer())
	}
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
