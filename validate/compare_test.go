package validate_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/validate"
)

func TestGreaterAndLess(t *testing.T) {
	testRule(t, 5, "gt=4,gte=5,lt=6,lte=5,eq=5,ne=6", "")
	testRule(t, 5, "gt=5", "greater")
	testRule(t, 5, "gte=6", "min")
	testRule(t, 5, "lt=5", "less")
	testRule(t, 5, "lte=4", "max")
	testRule(t, 5, "eq=4", "equal")
	testRule(t, 5, "ne=5", "not_equal")
	testRule(t, uint8(5), "gt=5", "greater")
	testRule(t, 0.5, "gt=0.5", "greater")
	testRule(t, time.Minute, "gt=1m", "greater")
	testRule(t, time.Minute, "lt=61s", "")
	testRule(t, math.NaN(), "ne=0", "")
	testRule(t, math.NaN(), "gt=0", "greater")
}

// gt and lt on lengths are the min and max that they amount to.
func TestGreaterAndLessOnLengths(t *testing.T) {
	testRule(t, "äöü", "gt=2,gte=3,lt=4,lte=3", "")
	testParam(t, "äöü", "gt=3", 4, "must be at least 4 characters long")
	testParam(t, "äöü", "lt=3", 2, "must be at most 2 characters long")
	testRule(t, "äöü", "gte=4", "min_length")
	testRule(t, "äöü", "lte=2", "max_length")
	testRule(t, []int{1, 2}, "gt=1,lt=3", "")
	testRule(t, []int{1, 2}, "gt=2", "min_items")
	testRule(t, map[int]int{1: 2}, "lt=1", "max_items")
	testTagMistake(t, "", "lt=0", "lt=0", "no length is below 0; write max=0 to demand an empty value")
}

func TestEqualText(t *testing.T) {
	testRule(t, "red", "eq=red,ne=Red,eq_ignore_case=RED,ne_ignore_case=blue", "")
	testRule(t, "red", "eq=blue", "equal")
	testRule(t, "red", "ne=red", "not_equal")
	testRule(t, "", "ne=", "not_equal")
	testRule(t, "", "eq=", "")
	testRule(t, "red", "eq_ignore_case=blue", "equal")
	testRule(t, "red", "ne_ignore_case=RED", "not_equal")
	testRule(t, true, "eq=true,ne=false", "")
	testRule(t, true, "eq=false", "equal")
	testRule(t, false, "ne=false", "not_equal")
	testTagMistake(t, true, "eq=1", "eq=1", `"1" is not a boolean; write true or false`)
	testTagMistake(t, []int{}, "eq=2", "eq=2", "eq does not apply to []int, only to strings, numbers and booleans; write len=n to compare the length")
}

func TestNoneOf(t *testing.T) {
	testRule(t, "red", "noneof=green blue", "")
	testRule(t, "blue", "noneof=green blue", "none_of")
	testRule(t, 3, "noneof=1 2", "")
	testRule(t, 2, "noneof=1 2", "none_of")
	testRule(t, "RED", "oneofci=red green", "")
	testRule(t, "blue", "oneofci=red green", "one_of")
	testRule(t, "RED", "noneofci=red green", "none_of")
	testRule(t, "blue", "noneofci=red green", "")
	testRule(t, "light BLUE", "oneofci='light blue' red", "")
}

func TestTimesAreComparedWithNow(t *testing.T) {
	type named time.Time
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for _, tt := range []struct {
			at   time.Time
			tag  string
			want string
		}{
			{now.Add(1), "gt,gte", ""},
			{now, "gte,lte", ""},
			{now.Add(-1), "lt,lte", ""},
			{now, "gt", "future"},
			{now.Add(-1), "gte", "future"},
			{now, "lt", "past"},
			{now.Add(1), "lte", "past"},
		} {
			testRule(t, tt.at, tt.tag, tt.want)
			testRule(t, &tt.at, tt.tag, tt.want)
			testRule(t, named(tt.at), tt.tag, tt.want)
			testRule[any](t, tt.at, tt.tag, tt.want)
		}
		v := newValidator[struct {
			At time.Time `validate:"gt"`
		}](t, validate.Options{})
		in := struct {
			At time.Time `validate:"gt"`
		}{now.Add(time.Hour)}
		if !v.Valid(&in) {
			t.Error("Valid(in an hour) = false")
		}
		time.Sleep(time.Hour)
		if v.Valid(&in) {
			t.Error("Valid(now) = true; want false an hour later")
		}
	})
	testTagMistake(t, time.Time{}, "gt=1h", "gt=1h", "gt takes no parameter for a time, which it compares with now; write gt, or gtfield to compare with a field")
	testTagMistake(t, 3, "gt", "gt", "gt needs a parameter; write it as in gt=3")
	testTagMistake(t, "", "lte", "lte", "lte needs a parameter; write it as in lte=3")
}

