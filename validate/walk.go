package validate

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"sync"
)

// A walker checks one value, in one of two ways. The first pass only finds out
// whether there is an error: it keeps no path and stops at the first. The
// second pass collects the errors. Both are the same code, so that they cannot
// disagree.
//
// Its methods return false to end the walk.
type walker struct {
	*registry
	depth int   // structs around the current value
	fault error // a mistake in the tags of a type found in an interface

	collecting bool
	path       []step // only while collecting
	errs       Errors // at most maxErrors
	more       bool   // there are more errors than errs holds
}

// valid reports whether the struct v satisfies p. If the tags of a type in an
// interface are wrong, it is false.
func (r *registry) valid(p *plan, v reflect.Value) bool {
	w := walker{registry: r}
	return w.structure(p, v)
}

// validate returns the errors of the struct v as Errors, or the mistakes in
// the tags of a type in an interface.
func (r *registry) validate(p *plan, v reflect.Value) error {
	if r.valid(p, v) {
		return nil
	}
	w := walker{registry: r, collecting: true}
	w.structure(p, v)
	switch {
	case w.fault != nil:
		return w.fault
	case w.more:
		w.errs[len(w.errs)-1] = FieldError{
			Code:    "max_errors",
			Param:   r.maxErrors,
			Message: fmt.Sprintf("there are more than %d errors; the rest are left out", r.maxErrors),
		}
	case len(w.errs) == 0: // the value was changed between the passes
		return nil
	}
	return w.errs
}

// fail reports a failure at the current path.
func (w *walker) fail(e FieldError) bool {
	if !w.collecting {
		return false
	}
	if len(w.errs) == w.maxErrors {
		w.more = true
		return false
	}
	e.Path = Path{slices.Clone(w.path)}
	w.errs = append(w.errs, e)
	return w.maxErrors > 1
}

func (w *walker) tooDeep() bool {
	return w.fail(FieldError{
		Code:    "max_depth",
		Param:   w.maxDepth,
		Message: fmt.Sprintf("is nested more than %d levels deep", w.maxDepth),
	})
}

func (w *walker) push(s step) {
	if w.collecting {
		w.path = append(w.path, s)
	}
}

func (w *walker) pop() {
	if w.collecting {
		w.path = w.path[:len(w.path)-1]
	}
}

// structure checks the fields of a struct.
func (w *walker) structure(p *plan, v reflect.Value) bool {
	if len(p.fields) == 0 {
		return true
	}
	if w.depth == w.maxDepth {
		return w.tooDeep()
	}
	w.depth++
	for i := range p.fields {
		f := &p.fields[i]
		w.push(step{kind: stepField, text: f.name})
		if !w.value(&f.node, v.Field(f.index)) {
			return false
		}
		w.pop()
	}
	w.depth--
	return true
}

// value checks a value: its rules until one fails, and if none does, what is
// inside it.
func (w *walker) value(n *node, v reflect.Value) bool {
	v, behind, ok := follow(v)
	if !ok {
		return w.tooDeep()
	}
	for i := range n.rules {
		r := &n.rules[i]
		if r.byClass != nil {
			r = &r.byClass[classOf(v)]
		}
		switch {
		case r.ok == nil && hasValue(v, behind):
		case r.ok != nil && v.IsValid() && r.ok(v):
		case r.omit:
			return true
		default:
			return w.fail(r.fail)
		}
	}
	switch {
	case !v.IsValid():
		return true
	case n.elem != nil && v.Kind() == reflect.Map:
		return w.entries(n, v)
	case n.elem != nil:
		return w.elements(n, v)
	case n.sub != nil:
		return w.nested(n, n.sub, v)
	case n.dynamic && v.Kind() == reflect.Struct:
		p, err := w.plan(v.Type())
		if err != nil {
			w.fault = err
			return false
		}
		return w.nested(n, p, v)
	}
	return true
}

// nested checks a struct in a field or element.
func (w *walker) nested(n *node, p *plan, v reflect.Value) bool {
	if !n.inline || !w.collecting {
		return w.structure(p, v)
	}
	name := w.path[len(w.path)-1]
	w.pop()
	ok := w.structure(p, v)
	w.push(name)
	return ok
}

// elements checks the elements of a slice or array.
func (w *walker) elements(n *node, v reflect.Value) bool {
	for i := range v.Len() {
		w.push(step{kind: stepIndex, index: i})
		if !w.value(n.elem, v.Index(i)) {
			return false
		}
		w.pop()
	}
	return true
}

// entries checks the values of a map.
func (w *walker) entries(n *node, v reflect.Value) bool {
	first := len(w.errs)
	at := len(w.path)
	ok := w.eachEntry(n, v)
	// The order of a map is random. Sorting the errors costs no more than the
	// limit on their number, where sorting the keys would cost by the size of
	// the map. The sort is stable to keep the errors of one entry in order.
	slices.SortStableFunc(w.errs[first:], func(a, b FieldError) int {
		return cmp.Compare(a.Path.steps[at].text, b.Path.steps[at].text)
	})
	return ok
}

func (w *walker) eachEntry(n *node, v reflect.Value) bool {
	pool := w.scratchFor(v.Type())
	s := pool.Get().(*mapScratch)
	defer func() {
		// What waits in the pool holds on to nothing of the map.
		s.iter.Reset(reflect.Value{})
		s.elem.SetZero()
		pool.Put(s)
	}()
	s.iter.Reset(v)
	for s.iter.Next() {
		if w.collecting {
			w.push(keyStep(s.iter.Key()))
		}
		s.elem.SetIterValue(&s.iter)
		if !w.value(n.elem, s.elem) {
			return false
		}
		w.pop()
	}
	return true
}

// A mapScratch is what walking a map needs and reflect would otherwise
// allocate. A walk takes one for each map it is inside of.
type mapScratch struct {
	iter reflect.MapIter
	elem reflect.Value // addressable, of the map's element type
}

// scratchFor returns the pool for maps of type t.
func (r *registry) scratchFor(t reflect.Type) *sync.Pool {
	pool, ok := r.scratch.Load(t)
	if !ok {
		pool, _ = r.scratch.LoadOrStore(t, &sync.Pool{New: func() any {
			return &mapScratch{elem: reflect.New(t.Elem()).Elem()}
		}})
	}
	return pool.(*sync.Pool)
}

// follow returns the value that v is or that the pointers and interfaces in it
// lead to, and whether there were any. It is the zero Value if one of them is
// nil. It is not ok if they go on for longer than maxHops.
func follow(v reflect.Value) (value reflect.Value, behind, ok bool) {
	for range maxHops {
		if k := v.Kind(); k != reflect.Pointer && k != reflect.Interface {
			return v, behind, true
		}
		if v.IsNil() {
			return reflect.Value{}, true, true
		}
		v, behind = v.Elem(), true
	}
	return reflect.Value{}, true, false
}
