package validate

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// A Rule is what a value of type V is to be, without reflection: see [Schema].
// Those of this package are made by functions such as [MinLen]; one's own may
// be made by [Func] or as a literal.
type Rule[V any] struct {
	// Code is the kind of error for programs. It must not be empty.
	Code string
	// Param is the parameter of the rule for errors, and nil if it has none.
	Param any
	// Message is the text of errors, as "must be even". If empty, it is the
	// English text for Code and Param, or one that names Code.
	Message string
	// Check reports whether v is as it is to be. It must be free of side
	// effects and may be called from many goroutines; it runs once on a valid
	// value and twice on an invalid one.
	Check func(v V) bool

	// within is set in place of Check by rules that look inside a value. The
	// collector is nil in the first pass.
	within func(v V, c *collector) bool

	// at is within for rules that need a pointer to the value.
	at func(v *V, c *collector) bool

	mistake string // in how the rule was made, for Schema to report
}

// check returns what is wrong with the rule itself.
func (r *Rule[V]) check() error {
	switch {
	case r.mistake != "":
		return errors.New(r.mistake)
	case r.within != nil || r.at != nil:
		return nil
	case r.Check == nil:
		return errors.New("a rule has no Check; make it with one of the functions of this package or set it")
	case r.Code == "":
		return errors.New("a rule has no Code; set it")
	}
	return nil
}

// rules are the rules of one value, and what checking needs beside them.
type rules[V any] struct {
	list    []Rule[V]
	fails   []FieldError // for each of list
	inside  bool         // a rule looks inside the value
	pointed bool         // a rule needs a pointer
	boxes   *sync.Pool   // of *V, for values that cannot be pointed to
}

func rulesOf[V any](list []Rule[V]) (rules[V], error) {
	rs := rules[V]{list: slices.Clone(list), boxes: new(sync.Pool)}
	var mistakes []error
	for i := range rs.list {
		r := &rs.list[i]
		mistakes = append(mistakes, r.check())
		rs.inside = rs.inside || r.Check == nil
		rs.pointed = rs.pointed || r.at != nil
		e := FieldError{Rule: r.Code, Code: r.Code, Param: r.Param, Message: r.Message}
		if e.Message == "" {
			e.Message = english(&e)
		}
		rs.fails = append(rs.fails, e)
	}
	return rs, errors.Join(mistakes...)
}

// value checks v. It returns false to end the walk.
func (rs *rules[V]) value(v V, c *collector) bool {
	if !rs.pointed {
		return rs.run(v, nil, c)
	}
	box, _ := rs.boxes.Get().(*V)
	if box == nil {
		box = new(V)
	}
	*box = v
	ok := rs.run(v, box, c)
	*box = *new(V)
	rs.boxes.Put(box)
	return ok
}

// pointer checks *p, which is not copied for rules that need a pointer.
func (rs *rules[V]) pointer(p *V, c *collector) bool { return rs.run(*p, p, c) }

func (rs *rules[V]) run(v V, p *V, c *collector) bool {
	failed := false
	for i := range rs.list {
		r := &rs.list[i]
		before := 0
		if c != nil {
			before = len(c.found)
		}
		switch {
		case r.Check != nil:
			if r.Check(v) {
				continue
			}
			if c == nil || !c.fail(&rs.fails[i]) {
				return false
			}
		case failed: // what is inside is looked at only if the value's own rules hold
			continue
		case r.within != nil:
			if !r.within(v, c) {
				return false
			}
		default:
			if !r.at(p, c) {
				return false
			}
		}
		if c == nil || len(c.found) == before {
			continue
		}
		failed = true
		if !c.allRules || r.Code == "required" {
			return true
		}
	}
	return true
}

// fail returns the error of the first rule that v breaks, or nil. None of them
// looks inside v.
func (rs *rules[V]) fail(v V) *FieldError {
	for i := range rs.list {
		if !rs.list[i].Check(v) {
			return &rs.fails[i]
		}
	}
	return nil
}

// fail reports the error of a typed rule at the current path.
func (c *collector) fail(e *FieldError) bool {
	if c.messages != nil {
		if text := c.messages.Message(*e); text != "" {
			own := *e
			own.Message = text
			e = &own
		}
	}
	return c.add(e, Path{})
}

// Required returns a rule that the value is not the zero value of its type.
func Required[V comparable]() Rule[V] {
	var zero V
	return Rule[V]{Code: "required", Check: func(v V) bool { return v != zero }}
}

// Number is what [Min], [Max] and [Between] compare: integers and floats, of
// which NaN is in no range.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr | ~float32 | ~float64
}

// Min returns a rule that the number is least or more.
func Min[N Number](least N) Rule[N] {
	return Rule[N]{Code: "min", Param: least, Check: func(n N) bool { return n >= least }, mistake: nan(least)}
}

// Max returns a rule that the number is most or less.
func Max[N Number](most N) Rule[N] {
	return Rule[N]{Code: "max", Param: most, Check: func(n N) bool { return n <= most }, mistake: nan(most)}
}

// Between returns a rule that the number is from least to most, both included.
// Its Param is a slice of the two.
func Between[N Number](least, most N) Rule[N] {
	r := Rule[N]{Code: "between", Param: []N{least, most}, Check: func(n N) bool { return least <= n && n <= most }}
	if !(least <= most) {
		r.mistake = fmt.Sprintf("Between(%v, %v) holds for no number; put the smaller number first", least, most)
	}
	return r
}

func nan[N Number](n N) string {
	if n != n {
		return "a bound is NaN, which is in no order; use a number"
	}
	return ""
}

// MinLen returns a rule that the string has n characters (runes) or more.
func MinLen[S ~string](n int) Rule[S] {
	return Rule[S]{Code: "min_length", Param: n, Check: func(s S) bool { return hasRunes(string(s), int64(n)) }, mistake: negative(n)}
}