func TestUnique(t *testing.T) {
	type pair struct {
		A string
		B any
	}
	one, other := 1, 1
	testRule(t, []string{"a", "b", "c"}, "unique", "")
	testRule(t, []string{"a", "b", "a"}, "unique", "unique")
	testRule(t, []string(nil), "unique", "")
	testRule(t, [3]int{1, 2, 3}, "unique", "")
	testRule(t, [3]int{1, 2, 1}, "unique", "unique")
	testRule(t, []uint8{1, 1}, "unique", "unique")
	testRule(t, []float64{1, 2, 1}, "unique", "unique")
	testRule(t, []bool{true, false}, "unique", "")
	testRule(t, []complex64{1i, 1, 1i}, "unique", "unique")
	testRule(t, []*int{&one, &other}, "unique", "unique")
	testRule(t, []*int{nil, &one}, "unique", "")
	testRule(t, []*int{nil, &one, nil}, "unique", "unique")
	testRule(t, [][2]int{{1, 2}, {2, 1}}, "unique", "")
	testRule(t, [][2]int{{1, 2}, {1, 2}}, "unique", "unique")
	testRule(t, []pair{{"a", 1}, {"a", "1"}}, "unique", "")
	testRule(t, []pair{{"a", 1}, {"b", 1}, {"a", 1}}, "unique", "unique")
	testRule(t, map[string]int{"a": 1, "b": 2}, "unique", "")
	testRule(t, map[string]int{"a": 1, "b": 1}, "unique", "unique")
	testRule(t, []any{1, "1", 1.0, nil, true, uint(1), [1]int{1}}, "unique", "")
	testRule(t, []any{1, "1", 1}, "unique", "unique")
	testRule(t, []any{[]int{1}, []int{2}}, "unique", "type")
	testRule(t, []any{pair{"a", []int{}}}, "unique", "type")
	testRule[any](t, []string{"a", "a"}, "unique", "unique")
	testRule[any](t, []any{[]any{1}, []any{2}}, "unique", "type")
	testRule[any](t, 3, "unique", "type")
	testRule(t, []pair{{A: "a"}, {A: "b"}}, "unique=A", "")
	testRule(t, []pair{{A: "a"}, {A: "a"}}, "unique=A", "unique")
	testRule(t, []*pair{{A: "a"}, nil, {A: "b"}}, "unique=A", "")
	testRule(t, []pair{{B: []int{}}, {B: 1}}, "unique=B", "type")

	testTagMistake(t, [][]int{}, "unique", "unique", "values of type []int cannot be compared; write unique=Field to compare a field of theirs")
	testTagMistake(t, []pair{}, "unique=C", "unique=C", "validate_test.pair has no exported field C; write the Go name of a field")
	testTagMistake(t, []int{}, "unique=C", "unique=C", "C of C is not in a struct; name a field of a struct, as in Period.Start")
	testTagMistake(t, "", "unique", "unique", "unique does not apply to string, only to slices, arrays and maps; remove it or change the type of the field")
}

func TestUniqueOfMany(t *testing.T) {
	many := make([]int, 100_000)
	for i := range many {
		many[i] = (i * 7919) % 100_003
	}
	testRule(t, many, "unique", "")
	many[99_999] = many[0]
	testRule(t, many, "unique", "unique")
}

