package validate

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"time"
)

// rules returns the keywords for rs, which are the rules of p or the last of
// them, and for what is inside the value.
func (c *schemaCompiler) rules(p place, rs []rule) object {
	var s object
	for i := range rs {
		r := &rs[i]
		if !isOmit(r.op) {
			c.rule(&s, p, r)
			continue
		}
		none, known := c.absent(p, r.op)
		if !known {
			c.noteAll(&s, rs[i+1:], p.field)
			if p.node.elem != nil || p.node.plan() != nil {
				s.note("what is inside")
			}
			p.node = &node{}
			c.inside(&s, p)
			return s
		}
		// What follows holds only for a value that is there.
		rest := c.rules(p, rs[i+1:])
		whole := node{rules: rs[i+1:], elem: p.node.elem, sub: p.node.sub, fieldsOff: p.node.fieldsOff}
		if none == nil || r.op == opOmit && c.zeroHolds(&whole, reflect.New(p.shape.typ).Elem(), reflect.Value{}) {
			s.merge(rest)
		} else {
			s.add("anyOf", []object{none, rest})
		}
		return s
	}
	c.inside(&s, p)
	return s
}

// absent returns the schema of the values other than null that end the rules of
// p at one such as omitempty, or nil if there are none. It is not known if they
// cannot be told from others.
func (c *schemaCompiler) absent(p place, o op) (s object, known bool) {
	nilable := p.shape.form == formMap || p.shape.form == formBytes || p.shape.form == formList && p.shape.count < 0
	switch {
	case o == opOmitNil, o == opOmit && (p.behind || nilable):
		return nil, true
	case p.shape.form == formMap:
		return object{{"type", "object"}, {"maxProperties", 0}}, true
	case p.shape.form == formList && nilable:
		return object{{"type", "array"}, {"maxItems", 0}}, true
	}
	return c.zero(p.shape, p.shape.typ)
}

// noteAll notes all of rs that ask for more than a value. Rules that depend on
// other fields are left out for the value of a member, where the struct around
// it says them.
func (c *schemaCompiler) noteAll(s *object, rs []rule, field bool) {
	for i := range rs {
		r := &rs[i]
		switch {
		case isOmit(r.op), r.fail.Code == "required" && r.when == nil && !c.isOwn(r), r.when != nil && field, r.fail.Rule == "dive":
		default:
			s.note(ruleText(r))
		}
	}
}

// ruleText returns what a note says about r.
func ruleText(r *rule) string {
	switch {
	case r.when != nil:
		return r.fail.Rule + "=" + r.when.param
	case r.op == opAny || r.fail.Param == nil:
		return r.fail.Rule
	case r.fail.Rule == "regexp":
		return fmt.Sprintf("regexp=@%v", r.fail.Param)
	}
	return fmt.Sprintf("%s=%v", r.fail.Rule, r.fail.Param)
}

// rule adds the keywords for a rule to s, or a note.
func (c *schemaCompiler) rule(s *object, p place, r *rule) {
	if r.op == opDynamic {
		if r = r.more[p.class]; r == nil {
			s.add("not", object{})
			return
		}
	}
	name, code := r.fail.Rule, r.fail.Code
	switch {
	case c.isOwn(r) || r.op == opContext: // before its name says anything
		s.note(ruleText(r))
	case r.op == opAny:
		c.anyOf(s, p, r)
	case r.when != nil:
		if !p.field {
			s.note(ruleText(r))
		}
	case code == "required":
		if has, known := c.present(p.shape, p.behind); known {
			s.merge(has)
		}
	case r.op == opExcluded:
		c.excluded(s, p)
	case name == "dive" && r.op == opValue: // the types say it
	case r.op == opRelated || p.node.null != nil:
		s.note(ruleText(r))
	case name == "unique":
		if p.shape.form == formList && r.fail.Param == nil && comparesAsJSON(p.shape.typ.Elem(), true) {
			s.add("uniqueItems", true)
			switch p.shape.elem.typ.Kind() {
			case reflect.Interface: // those can be compared
				s.add("items", object{{"type", []string{"string", "number", "boolean", "null"}}})
			case reflect.Struct, reflect.Array: // equal in Go if one lacks a member that is zero in the other
				s.note(ruleText(r))
			}
		} else {
			s.note(ruleText(r))
		}
	case p.shape.form == formString:
		c.text(s, r)
	case p.shape.form == formList || p.shape.form == formMap:
		c.items(s, p, r)
	case p.shape.form == formInt || p.shape.form == formUint || p.shape.form == formFloat || p.shape.form == formBool:
		c.number(s, p, r)
	default:
		s.note(ruleText(r))
	}
}

// isOwn reports whether r is from Options.Tags, which may have any name.
func (c *schemaCompiler) isOwn(r *rule) bool {
	return c.registry.own(r.fail.Rule) != nil
}

// excluded demands that there is no value.
func (c *schemaCompiler) excluded(s *object, p place) {
	switch none, known := c.absent(p, opOmit); {
	case !known:
		s.note("isdefault")
	case none == nil:
		s.add("not", object{}) // only null is no value
	default:
		s.merge(none)
	}
}

// anyOf adds an or-group.
func (c *schemaCompiler) anyOf(s *object, p place, r *rule) {
	var list []object
	for i := range r.any {
		var alternative object
		c.rule(&alternative, p, &r.any[i])
		if !alternative.says() {
			if alternative != nil || r.any[i].when != nil {
				s.note(ruleText(r))
			}
			return // it holds for all that decodes, or may
		}
		list = append(list, alternative)
	}
	s.add("anyOf", list)
}

