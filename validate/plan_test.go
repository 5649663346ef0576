package validate_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/validate"
)

type Base struct {
	ID string `json:"id" validate:"required"`
}

type hidden struct {
	Token string `json:"token" validate:"required"`
	note  string
}

type Labels []string

func TestNames(t *testing.T) {
	type named struct {
		Plain   string `validate:"required"`
		Renamed string `json:"renamed,omitempty" validate:"required"`
		NoName  string `json:",omitempty" validate:"required"`
		OffWire string `json:"-" validate:"required"`
		//lint:ignore SA5008 the odd way to name a field "-"
		Dash    string `json:"-," validate:"required"`
		Ignored string `validate:"-"`
		//lint:ignore U1000 for reflection only
		ignored  string `validate:"-"`
		Untagged string
		//lint:ignore U1000 for reflection only
		internal string
	}
	checkCodes(t, "Struct(named)", validate.Struct(named{}),
		"Plain required", "renamed required", "NoName required", "OffWire required", "- required")
}

func TestEmbedded(t *testing.T) {
	type byPointer struct{ *Base }
	type requiredPointer struct {
		*Base `validate:"required"`
	}
	type requiredHidden struct {
		hidden `validate:"required"`
	}
	type omitted struct {
		Base `validate:"omitempty"`
	}
	type ignored struct {
		Base `validate:"-"`
	}
	type list struct {
		Labels `validate:"min=1,dive,required"`
	}
	type two struct {
		Base
		Inner struct{ Base } `json:"inner"`
	}
	for _, tt := range []struct {
		name string
		v    any
		want []string
	}{
		{"by value", struct{ Base }{}, []string{"id required"}},
		{"unexported", struct{ hidden }{}, []string{"token required"}},
		{"unexported pointer", struct{ *hidden }{&hidden{}}, []string{"token required"}},
		{"nil unexported pointer", struct{ *hidden }{}, nil},
		{"nil pointer", byPointer{}, nil},
		{"pointer", byPointer{&Base{}}, []string{"id required"}},
		{"with a name", struct {
			Base `json:"base"`
		}{}, []string{"base.id required"}},
		{"off the wire", struct {
			Base `json:"-"`
		}{}, []string{"Base.id required"}},
		{"required nil pointer", requiredPointer{}, []string{"Base required"}},
		{"required pointer", requiredPointer{&Base{}}, []string{"id required"}},
		{"required unexported", requiredHidden{}, []string{"hidden required"}},
		{"required unexported with a note", requiredHidden{hidden{note: "x"}}, []string{"token required"}},
		{"omitempty", omitted{}, nil},
		{"ignored", ignored{}, nil},
		{"not a struct", list{Labels{""}}, []string{"Labels[0] required"}},
		{"two levels", two{}, []string{"id required", "inner.id required"}},
		{"interface", struct{ error }{}, nil},
		{"time", struct{ time.Time }{}, nil},
	} {
		checkCodes(t, "Struct("+tt.name+")", validate.Struct(tt.v), tt.want...)
	}
}

