package validate

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"

	"github.com/goplinth/plinth/internal/panics"
)

// value decodes a value into v, which is zero.
func (d *jsonDecoder) value(sh *shape, v reflect.Value) bool {
	d.space()
	kind := d.peek()
	switch {
	case kind == 0:
		return d.syntax("a value is missing")
	case sh.takes&kind == 0:
		return d.refuse(misfitOf(sh, kind)) && d.skip()
	case kind == kindNull && (sh.form != formCustom || v.Kind() == reflect.Pointer):
		return d.literal()
	}
	for v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch sh.form {
	case formBool:
		v.SetBool(d.data[d.pos] == 't')
		return d.literal()
	case formInt, formUint, formFloat:
		return d.number(sh, v)
	case formStruct:
		return d.structure(sh, v)
	case formList:
		return d.list(sh, v)
	case formMap:
		return d.mapping(sh, v)
	case formAny:
		x, ok := d.free(true)
		if ok && x != nil {
			v.Set(reflect.ValueOf(x))
		}
		return ok
	case formCustom:
		from := d.pos
		return d.skip() && d.call(sh, v, d.data[from:d.pos])
	case formNumber:
		if kind == kindNumber {
			from := d.pos
			_, ok := d.digits()
			v.SetString(string(d.data[from:d.pos]))
			return ok
		}
	case formBytes:
		if kind == kindList {
			return d.list(sh, v)
		}
	}
	return d.text(sh, v)
}

// text decodes a string.
func (d *jsonDecoder) text(sh *shape, v reflect.Value) bool {
	text, broken, ok := d.quoted()
	switch {
	case !ok:
		return false
	case broken:
		return d.refuse(brokenText)
	}
	switch sh.form {
	case formString:
		v.SetString(string(text))
	case formText:
		if !d.try(func() error { return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text) }) {
			return d.fault == nil && d.refuse(malformed(sh))
		}
	case formNumber:
		if !isJSONNumber(text) {
			return d.refuse(misfitOf(sh, kindString))
		}
		v.SetString(string(text))
	case formBytes:
		b := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
		n, err := base64.StdEncoding.Decode(b, text)
		if err != nil {
			return d.refuse(malformed(sh))
		}
		v.SetBytes(b[:n])
	}
	return true
}

// number decodes a number.
func (d *jsonDecoder) number(sh *shape, v reflect.Value) bool {
	from := d.pos
	whole, ok := d.digits()
	if !ok {
		return false
	}
	text := d.data[from:d.pos]
	var err error
	switch {
	case sh.form == formFloat:
		var x float64
		x, err = strconv.ParseFloat(string(text), sh.bits)
		v.SetFloat(x)
	case !whole:
		return d.refuse(notWhole(sh))
	case sh.form == formInt:
		var n int64
		n, err = strconv.ParseInt(string(text), 10, sh.bits)
		v.SetInt(n)
	default:
		var n uint64
		n, err = strconv.ParseUint(string(text), 10, sh.bits)
		v.SetUint(n)
	}
	if err != nil {
		return d.refuse(outOfRange(sh))
	}
	return true
}

// list decodes an array.
func (d *jsonDecoder) list(sh *shape, v reflect.Value) bool {
	if !d.enter() {
		return false
	}
	slice := sh.count < 0
	n := 0
	for d.next(']', n) {
		if slice {
			if n == v.Cap() {
				v.Grow(1)
			}
			v.SetLen(n + 1)
		}
		d.push(jsonStep{kind: stepIndex, index: n})
		if slice || n < sh.count {
			if !d.value(sh.elem, v.Index(n)) {
				return false
			}
		} else if !d.skip() {
			return false
		}
		d.pop()
		n++
	}
	if !d.leave(']') {
		return false
	}
	switch {
	case slice && n == 0:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	case !slice && n != sh.count:
		return d.refuse(wrongCount(sh.count))
	}
	return true
}

// quotedValue decodes the value of a field with the option ",string".
func (d *jsonDecoder) quotedValue(sh *shape, v reflect.Value) bool {
	d.space()
	switch kind := d.peek(); {
	case kind == 0 || kind == kindNull && sh.takes&kindNull != 0:
		return d.value(sh, v)
	case kind != kindString:
		return d.refuse(notQuoted(sh)) && d.skip()
	}
	text, broken, ok := d.quoted()
	switch {
	case !ok:
		return false
	case broken:
		return d.refuse(brokenText)
	}
	in := jsonDecoder{data: text, limits: jsonLimits{depth: d.limits.depth, errors: 1}}
	if kind := in.peek(); kind == kindNull || !in.value(sh, v) || !in.atEnd() {
		d.fault = in.fault
		return d.fault == nil && d.refuse(notQuoted(sh))
	}
	return true
}

// call hands a value to the UnmarshalJSON method of v.
func (d *jsonDecoder) call(sh *shape, v reflect.Value, value []byte) bool {
	if d.try(func() error { return v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(value) }) {
		return true
	}
	return d.fault == nil && d.refuse(malformed(sh))
}

// try reports whether a method returns no error. A panic of it is a fault: no
// data makes this package panic, even through a method that does not expect it.
func (d *jsonDecoder) try(method func() error) bool {
	err := panics.Try(method)
	if p, ok := errors.AsType[*panics.Error](err); ok {
		d.fault = p
	}
	return err == nil
}
