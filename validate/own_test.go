package validate_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goplinth/plinth/validate"
)

// even is a rule for ints; even=n asks for a multiple of n.
func even(param string) (func(int) bool, error) {
	n := 2
	if param != "" {
		var err error
		if n, err = strconv.Atoi(param); err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a number from 1 up", param)
		}
	}
	return func(i int) bool { return i%n == 0 }, nil
}

type grid struct{ X, Y int }

func ownTags() []validate.TagRule {
	return []validate.TagRule{
		validate.Tag("even", even).WithMessage("must be even"),
		validate.Tag("shout", func(string) (func(string) bool, error) {
			return func(s string) bool { return s == strings.ToUpper(s) }, nil
		}),
		validate.Tag("square", func(string) (func(grid) bool, error) {
			return func(g grid) bool { return g.X == g.Y }, nil
		}),
		validate.Tag("named", func(string) (func(fmt.Stringer) bool, error) {
			return func(s fmt.Stringer) bool { return s.String() != "" }, nil
		}),
		validate.Tag("panics", func(string) (func(any) bool, error) {
			return func(any) bool { panic("boom") }, nil
		}),
		validate.Regexp("slug", regexp.MustCompile(`^[a-z-]+$`)),
	}
}

func testOwn[V any](t *testing.T, v V, tag, want string) {
	t.Helper()
	err, compileErr := validate.CheckTagWith(validate.Options{Tags: ownTags()}, v, tag)
	if compileErr != nil {
		t.Errorf("compiling %q for %T = %v", tag, v, compileErr)
		return
	}
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("%q on %T(%v) = %q; want %q", tag, v, v, got, want)
	}
}

func TestOwnTags(t *testing.T) {
	type age int
	type text string
	six, seven := 6, 7
	const notEven = "validate: v: must be even"
	testOwn(t, 6, "even", "")
	testOwn(t, 7, "even", notEven)
	testOwn(t, 6, "even=4", notEven)
	testOwn(t, age(7), "even", notEven)
	testOwn(t, &six, "even", "")
	testOwn(t, &seven, "even", notEven)
	testOwn(t, (*int)(nil), "even", notEven)
	testOwn(t, (*int)(nil), "omitempty,even", "")
	testOwn(t, []int{2, 3}, "dive,even", "validate: v[1]: must be even")
	testOwn(t, map[string]int{"a": 3}, "dive,even", "validate: v[a]: must be even")
	testOwn[any](t, 7, "even", notEven)
	testOwn[any](t, age(6), "even", "")
	testOwn[any](t, int8(6), "even", "validate: v: must be a number")
	testOwn[any](t, "x", "even", "validate: v: must be a number")
	testOwn(t, text("Ab"), "shout", "validate: v: must satisfy shout")
	testOwn(t, grid{1, 1}, "square", "")
	testOwn(t, grid{1, 2}, "square", "validate: v: must satisfy square")
	testOwn(t, &grid{1, 2}, "square", "validate: v: must satisfy square")
	testOwn[any](t, grid{1, 2}, "square", "validate: v: must satisfy square")
	testOwn(t, netip.Addr{}, "named", "")
	testOwn[any](t, netip.Addr{}, "named", "")
	testOwn[any](t, 3, "named", "validate: v: must be a fmt.Stringer")
	testOwn(t, "a-b", "regexp=@slug", "")
	testOwn(t, "A", "regexp=@slug", "validate: v: must match the pattern slug")
	testOwn[any](t, "A", "required,regexp=@slug", "validate: v: must match the pattern slug")
	testOwn(t, "A", "regexp=@slug|shout", "")
}

func TestOwnTagsReplaceBuiltInOnes(t *testing.T) {
	o := validate.Options{Tags: []validate.TagRule{
		validate.Tag("email", func(string) (func(string) bool, error) {
			return func(s string) bool { return strings.HasSuffix(s, "@example.com") }, nil
		}),
	}}
	for s, want := range map[string]string{"a@example.com": "", "a@example.org": "validate: v: must be an e-mail address"} {
		err, _ := validate.CheckTagWith(o, s, "email")
		if got := fmt.Sprint(err); got != want && (err != nil || want != "") {
			t.Errorf("email on %q = %v; want %q", s, err, want)
		}
	}
}

