package validate

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A registry keeps the plans of all struct types it has met, and the settings
// they are compiled and run with.
//
// The package has one of its own, behind Struct and Compile, and that is the
// only state of the package: a memo of a function of types, which starts no
// work and holds no values. Entries stay for ever, as the types themselves do,
// even those made with reflect.StructOf.
type registry struct {
	tag, nameTag        string
	maxDepth, maxErrors int
	allRules, autoDive  bool
	messages            Messages
	tags                []TagRule

	plans   sync.Map                 // from reflect.Type to *plan; each is complete and free of mistakes
	recent  [64]atomic.Pointer[plan] // some of plans, by the address of their type: a look-up takes a third of the time
	inside  sync.Map                 // from placed to *plan, for types whose rules name fields of the outermost struct
	scratch sync.Map                 // from the reflect.Type of a map to *sync.Pool of *mapScratch
	vars    sync.Map                 // from reflect.Type to *sync.Map from the tag to *varPlan

	collectors sync.Pool // of *collector
}

// A placed type is one inside another.
type placed struct{ typ, top reflect.Type }

// A plan says how to check a type: a struct, or another with a method that
// checks it. It does not change once it is in the registry.
type plan struct {
	typ    reflect.Type
	fields []field // those with something to check
	ready  bool    // the fields are complete
	bare   bool    // see bare.go

	// related is set if a rule looks at other fields of the struct.
	related bool

	// top is the outermost struct if a rule somewhere in the type names its
	// fields, and nil otherwise: the plan is then good inside any type.
	top reflect.Type

	methods methods

	whole *node // in place of fields, for a value that is not in a struct
}

func (p *plan) isEmpty() bool { return p.ready && len(p.fields) == 0 && p.methods == 0 }

type field struct {
	offset uintptr // in the struct
	index  int     // in the struct
	step   step    // its name on the wire
	node   node
}

// A node says how to check a value: that of a field, or of an element after
// dive. The value may be behind pointers and interfaces.
type node struct {
	leaf  leaf
	rules []rule
	keys  *node // for the keys of a map; nil without keys
	elem  *node // for the elements of a slice, array or map; nil without dive
	sub   *plan // for a struct, or another type with a Validate method
	null  *null // for a type such as sql.NullString

	indirect bool // the type is a pointer or an interface

	// dynamic marks an interface type: a struct in it is checked with the
	// plan of the type it turns out to have.
	dynamic bool

	// inline marks an embedded struct without a name on the wire. Its own
	// rules are reported under its Go name, and its fields as if they were
	// fields of the struct around it.
	inline bool

	fieldsOff  bool // structonly or nostructlevel
	methodsOff bool // nostructlevel, or the methods are promoted to the struct around
}

func (n *node) isEmpty() bool {
	return len(n.rules) == 0 && n.elem == nil && n.keys == nil && n.sub == nil && !n.dynamic
}

// maxHops is the longest chain of pointers and interfaces that is followed to
// one value. Only a chain that leads back to itself is longer.
const maxHops = 64

// base follows the pointers of t to the type of the value behind them. It is
// nil for a type that only points to itself, such as type P *P.
func base(t reflect.Type) reflect.Type {
	for range maxHops {
		if t.Kind() != reflect.Pointer {
			return t
		}
		t = t.Elem()
	}
	return nil
}

// root returns the plan for the struct type t, compiling it first if it is
// new. The error joins all mistakes in the tags of t and of the types in it.
func (r *registry) root(t reflect.Type) (*plan, error) {
	slot := &r.recent[reflect.ValueOf(t).Pointer()/64%uintptr(len(r.recent))]
	if p := slot.Load(); p != nil && p.typ == t {
		return p, nil
	}
	p, ok := r.plans.Load(t)
	if !ok {
		compiled, err := r.compile(t, t)
		if err != nil {
			return nil, err
		}
		p = compiled
	}
	// The first type keeps the slot: programs with many types would otherwise
	// write to it all the time, for all processors to read again.
	slot.CompareAndSwap(nil, p.(*plan))
	return p.(*plan), nil
}

