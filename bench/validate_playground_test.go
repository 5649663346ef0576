package bench

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-playground/validator/v10"
)

// A maker makes random struct types with rules that fit their fields, and
// random values of them.
type maker struct {
	*rand.Rand
	fields int      // so that no two have the same name
	texts  []string // for fields
}

var makerTexts = []string{
	"", "a", "ab", "abc", "abcdefghi", "red", "Red", "light blue", "1", "12", "-3", "1.5", "true", "a@b.co", "http://a.b/c", "::1", "10.0.0.1", "10.0.0.0/8", "a.b", "é", "x,y", "#fff",
	"f81d4fae-7dec-41d0-a765-00a0c91e6bf6", "2024-02-29", "2024-02-29T12:34:56Z", "{}", "YWJj", "UTC", "DE", "EUR", "en-US", "+491234567890", "1.2.3", "a:80", "*/5 * * * *", "1h", "a b",
}

func pick[T any](m *maker, from ...T) T { return from[m.IntN(len(from))] }

// leaves are the types that are made of nothing else.
var leaves = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[string](), reflect.TypeFor[string](), reflect.TypeFor[colour](),
	reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](),
	reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[bool](), reflect.TypeFor[time.Duration](), reflect.TypeFor[time.Time](),
}

func (m *maker) structType(depth int) reflect.Type {
	var fields []reflect.StructField
	for range 1 + m.IntN(5) {
		m.fields++
		f := reflect.StructField{Name: "F" + strconv.Itoa(m.fields), Type: m.fieldType(depth)}
		if f.Type.Kind() == reflect.Struct && f.Type.Name() == "" && m.IntN(3) == 0 {
			f.Name, f.Anonymous = "E"+strconv.Itoa(m.fields), true
		}
		fields = append(fields, f)
	}
	for i, f := range fields {
		if !f.Anonymous {
			fields[i].Tag = tagged(strings.Join(m.rules(f.Type, fields), ","))
		}
	}
	return reflect.StructOf(fields)
}

func (m *maker) fieldType(depth int) reflect.Type {
	if depth < 3 {
		switch m.IntN(16) {
		case 0, 1:
			return reflect.PointerTo(m.fieldType(depth + 1))
		case 2, 3:
			return reflect.SliceOf(m.fieldType(depth + 1))
		case 4:
			return reflect.ArrayOf(2, m.fieldType(depth+1))
		case 5:
			return reflect.MapOf(pick(m, reflect.TypeFor[string](), reflect.TypeFor[int]()), m.fieldType(depth+1))
		case 6, 7:
			return m.structType(depth + 1)
		case 8:
			return reflect.TypeFor[any]()
		}
	}
	return pick(m, leaves...)
}

// rules returns the terms of a tag for type t, all of which make sense.
func (m *maker) rules(t reflect.Type, siblings []reflect.StructField) []string {
	var rules []string
	if m.IntN(3) == 0 {
		rules = append(rules, pick(m, "omitempty", "omitempty", "omitnil", "omitzero", "required", "required"))
	}
	if len(siblings) > 1 && m.IntN(4) == 0 {
		if rule := m.related(t, siblings); rule != "" {
			rules = append(rules, rule)
		}
	}
	to := base(t)
	for range m.IntN(3) {
		rule := m.rule(to)
		if other := m.rule(to); to.Kind() != reflect.Struct && rule != "" && other != "" && m.IntN(10) == 0 {
			rule += "|" + other
		}
		if rule != "" {
			rules = append(rules, rule)
		}
	}
	if isList(to) && m.IntN(4) > 0 {
		rules = append(rules, "dive")
		if to.Kind() == reflect.Map && m.IntN(2) == 0 {
			rules = append(append(append(rules, "keys"), m.rules(to.Key(), nil)...), "endkeys", "omitempty")
		}
		rules = append(rules, m.rules(to.Elem(), nil)...)
	}
	return rules
}