func TestOwnTagError(t *testing.T) {
	err, _ := validate.CheckTagWith(validate.Options{Tags: ownTags()}, 7, "even=4")
	e, _ := errors.AsType[validate.FieldError](err)
	if e.Rule != "even" || e.Code != "even" || e.Param != "4" {
		t.Errorf("error = %+v; want the rule's name as Rule and Code, and the parameter", e)
	}
}

func TestOwnTagMistakes(t *testing.T) {
	for _, tt := range []struct{ tag, want string }{
		{"even=x", `"x" is not a number from 1 up; correct the parameter`},
		{"shout", "shout applies to string, not to int; remove it or change the type of the field"},
		{"named", "named applies to fmt.Stringer, not to int; remove it or change the type of the field"},
		{"evem", "unknown rule; did you mean even?"},
		{"regexp=@slug", "regexp does not apply to int, only to strings; remove it or change the type of the field"},
	} {
		_, err := validate.CheckTagWith(validate.Options{Tags: ownTags()}, 7, tt.tag)
		if e, ok := errors.AsType[*validate.TagError](err); !ok || e.Reason != tt.want {
			t.Errorf("compiling %q = %v; want %s", tt.tag, err, tt.want)
		}
	}
	testTagMistake(t, "", "regexp=^a$", "regexp=^a$", `a pattern does not stand in a tag; write regexp=@name, and validate.Regexp(name, ...) in Options.Tags`)
	testTagMistake(t, "", "regexp=@slug", "regexp=@slug", "there is no pattern of the name slug; register it with validate.Regexp in Options.Tags")
	testTagMistake(t, "", "isbn", "isbn", "isbn is not in the core; register it with validate.Tag in Options.Tags")
}

func TestTagRuleMistakes(t *testing.T) {
	_, err := validate.For[account](validate.Options{Tags: []validate.TagRule{
		{},
		validate.Tag("a b", even),
		validate.Tag("dive", even),
		validate.Tag[int]("nil", nil),
		validate.Tag("even", even),
		validate.Tag("even", even),
		validate.Regexp("", regexp.MustCompile("a")),
		validate.Regexp("x", nil),
	}})
	want := []string{
		"validate: Options.Tags[0] is  (string): must be made by validate.Tag, validate.TagCtx or validate.Regexp",
		"validate: Options.Tags[1] is a b (string): the name must not be empty or contain a comma, a bar, = or a space",
		"validate: Options.Tags[2] is dive (string): the name is a control word; choose another",
		"validate: Options.Tags[3] is nil (string): the function is nil; pass one",
		"validate: Options.Tags[5] is even (string): must not have the name of another rule",
		"validate: Options.Tags[6] is regexp=@ (string): the name must not be empty or contain a comma, a bar, = or a space",
		"validate: Options.Tags[7] is regexp=@x (string): the function is nil; pass one",
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("For =\n%v\nwant\n%s", err, strings.Join(want, "\n"))
	}
}

// A panic in a rule is an error of the program, not of the data.
func TestPanicInARule(t *testing.T) {
	err, _ := validate.CheckTagWith(validate.Options{Tags: ownTags()}, 7, "panics")
	p, ok := errors.AsType[*validate.PanicError](err)
	if _, isErrors := errors.AsType[validate.Errors](err); !ok || isErrors || p.Value != "boom" {
		t.Fatalf("error = %v; want a PanicError", err)
	}
	if want := "validate: the rule panics of validate.holder[int].V could not tell; see to what it says: panic: boom"; err.Error() != want {
		t.Errorf("error = %v; want %v", err, want)
	}
	if !strings.Contains(string(p.Stack), "own_test.go") {
		t.Error("Stack does not name the file that panicked")
	}
}

type taken struct{ calls []string }

