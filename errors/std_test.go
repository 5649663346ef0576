package errors_test

import (
	stderrors "errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"testing"

	"github.com/goplinth/plinth/errors"
)

// standard are the functions that must not be told apart from the standard
// library's.
type standard struct {
	new    func(string) error
	is     func(error, error) bool
	as     func(error, any) bool
	join   func(...error) error
	unwrap func(error) error
}

var standards = map[string]standard{
	"plinth":   {errors.New, errors.Is, errors.As, errors.Join, errors.Unwrap},
	"standard": {stderrors.New, stderrors.Is, stderrors.As, stderrors.Join, stderrors.Unwrap},
}

// The types of error that the standard library's own tests distinguish.
type (
	layer struct {
		msg string
		err error
	} // wraps one, perhaps nil
	list         []error                       // wraps several, and has no ==
	label        struct{ s string }            // has ==
	incomparable struct{ _ []string }          // is like every other of its type
	posing       struct{ is func(error) bool } // passes for others
)

func (e layer) Error() string  { return e.msg }
func (e layer) Unwrap() error  { return e.err }
func (list) Error() string     { return "list" }
func (e list) Unwrap() []error { return e }
func (e label) Error() string  { return "label " + e.s }

func (incomparable) Error() string { return "incomparable" }
func (incomparable) Is(target error) bool {
	_, ok := target.(incomparable)
	return ok
}

var posedPath = &fs.PathError{Op: "pose"}

func (*posing) Error() string          { return "posing" }
func (p *posing) Is(target error) bool { return p.is(target) }
func (p *posing) As(target any) bool {
	switch t := target.(type) {
	case **posing:
		*t = p
	case *label:
		*t = label{"posed"}
	case **fs.PathError:
		*t = posedPath
	default:
		return false
	}
	return true
}

func TestIsLikeStandard(t *testing.T) {
	one, two, three := stderrors.New("1"), stderrors.New("2"), stderrors.New("3")
	inner := layer{"inner", one}
	outer := layer{"outer", inner}
	pose := &posing{func(err error) bool { return err == one || err == three }}
	for _, tt := range []struct {
		err, target error
		want        bool
	}{
		{nil, nil, true}, {nil, one, false}, {one, nil, false},
		{one, one, true}, {inner, one, true}, {outer, one, true}, {outer, inner, true},
		{one, three, false}, {inner, three, false}, {outer, two, false},
		{pose, one, true}, {pose, three, true}, {pose, two, false}, {pose, inner, false},
		{incomparable{}, incomparable{}, true}, {incomparable{}, &incomparable{}, false},
		{&incomparable{}, incomparable{}, true}, {&incomparable{}, &incomparable{}, false},
		{incomparable{}, one, false}, {&incomparable{}, one, false},
		{list{}, one, false}, {list{one, three}, one, true}, {list{three, one}, one, true}, {list{one, three}, two, false},
		{list{three, outer}, outer, true}, {list{three, outer}, inner, true}, {list{three, outer}, one, true}, {list{outer, three}, one, true},
		{list{pose}, one, true}, {list{pose}, three, true}, {list{nil}, nil, false}, {list{nil}, one, false},
		{layer{"nil", nil}, one, false},
	} {
		for name, std := range standards {
			if got := std.is(tt.err, tt.target); got != tt.want {
				t.Errorf("%s: Is(%v, %v) = %v; want %v", name, tt.err, tt.target, got, tt.want)
			}
		}
	}
}

// timeout is an interface that is no error, for As, and one that is, for AsType.
type timeout interface{ Timeout() bool }

type timeoutError interface {
	error
	Timeout() bool
}

// find is As or AsType for one type; want is what it is to find, nil for none.
type find struct {
	as     func(standard, error) (any, bool)
	asType [2]func(error) (any, bool) // plinth, standard
}

func finder[E error]() find {
	return find{
		func(std standard, err error) (any, bool) { var e E; ok := std.as(err, &e); return e, ok },
		[2]func(error) (any, bool){
			func(err error) (any, bool) { return first(errors.AsType[E](err)) },
			func(err error) (any, bool) { return first(stderrors.AsType[E](err)) },
		},
	}
}

func first[E error](e E, ok bool) (any, bool) { return e, ok }

