package validate

import (
	"context"
	"reflect"
	"strings"
)

// zeroHolds reports whether the rules of n hold for v, the zero value of its
// type: that is what a member becomes that is left out, and mostly one that is
// null. Parent is the struct around v if that is zero too.
//
// Rules whose answer depends on what is not known here, such as other fields,
// count as holding: a schema may be too lax, not too strict.
func (c *schemaCompiler) zeroHolds(n *node, v, parent reflect.Value) bool {
	if n.indirect {
		v, _, _ = follow(v)
	}
	if n.null != nil {
		v = reflect.Value{}
	}
	for i := range n.rules {
		r := &n.rules[i]
		switch {
		case r.op == opOmit, r.op == opOmitZero, r.op == opOmitNil && isNil(v):
			return true
		case !c.zeroRule(r, v, parent):
			return false
		}
	}
	switch {
	case !v.IsValid():
	case n.elem != nil && v.Kind() == reflect.Array && v.Len() > 0:
		return c.zeroHolds(n.elem, v.Index(0), parent)
	case n.elem == nil && n.plan() != nil:
		for _, f := range n.sub.fields {
			if !c.zeroHolds(&f.node, v.Field(f.index), v) {
				return false
			}
		}
	}
	return true
}

// zeroRule reports whether r holds for the zero value v, which is not valid for
// null.
func (c *schemaCompiler) zeroRule(r *rule, v, parent reflect.Value) bool {
	switch r.op {
	case opRequired:
		return r.when != nil && (!parent.IsValid() || !r.when.holds(parent))
	case opExcluded:
		return true
	case opAny:
		for i := range r.any {
			if c.zeroRule(&r.any[i], v, parent) {
				return true
			}
		}
		return false
	}
	switch {
	case !v.IsValid():
		return false
	case r.op == opDynamic:
		m := r.more[classOf(v)]
		return m != nil && c.zeroRule(m, v, parent)
	case r.op == opString:
		return r.str(v.String())
	case r.op == opInt:
		return r.num(v.Int())
	case r.op == opValue:
		return r.ok(v)
	case r.fail.Rule == "regexp" && !c.isOwn(r):
		return r.user(context.Background(), v).ok
	case r.op == opRelated:
		return !parent.IsValid() || strings.HasSuffix(r.fail.Rule, "csfield") || r.rel(parent, reflect.Value{}, v)
	}
	return true
}

// zero returns the schema of the JSON that becomes the zero value of a type. It
// is not known of types that decode themselves.
func (c *schemaCompiler) zero(sh *shape, declared reflect.Type) (s object, known bool) {
	if declared.Kind() == reflect.Pointer {
		return object{{"type", "null"}}, true
	}
	switch sh.form {
	case formBool:
		return object{{"const", false}}, true
	case formInt, formUint, formFloat:
		return object{{"const", 0}}, true
	case formString:
		return object{{"const", ""}}, true
	case formMap, formAny, formBytes, formNone:
		return object{{"type", "null"}}, true
	case formList:
		if sh.count < 0 {
			return object{{"type", "null"}}, true
		}
		elem, known := c.zero(sh.elem, sh.typ.Elem())
		return object{{"type", "array"}, {"items", elem}, {"minItems", sh.count}, {"maxItems", sh.count}}, known
	case formStruct:
		var props object
		for i := range sh.fields.list {
			f := &sh.fields.list[i]
			if f.lost {
				continue
			}
			z, known := c.zero(f.shape, sh.typ.FieldByIndex(f.index).Type)
			if !known || f.quoted || throughPointer(sh.typ, f.index) {
				return nil, false
			}
			props = append(props, member{string(f.name), z})
		}
		return object{{"type", "object"}, {"properties", props}, {"additionalProperties", false}}, true
	}
	return nil, false
}

// throughPointer reports whether a field is in an embedded pointer.
func throughPointer(t reflect.Type, index []int) bool {
	for i := 1; i < len(index); i++ {
		if t.FieldByIndex(index[:i]).Type.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// present returns what a value that is not null has to be so that required
// holds.
func (c *schemaCompiler) present(sh *shape, behind bool) (s object, known bool) {
	if behind {
		return nil, true
	}
	switch sh.form {
	case formString:
		return object{{"minLength", 1}}, true
	case formBool:
		return object{{"const", true}}, true
	case formMap, formAny, formBytes, formNumber:
		return nil, true
	case formList:
		if sh.count < 0 {
			return nil, true
		}
	}
	zero, known := c.zero(sh, sh.typ)
	return object{{"not", zero}}, known
}