func TestPortsAndNumbers(t *testing.T) {
	testRule(t, 80, "port", "")
	testRule(t, 0, "port", "port")
	testRule(t, 65536, "port", "port")
	testRule(t, uint16(65535), "port", "")
	testRule(t, uint16(0), "port", "port")
	testRule(t, 3, "number,numeric", "")
	testRule(t, 1.5, "numeric", "")
	testRule(t, true, "boolean", "")
	testRule(t, 91, "latitude", "latitude")
	testRule(t, -90.0, "latitude", "")
	testRule(t, float32(-180.5), "longitude", "longitude")
	testRule(t, math.NaN(), "longitude", "longitude")
	testRule(t, uint(180), "longitude", "")
	testTagMistake(t, 1.5, "port", "port", "port does not apply to float64, only to strings and numbers; remove it or change the type of the field")
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		tag  string
		good []string
		bad  []string
	}{
		{"alpha", []string{"a", "Zz"}, []string{"", "a1", "é", " ", "a\n"}},
		{"alphaspace", []string{"a b", " "}, []string{"", "a1", "a\t"}},
		{"alphanum", []string{"a1", "0"}, []string{"", "a-1", "ä"}},
		{"alphanumspace", []string{"a 1"}, []string{"", "a-1"}},
		{"alphaunicode", []string{"äß", "日本"}, []string{"", "a1", "a b", "\xff", "e\u0301"}},
		{"alphanumunicode", []string{"ä1", "½"}, []string{"", "a-b", "a\xff"}},
		{"ascii", []string{"", "a\x00\x7f"}, []string{"ä", "\x80"}},
		{"printascii", []string{"", " ~"}, []string{"a\n", "\x7f", "ä"}},
		{"boolean", []string{"true", "T", "0"}, []string{"", "yes", "tRUE"}},
		{"number", []string{"0", "012"}, []string{"", "-1", "1.0", "١"}},
		{"numeric", []string{"0", "-1", "+1.50"}, []string{"", "-", "1.", ".5", "1e3", "--1", "1.2.3"}},
		{"lowercase", []string{"a", "ä1 -"}, []string{"", "A", "aÄ", "a\xff"}},
		{"uppercase", []string{"A", "Ä1 -"}, []string{"", "a", "Aä"}},
		{"notblank", []string{"a", " a "}, []string{"", " ", "\t\n\u00a0"}},
		{"contains=b", []string{"abc"}, []string{"", "ac"}},
		{"contains= ", []string{"a b"}, []string{"ab"}},
		{"containsany=xyz", []string{"ay"}, []string{"", "a"}},
		{"excludes=b", []string{"", "ac"}, []string{"abc"}},
		{"excludes= ", []string{"ab"}, []string{"a b"}},
		{"excludesall=!0x2C 0x7C", []string{"ab"}, []string{"a!", "a,b", "a|b", "a b"}},
		{"startswith=ab", []string{"abc"}, []string{"", "bab"}},
		{"startsnotwith=ab", []string{"", "bab"}, []string{"abc"}},
		{"endswith=ab", []string{"cab"}, []string{"", "abc"}},
		{"endsnotwith=ab", []string{"", "abc"}, []string{"cab"}},
	} {
		name, _, _ := strings.Cut(tt.tag, "=")
		code := strings.Replace(name, "notblank", "not_blank", 1)
		for _, s := range tt.good {
			testRule(t, s, tt.tag, "")
			testRule[any](t, s, tt.tag, "")
		}
		for _, s := range tt.bad {
			testRule(t, s, tt.tag, code)
			testRule(t, colour(s), tt.tag, code)
		}
	}
	testTagMistake(t, []string{}, "notblank", "notblank", "notblank does not apply to []string, only to strings; write min=1 to demand an element")
	testTagMistake(t, "", "contains", "contains", "contains needs a parameter; write it as in contains=abc")
}

func TestOrGroups(t *testing.T) {
	testRule(t, "a@b.co", "email|alpha", "")
	testRule(t, "abc", "email|alpha", "")
	testRule(t, "a1", "email|alpha", "any_of")
	testRule(t, "", "isdefault|email", "")
	testRule(t, "x", "isdefault|email", "any_of")
	testRule(t, "", "required|alpha,max=3", "any_of")
	testRule(t, 7, "eq=3|min=5,max=9", "")
	testRule(t, 4, "eq=3|min=5", "any_of")
	testRule(t, (*string)(nil), "email|alpha", "any_of")
	testRule(t, (*string)(nil), "isdefault|alpha", "")
	testRule[any](t, 3, "email|min=3", "")
	testRule[any](t, true, "email|min=3", "any_of")
	testRule(t, "a|b", "alpha|eq=a0x7Cb", "")
	testTagMistake(t, "", "omitempty|email", "omitempty|email", "omitempty cannot stand in an or-group; put a comma after it")
	testTagMistake(t, "", "email|", "email|", "a rule is missing; remove the extra comma or bar")
	testTagMistake(t, "", "email|nope=3", "email|nope=3", "unknown rule; correct it, or register it with validate.Tag in Options.Tags")
}

