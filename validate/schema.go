package validate

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// A FieldRule is what a field of T is to be, made by [Field], [Compare] or
// [When] for [Schema].
type FieldRule[T any] struct {
	name    string // on the wire; empty for the struct itself
	check   func(v *T, c *collector) bool
	fail    func(v *T) *FieldError // the first error, with its path; nil if check looks at more than one value
	inner   []FieldRule[T]         // in place of check, for When
	cond    func(v *T) bool        // for When
	mistake error
}

// A schema is the rules of a type in code.
type schema[T any] struct {
	registry *registry
	rules    []FieldRule[T]
	bare     bool // see bareErrors: all rules have a fail
}

// Schema returns a Validator for T with rules in code instead of tags. The
// compiler checks their types, and a value is checked without reflection. All
// fields are checked, and of each the rules from left to right until one fails.
//
//	orders, err := validate.Schema(
//		validate.Field("email", func(o *Order) string { return o.Email }, validate.Email[string]()),
//		validate.Field("items", func(o *Order) []Item { return o.Items }, validate.Each(validate.Nested(items))),
//	)
//
// Tags and Validate methods of T are ignored. The error joins all mistakes in
// the rules, such as a nil function or a bound that no value satisfies.
func Schema[T any](fields ...FieldRule[T]) (*Validator[T], error) {
	return SchemaWith(Options{}, fields...)
}