// rule returns one rule for values of type t, or none.
func (m *maker) rule(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.String:
		switch m.IntN(3) {
		case 0:
			return pick(m, "len=3", "min=2", "max=5", "eq=red", "ne=red", "gt=1", "gte=1", "lt=9", "lte=3", "oneof=a red 'light blue'", "oneofci=RED abc", "noneof=a b", "noneofci=RED")
		case 1:
			return pick(m, "contains=b", "containsany=xyz", "excludes=b", "excludesall=xyz", "startswith=a", "endswith=c", "startsnotwith=a", "endsnotwith=c", "eq_ignore_case=RED", "ne_ignore_case=RED", "datetime=2006-01-02")
		}
		return pick(m, slices.DeleteFunc(slices.Clone(plainRules), func(rule string) bool {
			return slices.Contains(strings.Fields("datetime port unique gt gte lt lte omitempty omitnil omitzero structonly nostructlevel"), rule)
		})...)
	case isTimeSpan(t):
		return pick(m, "min=1ns", "max=1h", "gt=3", "lt=1m30s", "eq=3", "ne=1s", "oneof=1 2 3")
	case reflect.Zero(t).CanInt(), reflect.Zero(t).CanUint():
		return pick(m, "len=3", "min=1", "max=5", "gt=2", "gte=1", "lt=9", "lte=3", "eq=3", "ne=8", "oneof=1 2 3", "noneof=1 8", "number", "numeric", "latitude", "longitude", "port", "required", "isdefault")
	case reflect.Zero(t).CanFloat():
		return pick(m, "len=3", "min=1", "max=1.5", "gt=0.1", "gte=1", "lt=9", "lte=3", "eq=1.5", "ne=8", "number", "numeric", "latitude", "required", "isdefault")
	case t.Kind() == reflect.Bool:
		return pick(m, "eq=true", "ne=true", "boolean", "required", "isdefault")
	case isTime(t):
		return pick(m, "gt", "gte", "lt", "lte", "required", "isdefault")
	case isList(t):
		if slices.Contains(leaves, base(t.Elem())) && m.IntN(3) == 0 {
			return "unique"
		}
		return pick(m, "len=1", "min=1", "max=2", "gt=0", "gte=1", "lt=3", "lte=1", "required", "isdefault")
	case t.Kind() == reflect.Struct:
		return pick(m, "", "", "required", "structonly", "nostructlevel")
	}
	return pick(m, "", "required", "isdefault")
}

// related returns a rule that names one of the siblings, or none. Rules that
// name fields of the outermost struct are left to the test of field rules.
func (m *maker) related(t reflect.Type, siblings []reflect.StructField) string {
	other := pick(m, siblings...)
	if other.Anonymous {
		return ""
	}
	to, typ := base(t), base(other.Type)
	switch {
	case slices.Contains(leaves, to) && to == typ && m.IntN(2) == 0:
		rules := []string{"eqfield", "nefield"}
		if to.Kind() != reflect.Bool {
			rules = append(rules, "gtfield", "gtefield", "ltfield", "ltefield")
		}
		if to.Kind() == reflect.String {
			rules = append(rules, "fieldcontains", "fieldexcludes")
		}
		return pick(m, rules...) + "=" + other.Name
	case m.IntN(2) == 0:
		rules := strings.Fields(presenceRules)[len(conditionRules):]
		names := other.Name
		if another := pick(m, siblings...); another.Name != other.Name && !another.Anonymous {
			names += " " + another.Name
		}
		return pick(m, rules...) + "=" + names
	}
	word := ""
	switch {
	case typ.Kind() == reflect.String:
		word = pick(m, "red", "'light blue'", "abc")
	case reflect.Zero(typ).CanInt(), reflect.Zero(typ).CanUint():
		word = pick(m, "0", "1", "3")
	case reflect.Zero(typ).CanFloat():
		word = pick(m, "0", "1.5")
	case typ.Kind() == reflect.Bool:
		word = pick(m, "true", "false")
	case isList(typ):
		word = pick(m, "0", "1")
	default:
		return ""
	}
	return pick(m, conditionRules...) + "=" + other.Name + " " + word
}

// fill sets v to a random value.
func (m *maker) fill(v reflect.Value, depth int) {
	n := m.IntN(4)
	switch v.Kind() {
	case reflect.String:
		v.SetString(pick(m, m.texts...))
	case reflect.Pointer:
		if n > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			m.fill(v.Elem(), depth)
		}
	case reflect.Slice:
		if n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			m.fill(v.Index(i), depth)
		}
	case reflect.Map:
		if n > 0 {
			v.Set(reflect.MakeMap(v.Type()))
		}
		keys := &maker{Rand: m.Rand, texts: makerTexts} // others may look different in a path, by their quotes
		for range n - 1 {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			keys.fill(key, depth)
			m.fill(elem, depth)
			v.SetMapIndex(key, elem)
		}
	case reflect.Interface:
		if n > 0 {
			elem := reflect.New(pick(m, append(leaves, reflect.TypeFor[point](), reflect.TypeFor[*point](), reflect.TypeFor[[]string](), reflect.TypeFor[*int]())...)).Elem()
			m.fill(elem, depth)
			v.Set(elem)
		}
	case reflect.Struct:
		if isTime(v.Type()) {
			v.Set(pick(m, reflect.ValueOf(time.Time{}), reflect.ValueOf(time.Unix(0, 0)), reflect.ValueOf(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))))
			return
		}
		for _, field := range v.Fields() {
			m.fill(field, depth+1)
		}
	default:
		v.Set(pick(m, sampleValues(v.Type())...))
	}
}