// within returns the plan for the type t inside a top.
func (r *registry) within(t, top reflect.Type) (*plan, error) {
	if p, ok := r.plans.Load(t); ok && p.(*plan).top == nil {
		return p.(*plan), nil
	}
	if p, ok := r.inside.Load(placed{t, top}); ok {
		return p.(*plan), nil
	}
	return r.compile(t, top)
}

func (r *registry) compile(t, top reflect.Type) (*plan, error) {
	c := newCompiler(r, top)
	p := c.plan(t)
	return p, c.finish()
}

// own returns the rule of that name from Options.Tags, or nil.
func (r *registry) own(name string) *TagRule {
	for i := range r.tags {
		if r.tags[i].name == name {
			return &r.tags[i]
		}
	}
	return nil
}

// A compiler makes the plans for a type and for all types in it.
type compiler struct {
	registry *registry
	top      reflect.Type           // the outermost struct
	usesTop  bool                   // a rule names its fields
	made     map[reflect.Type]*plan // may be incomplete, may belong to types with mistakes
	mistakes []error
}

func newCompiler(r *registry, top reflect.Type) *compiler {
	return &compiler{registry: r, top: top, made: make(map[reflect.Type]*plan)}
}

// structType returns the struct that t is or points to. To have none is a
// mistake.
func structType(caller string, t reflect.Type) (reflect.Type, error) {
	if t == nil {
		return nil, notStruct(caller, "nil", "pass a struct type")
	}
	if s := base(t); s != nil && s.Kind() == reflect.Struct {
		return s, nil
	}
	return nil, notStruct(caller, "the type "+typeName(t), "pass a struct type")
}

// finish hands the plans over to the registry if there were no mistakes, and
// returns the mistakes joined. Nothing is kept otherwise: the plans refer to
// each other, and any of them may lead to one that is wrong.
func (c *compiler) finish() error {
	if len(c.mistakes) > 0 {
		return errors.Join(c.mistakes...)
	}
	for t, p := range c.made {
		switch {
		case !c.usesTop:
			c.registry.plans.LoadOrStore(t, p)
		case t == c.top:
			p.top = c.top
			c.registry.plans.LoadOrStore(t, p)
			fallthrough
		default:
			p.top = c.top
			c.registry.inside.LoadOrStore(placed{t, c.top}, p)
		}
	}
	return nil
}

func (c *compiler) plan(t reflect.Type) *plan {
	if p, ok := c.registry.plans.Load(t); ok && p.(*plan).top == nil {
		return p.(*plan)
	}
	if p, ok := c.made[t]; ok {
		return p
	}
	p := &plan{typ: t, methods: methodsOf(t)}
	c.made[t] = p // before the fields, which may lead back to t
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			f := fieldCompiler{compiler: c, typ: t, field: t.Field(i)}
			if compiled := f.compile(i, p.methods); compiled != nil {
				p.fields = append(p.fields, *compiled)
				p.related = p.related || f.related
			}
		}
	}
	p.ready = true
	c.registry.bare(p)
	return p
}

// A fieldCompiler compiles one field and knows where mistakes are.
type fieldCompiler struct {
	*compiler
	typ     reflect.Type // the struct; nil for Var
	field   reflect.StructField
	related bool // a rule looks at other fields of typ
}

func (f *fieldCompiler) mistake(t *term, err error) {
	e := &TagError{Type: f.typ, Field: f.field.Name, Tag: t.text, Reason: err.Error()}
	if f.typ == nil {
		e.Type = f.field.Type
	}
	f.mistakes = append(f.mistakes, e)
}

// where names the field for errors of the program.
func (f *fieldCompiler) where() string {
	if f.typ == nil {
		return "Var of " + typeName(f.field.Type)
	}
	return typeName(f.typ) + "." + f.field.Name
}

// compile returns the field, which is the one at index, or nil if there is nothing
// to check. Around are the methods of the struct.
func (f *fieldCompiler) compile(index int, around methods) *field {
	tag := f.field.Tag.Get(f.registry.tag)
	if trim(tag) == "-" {
		return nil
	}
	t := base(f.field.Type)
	embedded := f.field.Anonymous && t != nil && t.Kind() == reflect.Struct
	// The exported fields of an embedded struct are within reach even if the
	// struct's own name is not exported.
	if !f.field.IsExported() && !embedded {
		if text := trim(tag); text != "" {
			f.mistake(&term{text: text}, errors.New("the field is not exported and cannot be checked; export it or remove the tag"))
		}
		return nil
	}
	n := f.node(f.field.Type, parseTag(tag))
	if n.isEmpty() {
		return nil
	}
	name, named := f.registry.wireName(&f.field)
	n.inline = embedded && !named
	// A method of an embedded struct is one of the struct around it too.
	n.methodsOff = n.methodsOff || embedded && around != 0
	return &field{f.field.Offset, index, step{kind: stepField, text: name}, *n}
}