func (k *taken) tag() validate.TagRule {
	return validate.TagCtx("free", func(param string) (func(context.Context, string) (bool, error), error) {
		return func(ctx context.Context, name string) (bool, error) {
			k.calls = append(k.calls, name)
			if name == "slow" {
				return false, errors.New("database is down")
			}
			owner, _ := ctx.Value(k).(string)
			return name != "taken" || owner == "admin", nil
		}, nil
	})
}

// Rules with a context run once, after all others, and only if those hold.
func TestContextRules(t *testing.T) {
	type form struct {
		Name  string   `json:"name" validate:"omitempty,free,max=6"`
		Email string   `json:"email" validate:"required"`
		Extra []string `json:"extra" validate:"dive,free"`
	}
	var k taken
	v := newValidator[form](t, validate.Options{Tags: []validate.TagRule{k.tag()}})
	admin := context.WithValue(t.Context(), &k, "admin")
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("client left"))
	for _, tt := range []struct {
		ctx   context.Context
		in    form
		want  string
		calls string
	}{
		{t.Context(), form{Name: "ann", Email: "e"}, "", "ann"},
		{t.Context(), form{Email: "e"}, "", ""},
		{t.Context(), form{Name: "taken"}, "validate: email: is required", ""},
		{t.Context(), form{Name: "takentaken", Email: "e"}, "validate: name: must be at most 6 characters long", ""},
		{t.Context(), form{Name: "taken", Email: "e", Extra: []string{"a", "taken"}}, "validate: name: must satisfy free; extra[1]: must satisfy free", "taken a taken"},
		{admin, form{Name: "taken", Email: "e"}, "", "taken"},
		{t.Context(), form{Name: "slow", Email: "e"}, "validate: the rule free of validate_test.form.Name could not tell; see to what it says: database is down", "slow"},
		{ended, form{Name: "ann", Email: "e"}, "validate: the context ended before all rules were asked: client left", ""},
		{ended, form{Email: "e"}, "", ""},
	} {
		k.calls = nil
		err := v.ValidateCtx(tt.ctx, &tt.in)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if calls := strings.Join(k.calls, " "); got != tt.want || calls != tt.calls {
			t.Errorf("ValidateCtx(%+v) = %q with calls %q; want %q with %q", tt.in, got, calls, tt.want, tt.calls)
		}
		if tt.ctx == t.Context() && v.Valid(&tt.in) != (tt.want == "") {
			t.Errorf("Valid(%+v) disagrees", tt.in)
		}
	}
	if err := v.Validate(&form{Name: "taken", Email: "e"}); err == nil {
		t.Error("Validate skips the rules with a context")
	}
	if err, _ := validate.CheckTagWith(validate.Options{Tags: []validate.TagRule{k.tag()}}, "x", "free|email"); err != nil {
		t.Errorf("error = %v; want nil with the mistake", err)
	}
}

// asked has a Validate method that fails for negative numbers, in ways that
// depend on the number.
type asked int

func (a asked) Validate() error {
	switch a {
	case -1:
		return errors.New("must not be negative")
	case -2:
		return fmt.Errorf("asked: %w", validate.Struct(account{Age: 20}))
	case -3:
		return validate.FieldError{Code: "odd", Message: "is odd"}
	case -4:
		panic("boom")
	case -5:
		return validate.Struct(struct {
			A int `validate:"nope"`
		}{})
	case -6:
		return validate.Errors(nil)
	}
	return nil
}

// span is asked about itself through a pointer.
type span struct {
	From int `json:"from" validate:"min=0"`
	To   int `json:"to"`
}

func (s *span) Validate() error {
	if s.To < s.From {
		return errors.New("must not end before it starts")
	}
	return nil
}

type spanning struct {
	span
	Name string `json:"name" validate:"required"`
}

