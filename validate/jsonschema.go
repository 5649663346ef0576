package validate

import (
	"cmp"
	"reflect"
	"slices"
)

// JSONSchema returns a JSON Schema, draft 2020-12, of the bodies that
// [Validator.JSON] accepts. It is made from the rules that are checked, so that
// the two cannot drift apart, and is the same each time, byte for byte.
//
// A schema says less than Go checks: see the package comment for what it leaves
// to Go. Where a rule is left out, or said in part, a $comment names it. With few
// exceptions, which the package comment lists too, no schema refuses what
// JSON accepts.
//
// Nested structs stand under $defs by the names of their types, followed by a
// number if a name is taken, as it is where the same type is only decoded, in a
// list without dive. Those without a name stand where they are used, unless they
// lead back to themselves. For a Validator made by [Schema] it describes what
// decodes into a T; rules in code are not in it.
//
// The error wraps a [*PanicError] if a [Matcher] panics. The schema is built
// anew by each call, which takes some ten microseconds for each field: keep it.
func (val *Validator[T]) JSONSchema() ([]byte, error) {
	val.mustBeMade()
	t := reflect.TypeFor[T]()
	c := schemaCompiler{registry: val.registry, names: make(map[definition]string)}
	var schema object
	_, err := guard(func() (bool, error) {
		schema = c.document(t, val.plan)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return appendSchema(nil, schema), nil
}

// A schemaCompiler makes the schema of one type and of those in it. It goes
// along the shape of the type, which says what can be decoded, and its plan,
// which says what is checked then.
type schemaCompiler struct {
	registry *registry
	names    map[definition]string // "#" for the outermost struct, or the name under $defs, or "" for none so far
	defs     object
}

func (c *schemaCompiler) document(t reflect.Type, p *plan) object {
	s := object{{"$schema", "https://json-schema.org/draft/2020-12/schema"}}
	sh := shapeOf(t)
	if sh.typ.Name() != "" {
		s.add("title", schemaName(sh.typ))
	}
	if sh.form == formStruct {
		if p != nil && p.isEmpty() {
			p = nil
		}
		c.names[definition{sh.typ, p != nil}] = "#"
		s.merge(c.structure(sh, p))
	} else {
		n := &node{sub: p}
		s.merge(c.value(sh, sh.typ, n))
	}
	slices.SortFunc(c.defs, func(a, b member) int { return cmp.Compare(a.name, b.name) })
	if len(c.defs) > 0 {
		s.add("$defs", c.defs)
	}
	return s
}

const numberPattern = `-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?`

// A place is where a value that is not null stands.
type place struct {
	shape  *shape
	node   *node
	class  class // of the value, as its rules see it
	behind bool  // a pointer or interface leads to the value, so that zero is a value too

	// field is set for the value of a member itself: rules that depend on other
	// fields are then said in the schema of the struct.
	field bool
}

// value returns the schema of a value of the type declared, null included.
func (c *schemaCompiler) value(sh *shape, declared reflect.Type, n *node) object {
	return c.schemaOf(sh, declared, n, false)
}

func (c *schemaCompiler) schemaOf(sh *shape, declared reflect.Type, n *node, field bool) object {
	if n == nil {
		n = &node{}
	}
	nullable := sh.takes&kindNull != 0 && c.zeroHolds(n, reflect.New(declared).Elem(), reflect.Value{})
	p := place{shape: sh, node: n, behind: n.indirect || n.null != nil, field: field}
	if sh.typ != nil {
		p.class = classOfType(sh.typ)
	}
	var s object
	switch {
	case sh.form == formNone:
		if nullable {
			return object{{"type", "null"}}
		}
		return object{{"not", object{}}}
	case sh.form == formAny:
		if n.isEmpty() || len(n.rules) == 0 && n.elem == nil {
			return object{}
		}
		s = c.whatever(p)
	case sh.form == formCustom && !isTimeItself(sh.typ):
		c.noteAll(&s, n.rules, field)
		if declared.Kind() == reflect.Pointer && !nullable {
			s.add("not", object{{"type", "null"}})
		}
		return s // the method decides about null too
	case (sh.form == formList || sh.form == formMap) && (sh.typ.Name() != "" || declared.Name() != "") && n.isEmpty():
		// A list may hold itself: type Tree []Tree, or type P *[]P.
		s = c.define(definition{sh.typ, false}, false, func() object { return c.filled(p) })
	default:
		s = c.filled(p)
	}
	if nullable {
		s = s.orNull()
	}
	return s
}

// filled returns the schema of a value that is not null.
func (c *schemaCompiler) filled(p place) object {
	var s object
	switch p.shape.form {
	case formStruct:
	case formNumber:
		s.add("type", []string{"number", "string"})
		s.add("pattern", "^"+numberPattern+"$")
	case formCustom: // time.Time
		s.add("type", "string")
		s.add("format", "date-time")
		s.add("pattern", dateTimePattern)
	case formText:
		s.add("type", "string")
	case formBytes:
		return c.bytes(p)
	default:
		s.add("type", p.shape.noun.code)
	}
	s.merge(c.rules(p, p.node.rules))
	s.limit(p.shape)
	return s
}

// isTimeItself reports whether t is time.Time, whose text in JSON is known.
func isTimeItself(t reflect.Type) bool { return t.PkgPath() == "time" && t.Name() == "Time" }

// bytes returns the schema of a slice of bytes: base64, in which line ends do
// not count, or a list of numbers.
func (c *schemaCompiler) bytes(p place) object {
	text := object{{"type", "string"}, {"contentEncoding", "base64"}, {"pattern",
		`^[\r\n]*(?:(?:[A-Za-z0-9+/][\r\n]*){4})*(?:(?:[A-Za-z0-9+/][\r\n]*){2}=[\r\n]*=[\r\n]*|(?:[A-Za-z0-9+/][\r\n]*){3}=[\r\n]*)?$`}}
	list := object{{"type", "array"}, {"items", c.value(p.shape.elem, p.shape.typ.Elem(), nil)}}
	s := object{{"anyOf", []object{text, list}}}
	c.noteAll(&s, p.node.rules, p.field)
	if p.node.elem != nil {
		c.noteAll(&s, p.node.elem.rules, false)
	}
	return s
}

// whatever returns the schema of an interface: that of each kind of value that
// the rules apply to.
func (c *schemaCompiler) whatever(p place) object {
	p.behind = true
	var plain []string
	var others []object
	for _, t := range []reflect.Type{
		reflect.TypeFor[string](), reflect.TypeFor[float64](), reflect.TypeFor[bool](), reflect.TypeFor[[]any](), reflect.TypeFor[map[string]any](),
	} {
		p.shape, p.class = shapeCompiler{}.shape(t), classOfType(t)
		if s := c.filled(p); !c.fits(p) || s.isNever() {
			continue
		} else if typ, ok := s.get("type").(string); ok && len(s) == 1 {
			plain = append(plain, typ)
		} else {
			others = append(others, s)
		}
	}
	switch {
	case len(plain) == 1:
		others = append([]object{{{"type", plain[0]}}}, others...)
	case len(plain) > 1:
		others = append([]object{{{"type", plain}}}, others...)
	}
	switch len(others) {
	case 0:
		return object{{"not", object{}}}
	case 1:
		return others[0]
	}
	return object{{"anyOf", others}}
}

// fits reports whether all rules in front of the first that may end them apply
// to values of the class of p.
func (c *schemaCompiler) fits(p place) bool {
	for i := range p.node.rules {
		r := &p.node.rules[i]
		switch {
		case isOmit(r.op):
			return true
		case r.op == opDynamic && r.more[p.class] == nil:
			return false
		case r.fail.Rule == "dive" && r.op == opValue && p.class != classList:
			return false
		}
	}
	return true
}

func isOmit(o op) bool { return o == opOmit || o == opOmitNil || o == opOmitZero }

// inside adds the schema of what is in a value.
func (c *schemaCompiler) inside(s *object, p place) {
	sh, n := p.shape, p.node
	if n.sub != nil && !n.methodsOff && sh.form != formStruct {
		s.noteMethods(n.sub.methods)
	}
	switch sh.form {
	case formStruct:
		if n.null != nil {
			s.merge(c.reference(sh, nil))
			return
		}
		s.merge(c.reference(sh, n.plan()))
	case formList:
		if sh.count >= 0 {
			s.add("minItems", sh.count)
			s.add("maxItems", sh.count)
		}
		if items := c.value(sh.elem, sh.typ.Elem(), n.elem); len(items) > 0 {
			s.add("items", items)
		}
	case formMap:
		switch sh.keys {
		case keyInt:
			s.add("propertyNames", object{{"pattern", "^[+-]?[0-9]+$"}})
		case keyUint:
			s.add("propertyNames", object{{"pattern", "^[0-9]+$"}})
		}
		if n.keys != nil && len(n.keys.rules) > 0 {
			c.keys(s, p)
		}
		if values := c.value(sh.elem, sh.typ.Elem(), n.elem); len(values) > 0 {
			s.add("additionalProperties", values)
		}
	}
}

// keys adds the rules for the keys of a map.
func (c *schemaCompiler) keys(s *object, p place) {
	if p.shape.keys != keyString {
		c.noteAll(s, p.node.keys.rules, false)
		return
	}
	key := place{shape: &shape{typ: p.shape.typ.Key(), form: formString, count: -1}, node: p.node.keys, class: classString, behind: p.node.keys.indirect}
	s.add("propertyNames", c.rules(key, key.node.rules))
}
