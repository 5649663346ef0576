package validate

import (
	"errors"
	"reflect"
	"strings"
	"sync"
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

	plans   sync.Map // from reflect.Type to *plan; each is complete and free of mistakes
	scratch sync.Map // from the reflect.Type of a map to *sync.Pool of *mapScratch
}

// A plan says how to check a struct type. It does not change once it is in the
// registry.
type plan struct {
	fields []field // those with something to check
}

type field struct {
	index int    // in the struct
	name  string // on the wire
	node  node
}

// A node says how to check a value: that of a field, or of an element after
// dive. The value may be behind pointers and interfaces.
type node struct {
	rules []rule
	elem  *node // for the elements of a slice, array or map; nil without dive
	sub   *plan // for a struct

	// dynamic marks an interface type: a struct in it is checked with the
	// plan of the type it turns out to have.
	dynamic bool

	// inline marks an embedded struct without a name on the wire. Its own
	// rules are reported under its Go name, and its fields as if they were
	// fields of the struct around it.
	inline bool
}

func (n *node) isEmpty() bool {
	return len(n.rules) == 0 && n.elem == nil && n.sub == nil && !n.dynamic
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

// plan returns the plan for the struct type t, compiling it first if it is
// new. The error joins all mistakes in the tags of t and of the types in it.
func (r *registry) plan(t reflect.Type) (*plan, error) {
	if p, ok := r.plans.Load(t); ok {
		return p.(*plan), nil
	}
	c := newCompiler(r)
	p := c.plan(t)
	if err := c.finish(); err != nil {
		return nil, err
	}
	return p, nil
}

// A compiler makes the plans for some types and for all types in them.
type compiler struct {
	registry *registry
	made     map[reflect.Type]*plan // may be incomplete, may belong to types with mistakes
	mistakes []error
}

func newCompiler(r *registry) *compiler {
	return &compiler{registry: r, made: make(map[reflect.Type]*plan)}
}

// root returns the plan for the struct that t is or points to. To have none is
// a mistake too.
func (c *compiler) root(caller string, t reflect.Type) *plan {
	if t != nil {
		if s := base(t); s != nil && s.Kind() == reflect.Struct {
			return c.plan(s)
		}
	}
	given := "nil"
	if t != nil {
		given = "the type " + t.String()
	}
	c.mistakes = append(c.mistakes, notStruct(caller, given, "pass a struct type"))
	return nil
}

// finish hands the plans over to the registry if there were no mistakes, and
// returns the mistakes joined. Nothing is kept otherwise: the plans refer to
// each other, and any of them may lead to one that is wrong.
func (c *compiler) finish() error {
	if len(c.mistakes) > 0 {
		return errors.Join(c.mistakes...)
	}
	for t, p := range c.made {
		c.registry.plans.LoadOrStore(t, p)
	}
	return nil
}

func (c *compiler) plan(t reflect.Type) *plan {
	if p, ok := c.registry.plans.Load(t); ok {
		return p.(*plan)
	}
	if p, ok := c.made[t]; ok {
		return p
	}
	p := new(plan)
	c.made[t] = p // before the fields, which may lead back to t
	for i := range t.NumField() {
		f := fieldCompiler{c, t, t.Field(i)}
		if n, name := f.compile(); !n.isEmpty() {
			p.fields = append(p.fields, field{i, name, n})
		}
	}
	return p
}

// A fieldCompiler compiles one field and knows where mistakes are.
type fieldCompiler struct {
	*compiler
	typ   reflect.Type // the struct
	field reflect.StructField
}

func (f *fieldCompiler) mistake(t term, err error) {
	f.mistakes = append(f.mistakes, &TagError{Type: f.typ, Field: f.field.Name, Tag: t.text, Reason: err.Error()})
}

// compile returns the node for the field and its name on the wire. The node is
// empty if there is nothing to check.
func (f *fieldCompiler) compile() (n node, name string) {
	tag := strings.TrimSpace(f.field.Tag.Get(f.registry.tag))
	if tag == "-" {
		return node{}, ""
	}
	t := base(f.field.Type)
	embedded := f.field.Anonymous && t != nil && t.Kind() == reflect.Struct
	// The exported fields of an embedded struct are within reach even if the
	// struct's own name is not exported.
	if !f.field.IsExported() && !embedded {
		if tag != "" {
			f.mistake(term{text: tag}, errors.New("the field is not exported and cannot be checked; export it or remove the tag"))
		}
		return node{}, ""
	}
	n = f.node(f.field.Type, parseTag(tag))
	name, named := f.wireName()
	n.inline = embedded && !named
	return n, name
}

// wireName returns the name that the name tag gives the field, or its Go name
// if the tag gives none. The tag "-" counts as giving the Go name: such a
// field is not on the wire, so its errors must not look like those of one
// that is.
func (f *fieldCompiler) wireName() (name string, named bool) {
	tag := f.field.Tag.Get(f.registry.nameTag)
	if tag == "-" {
		return f.field.Name, true
	}
	if name, _, _ = strings.Cut(tag, ","); name != "" {
		return name, true
	}
	return f.field.Name, false
}

// node compiles terms for values of type declared.
func (f *fieldCompiler) node(declared reflect.Type, terms []term) node {
	var n node
	t := base(declared)
	if t == nil {
		for _, term := range terms {
			f.mistake(term, errors.New("the type of the field only points to itself; remove the tag or change the type"))
		}
		return n
	}
	n.dynamic = t.Kind() == reflect.Interface
	for i, term := range terms {
		if term.name == "dive" {
			f.dive(&n, t, term, terms[i+1:])
			break
		}
		if r, err := compileTerm(term, t); err != nil {
			f.mistake(term, err)
		} else {
			n.rules = append(n.rules, r)
		}
	}
	if t.Kind() == reflect.Struct {
		n.sub = f.plan(t)
	}
	return n
}

// compileTerm compiles a term other than dive for values of type t.
func compileTerm(term term, t reflect.Type) (rule, error) {
	if err := term.check(); err != nil {
		return rule{}, err
	}
	switch {
	case term.name == "required":
		return rule{fail: FieldError{Rule: "required", Code: "required", Message: "is required"}}, nil
	case term.name == "omitempty":
		return rule{omit: true}, nil
	case t.Kind() == reflect.Interface:
		return compileAny(term)
	default:
		return compileRule(term, t)
	}
}

// dive compiles the terms after dive for the elements of t. Dive itself is a
// rule too: a nil pointer fails it, and so does an interface that holds
// something without elements.
func (f *fieldCompiler) dive(n *node, t reflect.Type, dive term, rest []term) {
	if err := dive.check(); err != nil {
		f.mistake(dive, err)
	}
	// What is in an interface is as unknown as what holds it. After a dive that
	// does not apply, the rest is compiled all the same, for its mistakes.
	elem := reflect.TypeFor[any]()
	switch {
	case classOfType(t) == classList:
		elem = t.Elem()
	case t.Kind() != reflect.Interface:
		f.mistake(dive, misfit(dive, t))
	}
	n.rules = append(n.rules, rule{
		ok:   func(v reflect.Value) bool { return classOf(v) == classList },
		fail: FieldError{Rule: "dive", Code: "type", Message: "must be " + classList.noun()},
	})
	element := f.node(elem, rest)
	n.elem = &element
}
