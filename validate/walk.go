package validate

import (
	"context"
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
// Its methods return false to end the walk. It is not passed to code of others,
// so that it stays on the stack.
type walker struct {
	*registry
	depth  int           // structs around the current value
	parent reflect.Value // the innermost of them, if its plan is related
	top    reflect.Value // the outermost
	mask   *mask         // which fields to check; nil means all
	fault  error         // a mistake of the program: validation has no result

	// ctx is set in the stage for rules with a context. Before that, their
	// being skipped is noted in later.
	ctx   context.Context
	later bool

	// from is the first field of the outermost struct to check. The first pass
	// leaves in it the one that it ended at, where the second begins.
	from int

	c *collector // nil in the first pass
}

// A collector takes down errors and where they are.
type collector struct {
	*registry
	path  []step
	found []failure // at most maxErrors
	more  bool      // there are more errors than that

	fault error // from a validator inside a typed rule: there is no result

	// tail is what follows path while the rules of a leaf run. In the outermost
	// struct path is empty, so that the errors there share what the plan has.
	tail *step

	// steps has the paths of the errors one after the other, so that they do
	// not cost an allocation each.
	steps []step
}

// A failure is an error until it is known how many there are: the error of a
// rule, which all its failures share, and the path of this one, either shared
// as well or from one of the collector's steps to another.
type failure struct {
	err        *FieldError
	shared     Path
	start, end int
}

// add reports e, which must not change any more, at the current path, followed
// by below. It returns false to end the walk.
func (c *collector) add(e *FieldError, below Path) bool {
	if len(c.found) == c.maxErrors {
		c.more = true
		return false
	}
	f := failure{err: e, start: len(c.steps)}
	switch {
	case len(c.path) == 0 && c.tail == nil:
		f.shared = below
	case len(c.path) == 0 && below.last == nil:
		f.shared = Path{last: c.tail}
	default:
		c.steps = append(c.steps, c.path...)
		if c.tail != nil {
			c.steps = append(c.steps, *c.tail)
		}
		c.steps = below.steps(c.steps)
	}
	f.end = len(c.steps)
	c.found = append(c.found, f)
	return c.maxErrors > 1
}

// newCollector returns an empty collector. What it writes to is used again, so
// that an error costs little more memory than it keeps.
func (r *registry) newCollector() *collector {
	c, _ := r.collectors.Get().(*collector)
	if c == nil {
		c = &collector{registry: r}
	}
	return c
}

// err returns the errors, of which the last may say that there are more. The
// collector must not be used after that.
func (c *collector) err() error {
	err := c.fault
	if err == nil && len(c.found) > 0 { // if there are none now, the value was changed between the passes
		errs := make(Errors, len(c.found))
		steps := slices.Clone(c.steps)
		for i, f := range c.found {
			errs[i] = *f.err
			if errs[i].Path = f.shared; f.start < f.end {
				errs[i].Path = newPath(steps[f.start:f.end])
			}
		}
		if c.more {
			e := FieldError{Code: "max_errors", Param: c.maxErrors}
			e.Message = c.messageOf(&e)
			errs[len(errs)-1] = e
		}
		err = errs
	}
	if cap(c.found) <= 2*defaultMaxErrors && cap(c.steps)+cap(c.path) <= 8*defaultMaxErrors {
		// What waits in the pool holds on to nothing of the value.
		clear(c.found)
		clear(c.steps)
		clear(c.path[:cap(c.path)])
		c.path, c.found, c.steps = c.path[:0], c.found[:0], c.steps[:0]
		c.more, c.fault, c.tail = false, nil, nil
		c.registry.collectors.Put(c)
	}
	return err
}

// validate returns the errors of v as Errors, or the mistakes of the program
// that came to light.
func (r *registry) validate(ctx context.Context, p *plan, v reflect.Value, m *mask) error {
	if p.bare && m == nil && v.CanAddr() {
		return p.checkBare(pointerTo(v))
	}
	w := walker{registry: r, top: v, mask: m}
	ok := w.inside(p, v)
	switch {
	case ok && !w.later:
		return nil
	case w.fault != nil:
		return w.fault
	}
	c := r.newCollector()
	r.collect(ctx, ok, p, v, m, w.from, c)
	return c.err()
}

// collect walks v once more, leaving out the fields before from, and adds its
// errors to c: those of rules with a context if all others hold, as ok says. It
// returns false to end the walk.
func (r *registry) collect(ctx context.Context, ok bool, p *plan, v reflect.Value, m *mask, from int, c *collector) bool {
	w := walker{registry: r, top: v, mask: m, from: from, c: c}
	if ok {
		w.ctx = ctx
	}
	proceed := w.inside(p, v)
	c.fault = w.fault
	return proceed && w.fault == nil
}

// valid reports whether v satisfies p. If the tags of a type in an interface
// are wrong, it is false.
func (r *registry) valid(p *plan, v reflect.Value) bool {
	if p.bare && v.CanAddr() {
		return p.firstWrong(pointerTo(v)) < 0
	}
	w := walker{registry: r, top: v}
	if !w.inside(p, v) {
		return false
	}
	if !w.later {
		return true
	}
	c := r.newCollector()
	r.collect(context.Background(), true, p, v, nil, 0, c)
	return c.err() == nil
}

// inside checks the outermost struct, or another value on its own.
func (w *walker) inside(p *plan, v reflect.Value) bool {
	if p.whole != nil {
		ok := w.value(p.whole, v)
		w.from = 0 // a struct was not the outermost value
		return ok
	}
	return len(p.fields) == 0 || w.structure(p, v)
}

// fail reports a failure at the current path.
func (w *walker) fail(e *FieldError) bool { return w.c != nil && w.c.add(e, Path{}) }

func (w *walker) tooDeep() bool {
	if w.c == nil {
		return false
	}
	e := FieldError{Code: "max_depth", Param: w.maxDepth}
	e.Message = w.messageOf(&e)
	return w.c.add(&e, Path{})
}

func (w *walker) push(s step) {
	if w.c != nil {
		w.c.path = append(w.c.path, s)
	}
}

func (w *walker) pop() {
	if w.c != nil {
		w.c.path = w.c.path[:len(w.c.path)-1]
	}
}

// structure checks the fields of a struct.
func (w *walker) structure(p *plan, v reflect.Value) bool {
	if w.depth == w.maxDepth {
		return w.tooDeep()
	}
	w.depth++
	around, mask, at := w.parent, w.mask, pointerTo(v)
	if p.related {
		w.parent = v
	}
	first := 0
	if w.depth == 1 {
		first = w.from
	}
	for i := first; i < len(p.fields); i++ {
		f := &p.fields[i]
		if mask != nil {
			var ok bool
			if w.mask, ok = mask.at(f.index); !ok {
				continue
			}
		}
		switch leaf := &f.node.leaf; {
		case leaf.bare && at != nil:
			if leaf.holdsAt(at, f.offset) {
				continue
			}
		case leaf.kind != leafNone && leaf.holds(v.Field(f.index)):
			continue
		}
		if !w.field(f, v.Field(f.index)) {
			w.from = i // the outermost struct is left last
			return false
		}
	}
	w.parent, w.mask = around, mask
	w.depth--
	return true
}

// field checks a field of a struct, other than a leaf that holds.
func (w *walker) field(f *field, v reflect.Value) bool {
	if f.node.leaf.kind != leafNone {
		if w.c == nil {
			return false
		}
		w.c.tail = &f.step
		_, ok := w.rules(&f.node, v, false)
		w.c.tail = nil
		return ok
	}
	w.push(f.step)
	if !w.value(&f.node, v) {
		return false
	}
	w.pop()
	return true
}

// value checks a value: its rules until one fails, and if none does, what is
// inside it.
func (w *walker) value(n *node, v reflect.Value) bool {
	behind := false
	if n.indirect {
		var ok bool
		if v, behind, ok = follow(v); !ok {
			return w.tooDeep()
		}
	}
	if n.null != nil && v.IsValid() {
		behind = true
		if !v.Field(n.null.valid).Bool() {
			v = reflect.Value{}
		} else if value, _, ok := follow(v.Field(n.null.value)); ok {
			v = value
		} else {
			return w.tooDeep()
		}
	}
	if len(n.rules) > 0 && w.mask == nil { // with a mask, only fields inside are asked for
		if more, ok := w.rules(n, v, behind); !more {
			return ok
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
	case n.dynamic && (v.Kind() == reflect.Struct || v.Type().PkgPath() != ""):
		p, err := w.within(v.Type(), w.top.Type())
		if err != nil {
			w.fault = err
			return false
		}
		return w.nested(n, p, v)
	}
	return true
}

// rules checks the rules of a value. It says whether there is more to check in
// it, and if not, whether the walk goes on.
func (w *walker) rules(n *node, v reflect.Value, behind bool) (more, ok bool) {
	failed := false
	for i := range n.rules {
		r := &n.rules[i]
		fail := r.fail
		switch r.op {
		case opString:
			if v.IsValid() && r.str(v.String()) {
				continue
			}
		case opInt:
			if v.IsValid() && r.num(v.Int()) {
				continue
			}
		case opValue:
			if v.IsValid() && r.ok(v) {
				continue
			}
		case opOmit:
			if !hasValue(v, behind) {
				return false, true
			}
			continue
		case opOmitZero:
			if !v.IsValid() || v.IsZero() || classOf(v) == classList && v.Len() == 0 {
				return false, true
			}
			continue
		case opOmitNil:
			if isNil(v) {
				return false, true
			}
			continue
		default:
			result := w.judge(r, v, behind)
			switch {
			case result.err != nil:
				w.fault = result.err
				return false, false
			case result.ok:
				continue
			case result.fail != nil:
				fail = result.fail
			}
		}
		if !w.fail(fail) {
			return false, false
		}
		failed = true
		// Without a value no other rule holds, and to say so is no help.
		if !w.allRules || !v.IsValid() || fail.Code == "required" {
			return false, true
		}
	}
	return !failed, true
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Slice, reflect.Map, reflect.Chan, reflect.Func:
		return v.IsNil()
	}
	return false
}

// judge checks a rule that may look beyond the value.
func (w *walker) judge(r *rule, v reflect.Value, behind bool) verdict {
	switch r.op {
	case opRequired:
		return verdict{ok: hasValue(v, behind) || r.when != nil && !r.when.holds(w.parent)}
	case opExcluded:
		return verdict{ok: !hasValue(v, behind) || r.when != nil && !r.when.holds(w.parent)}
	case opRelated:
		return verdict{ok: v.IsValid() && r.rel(w.parent, w.top, v)}
	case opAny:
		for i := range r.any {
			if one := w.judge(&r.any[i], v, behind); one.ok || one.err != nil {
				return one
			}
		}
		return verdict{}
	case opContext:
		if w.ctx == nil {
			w.later = true
			return verdict{ok: true}
		}
		if err := context.Cause(w.ctx); err != nil {
			return verdict{err: fmt.Errorf("validate: the context ended before all rules were asked: %w", err)}
		}
		if !v.IsValid() {
			return verdict{}
		}
		return r.user(w.ctx, v)
	}
	if !v.IsValid() {
		return verdict{}
	}
	return r.judge(context.Background(), v)
}

// judge checks a rule that looks at the value alone.
func (r *rule) judge(ctx context.Context, v reflect.Value) verdict {
	switch r.op {
	case opString:
		return verdict{ok: r.str(v.String())}
	case opInt:
		return verdict{ok: r.num(v.Int())}
	case opUser:
		return r.user(ctx, v)
	case opDynamic:
		m := r.more[classOf(v)]
		if m == nil {
			return verdict{fail: r.fail}
		}
		result := m.judge(ctx, v)
		if result.fail == nil {
			result.fail = m.fail
		}
		return result
	default:
		return verdict{ok: r.ok(v)}
	}
}

// nested checks a struct in a field or element, or a value with a method that
// checks it.
func (w *walker) nested(n *node, p *plan, v reflect.Value) bool {
	before := 0
	inline := n.inline && w.c != nil
	var name step
	if inline {
		name = w.c.path[len(w.c.path)-1]
		w.pop()
	}
	if w.c != nil {
		before = len(w.c.found)
	}
	if len(p.fields) > 0 && !n.fieldsOff && !w.structure(p, v) {
		return false
	}
	// The method may rely on what the tags say, so it is not asked if they do
	// not hold.
	if p.methods != 0 && !n.methodsOff && w.mask == nil && (w.c == nil || len(w.c.found) == before) && !w.ask(p, v) {
		return false
	}
	if inline {
		w.push(name)
	}
	return true
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

// entries checks the keys and values of a map.
func (w *walker) entries(n *node, v reflect.Value) bool {
	if w.c == nil {
		return w.eachEntry(n, v)
	}
	first, at := len(w.c.found), len(w.c.path)
	ok := w.eachEntry(n, v)
	w.c.sort(first, at)
	return ok
}

// sort puts the errors from first on in the order of the keys at that place of
// their paths. The order of a map is random. Sorting the errors costs no more
// than the limit on their number, where sorting the keys would cost by the size
// of the map. The errors of one entry stay as they are.
func (c *collector) sort(first, at int) {
	list := slices.Clone(c.found[first:])
	key := func(i int) string { return c.steps[list[i].start+at].text }
	for i, from := range order(len(list), func(i, j int) bool { return key(i) < key(j) }) {
		c.found[first+i] = list[from]
	}
}

func (w *walker) eachEntry(n *node, v reflect.Value) bool {
	pool := w.scratchFor(v.Type())
	s := pool.Get().(*mapScratch)
	defer func() {
		// What waits in the pool holds on to nothing of the map.
		s.iter.Reset(reflect.Value{})
		s.key.SetZero()
		s.elem.SetZero()
		pool.Put(s)
	}()
	s.iter.Reset(v)
	for s.iter.Next() {
		if w.c != nil {
			w.push(keyStep(s.iter.Key()))
		}
		if n.keys != nil {
			s.key.SetIterKey(&s.iter)
			if !w.value(n.keys, s.key) {
				return false
			}
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
	iter      reflect.MapIter
	key, elem reflect.Value // addressable, of the map's types
}

// scratchFor returns the pool for maps of type t.
func (r *registry) scratchFor(t reflect.Type) *sync.Pool {
	pool, ok := r.scratch.Load(t)
	if !ok {
		pool, _ = r.scratch.LoadOrStore(t, &sync.Pool{New: func() any {
			return &mapScratch{key: reflect.New(t.Key()).Elem(), elem: reflect.New(t.Elem()).Elem()}
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
