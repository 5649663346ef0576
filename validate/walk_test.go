package validate_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/goplinth/plinth/validate"
)

type untaggedNode struct {
	Next *untaggedNode
}

type inlineNode struct {
	*inlineNode
	N int `validate:"min=1"`
}

type sliceNode struct {
	Kids []sliceNode `json:"kids" validate:"dive"`
}

type mapNode struct {
	Kids map[string]*mapNode `json:"kids" validate:"dive"`
}

type anyNode struct {
	Any any `json:"any"`
}

func TestCyclesEndAtMaxDepth(t *testing.T) {
	list := &chain{N: 1}
	list.Next = list
	untagged := &untaggedNode{}
	untagged.Next = untagged
	inline := &inlineNode{N: 1}
	inline.inlineNode = inline
	kids := make([]sliceNode, 1)
	kids[0].Kids = kids
	m := &mapNode{}
	m.Kids = map[string]*mapNode{"k": m}
	boxed := &anyNode{}
	boxed.Any = boxed
	var ring any
	ring = &ring
	var loop selfPointer
	loop = &loop
	for _, tt := range []struct {
		name, path string
		v          any
	}{
		{"list", strings.Repeat(".next", 64)[1:], list},
		{"untagged list", strings.Repeat(".Next", 64)[1:], untagged},
		{"embedded pointer", "", inline},
		{"slice of itself", strings.Repeat(".kids[0]", 64)[1:], kids[0]},
		{"map of itself", strings.Repeat(".kids[k]", 64)[1:], m},
		{"interface", strings.Repeat(".any", 64)[1:], boxed},
		{"pointer to its own interface", "any", anyNode{ring}},
		{"pointer to itself in an interface", "any", anyNode{loop}},
		{"pointer to itself in a list", "any[1]", struct {
			Any []any `json:"any" validate:"dive"`
		}{[]any{1, &ring}}},
	} {
		err := validate.Struct(tt.v)
		checkCodes(t, "Struct("+tt.name+")", err, strings.TrimSpace(tt.path+" max_depth"))
		if e, ok := errors.AsType[validate.FieldError](err); ok && (e.Param != 64 || e.Message != "is nested more than 64 levels deep") {
			t.Errorf("Struct(%s) = %+v", tt.name, e)
		}
	}
}

// Two pointers to the same struct in each struct make 2^64 ways to the bottom.
// The limits on depth and on errors cut them off together.
func TestBranchingCycle(t *testing.T) {
	type tree struct {
		A, B *tree
	}
	in := &tree{}
	in.A, in.B = in, in
	errs, _ := errors.AsType[validate.Errors](validate.Struct(in))
	if len(errs) != 100 || errs[0].Code != "max_depth" || errs[99].Code != "max_errors" {
		t.Errorf("Struct(branching cycle) = %d errors; want 100", len(errs))
	}
}

func TestHugeListEndsAtMaxDepth(t *testing.T) {
	in := deep(5_000_000)
	checkCodes(t, "Struct(5,000,000 nodes)", validate.Struct(in), strings.Repeat(".next", 64)[1:]+" max_depth")
}

// The deepest walk there can be takes a fraction of the stack, on every path
// that leads from struct to struct.
func TestGreatestDepth(t *testing.T) {
	type node struct {
		*node                  // promoted from here on, so that errors need no long paths
		List  []map[string]any `validate:"dive,dive"`
	}
	in := &node{}
	for range 9_999 {
		in = &node{List: []map[string]any{{"k": in}}}
	}
	v := newValidator[node](t, validate.Options{MaxDepth: 10_000})
	if err := v.Validate(in); err != nil {
		t.Errorf("Validate(10,000 deep) = %.100v; want nil", err)
	}
	err := v.Validate(&node{node: in})
	if e, ok := errors.AsType[validate.FieldError](err); !ok || e.Code != "max_depth" {
		t.Errorf("Validate(10,001 deep) = %.100v; want max_depth", err)
	}
}

func TestNilEverywhere(t *testing.T) {
	type all struct {
		P  *string         `validate:"omitempty,min=1"`
		PP **account       `validate:"omitempty"`
		S  []*account      `validate:"dive"`
		M  map[string]*int `validate:"dive,omitempty,min=1"`
		A  [2]*account     `validate:"dive"`
		I  any             `validate:"omitempty,dive,min=1"`
		E  error
		F  func()
		C  chan int
		R  *all
		L  []map[int]*[]*int `validate:"omitempty,dive,dive,omitempty,dive,omitempty,min=1"`
	}
	var p *account
	for _, in := range []all{
		{},
		{PP: &p, S: []*account{nil}, M: map[string]*int{"": nil}, I: p, E: (*validate.TagError)(nil), R: &all{}},
		{I: []any{1, "x", []int{1}}, L: []map[int]*[]*int{nil, {1: nil, 2: {}, 3: {nil}}}},
	} {
		if err := validate.Struct(&in); err != nil {
			t.Errorf("Struct(%+v) = %v; want nil", in, err)
		}
	}
}