func TestAsLikeStandard(t *testing.T) {
	labels, paths, poses, timeouts := finder[label](), finder[*fs.PathError](), finder[*posing](), finder[timeoutError]()
	_, missing := os.Open("no/such/file")
	pose := &posing{}
	for _, tt := range []struct {
		name string
		err  error
		find find
		want any
	}{
		{"nil", nil, paths, nil},
		{"wrapped", layer{"x", label{"T"}}, labels, label{"T"}},
		{"itself", missing, paths, missing},
		{"another type", label{}, paths, nil},
		{"wraps nil", layer{"x", nil}, labels, nil},
		{"As method", pose, labels, label{"posed"}},
		{"As method, pointer", pose, paths, posedPath},
		{"itself before its As method", pose, poses, pose},
		{"no such interface", stderrors.New("x"), timeouts, nil},
		{"interface", missing, timeouts, missing},
		{"wrapped interface", layer{"x", missing}, timeouts, missing},
		{"empty list", list{}, labels, nil},
		{"last of a list", list{stderrors.New("a"), label{"T"}}, labels, label{"T"}},
		{"first of a list", list{label{"T"}, stderrors.New("a")}, labels, label{"T"}},
		{"first of two", list{label{"a"}, label{"b"}}, labels, label{"a"}},
		{"depth first", list{list{stderrors.New("a"), label{"a"}}, label{"b"}}, labels, label{"a"}},
		{"interface in a list", list{layer{"x", missing}}, timeouts, missing},
		{"list of nil", list{nil}, labels, nil},
	} {
		for name, std := range standards {
			if got, ok := tt.find.as(std, tt.err); ok != (tt.want != nil) || ok && got != tt.want {
				t.Errorf("%s, %s: As = %v, %v; want %v", tt.name, name, got, ok, tt.want)
			}
		}
		for i, name := range []string{"plinth", "standard"} {
			if got, ok := tt.find.asType[i](tt.err); ok != (tt.want != nil) || ok && got != tt.want {
				t.Errorf("%s, %s: AsType = %v, %v; want %v", tt.name, name, got, ok, tt.want)
			}
		}
	}
	var found timeout
	if !errors.As(layer{"x", missing}, &found) || found.(error) != missing {
		t.Errorf("As(wrapped, *timeout) = %v; want %v", found, missing)
	}
}

// TestAsPanicsLikeStandard wants the same panic for targets that cannot be.
func TestAsPanicsLikeStandard(t *testing.T) {
	var s string
	for _, target := range []any{nil, (*int)(nil), "error", &s} {
		panics := make(map[string]any)
		for name, std := range standards {
			func() {
				defer func() { panics[name] = recover() }()
				std.as(stderrors.New("x"), target)
			}()
		}
		if panics["plinth"] == nil || panics["plinth"] != panics["standard"] {
			t.Errorf("As(err, %T) panics with %v; want %v", target, panics["plinth"], panics["standard"])
		}
	}
}

func TestNewJoinUnwrapLikeStandard(t *testing.T) {
	one, two := stderrors.New("1"), stderrors.New("2")
	inner := layer{"inner", one}
	for name, std := range standards {
		if a, b := std.new("a"), std.new("a"); a == b || a != a || a.Error() != "a" || fmt.Sprintf("%T", a) != "*errors.errorString" {
			t.Errorf("%s: New makes equal errors, or ones of another kind: %T %v", name, a, a)
		}
		for _, tt := range []struct{ err, want error }{
			{nil, nil}, {layer{"x", nil}, nil}, {one, nil}, {inner, one}, {layer{"outer", inner}, inner},
			{stderrors.Join(one, two), nil}, {fmt.Errorf("%w %w", one, two), nil},
		} {
			if got := std.unwrap(tt.err); got != tt.want {
				t.Errorf("%s: Unwrap(%v) = %v; want %v", name, tt.err, got, tt.want)
			}
		}
		for _, tt := range []struct {
			errs []error
			text string // empty for nil
			want []error
		}{
			{nil, "", nil}, {[]error{nil}, "", nil}, {[]error{nil, nil}, "", nil},
			{[]error{one}, "1", []error{one}}, {[]error{one, two}, "1\n2", []error{one, two}},
			{[]error{one, nil, two}, "1\n2", []error{one, two}},
		} {
			joined := std.join(tt.errs...)
			if tt.want == nil {
				if joined != nil {
					t.Errorf("%s: Join(%v) = %v; want nil", name, tt.errs, joined)
				}
				continue
			}
			got := joined.(interface{ Unwrap() []error }).Unwrap()
			if !slices.Equal(got, tt.want) || len(got) != cap(got) || joined.Error() != tt.text {
				t.Errorf("%s: Join(%v) = %q of %v, capacity %d; want %q of %v", name, tt.errs, joined, got, cap(got), tt.text, tt.want)
			}
		}
	}
	if errors.ErrUnsupported != stderrors.ErrUnsupported {
		t.Error("ErrUnsupported is not the standard library's")
	}
}