// MaxLen returns a rule that the string has n characters (runes) or less.
func MaxLen[S ~string](n int) Rule[S] {
	return Rule[S]{
		Code: "max_length", Param: n, mistake: negative(n),
		Check: func(s S) bool { return len(s) <= n || n < math.MaxInt && !hasRunes(string(s), int64(n)+1) },
	}
}

func negative(n int) string {
	if n < 0 {
		return fmt.Sprintf("a length of %d does not exist; use 0 or more", n)
	}
	return ""
}

// OneOf returns a rule that the value is one of those given. Its Param is a
// slice of them.
func OneOf[V comparable](values ...V) Rule[V] {
	set := slices.Clone(values)
	r := Rule[V]{Code: "one_of", Param: slices.Clone(values), Check: func(v V) bool { return slices.Contains(set, v) }}
	if len(values) == 0 {
		r.mistake = "OneOf without values holds for none; pass some"
	}
	return r
}

// Email returns a rule that the string is an e-mail address, as the tag email
// has it.
func Email[S ~string]() Rule[S] { return formatRule[S]("email") }

// URL returns a rule that the string is an http or https URL, as the tag
// http_url has it.
func URL[S ~string]() Rule[S] { return formatRule[S]("http_url") }

// UUID returns a rule that the string is a UUID, as the tag uuid has it.
func UUID[S ~string]() Rule[S] { return formatRule[S]("uuid") }

// IP returns a rule that the string is an IPv4 or IPv6 address, as the tag ip
// has it.
func IP[S ~string]() Rule[S] { return formatRule[S]("ip") }

func formatRule[S ~string](name string) Rule[S] {
	check, ok := lookupFormat(name)
	if !ok {
		return Rule[S]{mistake: "the format " + name + " is missing; report it"}
	}
	return Rule[S]{Code: name, Check: func(s S) bool { return check(string(s)) }}
}

// Match returns a rule that m, which is usually a *regexp.Regexp, matches the
// string. Its Param is the text of the pattern, if m has a String method.
func Match(m Matcher) Rule[string] {
	if m == nil {
		return Rule[string]{mistake: "Match was given nil; pass a *regexp.Regexp"}
	}
	r := Rule[string]{Code: "pattern", Check: m.MatchString}
	if p, ok := m.(fmt.Stringer); ok {
		r.Param = p.String()
	}
	return r
}

// Func returns a rule of one's own, with the code of its errors. Set Message
// in the result for a text.
func Func[V any](code string, check func(V) bool) Rule[V] {
	return Rule[V]{Code: code, Check: check}
}

// Each returns a rule that the rules given hold for each element of the slice.
// Errors name the element's index.
func Each[V any](list ...Rule[V]) Rule[[]V] {
	elem, err := rulesOf(list)
	return Rule[[]V]{mistake: textOfError(err), within: func(s []V, c *collector) bool {
		for i := range s {
			if c == nil {
				if !elem.pointer(&s[i], nil) {
					return false
				}
				continue
			}
			c.path = append(c.path, step{kind: stepIndex, index: i})
			if !elem.pointer(&s[i], c) {
				return false
			}
			c.path = c.path[:len(c.path)-1]
		}
		return true
	}}
}

// Keys returns a rule that the rules given hold for each key of the map. Errors
// name the key, and come in the order of keys.
func Keys[K comparable, V any](list ...Rule[K]) Rule[map[K]V] {
	keys, err := rulesOf(list)
	return Rule[map[K]V]{mistake: textOfError(err), within: func(m map[K]V, c *collector) bool {
		return eachEntry(m, c, func(k K, _ V) bool { return keys.value(k, c) })
	}}
}

// Values returns a rule that the rules given hold for each value of the map.
// Errors name its key, and come in the order of keys.
func Values[K comparable, V any](list ...Rule[V]) Rule[map[K]V] {
	values, err := rulesOf(list)
	return Rule[map[K]V]{mistake: textOfError(err), within: func(m map[K]V, c *collector) bool {
		return eachEntry(m, c, func(_ K, v V) bool { return values.value(v, c) })
	}}
}

func eachEntry[K comparable, V any](m map[K]V, c *collector, check func(K, V) bool) bool {
	if c == nil {
		for k, v := range m {
			if !check(k, v) {
				return false
			}
		}
		return true
	}
	first, at := len(c.found), len(c.path)
	defer func() { c.sort(first, at) }()
	for k, v := range m {
		c.path = append(c.path, keyStep(reflect.ValueOf(&k).Elem()))
		if !check(k, v) {
			return false
		}
		c.path = c.path[:at]
	}
	return true
}

// Nested returns a rule that val holds for the value: a struct in a field, or
// with [Each] those in a slice. In a schema for a type that contains itself,
// val cannot be named before it exists: use tags for such types.
//
// A field gets its getter's copy of the struct; for a large one, or one that
// may be nil, write a getter that returns a pointer, and [NestedPtr].
func Nested[V any](val *Validator[V]) Rule[V] {
	if val == nil {
		return Rule[V]{mistake: "Nested was given nil; pass a Validator"}
	}
	return Rule[V]{at: val.collect}
}

// NestedPtr is [Nested] for a pointer. It holds for nil, unless there is a
// [Required] in front of it.
func NestedPtr[V any](val *Validator[V]) Rule[*V] {
	if val == nil {
		return Rule[*V]{mistake: "NestedPtr was given nil; pass a Validator"}
	}
	return Rule[*V]{within: func(v *V, c *collector) bool { return v == nil || val.collect(v, c) }}
}

func textOfError(err error) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), "\n", ", and ")
}
