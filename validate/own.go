package validate

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goplinth/plinth/internal/config"
	"github.com/goplinth/plinth/internal/panics"
)

// PanicError is a panic of a rule in [Options].Tags or of a Validate method:
// its Value, and the Stack of the goroutine, which %+v prints. Unwrap returns
// a Value that is an error. It is wrapped in an error that names the culprit.
type PanicError = panics.Error

// A TagRule is a rule of one's own for [Options].Tags, made by [Tag], [TagCtx]
// or [Regexp]. It has the name of one built in only in order to replace it.
type TagRule struct {
	name    string
	message string
	typ     reflect.Type // what it applies to, as fits says
	fits    func(reflect.Type) bool

	// rule compiles a tag that uses it. It is called through here so that a program
	// without rules of its own does not have the code for them.
	rule func(f *fieldCompiler, t *term, own *TagRule, typ reflect.Type) (*rule, error)

	compile func(param string) (ownCheck, error) // the check for one tag; nil for patterns
	context bool
	pattern Matcher
	mistake string
}

// An ownCheck looks at a value of the type of its rule.
type ownCheck func(context.Context, reflect.Value) (bool, error)

// Tag returns a rule for values of type V under a name of one's own.
//
// Compile is called once for each tag that uses the rule, when the type is
// compiled, with the parameter after "=", or with "" if there is none. It
// returns the check, or the error that is reported in a [*TagError]. The check
// must be free of side effects and may be called from many goroutines: it runs
// once on a valid value, and twice on an invalid one. If it panics, the error
// wraps a [*PanicError].
//
// The rule applies to fields of type V, to those whose type has V as its
// underlying type and, if V is an interface, to all that implement it. Like
// other rules it sees through pointers and fails for nil; what an interface
// holds is seen when a value comes. Whatever V is, the check gets a copy. That
// costs no allocation if the value is addressable, as it is behind the pointer
// that [Struct] was given.
//
// Errors have the name of the rule as their Code, and the parameter, if there
// is one, as their Param.
func Tag[V any](name string, compile func(param string) (func(V) bool, error)) TagRule {
	r := newTagRule[V](name, compile == nil)
	r.compile = func(param string) (ownCheck, error) {
		check, err := compile(param)
		if err != nil || check == nil {
			return nil, noCheck(err)
		}
		return func(_ context.Context, v reflect.Value) (bool, error) { return check(valueOf[V](v)), nil }, nil
	}
	return r
}

// TagCtx returns a rule as [Tag] does, whose check has the context that
// [Validator.ValidateCtx] was given, or context.Background. It is for what
// costs time, such as asking a database whether a name is taken.
//
// Such checks run one after the other, in a stage of their own: only when all
// other rules of the whole value hold, and only once. A check that cannot tell
// returns an error, which ends the validation and is returned, wrapped, in
// place of [Errors]. So does the end of the context.
func TagCtx[V any](name string, compile func(param string) (func(context.Context, V) (bool, error), error)) TagRule {
	r := newTagRule[V](name, compile == nil)
	r.context = true
	r.compile = func(param string) (ownCheck, error) {
		check, err := compile(param)
		if err != nil || check == nil {
			return nil, noCheck(err)
		}
		return func(ctx context.Context, v reflect.Value) (bool, error) { return check(ctx, valueOf[V](v)) }, nil
	}
	return r
}

// noCheck returns err, or the error for a compile function that returned no
// check either.
func noCheck(err error) error {
	if err != nil {
		return err
	}
	return errors.New("the rule returned neither a check nor an error; return one of them")
}

// A Matcher says whether a string matches, as a *regexp.Regexp does.
type Matcher interface {
	MatchString(s string) bool
}

// Regexp gives a regular expression, or another [Matcher], the name by which
// tags refer to it: regexp=@name. A pattern in the tag itself would be at odds
// with its commas. Errors have the code "pattern" and the name as their Param.
func Regexp(name string, m Matcher) TagRule {
	r := newTagRule[string]("regexp=@"+name, m == nil)
	if strings.ContainsAny(name, ",|= ") || name == "" {
		r.mistake = "the name must not be empty or contain a comma, a bar, = or a space"
	}
	r.rule, r.pattern = (*fieldCompiler).match, m
	return r
}

func newTagRule[V any](name string, isNil bool) TagRule {
	r := TagRule{name: name, typ: reflect.TypeFor[V](), fits: fits[V], rule: (*fieldCompiler).own}
	plain := strings.TrimPrefix(name, "regexp=@")
	switch {
	case plain == "" || plain == "-" || strings.ContainsAny(plain, ",|= "):
		r.mistake = "the name must not be empty or contain a comma, a bar, = or a space"
	case isControl(name):
		r.mistake = "the name is a control word; choose another"
	case isNil:
		r.mistake = "the function is nil; pass one"
	}
	return r
}

