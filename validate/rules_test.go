package validate_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/validate"
)

type (
	level  int8
	ratio  float32
	colour string
)

// testRule checks v against tag and compares the code of the first error, or
// "" for none.
func testRule[V any](t *testing.T, v V, tag, want string) {
	t.Helper()
	err, compileErr := validate.CheckTag(v, tag)
	if compileErr != nil {
		t.Errorf("compiling %q for %T = %v; want no mistake", tag, v, compileErr)
		return
	}
	got := ""
	if err != nil {
		got = err.(validate.Errors)[0].Code
	}
	if got != want {
		t.Errorf("%q on %T(%.40v) = %q; want %q", tag, v, v, got, want)
	}
}

func TestRequired(t *testing.T) {
	var nilSlice []string
	var nilMap map[string]int
	var nilString *string
	testRule(t, "", "required", "required")
	testRule(t, " ", "required", "")
	testRule(t, 0, "required", "required")
	testRule(t, -1, "required", "")
	testRule(t, 0.0, "required", "required")
	testRule(t, math.NaN(), "required", "")
	testRule(t, false, "required", "required")
	testRule(t, true, "required", "")
	testRule(t, nilSlice, "required", "required")
	testRule(t, []string{}, "required", "")
	testRule(t, nilMap, "required", "required")
	testRule(t, map[string]int{}, "required", "")
	testRule(t, [2]int{}, "required", "required")
	testRule(t, [2]int{1: 1}, "required", "")
	testRule(t, [0]int{}, "required", "required")
	testRule(t, (func())(nil), "required", "required")
	testRule(t, func() {}, "required", "")
	testRule(t, (chan int)(nil), "required", "required")
	testRule(t, make(chan int), "required", "")
	testRule(t, 1i, "required", "")
	testRule(t, time.Time{}, "required", "required")
	testRule(t, time.Unix(0, 0), "required", "")
	testRule(t, account{}, "required", "required")
	testRule(t, account{Email: "a@b.co", Age: 18}, "required", "")
	testRule(t, account{Age: 18}, "required", "required") // of its own Email

	testRule(t, nilString, "required", "required")
	testRule(t, &nilString, "required", "required")
	testRule(t, new(""), "required", "")
	testRule(t, new(new(0)), "required", "")
	testRule(t, &nilSlice, "required", "required")
	testRule(t, &account{Email: "a@b.co", Age: 18}, "required", "")

	testRule[any](t, nil, "required", "required")
	testRule[any](t, "", "required", "")
	testRule[any](t, 0, "required", "")
	testRule[any](t, nilString, "required", "required")
	testRule[any](t, nilSlice, "required", "required")
	testRule[any](t, []string{}, "required", "")
	testRule[any](t, []int{0}, "dive,required", "required")
	testRule[any](t, []any{0}, "dive,required", "")
	testRule[error](t, nil, "required", "required")
	testRule(t, errors.New("x"), "required", "")
}

func TestOmitempty(t *testing.T) {
	testRule(t, "", "omitempty,email", "")
	testRule(t, "x", "omitempty,email", "email")
	testRule(t, new(""), "omitempty,email", "email")
	testRule(t, (*string)(nil), "omitempty,email", "")
	testRule(t, (*string)(nil), "email,omitempty", "email")
	testRule(t, "", "required,omitempty,email", "required")
	testRule(t, "", "omitempty,required", "")
	testRule(t, 0, "omitempty,min=5", "")
	testRule(t, 3, "omitempty,min=5", "min")
	testRule(t, []string(nil), "omitempty,min=1", "")
	testRule(t, []string{}, "omitempty,min=1", "min_items")
	testRule(t, []string{"", "x"}, "dive,omitempty,email", "email")
	testRule(t, account{}, "omitempty", "")
	testRule(t, account{Age: 1}, "omitempty", "required")
	testRule(t, &account{}, "omitempty", "required")
	testRule[any](t, nil, "omitempty,email", "")
	testRule[any](t, "", "omitempty,email", "email")
}

func TestBoundsOnStrings(t *testing.T) {
	testRule(t, "äöü", "min=3,max=3,len=3", "")
	testRule(t, "äöü", "min=4", "min_length")
	testRule(t, "äöü", "max=2", "max_length")
	testRule(t, "äöü", "len=2", "length")
	testRule(t, "äöü", "len=6", "length")
	testRule(t, "", "min=0,max=0,len=0", "")
	testRule(t, "a", "max=0", "max_length")
	testRule(t, "😀😀", "len=2", "")
	testRule(t, "\xff\xfe", "len=2", "") // each invalid byte is a character
	testRule(t, colour("red"), "min=3", "")
	testRule(t, new("red"), "min=4", "min_length")
	testRule(t, (*string)(nil), "max=4", "max_length")
	testRule(t, "0123456789", "min=010", "") // ten, not eight
	testRule(t, "012345678", "min=010", "min_length")
}

