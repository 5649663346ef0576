package validate_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goplinth/plinth/validate"
)

func newValidator[T any](t *testing.T, o validate.Options) *validate.Validator[T] {
	t.Helper()
	v, err := validate.For[T](o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestValidator(t *testing.T) {
	v := newValidator[account](t, validate.Options{})
	for _, tt := range []struct {
		in   account
		want []string
	}{
		{account{"ann@example.com", 18}, nil},
		{account{"ann@example.com", 17}, []string{"age min"}},
		{account{}, []string{"email required", "age min"}},
	} {
		checkCodes(t, fmt.Sprintf("Validate(%v)", tt.in), v.Validate(&tt.in), tt.want...)
		if got := v.Valid(&tt.in); got != (tt.want == nil) {
			t.Errorf("Valid(%v) = %v", tt.in, got)
		}
	}
}

func TestValidatorOfPointers(t *testing.T) {
	v := newValidator[*account](t, validate.Options{})
	in := &account{Age: 20}
	checkCodes(t, "Validate(**account)", v.Validate(&in), "email required")
}

func TestValidatorRefusesNil(t *testing.T) {
	v, vp := newValidator[account](t, validate.Options{}), newValidator[*account](t, validate.Options{})
	for _, err := range []error{v.Validate(nil), vp.Validate(nil), vp.Validate(new(*account))} {
		if !errors.Is(err, validate.ErrNotStruct) {
			t.Errorf("Validate(nil) = %v; want ErrNotStruct", err)
		}
	}
	if v.Valid(nil) || vp.Valid(new(*account)) {
		t.Error("Valid(nil) = true; want false")
	}
}

func TestZeroValidatorPanics(t *testing.T) {
	const want = "validate: the Validator was not made by For or Schema"
	var zero validate.Validator[account]
	for name, call := range map[string]func(){
		"zero.Validate": func() { zero.Validate(&account{}) },
		"nil.Valid":     func() { (*validate.Validator[account])(nil).Valid(&account{}) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("%s panics with %v; want %q", name, got, want)
				}
			}()
			call()
		}()
	}
}

func TestForReportsEveryMistake(t *testing.T) {
	type wrong struct {
		Age int `rules:"min=old"`
	}
	_, err := validate.For[wrong](validate.Options{Tag: "rules", NameTag: "a b", MaxDepth: -1, MaxErrors: -2})
	if err == nil {
		t.Fatal("no error; want mistakes")
	}
	want := []string{
		`validate: Options.NameTag is a b (string): must be the key of a struct tag, such as "json"`,
		`validate: Options.MaxDepth is -1 (int): must be from 1 to 10000, or 0 for the default of 64`,
		`validate: Options.MaxErrors is -2 (int): must be 1 or more, or 0 for the default of 100`,
		`validate: validate_test.wrong.Age: tag "min=old": "old" is not a 64-bit whole number; write it in base 10`,
	}
	if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, want) {
		t.Errorf("For = %q; want %q", got, want)
	}

	_, err = validate.For[int](validate.Options{Tag: `a:"`, MaxDepth: 10_001})
	if err == nil {
		t.Fatal("no error; want mistakes")
	}
	want = []string{
		`validate: Options.Tag is a:" (string): must be the key of a struct tag, such as "validate"`,
		`validate: Options.MaxDepth is 10001 (int): must be from 1 to 10000, or 0 for the default of 64`,
		`validate: For was given the type int; pass a struct type: not a struct`,
	}
	if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, want) || !errors.Is(err, validate.ErrNotStruct) {
		t.Errorf("For = %q; want %q", got, want)
	}
}

func TestOptionsTags(t *testing.T) {
	type form struct {
		Name string `json:"n" form:"full-name" validate:"email" binding:"required"`
	}
	v := newValidator[form](t, validate.Options{Tag: "binding", NameTag: "form"})
	checkCodes(t, "Validate", v.Validate(&form{}), "full-name required")
	checkCodes(t, "Validate", v.Validate(&form{"not an address"}))
}

func TestMaxErrors(t *testing.T) {
	type five struct {
		A, B, C, D, E string `validate:"required"`
	}
	for _, tt := range []struct {
		limit int
		want  []string
	}{
		{1, []string{"A required"}},
		{2, []string{"A required", "max_errors"}},
		{4, []string{"A required", "B required", "C required", "max_errors"}},
		{5, []string{"A required", "B required", "C required", "D required", "E required"}},
		{6, []string{"A required", "B required", "C required", "D required", "E required"}},
	} {
		v := newValidator[five](t, validate.Options{MaxErrors: tt.limit})
		checkCodes(t, fmt.Sprintf("Validate with MaxErrors %d", tt.limit), v.Validate(&five{}), tt.want...)
	}
}

func TestMaxErrorsByDefault(t *testing.T) {
	type list struct {
		Items []string       `validate:"dive,required"`
		Names map[int]string `validate:"dive,required"`
	}
	in := list{Items: make([]string, 50), Names: make(map[int]string)}
	for i := range 1_000_000 {
		in.Names[i] = ""
	}
	err := validate.Struct(&in)
	errs, ok := errors.AsType[validate.Errors](err)
	if !ok {
		t.Fatalf("error is %T; want validate.Errors", err)
	}
	if len(errs) != 100 {
		t.Fatalf("%d errors; want 100", len(errs))
	}
	last := errs[99]
	if last.Code != "max_errors" || last.Path.String() != "" || last.Rule != "" || last.Param != 100 ||
		last.Error() != "there are more than 100 errors; the rest are left out" {
		t.Errorf("last error = %+v; want max_errors", last)
	}
	if first := errs[0]; first.Error() != "Items[0]: is required" {
		t.Errorf("first error = %v", first)
	}
}

type chain struct {
	Next *chain `json:"next"`
	N    int    `json:"n" validate:"min=1"`
}

// deep returns a chain of n structs.
func deep(n int) *chain {
	nodes := make([]chain, n)
	for i := range nodes {
		nodes[i].N = 1
		if i > 0 {
			nodes[i-1].Next = &nodes[i]
		}
	}
	return &nodes[0]
}

func TestMaxDepth(t *testing.T) {
	for _, tt := range []struct{ option, limit int }{{0, 64}, {1, 1}, {10_000, 10_000}} {
		v := newValidator[chain](t, validate.Options{MaxDepth: tt.option})
		if err := v.Validate(deep(tt.limit)); err != nil {
			t.Errorf("MaxDepth %d: Validate(%d structs) = %v; want nil", tt.option, tt.limit, err)
		}
		path := strings.TrimSuffix(strings.Repeat("next.", tt.limit), ".")
		checkCodes(t, fmt.Sprintf("MaxDepth %d: Validate", tt.option), v.Validate(deep(tt.limit+1)), path+" max_depth")
	}
}
