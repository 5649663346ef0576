package validate

import (
	"context"
	"reflect"
)

// planFor returns the plan for the type of a Validator.
func (r *registry) planFor(t reflect.Type) (*plan, error) {
	if t.Kind() == reflect.Interface {
		// The walker finds the plan of what comes in it, as in a field of
		// interface type. The outermost value's own method is not called.
		return &plan{typ: t, ready: true, whole: &node{indirect: true, dynamic: true, methodsOff: true}}, nil
	}
	s, err := structType("For", t)
	if err != nil {
		return nil, err
	}
	return r.root(s)
}

// isOpen reports whether T is an interface type.
func (val *Validator[T]) isOpen() bool { return val.plan != nil && val.plan.whole != nil }

// listIn returns the slice or array that v leads to, if T is an interface type.
func (val *Validator[T]) listIn(v *T) (list reflect.Value, ok bool) {
	if !val.isOpen() {
		return list, false
	}
	list, _, ok = follow(reflect.ValueOf(v))
	return list, ok && isArray(list)
}

func isArray(v reflect.Value) bool { return v.Kind() == reflect.Slice || v.Kind() == reflect.Array }

// validateList checks the elements of a list. As with a struct, a valid one is
// walked once and without a collector.
func (r *registry) validateList(ctx context.Context, p *plan, list reflect.Value) error {
	if r.elements(ctx, p, list, nil, 0) {
		return nil
	}
	c := r.newCollector()
	r.elements(ctx, p, list, c, 0)
	return c.err()
}

// elements checks the elements of list, which is inside depth others. It returns
// false to end the walk, which without c is at the first error, and also if a
// rule with a context has not been asked.
func (r *registry) elements(ctx context.Context, p *plan, list reflect.Value, c *collector, depth int) bool {
	for i := range list.Len() {
		if c == nil {
			if !r.element(ctx, p, list.Index(i), nil, depth) {
				return false
			}
			continue
		}
		c.path = append(c.path, step{kind: stepIndex, index: i})
		if !r.element(ctx, p, list.Index(i), c, depth) {
			return false
		}
		c.path = c.path[:len(c.path)-1]
	}
	return true
}

// element checks an element on its own, with rules that name fields of the
// outermost struct seeing that of the element.
func (r *registry) element(ctx context.Context, p *plan, v reflect.Value, c *collector, depth int) bool {
	v, _, ok := follow(v)
	var fail *FieldError
	switch {
	case !ok, depth == r.maxDepth: // a pointer or list that leads to itself
		fail = &FieldError{Code: "max_depth", Param: r.maxDepth}
	case !v.IsValid():
		fail = &FieldError{Rule: "required", Code: "required"}
	case v.Kind() == reflect.Struct:
		return r.single(ctx, p, v, c)
	case isArray(v):
		return r.elements(ctx, p, v, c, depth+1)
	default:
		fail = wrongType("", "object")
	}
	if c == nil {
		return false
	}
	fail.Message = r.messageOf(fail)
	return c.add(fail, Path{})
}

// single checks the struct v.
func (r *registry) single(ctx context.Context, p *plan, v reflect.Value, c *collector) bool {
	w := walker{registry: r, top: v}
	ok := w.inside(p, v)
	switch {
	case ok && !w.later:
		return true
	case c == nil:
		return false
	}
	return r.collect(ctx, ok, p, v, nil, w.from, c)
}