// Every length of string is on the right side of every limit, whatever mix of
// one- to four-byte characters it is made of.
func TestBoundsCountRunes(t *testing.T) {
	for _, s := range []string{"a", "é", "€", "😀", "\xff"} {
		for n := range 12 {
			for limit, tags := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"} {
				want := [3]string{}
				if n < limit {
					want[0] = "min_length"
				}
				if n > limit {
					want[1] = "max_length"
				}
				if n != limit {
					want[2] = "length"
				}
				for i, name := range []string{"min=", "max=", "len="} {
					testRule(t, strings.Repeat(s, n), name+tags, want[i])
				}
			}
		}
	}
}

func TestBoundsOnCollections(t *testing.T) {
	testRule(t, []int{1, 2}, "min=2,max=2,len=2", "")
	testRule(t, []int{1, 2}, "min=3", "min_items")
	testRule(t, []int{1, 2}, "max=1", "max_items")
	testRule(t, []int{1, 2}, "len=1", "items")
	testRule(t, []int(nil), "max=1", "")
	testRule(t, []int(nil), "min=1", "min_items")
	testRule(t, [2]int{}, "len=2", "")
	testRule(t, map[string]int{"a": 1}, "min=1,max=1", "")
	testRule(t, map[string]int(nil), "min=1", "min_items")
	testRule(t, &[]int{}, "min=1", "min_items")
}

func TestBoundsOnNumbers(t *testing.T) {
	testRule(t, 5, "min=5,max=5,len=5", "")
	testRule(t, 5, "min=6", "min")
	testRule(t, 5, "max=4", "max")
	testRule(t, 5, "len=4", "equal")
	testRule(t, -5, "min=-5,max=+5", "")
	testRule(t, int64(math.MaxInt64), "min=9223372036854775807", "")
	testRule(t, int64(math.MinInt64), "max=-9223372036854775808", "")
	testRule(t, level(3), "max=2", "max")
	testRule(t, int16(3), "min=4", "min")
	testRule(t, int32(3), "min=4", "min")
	testRule(t, uint64(math.MaxUint64), "min=18446744073709551615", "")
	testRule(t, uint8(200), "max=199", "max")
	testRule(t, uint16(3), "min=4", "min")
	testRule(t, uint32(3), "min=4", "min")
	testRule(t, uint(3), "min=4", "min")
	testRule(t, uintptr(3), "min=4", "min")
	testRule(t, 0.5, "min=0.5,max=5e-1,len=.5", "")
	testRule(t, 0.5, "min=0.6", "min")
	testRule(t, float32(0.1), "len=0.1", "")
	testRule(t, ratio(0.1), "max=0.1", "")
	testRule(t, new(7), "max=6", "max")
	testRule(t, (*int)(nil), "max=6", "max")
	testRule(t, math.Inf(1), "min=1e308", "")
	for _, tag := range []string{"min=0", "max=0", "len=0", "oneof=0"} {
		err, _ := validate.CheckTag(math.NaN(), tag)
		if err == nil {
			t.Errorf("%s on NaN = nil; want an error", tag)
		}
	}
}

func TestBoundsOnDurations(t *testing.T) {
	testRule(t, time.Minute, "min=1m,max=60s,len=60000000000", "")
	testRule(t, time.Minute, "min=1m0.000000001s", "min")
	testRule(t, time.Minute, "max=59s", "max")
	testRule(t, -time.Second, "min=0", "min")
	testRule(t, time.Minute, "oneof=1s 1m", "")
	testRule(t, time.Hour, "oneof=1s 1m", "one_of")
}

func TestOneOf(t *testing.T) {
	testRule(t, "red", "oneof=red green", "")
	testRule(t, "Red", "oneof=red green", "one_of")
	testRule(t, "", "oneof=red green", "one_of")
	testRule(t, colour("green"), "oneof=red green", "")
	testRule(t, 2, "oneof=1 2 3", "")
	testRule(t, -2, "oneof=1 -2 3", "")
	testRule(t, 4, "oneof=1 2 3", "one_of")
	testRule(t, uint8(2), "oneof=1 2 3", "")
	testRule(t, 0.1, "oneof=0.1 1e0", "")
	testRule(t, float32(0.1), "oneof=0.1 1e0", "")
	testRule(t, 0.2, "oneof=0.1 1e0", "one_of")
}

func TestDive(t *testing.T) {
	testRule(t, []string{"a@b.co", "x"}, "max=2,dive,email", "email")
	testRule(t, []string{"x", "x", "x"}, "max=2,dive,email", "max_items")
	testRule(t, []string(nil), "dive,required", "")
	testRule(t, (*[]string)(nil), "dive,required", "type")
	testRule(t, (*[]string)(nil), "omitempty,dive,required", "")
	testRule(t, &[]string{""}, "dive,required", "required")
	testRule(t, [2]string{"a", ""}, "dive,required", "required")
	testRule(t, map[string]string{"k": ""}, "dive,required", "required")
	testRule(t, [][]int{{1}, {2, 3}}, "dive,max=2,dive,max=2", "max")
	testRule(t, []*int{nil}, "dive,min=1", "min")
	testRule(t, []*int{nil}, "dive", "")
	testRule(t, []byte("ab"), "dive,max=97", "max")
}

