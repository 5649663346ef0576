package validate_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/validate"
)

func TestCrossField(t *testing.T) {
	type form struct {
		Password string    `json:"password"`
		Again    string    `json:"again" validate:"eqfield=Password"`
		Old      string    `json:"old" validate:"omitempty,nefield=Password"`
		From     time.Time `json:"from"`
		To       time.Time `json:"to" validate:"gtefield=From"`
		Low      int8      `json:"low" validate:"ltfield=High"`
		High     int       `json:"high" validate:"gtfield=Low,ltefield=Limit"`
		Limit    *int64    `json:"limit"`
		Domain   string    `json:"domain"`
		Host     string    `json:"host" validate:"fieldcontains=Domain"`
		Note     string    `json:"note" validate:"fieldexcludes=Password"`
	}
	limit, now := int64(3), time.Now()
	good := form{Password: "pw", Again: "pw", Old: "x", From: now, To: now.UTC(), Low: 1, High: 3, Limit: &limit, Domain: ".eu", Host: "a.eu"}
	checkCodes(t, "Struct(good)", validate.Struct(&good))
	bad := form{Password: "pw", Again: "PW", Old: "pw", From: now, To: now.Add(-1), Low: 5, High: 5, Limit: &limit, Domain: ".eu", Host: "eu", Note: "a pw b"}
	checkCodes(t, "Struct(bad)", validate.Struct(&bad),
		"again equal_field", "old not_equal_field", "to min_field", "low less_field", "high greater_field", "host contains_field", "note excludes_field")
	good.Limit = nil
	checkCodes(t, "Struct(nil limit)", validate.Struct(&good), "high max_field")
	e, _ := errors.AsType[validate.FieldError](validate.Struct(&bad))
	if e.Rule != "eqfield" || e.Param != "password" || e.Message != "must be the same as password" {
		t.Errorf("error = %+v; want the name on the wire as Param", e)
	}
}

func TestCrossFieldOfOtherTypes(t *testing.T) {
	type form struct {
		S [2]string `json:"s"`
		T [2]string `json:"t" validate:"eqfield=S"`
		B bool      `json:"b"`
		C bool      `json:"c" validate:"nefield=B"`
		X any       `json:"x"`
		Y any       `json:"y" validate:"omitempty,eqfield=X"`
		F float64   `json:"f"`
		G float32   `json:"g" validate:"gtefield=F"`
		U uint      `json:"u"`
		V uint8     `json:"v" validate:"eqfield=U"`
	}
	checkCodes(t, "Struct", validate.Struct(&form{C: true, X: 1, Y: int8(1)}))
	checkCodes(t, "Struct", validate.Struct(&form{T: [2]string{"a"}, X: 1, Y: "1", F: math.NaN(), U: 1}),
		"t equal_field", "c not_equal_field", "y equal_field", "g min_field", "v equal_field")
	checkCodes(t, "Struct", validate.Struct(&form{C: true, X: []int{1}, Y: []int{1}}), "y equal_field")
}

func TestCrossFieldInOtherStructs(t *testing.T) {
	type period struct {
		Start *time.Time `json:"start"`
		Min   int        `json:"min"`
	}
	type inner struct {
		At    time.Time `json:"at" validate:"gtecsfield=Period.Start"`
		Count int       `json:"count" validate:"ltecsfield=Limit"`
	}
	type outer struct {
		Period period  `json:"period"`
		Limit  int     `json:"limit"`
		End    int     `json:"end" validate:"gtfield=Period.Min"`
		Inner  inner   `json:"inner"`
		List   []inner `json:"list" validate:"dive"`
		Any    any     `json:"any"`
	}
	now := time.Now()
	checkCodes(t, "Struct(good)", validate.Struct(&outer{Period: period{&now, 0}, End: 1, Inner: inner{At: now}, Any: &inner{At: now}}))
	checkCodes(t, "Struct(bad)", validate.Struct(&outer{
		Period: period{&now, 3}, Limit: 2, End: 3, Inner: inner{now, 3}, List: []inner{{now, 2}, {now.Add(-1), 1}}, Any: inner{now, 4},
	}), "end greater_field", "inner.count max_field", "list[1].at min_field", "any.count max_field")
	checkCodes(t, "Struct(nil on the way)", validate.Struct(&outer{End: 1}), "inner.at min_field")

	// The same type by itself, and in another struct, has other fields around it.
	err := validate.Struct(&inner{})
	if e, ok := errors.AsType[*validate.TagError](err); !ok || e.Field != "At" || !strings.Contains(e.Reason, "inner has no exported field Period") {
		t.Errorf("Struct(inner) = %v; want a TagError", err)
	}
	type second struct {
		Limit  int
		Period struct{ Start time.Time }
		In     inner `json:"in"`
	}
	checkCodes(t, "Struct(second)", validate.Struct(&second{In: inner{Count: 1}}), "in.count max_field")
	checkCodes(t, "Struct(good again)", validate.Struct(&outer{Period: period{&now, 0}, End: 1, Inner: inner{At: now}}))
}