// wireName returns the name that the name tag gives the field, or its Go name
// if the tag gives none. The tag "-" counts as giving the Go name: such a
// field is not on the wire, so its errors must not look like those of one
// that is.
func (r *registry) wireName(f *reflect.StructField) (name string, named bool) {
	tag := f.Tag.Get(r.nameTag)
	if tag == "-" {
		return f.Name, true
	}
	if name, _, _ = strings.Cut(tag, ","); name != "" {
		return name, true
	}
	return f.Name, false
}

// isControl reports whether name says what is done with a value rather than
// what it is to be.
func isControl(name string) bool {
	return listed("omitempty omitnil omitzero dive keys endkeys structonly nostructlevel", name)
}

// node compiles terms for values of type declared.
func (f *fieldCompiler) node(declared reflect.Type, terms []term) *node {
	n := new(node)
	t := base(declared)
	if t == nil {
		for i := range terms {
			f.mistake(&terms[i], errors.New("the type of the field only points to itself; remove the tag or change the type"))
		}
		return n
	}
	n.indirect = t != declared || t.Kind() == reflect.Interface
	if n.null = nullOf(t); n.null != nil {
		if inner := base(t.Field(n.null.value).Type); inner != nil {
			t = inner
		}
	}
	n.dynamic = t.Kind() == reflect.Interface
	dived := false
	for i := range terms {
		term := &terms[i]
		if term.name == "dive" {
			f.dive(n, t, term, terms[i+1:])
			dived = true
			break
		}
		f.term(n, t, term)
	}
	if f.registry.autoDive && !dived && holdsStructs(t, 0) {
		n.elem = f.node(t.Elem(), nil)
	}
	if t.Kind() == reflect.Struct || methodsOf(t) != 0 {
		n.sub = f.plan(t)
		// A type without anything to check, such as time.Time, costs nothing.
		if n.sub.isEmpty() {
			n.sub = nil
		}
	}
	if !n.indirect && n.null == nil && n.sub == nil && n.elem == nil {
		n.leaf = leafOf(t, n.rules)
	}
	return n
}

// term compiles one term other than dive for values of type typ.
func (f *fieldCompiler) term(n *node, typ reflect.Type, t *term) {
	switch t.name {
	case "structonly", "nostructlevel":
		err := t.check()
		if err == nil && typ.Kind() != reflect.Struct && typ.Kind() != reflect.Interface {
			err = misfit(t, typ)
		}
		if err != nil {
			f.mistake(t, err)
		}
		n.fieldsOff = true
		n.methodsOff = n.methodsOff || t.name == "nostructlevel"
		return
	case "keys", "endkeys":
		f.mistake(t, wrongf("%s is out of place; write dive,keys,...,endkeys, ... for a map", t.name))
		return
	}
	r, err := f.rule(t, typ)
	if err != nil {
		r, err = f.valued(t, typ, err)
	}
	if err == nil && !f.field.IsExported() && !r.isPresence() {
		err = errors.New("the type of the embedded field is not exported, so that only rules about its presence apply; export the type")
	}
	if err != nil {
		f.mistake(t, err)
		return
	}
	direct := !n.indirect && n.null == nil
	if r.op == opRequired && r.when == nil && direct {
		r.require(typ)
	}
	f.add(n, r)
}

// add gives r its message and adds it to n.
func (f *fieldCompiler) add(n *node, r *rule) {
	f.related = f.related || r.isRelated()
	f.word(r)
	n.rules = append(n.rules, *r)
}

