package validate_test

import (
	"errors"
	"strings"
	"testing"
	"time"

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