// A nested struct finds its own fields, and the struct around it finds its own
// again afterwards; elements find those of the struct that holds the list.
func TestCrossFieldSeesItsOwnStruct(t *testing.T) {
	type leaf struct {
		A int `json:"a"`
		B int `json:"b" validate:"eqfield=A"`
	}
	type tree struct {
		A     int     `json:"a"`
		Leaf  leaf    `json:"leaf"`
		Kids  []*leaf `json:"kids" validate:"dive"`
		Sizes []int   `json:"sizes" validate:"dive,ltefield=A"`
		B     int     `json:"b" validate:"eqfield=A"`
	}
	checkCodes(t, "Struct(good)", validate.Struct(&tree{1, leaf{2, 2}, []*leaf{{3, 3}, nil}, []int{1, 0}, 1}))
	checkCodes(t, "Struct(bad)", validate.Struct(&tree{1, leaf{2, 1}, []*leaf{{3, 1}}, []int{1, 2}, 2}),
		"leaf.b equal_field", "kids[0].b equal_field", "sizes[1] max_field", "b equal_field")
}

func TestConditionalPresence(t *testing.T) {
	type form struct {
		Kind   string   `json:"kind"`
		Level  int      `json:"level"`
		List   []string `json:"list"`
		Ptr    *bool    `json:"ptr"`
		Any    any      `json:"any"`
		If     string   `json:"if" validate:"required_if=Kind card Level 2"`
		Unless string   `json:"unless" validate:"required_unless=Kind card Level 2"`
		With   string   `json:"with" validate:"required_with=List Ptr"`
		Both   string   `json:"both" validate:"required_with_all=List Ptr"`
		Wout   string   `json:"wout" validate:"required_without=List Ptr"`
		None   string   `json:"none" validate:"required_without_all=List Ptr"`
		Skip   string   `json:"skip" validate:"skip_unless=Kind card"`
	}
	all := form{If: "x", Unless: "x", With: "x", Both: "x", Wout: "x", None: "x", Skip: "x"}
	no := false
	for _, tt := range []struct {
		in   form
		want string
	}{
		{form{}, "unless wout none"},
		{form{Kind: "card"}, "wout none skip"},
		{form{Level: 2}, "wout none"},
		{form{Kind: "card", Level: 2}, "if wout none skip"},
		{form{Kind: "cash", List: []string{}}, "unless with wout"},
		{form{Kind: "cash", Ptr: &no}, "unless with wout"},
		{form{Kind: "cash", Ptr: &no, List: []string{}}, "unless with both"},
	} {
		var want []string
		for name := range strings.FieldsSeq(tt.want) {
			want = append(want, name+" required")
		}
		checkCodes(t, fmt.Sprintf("Struct(%+v)", tt.in), validate.Struct(&tt.in), want...)
		full := all
		full.Kind, full.Level, full.List, full.Ptr = tt.in.Kind, tt.in.Level, tt.in.List, tt.in.Ptr
		checkCodes(t, fmt.Sprintf("Struct(%+v)", full), validate.Struct(&full))
	}
}

