package validate

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
)

// structure decodes an object into a struct.
func (d *jsonDecoder) structure(sh *shape, v reflect.Value) bool {
	if !d.enter() {
		return false
	}
	var seen fieldSet
	guess := 0
	for n := 0; d.next('}', n); n++ {
		name, ok := d.name()
		if !ok {
			return false
		}
		if name == nil {
			continue
		}
		i := sh.fields.find(name, guess)
		if i < 0 {
			if !d.unknown(sh, name) {
				return false
			}
			continue
		}
		guess = i + 1
		f := &sh.fields.list[i]
		d.push(jsonStep{kind: stepField, name: f.name})
		switch {
		case !seen.add(i):
			ok = d.refuse(duplicateName) && d.skip()
		case f.lost:
			ok = d.refuse(misfitOf(nothing, kindAny)) && d.skip()
		case f.quoted:
			ok = d.quotedValue(f.shape, f.in(v))
		default:
			ok = d.value(f.shape, f.in(v))
		}
		if !ok {
			return false
		}
		d.pop()
	}
	return d.leave('}')
}

// A fieldSet is a set of the fields of a struct.
type fieldSet struct {
	first uint64
	more  map[int]struct{} // beyond the first 64
}

// add adds the field with the index i, and reports whether it is new.
func (s *fieldSet) add(i int) bool {
	if i < 64 {
		before := s.first
		s.first |= 1 << i
		return s.first != before
	}
	if s.more == nil {
		s.more = make(map[int]struct{})
	}
	size := len(s.more)
	s.more[i] = struct{}{}
	return len(s.more) > size
}

// unknown reads the value of a member that has no field.
func (d *jsonDecoder) unknown(sh *shape, name []byte) bool {
	kind := stepKey // which is quoted in a path
	if len(name) <= maxKey && isIdentifier(string(name)) {
		kind = stepField
	}
	d.push(jsonStep{kind: kind, name: name})
	if !d.limits.unknown && !d.fail(unknownField(sh.fields, name)) {
		return false
	}
	if !d.skip() {
		return false
	}
	d.pop()
	return true
}

// mapping decodes an object into a map.
func (d *jsonDecoder) mapping(sh *shape, v reflect.Value) bool {
	if !d.enter() {
		return false
	}
	t := v.Type()
	v.Set(reflect.MakeMap(t))
	key, elem := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
	for n := 0; d.next('}', n); n++ {
		name, ok := d.name()
		if !ok {
			return false
		}
		if name == nil {
			continue
		}
		key.SetZero()
		elem.SetZero()
		kind := stepKey
		isKey := d.key(sh, key, name)
		if isKey && (sh.keys == keyInt || sh.keys == keyUint) {
			kind = stepNumber // what is no number is quoted in a path
		}
		d.push(jsonStep{kind: kind, name: name})
		if isKey {
			size := v.Len()
			ok = d.value(sh.elem, elem)
			v.SetMapIndex(key, elem)
			if v.Len() == size {
				ok = ok && d.refuse(duplicateName)
			}
		} else {
			ok = d.fault == nil && d.refuse(badKey(sh.keys)) && d.skip()
		}
		if !ok {
			return false
		}
		d.pop()
	}
	return d.leave('}')
}

// key decodes the name of a member into a key of a map.
func (d *jsonDecoder) key(sh *shape, key reflect.Value, name []byte) bool {
	switch sh.keys {
	case keyInt:
		n, err := strconv.ParseInt(string(name), 10, sh.bits)
		key.SetInt(n)
		return err == nil
	case keyUint:
		n, err := strconv.ParseUint(string(name), 10, sh.bits)
		key.SetUint(n)
		return err == nil
	case keyText:
		return d.try(func() error { return key.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(name) }) && key.Comparable()
	case keyCustom:
		return d.try(func() error {
			literal, _ := json.Marshal(string(name)) // strings have no errors
			return key.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(literal)
		}) && key.Comparable()
	}
	key.SetString(string(name))
	return true
}
