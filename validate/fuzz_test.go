package validate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/goplinth/plinth/validate"
)

// No tag can make the compiler panic, and a tag that compiles cannot make a
// value panic, whatever the type.
func FuzzTag(f *testing.F) {
	for _, tag := range []string{
		"", "-", "required", "required, email", "omitempty,min=3,max=010", "min=0x3", "max=1.5", "len=-1", "min=1s",
		"oneof='a b' c", "oneof='", "oneof=1 2", "dive", "dive,dive,required", "max=3,dive,omitempty,email",
		"a|b", ",", "=", "min=", "oneof=0x2C 0x7C", "min=99999999999999999999", "email,,dive,", "max=NaN",
	} {
		f.Add(tag, "a@b.co")
	}
	f.Fuzz(func(t *testing.T, tag, s string) {
		fuzzTag(t, s, tag)
		fuzzTag(t, colour(s), tag)
		fuzzTag(t, &s, tag)
		fuzzTag(t, (*string)(nil), tag)
		fuzzTag(t, len(s), tag)
		fuzzTag(t, uint8(len(s)), tag)
		fuzzTag(t, float32(len(s)), tag)
		fuzzTag(t, time.Duration(len(s)), tag)
		fuzzTag(t, s == "", tag)
		fuzzTag(t, []byte(s), tag)
		fuzzTag(t, strings.Split(s, ","), tag)
		fuzzTag(t, map[string][]any{s: {s, nil, len(s), []string{s}}}, tag)
		fuzzTag(t, [1]any{s}, tag)
		fuzzTag(t, account{Email: s}, tag)
		fuzzTag(t, time.Time{}, tag)
		fuzzTag(t, func() {}, tag)
		fuzzTag[any](t, s, tag)
		fuzzTag[any](t, nil, tag)
		fuzzTag[any](t, []any{s, map[any]any{s: 1.5}}, tag)
		fuzzTag(t, selfPointer(nil), tag)
	})
}

func fuzzTag[V any](t *testing.T, v V, tag string) {
	t.Helper()
	err, compileErr := validate.CheckTag(v, tag)
	if compileErr != nil {
		e, ok := errors.AsType[*validate.TagError](compileErr)
		if !ok || e.Field != "V" || e.Reason == "" || !strings.Contains(e.Reason, "; ") {
			t.Errorf("compiling %q for %T = %v; want a TagError with a remedy", tag, v, compileErr)
		}
		return
	}
	if errs, ok := errors.AsType[validate.Errors](err); err != nil && (!ok || len(errs) == 0 || errs[0].Code == "") {
		t.Errorf("%q on %T = %v; want nil or Errors", tag, v, err)
	}
}

func FuzzValues(f *testing.F) {
	v, err := validate.For[everything](validate.Options{MaxErrors: 20, MaxDepth: 8})
	if err != nil {
		f.Fatal(err)
	}
	for seed := range uint64(10) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { checkRandom(t, v, seed) })
}

// FuzzPaths makes errors below map keys of any text and looks up what their
// JSON Pointers lead to, in the JSON form of the value. It also asks for fields
// of any name.
func FuzzPaths(f *testing.F) {
	for _, key := range []string{"", "a", "a.b", "a/b", "a~1b", "~", "[0]", `"`, "\xff", "é", "0", "-1", "list", "maps.a", "list.a.b", strings.Repeat("é", 600)} {
		f.Add(key, key, uint8(len(key)))
	}
	f.Add("\xc3", "\xa9", uint8(2)) // together they are a character
	type inner struct {
		Wrong int `json:"wrong" validate:"min=1"`
	}
	type outer struct {
		Maps map[string]map[string][]inner `json:"maps" validate:"dive,dive,dive"`
		List []inner                       `json:"list" validate:"dive"`
	}
	v, err := validate.For[outer](validate.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b string, n uint8) {
		list := make([]inner, int(n)+1)
		for i := range list[:n] {
			list[i].Wrong = 1
		}
		in := outer{Maps: map[string]map[string][]inner{a: {b: list}}, List: list}
		errs, _ := errors.AsType[validate.Errors](v.Validate(&in))
		if len(errs) != 2 {
			t.Fatalf("Validate = %v; want two errors", errs)
		}
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		for _, e := range errs {
			if len(a) > 1024 || len(b) > 1024 || !utf8.ValidString(a) || !utf8.ValidString(b) {
				break // what is long is cut, and what is not UTF-8 is not the same in JSON
			}
			if got := lookUp(doc, e.Path.Pointer()); got != 0.0 {
				t.Errorf("%q leads to %v; want 0", e.Path.Pointer(), got)
			}
		}
		if got, want := errs[1].Path.String(), fmt.Sprintf("list[%d].wrong", n); got != want {
			t.Errorf("path %q; want %q", got, want)
		}
		err = v.Partial(&in, a, "list."+b)
		if _, ok := errors.AsType[validate.Errors](err); err != nil && !ok && !errors.Is(err, validate.ErrNoField) {
			t.Errorf("Partial(%q, %q) = %v; want nil, Errors or ErrNoField", a, "list."+b, err)
		}
	})
}

// lookUp returns what a JSON Pointer leads to in v, as RFC 6901 says.
func lookUp(v any, pointer string) any {
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		switch in := v.(type) {
		case map[string]any:
			v = in[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}
