package validate

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/goplinth/plinth/internal/problem"
)

// ErrNotStruct is returned when what is to be validated or compiled is not a
// struct, or is a nil pointer.
var ErrNotStruct = errors.New("not a struct")

// ErrNoField is returned when [Validator.Partial] is given a name that is not
// that of a field.
var ErrNoField = errors.New("no such field")

func notStruct(where, given, remedy string) error {
	return fmt.Errorf("validate: %s was given %s; %s: %w", where, given, remedy, ErrNotStruct)
}

// A TagError is one mistake in the tags of a type. It is a mistake of the
// program, not of the data: no value of the type can be validated until the
// tag is corrected.
type TagError struct {
	Type   reflect.Type // the struct type; for Var, the type of the value
	Field  string       // the Go name of its field; empty for Var
	Tag    string       // the part of the tag that is wrong
	Reason string       // what is wrong and what to write instead
}

// Error returns a line that names the type, the field, the tag and the remedy.
func (e *TagError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("validate: Var of %s: tag %q: %s", typeName(e.Type), e.Tag, e.Reason)
	}
	return fmt.Sprintf("validate: %s.%s: tag %q: %s", typeName(e.Type), e.Field, e.Tag, e.Reason)
}

// Errors lists what is wrong with a value, in the order of its fields; the
// elements of a map are in the order of their keys' text. It is not empty when
// this package returns it, and holds at most [Options].MaxErrors entries.
//
// If more errors were found than that, the last entry says so: it has an empty
// path, the code "max_errors" and the limit as its Param. A limit of 1 leaves
// no room for it and yields the first error alone.
type Errors []FieldError

// Error returns the errors on one line.
func (e Errors) Error() string {
	if len(e) == 0 {
		return "validate: no errors"
	}
	var b strings.Builder
	b.WriteString("validate: ")
	for i, fe := range e {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(fe.Error())
	}
	return b.String()
}

// Unwrap returns the errors one by one, for errors.As and errors.AsType.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, fe := range e {
		errs[i] = fe
	}
	return errs
}

// HTTPStatus returns 422, Unprocessable Content: the request was understood,
// and what it says is wrong.
func (e Errors) HTTPStatus() int { return 422 }

// Problem is an RFC 9457 problem details object.
type Problem = problem.Object

// Problem returns what a client may be told about e: the status and its title,
// and the errors as the extension "errors", in the form of
// [FieldError.MarshalJSON]. Package errors finds it there and writes it as the
// answer to a request.
func (e Errors) Problem() Problem {
	return Problem{
		Title:      "Unprocessable Entity",
		Status:     e.HTTPStatus(),
		Extensions: map[string]any{"errors": e},
	}
}

// MarshalJSON returns a JSON array with an object for each error, as
// [FieldError.MarshalJSON] describes it. Nil is an empty array.
func (e Errors) MarshalJSON() ([]byte, error) {
	if len(e) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal([]FieldError(e))
}

// A FieldError says what is wrong with one field. It is an error by itself;
// usually it is found in [Errors].
type FieldError struct {
	// Path leads from the validated struct to the field.
	Path Path
	// Rule is the name of the rule that failed, as it is written in the tag.
	// It is empty if no rule is behind the error, as with "max_depth".
	Rule string
	// Code is the kind of error for programs: the package comment lists all
	// codes, and a code never changes its meaning.
	Code string
	// Param is the parameter of the rule, and nil if it takes none: an int
	// for lengths; an int64, uint64, float64 or time.Duration for numbers; a
	// slice of these, or of strings, for oneof; the name on the wire of another
	// field; a string or bool for the rest. It must not be modified.
	Param any
	// Message is the kind of error for people, in the language of
	// [Options].Messages. It follows the name of the field: "must be at least
	// 18".
	Message string
}

// Error returns the path and the message. It has no "validate: " in front
// because it is one of several: [Errors] puts that before the first.
func (e FieldError) Error() string {
	if path := e.Path.String(); path != "" {
		return path + ": " + e.Message
	}
	return e.Message
}

// MarshalJSON returns a JSON object with the members path and pointer (both
// forms of Path), code, message, and, unless they are empty, rule and param. A
// duration is written as in "1m30s".
func (e FieldError) MarshalJSON() ([]byte, error) {
	param := e.Param
	switch p := param.(type) {
	case time.Duration:
		param = p.String()
	case []time.Duration:
		words := make([]string, len(p))
		for i, d := range p {
			words[i] = d.String()
		}
		param = words
	}
	return json.Marshal(struct {
		Path    string `json:"path"`
		Pointer string `json:"pointer"`
		Rule    string `json:"rule,omitempty"`
		Code    string `json:"code"`
		Param   any    `json:"param,omitempty"`
		Message string `json:"message"`
	}{e.Path.String(), e.Path.Pointer(), e.Rule, e.Code, param, e.Message})
}
