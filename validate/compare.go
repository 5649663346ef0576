package validate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// comparisons are the rules that compare a value with their parameter.
const comparisons = "len min max eq ne lt lte gt gte eq_ignore_case ne_ignore_case oneof oneofci noneof noneofci"

// compileComparison compiles t for values of type typ and class c.
func compileComparison(t term, typ reflect.Type, c class) (rule, error) {
	switch c {
	case classString:
		return compareText(t, typ)
	case classList:
		return compareItems(t, typ)
	case classInt:
		return compareNumber(t, typ, parseInt, onInt)
	case classUint:
		return compareNumber(t, typ, parseUint, onUint)
	case classFloat32:
		return compareNumber(t, typ, parseFloat32, onFloat)
	case classFloat64:
		return compareNumber(t, typ, parseFloat64, onFloat)
	case classDuration:
		return compareNumber(t, typ, parseDuration, onDuration)
	case classBool:
		return compareBool(t, typ)
	case classTime:
		return compareNow(t, typ)
	}
	return rule{}, misfit(t, typ)
}

// A relation is what min, max, gt and the others ask for, whichever of their
// two names is used.
type relation uint8

const (
	relEqual relation = iota
	relNotEqual
	relAtLeast
	relAtMost
	relAbove
	relBelow
)

func relationOf(name string) relation {
	switch name {
	case "min", "gte":
		return relAtLeast
	case "max", "lte":
		return relAtMost
	case "gt":
		return relAbove
	case "lt":
		return relBelow
	case "ne":
		return relNotEqual
	default:
		return relEqual
	}
}

// compare returns the test for a relation. It uses the operators and not
// cmp.Compare, which puts NaN below every number: NaN is to fail them all but
// ne.
func compare[N cmp.Ordered](rel relation, limit N) func(N) bool {
	switch rel {
	case relAtLeast:
		return func(n N) bool { return n >= limit }
	case relAtMost:
		return func(n N) bool { return n <= limit }
	case relAbove:
		return func(n N) bool { return n > limit }
	case relBelow:
		return func(n N) bool { return n < limit }
	case relNotEqual:
		return func(n N) bool { return n != limit }
	default:
		return func(n N) bool { return n == limit }
	}
}

// onDuration, onUint and onFloat are onInt for other numbers.
func onDuration(t term, code string, param any, ok func(time.Duration) bool) rule {
	return onInt(t, code, param, func(n int64) bool { return ok(time.Duration(n)) })
}

func onUint(t term, code string, param any, ok func(uint64) bool) rule {
	return onValue(t, code, param, func(v reflect.Value) bool { return ok(v.Uint()) })
}

func onFloat(t term, code string, param any, ok func(float64) bool) rule {
	return onValue(t, code, param, func(v reflect.Value) bool { return ok(v.Float()) })
}

// boundOf returns the bound on a length that t sets. A length is a whole
// number, so that gt=3 is min=4 and lt=3 is max=2: they are reported as that.
func boundOf(t term) (relation, int, error) {
	rel := relationOf(t.name)
	if !t.hasParam {
		return rel, 0, fmt.Errorf("%s needs a parameter; write it as in %s", t.name, t.usage())
	}
	n, err := parseCount(t.param)
	switch {
	case err != nil:
		return rel, 0, err
	case rel == relAbove && n == math.MaxInt:
		return rel, 0, fmt.Errorf("no length is above %d; write a smaller number", n)
	case rel == relAbove:
		return relAtLeast, n + 1, nil
	case rel == relBelow && n == 0:
		return rel, 0, errors.New("no length is below 0; write max=0 to demand an empty value")
	case rel == relBelow:
		return relAtMost, n - 1, nil
	}
	return rel, n, nil
}