func TestValidatable(t *testing.T) {
	type form struct {
		Asked  asked            `json:"asked"`
		Ptr    *asked           `json:"ptr"`
		Span   span             `json:"span"`
		Nil    *span            `json:"nil"`
		List   []span           `json:"list" validate:"dive"`
		Map    map[string]asked `json:"map" validate:"dive"`
		Any    any              `json:"any"`
		Off    span             `json:"off" validate:"nostructlevel"`
		Only   span             `json:"only" validate:"structonly"`
		Quiet  []span           `json:"quiet"`
		Hidden spanning         `json:"hidden"`
	}
	bad := asked(-1)
	ok := spanning{Name: "x"}
	for _, tt := range []struct {
		in   form
		want string
	}{
		{form{Hidden: ok}, ""},
		{form{Hidden: ok, Asked: -6}, ""},
		{form{Hidden: ok, Asked: -1, Ptr: &bad}, "asked: must not be negative; ptr: must not be negative"},
		{form{Hidden: ok, Asked: -2}, "asked.email: is required"},
		{form{Hidden: ok, Asked: -3}, "asked: is odd"},
		{form{Hidden: ok, Span: span{1, 0}}, "span: must not end before it starts"},
		{form{Hidden: ok, Span: span{-1, -2}}, "span.from: must be at least 0"},
		{form{Hidden: ok, List: []span{{}, {2, 1}}}, "list[1]: must not end before it starts"},
		{form{Hidden: ok, Map: map[string]asked{"b": -1, "a": -1, "c": 1}}, "map[a]: must not be negative; map[b]: must not be negative"},
		{form{Hidden: ok, Any: span{1, 0}}, "any: must not end before it starts"},
		{form{Hidden: ok, Any: asked(-1)}, "any: must not be negative"},
		{form{Hidden: ok, Any: (*span)(nil)}, ""},
		{form{Hidden: ok, Off: span{1, 0}}, ""},
		{form{Hidden: ok, Off: span{-1, -2}}, ""},
		{form{Hidden: ok, Only: span{-1, 0}}, ""},
		{form{Hidden: ok, Only: span{-1, -2}}, "only: must not end before it starts"},
		{form{Hidden: ok, Quiet: []span{{1, 0}}}, ""},
		{form{Hidden: spanning{span{1, 0}, "x"}}, "hidden: must not end before it starts"},
	} {
		for name, err := range map[string]error{"pointer": validate.Struct(&tt.in), "value": validate.Struct(tt.in)} {
			got := ""
			if err != nil {
				got = strings.TrimPrefix(err.Error(), "validate: ")
			}
			if got != tt.want {
				t.Errorf("Struct(%s to %+v) = %q; want %q", name, tt.in, got, tt.want)
			}
		}
	}
	// The outermost value is not asked, so that its method can call this package.
	if err := validate.Struct(&span{1, 0}); err != nil {
		t.Errorf("Struct(span) = %v; want nil", err)
	}
	if err := validate.Struct(&spanning{span{1, 0}, "x"}); err != nil {
		t.Errorf("Struct(spanning) = %v; want nil", err)
	}
	for a, wrapped := range map[asked]bool{-4: true, -5: false} {
		err := validate.Struct(&form{Hidden: ok, Asked: a})
		_, isPanic := errors.AsType[*validate.PanicError](err)
		_, isTag := errors.AsType[*validate.TagError](err)
		_, isErrors := errors.AsType[validate.Errors](err)
		if isPanic != wrapped || isTag == wrapped || isErrors || !strings.Contains(fmt.Sprint(err), "validate_test.asked.Validate") {
			t.Errorf("Struct(%d) = %v", a, err)
		}
	}
}

type remote struct{ Name string }

func (r *remote) ValidateCtx(ctx context.Context) error {
	if ctx.Value(remote{}) == r.Name {
		return nil
	}
	return errors.New("is not known")
}

