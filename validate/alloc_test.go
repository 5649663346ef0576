package validate_test

import (
	"testing"
	"time"

	"github.com/goplinth/plinth/internal/race"
	"github.com/goplinth/plinth/validate"
)

func TestValidValueCostsNoAllocation(t *testing.T) {
	if race.Enabled {
		t.Skip("sync.Pool, which maps use, drops at random under the race detector")
	}
	type everyKind struct {
		Base
		Name    string             `validate:"required,min=1,max=10,oneof=Ann Bob"`
		Runes   string             `validate:"len=3"`
		Email   *string            `validate:"required,email"`
		Age     int                `validate:"min=18,max=130,oneof=20 30"`
		Small   uint8              `validate:"max=9"`
		Ratio   float32            `validate:"min=0.5"`
		Wait    time.Duration      `validate:"min=1s"`
		Any     any                `validate:"required,min=3"`
		Boxed   any                `validate:"required"`
		Nested  *account           `validate:"required"`
		List    []account          `validate:"min=1,dive"`
		Array   [2]string          `validate:"dive,required"`
		Map     map[string]account `validate:"dive"`
		Maps    []map[int]string   `validate:"dive,dive,required"`
		AnyMap  any                `validate:"dive,min=1"`
		Missing *string            `validate:"omitempty,email"`
		Tags    []string           `validate:"unique"`
		Mixed   []any              `validate:"unique"`
		Pairs   [][2]any           `validate:"unique"`
		Users   []account          `validate:"unique=Email"`
		Names   map[string]string  `validate:"unique"`
		Since   time.Time          `validate:"required,lt"`
		Until   *time.Time         `validate:"gtfield=Since"`
		Again   string             `validate:"eqfield=Name,required_if=Age 20"`
		Big     uint64             `validate:"oneof=7 8"`
		Next    *everyKind
	}
	ann := account{"ann@example.com", 20}
	in := everyKind{
		Base: Base{"1"}, Name: "Ann", Runes: "äöü", Email: &ann.Email, Age: 20, Small: 9, Ratio: 0.5, Wait: time.Second,
		Any: []string{"a", "b", "c"}, Boxed: &ann, Nested: &ann, List: []account{ann, ann}, Array: [2]string{"a", "b"},
		AnyMap: map[string]any{"a": []int{1}, "b": "x"}, Map: map[string]account{"a": ann, "b": ann}, Maps: []map[int]string{{1: "x"}, {2: "y"}},
		Tags: []string{"x", "y", "z"}, Mixed: []any{1, "1", account{"a", 1}, nil}, Pairs: [][2]any{{1, 2}, {2, "1"}}, Users: []account{ann, {"bob@example.com", 3}},
		Names: map[string]string{"a": "b", "b": "a"},
		Since: time.Unix(0, 0), Until: new(time.Unix(1, 0)), Again: "Ann", Big: 8,
	}
	next := in
	in.Next = &next
	v := newValidator[everyKind](t, validate.Options{})
	if err := v.Validate(&in); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func(){
		"Valid":           func() { v.Valid(&in) },
		"Validate":        func() { v.Validate(&in) },
		"Struct(pointer)": func() { validate.Struct(&in) },
	} {
		if allocs := testing.AllocsPerRun(100, call); allocs != 0 {
			t.Errorf("%s: allocations = %v; want 0", name, allocs)
		}
	}
	in.Name = ""
	if allocs := testing.AllocsPerRun(100, func() { v.Valid(&in) }); allocs != 0 {
		t.Errorf("Valid of an invalid value: allocations = %v; want 0", allocs)
	}
}

// TestErrorsCostFewAllocations has as many errors as are reported by default:
// their list and its header, and the paths of those that are nested.
func TestErrorsCostFewAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("sync.Pool drops at random under the race detector")
	}
	type form struct {
		A, B, C int       `validate:"min=1"`
		List    []account `validate:"dive"`
	}
	v := newValidator[form](t, validate.Options{})
	schema, err := validate.Schema(
		validate.Field("a", func(f *form) int { return f.A }, validate.Min(1)),
		validate.Compare("b", func(f *form) int { return f.B }, validate.Greater, "c", func(f *form) int { return f.C }),
	)
	if err != nil {
		t.Fatal(err)
	}
	few, many := &form{}, &form{List: make([]account, 48)}
	for name, tt := range map[string]struct {
		call func()
		want float64
	}{
		"three":  {func() { v.Validate(few) }, 2},
		"99":     {func() { v.Validate(many) }, 3},
		"schema": {func() { schema.Validate(few) }, 2},
	} {
		if allocs := testing.AllocsPerRun(100, tt.call); allocs > tt.want {
			t.Errorf("%s: allocations = %v; want %v at most", name, allocs, tt.want)
		}
	}
}