func TestNestedStructs(t *testing.T) {
	type outer struct {
		Value     Base              `json:"value"`
		Pointer   *Base             `json:"pointer"`
		Chain     **Base            `json:"chain"`
		Any       any               `json:"any"`
		Slice     []Base            `json:"slice"`
		Dived     []*Base           `json:"dived" validate:"dive"`
		Array     [2]Base           `json:"array" validate:"dive"`
		Map       map[string]Base   `json:"map" validate:"dive"`
		Deep      [][]map[int]*Base `json:"deep" validate:"dive,dive,required,dive,required"`
		Anys      []any             `json:"anys" validate:"dive"`
		AnyAsList any               `json:"anyAsList" validate:"omitempty,dive"`
	}
	ok := Base{"1"}
	ptr := &ok
	if err := validate.Struct(&outer{Value: ok, Array: [2]Base{ok, ok}, Slice: []Base{{}}, Chain: &ptr}); err != nil {
		t.Errorf("Struct(outer) = %v; want nil", err)
	}
	bad := &Base{}
	checkCodes(t, "Struct(outer)", validate.Struct(&outer{
		Pointer:   bad,
		Chain:     &bad,
		Any:       bad,
		Slice:     []Base{{}},
		Dived:     []*Base{nil, bad, &ok},
		Array:     [2]Base{1: ok},
		Map:       map[string]Base{"b": {}, "a": {}, "c": ok},
		Deep:      [][]map[int]*Base{{}, {{1: nil, 2: bad}, nil}},
		Anys:      []any{1, nil, Base{}, &ok, []Base{{}}, bad},
		AnyAsList: map[string][]Base{"x": {{}}},
	}),
		"value.id required", "pointer.id required", "chain.id required", "any.id required",
		"dived[1].id required", "array[0].id required", "map[a].id required", "map[b].id required",
		"deep[1][0][1] required", "deep[1][0][2].id required", "deep[1][1] required",
		"anys[2].id required", "anys[5].id required")
}

func TestRecursiveTypesCompile(t *testing.T) {
	type tree struct {
		Name  string           `json:"name" validate:"required"`
		Left  *tree            `json:"left"`
		Kids  []tree           `json:"kids" validate:"dive"`
		Index map[string]*tree `json:"index" validate:"dive,required"`
		Self  selfPointer
		Any   any
	}
	in := tree{Name: "a", Left: &tree{}, Kids: []tree{{Name: "b", Kids: []tree{{}}}}, Index: map[string]*tree{"k": nil, "m": {}}}
	checkCodes(t, "Struct(tree)", validate.Struct(&in),
		"left.name required", "kids[0].kids[0].name required", "index[k] required", "index[m].name required")
}

type (
	ping struct {
		Pong *pong `json:"pong"`
		N    int   `json:"n" validate:"max=3"`
	}
	pong struct {
		Ping ping0 `json:"ping"`
	}
	ping0 struct {
		*ping
		S string `json:"s" validate:"min=1"`
	}
)

func TestMutuallyRecursiveTypes(t *testing.T) {
	in := ping{N: 4, Pong: &pong{ping0{ping: &ping{N: 5}}}}
	checkCodes(t, "Struct(ping)", validate.Struct(&in), "pong.ping.n max", "pong.ping.s min_length", "n max")
}

// The mistakes in a type include those in all types that its fields lead to.
func TestAllMistakesOfATypeAreJoined(t *testing.T) {
	type inner struct {
		X bool `validate:"min=1"`
	}
	type outer struct {
		//lint:ignore U1000 for reflection only
		secret string           `validate:"required"`
		A      string           `validate:"required=yes,,min"`
		B      []map[int]string `validate:"max=-1,dive,email,dive,len=x"`
		C      map[string]inner
		D      *inner
		E      selfPointer `validate:"required"`
		F      int         `validate:"dive,bogus,required"`
		_      int         `validate:"min=1"`
	}
	_, err := validate.For[outer](validate.Options{})
	if err == nil {
		t.Fatal("no error; want mistakes")
	}
	var got []string
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap()[0].(interface{ Unwrap() []error }).Unwrap() {
		tag, ok := errors.AsType[*validate.TagError](e)
		if !ok {
			t.Fatalf("mistake is %T", e)
		}
		got = append(got, tag.Type.Name()+"."+tag.Field+" "+tag.Tag)
	}
	want := []string{
		"outer.secret required", "outer.A required=yes", "outer.A ", "outer.A min",
		"outer.B max=-1", "outer.B email", "outer.B len=x",
		"inner.X min=1", "outer.E required", "outer.F dive", "outer.F bogus", "outer._ min=1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("mistakes = %q; want %q", got, want)
	}
	if err := validate.Struct(outer{}); strings.Count(err.Error(), "\n") != len(want)-1 {
		t.Errorf("Struct(outer) = %v; want the same mistakes", err)
	}
}
