package validate

import (
	"reflect"
	"slices"
	"strings"
)

// conditions adds the rules of a field that depend on other fields to the
// schema of the struct around it.
func (c *schemaCompiler) conditions(s *object, sh *shape, f *structField, declared reflect.Type, n *node, pointer int) {
	nilable, omit := f.shape.takes&kindNull != 0, false
	for i := range n.rules {
		r := &n.rules[i]
		if r.op == opOmit || r.op == opOmitZero || r.op == opOmitNil && nilable {
			omit = true // what follows knows that there is a value
		}
		if r.when == nil || omit && r.op == opRequired {
			continue
		}
		prefix := f.index[:len(f.index)-1]
		premise, known := c.premise(sh, prefix, r.when)
		then, ok := c.consequence(f, declared, n, r)
		if known && ok && pointer == 0 && !omit {
			s.add("allOf", []object{{{"if", premise}, {"then", then}}})
		} else {
			s.note(string(f.name) + ": " + ruleText(r))
		}
	}
}

// consequence returns what a struct has to be if the premise of r holds. It may
// ask for less than r does.
func (c *schemaCompiler) consequence(f *structField, declared reflect.Type, n *node, r *rule) (object, bool) {
	name := string(f.name)
	direct := n.null == nil && !f.quoted
	if r.op == opRequired {
		s := object{{"required", []string{name}}}
		if has, known := c.hasValue(f.shape, declared); known && direct && len(has) > 0 {
			s.add("properties", object{{name, has}})
		}
		return s, true
	}
	none, known := c.zero(f.shape, declared)
	return object{{"properties", object{{name, none}}}}, known && direct
}

// hasValue returns the schema of the JSON for which a field has a value.
func (c *schemaCompiler) hasValue(sh *shape, declared reflect.Type) (object, bool) {
	s, known := c.present(sh, declared.Kind() == reflect.Pointer || declared.Kind() == reflect.Interface)
	if sh.takes&kindNull != 0 && len(s) == 0 {
		s = object{{"not", object{{"type", "null"}}}}
	}
	return s, known
}

// premise returns the schema of the objects for which a rule asks for
// something. Known says that it is exactly that: if it held for more, the
// schema would be stricter than Go.
func (c *schemaCompiler) premise(sh *shape, prefix []int, when *premise) (s object, known bool) {
	var tests []object
	for _, about := range when.about {
		test, known := c.clause(sh, slices.Concat(prefix, []int(about.path)), about)
		if !known {
			return nil, false
		}
		if when.kind == "unless" || strings.HasPrefix(when.kind, "without") {
			test = object{{"not", test}}
		}
		tests = append(tests, test)
	}
	switch {
	case len(tests) == 1:
		return tests[0], true
	case when.kind == "with" || when.kind == "without":
		return object{{"anyOf", tests}}, true
	default:
		return object{{"allOf", tests}}, true
	}
}

// clause returns the schema of the objects that a clause holds for.
func (c *schemaCompiler) clause(sh *shape, path []int, about clause) (object, bool) {
	f, declared, rest, ok := locate(sh, path)
	if !ok {
		return nil, false
	}
	name := string(f.name)
	if len(rest) > 0 {
		inner, known := c.clause(f.shape, rest, about)
		// A field is nil in Go too if it is in a struct that is not there.
		if !known || about.word == "nil" && declared.Kind() == reflect.Pointer {
			return nil, false
		}
		has := object{{"properties", object{{name, object{{"type", "object"}}.with(inner)}}}}
		if inner.get("required") != nil || declared.Kind() == reflect.Pointer {
			has.add("required", []string{name})
		}
		return has, true
	}
	if !about.hasWord {
		value, known := c.hasValue(f.shape, declared)
		return object{{"properties", object{{name, value}}}, {"required", []string{name}}}, known
	}
	value, zero, known := wordSchema(about.word, f.shape, declared)
	s := object{{"properties", object{{name, value}}}}
	if !zero { // else it may be left out as well
		s.add("required", []string{name})
	}
	return s, known
}

// with returns the members of o and of other.
func (o object) with(other object) object { return slices.Concat(o, other) }

// locate returns the member that path leads to or through, and the rest of the
// path inside it.
func locate(sh *shape, path []int) (f *structField, declared reflect.Type, rest []int, ok bool) {
	if sh.form != formStruct {
		return nil, nil, nil, false
	}
	for i := range sh.fields.list {
		f := &sh.fields.list[i]
		if n := len(f.index); n <= len(path) && slices.Equal(f.index, path[:n]) {
			return f, sh.typ.FieldByIndex(f.index).Type, path[n:], !f.lost && !f.quoted && !throughPointer(sh.typ, f.index)
		}
	}
	return nil, nil, nil, false
}

// wordSchema returns the schema of the values that a word in a tag stands for,
// as equalTo has it, and whether a field that is left out is one of them.
func wordSchema(word string, sh *shape, declared reflect.Type) (s object, zero, known bool) {
	pointer := declared.Kind() == reflect.Pointer
	if word == "nil" && (pointer || sh.form == formMap || sh.form == formList && sh.count < 0) {
		return object{{"type", "null"}}, true, true
	}
	switch sh.form {
	case formString:
		return object{{"const", word}}, !pointer && word == "", true
	case formBool:
		b, err := parseBool(word)
		return object{{"const", b}}, !pointer && !b, err == nil
	case formInt:
		n, err := parseInt(word)
		if classOfType(sh.typ) == classDuration {
			d, derr := parseDuration(word)
			n, err = int64(d), derr
		}
		return object{{"const", n}}, !pointer && n == 0, err == nil
	case formUint:
		n, err := parseUint(word)
		return object{{"const", n}}, !pointer && n == 0, err == nil
	case formFloat:
		x, err := parseFloat(word, sh.bits)
		if sh.bits == 32 {
			return object{{"const", float32(x)}}, !pointer && x == 0, err == nil
		}
		return object{{"const", x}}, !pointer && x == 0, err == nil
	case formList, formMap:
		n, err := parseCount(word)
		s := object{{"type", "array"}, {"minItems", n}, {"maxItems", n}}
		if sh.form == formMap {
			s = object{{"type", "object"}, {"minProperties", n}, {"maxProperties", n}}
		}
		if zero := !pointer && n == 0 && sh.count < 0; zero {
			return s.orNull(), true, err == nil
		}
		return s, false, err == nil
	}
	return nil, false, false
}