// A mistake in the tags of a type that only an interface leads to is found
// when a value of it comes. It is not an error in the data.
func TestMistakeBehindInterface(t *testing.T) {
	type wrong struct {
		N int `validate:"min=x"`
	}
	type holder struct {
		Any any    `json:"any"`
		S   string `json:"s" validate:"required"`
	}
	v := newValidator[holder](t, validate.Options{})
	for _, in := range []holder{{Any: wrong{}, S: "x"}, {Any: &wrong{}}} {
		for _, err := range []error{v.Validate(&in), validate.Struct(in)} {
			tag, ok := errors.AsType[*validate.TagError](err)
			if _, isErrors := errors.AsType[validate.Errors](err); !ok || isErrors || tag.Field != "N" {
				t.Errorf("Validate(%+v) = %v; want a TagError for N", in, err)
			}
		}
		if v.Valid(&in) {
			t.Errorf("Valid(%+v) = true; want false", in)
		}
	}
}

func TestErrorsOfMapsAreInOrder(t *testing.T) {
	type entry struct {
		A, B string         `validate:"required"`
		M    map[int]string `validate:"dive,required"`
	}
	type doc struct {
		First string           `validate:"required"`
		Map   map[string]entry `validate:"dive"`
		Last  string           `validate:"required"`
	}
	in := doc{Map: make(map[string]entry)}
	want := []string{"First required"}
	for _, k := range []string{"a", "b", "c", "d", "e"} {
		in.Map[k] = entry{M: map[int]string{3: "", 1: "", 2: ""}}
		for _, rest := range []string{".A", ".B", ".M[1]", ".M[2]", ".M[3]"} {
			want = append(want, "Map["+k+"]"+rest+" required")
		}
	}
	want = append(want, "Last required")
	for range 20 {
		checkCodes(t, "Struct(doc)", validate.Struct(in), want...)
	}
}

// What a walk over a map leaves behind for the next one holds nothing of the
// map: a secret in it is gone with the map.
// TestSizes has one wrong field among many that are right, of every size, in
// structs that can be addressed and in others.
func TestSizes(t *testing.T) {
	type form struct {
		A    int8          `validate:"min=-3,max=3"`
		Pad  bool          // which moves what follows
		B    int16         `validate:"gt=-4,lt=4"`
		C    int32         `validate:"gte=-3,lte=3"`
		D    int64         `validate:"min=-3,max=3,ne=1"`
		E    int           `validate:"omitempty,min=-3,max=3"`
		F    time.Duration `validate:"min=-3,max=3"`
		S    string        `validate:"max=3,min=1"`
		T    colour        `validate:"omitempty,len=3"`
		U    uint8         `validate:"max=3"`
		Last int64         `validate:"max=9223372036854775807,min=-9223372036854775808"`
	}
	right := form{S: "äöü", T: "red", E: -3, A: -3, B: -3, C: -3, D: -3, F: 3, U: 3, Last: math.MinInt64}
	v := newValidator[form](t, validate.Options{})
	for want, change := range map[string]func(*form){
		"":  func(f *form) { f.E, f.T = 0, "" },
		"A": func(f *form) { f.A = math.MinInt8 },
		"B": func(f *form) { f.B = 1 << 8 },
		"C": func(f *form) { f.C = 1 << 16 },
		"D": func(f *form) { f.D = 1 << 32 },
		"E": func(f *form) { f.E = 1 << 20 },
		"F": func(f *form) { f.F = time.Nanosecond * 4 },
		"S": func(f *form) { f.S = "äöüß" },
		"T": func(f *form) { f.T = "redd" },
		"U": func(f *form) { f.U = 4 },
	} {
		in := right
		change(&in)
		for how, err := range map[string]error{"pointer": v.Validate(&in), "value": validate.Struct(in), "in an interface": validate.Var[any](in, "required")} {
			errs, _ := errors.AsType[validate.Errors](err)
			switch {
			case want == "" && err == nil:
			case len(errs) != 1 || errs[0].Path.String() != want:
				t.Errorf("%s wrong, by %s: %v; want one error in it", want, how, err)
			}
		}
	}
}

