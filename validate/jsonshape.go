package validate

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A shape says which JSON texts can be decoded into a type. It is what the
// scanner knows of Go: shapes are compiled once, and a text is compared with
// one without reflection. Shapes of recursive types are cyclic.
type shape struct {
	typ   reflect.Type // behind the pointers
	takes jsonKind     // the kinds of JSON values that fit
	form  form
	noun  noun // what fits, for people and for Param

	bits   int           // of numbers
	count  int           // of a Go array, and -1 for other types
	elem   *shape        // of what is in lists and maps
	keys   keyForm       // of maps
	fields *structFields // of structs
}

// A form says how a value is decoded.
type form uint8

const (
	formNone   form = iota
	formAny         // an interface without methods
	formCustom      // by UnmarshalJSON
	formText        // by UnmarshalText
	formBool
	formInt
	formUint
	formFloat
	formNumber // json.Number
	formString
	formBytes // from base64, or a list of numbers
	formList  // a slice or array
	formMap
	formStruct
)

type keyForm uint8

const (
	keyString keyForm = iota
	keyInt
	keyUint
	keyText   // by UnmarshalText
	keyCustom // by UnmarshalJSON, which goes first
)

// A noun names what a value must be.
type noun struct {
	code string // as in JSON Schema
	text string // after "must be"
}

var (
	nounNull    = noun{"null", "left out; nothing can be stored in it"}
	nounBool    = noun{"boolean", "true or false"}
	nounInteger = noun{"integer", "a whole number"}
	nounNumber  = noun{"number", "a number"}
	nounString  = noun{"string", "a string"}
	nounBytes   = noun{"string", "a string in base64"}
	nounArray   = noun{"array", "a list"}
	nounObject  = noun{"object", "an object"}
)

// nothing is the shape of what cannot be set, and anyNumber that of a number in
// an interface.
var (
	nothing   = &shape{noun: nounNull}
	anyNumber = &shape{form: formFloat, bits: 64}
)

// shapes keeps the shape of each type that a body was decoded into. As with the
// registry behind Struct, it is a memo of a function of types and no more state
// than that.
var shapes sync.Map // from reflect.Type to *shape

// shapeOf returns the shape of a body that is decoded into a t.
func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	// Unmarshal is given a pointer to t, and finds methods through it. That
	// pointer itself, unlike those in t, cannot become nil.
	s := *shapeCompiler{}.shape(reflect.PointerTo(t))
	if s.form != formAny && (s.form != formCustom || t.Kind() == reflect.Pointer) {
		s.takes &^= kindNull
	}
	kept, _ := shapes.LoadOrStore(t, &s)
	return kept.(*shape)
}

// A shapeCompiler makes the shapes of one type and of those in it.
type shapeCompiler map[reflect.Type]*shape

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (c shapeCompiler) shape(declared reflect.Type) *shape {
	if s, ok := c[declared]; ok {
		return s
	}
	s := &shape{count: -1}
	c[declared] = s // before the elements, which may lead back to it

	t := base(declared)
	if t == nil {
		s.typ, s.takes, s.noun = declared, kindNull, nounNull
		return s
	}
	s.typ = t
	behind := t != declared
	// A type without a name may have methods too, by what it embeds. They are
	// found through a pointer only.
	if p := reflect.PointerTo(t); t.Name() != "" || behind {
		switch {
		case p.Implements(unmarshaler):
			s.takes, s.form = kindAny, formCustom
			return s
		case p.Implements(textUnmarshaler):
			s.takes, s.form, s.noun = kindString, formText, nounString
			if behind || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
				s.takes |= kindNull
			}
			return s
		}
	}
	c.kind(s, t)
	if behind {
		s.takes |= kindNull
	}
	return s
}

// kind fills in the shape of a type without methods.
func (c shapeCompiler) kind(s *shape, t reflect.Type) {
	switch t.Kind() {
	case reflect.Bool:
		s.takes, s.form, s.noun = kindBool, formBool, nounBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s.takes, s.form, s.noun, s.bits = kindNumber, formInt, nounInteger, t.Bits()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		s.takes, s.form, s.noun, s.bits = kindNumber, formUint, nounInteger, t.Bits()
	case reflect.Float32, reflect.Float64:
		s.takes, s.form, s.noun, s.bits = kindNumber, formFloat, nounNumber, t.Bits()
	case reflect.String:
		s.takes, s.form, s.noun = kindString, formString, nounString
		if t == reflect.TypeFor[json.Number]() {
			s.takes, s.form, s.noun = kindNumber|kindString, formNumber, nounNumber
		}
	case reflect.Slice:
		s.takes, s.form, s.noun, s.elem = kindList|kindNull, formList, nounArray, c.shape(t.Elem())
		if t.Elem().Kind() == reflect.Uint8 {
			s.takes, s.form, s.noun = s.takes|kindString, formBytes, nounBytes
		}
	case reflect.Array:
		s.takes, s.form, s.noun, s.elem, s.count = kindList, formList, nounArray, c.shape(t.Elem()), t.Len()
	case reflect.Map:
		if !c.mapOf(s, t) {
			s.takes, s.noun = kindNull, nounNull
		}
	case reflect.Struct:
		s.takes, s.form, s.noun = kindObject, formStruct, nounObject
		s.fields = c.fields(t)
	case reflect.Interface:
		s.takes, s.noun = kindNull, nounNull
		if t.NumMethod() == 0 {
			s.takes, s.form = kindAny, formAny
		}
	default: // functions, channels and complex numbers
		s.takes, s.noun = kindNull, nounNull
	}
}