// require makes r, which is required, a rule for a value that is not behind a
// pointer: there the test is a simpler one.
func (r *rule) require(t reflect.Type) {
	switch t.Kind() {
	case reflect.String:
		r.op, r.str, r.span = opString, func(s string) bool { return s != "" }, spanOf(relAtLeast, 1)
	case reflect.Slice, reflect.Map, reflect.Chan, reflect.Func:
		r.op, r.ok = opValue, func(v reflect.Value) bool { return !v.IsNil() }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		r.op, r.num = opInt, func(n int64) bool { return n != 0 }
	default:
		r.op, r.ok = opValue, func(v reflect.Value) bool { return !v.IsZero() }
	}
}

// isPresence reports whether r only asks if there is a value.
func (r *rule) isPresence() bool { return r.op >= opRequired && r.op <= opOmitNil }

// isRelated reports whether r looks at other fields.
func (r *rule) isRelated() bool {
	for i := range r.any {
		if r.any[i].isRelated() {
			return true
		}
	}
	return r.op == opRelated || r.when != nil
}

// word gives the error of r its message.
func (f *fieldCompiler) word(r *rule) {
	if r.fail != nil {
		f.wordError(r.fail)
	}
}

func (f *fieldCompiler) wordError(e *FieldError) { e.Message = f.registry.messageOf(e) }

// holdsStructs reports whether t is a list whose elements AutoDive looks at.
func holdsStructs(t reflect.Type, depth int) bool {
	if classOfType(t) != classList || depth == maxHops {
		return false
	}
	elem := base(t.Elem())
	return elem != nil && (elem.Kind() == reflect.Struct && !isTime(elem) || elem.Kind() == reflect.Interface || holdsStructs(elem, depth+1))
}

// dive compiles the terms after dive for the elements of t. Dive itself is a
// rule too: a nil pointer fails it, and so does an interface that holds
// something without elements.
func (f *fieldCompiler) dive(n *node, t reflect.Type, dive *term, rest []term) {
	if err := dive.check(); err != nil {
		f.mistake(dive, err)
	}
	// What is in an interface is as unknown as what holds it. After a dive that
	// does not apply, the rest is compiled all the same, for its mistakes.
	key, elem := reflect.TypeFor[any](), reflect.TypeFor[any]()
	switch {
	case classOfType(t) == classList:
		elem = t.Elem()
		if t.Kind() == reflect.Map {
			key = t.Key()
		}
	case t.Kind() != reflect.Interface:
		f.mistake(dive, misfit(dive, t))
	}
	if n.indirect || n.null != nil {
		f.add(n, &rule{
			op:   opValue,
			ok:   func(v reflect.Value) bool { return classOf(v) == classList },
			fail: wrongType("dive", classList.noun()),
		})
	}
	if len(rest) > 0 && rest[0].name == "keys" {
		rest = f.diveKeys(n, t, key, rest)
	}
	n.elem = f.node(elem, rest)
}

// diveKeys compiles the terms between keys and endkeys for the keys of t, and
// returns those after endkeys.
func (f *fieldCompiler) diveKeys(n *node, t, key reflect.Type, terms []term) (rest []term) {
	keys := &terms[0]
	if err := keys.check(); err != nil {
		f.mistake(keys, err)
	}
	if t.Kind() != reflect.Map && t.Kind() != reflect.Interface {
		f.mistake(keys, wrongf("keys does not apply to %s, only to maps; remove it or change the type of the field", typeName(t)))
	}
	terms = terms[1:]
	end := slices.IndexFunc(terms, func(t term) bool { return t.name == "endkeys" })
	if end < 0 {
		f.mistake(keys, errors.New("keys has no end; write endkeys after the rules for the keys"))
		return nil
	}
	if err := terms[end].check(); err != nil {
		f.mistake(&terms[end], err)
	}
	n.keys = f.node(key, terms[:end])
	return terms[end+1:]
}

// typeName returns the name of t without the paths of the packages that the
// parameters of a generic type come from, and without the numbers of types
// that are declared inside functions.
func typeName(t reflect.Type) string {
	text := []byte(t.String())
	out := text[:0]
	word := 0 // where the current word starts in out
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '/':
			out = out[:word]
		case string(text[i:min(i+2, len(text))]) == "·":
			for i++; i+1 < len(text) && isDigit(text[i+1]); i++ {
			}
		default:
			out = append(out, c)
			if strings.IndexByte("[], *(){};", c) >= 0 {
				word = len(out)
			}
		}
	}
	return string(out)
}