// A spot is where a path leads in a struct.
type spot struct {
	terms  []string // of its tag
	keys   []string // of its tag, for the key
	key    reflect.Value
	value  reflect.Value
	parent reflect.Value
	nested bool
}

// find follows a path from the struct v.
func find(v reflect.Value, path string) (p spot) {
	p.value = v
	for path != "" {
		v, _ := behind(p.value)
		if path[0] != '[' {
			name := path
			if end := strings.IndexAny(path, ".["); end >= 0 {
				name = path[:end]
			}
			path = strings.TrimPrefix(path[len(name):], ".")
			f, _ := v.Type().FieldByName(name)
			p = spot{value: v.FieldByIndex(f.Index), parent: v, nested: p.parent.IsValid(), terms: strings.Split(f.Tag.Get("validate"), ",")}
			continue
		}
		key, rest, _ := strings.Cut(path[1:], "]")
		path = strings.TrimPrefix(rest, ".")
		_, p.terms, _ = cutTerms(p.terms, "dive")
		p.keys = nil
		if len(p.terms) > 0 && p.terms[0] == "keys" {
			p.keys, p.terms, _ = cutTerms(p.terms[1:], "endkeys")
		}
		if v.Kind() != reflect.Map {
			i, _ := strconv.Atoi(key)
			p.value = v.Index(i)
			continue
		}
		for _, k := range v.MapKeys() {
			if fmt.Sprint(k) == key {
				p.key, p.value = k, v.MapIndex(k)
			}
		}
	}
	return p
}

func cutTerms(terms []string, at string) (before, after []string, found bool) {
	i := slices.Index(terms, at)
	if i < 0 {
		return terms, nil, false
	}
	return terms[:i], terms[i+1:], true
}

// compareStruct compares the libraries on the struct that v points to.
func (c *tally) compareStruct(p *validator.Validate, v reflect.Value) {
	c.Helper()
	ours, theirs := plinthSays(c, v.Interface()), playgroundSays(p, v.Interface())
	c.values++
	switch {
	case ours.mistake != nil:
		c.Fatalf("%v: %v", v.Type().Elem(), ours)
	case theirs.panicked != nil:
		c.panics++
		return
	}
	for i, f := range theirs.failures {
		theirs.failures[i].path = embedded.ReplaceAllString(f.path, "")
	}
	nameGroups(ours.failures, theirs.failures)
	if ours.equal(theirs) {
		return
	}
	byPath := func(failures []failure) map[string][]string {
		m := make(map[string][]string)
		for _, f := range failures {
			m[f.path] = append(m[f.path], f.rule)
			slices.Sort(m[f.path])
		}
		return m
	}
	mine, others := byPath(ours.failures), byPath(theirs.failures)
	paths := make(map[string]bool)
	for _, f := range slices.Concat(ours.failures, theirs.failures) {
		paths[f.path] = paths[f.path] || !slices.Equal(mine[f.path], others[f.path])
	}
	differ := false
	for path, wrong := range paths {
		if !wrong || slices.ContainsFunc(prefixes(path), func(p string) bool { return paths[p] }) {
			continue
		}
		differ = true
		d := disagreementAt(v.Elem(), path, mine[path], others[path])
		if !c.explain(d, ours, theirs) {
			c.Logf("at %s in %v", path, v.Type().Elem())
			return
		}
	}
	if !differ && !strings.Contains(v.Type().String(), "map[") {
		c.Errorf("the order differs\nplinth:     %v\nplayground: %v", ours, theirs)
	}
}

