package validate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/validate"
)

func TestAllRules(t *testing.T) {
	type item struct {
		N int `json:"n" validate:"min=1"`
	}
	type form struct {
		Name  string   `json:"name" validate:"required,min=3,alpha,excludes=1"`
		Ptr   *string  `json:"ptr" validate:"min=3,alpha"`
		Opt   string   `json:"opt" validate:"omitempty,min=3,alpha"`
		Items []item   `json:"items" validate:"max=1,unique,dive"`
		Words []string `json:"words" validate:"dive,min=2,alpha"`
	}
	v := newValidator[form](t, validate.Options{AllRules: true})
	checkCodes(t, "Validate", v.Validate(&form{Opt: "1", Items: []item{{}, {}}, Words: []string{"1", "ab"}}),
		"name required", "ptr min_length", "opt min_length", "opt alpha", "items max_items", "items unique", "words[0] min_length", "words[0] alpha")
	s := "1"
	checkCodes(t, "Validate", v.Validate(&form{Name: "1", Ptr: &s, Items: []item{{}}}),
		"name min_length", "name alpha", "name excludes", "ptr min_length", "ptr alpha", "items[0].n min")
	v = newValidator[form](t, validate.Options{AllRules: true, MaxErrors: 2})
	checkCodes(t, "Validate", v.Validate(&form{Name: "1", Ptr: &s}), "name min_length", "max_errors")
}

func TestAutoDive(t *testing.T) {
	type item struct {
		N int `json:"n" validate:"min=1"`
	}
	type form struct {
		List   []item            `json:"list"`
		Ptrs   *[]*item          `json:"ptrs" validate:"omitempty,max=2"`
		Nested [][1]item         `json:"nested"`
		Map    map[string][]item `json:"map"`
		Any    []any             `json:"any"`
		Own    []item            `json:"own" validate:"dive"`
		Off    []item            `json:"off" validate:"-"`
		Bytes  []byte            `json:"bytes"`
		Times  []time.Time       `json:"times"`
		Deep   []form            `json:"deep"`
	}
	in := form{
		List: []item{{1}, {}}, Ptrs: &[]*item{nil, {}}, Nested: [][1]item{{}}, Map: map[string][]item{"k": {{}}},
		Any: []any{1, item{}, []item{{}}}, Own: []item{{}}, Off: []item{{}}, Deep: []form{{List: []item{{}}}},
	}
	checkCodes(t, "Struct", validate.Struct(&in), "own[0].n min")
	v := newValidator[form](t, validate.Options{AutoDive: true})
	checkCodes(t, "Validate", v.Validate(&in),
		"list[1].n min", "ptrs[1].n min", "nested[0][0].n min", "map[k][0].n min", "any[1].n min", "own[0].n min", "deep[0].list[0].n min")
	type self []self
	type odd struct{ S self }
	newValidator[odd](t, validate.Options{AutoDive: true})
}

func TestOmit(t *testing.T) {
	empty := ""
	testRule(t, "", "omitnil,min=1", "min_length")
	testRule(t, (*string)(nil), "omitnil,min=1", "")
	testRule(t, &empty, "omitnil,min=1", "min_length")
	testRule(t, []int(nil), "omitnil,min=1", "")
	testRule(t, []int{}, "omitnil,min=1", "min_items")
	testRule[any](t, nil, "omitnil,min=1", "")
	testRule(t, "", "omitzero,min=1", "")
	testRule(t, &empty, "omitzero,min=1", "")
	testRule(t, &empty, "omitempty,min=1", "min_length")
	testRule(t, (*string)(nil), "omitzero,min=1", "")
	testRule(t, []int{}, "omitzero,min=1", "")
	testRule(t, map[int]int{}, "omitzero,min=1", "")
	testRule(t, 0, "omitzero,min=1", "")
	testRule(t, account{}, "omitzero", "")
	testRule(t, "", "isdefault", "")
	testRule(t, "x", "isdefault", "empty")
	testRule(t, &empty, "isdefault", "empty")
	testRule(t, (*string)(nil), "isdefault", "")
	testRule(t, []int{}, "isdefault", "empty")
}

