package validate

import (
	"reflect"
	"slices"
)

// structure returns the schema of a struct. The plan is nil if its rules are
// not checked.
func (c *schemaCompiler) structure(sh *shape, p *plan) object {
	var props, dependent, s object
	var required []string
	s.add("type", "object")
	var more object                                           // what goes after the properties
	if p != nil && c.names[definition{sh.typ, true}] != "#" { // the outermost struct is not asked
		more.noteMethods(p.methods)
	}
	noted := make(map[*node]bool)
	for i := range sh.fields.list {
		f := &sh.fields.list[i]
		if f.lost {
			continue // no value at all is accepted
		}
		declared := sh.typ.FieldByIndex(f.index).Type
		n, pointer := fieldNode(sh.typ, p, f.index, func(n *node) {
			if !noted[n] {
				noted[n] = true
				c.noteAll(&more, n.rules, false)
			}
		})
		if n == nil {
			props = append(props, member{string(f.name), c.field(f, declared, &node{})})
			continue
		}
		props = append(props, member{string(f.name), c.field(f, declared, n)})
		switch {
		case c.zeroHolds(n, reflect.New(declared).Elem(), reflect.Value{}):
		case pointer == 0:
			required = append(required, string(f.name))
		default: // once another member has made the embedded struct
			for j := range sh.fields.list {
				other := &sh.fields.list[j]
				if j != i && !other.lost && len(other.index) > pointer && slices.Equal(other.index[:pointer], f.index[:pointer]) {
					list, _ := dependent.get(string(other.name)).([]string)
					dependent.set(string(other.name), append(list, string(f.name)))
				}
			}
		}
		c.conditions(&more, sh, f, declared, n, pointer)
	}
	s.add("properties", props)
	if len(required) > 0 {
		s.add("required", required)
	}
	if len(dependent) > 0 {
		s.add("dependentRequired", dependent)
	}
	s.add("additionalProperties", false)
	s.merge(more)
	return s
}

// fieldNode returns the rules of the field at index in a t, or nil if it has
// none. Pointer is how much of the index leads to an embedded pointer, whose
// rules hold only once there is a struct behind it. Each embedded struct on the
// way that has rules itself is handed to outer.
func fieldNode(t reflect.Type, p *plan, index []int, outer func(*node)) (n *node, pointer int) {
	for depth, i := range index {
		if p == nil {
			return nil, pointer
		}
		at := slices.IndexFunc(p.fields, func(f field) bool { return f.index == i })
		if at < 0 {
			return nil, pointer
		}
		n = &p.fields[at].node
		if depth == len(index)-1 {
			break
		}
		outer(n)
		isPointer := t.FieldByIndex(index[:depth+1]).Type.Kind() == reflect.Pointer
		if isPointer {
			pointer = depth + 1
		}
		// Whether a struct that may be left out is the zero value, its members
		// do not say one by one.
		if slices.ContainsFunc(n.rules, func(r rule) bool { return r.op == opOmitZero || r.op == opOmit && !isPointer }) {
			return nil, pointer
		}
		p = n.plan()
	}
	return n, pointer
}

// plan returns the plan for the fields of a struct, or nil if those are not
// checked.
func (n *node) plan() *plan {
	if n.sub == nil || n.fieldsOff || n.sub.isEmpty() {
		return nil
	}
	return n.sub
}

// field returns the schema of the value of a member.
func (c *schemaCompiler) field(f *structField, declared reflect.Type, n *node) object {
	if f.quoted {
		return c.quoted(f.shape, declared, n)
	}
	return c.schemaOf(f.shape, declared, n, true)
}

// quoted returns the schema of a field with the option ",string".
func (c *schemaCompiler) quoted(sh *shape, declared reflect.Type, n *node) object {
	var s object
	s.add("type", "string")
	const space = `[\t\n\r ]*`
	switch sh.form {
	case formBool:
		s.add("pattern", "^"+space+"(?:true|false)$")
	case formInt, formUint:
		s.add("pattern", "^"+space+"-?(?:0|[1-9][0-9]*)$")
	case formFloat:
		s.add("pattern", "^"+space+numberPattern+"$")
	case formString:
		s.add("pattern", "^"+space+`"[^\n]*"$`)
	}
	c.noteAll(&s, n.rules, true)
	if sh.takes&kindNull != 0 && c.zeroHolds(n, reflect.New(declared).Elem(), reflect.Value{}) {
		s = s.orNull()
	}
	return s
}