func TestConditionalExclusion(t *testing.T) {
	type form struct {
		Kind   string  `json:"kind"`
		Email  *string `json:"email"`
		Phone  string  `json:"phone"`
		If     *int    `json:"if" validate:"excluded_if=Kind 'gift card'"`
		Unless int     `json:"unless" validate:"excluded_unless=Kind card"`
		With   int     `json:"with" validate:"excluded_with=Email Phone"`
		Both   int     `json:"both" validate:"excluded_with_all=Email Phone"`
		Wout   int     `json:"wout" validate:"excluded_without=Email Phone"`
		None   int     `json:"none" validate:"excluded_without_all=Email Phone"`
	}
	email, zero := "", 0
	for _, tt := range []struct {
		in   form
		want string
	}{
		{form{}, "unless wout none"},
		{form{Kind: "card"}, "wout none"},
		{form{Kind: "gift card"}, "if unless wout none"},
		{form{Kind: "card", Email: &email}, "with wout"},
		{form{Kind: "card", Email: &email, Phone: "1"}, "with both"},
	} {
		var want []string
		for name := range strings.FieldsSeq(tt.want) {
			want = append(want, name+" excluded")
		}
		checkCodes(t, fmt.Sprintf("Struct(%+v)", tt.in), validate.Struct(&tt.in))
		full := tt.in
		full.If, full.Unless, full.With, full.Both, full.Wout, full.None = &zero, 1, 1, 1, 1, 1
		checkCodes(t, fmt.Sprintf("Struct(%+v)", full), validate.Struct(&full), want...)
	}
}

// conditionOn returns whether required_if asks when it names a field that holds
// v, and the value word.
func conditionOn[V any](t *testing.T, v V, word string) bool {
	t.Helper()
	check, err := validate.Condition(v, word)
	if err != nil {
		t.Errorf("Condition(%T, %q): %v", v, word, err)
	}
	return check
}

func TestConditionValues(t *testing.T) {
	yes := true
	for _, tt := range []struct {
		call string
		got  bool
		want bool
	}{
		{"int8", conditionOn(t, int8(3), "3"), true},
		{"uint", conditionOn(t, uint(3), "4"), false},
		{"float32", conditionOn(t, float32(0.1), "0.1"), true},
		{"float64", conditionOn(t, 0.5, "0.5"), true},
		{"duration", conditionOn(t, time.Minute, "1m"), true},
		{"bool", conditionOn(t, true, "true"), true},
		{"bool false", conditionOn(t, true, "false"), false},
		{"pointer", conditionOn(t, &yes, "true"), true},
		{"nil pointer", conditionOn(t, (*bool)(nil), "true"), false},
		{"nil pointer nil", conditionOn(t, (*bool)(nil), "nil"), true},
		{"pointer nil", conditionOn(t, &yes, "nil"), false},
		{"slice", conditionOn(t, []int{1}, "1"), true},
		{"slice nil", conditionOn(t, []int(nil), "nil"), true},
		{"empty slice nil", conditionOn(t, []int{}, "nil"), false},
		{"array", conditionOn(t, [2]int{}, "2"), true},
		{"any string", conditionOn[any](t, "3", "3"), true},
		{"any number", conditionOn[any](t, 3.0, "3"), true},
		{"any other", conditionOn[any](t, true, "3"), false},
		{"any nil", conditionOn[any](t, nil, "nil"), true},
		{"any array", conditionOn[any](t, [1]int{}, "nil"), false},
		{"any struct", conditionOn[any](t, account{}, "x"), false},
	} {
		if tt.got != tt.want {
			t.Errorf("condition on %s = %v; want %v", tt.call, tt.got, tt.want)
		}
	}
}