func compareText(t term, typ reflect.Type) (rule, error) {
	switch t.name {
	case "oneof", "noneof", "oneofci", "noneofci":
		return compareWords(t, typ)
	case "eq":
		return onString(t, "equal", t.param, func(s string) bool { return s == t.param }), nil
	case "ne":
		return onString(t, "not_equal", t.param, func(s string) bool { return s != t.param }), nil
	case "eq_ignore_case":
		return onString(t, "equal", t.param, func(s string) bool { return strings.EqualFold(s, t.param) }), nil
	case "ne_ignore_case":
		return onString(t, "not_equal", t.param, func(s string) bool { return !strings.EqualFold(s, t.param) }), nil
	}
	rel, n, err := boundOf(t)
	if err != nil {
		return rule{}, err
	}
	code := "length"
	switch rel {
	case relAtLeast:
		code = "min_length"
	case relAtMost:
		code = "max_length"
	}
	in := spanOf(rel, int64(n))
	r := onString(t, code, n, in.hasRunes)
	r.span = in
	return r, nil
}

// A span is the numbers from low to high.
type span struct{ low, high int64 }

// everything is the span of a value without rules about its size.
var everything = span{math.MinInt64, math.MaxInt64}

// spanOf returns the numbers that stand in the relation to limit, or nil if they
// are no span.
func spanOf(rel relation, limit int64) *span {
	switch {
	case rel == relAtLeast:
		return &span{limit, math.MaxInt64}
	case rel == relAtMost:
		return &span{math.MinInt64, limit}
	case rel == relEqual:
		return &span{limit, limit}
	case rel == relAbove && limit < math.MaxInt64:
		return &span{limit + 1, math.MaxInt64}
	case rel == relBelow && limit > math.MinInt64:
		return &span{math.MinInt64, limit - 1}
	}
	return nil
}

// and returns the numbers that are in both.
func (a span) and(b span) span { return span{max(a.low, b.low), min(a.high, b.high)} }

// hasRunes reports whether the number of characters of s is in the span.
func (a *span) hasRunes(s string) bool {
	return (a.low <= 0 || hasRunes(s, a.low)) && (int64(len(s)) <= a.high || !hasRunes(s, a.high+1))
}

// hasRunes reports whether s has at least n characters. A character takes one
// to four bytes, so that only strings of n to 4n bytes are looked at.
func hasRunes(s string, n int64) bool {
	size := int64(len(s))
	switch {
	case size < n:
		return false
	case (size+utf8.UTFMax-1)/utf8.UTFMax >= n:
		return true
	}
	for range s {
		if n--; n == 0 {
			return true
		}
	}
	return false
}

func compareItems(t term, typ reflect.Type) (rule, error) {
	if !listed("len min max gt gte lt lte", t.name) {
		return rule{}, misfit(t, typ)
	}
	rel, n, err := boundOf(t)
	if err != nil {
		return rule{}, err
	}
	switch rel {
	case relAtLeast:
		return onValue(t, "min_items", n, func(v reflect.Value) bool { return v.Len() >= n }), nil
	case relAtMost:
		return onValue(t, "max_items", n, func(v reflect.Value) bool { return v.Len() <= n }), nil
	default:
		return onValue(t, "items", n, func(v reflect.Value) bool { return v.Len() == n }), nil
	}
}

// compareNumber compiles t for numbers, which parse reads from the tag and on makes
// a rule of.
func compareNumber[N cmp.Ordered](t term, typ reflect.Type, parse func(string) (N, error), on func(t term, code string, param any, ok func(N) bool) rule) (rule, error) {
	if t.name == "oneof" || t.name == "noneof" {
		set, code, err := wordsOf(t, typ, parse)
		if err != nil {
			return rule{}, err
		}
		wanted := t.name == "oneof"
		return on(t, code, slices.Clone(set), func(n N) bool { return slices.Contains(set, n) == wanted }), nil
	}
	if err := checkNumber(t, typ); err != nil {
		return rule{}, err
	}
	n, err := parse(t.param)
	if err != nil {
		return rule{}, err
	}
	rel := relationOf(t.name)
	r := on(t, rel.code(), n, compare(rel, n))
	switch n := any(n).(type) {
	case int64:
		r.span = spanOf(rel, n)
	case time.Duration:
		r.span = spanOf(rel, int64(n))
	}
	return r, nil
}