func TestValidatableCtx(t *testing.T) {
	type form struct {
		Remote remote `json:"remote"`
		Age    int    `json:"age" validate:"min=1"`
	}
	ctx := context.WithValue(t.Context(), remote{}, "ann")
	for _, tt := range []struct {
		in   form
		want string
	}{
		{form{remote{"ann"}, 1}, "<nil>"},
		{form{remote{"bob"}, 1}, "validate: remote: is not known"},
		{form{remote{"bob"}, 0}, "validate: age: must be at least 1"},
	} {
		if got := fmt.Sprint(validate.StructCtx(ctx, &tt.in)); got != tt.want {
			t.Errorf("StructCtx(%+v) = %s; want %s", tt.in, got, tt.want)
		}
	}
	if err := validate.Struct(&form{remote{"ann"}, 1}); err == nil {
		t.Error("Struct does not ask ValidateCtx")
	}
}

// money is a driver.Valuer, as decimals are.
type money struct{ cents int64 }

func (m money) Value() (driver.Value, error) {
	switch m.cents {
	case -1:
		return nil, errors.New("unknown currency")
	case -2:
		return nil, nil
	case -3:
		panic("boom")
	}
	return m.cents, nil
}

type wrapper[V any] struct{ v V }

func (w wrapper[V]) ValidatorValue() any { return w.v }

func TestValuers(t *testing.T) {
	testRule(t, sql.NullString{}, "required", "required")
	testRule(t, sql.NullString{Valid: true}, "required", "")
	testRule(t, sql.NullString{String: "x"}, "required", "required")
	testRule(t, sql.NullString{}, "omitempty,min=3", "")
	testRule(t, sql.NullString{}, "min=3", "min_length")
	testRule(t, sql.NullString{String: "ab", Valid: true}, "omitempty,min=3", "min_length")
	testRule(t, sql.NullInt64{Int64: 5, Valid: true}, "max=4", "max")
	testRule(t, &sql.Null[string]{V: "ab", Valid: true}, "min=3", "min_length")
	testRule(t, sql.Null[*int]{Valid: true}, "min=3", "min")
	testRule(t, sql.Null[account]{Valid: true}, "omitempty", "required")
	testRule(t, sql.Null[account]{}, "omitempty", "")
	testRule(t, []sql.NullString{{String: "ab", Valid: true}}, "dive,max=1", "max_length")
	testRule[any](t, sql.NullString{String: "ab", Valid: true}, "max=1", "type") // what it holds is not looked into

	testRule(t, money{500}, "min=500", "")
	testRule(t, money{499}, "min=500", "min")
	testRule(t, &money{499}, "min=500", "min")
	testRule(t, money{}, "min=0", "")
	testRule(t, money{}, "required", "required")
	testRule(t, money{-2}, "max=3", "type")
	testRule(t, money{1}, "email", "type")
	testRule(t, wrapper[string]{"ab"}, "max=1", "max_length")
	testRule(t, wrapper[any]{[]int{1}}, "min=2", "min_items")
	for _, cents := range []int64{-1, -3} {
		err, _ := validate.CheckTag(money{cents}, "min=3")
		if _, isErrors := errors.AsType[validate.Errors](err); err == nil || isErrors || !strings.Contains(err.Error(), "the value of validate.holder") {
			t.Errorf("min=3 on a broken Valuer = %v; want an error of the program", err)
		}
	}
	testTagMistake(t, money{}, "nope", "nope", "unknown rule; correct it, or register it with validate.Tag in Options.Tags")
}

// hex is a text of its own, as UUIDs are.
type hex [2]byte

func (h hex) String() string {
	if h[0] == 0xff {
		panic("boom")
	}
	return fmt.Sprintf("%x", h[:])
}

func TestTextOfStringers(t *testing.T) {
	testRule(t, hex{0x12, 0x34}, "number", "")
	testRule(t, hex{0x1a, 0x34}, "number", "number")
	testRule(t, &hex{0x1a, 0x34}, "startswith=1a", "")
	testRule(t, hex{}, "required", "required")
	testRule(t, hex{}, "len=2", "")
	err, _ := validate.CheckTag(hex{0xff}, "number")
	if _, ok := errors.AsType[*validate.PanicError](err); !ok {
		t.Errorf("number on a panicking Stringer = %v; want a PanicError", err)
	}
}