// SchemaWith is [Schema] with options. Those about tags and depth have no
// effect.
func SchemaWith[T any](o Options, fields ...FieldRule[T]) (*Validator[T], error) {
	mistakes := []error{o.check()}
	for i, f := range fields {
		if err := f.err(); err != nil {
			mistakes = append(mistakes, fmt.Errorf("validate: Schema: field %d, %q: %w", i, f.name, err))
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	r := o.registry()
	return &Validator[T]{registry: r, schema: newSchema(r, slices.Clone(fields))}, nil
}

func newSchema[T any](r *registry, rules []FieldRule[T]) *schema[T] {
	several := func(f FieldRule[T]) bool { return f.fail == nil }
	bare := !r.allRules && r.messages == nil && len(rules) <= min(maxBare, r.maxErrors) && !slices.ContainsFunc(rules, several)
	return &schema[T]{r, rules, bare}
}

// err returns the mistakes in f.
func (f *FieldRule[T]) err() error {
	if f.mistake == nil && f.check == nil && f.inner == nil {
		return errors.New("the zero FieldRule; make it with Field, Compare or When")
	}
	return f.mistake
}

// Field returns the rules for the value that get returns, a field of T. Name is
// the name of the field on the wire; if it is empty, errors are about T itself,
// and get may return its argument.
func Field[T, V any](name string, get func(*T) V, list ...Rule[V]) FieldRule[T] {
	f := FieldRule[T]{name: name}
	rs, err := rulesOf(list)
	if get == nil {
		err = errors.Join(errors.New("the getter is nil; pass a function that returns the field"), err)
	}
	if f.mistake = err; err != nil {
		return f
	}
	place := &step{kind: stepField, text: name}
	if !rs.inside {
		for i := range rs.fails {
			if name != "" {
				rs.fails[i].Path = Path{last: place}
			}
		}
		f.fail = func(v *T) *FieldError { return rs.fail(get(v)) }
	}
	f.check = func(v *T, c *collector) bool {
		switch {
		case c == nil || name == "":
			return rs.value(get(v), c)
		case !rs.inside:
			c.tail = place
			ok := rs.value(get(v), c)
			c.tail = nil
			return ok
		}
		c.path = append(c.path, *place)
		ok := rs.value(get(v), c)
		c.path = c.path[:len(c.path)-1]
		return ok
	}
	return f
}

// When returns fields that are checked only if cond holds.
func When[T any](cond func(*T) bool, fields ...FieldRule[T]) FieldRule[T] {
	f := FieldRule[T]{cond: cond, inner: slices.Clone(fields)}
	if cond == nil {
		f.mistake = errors.New("the condition of When is nil; pass a function")
	}
	if len(fields) == 0 {
		f.mistake = errors.Join(f.mistake, errors.New("there is nothing in When; pass fields"))
	}
	for i := range fields {
		f.mistake = errors.Join(f.mistake, fields[i].err())
	}
	return f
}

// An Op is how [Compare] compares two values.
type Op uint8

// The relations that Compare asks for.
const (
	Equal          Op = iota + 1 // code "equal_field"
	NotEqual                     // code "not_equal_field"
	Less                         // code "less_field"
	LessOrEqual                  // code "max_field"
	Greater                      // code "greater_field"
	GreaterOrEqual               // code "min_field"
)

var opCodes = [...]string{Equal: "equal_field", NotEqual: "not_equal_field", Less: "less_field", LessOrEqual: "max_field", Greater: "greater_field", GreaterOrEqual: "min_field"}

func holds[V cmp.Ordered](a V, op Op, b V) bool {
	switch op {
	case Equal:
		return a == b
	case NotEqual:
		return a != b
	case Less:
		return a < b
	case LessOrEqual:
		return a <= b
	case Greater:
		return a > b
	default:
		return a >= b
	}
}

// Compare returns the rule that the field name stands in the relation op to the
// field other. An error is about the first and has the name of the other as its
// Param.
func Compare[T any, V cmp.Ordered](name string, a func(*T) V, op Op, other string, b func(*T) V) FieldRule[T] {
	place := &step{kind: stepField, text: name}
	f := FieldRule[T]{name: name}
	switch {
	case a == nil || b == nil:
		f.mistake = errors.New("a getter of Compare is nil; pass functions that return the fields")
	case op < Equal || op > GreaterOrEqual:
		f.mistake = fmt.Errorf("there is no Op %d; use Equal, NotEqual, Less, LessOrEqual, Greater or GreaterOrEqual", op)
	default:
		fail := FieldError{Path: Path{last: place}, Rule: "compare", Code: opCodes[op], Param: other}
		fail.Message = english(&fail)
		f.fail = func(v *T) *FieldError {
			if holds(a(v), op, b(v)) {
				return nil
			}
			return &fail
		}
		broken := f.fail
		f.check = func(v *T, c *collector) bool {
			switch {
			case broken(v) == nil:
				return true
			case c == nil:
				return false
			}
			c.tail = place
			ok := c.fail(&fail)
			c.tail = nil
			return ok
		}
	}
	return f
}

// run checks v with f. It returns false to end the walk.
func (f *FieldRule[T]) run(v *T, c *collector) bool {
	if f.inner == nil {
		return f.check(v, c)
	}
	if !f.cond(v) {
		return true
	}
	for i := range f.inner {
		if !f.inner[i].run(v, c) {
			return false
		}
	}
	return true
}

// fields checks v. It returns false to end the walk; without a collector, that
// is at the first error.
func (s *schema[T]) fields(v *T, c *collector) bool {
	for i := range s.rules {
		if !s.rules[i].run(v, c) {
			return false
		}
	}
	return true
}

func (s *schema[T]) validate(v *T) error {
	switch {
	case v == nil:
		return notStructValue("Validate", reflect.ValueOf(v))
	case s.fields(v, nil):
		return nil
	case s.bare:
		return s.explainBare(v)
	}
	c := s.registry.newCollector()
	s.fields(v, c)
	return c.err()
}

// explainBare is the second pass of validate.
func (s *schema[T]) explainBare(v *T) error {
	var list bareErrors
	for i := range s.rules {
		list.add(s.rules[i].fail(v))
	}
	return list.err()
}

// partial checks the fields with the names given.
func (s *schema[T]) partial(v *T, names []string) error {
	var part []FieldRule[T]
	var mistakes []error
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		found := pick(s.rules, name)
		if found == nil {
			mistakes = append(mistakes, fmt.Errorf("validate: Partial was given %.100q: the schema has no such field; write a name that it has: %w", name, ErrNoField))
		}
		part = append(part, found...)
	}
	if err := errors.Join(mistakes...); err != nil {
		return err
	}
	return newSchema(s.registry, part).validate(v)
}

// pick returns the rules for the field name, those in When with their condition.
func pick[T any](fields []FieldRule[T], name string) (found []FieldRule[T]) {
	for _, f := range fields {
		if f.inner == nil && f.name == name {
			found = append(found, f)
		}
		if inner := pick(f.inner, name); inner != nil {
			found = append(found, FieldRule[T]{cond: f.cond, inner: inner})
		}
	}
	return found
}
