package validate_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/goplinth/plinth/internal/race"
	"github.com/goplinth/plinth/validate"
)

// outer names a field of the outermost struct.
type outer struct {
	Limit int `json:"limit" validate:"min=1"`
	Inner struct {
		Used int `json:"used" validate:"ltecsfield=Limit"`
	} `json:"inner"`
}

func newOuter(limit, used int) *outer {
	o := &outer{Limit: limit}
	o.Inner.Used = used
	return o
}

func TestForAny(t *testing.T) {
	v := newValidator[any](t, validate.Options{})
	good, bad := &account{"ann@example.com", 18}, &account{"ann", 17}
	for _, tt := range []struct {
		name string
		v    any
		want []string
	}{
		{"pointer to a valid struct", good, nil},
		{"struct", *bad, []string{"email email", "age min"}},
		{"pointer to pointer", &bad, []string{"email email", "age min"}},
		{"another type", newOuter(0, 0), []string{"limit min"}},
		{"outermost struct", newOuter(3, 4), []string{"inner.used max_field"}},
		{"slice", []account{*good, *bad}, []string{"[1].email email", "[1].age min"}},
		{"pointer to a slice", &[]*account{bad, good}, []string{"[0].email email", "[0].age min"}},
		{"nil element", []*account{good, nil}, []string{"[1] required"}},
		{"array", [2]account{1: *good}, []string{"[0].email required", "[0].age min"}},
		{"slices in a slice", [][]account{{}, {*good, *bad}}, []string{"[1][1].email email", "[1][1].age min"}},
		{"interfaces", []any{good, newOuter(3, 4), nil}, []string{"[1].inner.used max_field", "[2] required"}},
		{"other elements", []any{7, map[string]account{"a": *bad}}, []string{"[0] type", "[1] type"}},
		{"empty slice", []account{}, nil},
		{"slice of numbers that is empty", []int(nil), nil},
	} {
		checkCodes(t, tt.name, v.Validate(&tt.v), tt.want...)
		if got, want := v.Valid(&tt.v), tt.want == nil; got != want {
			t.Errorf("%s: Valid = %v; want %v", tt.name, got, want)
		}
	}
}

func TestForAnySlice(t *testing.T) {
	v := newValidator[any](t, validate.Options{})
	good, bad := account{"ann@example.com", 18}, &account{"ann@example.com", 17}
	checkCodes(t, "Slice", v.Slice([]any{good, bad, nil, []*account{bad}, 7}), "[1].age min", "[2] required", "[3][0].age min", "[4] type")
	checkCodes(t, "Slice of valid values", v.Slice([]any{good, newOuter(1, 1)}))
}

// A list in an interface is checked in a schema too.
func TestForAnyNested(t *testing.T) {
	type envelope struct {
		Kind string
		Data any
	}
	v, err := validate.Schema(
		validate.Field("kind", func(e *envelope) string { return e.Kind }, validate.Required[string]()),
		validate.Field("data", func(e *envelope) any { return e.Data }, validate.Nested(newValidator[any](t, validate.Options{}))),
	)
	require.NoError(t, err)
	bad := account{"ann@example.com", 17}
	for _, tt := range []struct {
		data any
		want []string
	}{
		{nil, nil}, // only Required asks for it
		{(*account)(nil), nil},
		{&account{"ann@example.com", 18}, nil},
		{[]account{}, nil},
		{&bad, []string{"data.age min"}},
		{[]any{[]account{bad}, nil}, []string{"data[0][0].age min", "data[1] required"}},
		{7, []string{"data type"}},
	} {
		e := &envelope{"a", tt.data}
		checkCodes(t, fmt.Sprintf("Validate of %T", tt.data), v.Validate(e), tt.want...)
		if got, want := v.Valid(e), tt.want == nil; got != want {
			t.Errorf("Valid of %T = %v; want %v", tt.data, got, want)
		}
	}
}

func TestForAnyRefusesWhatIsNoStruct(t *testing.T) {
	v := newValidator[any](t, validate.Options{})
	for _, in := range []any{nil, 7, "text", (*account)(nil), (*[]account)(nil), map[string]account{}} {
		if err := v.Validate(&in); !errors.Is(err, validate.ErrNotStruct) {
			t.Errorf("Validate(%T) = %v; want ErrNotStruct", in, err)
		}
		if v.Valid(&in) {
			t.Errorf("Valid(%T) = true; want false", in)
		}
	}
	if err := v.Validate(nil); !errors.Is(err, validate.ErrNotStruct) {
		t.Errorf("Validate(nil) = %v; want ErrNotStruct", err)
	}
}