func TestKeys(t *testing.T) {
	type form struct {
		Map map[string]int             `json:"map" validate:"max=3,dive,keys,alpha,max=3,endkeys,min=1"`
		In  map[string]map[int]account `json:"in" validate:"dive,keys,len=1,endkeys,dive,keys,gt=0,endkeys"`
		Ptr map[string]*int            `json:"ptr" validate:"dive,keys,alpha,endkeys"`
		Any any                        `json:"any" validate:"omitempty,dive,keys,max=2,endkeys,required"`
	}
	checkCodes(t, "Struct", validate.Struct(&form{
		Map: map[string]int{"a": 1, "bbbb": 0, "c": 0},
		In:  map[string]map[int]account{"a": {0: {"a@b.co", 20}, 1: {"a@b.co", 2}}, "bb": nil},
		Ptr: map[string]*int{"1": nil},
		Any: map[any]any{"abc": 1, "d": nil},
	}),
		"map[bbbb] max_length", "map[bbbb] min", "map[c] min", "in[a][0] greater", "in[a][1].age min", "in[bb] length",
		"ptr[\"1\"] alpha", "any[abc] max_length", "any[d] required")
}

func TestKeysMistakes(t *testing.T) {
	for _, tt := range []struct{ tag, wrong, reason string }{
		{"dive,min=1,keys", "keys", "keys is out of place; write dive,keys,...,endkeys, ... for a map"},
		{"dive,endkeys", "endkeys", "endkeys is out of place; write dive,keys,...,endkeys, ... for a map"},
		{"dive,keys,alpha", "keys", "keys has no end; write endkeys after the rules for the keys"},
		{"dive,keys,nope,endkeys", "nope", "unknown rule; correct it, or register it with validate.Tag in Options.Tags"},
		{"dive,keys=1,endkeys", "keys=1", "keys takes no parameter; write keys"},
		{"dive,keys,endkeys=2,min=1", "endkeys=2", "endkeys takes no parameter; write endkeys"},
	} {
		testTagMistake(t, map[string]int{}, tt.tag, tt.wrong, tt.reason)
	}
	testTagMistake(t, []string{}, "dive,keys,alpha,endkeys", "keys", "keys does not apply to []string, only to maps; remove it or change the type of the field")
	testTagMistake(t, "", "structonly", "structonly", "structonly does not apply to string, only to structs; remove it or change the type of the field")
	testTagMistake(t, "", "nostructlevel=1", "nostructlevel=1", "nostructlevel takes no parameter; write nostructlevel")
}

func TestStructOnly(t *testing.T) {
	type form struct {
		Only *account `json:"only" validate:"required,structonly"`
		Any  any      `json:"any" validate:"structonly"`
	}
	checkCodes(t, "Struct", validate.Struct(&form{&account{}, account{}}))
	checkCodes(t, "Struct", validate.Struct(&form{}), "only required")
}

// shouting puts the messages of some codes into capitals.
type shouting struct{}

func (shouting) Message(e validate.FieldError) string {
	if e.Code == "email" {
		return ""
	}
	return strings.ToUpper(fmt.Sprint(e.Code, " ", e.Param))
}

func TestMessages(t *testing.T) {
	type form struct {
		Email string   `json:"email" validate:"email"`
		Age   int      `json:"age" validate:"min=18"`
		Any   any      `json:"any" validate:"min=3"`
		Even  int      `json:"even" validate:"even"`
		Next  *form    `json:"next"`
		Words []string `json:"words" validate:"dive,required"`
	}
	v := newValidator[form](t, validate.Options{Messages: shouting{}, MaxDepth: 1, MaxErrors: 5, Tags: ownTags()})
	err := v.Validate(&form{Any: "ab", Even: 1, Next: &form{}, Words: []string{""}})
	want := "validate: email: must be an e-mail address; age: MIN 18; any: MIN_LENGTH 3; even: EVEN <NIL>; MAX_ERRORS 5"
	if err == nil || err.Error() != want {
		t.Errorf("Validate = %v; want %v", err, want)
	}
	plain := newValidator[form](t, validate.Options{Tags: ownTags()})
	errs, _ := errors.AsType[validate.Errors](plain.Validate(&form{Email: "a", Age: 18, Any: true}))
	before := errs.Error()
	if got, want := errs.Translate(shouting{}).Error(), "validate: email: must be an e-mail address; any: TYPE [STRING LIST NUMBER DURATION]"; got != want {
		t.Errorf("Translate = %v; want %v", got, want)
	}
	if errs.Error() != before {
		t.Error("Translate changes the errors it is given")
	}
}

