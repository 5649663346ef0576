package validate

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/maphash"
	"math"
	"reflect"
	"strings"
	"sync"
)

// unique compiles unique and unique=Field for the list type typ.
func (f *fieldCompiler) unique(t *term, typ reflect.Type) (*rule, error) {
	r := newRule(opUser, t, "unique", nil)
	key := base(typ.Elem())
	var path fieldPath
	if t.hasParam {
		var err error
		if path, key, r.fail.Param, err = f.other(key, t.param); err != nil {
			return nil, err
		}
		key = base(key)
	}
	if key == nil || !key.Comparable() {
		return nil, wrongf("values of type %s cannot be compared; write unique=Field to compare a field of theirs", typeName(typ.Elem()))
	}
	misfit := wrongType(t.name, "plain list")
	f.wordError(misfit)
	pool := &sync.Pool{New: func() any { return &keySet{seed: maphash.MakeSeed()} }}
	r.user = func(_ context.Context, v reflect.Value) verdict {
		keys := pool.Get().(*keySet)
		unique, ok := keys.areUnique(v, path)
		keys.release()
		pool.Put(keys)
		if !ok {
			return verdict{fail: misfit}
		}
		return verdict{ok: unique}
	}
	return r, nil
}

// A keySet is a hash table of comparable values. Unlike a map it allocates no
// interface for each; and as in a map, nobody can choose values that fall into one
// place of it without the seed.
type keySet struct {
	seed  maphash.Seed
	list  []reflect.Value
	slots []slot // by hash, the next free one if that is taken; a power of two, at most half of it in use

	entries reflect.MapIter
	boxes   []reflect.Value // addressable, for the values of a map, which reflect would allocate
}

// A slot refers to the value before index in the list. Index 0 is none.
type slot struct{ hash, index uint32 }

// areUnique reports whether what path leads to differs among the elements of list.
// It is not ok if something there cannot be compared.
func (s *keySet) areUnique(list reflect.Value, path fieldPath) (unique, ok bool) {
	n := list.Len()
	size := 8
	for size < 2*n {
		size *= 2
	}
	if size > len(s.slots) {
		s.slots = make([]slot, size)
	}
	slots := s.slots[:size]
	clear(slots)
	if list.Kind() != reflect.Map {
		for i := range n {
			if unique, ok = s.add(slots, list.Index(i), path); !unique {
				return unique, ok
			}
		}
		return true, true
	}
	s.entries.Reset(list)
	for i := 0; s.entries.Next(); i++ {
		if i == len(s.boxes) || s.boxes[i].Type() != list.Type().Elem() {
			s.boxes = append(s.boxes[:i], reflect.New(list.Type().Elem()).Elem())
		}
		s.boxes[i].SetIterValue(&s.entries)
		if unique, ok = s.add(slots, s.boxes[i], path); !unique {
			return unique, ok
		}
	}
	return true, true
}

// release makes s, which is to wait in a pool, hold on to nothing.
func (s *keySet) release() {
	for i := range min(len(s.list)+1, len(s.boxes)) {
		s.boxes[i].SetZero()
	}
	s.entries.Reset(reflect.Value{})
	clear(s.list)
	s.list = s.list[:0]
}

// add adds what path leads to in an element. It is not unique if it is there
// already, nor if it is not ok.
func (s *keySet) add(slots []slot, element reflect.Value, path fieldPath) (unique, ok bool) {
	v, ok := path.find(element)
	if !ok || !isComparable(v) {
		return false, false
	}
	s.list = append(s.list, v)
	hash := s.hash(v)
	for i := int(hash>>32) & (len(slots) - 1); ; i = (i + 1) & (len(slots) - 1) {
		switch at := &slots[i]; {
		case at.index == 0:
			*at = slot{uint32(hash), uint32(len(s.list))}
			return true, true
		case at.hash == uint32(hash) && equalKeys(s.list[at.index-1], v):
			return false, true
		}
	}
}

// hash returns a number that is the same for equal keys.
func (s *keySet) hash(v reflect.Value) (h uint64) {
	switch v.Kind() {
	case reflect.Invalid:
		return 0
	case reflect.String:
		return maphash.String(s.seed, v.String())
	case reflect.Interface:
		return s.hash(v.Elem())
	case reflect.Struct:
		for i := v.NumField() - 1; i >= 0; i-- { // v.Fields allocates
			h = s.mix(h ^ s.hash(v.Field(i)))
		}
		return h
	case reflect.Array:
		for i := range v.Len() {
			h = s.mix(h ^ s.hash(v.Index(i)))
		}
		return h
	case reflect.Bool:
		if v.Bool() {
			h = 1
		}
		return s.mix(h)
	}
	switch {
	case v.CanInt():
		return s.mix(uint64(v.Int()))
	case v.CanUint():
		return s.mix(v.Uint())
	case v.CanFloat():
		return s.float(v.Float())
	case v.CanComplex():
		return s.mix(s.float(real(v.Complex())) ^ s.mix(s.float(imag(v.Complex()))))
	}
	return s.mix(uint64(v.Pointer())) // a pointer inside a struct, or a channel
}

// float returns the hash of a float. The zeros are equal, and so are all NaNs.
func (s *keySet) float(x float64) uint64 {
	switch {
	case x == 0:
		return 0
	case math.IsNaN(x):
		return 1
	}
	return s.mix(math.Float64bits(x))
}

func (s *keySet) mix(x uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], x)
	return maphash.Bytes(s.seed, b[:])
}

// isComparable reports whether v is nil or comparable, as reflect.Value.Comparable
// does, which allocates.
func isComparable(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Func:
		return false
	case reflect.Interface:
		return isComparable(v.Elem())
	case reflect.Struct:
		for i := v.NumField() - 1; i >= 0; i-- {
			if !isComparable(v.Field(i)) {
				return false
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			if !isComparable(v.Index(i)) {
				return false
			}
		}
	}
	return true
}

// equalKeys compares comparable values: all nils, and all NaNs, count as one.
func equalKeys(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	if a.Type() != b.Type() {
		return false
	}
	if order, ok := compareScalars(a, b); ok {
		return order == 0
	}
	switch a.Kind() {
	case reflect.Interface:
		return equalKeys(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if !equalKeys(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Array:
		for i := range a.Len() {
			if !equalKeys(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Complex64, reflect.Complex128:
		x, y := a.Complex(), b.Complex()
		return cmp.Compare(real(x), real(y)) == 0 && cmp.Compare(imag(x), imag(y)) == 0
	}
	return a.Pointer() == b.Pointer() // inside a struct, or of channels
}

// compareScalars compares two strings, integers, floating-point numbers or
// booleans. NaN is below every other number. It is not ok for other values.
func compareScalars(a, b reflect.Value) (order int, ok bool) {
	switch {
	case a.Kind() == reflect.String && b.Kind() == reflect.String:
		return strings.Compare(a.String(), b.String()), true
	case a.CanInt() && b.CanInt():
		return cmp.Compare(a.Int(), b.Int()), true
	case a.CanUint() && b.CanUint():
		return cmp.Compare(a.Uint(), b.Uint()), true
	case a.CanFloat() && b.CanFloat():
		return cmp.Compare(a.Float(), b.Float()), true
	case a.Kind() == reflect.Bool && b.Kind() == reflect.Bool:
		return compareBools(a.Bool(), b.Bool()), true
	}
	return 0, false
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
