package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// An object is a schema under construction, or another object in one. It keeps
// its members in the order in which they came.
type object []member

// The value of a member is an object, a list, a string, a bool, a number, or
// notes.
type member struct {
	name  string
	value any
}

// notes are the rules that a schema does not say, or not in full.
type notes []string

func (o object) get(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

func (o *object) set(name string, value any) {
	for i, m := range *o {
		if m.name == name {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, member{name, value})
}

// add adds a keyword. A second of the same name, which is to hold too, goes
// under allOf.
func (o *object) add(name string, value any) {
	old := o.get(name)
	switch {
	case old == nil:
		*o = append(*o, member{name, value})
	case reflect.DeepEqual(old, value):
	case name == "allOf":
		o.set(name, slices.Concat(old.([]object), value.([]object)))
	default:
		o.add("allOf", []object{{{name, value}}})
	}
}

// note says that a rule is not in the schema, or not all of it.
func (o *object) note(rule string) {
	list, _ := o.get("$comment").(notes)
	if !slices.Contains(list, rule) {
		o.set("$comment", append(list[:len(list):len(list)], rule))
	}
}

// noteMethods notes the methods that check a value.
func (o *object) noteMethods(m methods) {
	if m&hasValidate != 0 {
		o.note("Validate")
	}
	if m&hasValidateCtx != 0 {
		o.note("ValidateCtx")
	}
}

// merge adds all of other.
func (o *object) merge(other object) {
	for _, m := range other {
		if list, ok := m.value.(notes); ok {
			for _, rule := range list {
				o.note(rule)
			}
			continue
		}
		o.add(m.name, m.value)
	}
}

// says reports whether o has a member besides notes.
func (o object) says() bool {
	return slices.ContainsFunc(o, func(m member) bool { return m.name != "$comment" })
}

// isNever reports whether o refuses everything.
func (o object) isNever() bool {
	not, ok := o.get("not").(object)
	return ok && len(not) == 0
}

// forAll are the keywords that apply to null as to every value; others let it
// pass.
var forAll = [...]string{"const", "not", "anyOf", "allOf", "$ref"}

// orNull returns a schema that accepts null as well.
func (o object) orNull() object {
	if list, ok := o.get("anyOf").([]object); ok && len(o) == 1 {
		return object{{"anyOf", append(slices.Clone(list), object{{"type", "null"}})}}
	}
	typ, ok := o.get("type").(string)
	if !ok || slices.ContainsFunc(forAll[:], func(name string) bool { return o.get(name) != nil }) {
		return object{{"anyOf", []object{o, {{"type", "null"}}}}}
	}
	s := slices.Clone(o)
	s.set("type", []string{typ, "null"})
	if values, ok := s.get("enum").([]any); ok {
		s.set("enum", append(slices.Clone(values), nil))
	}
	return s
}

// appendSchema appends v as JSON.
func appendSchema(b []byte, v any) []byte {
	switch v := v.(type) {
	case object:
		b = append(b, '{')
		for i, m := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendSchema(b, m.name), ':')
			b = appendSchema(b, m.value)
		}
		return append(b, '}')
	case []object:
		return appendList(b, v)
	case []any:
		return appendList(b, v)
	case []string:
		return appendList(b, v)
	case notes:
		return appendSchema(b, "Go checks more: "+strings.Join(v, ", "))
	case string:
		return appendText(b, v)
	case float32: // a rounded bound, in the digits that it had in the tag
		return strconv.AppendFloat(b, float64(v), 'g', -1, 32)
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	case nil:
		return append(b, "null"...)
	default: // integers and booleans
		return fmt.Append(b, v)
	}
}

func appendList[V any](b []byte, list []V) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendSchema(b, v)
	}
	return append(b, ']')
}

// appendText appends a string without the escapes for HTML, which patterns are
// full of.
func appendText(b []byte, s string) []byte {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // strings have no errors
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}