// nameGroups names the or-groups that nil breaks as this module does. The peer
// reports one of the alternatives.
func nameGroups(ours, theirs []failure) {
	for _, f := range ours {
		if alternatives := strings.Split(f.rule, "|"); len(alternatives) > 1 {
			for i, g := range theirs {
				if g.path == f.path && slices.ContainsFunc(alternatives, func(a string) bool { return a == g.rule || strings.HasPrefix(a, g.rule+"=") }) {
					theirs[i].rule = f.rule
				}
			}
		}
	}
}

// prefixes returns the paths that lead to what path is in.
func prefixes(path string) (list []string) {
	for i, r := range path {
		if r == '.' || r == '[' {
			list = append(list, path[:i])
		}
	}
	return list
}

// disagreementAt returns the first rule at path that only one library says is
// broken.
func disagreementAt(v reflect.Value, path string, ours, theirs []string) *disagreement {
	at := find(v, path)
	for k, terms := range [][]string{at.keys, at.terms} {
		for i, term := range terms {
			alternatives := strings.Split(term, "|")
			names := []string{term} // of a group, as this module and the peer have it
			for j, a := range alternatives {
				alternatives[j], _, _ = strings.Cut(a, "=")
			}
			if names = append(names, alternatives...); len(alternatives) == 1 {
				names = alternatives
			}
			mine := slices.Contains(ours, names[0])
			if mine == slices.ContainsFunc(theirs, func(rule string) bool { return slices.Contains(names, rule) }) {
				continue
			}
			value, typ := at.value, at.value.Type()
			if k == 0 {
				value, typ = at.key, at.key.Type()
			}
			var found *disagreement
			for a := range strings.SplitSeq(term, "|") {
				d := &disagreement{refused: mine, typ: base(typ), nested: at.nested, before: terms[:i]}
				d.rule, d.param, _ = strings.Cut(a, "=")
				d.value, d.loose = behind(value)
				if d.loose && d.value.IsValid() {
					d.typ = d.value.Type()
				}
				if found == nil || explain(d) >= 0 {
					found = d
				}
			}
			return found
		}
	}
	return &disagreement{rule: "unknown", typ: at.value.Type(), value: at.value}
}

// makeType returns the random type of the number given.
func makeType(n uint64) reflect.Type {
	return (&maker{Rand: rand.New(rand.NewPCG(1, n)), texts: makerTexts}).structType(0)
}

// TestTypesAgainstPlayground compares random values of random types, the same
// in each run.
func TestTypesAgainstPlayground(t *testing.T) {
	c := tally{TB: t, rows: make(map[int]int)}
	p := newPlayground()
	for n := range uint64(300) {
		v := reflect.New(makeType(n))
		m := &maker{Rand: rand.New(rand.NewPCG(2, n)), texts: makerTexts}
		for range 50 {
			v.Elem().SetZero()
			m.fill(v.Elem(), 0)
			if c.compareStruct(p, v); t.Failed() {
				return
			}
		}
	}
	if c.panics > c.values/20 {
		t.Errorf("the peer panics on %d of %d values, which so are not compared", c.panics, c.values)
	}
	c.log()
}

// FuzzAgainstPlayground compares random types, random values in which the text
// is one of the strings, and the text by every rule about strings. The peer and
// package reflect keep types for ever, so there is a limit to how many are made.
func FuzzAgainstPlayground(f *testing.F) {
	for n := range uint64(20) {
		f.Add(n, n, makerTexts[n])
	}
	for _, s := range sampleTexts {
		f.Add(uint64(0), uint64(0), s)
	}
	var fields []reflect.StructField
	for _, rule := range plainRules {
		if !misfits(rule, "", reflect.TypeFor[string]()) && rule != "port" {
			fields = append(fields, reflect.StructField{Name: "F" + strconv.Itoa(len(fields)), Type: reflect.TypeFor[string](), Tag: tagged(rule)})
		}
	}
	texts := reflect.StructOf(fields)
	const maxTypes = 2000
	p := newPlayground()
	f.Fuzz(func(t *testing.T, typ, seed uint64, text string) {
		c := tally{TB: t, rows: make(map[int]int)}
		m := &maker{Rand: rand.New(rand.NewPCG(3, seed)), texts: append([]string{text, text, text}, makerTexts...)}
		v := reflect.New(makeType(typ % maxTypes))
		m.fill(v.Elem(), 0)
		c.compareStruct(p, v)

		v = reflect.New(texts)
		for i := range fields {
			v.Elem().Field(i).SetString(text)
		}
		c.compareStruct(p, v)
	})
}