// Every rule has an English message of its own.
func TestEnglishMessages(t *testing.T) {
	testParam(t, "x", "eq=a", "a", `must be "a"`)
	testParam(t, "a", "ne=a", "a", `must not be "a"`)
	testParam(t, "a", "contains=b", "b", `must contain "b"`)
	testParam(t, "a", "isdefault", nil, "must be empty")
	testParam(t, "1", "alpha", nil, "must contain only letters A to Z")
	testParam(t, 5, "gt=5", int64(5), "must be greater than 5")
	testParam(t, time.Hour, "max=30m", 30*time.Minute, "must be at most 30m")
	testParam(t, true, "eq=false", false, "must be false")
	testParam(t, []int{1, 1}, "unique", nil, "must not have the same item twice")
	testParam(t, []account{{}, {}}, "unique=Email", "email", "must not have two items with the same email")
}

type page[T any] struct {
	Items []T `json:"items" validate:"dive"`
	Next  int `json:"next" validate:"nope"`
}

// The name of a generic type is readable in the error of its tags.
func TestGenericTypeNames(t *testing.T) {
	type local struct{ X int }
	for err, want := range map[error]string{
		validate.Compile(page[account]{}):           "validate_test.page[validate_test.account].Next",
		validate.Compile(page[map[string]*local]{}): "validate_test.page[map[string]*validate_test.local].Next",
		validate.Compile(page[page[int]]{}):         "validate_test.page[validate_test.page[int]].Next",
	} {
		if err == nil || !strings.Contains(err.Error(), "validate: "+want+": tag") {
			t.Errorf("Compile = %v; want %s", err, want)
		}
	}
}

func TestGenericTypes(t *testing.T) {
	type form[T any] struct {
		V T `json:"v" validate:"required"`
	}
	checkCodes(t, "Struct(form[string])", validate.Struct(form[string]{}), "v required")
	checkCodes(t, "Struct(form[account])", validate.Struct(form[account]{account{Age: 20}}), "v.email required")
	checkCodes(t, "Struct(form[any])", validate.Struct(form[any]{[]int{}}))
}

func TestVar(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{validate.Var("a@b.co", "required,email"), "<nil>"},
		{validate.Var("ab", "required,email"), "validate: must be an e-mail address"},
		{validate.Var(7, "max=5"), "validate: must be at most 5"},
		{validate.Var([]int{1, 9}, "dive,max=5"), "validate: [1]: must be at most 5"},
		{validate.Var[any](nil, "required"), "validate: is required"},
		{validate.Var(account{}, ""), "validate: email: is required; age: must be at least 18"},
		{validate.Var([]account{{}}, "dive"), "validate: [0].email: is required; [0].age: must be at least 18"},
		{validate.Var([]any{account{"a@b.co", 1}}, "dive"), "validate: [0].age: must be at least 18"},
		{validate.Var((*account)(nil), "omitempty"), "<nil>"},
		{validate.Var(3, "email"), `validate: Var of int: tag "email": email does not apply to int, only to strings; remove it or change the type of the field`},
		{validate.Var("", "eqfield=X"), `validate: Var of string: tag "eqfield=X": there is no struct around the value, whose fields it could name; use it in the tag of a field`},
		{validate.Var("", "required_with=X"), `validate: Var of string: tag "required_with=X": there is no struct around the value, whose fields it could name; use it in the tag of a field`},
		{validate.Var("", "eqcsfield=X"), `validate: Var of string: tag "eqcsfield=X": there is no struct around the value, whose fields it could name; use it in the tag of a field`},
	} {
		if got := fmt.Sprint(tt.err); got != tt.want {
			t.Errorf("Var = %s; want %s", got, tt.want)
		}
	}
}