// Each name that a rule refers to is resolved when the type is compiled.
func TestCrossFieldMistakes(t *testing.T) {
	type inner struct{ A int }
	type wrong struct {
		Password string
		Inner    inner
		Any      any
		Map      map[string]int
		At       time.Time
		hidden   string
		A        string `validate:"eqfield=Pasword"`
		B        string `validate:"eqfield=Inner.A"`
		C        int    `validate:"gtfield=Inner.B"`
		D        int    `validate:"gtfield=Any.X"`
		E        []int  `validate:"eqfield=Map"`
		F        bool   `validate:"gtfield=F"`
		G        string `validate:"required_if=Kind card"`
		H        string `validate:"required_if=Password a Password b"`
		I        string `validate:"required_if=Password"`
		J        string `validate:"required_if=C x"`
		K        string `validate:"required_with=Password Passwort"`
		L        string `validate:"eqfield=hidden"`
		M        int    `validate:"fieldcontains=Password"`
		N        string `validate:"required_if=At x"`
		O        string `validate:"neqfield=Password"`
		P        string `validate:"required_iff=Password x"`
		Q        string `validate:"gtcsfield=Inner.Z"`
		R        string `validate:"excluded_with=A A"`
		S        inner  `validate:"gtfield=Inner"`
	}
	_ = wrong{hidden: ""}
	want := map[string]string{
		"A": "wrong has no field Pasword; did you mean Password?",
		"B": "eqfield cannot compare string with int; name a field of the same type",
		"C": "inner has no exported field B; write the Go name of a field",
		"D": "X of Any.X is not in a struct; name a field of a struct, as in Period.Start",
		"E": "eqfield does not compare lists such as []int with map[string]int; check it in a Validate method",
		"F": "gtfield does not apply to bool; remove it or change the type of the field",
		"G": "wrong has no exported field Kind; write the Go name of a field",
		"H": "the field Password is named twice; remove one",
		"I": "a field has no value; write pairs, as in Kind card Country 'New Zealand'",
		"J": `the value of C: "x" is not a 64-bit whole number; write it in base 10`,
		"K": "wrong has no field Passwort; did you mean Password?",
		"L": "wrong has no exported field hidden; write the Go name of a field",
		"M": "fieldcontains compares strings, not int with string; name another field",
		"N": "the value of At: a field of type time.Time cannot be compared with a word; use required_with or a Validate method",
		"O": "unknown rule; did you mean eqfield or nefield?",
		"P": "unknown rule; did you mean required_if?",
		"Q": "inner has no exported field Z; write the Go name of a field",
		"R": "the field A is named twice; remove one",
		"S": "gtfield does not apply to validate_test.inner; remove it or change the type of the field",
	}
	err := validate.Compile(wrong{})
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		tag, _ := errors.AsType[*validate.TagError](e)
		if reason := strings.TrimPrefix(tag.Reason, "validate_test."); reason != want[tag.Field] {
			t.Errorf("%s: %s; want %s", tag.Field, reason, want[tag.Field])
		}
		delete(want, tag.Field)
	}
	if len(want) > 0 {
		t.Errorf("no mistakes in %v", want)
	}
	if _, err := validate.Condition(0, "nil"); err == nil {
		t.Error("the value nil of an int is no mistake")
	}
}

// TestFieldsThatCannotBeCompared has values in interfaces, of which the compiler knows
// nothing: they differ.
func TestFieldsThatCannotBeCompared(t *testing.T) {
	type same struct {
		A any `validate:"eqfield=B"`
		B any
	}
	type different struct {
		A any `validate:"nefield=B"`
		B any
	}
	type wrapped struct{ V any }
	list := []int{1}
	for _, pair := range [][2]any{{list, list}, {wrapped{list}, wrapped{list}}, {"1", 1}, {wrapped{1}, wrapped{"1"}}} {
		if err := validate.Struct(&same{pair[0], pair[1]}); err == nil {
			t.Errorf("%#v and %#v are the same", pair[0], pair[1])
		}
		if err := validate.Struct(&different{pair[0], pair[1]}); err != nil {
			t.Errorf("%#v and %#v: %v", pair[0], pair[1], err)
		}
	}
	if err := validate.Struct(&same{wrapped{1}, wrapped{1}}); err != nil {
		t.Errorf("equal structs: %v", err)
	}
}