// items adds the keywords for a rule on a list or map.
func (c *schemaCompiler) items(s *object, p place, r *rule) {
	least, most := "minItems", "maxItems"
	if p.shape.form == formMap {
		least, most = "minProperties", "maxProperties"
	}
	switch n := r.fail.Param; r.fail.Code {
	case "min_items":
		s.bound(least, n)
	case "max_items":
		s.bound(most, n)
	case "items":
		s.bound(least, n)
		s.bound(most, n)
	default:
		s.note(ruleText(r))
	}
}

// number adds the keywords for a rule on a number or boolean.
func (c *schemaCompiler) number(s *object, p place, r *rule) {
	bound := func(x any) any {
		switch x := x.(type) {
		case time.Duration:
			return int64(x)
		case float64:
			if p.class == classFloat32 {
				return float32(x)
			}
		}
		return x
	}
	switch r.fail.Code {
	case "min":
		s.bound("minimum", bound(r.fail.Param))
	case "max":
		s.bound("maximum", bound(r.fail.Param))
	case "greater":
		s.bound("exclusiveMinimum", bound(r.fail.Param))
	case "less":
		s.bound("exclusiveMaximum", bound(r.fail.Param))
	case "equal":
		s.add("const", bound(r.fail.Param))
	case "not_equal":
		s.add("not", object{{"const", bound(r.fail.Param)}})
	case "one_of", "none_of":
		var list []any
		for x := range elements(r.fail.Param) {
			list = append(list, bound(x))
		}
		s.oneOf(r.fail.Code == "one_of", list)
	case "port":
		s.bound("minimum", int64(1))
		s.bound("maximum", int64(math.MaxUint16))
	case "latitude":
		s.bound("minimum", int64(-90))
		s.bound("maximum", int64(90))
	case "longitude":
		s.bound("minimum", int64(-180))
		s.bound("maximum", int64(180))
	case "number", "numeric", "boolean": // of numbers and booleans all are
	default:
		s.note(ruleText(r))
	}
}

// elements yields the elements of a slice.
func elements(slice any) func(func(any) bool) {
	return func(yield func(any) bool) {
		v := reflect.ValueOf(slice)
		for i := range v.Len() {
			if !yield(v.Index(i).Interface()) {
				return
			}
		}
	}
}

// oneOf demands one of values, or if wanted is not set, none of them.
func (o *object) oneOf(wanted bool, values []any) {
	if wanted {
		o.add("enum", values)
	} else {
		o.add("not", object{{"enum", values}})
	}
}

// bound adds a bound. Of two bounds with one keyword the tighter stays.
func (o *object) bound(name string, n any) {
	old := o.get(name)
	switch {
	case old == nil:
		o.add(name, n)
	case isLower(name) && lessNumber(old, n), !isLower(name) && lessNumber(n, old):
		o.set(name, n)
	}
}

func isLower(name string) bool { return name[:3] == "min" || name == "exclusiveMinimum" }

// limit adds what numbers of a type cannot exceed, where the rules have not said
// as much.
func (o *object) limit(sh *shape) {
	if o.get("const") != nil || o.get("enum") != nil {
		return
	}
	switch sh.form {
	case formInt:
		low := int64(math.MinInt64) >> (64 - sh.bits)
		o.within(low, ^low)
	case formUint:
		o.within(uint64(0), uint64(math.MaxUint64)>>(64-sh.bits))
	case formFloat:
		if sh.bits == 32 {
			// Half a unit above the greatest float32, numbers are no longer
			// rounded to it.
			const beyond = 0x1p128 - 0x1p103
			if !o.hasBound("exclusiveMinimum", "minimum", float64(-beyond)) {
				o.add("exclusiveMinimum", float64(-beyond))
			}
			if !o.hasBound("exclusiveMaximum", "maximum", float64(beyond)) {
				o.add("exclusiveMaximum", float64(beyond))
			}
		}
	}
}

func (o *object) within(low, high any) {
	if !o.hasBound("minimum", "exclusiveMinimum", low) {
		o.set("minimum", low)
	}
	if !o.hasBound("maximum", "exclusiveMaximum", high) {
		o.set("maximum", high)
	}
}

// hasBound reports whether there is a bound under one of two keywords that is no
// looser than n.
func (o *object) hasBound(name, or string, n any) bool {
	for _, name := range []string{name, or} {
		old := o.get(name)
		if old != nil && (isLower(name) && !lessNumber(old, n) || !isLower(name) && !lessNumber(n, old)) {
			return true
		}
	}
	return false
}

// lessNumber compares two bounds.
func lessNumber(a, b any) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	switch {
	case x.CanInt() && y.CanInt():
		return x.Int() < y.Int()
	case x.CanUint() && y.CanUint():
		return x.Uint() < y.Uint()
	case x.CanInt() && y.CanUint():
		return x.Int() < 0 || uint64(x.Int()) < y.Uint()
	case x.CanUint() && y.CanInt():
		return y.Int() > 0 && x.Uint() < uint64(y.Int())
	}
	return asFloat(x) < asFloat(y)
}

func asFloat(v reflect.Value) float64 {
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	default:
		return v.Float()
	}
}

// comparesAsJSON reports whether values of type t that are equal in JSON are
// equal in Go, as it takes for uniqueItems. Pointers in a struct are compared as
// such; one to an element is followed.
func comparesAsJSON(t reflect.Type, element bool) bool {
	if t == reflect.TypeFor[json.Number]() || reflect.PointerTo(t).Implements(unmarshaler) {
		return false // to which 1 and 1.0 may differ
	}
	switch t.Kind() {
	case reflect.Pointer:
		return element && comparesAsJSON(t.Elem(), true)
	case reflect.Struct:
		for i := range t.NumField() {
			if !comparesAsJSON(t.Field(i).Type, false) {
				return false
			}
		}
		return true
	case reflect.Array:
		return comparesAsJSON(t.Elem(), false)
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return false
	}
	return true
}