// What an interface holds decides at run time; nothing it can hold panics.
func TestRulesOnInterfaces(t *testing.T) {
	for _, tt := range []struct {
		v    any
		tag  string
		want string
	}{
		{"abc", "min=3", ""},
		{"ab", "min=3", "min_length"},
		{3, "min=3", ""},
		{uint8(2), "min=3", "min"},
		{float32(2.5), "min=3", "min"},
		{2.5, "min=3", "min"},
		{[]any{1}, "min=3", "min_items"},
		{map[string]any{}, "min=3", "min_items"},
		{[1]int{}, "min=3", "min_items"},
		{time.Nanosecond, "min=3", "min"},
		{true, "min=3", "type"},
		{nil, "min=3", "type"},
		{struct{}{}, "min=3", "type"},
		{func() {}, "min=3", "type"},
		{2i, "min=3", "type"},
		{(*int)(nil), "min=3", "type"},
		{new(2), "min=3", "min"},
		{time.Second, "min=2s", "min"},
		{1, "min=2s", "type"},
		{1, "min=0.5", "type"},
		{0.25, "min=0.5", "min"},
		{"auto", "oneof=auto 1 2", ""},
		{2.0, "oneof=auto 1 2", ""},
		{3, "oneof=auto 1 2", "one_of"},
		{true, "oneof=auto 1 2", "type"},
		{[]string{"auto"}, "oneof=auto 1 2", "type"},
		{1, "oneof=auto", "type"},
		{"x", "email", "email"},
		{1.5, "email", "type"},
		{nil, "email", "type"},
		{1, "dive", "type"},
		{nil, "dive", "type"},
		{"abc", "dive", "type"},
		{[]any{1, "x", nil}, "dive,omitempty,max=1", ""},
		{[]any{[]any{2}}, "dive,dive,max=1", "max"},
		{[]any{2}, "dive,dive,max=1", "type"},
		{map[any]any{1.5: map[bool]string{true: ""}}, "dive,dive,required", "required"},
	} {
		testRule(t, tt.v, tt.tag, tt.want)
	}
}

func TestTypeMessages(t *testing.T) {
	for tag, want := range map[string]string{
		"email":       "v: must be a string",
		"min=3":       "v: must be a string or a list or map or a number or a duration",
		"min=0.5":     "v: must be a number",
		"min=2s":      "v: must be a duration",
		"oneof=a b":   "v: must be a string",
		"oneof=1 2":   "v: must be a string or a number or a duration",
		"dive,min=10": "v: must be a list or map",
	} {
		err, _ := validate.CheckTag[any](true, tag)
		if err == nil || err.Error() != "validate: "+want {
			t.Errorf("%s on true = %v; want %v", tag, err, want)
		}
	}
}

func TestParams(t *testing.T) {
	testParam(t, "", "min=3", 3, "must be at least 3 characters long")
	testParam(t, "ab", "max=1", 1, "must be at most 1 character long")
	testParam(t, "", "len=2", 2, "must be exactly 2 characters long")
	testParam(t, []int{}, "min=1", 1, "must have at least 1 item")
	testParam(t, []int{1}, "max=0", 0, "must have at most 0 items")
	testParam(t, 0, "min=18", int64(18), "must be at least 18")
	testParam(t, uint8(9), "max=5", uint64(5), "must be at most 5")
	testParam(t, 2.0, "max=1.50", 1.5, "must be at most 1.5")
	testParam(t, 0, "len=7", int64(7), "must be 7")
	testParam(t, time.Second, "min=1m", time.Minute, "must be at least 1m")
	testParam(t, "", "required", nil, "is required")
	testParam(t, "x", "email", nil, "must be an e-mail address")
}

func testParam[V any](t *testing.T, v V, tag string, param any, message string) {
	t.Helper()
	err, _ := validate.CheckTag(v, tag)
	errs, ok := errors.AsType[validate.Errors](err)
	if !ok || errs[0].Param != param || errs[0].Message != message {
		t.Errorf("%q on %T(%v) = %+v; want Param %#v, %q", tag, v, v, err, param, message)
		return
	}
	if name, _, _ := strings.Cut(tag, "="); errs[0].Rule != name {
		t.Errorf("%q: Rule = %q", tag, errs[0].Rule)
	}
}

// A caller that modifies Param against its documentation spoils messages, but
// not what is accepted.
func TestModifiedParamChangesNoRule(t *testing.T) {
	type form struct {
		Color string `validate:"oneof=red green"`
	}
	e, ok := errors.AsType[validate.FieldError](validate.Struct(form{"blue"}))
	if !ok {
		t.Fatal("Struct(blue) has no FieldError")
	}
	e.Param.([]string)[0] = "blue"
	if validate.Struct(form{"blue"}) == nil || validate.Struct(form{"red"}) != nil {
		t.Error("Param is the list that values are compared with")
	}
}
