package validate_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goplinth/plinth/validate"
	"github.com/stretchr/testify/require"
)

type bareForm struct {
	Email string `json:"email" validate:"required,email,max=12"`
	Name  string `json:"name" validate:"omitempty,min=2,max=5,alpha"`
	Plan  string `json:"plan" validate:"oneof=free pro"`
	Age   int    `json:"age" validate:"gte=18,lte=130,ne=30"`
	Small int8   `json:"small" validate:"omitempty,min=2"`
	Wide  int16  `json:"wide" validate:"required"`
	Wider int32  `json:"wider" validate:"oneof=1 2"`
	note  string
}

// bareForms returns forms with each combination of a few values.
func bareForms() []bareForm {
	forms := []bareForm{{}}
	vary := func(set ...func(*bareForm)) {
		var varied []bareForm
		for _, f := range forms {
			for _, set := range set {
				set(&f)
				varied = append(varied, f)
			}
		}
		forms = varied
	}
	str := func(field func(*bareForm) *string, values ...string) {
		var set []func(*bareForm)
		for _, v := range values {
			set = append(set, func(f *bareForm) { *field(f) = v })
		}
		vary(set...)
	}
	str(func(f *bareForm) *string { return &f.Email }, "", "a@b.co", "nobody", "someone@b.co.uk")
	str(func(f *bareForm) *string { return &f.Name }, "", "a", "ab", "a1", "abcdef", "ä\xff")
	str(func(f *bareForm) *string { return &f.Plan }, "", "pro")
	vary(
		func(f *bareForm) { f.Age, f.Small, f.Wide, f.Wider = 17, 0, 0, 0 },
		func(f *bareForm) { f.Age, f.Small, f.Wide, f.Wider = 30, 1, -1, 1 },
		func(f *bareForm) { f.Age, f.Small, f.Wide, f.Wider = 131, -128, 1, 2 },
		func(f *bareForm) { f.Age, f.Small, f.Wide, f.Wider = 18, 127, 32767, -1 },
	)
	return forms
}

// TestShortWayFindsTheSame compares the ways that structs of strings and
// integers take, and the rules of which all look at one value, with the one for
// everything else.
func TestShortWayFindsTheSame(t *testing.T) {
	v := newValidator[bareForm](t, validate.Options{})
	pointers := newValidator[*bareForm](t, validate.Options{})
	fields := []validate.FieldRule[bareForm]{
		validate.Field("email", func(f *bareForm) string { return f.Email }, validate.Required[string](), validate.Email[string](), validate.MaxLen[string](12)),
		validate.Field("", func(f *bareForm) int { return f.Age }, validate.Between(18, 130)),
		validate.Compare("wide", func(f *bareForm) int16 { return f.Wide }, validate.Less, "wider", func(f *bareForm) int16 { return int16(f.Wider) }),
	}
	always := func(*bareForm) bool { return true }
	schema, err := validate.Schema(fields...)
	require.NoError(t, err)
	long, err := validate.Schema(validate.When(always, fields...)) // not taken for a simple one
	require.NoError(t, err)
	for _, f := range bareForms() {
		f.note = "not looked at"
		want := describe(validate.Struct(f)) // not a pointer, so that the walker goes through it
		p := &f
		for name, err := range map[string]error{"Struct": validate.Struct(p), "Validate": v.Validate(p), "Validate of a pointer": pointers.Validate(&p)} {
			if got := describe(err); got != want {
				t.Errorf("%s(%+v):\n%s; want\n%s", name, f, got, want)
			}
		}
		if v.Valid(p) != (want == "") || pointers.Valid(&p) != (want == "") {
			t.Errorf("Valid(%+v) = %v, of a pointer %v; want %v", f, v.Valid(p), pointers.Valid(&p), want == "")
		}
		if got, want := describe(schema.Validate(p)), describe(long.Validate(p)); got != want {
			t.Errorf("Schema(%+v):\n%s; want\n%s", f, got, want)
		}
	}
}

// describe returns all that an error of this package says.
func describe(err error) string {
	if err == nil {
		return ""
	}
	errs, ok := err.(validate.Errors)
	if !ok {
		return reflect.TypeOf(err).String() + err.Error()
	}
	var text strings.Builder
	for _, e := range errs {
		text.WriteString(fmt.Sprintf("%s %s %q %q %v %q\n", e.Path, e.Path.Pointer(), e.Rule, e.Code, e.Param, e.Message))
	}
	return text.String()
}

// TestShortWayHasItsErrorsToItself changes the errors of one value, which must
// not show in those of the next.
func TestShortWayHasItsErrorsToItself(t *testing.T) {
	v := newValidator[bareForm](t, validate.Options{})
	before := describe(v.Validate(&bareForm{}))
	errs := v.Validate(&bareForm{}).(validate.Errors)
	for i := range errs {
		errs[i] = validate.FieldError{Code: "changed"}
	}
	if after := describe(v.Validate(&bareForm{})); after != before {
		t.Errorf("errors after others were changed:\n%s; want\n%s", after, before)
	}
}

// TestLongWay has what the short way is not for: options that change what is
// reported, many fields, and a choice of fields.
func TestLongWay(t *testing.T) {
	type two struct {
		A string `json:"a" validate:"min=2,alpha"`
		B string `json:"b" validate:"required"`
	}
	type seventeen struct {
		A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q string `validate:"required"`
	}
	schema := func(o validate.Options, fields int) error {
		rule := validate.Field("s", func(s *string) string { return *s }, validate.MinLen[string](1), validate.OneOf("x"))
		v, err := validate.SchemaWith(o, slices.Repeat([]validate.FieldRule[string]{rule}, fields)...)
		require.NoError(t, err)
		return v.Validate(new(string))
	}
	for name, test := range map[string]struct {
		err   error
		count int
		first string
	}{
		"AllRules":          {newValidator[two](t, validate.Options{AllRules: true}).Validate(&two{A: "1"}), 3, "a: must be at least 2 characters long"},
		"MaxErrors":         {newValidator[two](t, validate.Options{MaxErrors: 1}).Validate(&two{A: "1"}), 1, "a: must be at least 2 characters long"},
		"many fields":       {validate.Struct(&seventeen{}), 17, "A: is required"},
		"Partial":           {newValidator[two](t, validate.Options{}).Partial(&two{A: "1"}, "b"), 1, "b: is required"},
		"Messages":          {newValidator[two](t, validate.Options{Messages: shouting{}}).Validate(&two{A: "1"}), 2, "a: MIN_LENGTH 2"},
		"schema, AllRules":  {schema(validate.Options{AllRules: true}, 1), 2, "s: must be at least 1 character long"},
		"schema, MaxErrors": {schema(validate.Options{MaxErrors: 3}, 4), 3, "s: must be at least 1 character long"},
		"schema, many":      {schema(validate.Options{}, 17), 17, "s: must be at least 1 character long"},
		"schema, Messages":  {schema(validate.Options{Messages: shouting{}}, 1), 1, "s: MIN_LENGTH 1"},
	} {
		errs, ok := test.err.(validate.Errors)
		if !ok || len(errs) != test.count || errs[0].Error() != test.first {
			t.Errorf("%s: %v; want %d errors, the first of them %q", name, test.err, test.count, test.first)
		}
	}
}