func (c shapeCompiler) mapOf(s *shape, t reflect.Type) bool {
	k := t.Key()
	switch {
	case reflect.PointerTo(k).Implements(textUnmarshaler) && reflect.PointerTo(k).Implements(unmarshaler):
		s.keys = keyCustom
	case reflect.PointerTo(k).Implements(textUnmarshaler):
		s.keys = keyText
	case k.Kind() == reflect.String:
		s.keys = keyString
	case reflect.Int <= k.Kind() && k.Kind() <= reflect.Int64:
		s.keys, s.bits = keyInt, k.Bits()
	case reflect.Uint <= k.Kind() && k.Kind() <= reflect.Uintptr:
		s.keys, s.bits = keyUint, k.Bits()
	default:
		return false
	}
	s.takes, s.form, s.noun, s.elem = kindObject|kindNull, formMap, nounObject, c.shape(t.Elem())
	return true
}

// structFields holds the fields of a struct by their names.
type structFields struct {
	list   []structField
	exact  map[string]int // indexes into list
	folded map[string]int // by the fold of the name; of several fields, the first

	// longest is how long a name in a body may be to lead to a field. Folding
	// makes it shorter by two thirds at most: a Kelvin sign becomes a K.
	longest int
}

// names returns the names that lead somewhere.
func (f *structFields) names() []string {
	var names []string
	for i := range f.list {
		if !f.list[i].lost {
			names = append(names, string(f.list[i].name))
		}
	}
	return names
}

type structField struct {
	name   []byte
	index  []int // through the embedded structs
	shape  *shape
	quoted bool // as in jsonField
	lost   bool
}

func (c shapeCompiler) fields(t reflect.Type) *structFields {
	found := jsonFieldsOf(t)
	fs := &structFields{exact: make(map[string]int, len(found)), folded: make(map[string]int, len(found))}
	for i, f := range found {
		sh := c.shape(f.typ)
		if f.bare {
			sh = &shape{typ: f.typ, count: -1}
			c.kind(sh, f.typ)
		}
		fs.list = append(fs.list, structField{
			name:   []byte(f.name),
			index:  f.index,
			shape:  sh,
			quoted: f.quoted,
			lost:   f.lost,
		})
		fs.exact[f.name] = i
		fs.longest = max(fs.longest, 3*len(f.name))
		if fold := string(appendFold(nil, []byte(f.name))); !hasKey(fs.folded, fold) {
			fs.folded[fold] = i
		}
	}
	return fs
}

func hasKey[V any](m map[string]V, key string) bool {
	_, ok := m[key]
	return ok
}

// in returns the field in the struct v.
func (f *structField) in(v reflect.Value) reflect.Value {
	for i, index := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(index)
	}
	return v
}

// find returns the index of the field that a member is decoded into, or -1. The
// guess is the field that should come next: senders mostly keep the order.
func (fs *structFields) find(name []byte, guess int) int {
	if guess < len(fs.list) && bytes.Equal(fs.list[guess].name, name) {
		return guess
	}
	if i, ok := fs.exact[string(name)]; ok {
		return i
	}
	if len(name) > fs.longest {
		return -1
	}
	var buf [64]byte
	if i, ok := fs.folded[string(appendFold(buf[:0], name))]; ok {
		return i
	}
	return -1
}

// appendFold appends a text that names have in common if and only if
// bytes.EqualFold holds for them: each character is replaced by the least of
// those that it is equal to.
func appendFold(dst, name []byte) []byte {
	for len(name) > 0 {
		if c := name[0]; c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
			name = name[1:]
			continue
		}
		r, size := utf8.DecodeRune(name)
		// SimpleFold goes up through equal characters and then back to the least.
		for next := unicode.SimpleFold(r); ; r, next = next, unicode.SimpleFold(next) {
			if next <= r {
				r = next
				break
			}
		}
		dst = utf8.AppendRune(dst, r)
		name = name[size:]
	}
	return dst
}
