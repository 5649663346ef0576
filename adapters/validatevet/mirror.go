package validatevet

import (
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A mirror makes reflect types that package validate compiles as it would the
// types in the source. It so needs no second list of the rules and of what they
// apply to, which could contradict the first.
//
// A reflect type that is made at run time has no name and no methods. A type whose
// methods make a difference can be shown without them, or as one that has none of
// its fields.
type mirror struct {
	pkg   *types.Package
	value string            // of the tag
	loose bool              // show any
	stood bool              // there was such a type
	texts map[string]string // from what reflect calls a type to what the source calls it
	ids   map[string]int    // by the full name of a struct type
	open  map[string]bool   // named types that are being mirrored, other than structs
	depth int               // of embedded structs in each other
}

func newMirror(pkg *types.Package, value string, loose bool) *mirror {
	return &mirror{pkg: pkg, value: value, loose: loose, texts: make(map[string]string), ids: make(map[string]int), open: make(map[string]bool)}
}

// maxEmbedded is how deep structs are embedded in each other before the mirror
// gives up, as it must on one that embeds a pointer to itself.
const maxEmbedded = 8

// around returns the struct s with the tag on the field of that index alone, under
// that key.
//
// What the tag does not mention needs a name only, for hints.
func (m *mirror) around(s *types.Struct, index int, key string) reflect.Type {
	levels := m.levels()
	var fields []reflect.StructField
	for i := range s.NumFields() {
		v := s.Field(i)
		if i != index && !v.Embedded() && !m.mentions(v) {
			if v.Exported() {
				fields = append(fields, reflect.StructField{Name: v.Name(), Type: reflect.TypeFor[any]()})
			}
			continue
		}
		if f, ok := m.field(v, levels+1, i == index); ok {
			if i == index {
				f.Tag = reflect.StructTag(key + ":" + strconv.Quote(m.value))
			}
			fields = append(fields, f)
		}
	}
	return reflect.StructOf(fields)
}

// levels returns how deep the tag can see. A path in it leads into as many structs
// as it has dots.
func (m *mirror) levels() int {
	most := 0
	for word := range strings.FieldsFuncSeq(m.value, func(r rune) bool { return strings.ContainsRune(" ,|='", r) }) {
		most = max(most, strings.Count(word, "."))
	}
	return most + 1
}

// mentions reports whether the tag may name v.
func (m *mirror) mentions(v *types.Var) bool { return strings.Contains(m.value, v.Name()) }

// field returns the mirror of a field, unless no rule can see it. Tagged is the
// one that the tag belongs to.
func (m *mirror) field(v *types.Var, levels int, tagged bool) (f reflect.StructField, ok bool) {
	inner := v.Embedded() && isStruct(deref(v.Type()))
	if !v.Exported() && !inner && !tagged {
		return f, false
	}
	f.Name = v.Name()
	if !inner {
		f.Type = m.typ(v.Type(), levels-1, tagged)
		if !v.Exported() {
			f.PkgPath = "main"
		}
		return f, true
	}
	if m.depth == maxEmbedded && !tagged {
		return f, false
	}
	// The fields of an embedded struct are as near as those beside it.
	m.depth++
	f.Type = m.typ(v.Type(), levels, tagged)
	m.depth--
	if !v.Exported() {
		f.Name = "Embedded_" + f.Name // reflect makes no others
	}
	shown := f.Type
	if shown.Kind() == reflect.Pointer {
		shown = shown.Elem()
	}
	f.Anonymous = shown.Kind() == reflect.Struct && shown != reflect.TypeFor[time.Time]()
	return f, true
}

func isStruct(t types.Type) bool {
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// deref returns what the pointers of t lead to.
func deref(t types.Type) types.Type {
	for range maxHops {
		p, ok := t.Underlying().(*types.Pointer)
		if !ok {
			return t
		}
		t = p.Elem()
	}
	return types.Typ[types.Invalid] // type P *P
}

// maxHops is the longest chain of pointers that is followed.
const maxHops = 64

// maxArray is the most bytes of an array that is shown in full length.
const maxArray = 1 << 20

// typ returns the mirror of t. Tagged says that rules apply to it and not only
// names lead to it.
func (m *mirror) typ(t types.Type, levels int, tagged bool) reflect.Type {
	t = types.Unalias(t)
	named, _ := t.(*types.Named)
	var other reflect.Type
	if tagged {
		other = substitute(t)
		m.stood = m.stood || other != nil
	}
	switch {
	case isTime(t):
		return reflect.TypeFor[time.Time]()
	case named != nil && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "time" && named.Obj().Name() == "Duration":
		return reflect.TypeFor[time.Duration]()
	case tagged && isNull(t) != nil:
		// A null is checked as the pointer is that it is used in place of.
		return reflect.PointerTo(m.typ(isNull(t).Type(), levels, true))
	case other != nil && m.loose:
		return other
	case named != nil && !isStruct(t):
		name := types.TypeString(t, nil)
		if m.open[name] {
			return reflect.TypeFor[any]() // type S []S
		}
		m.open[name] = true
		defer delete(m.open, name)
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if b, ok := basics[u.Kind()]; ok {
			return b
		}
	case *types.Pointer:
		return reflect.PointerTo(m.typ(u.Elem(), levels, tagged))
	case *types.Slice:
		return reflect.SliceOf(m.typ(u.Elem(), levels, tagged))
	case *types.Array:
		elem, n := m.typ(u.Elem(), levels, tagged), u.Len()
		if n > maxArray/max(1, int64(elem.Size())) {
			n = 1 // no rule asks for it, and reflect refuses what does not fit into memory
		}
		return reflect.ArrayOf(int(n), elem)
	case *types.Map:
		return reflect.MapOf(m.typ(u.Key(), levels, tagged), m.typ(u.Elem(), levels, tagged))
	case *types.Struct:
		return m.structure(t, u, levels)
	case *types.Signature:
		return reflect.TypeFor[func()]()
	case *types.Chan:
		return reflect.TypeFor[chan struct{}]()
	}
	return reflect.TypeFor[any]()
}

// structure returns the mirror of the struct type t, without fields if there are
// no more levels.
func (m *mirror) structure(t types.Type, s *types.Struct, levels int) reflect.Type {
	// The first field tells apart what differs in the source.
	name := types.TypeString(t, nil)
	if m.ids[name] == 0 {
		m.ids[name] = len(m.ids) + 1
	}
	fields := []reflect.StructField{{
		Name: "_", PkgPath: "main", Type: reflect.TypeFor[struct{}](),
		Tag: reflect.StructTag(strconv.Itoa(m.ids[name])),
	}}
	if levels > 0 {
		for v := range s.Fields() {
			below := levels
			if !v.Embedded() && !m.mentions(v) {
				below = 1 // no path leads through it, and there may be many such fields on each level
			}
			if f, ok := m.field(v, below, false); ok {
				fields = append(fields, f)
			}
		}
	}
	r := reflect.StructOf(fields)
	m.call(r.String(), sourceName(m.pkg, t))
	return r
}

// call has names put source in place of what reflect calls a type.
func (m *mirror) call(reflect, source string) { m.texts[reflect] = source }

// names returns s with the names of types as they are in the source.
func (m *mirror) names(s string) string {
	// The longest goes first, since one type may be part of another.
	for _, name := range slices.SortedFunc(maps.Keys(m.texts), func(a, b string) int { return len(b) - len(a) }) {
		s = strings.ReplaceAll(s, name, m.texts[name])
	}
	return s
}

// sourceName returns what t is called in pkg, cut short if it has no name.
func sourceName(pkg *types.Package, t types.Type) string {
	if s, ok := t.(*types.Struct); ok && s.NumFields() > 0 {
		return "struct{...}"
	}
	return types.TypeString(t, func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		return p.Name()
	})
}

var basics = map[types.BasicKind]reflect.Type{
	types.Bool:       reflect.TypeFor[bool](),
	types.String:     reflect.TypeFor[string](),
	types.Int:        reflect.TypeFor[int](),
	types.Int8:       reflect.TypeFor[int8](),
	types.Int16:      reflect.TypeFor[int16](),
	types.Int32:      reflect.TypeFor[int32](),
	types.Int64:      reflect.TypeFor[int64](),
	types.Uint:       reflect.TypeFor[uint](),
	types.Uint8:      reflect.TypeFor[uint8](),
	types.Uint16:     reflect.TypeFor[uint16](),
	types.Uint32:     reflect.TypeFor[uint32](),
	types.Uint64:     reflect.TypeFor[uint64](),
	types.Uintptr:    reflect.TypeFor[uintptr](),
	types.Float32:    reflect.TypeFor[float32](),
	types.Float64:    reflect.TypeFor[float64](),
	types.Complex64:  reflect.TypeFor[complex64](),
	types.Complex128: reflect.TypeFor[complex128](),
}

// isTime reports whether t is time.Time or a type made from it.
func isTime(t types.Type) bool {
	s, ok := t.Underlying().(*types.Struct)
	return ok && s.NumFields() > 0 && s.Field(0).Name() == "wall" && s.Field(0).Pkg().Path() == "time"
}

// isNull returns the field of the value in a type such as sql.NullString, and nil
// for other types.
func isNull(t types.Type) *types.Var {
	s, ok := t.Underlying().(*types.Struct)
	if !ok || s.NumFields() != 2 || !isValuer(t) {
		return nil
	}
	for i := range 2 {
		valid, value := s.Field(i), s.Field(1-i)
		if valid.Name() == "Valid" && types.Identical(valid.Type().Underlying(), types.Typ[types.Bool]) && value.Exported() && !value.Embedded() {
			return value
		}
	}
	return nil
}

// substitute returns a type to show for t if rules look at what a method of t
// returns, and nil otherwise. To an interface each rule applies that applies to
// any type.
func substitute(t types.Type) reflect.Type {
	hasText := hasMethod(t, "String", "string")
	switch t.Underlying().(type) {
	case *types.Struct, *types.Array:
		if isValuer(t) || hasMethod(t, "ValidatorValue", "any") {
			return reflect.TypeFor[any]()
		}
	case *types.Slice, *types.Map:
	default:
		return nil
	}
	switch _, ok := t.Underlying().(*types.Struct); {
	case hasText && ok:
		return reflect.TypeFor[textStruct]()
	case hasText:
		return reflect.TypeFor[textList]()
	}
	return nil
}

// Types with a text, as a UUID or a netip.Addr has.
type (
	textStruct struct{}
	textList   []any
)

func (textStruct) String() string { return "" }
func (textList) String() string   { return "" }

func isValuer(t types.Type) bool { return hasMethod(t, "Value", "database/sql/driver.Value", "error") }

// hasMethod reports whether t or a pointer to it has a method of that name that
// takes nothing and returns these types.
func hasMethod(t types.Type, name string, results ...string) bool {
	object, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	method, ok := object.(*types.Func)
	if !ok {
		return false
	}
	s := method.Signature()
	if s.Params().Len() != 0 || s.Results().Len() != len(results) {
		return false
	}
	for i, want := range results {
		got := s.Results().At(i).Type()
		if got.String() != want && !(want == "any" && types.IsInterface(got)) {
			return false
		}
	}
	return true
}