// TestSecondPassLeavesNothingOut has errors before the place where the first
// pass ended, in structs that are not the outermost value.
func TestSecondPassLeavesNothingOut(t *testing.T) {
	type pair struct {
		A string `json:"a" validate:"required"`
		B string `json:"b" validate:"required"`
	}
	if err := validate.Var([]pair{{A: "x"}, {B: "x"}}, "dive"); err == nil || err.Error() != "validate: [0].b: is required; [1].a: is required" {
		t.Errorf("Var of a list = %v; want errors in [0].b and [1].a", err)
	}
	type form struct {
		First pair
		List  []pair `json:"list" validate:"dive"`
		Last  pair
	}
	in := form{First: pair{"x", "x"}, List: []pair{{A: "x"}, {B: "x"}}, Last: pair{B: "x"}}
	want := "validate: list[0].b: is required; list[1].a: is required; Last.a: is required"
	if err := validate.Struct(&in); err == nil || err.Error() != want {
		t.Errorf("Struct = %v; want %v", err, want)
	}
	v := newValidator[form](t, validate.Options{})
	want = "validate: [0].list[0].b: is required; [0].list[1].a: is required; [0].Last.a: is required; [1].First.a: is required"
	if err := v.Slice([]form{in, {First: pair{B: "x"}, Last: pair{"x", "x"}}}); err == nil || err.Error() != want {
		t.Errorf("Slice = %v; want %v", err, want)
	}
}

// TestFirstErrorEndsTheWalk has it at places where the path is not that of the
// fields around.
func TestFirstErrorEndsTheWalk(t *testing.T) {
	type Inline struct {
		N int `json:"n" validate:"min=1"`
	}
	type form struct {
		Inline
		List [][]Inline             `json:"list" validate:"dive,dive"`
		Map  map[string]map[int]int `json:"map" validate:"dive,dive,min=1"`
	}
	v := newValidator[form](t, validate.Options{MaxErrors: 1})
	for want, in := range map[string]form{
		"n":            {},
		"list[0][1].n": {Inline: Inline{1}, List: [][]Inline{{{1}, {}}}},
		"map[a][7]":    {Inline: Inline{1}, Map: map[string]map[int]int{"a": {7: 0}}},
	} {
		errs, _ := errors.AsType[validate.Errors](v.Validate(&in))
		if len(errs) != 1 || errs[0].Path.String() != want {
			t.Errorf("Validate = %v; want one error in %s", errs, want)
		}
	}
}

func TestWalkedMapsAreCollected(t *testing.T) {
	type doc struct {
		Map map[string]*account `validate:"dive"`
	}
	values := func() [2]weak.Pointer[account] {
		first, last := &account{"ann@example.com", 20}, &account{}
		for _, a := range []*account{first, last} {
			validate.Struct(&doc{map[string]*account{"k": a}})
		}
		return [2]weak.Pointer[account]{weak.Make(first), weak.Make(last)}
	}()
	runtime.GC()
	for i, v := range values {
		if v.Value() != nil {
			t.Errorf("value %d is still in memory", i)
		}
	}
}

func TestOddMaps(t *testing.T) {
	type doc struct {
		Any map[any]any             `validate:"dive,required"`
		NaN map[float64]account     `validate:"dive"`
		Ptr map[*int]any            `validate:"dive"`
		Arr map[[2]string][]account `validate:"dive,dive"`
	}
	err := validate.Struct(doc{
		Any: map[any]any{nil: nil, 1: nil, "1": nil, [1]int{}: nil, 2.5: nil, struct{}{}: nil},
		NaN: map[float64]account{math.NaN(): {}, math.Inf(-1): {}},
		Ptr: map[*int]any{nil: map[int]int{}, new(0): account{Age: 18}},
		Arr: map[[2]string][]account{{"a"}: {{Age: 18}}},
	})
	if got := len(codes(t, err)); got != 6+4+1+1 {
		t.Errorf("Struct(odd maps) = %d errors; want 12: %v", got, err)
	}
}

// The types are new to Struct here, so that goroutines race to compile them.
func TestConcurrentUse(t *testing.T) {
	type leaf struct {
		N int `json:"n" validate:"min=1"`
	}
	type branch struct {
		Leaves map[string]leaf `json:"leaves" validate:"dive"`
		Any    any             `json:"any"`
		Back   *branch         `json:"back"`
	}
	good := &branch{Leaves: map[string]leaf{"a": {1}, "b": {2}}, Any: leaf{1}, Back: &branch{}}
	bad := &branch{Leaves: map[string]leaf{"a": {1}, "b": {0}}, Any: []any{leaf{}}, Back: &branch{Any: leaf{}}}
	v := newValidator[branch](t, validate.Options{})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 50 {
				if err := errors.Join(validate.Struct(good), v.Validate(good), validate.Compile(good)); err != nil {
					t.Errorf("good = %v", err)
				}
				for _, err := range []error{validate.Struct(bad), v.Validate(bad)} {
					if got := fmt.Sprint(err); got != "validate: leaves[b].n: must be at least 1; back.any.n: must be at least 1" {
						t.Errorf("bad = %v", got)
					}
				}
			}
		})
	}
	wg.Wait()
}