// TestNumbersAgainstOperators has every comparison of numbers at the borders of their
// types, where ranks could go wrong.
func TestNumbersAgainstOperators(t *testing.T) {
	ints := []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}
	uints := []uint64{0, 1, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64 - 1, math.MaxUint64}
	floats := []float64{
		-math.MaxFloat64, -1.5, -1, -math.SmallestNonzeroFloat64, math.Copysign(0, -1), 0,
		math.SmallestNonzeroFloat64, 1, 1.5, math.MaxFloat64,
	}
	againstOperators(t, ints, ints, func(n int64) string { return strconv.FormatInt(n, 10) })
	againstOperators(t, uints, uints, func(n uint64) string { return strconv.FormatUint(n, 10) })
	againstOperators(t, append(floats, math.Inf(-1), math.Inf(1), math.NaN()), floats, func(x float64) string {
		return strconv.FormatFloat(x, 'g', -1, 64)
	})
}

func againstOperators[N cmp.Ordered](t *testing.T, values, limits []N, text func(N) string) {
	t.Helper()
	for _, limit := range limits {
		for _, v := range values {
			for tag, want := range map[string]bool{
				"eq": v == limit, "ne": v != limit, "gt": v > limit, "gte": v >= limit, "lt": v < limit, "lte": v <= limit,
				"min": v >= limit, "max": v <= limit, "len": v == limit, "oneof": v == limit, "noneof": v != limit,
			} {
				tag += "=" + text(limit)
				for name, got := range map[string]error{"": validate.Var(v, tag), "any": validate.Var[any](v, tag)} {
					if (got == nil) != want {
						t.Errorf("%s %v: tag %s: %v; holds: %v", name, v, tag, got, want)
					}
				}
			}
		}
	}
}

// TestUniqueAgainstAMap compares with what a map says, in lists that outgrow each
// other.
func TestUniqueAgainstAMap(t *testing.T) {
	type point struct {
		X    int8
		Name string
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		n, kinds := random.IntN(60), 1+random.IntN(300)
		list := make([]any, n)
		seen := make(map[any]bool)
		want := true
		for i := range list {
			k := random.IntN(kinds)
			list[i] = []any{k, strconv.Itoa(k), float64(k), point{int8(k), "p"}, [2]uint16{uint16(k)}, complex(0, float32(k)), k%2 == 0, nil}[random.IntN(8)]
			want = want && !seen[list[i]]
			seen[list[i]] = true
		}
		entries := make(map[int]any, n)
		for i, v := range list {
			entries[i] = v
		}
		for _, v := range []any{list, entries} {
			if err := validate.Var(v, "unique"); (err == nil) != want {
				t.Fatalf("%#v: %v; unique: %v", v, err, want)
			}
		}
	}
	// One rule meets maps of several types.
	for range 3 {
		for v, want := range map[any]bool{
			&map[string]int{"a": 1, "b": 2}: true, &map[string]int{"a": 1, "b": 1}: false,
			&map[int]string{1: "a", 2: "b", 3: "c"}: true, &map[int]string{1: "a", 2: "b", 3: "a"}: false,
		} {
			if err := validate.Var(v, "unique"); (err == nil) != want {
				t.Errorf("%v: %v; unique: %v", v, err, want)
			}
		}
	}
	if err := validate.Var([]float64{math.NaN(), math.NaN()}, "unique"); err == nil {
		t.Error("two NaNs are unique; want them to count as one")
	}
	if err := validate.Var([]float64{0, math.Copysign(0, -1)}, "unique"); err == nil {
		t.Error("the two zeros are unique; want them to be equal")
	}
}
