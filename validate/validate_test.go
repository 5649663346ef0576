package validate_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goplinth/plinth/validate"
)

// codes returns "path code" for each of the Errors in err, and nil for nil.
func codes(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	errs, ok := errors.AsType[validate.Errors](err)
	if !ok {
		t.Fatalf("error is %T (%v); want validate.Errors", err, err)
	}
	var list []string
	for _, e := range errs {
		list = append(list, strings.TrimSpace(e.Path.String()+" "+e.Code))
	}
	return list
}

func checkCodes(t *testing.T, call string, err error, want ...string) {
	t.Helper()
	if got := codes(t, err); !slices.Equal(got, want) {
		t.Errorf("%s = %q; want %q", call, got, want)
	}
}

type account struct {
	Email string `json:"email" validate:"required,email"`
	Age   int    `json:"age" validate:"min=18"`
}

func TestStruct(t *testing.T) {
	good, bad := account{"ann@example.com", 18}, account{"ann", 17}
	ptr := &bad
	var boxed any = bad
	for _, tt := range []struct {
		name string
		v    any
		want []string
	}{
		{"valid struct", good, nil},
		{"pointer to a valid struct", &good, nil},
		{"struct", bad, []string{"email email", "age min"}},
		{"pointer", &bad, []string{"email email", "age min"}},
		{"pointer to pointer", &ptr, []string{"email email", "age min"}},
		{"pointer to interface", &boxed, []string{"email email", "age min"}},
		{"struct without fields", struct{}{}, nil},
	} {
		checkCodes(t, "Struct("+tt.name+")", validate.Struct(tt.v), tt.want...)
	}
}

type selfPointer *selfPointer

func TestStructRefusesWhatIsNoStruct(t *testing.T) {
	var nilAccount *account
	var nilAny any
	var loop selfPointer
	loop = &loop
	var ring any
	ring = &ring
	for _, tt := range []struct {
		v     any
		given string
	}{
		{nil, "nil"},
		{7, "a value of type int"},
		{"ann", "a value of type string"},
		{[]account{{}}, "a value of type []validate_test.account"},
		{func() {}, "a value of type func()"},
		{new(int), "a value of type *int"},
		{nilAccount, "a nil *validate_test.account"},
		{&nilAccount, "a nil **validate_test.account"},
		{&nilAny, "a nil *interface {}"},
		{loop, "a value of type validate_test.selfPointer that points to itself"},
		{ring, "a value of type *interface {} that points to itself"},
	} {
		err := validate.Struct(tt.v)
		want := "validate: Struct was given " + tt.given + "; pass a struct or a non-nil pointer to one: not a struct"
		if !errors.Is(err, validate.ErrNotStruct) || err.Error() != want {
			t.Errorf("Struct(%T) = %v; want %v", tt.v, err, want)
		}
	}
}

// A mistake in a tag is an error on every call, before the value is looked at.
func TestStructReturnsTagMistakes(t *testing.T) {
	type wrong struct {
		Name string `validate:"required"`
		Age  int    `validate:"min=old"`
	}
	for range 2 {
		err := validate.Struct(&wrong{})
		tag, ok := errors.AsType[*validate.TagError](err)
		if !ok {
			t.Fatalf("error is %v", err)
		}
		if tag.Type != reflect.TypeFor[wrong]() || tag.Field != "Age" || tag.Tag != "min=old" {
			t.Errorf("Struct(wrong) = %+v; want Age, min=old", tag)
		}
	}
}

func TestCompile(t *testing.T) {
	if err := validate.Compile(); err != nil {
		t.Errorf("Compile() = %v; want nil", err)
	}
	if err := validate.Compile(account{}, &account{}, (*account)(nil), reflect.TypeFor[account]()); err != nil {
		t.Errorf("Compile(account) = %v; want nil", err)
	}
}

func TestCompileReportsAllMistakesOfAllTypes(t *testing.T) {
	type shared struct {
		C bool `validate:"email"`
	}
	type first struct {
		A int `validate:"min=x,nope"`
		B shared
	}
	type second struct {
		B []*shared `validate:"dive"`
		D string    `validate:"len"`
	}
	err := validate.Compile(first{}, 7, second{}, nil, reflect.TypeFor[func()](), selfPointer(nil))
	if err == nil {
		t.Fatal("no error; want mistakes")
	}
	want := []string{
		`validate: validate_test.first.A: tag "min=x": "x" is not a 64-bit whole number; write it in base 10`,
		`validate: validate_test.first.A: tag "nope": unknown rule; correct it, or register it with validate.Tag in Options.Tags`,
		`validate: validate_test.shared.C: tag "email": email does not apply to bool, only to strings; remove it or change the type of the field`,
		`validate: Compile was given the type int; pass a struct type: not a struct`,
		`validate: validate_test.second.D: tag "len": len needs a parameter; write it as in len=3`,
		`validate: Compile was given nil; pass a struct type: not a struct`,
		`validate: Compile was given the type func(); pass a struct type: not a struct`,
		`validate: Compile was given the type validate_test.selfPointer; pass a struct type: not a struct`,
	}
	if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, want) {
		t.Errorf("Compile =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