func TestSlice(t *testing.T) {
	v := newValidator[account](t, validate.Options{MaxErrors: 3})
	good, bad := account{"a@b.co", 20}, account{}
	checkCodes(t, "Slice(nil)", v.Slice(nil))
	checkCodes(t, "Slice(good)", v.Slice([]account{good, good}))
	checkCodes(t, "Slice", v.Slice([]account{good, bad}), "[1].email required", "[1].age min")
	checkCodes(t, "Slice", v.Slice([]account{bad, good, bad}), "[0].email required", "[0].age min", "max_errors")
	vp := newValidator[*account](t, validate.Options{})
	err := vp.Slice([]*account{&good, nil, &bad})
	checkCodes(t, "Slice(pointers)", err, "[1] required", "[2].email required", "[2].age min")
	if e, _ := errors.AsType[validate.FieldError](err); e.Path.Pointer() != "/1" {
		t.Errorf("Pointer() = %s; want /1", e.Path.Pointer())
	}
}

func TestPartial(t *testing.T) {
	type address struct {
		City string `json:"city" validate:"required"`
		Zip  string `json:"zip" validate:"len=5"`
	}
	type form struct {
		Base
		Name    string             `json:"name" validate:"required"`
		Address *address           `json:"address" validate:"required"`
		Other   address            `validate:"required"`
		List    []address          `json:"list" validate:"min=1,dive"`
		Map     map[string]address `json:"map" validate:"dive"`
		Name2   string             `json:"Name" validate:"min=9"`
		Free    int                `json:"free"`
		Span    span               `json:"span"`
	}
	v := newValidator[form](t, validate.Options{})
	in := form{Address: &address{}, List: []address{{}, {City: "x"}}, Map: map[string]address{"k": {}}, Span: span{1, 0}}
	for _, tt := range []struct {
		fields string
		want   []string
	}{
		{"", nil},
		{"name", []string{"name required"}},
		{"Name", []string{"Name min_length"}}, // the name on the wire comes first
		{"id", []string{"id required"}},
		{"Base", []string{"id required"}},
		{"Base.id name", []string{"id required", "name required"}},
		{"address", []string{"address.city required", "address.zip length"}},
		{"address.zip", []string{"address.zip length"}},
		{"Address.City address.zip", []string{"address.city required", "address.zip length"}},
		{"address.zip address", []string{"address.city required", "address.zip length"}},
		{"address address.zip", []string{"address.city required", "address.zip length"}},
		{"Other.zip", []string{"Other.zip length"}},
		{"list.city", []string{"list[0].city required"}},
		{"map.zip free", []string{"map[k].zip length"}},
		{"span", []string{"span invalid"}},
		{"span.from", nil},
	} {
		checkCodes(t, "Partial("+tt.fields+")", v.Partial(&in, strings.Fields(tt.fields)...), tt.want...)
	}
	checkCodes(t, "Partial(nil address)", v.Partial(&form{}, "address.zip"))
	err := v.Partial(&in, "name", "nope", "address.nope", "name.x", "address.city.x")
	want := []string{
		`validate: Partial was given "nope": validate_test.form has no field nope; write its name on the wire or its Go name: no such field`,
		`validate: Partial was given "address.nope": validate_test.address has no field nope; write its name on the wire or its Go name: no such field`,
		`validate: Partial was given "name.x": x is not in a struct; name what holds it: no such field`,
		`validate: Partial was given "address.city.x": x is not in a struct; name what holds it: no such field`,
	}
	if !errors.Is(err, validate.ErrNoField) || err.Error() != strings.Join(want, "\n") {
		t.Errorf("Partial(unknown) = %v; want %v", err, strings.Join(want, "\n"))
	}
	if err := v.Partial(nil, "name"); !errors.Is(err, validate.ErrNotStruct) {
		t.Errorf("Partial(nil) = %v; want ErrNotStruct", err)
	}
}