// WithMessage returns a copy of r whose errors say message, such as "must be
// an even number", in place of "must satisfy" and its name. [Options].Messages
// may put it into another language.
func (r TagRule) WithMessage(message string) TagRule {
	r.message = message
	return r
}

// valueOf returns v as a V, which it is or is convertible to without a change
// in memory.
func valueOf[V any](v reflect.Value) (value V) {
	if s, ok := any(&value).(*string); ok {
		*s = v.String()
		return value
	}
	t := reflect.TypeFor[V]()
	switch {
	case t.Kind() == reflect.Interface:
		value, _ = v.Interface().(V)
		return value
	case v.CanAddr():
		return *v.Addr().Convert(reflect.PointerTo(t)).Interface().(*V)
	}
	return v.Convert(t).Interface().(V)
}

// fits reports whether valueOf takes values of type t.
func fits[V any](t reflect.Type) bool {
	typ := reflect.TypeFor[V]()
	switch {
	case t == typ:
		return true
	case typ.Kind() == reflect.Interface:
		return t.Implements(typ)
	}
	return t.Kind() == typ.Kind() && t.ConvertibleTo(typ) && reflect.PointerTo(t).ConvertibleTo(reflect.PointerTo(typ))
}

// checkTags adds the mistakes in Options.Tags to c.
func checkTags(c *config.Check, rules []TagRule) {
	seen := make(map[string]bool)
	for i, r := range rules {
		field := fmt.Sprintf("Options.Tags[%d]", i)
		switch {
		case r.typ == nil:
			c.Require(false, field, r.name, "must be made by validate.Tag, validate.TagCtx or validate.Regexp")
		case r.mistake != "":
			c.Require(false, field, r.name, r.mistake)
		case seen[r.name]:
			c.Require(false, field, r.name, "must not have the name of another rule")
		}
		seen[r.name] = true
	}
}

// own compiles a rule from Options.Tags for values of type typ.
func (f *fieldCompiler) own(t *term, own *TagRule, typ reflect.Type) (*rule, error) {
	r := newRule(opUser, t, t.name, nil)
	r.fail.Message = own.message
	if t.hasParam {
		r.fail.Param = t.param
	}
	if own.context {
		r.op = opContext
	}
	isAny := typ.Kind() == reflect.Interface
	if !isAny && !own.fits(typ) {
		return nil, fmt.Errorf("%s applies to %s, not to %s; remove it or change the type of the field", t.name, typeName(own.typ), typeName(typ))
	}
	check, err := own.compile(t.param)
	if err != nil {
		return nil, fmt.Errorf("%w; correct the parameter", err)
	}
	where := f.where()
	noun := typeName(own.typ)
	if c := classOfType(own.typ); c != classOther {
		noun = c.noun()
	}
	misfit := wrongType(t.name, noun)
	f.wordError(misfit)
	r.user = func(ctx context.Context, v reflect.Value) verdict {
		if isAny && !own.fits(v.Type()) {
			return verdict{fail: misfit}
		}
		ok, err := guard(func() (bool, error) { return check(ctx, v) })
		if err != nil {
			err = fmt.Errorf("validate: the rule %s of %s could not tell; see to what it says: %w", t.name, where, err)
		}
		return verdict{ok: ok, err: err}
	}
	return r, nil
}

// A verdict is the answer of code that is not of this package.
type verdict struct {
	ok   bool
	fail *FieldError // if not nil, what to report in place of the rule's own error
	err  error       // if not nil, there is no answer
}

// guard calls f and turns a panic into a *PanicError.
func guard(f func() (bool, error)) (ok bool, err error) {
	err = panics.Try(func() (err error) {
		ok, err = f()
		return err
	})
	return ok && err == nil, err
}

// pattern compiles regexp=@name.
func (f *fieldCompiler) pattern(t *term, typ reflect.Type) (*rule, error) {
	if typ.Kind() != reflect.String {
		return nil, misfit(t, typ)
	}
	if !strings.HasPrefix(t.param, "@") {
		return nil, errors.New("a pattern does not stand in a tag; write regexp=@name, and validate.Regexp(name, ...) in Options.Tags")
	}
	own := f.registry.own("regexp=" + t.param)
	if own == nil {
		return nil, fmt.Errorf("there is no pattern of the name %s; register it with validate.Regexp in Options.Tags", t.param[1:])
	}
	return own.rule(f, t, own, typ)
}

// match compiles a pattern from Options.Tags for strings.
func (f *fieldCompiler) match(t *term, own *TagRule, _ reflect.Type) (*rule, error) {
	where, name := f.where(), t.param[1:]
	r := newRule(opUser, t, "pattern", name)
	r.fail.Message = own.message
	r.user = func(_ context.Context, v reflect.Value) verdict {
		ok, err := guard(func() (bool, error) { return own.pattern.MatchString(v.String()), nil })
		if err != nil {
			err = fmt.Errorf("validate: the pattern %s of %s could not tell; see to what it says: %w", name, where, err)
		}
		return verdict{ok: ok, err: err}
	}
	return r, nil
}