// everything has a field of each shape, for random values.
type everything struct {
	S   string               `json:"s" validate:"omitempty,min=2,max=5"`
	E   string               `json:"e" validate:"omitempty,email"`
	O   string               `json:"o" validate:"omitempty,oneof=a b"`
	I   int8                 `json:"i" validate:"min=-100"`
	U   uint                 `json:"u" validate:"max=200"`
	F   float32              `json:"f" validate:"omitempty,max=1e9"`
	P   **string             `json:"p" validate:"omitempty,max=3"`
	L   []string             `json:"l" validate:"max=3,dive,max=3"`
	A   [2]any               `json:"a" validate:"dive,omitempty,max=3"`
	M   map[string]any       `json:"m" validate:"dive,omitempty,min=1"`
	K   map[any]*everything  `json:"k" validate:"dive"`
	N   *everything          `json:"n"`
	X   any                  `json:"x"`
	D   any                  `json:"d" validate:"omitempty,dive,dive,required"`
	Rec map[int8][]chain     `json:"rec" validate:"dive,dive"`
	Fun func()               `json:"-"`
	Ch  map[chan int][]error `json:"-" validate:"dive,dive"`
}

// random returns a value to put in an interface or a field of everything.
func random(r *rand.Rand, depth int) any {
	if depth == 0 {
		return nil
	}
	switch r.IntN(14) {
	case 0:
		return r.IntN(10) - 5
	case 1:
		return uint16(r.IntN(10))
	case 2:
		return []float64{0, 1, -1, math.NaN(), math.Inf(1)}[r.IntN(5)]
	case 3:
		return randomString(r)
	case 4:
		return new(randomString(r))
	case 5:
		return r.IntN(2) == 0
	case 6:
		return []any{random(r, depth-1), random(r, depth-1)}
	case 7:
		return map[any]any{r.IntN(3): random(r, depth-1), randomString(r): random(r, depth-1)}
	case 8:
		return []string{randomString(r)}
	case 9:
		return func() {}
	case 10:
		return randomEverything(r, depth-1)
	case 11:
		return *randomEverything(r, depth-1)
	case 12:
		return [3]struct{ C complex64 }{}
	default:
		return (*everything)(nil)
	}
}

func randomString(r *rand.Rand) string {
	return []string{"", "a", "b", "äö", "ann@example.com", "\xff\xfe", "a\x00b", strings.Repeat("x", 2000)}[r.IntN(8)]
}

func randomEverything(r *rand.Rand, depth int) *everything {
	e := &everything{S: randomString(r), E: randomString(r), O: randomString(r), I: int8(r.Uint32()), U: uint(r.IntN(256)), F: float32(r.NormFloat64())}
	if depth <= 0 {
		return e
	}
	e.P = new(new(randomString(r)))
	e.L = []string{randomString(r), randomString(r)}
	e.A = [2]any{random(r, depth-1), random(r, depth-1)}
	e.M = map[string]any{randomString(r): random(r, depth-1), "k": random(r, depth-1)}
	e.K = map[any]*everything{nil: nil, r.IntN(3): randomEverything(r, depth-2), math.NaN(): e}
	e.X, e.D = random(r, depth-1), random(r, depth-1)
	e.Rec = map[int8][]chain{int8(r.IntN(3)): {{N: r.IntN(2)}}}
	e.Ch = map[chan int][]error{nil: {nil, errors.New("x")}}
	if r.IntN(3) == 0 {
		e.N = e
	}
	return e
}

// checkRandom validates a random value in every way and compares the answers.
func checkRandom(t *testing.T, v *validate.Validator[everything], seed uint64) {
	t.Helper()
	in := randomEverything(rand.New(rand.NewPCG(seed, 0)), 5)
	err := v.Validate(in)
	if got := v.Valid(in); got != (err == nil) {
		t.Errorf("seed %d: Valid = %v, but Validate = %v", seed, got, err)
	}
	if (validate.Struct(in) == nil) != (err == nil) {
		t.Errorf("seed %d: Struct and Validate disagree: %v", seed, err)
	}
	errs, ok := errors.AsType[validate.Errors](err)
	if ok != (err != nil) || len(errs) > 20 {
		t.Errorf("seed %d: Validate = %d errors, %T; want at most 20", seed, len(errs), err)
	}
	for _, e := range errs {
		if e.Code == "" || e.Message == "" || (e.Path.String() == "") != (e.Code == "max_errors") {
			t.Errorf("seed %d: incomplete error %+v", seed, e)
		}
	}
	if _, err := errs.MarshalJSON(); err != nil {
		t.Errorf("seed %d: MarshalJSON: %v", seed, err)
	}
}

func TestRandomValues(t *testing.T) {
	v := newValidator[everything](t, validate.Options{MaxErrors: 20, MaxDepth: 8})
	for seed := range uint64(300) {
		checkRandom(t, v, seed)
	}
}
