package validate

import (
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
func compileComparison(t *term, typ reflect.Type, c class) (*rule, error) {
	switch c {
	case classString:
		return compareText(t, typ)
	case classList:
		return compareItems(t, typ)
	case classInt, classUint, classFloat32, classFloat64, classDuration:
		return compareNumber(t, typ, c)
	case classBool:
		return compareBool(t, typ)
	case classTime:
		return compareNow(t, typ)
	}
	return nil, misfit(t, typ)
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

// codeOf returns the code of errors about a length, which has a noun.
func (rel relation) codeOf(noun string) string {
	if rel == relEqual {
		return noun
	}
	return rel.code() + "_" + noun
}

// boundOf returns the bound on a length that t sets, the lengths that it leaves, and
// the code of errors about lengths called noun. A length is a whole number, so that
// gt=3 is min=4 and lt=3 is max=2: they are reported as that.
func boundOf(t *term, noun string) (n int, in *span, code string, err error) {
	rel := relationOf(t.name)
	if !t.hasParam {
		return 0, nil, "", wrongf("%s needs a parameter; write it as in %s", t.name, t.usage())
	}
	n, err = parseCount(t.param)
	switch {
	case err != nil:
		return 0, nil, "", err
	case rel == relAbove && n == math.MaxInt:
		return 0, nil, "", fmt.Errorf("no length is above %d; write a smaller number", n)
	case rel == relAbove:
		rel, n = relAtLeast, n+1
	case rel == relBelow && n == 0:
		return 0, nil, "", errors.New("no length is below 0; write max=0 to demand an empty value")
	case rel == relBelow:
		rel, n = relAtMost, n-1
	}
	return n, spanOf(rel, int64(n)), rel.codeOf(noun), nil
}

func compareText(t *term, typ reflect.Type) (*rule, error) {
	text := t.param
	equal := func(s string) bool { return s == text }
	if strings.HasSuffix(t.name, "ignore_case") {
		equal = func(s string) bool { return strings.EqualFold(s, text) }
	}
	switch t.name {
	case "oneof", "noneof", "oneofci", "noneofci":
		return compareWords(t, typ)
	case "eq", "eq_ignore_case":
		return onString(t, "equal", text, equal), nil
	case "ne", "ne_ignore_case":
		return onString(t, "not_equal", text, not(equal)), nil
	}
	n, in, code, err := boundOf(t, "length")
	if err != nil {
		return nil, err
	}
	r := onString(t, code, n, in.hasRunes)
	r.span = in
	return r, nil
}

// A span is the numbers from low to high.
type span struct{ low, high int64 }

// everything is the span of a value without rules about its size.
var everything = span{math.MinInt64, math.MaxInt64}

// spanOf returns the numbers that stand in the relation, other than relNotEqual, to
// limit.
func spanOf(rel relation, limit int64) *span {
	s := everything
	switch {
	case rel == relAtLeast:
		s.low = limit
	case rel == relAtMost:
		s.high = limit
	case rel == relAbove && limit < math.MaxInt64:
		s.low = limit + 1
	case rel == relBelow && limit > math.MinInt64:
		s.high = limit - 1
	case rel == relAbove, rel == relBelow: // nothing is
		s = span{math.MaxInt64, math.MinInt64}
	default:
		s = span{limit, limit}
	}
	return &s
}

// has reports whether n is in the span.
func (a *span) has(n int64) bool { return a.low <= n && n <= a.high }

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

func compareItems(t *term, typ reflect.Type) (*rule, error) {
	if !listed("len min max gt gte lt lte", t.name) {
		return nil, misfit(t, typ)
	}
	n, in, code, err := boundOf(t, "items")
	if err != nil {
		return nil, err
	}
	return onValue(t, code, n, func(v reflect.Value) bool { return in.has(int64(v.Len())) }), nil
}

// compareNumber compiles t for the numbers of class c. All are compared by their
// ranks, which are in the same order and equal if they are.
func compareNumber(t *term, typ reflect.Type, c class) (*rule, error) {
	code, words, err := wordsFor(t, typ)
	if err != nil {
		return nil, err
	}
	r := newRule(opValue, t, code, nil)
	var ranks []int64
	switch c {
	case classInt:
		ranks, r.fail.Param, err = ranksOf(t, words, parseInt, func(n int64) int64 { return n })
	case classDuration:
		ranks, r.fail.Param, err = ranksOf(t, words, parseDuration, func(d time.Duration) int64 { return int64(d) })
	case classUint:
		ranks, r.fail.Param, err = ranksOf(t, words, parseUint, rankOfUint)
	case classFloat32:
		ranks, r.fail.Param, err = ranksOf(t, words, parseFloat32, rankOfFloat)
	default:
		ranks, r.fail.Param, err = ranksOf(t, words, parseFloat64, rankOfFloat)
	}
	switch {
	case err != nil:
		return nil, err
	case len(ranks) == 0:
		return nil, noWord(t, typ)
	}
	// The span alone says it all, unless there is none.
	in, test := testOf(t.name, code, ranks)
	switch c {
	case classInt, classDuration:
		r.op, r.num, r.span = opInt, test, in
	case classUint:
		r.ok = func(v reflect.Value) bool { return test(rankOfUint(v.Uint())) }
	default:
		r.ok = func(v reflect.Value) bool {
			x := v.Float()
			if math.IsNaN(x) {
				return in == nil && code != "one_of" // NaN equals nothing and is in no order
			}
			return test(rankOfFloat(x))
		}
	}
	return r, nil
}

// testOf returns the test for a rule of that name about the number, or the list of
// them, with these ranks. In is nil if it is no span that the test holds for.
func testOf(name, code string, ranks []int64) (in *span, test func(rank int64) bool) {
	switch code {
	case "one_of":
		return nil, func(n int64) bool { return slices.Contains(ranks, n) }
	case "none_of", "not_equal":
		return nil, func(n int64) bool { return !slices.Contains(ranks, n) }
	}
	in = spanOf(relationOf(name), ranks[0])
	return in, in.has
}

func rankOfUint(n uint64) int64 { return int64(n ^ 1<<63) }

// rankOfFloat is for all floats but NaN. Their bits are in the right order for those
// above zero, and in the opposite one below.
func rankOfFloat(x float64) int64 {
	bits := int64(math.Float64bits(x + 0)) // which makes one of the two zeros
	if bits < 0 {
		bits ^= math.MaxInt64
	}
	return bits
}

// ranksOf returns the ranks of the numbers that the words of t stand for, and these
// as a Param.
func ranksOf[N any](t *term, words []string, parse func(string) (N, error), rank func(N) int64) (ranks []int64, param any, err error) {
	list := isList(t.name)
	var set []N
	for _, word := range words {
		n, err := parse(word)
		if err == nil {
			set, ranks = append(set, n), append(ranks, rank(n))
		} else if !t.mixed || !list {
			return nil, nil, err
		}
	}
	if !list && len(set) > 0 {
		return ranks, set[0], nil
	}
	return ranks, set, nil
}

// wordsFor returns the numbers in a term, and the code of its errors.
func wordsFor(t *term, typ reflect.Type) (code string, words []string, err error) {
	switch {
	case t.name == "oneof", t.name == "noneof":
		words, err = splitWords(t.param)
		return listCode(t), words, err
	case listed("oneofci noneofci eq_ignore_case ne_ignore_case", t.name):
		return "", nil, misfit(t, typ)
	case !t.hasParam:
		return "", nil, wrongf("%s needs a parameter; write it as in %s", t.name, t.usage())
	}
	return relationOf(t.name).code(), []string{t.param}, nil
}

// isList reports whether a comparison is with any number of words.
func isList(name string) bool { return strings.Contains(name, "oneof") }

// listCode returns the code of errors of oneof, noneof and their like.
func listCode(t *term) string {
	if strings.HasPrefix(t.name, "none") {
		return "none_of"
	}
	return "one_of"
}

// noWord says that the list of t has no value of the type.
func noWord(t *term, typ reflect.Type) error {
	return wrongf("no word of %s fits %s; remove it or change the type of the field", t.name, typeName(typ))
}

// compareWords compiles oneof and its like for strings.
func compareWords(t *term, typ reflect.Type) (*rule, error) {
	set, err := splitWords(t.param)
	if err != nil {
		return nil, err
	}
	if len(set) == 0 {
		return nil, noWord(t, typ)
	}
	isIn := func(s string) bool {
		return slices.Contains(set, s)
	}
	if strings.HasSuffix(t.name, "ci") {
		isIn = func(s string) bool {
			return slices.ContainsFunc(set, func(word string) bool { return strings.EqualFold(word, s) })
		}
	}
	code := listCode(t)
	if code == "none_of" {
		isIn = not(isIn)
	}
	return onString(t, code, slices.Clone(set), isIn), nil
}

func compareBool(t *term, typ reflect.Type) (*rule, error) {
	if t.name != "eq" && t.name != "ne" {
		return nil, misfit(t, typ)
	}
	b, err := parseBool(t.param)
	if err != nil {
		return nil, err
	}
	wanted := b == (t.name == "eq")
	return onValue(t, relationOf(t.name).code(), b, func(v reflect.Value) bool { return v.Bool() == wanted }), nil
}

// compareNow compiles gt and its like without a parameter for times.
func compareNow(t *term, typ reflect.Type) (*rule, error) {
	if !listed("gt gte lt lte", t.name) {
		return nil, misfit(t, typ)
	}
	if t.hasParam {
		return nil, wrongf("%s takes no parameter for a time, which it compares with now; write %s, or gtfield to compare with a field", t.name, t.name)
	}
	code := "future"
	if t.name[0] == 'l' {
		code = "past"
	}
	in := spanOf(relationOf(t.name), 0)
	return onValue(t, code, nil, func(v reflect.Value) bool { return in.has(int64(timeOf(v).Compare(time.Now()))) }), nil
}
