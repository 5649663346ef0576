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
		Next    *everyKind
	}
	ann := account{"ann@example.com", 20}
	in := everyKind{
		Base: Base{"1"}, Name: "Ann", Runes: "äöü", Email: &ann.Email, Age: 20, Small: 9, Ratio: 0.5, Wait: time.Second,
		Any: []string{"a", "b", "c"}, Boxed: &ann, Nested: &ann, List: []account{ann, ann}, Array: [2]string{"a", "b"},
		AnyMap: map[string]any{"a": []int{1}, "b": "x"}, Map: map[string]account{"a": ann, "b": ann}, Maps: []map[int]string{{1: "x"}, {2: "y"}},
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
