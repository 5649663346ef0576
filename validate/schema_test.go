package validate_test

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/goplinth/plinth/validate"
)

type line struct {
	SKU string
	Qty int
}

type basket struct {
	Email  string
	Gift   bool
	Note   string
	Lines  []line
	Labels map[string]string
	Low    int
	High   int
	First  *line
	Owner  account
}

func newLines(t testing.TB) *validate.Validator[line] {
	t.Helper()
	v, err := validate.Schema(
		validate.Field("sku", func(l *line) string { return l.SKU }, validate.Required[string](), validate.Match(regexp.MustCompile(`^[A-Z]+$`))),
		validate.Field("qty", func(l *line) int { return l.Qty }, validate.Between(1, 99)),
	)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func newBaskets(t testing.TB, o validate.Options) *validate.Validator[basket] {
	t.Helper()
	lines := newLines(t)
	owners, err := validate.For[account](validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := validate.SchemaWith(o,
		validate.Field("email", func(b *basket) string { return b.Email }, validate.Required[string](), validate.Email[string](), validate.MaxLen[string](20)),
		validate.When(func(b *basket) bool { return b.Gift },
			validate.Field("note", func(b *basket) string { return b.Note }, validate.MinLen[string](3), validate.OneOf("hello", "cheers", "x")),
		),
		validate.Field("lines", func(b *basket) []line { return b.Lines },
			validate.Func("few", func(l []line) bool { return len(l) < 4 }), validate.Each(validate.Nested(lines))),
		validate.Field("labels", func(b *basket) map[string]string { return b.Labels },
			validate.Keys[string, string](validate.MaxLen[string](3)), validate.Values[string](validate.Required[string]())),
		validate.Compare("low", func(b *basket) int { return b.Low }, validate.LessOrEqual, "high", func(b *basket) int { return b.High }),
		validate.Field("first", func(b *basket) *line { return b.First }, validate.NestedPtr(lines)),
		validate.Field("owner", func(b *basket) account { return b.Owner }, validate.Nested(owners)),
	)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func newBasket() basket {
	return basket{
		Email: "ann@example.com", Gift: true, Note: "hello", Lines: []line{{"A", 1}, {"B", 99}},
		Labels: map[string]string{"a": "b"}, High: 1, First: &line{"C", 3}, Owner: account{"ann@example.com", 20},
	}
}

func TestSchema(t *testing.T) {
	v := newBaskets(t, validate.Options{})
	for _, tt := range []struct {
		change func(*basket)
		want   string
	}{
		{func(*basket) {}, ""},
		{func(b *basket) { b.Email = "" }, "email: is required"},
		{func(b *basket) { b.Email = "ann" }, "email: must be an e-mail address"},
		{func(b *basket) { b.Email = "ann.ann.ann@example.com" }, "email: must be at most 20 characters long"},
		{func(b *basket) { b.Note = "ab" }, "note: must be at least 3 characters long"},
		{func(b *basket) { b.Note = "abc" }, "note: must be one of hello, cheers, x"},
		{func(b *basket) { b.Note, b.Gift = "abc", false }, ""},
		{func(b *basket) { b.Lines[1] = line{"b", 0} }, "lines[1].sku: must match the pattern ^[A-Z]+$; lines[1].qty: must be from 1 to 99"},
		{func(b *basket) { b.Lines = make([]line, 4) }, "lines: must satisfy few"},
		{func(b *basket) { b.Labels = map[string]string{"long": "", "a": "", "b": "x"} },
			"labels[long]: must be at most 3 characters long"},
		{func(b *basket) { b.Labels = map[string]string{"c": "", "a": "", "b": "x"} }, "labels[a]: is required; labels[c]: is required"},
		{func(b *basket) { b.Low = 2 }, "low: must not be greater than high"},
		{func(b *basket) { b.First = &line{} }, "first.sku: is required; first.qty: must be from 1 to 99"},
		{func(b *basket) { b.First = nil }, ""},
		{func(b *basket) { b.Owner.Age = 3 }, "owner.age: must be at least 18"},
	} {
		b := newBasket()
		tt.change(&b)
		got := ""
		if err := v.Validate(&b); err != nil {
			got = strings.TrimPrefix(err.Error(), "validate: ")
		}
		if got != tt.want {
			t.Errorf("Validate(%+v) = %q; want %q", b, got, tt.want)
		}
		if v.Valid(&b) != (tt.want == "") {
			t.Errorf("Valid(%+v) = %v", b, v.Valid(&b))
		}
	}
	if err := v.Validate(nil); !errors.Is(err, validate.ErrNotStruct) || v.Valid(nil) {
		t.Errorf("Validate(nil) = %v; want ErrNotStruct", err)
	}
}

func TestSchemaOptions(t *testing.T) {
	b := newBasket()
	b.Email, b.Note, b.Lines = strings.Repeat("n", 21), "ab", make([]line, 4)
	v := newBaskets(t, validate.Options{AllRules: true})
	checkCodes(t, "Validate", v.Validate(&b), "email email", "email max_length", "note min_length", "note one_of", "lines few")
	v = newBaskets(t, validate.Options{MaxErrors: 2, Messages: shouting{}})
	if got, want := fmt.Sprint(v.Validate(&b)), "validate: email: must be an e-mail address; MAX_ERRORS 2"; got != want {
		t.Errorf("Validate = %v; want %v", got, want)
	}
	checkCodes(t, "Slice", v.Slice([]basket{newBasket(), b}), "[1].email email", "max_errors")
}

func TestSchemaPartial(t *testing.T) {
	v := newBaskets(t, validate.Options{})
	b := basket{Gift: true}
	checkCodes(t, "Partial(note)", v.Partial(&b, "note", "low", "note"), "note min_length")
	checkCodes(t, "Partial(email)", v.Partial(&b, "email"), "email required")
	b.Gift = false
	checkCodes(t, "Partial(note)", v.Partial(&b, "note"))
	if err := v.Partial(&b, "nope"); !errors.Is(err, validate.ErrNoField) {
		t.Errorf("Partial(nope) = %v; want ErrNoField", err)
	}
}

func TestSchemaOfTheWhole(t *testing.T) {
	v, err := validate.Schema(validate.Field("", func(l *line) *line { return l },
		validate.Func("both", func(l *line) bool { return l.SKU != "" && l.Qty > 0 })))
	if err != nil {
		t.Fatal(err)
	}
	checkCodes(t, "Validate", v.Validate(&line{}), "both")
}

func TestCompare(t *testing.T) {
	low, high := func(b *basket) int { return b.Low }, func(b *basket) int { return b.High }
	for op, tt := range map[validate.Op]struct {
		holds [3]bool // for less, equal, greater
		code  string
	}{
		validate.Equal:          {[3]bool{false, true, false}, "equal_field"},
		validate.NotEqual:       {[3]bool{true, false, true}, "not_equal_field"},
		validate.Less:           {[3]bool{true, false, false}, "less_field"},
		validate.LessOrEqual:    {[3]bool{true, true, false}, "max_field"},
		validate.Greater:        {[3]bool{false, false, true}, "greater_field"},
		validate.GreaterOrEqual: {[3]bool{false, true, true}, "min_field"},
	} {
		v, err := validate.Schema(validate.Compare("low", low, op, "high", high))
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range []basket{{Low: 1, High: 2}, {Low: 2, High: 2}, {Low: 3, High: 2}} {
			var want []string
			if !tt.holds[i] {
				want = []string{"low " + tt.code}
			}
			checkCodes(t, fmt.Sprintf("Compare(%d, Op %d, %d)", b.Low, op, b.High), v.Validate(&b), want...)
		}
	}
}

func TestTypedRules(t *testing.T) {
	type name string
	testTyped(t, validate.Required[name](), "", "a")
	testTyped(t, validate.Min(3), 2, 3)
	testTyped(t, validate.Max(3), 4, 3)
	testTyped(t, validate.Min(0.5), math.NaN(), 0.5)
	testTyped(t, validate.Between[uint8](3, 5), 6, 5)
	testTyped(t, validate.MinLen[name](2), "ä", "äö")
	testTyped(t, validate.MaxLen[name](2), "äöü", "äö")
	testTyped(t, validate.MaxLen[string](math.MaxInt), "", "äö")
	testTyped(t, validate.OneOf(1, 2), 3, 2)
	testTyped(t, validate.Email[name](), "a", "a@b.co")
	testTyped(t, validate.Rule[int]{Code: "odd", Check: func(n int) bool { return n%2 == 1 }}, 2, 1)
}

// testTyped checks that r refuses bad, if that is not the zero value of a
// string, and takes good.
func testTyped[V any](t *testing.T, r validate.Rule[V], bad, good V) {
	t.Helper()
	if s, ok := any(bad).(string); !ok || s != "" {
		if r.Check(bad) {
			t.Errorf("%s(%v): %v holds; want it not to", r.Code, r.Param, bad)
		}
	}
	if !r.Check(good) {
		t.Errorf("%s(%v): %v does not hold", r.Code, r.Param, good)
	}
}

func TestSchemaMistakes(t *testing.T) {
	get := func(l *line) int { return l.Qty }
	text := func(l *line) string { return l.SKU }
	list := func(*line) []string { return nil }
	_, err := validate.SchemaWith(validate.Options{MaxErrors: -1},
		validate.Field[line, int]("a", nil, validate.Min(1)),
		validate.Field("b", get, validate.Between(5, 1)),
		validate.Field("c", get, validate.Func[int]("x", nil)),
		validate.Field("d", get, validate.Rule[int]{Check: func(int) bool { return true }}),
		validate.Field("e", text, validate.MinLen[string](-1), validate.OneOf[string]()),
		validate.Field("f", list, validate.Each(validate.MaxLen[string](-2))),
		validate.Field("g", text, validate.Match(nil)),
		validate.Field("h", func(*line) float64 { return 0 }, validate.Max(math.NaN())),
		validate.Field("i", func(l *line) line { return *l }, validate.Nested[line](nil)),
		validate.FieldRule[line]{},
		validate.When[line](nil),
		validate.When(func(*line) bool { return true }, validate.Field[line, int]("k", nil)),
		validate.Compare("l", get, 9, "m", get),
		validate.Compare("l", get, validate.Less, "m", nil),
		validate.Field("n", func(l *line) *line { return l }, validate.NestedPtr[line](nil)),
	)
	want := strings.Split(strings.TrimSpace(`
validate: Options.MaxErrors is -1 (int): must be 1 or more, or 0 for the default of 100
validate: Schema: field 0, "a": the getter is nil; pass a function that returns the field
validate: Schema: field 1, "b": Between(5, 1) holds for no number; put the smaller number first
validate: Schema: field 2, "c": a rule has no Check; make it with one of the functions of this package or set it
validate: Schema: field 3, "d": a rule has no Code; set it
validate: Schema: field 4, "e": a length of -1 does not exist; use 0 or more
OneOf without values holds for none; pass some
validate: Schema: field 5, "f": a length of -2 does not exist; use 0 or more
validate: Schema: field 6, "g": Match was given nil; pass a *regexp.Regexp
validate: Schema: field 7, "h": a bound is NaN, which is in no order; use a number
validate: Schema: field 8, "i": Nested was given nil; pass a Validator
validate: Schema: field 9, "": the zero FieldRule; make it with Field, Compare or When
validate: Schema: field 10, "": the condition of When is nil; pass a function
there is nothing in When; pass fields
validate: Schema: field 11, "": the getter is nil; pass a function that returns the field
validate: Schema: field 12, "l": there is no Op 9; use Equal, NotEqual, Less, LessOrEqual, Greater or GreaterOrEqual
validate: Schema: field 13, "l": a getter of Compare is nil; pass functions that return the fields
validate: Schema: field 14, "n": NestedPtr was given nil; pass a Validator`), "\n")
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("Schema =\n%v\nwant\n%s", err, strings.Join(want, "\n"))
	}
}
