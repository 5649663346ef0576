package validate

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
)

// JSON reads a JSON text from r to its end, decodes it into a T, and checks
// that against the rules in its tags. It is all that a handler does with the
// body of a request:
//
//	in, err := validate.JSON[SignUp](r.Body)
//
// What it accepts it decodes as [encoding/json.Unmarshal] does, but it accepts
// less, since what a sender got wrong should not pass in silence:
//
//   - A body of more than 1 MiB is refused, or of more than [WithMaxBytes] says,
//     and at most one byte more than that is read.
//   - A member that T has no field for is refused, unless [WithUnknownFields]
//     allows it.
//   - No name may occur twice in an object. In an object for a struct, names that
//     differ only in case are the same if they lead to the same field, and in one
//     for a map, those that become the same key.
//   - Null is for pointers, slices, maps and interfaces, and for types with an
//     UnmarshalJSON method, which decide for themselves. The whole body may be
//     null only for an interface or such a type.
//   - Strings are valid Unicode: UTF-8, and no half of a surrogate pair.
//   - An array is for a Go array of just that length.
//   - Text under the option ",string" of a json tag is one JSON value that is not
//     null, as the fields of that type would take it.
//   - Arrays and objects are nested at most 64 deep, or as deep as
//     [Options].MaxDepth says.
//
// # What is reported
//
// The error is [Errors] for all that is wrong with the body, with the names and
// indexes in the body as paths: first what did not decode, in the order of the
// body, then the rules that do not hold. If a value did not decode, there is
// nothing more about it, what it is in, and what is in it; and no rule is
// reported that compares fields, such as eqfield or required_with, because it
// may have looked at a value that is not there. There are at most
// [Options].MaxErrors errors.
//
// The codes, and the Param of each where it has one:
//
//	code           Param              reported if
//	type           JSON Schema's name it is of another type, as a string for a number
//	               of what it must be
//	null           the same           it is null, which is for optional fields
//	range          lowest, highest    it is a number that does not fit the Go type
//	items          their number       it has more or fewer than a Go array has
//	format         "date-time",       it is a string that its type cannot read, or
//	               "base64" or none   UnmarshalJSON or UnmarshalText refuse it
//	key                               it is the key of a map, and not a number or refused
//	unknown_field  the nearest name   there is no such field
//	duplicate                         the name has occurred before
//	encoding                          it is not valid Unicode, or a name in it is not
//	max_depth      the limit          arrays and objects are nested deeper
//	empty                             the body has no text
//	too_large      the limit          the body has more bytes
//	syntax         line, column       the body is not JSON
//	trailing_data  line, column       something follows the JSON text
//
// A type is named string, boolean, integer, number, array, object, or null if
// nothing can be decoded into the field. The last four codes concern the whole
// body, which is the empty path; the last two and max_depth end the search for
// more.
//
// Errors hold the names of members, cut short after 1,024 bytes, but never a
// value or another part of the body; neither do they repeat what an
// UnmarshalJSON or UnmarshalText method says, which may.
//
// Any other error is not the sender's fault: that of r, wrapped, a [*TagError],
// or the panic of an UnmarshalJSON or UnmarshalText method, wrapped.
//
// With an error comes the zero T. A half-decoded value is for nobody.
//
// # Types
//
// T may be of any type. Of a slice, array or map, the elements are checked that
// are structs or lead to such; other values have no rules.
//
// # Cost
//
// The body is read into memory as a whole and decoded in one pass, in less time
// than [encoding/json.Unmarshal] takes. A type is compiled when it is first met,
// and kept. A value may take many times the memory of its body, as a list of empty
// objects does; the limit on the body is what bounds both.
func JSON[T any](r io.Reader, opts ...JSONOption) (T, error) {
	l := jsonLimits{depth: defaults.maxDepth, errors: defaults.maxErrors}
	return decodeJSON(r, l, opts, func(v *T) error { return checkDecoded(reflect.ValueOf(v).Elem(), l.errors) })
}

// JSON is the function [JSON] with the rules and limits of val. The paths of
// what did not decode consist of the names in the json tags, whatever
// [Options].NameTag says.
func (val *Validator[T]) JSON(r io.Reader, opts ...JSONOption) (T, error) {
	val.mustBeMade()
	l := jsonLimits{depth: val.registry.maxDepth, errors: val.registry.maxErrors}
	return decodeJSON(r, l, opts, val.Validate)
}

// A JSONOption changes what one call of [JSON] accepts. A nil one changes
// nothing.
type JSONOption func(*jsonLimits)

// WithMaxBytes sets how many bytes the body may have. If 0, it is 1 MiB, as
// without this option; a negative limit panics. There is no way to have none,
// because the body is held in memory.
func WithMaxBytes(n int64) JSONOption {
	if n < 0 {
		panic(fmt.Sprintf("validate: WithMaxBytes was given %d; pass the greatest size of a body in bytes", n))
	}
	return func(l *jsonLimits) { l.bytes = n }
}

// WithUnknownFields ignores members that T has no field for, except that what
// they hold must be valid too. It is for senders that may know a later version
// of T.
func WithUnknownFields() JSONOption {
	return func(l *jsonLimits) { l.unknown = true }
}

// jsonLimits says what bodies are accepted.
type jsonLimits struct {
	bytes         int64
	unknown       bool
	depth, errors int
}

const defaultMaxBytes = 1 << 20

func decodeJSON[T any](r io.Reader, l jsonLimits, opts []JSONOption, check func(*T) error) (T, error) {
	// In one allocation: both end on the heap by what is done to them.
	var heap struct {
		value T
		path  [8]jsonStep
	}
	err := readJSON(r, l, opts, reflect.ValueOf(&heap.value).Elem(), heap.path[:0], func() error { return check(&heap.value) })
	if err != nil {
		return *new(T), err
	}
	return heap.value, nil
}

// readJSON decodes into v, with the memory of path for that of the decoder, and
// calls check for what it holds then.
func readJSON(r io.Reader, l jsonLimits, opts []JSONOption, v reflect.Value, path []jsonStep, check func() error) error {
	if r == nil {
		panic("validate: JSON was given a nil reader; pass the body of the request")
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&l)
		}
	}
	l.bytes = cmp.Or(l.bytes, defaultMaxBytes)
	body, err := readBody(r, l.bytes)
	if err != nil {
		return err
	}
	d := jsonDecoder{data: body, limits: l, path: path}
	if err := d.decode(v); err != nil {
		return err
	}
	return d.result(check())
}

// readBody reads r to its end. It returns a buffer of its own for each body: an
// UnmarshalJSON method that keeps its argument, against the rules, would see the
// bodies of other senders in one from a pool.
func readBody(r io.Reader, limit int64) ([]byte, error) {
	// The end of the body shows only to a reader that asks for one byte more.
	most := limit + min(1, math.MaxInt64-limit)
	size := int64(512)
	if sized, ok := r.(interface{ Len() int }); ok { // as bytes.Reader does
		size = int64(sized.Len()) + 1
	}
	body := make([]byte, 0, min(max(size, 1), most))
	for {
		n, err := r.Read(body[len(body):min(int64(cap(body)), most)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, Errors{tooLarge(limit)}
		case err == io.EOF:
			return body, nil
		case err != nil:
			return nil, fmt.Errorf("validate: the body could not be read to its end: %w", err)
		case len(body) == cap(body):
			body = slices.Grow(body, cap(body))
		}
	}
}