// A list of itself ends the walk as a struct does that points to itself.
func TestForAnyIsBounded(t *testing.T) {
	v := newValidator[any](t, validate.Options{MaxDepth: 3, MaxErrors: 1})
	type list []list
	self := make(list, 1)
	self[0] = self
	var in any = self
	checkCodes(t, "Validate", v.Validate(&in), "[0][0][0][0] max_depth")
	boxed := make([]any, 1)
	boxed[0] = boxed
	in = boxed
	checkCodes(t, "Validate", v.Validate(&in), "[0][0][0][0] max_depth")
}

func TestForAnyReportsMistakes(t *testing.T) {
	type wrong struct {
		Age int `binding:"min=old"`
	}
	v := newValidator[any](t, validate.Options{Tag: "binding"})
	for _, in := range []any{wrong{}, []wrong{{}}} {
		if _, ok := errors.AsType[*validate.TagError](v.Validate(&in)); !ok {
			t.Errorf("Validate(%T) has no TagError", in)
		}
	}
	if _, err := validate.For[any](validate.Options{MaxDepth: -1, MaxErrors: -1}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("For = %v; want two mistakes", err)
	}
}

func TestValidatorCompile(t *testing.T) {
	type wrong struct {
		Age  int `binding:"min=old"`
		Odd  int `binding:"odd"`
		Even int `binding:"even"`
	}
	odd := validate.Tag("odd", func(string) (func(int) bool, error) { return func(n int) bool { return n%2 != 0 }, nil })
	v := newValidator[any](t, validate.Options{Tag: "binding", Tags: []validate.TagRule{odd}})
	err := v.Compile(account{}, (*wrong)(nil), reflect.TypeFor[wrong](), 7)
	want := []string{
		`validate: validate_test.wrong.Age: tag "min=old": "old" is not a 64-bit whole number; write it in base 10`,
		`validate: validate_test.wrong.Even: tag "even": unknown rule; correct it, or register it with validate.Tag in Options.Tags`,
		`validate: Compile was given the type int; pass a struct type: not a struct`,
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("Compile = %v; want %q", err, want)
	}
	if err := v.Compile(account{}); err != nil {
		t.Errorf("Compile = %v; want nil", err)
	}
}

func TestForAnyPartial(t *testing.T) {
	v := newValidator[any](t, validate.Options{})
	var in any = &account{"ann", 17}
	checkCodes(t, "Partial", v.Partial(&in, "age"), "age min")
	for _, in := range []any{in, 7, nil} {
		if err := v.Partial(&in, "size"); !errors.Is(err, validate.ErrNoField) {
			t.Errorf("Partial(%T) = %v; want ErrNoField", in, err)
		}
	}
}

// selfMade counts the calls of its method, which may be what called Validate.
type selfMade struct{ calls *int }

func (s selfMade) Validate() error { *s.calls++; return nil }

func TestForAnyLeavesOutermostMethodAlone(t *testing.T) {
	v := newValidator[any](t, validate.Options{})
	calls := 0
	for _, in := range []any{selfMade{&calls}, []selfMade{{&calls}}} {
		if err := v.Validate(&in); err != nil || calls != 0 {
			t.Errorf("Validate(%T) = %v after %d calls; want nil after 0", in, err, calls)
		}
	}
}

func TestForAnyAsksRulesWithContext(t *testing.T) {
	type named struct {
		Name string `validate:"free"`
		Age  int    `validate:"min=18"`
	}
	type key struct{}
	free := validate.TagCtx("free", func(string) (func(context.Context, string) (bool, error), error) {
		return func(ctx context.Context, s string) (bool, error) { return s != ctx.Value(key{}), nil }, nil
	})
	v := newValidator[any](t, validate.Options{Tags: []validate.TagRule{free}})
	ctx := context.WithValue(t.Context(), key{}, "ann")
	for _, tt := range []struct {
		v    any
		want []string
	}{
		{&named{"ann", 18}, []string{"Name free"}},
		{[]named{{"bob", 18}, {"ann", 18}, {"ann", 1}}, []string{"[1].Name free", "[2].Age min"}},
		{[]named{{"bob", 18}}, nil},
	} {
		checkCodes(t, fmt.Sprintf("ValidateCtx(%v)", tt.v), v.ValidateCtx(ctx, &tt.v), tt.want...)
	}
}

func TestForAnyCostsNoAllocation(t *testing.T) {
	if race.Enabled {
		t.Skip("counted without the race detector")
	}
	v := newValidator[any](t, validate.Options{})
	for _, in := range []any{newOuter(3, 3), &[]account{{"ann@example.com", 20}}} {
		if allocs := testing.AllocsPerRun(100, func() { v.Validate(&in) }); allocs != 0 {
			t.Errorf("Validate(%T): allocations = %v; want 0", in, allocs)
		}
	}
}