// checkNumber returns the mistake in a term that compares with one number.
func checkNumber(t term, typ reflect.Type) error {
	switch {
	case listed("oneofci noneofci eq_ignore_case ne_ignore_case", t.name):
		return misfit(t, typ)
	case !t.hasParam:
		return fmt.Errorf("%s needs a parameter; write it as in %s", t.name, t.usage())
	}
	return nil
}

// code returns the code of errors about a number.
func (rel relation) code() string {
	switch rel {
	case relAtLeast:
		return "min"
	case relAtMost:
		return "max"
	case relAbove:
		return "greater"
	case relBelow:
		return "less"
	case relNotEqual:
		return "not_equal"
	default:
		return "equal"
	}
}

// wordsOf returns the values that oneof or noneof lists, and the code of their
// errors. The Param of those is to be a copy, which keeps the rule intact if a
// caller changes it after all.
func wordsOf[N any](t term, typ reflect.Type, parse func(string) (N, error)) (set []N, code string, err error) {
	words, err := splitWords(t.param)
	if err != nil {
		return nil, "", err
	}
	for _, word := range words {
		x, err := parse(word)
		if err == nil {
			set = append(set, x)
		} else if !t.mixed {
			return nil, "", err
		}
	}
	if len(set) == 0 {
		return nil, "", fmt.Errorf("no word of %s fits %s; remove it or change the type of the field", t.name, typeName(typ))
	}
	if strings.HasPrefix(t.name, "none") {
		return set, "none_of", nil
	}
	return set, "one_of", nil
}

// compareWords compiles oneof and its like for strings.
func compareWords(t term, typ reflect.Type) (rule, error) {
	set, code, err := wordsOf(t, typ, parseText)
	if err != nil {
		return rule{}, err
	}
	isIn := func(s string) bool {
		return slices.Contains(set, s)
	}
	if strings.HasSuffix(t.name, "ci") {
		isIn = func(s string) bool {
			return slices.ContainsFunc(set, func(word string) bool { return strings.EqualFold(word, s) })
		}
	}
	test := isIn
	if code == "none_of" {
		test = func(s string) bool { return !isIn(s) }
	}
	return onString(t, code, slices.Clone(set), test), nil
}

func compareBool(t term, typ reflect.Type) (rule, error) {
	if t.name != "eq" && t.name != "ne" {
		return rule{}, misfit(t, typ)
	}
	b, err := parseBool(t.param)
	if err != nil {
		return rule{}, err
	}
	if t.name == "eq" {
		return onValue(t, "equal", b, func(v reflect.Value) bool { return v.Bool() == b }), nil
	}
	return onValue(t, "not_equal", b, func(v reflect.Value) bool { return v.Bool() != b }), nil
}

// compareNow compiles gt and its like without a parameter for times.
func compareNow(t term, typ reflect.Type) (rule, error) {
	if !listed("gt gte lt lte", t.name) {
		return rule{}, misfit(t, typ)
	}
	if t.hasParam {
		return rule{}, fmt.Errorf("%s takes no parameter for a time, which it compares with now; write %s, or gtfield to compare with a field", t.name, t.name)
	}
	switch t.name {
	case "gt":
		return onValue(t, "future", nil, func(v reflect.Value) bool { return timeOf(v).After(time.Now()) }), nil
	case "gte":
		return onValue(t, "future", nil, func(v reflect.Value) bool { return !timeOf(v).Before(time.Now()) }), nil
	case "lt":
		return onValue(t, "past", nil, func(v reflect.Value) bool { return timeOf(v).Before(time.Now()) }), nil
	default:
		return onValue(t, "past", nil, func(v reflect.Value) bool { return !timeOf(v).After(time.Now()) }), nil
	}
}

// timeOf returns the time that v is. It costs no allocation if v is
// addressable, as what is behind a pointer is.
func timeOf(v reflect.Value) time.Time {
	if v.CanAddr() {
		return *v.Addr().Convert(reflect.TypeFor[*time.Time]()).Interface().(*time.Time)
	}
	return v.Convert(reflect.TypeFor[time.Time]()).Interface().(time.Time)
}
