package validate

import (
	"encoding"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/goplinth/plinth/internal/panics"
)

// A Path leads from the validated struct to a field in it, over the names that
// the fields have on the wire, the indexes of slices and arrays, and the keys
// of maps. The zero Path is the struct itself. Paths do not change.
type Path struct {
	_ [0]func() // equal paths may differ in memory, so that == would mislead

	// A pointer keeps a FieldError small, and the memory for errors is most of
	// what they cost.
	last *step
}

// newPath returns the path over steps, which it takes over.
func newPath(steps []step) Path {
	if len(steps) == 0 {
		return Path{}
	}
	for i := range steps[1:] {
		steps[i+1].up = &steps[i]
	}
	return Path{last: &steps[len(steps)-1]}
}

// steps appends the steps of p to list, the outermost first.
func (p Path) steps(list []step) []step {
	if p.last == nil {
		return list
	}
	return append(Path{last: p.last.up}.steps(list), *p.last)
}

// String returns the path in the manner of Go expressions: items[3].qty. Map
// keys stand in brackets too, quoted unless they are numbers, booleans or
// plain ASCII identifiers: labels[env], labels["a b"].
func (p Path) String() string { return string(p.last.appendGo(nil)) }

// appendGo appends the path that ends in s as String has it.
func (s *step) appendGo(b []byte) []byte {
	if s == nil {
		return b
	}
	b = s.up.appendGo(b)
	if s.kind == stepField {
		if len(b) > 0 {
			b = append(b, '.')
		}
		return append(b, s.text...)
	}
	b = append(b, '[')
	switch {
	case s.kind == stepIndex:
		b = strconv.AppendInt(b, int64(s.index), 10)
	case s.kind == stepKey && !isIdentifier(s.text):
		b = strconv.AppendQuote(b, s.text)
	default:
		b = append(b, s.text...)
	}
	return append(b, ']')
}

// Pointer returns the path as a JSON Pointer (RFC 6901): /items/3/qty. The
// zero Path is the empty pointer, which is the whole document.
func (p Path) Pointer() string { return string(p.last.appendPointer(nil)) }

// appendPointer appends the path that ends in s as Pointer has it.
func (s *step) appendPointer(b []byte) []byte {
	if s == nil {
		return b
	}
	b = append(s.up.appendPointer(b), '/')
	if s.kind == stepIndex {
		return strconv.AppendInt(b, int64(s.index), 10)
	}
	for i := range len(s.text) {
		switch c := s.text[i]; c {
		case '~':
			b = append(b, "~0"...)
		case '/':
			b = append(b, "~1"...)
		default:
			b = append(b, c)
		}
	}
	return b
}

type stepKind uint8

const (
	stepField  stepKind = iota
	stepIndex           // of a slice or array
	stepKey             // of a map, to be quoted where it could be misread
	stepNumber          // number or boolean key of a map
)

// A step of a path. Only a stepIndex uses index, and it uses no text, so that
// walking a slice formats no numbers.
type step struct {
	up    *step // the step before, in a Path
	kind  stepKind
	index int
	text  string
}

func isIdentifier(s string) bool {
	for i, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		case '0' <= c && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return s != ""
}

// maxKey is the most bytes of a map key that a path holds. A key comes from
// the sender and is repeated in the path of every error below it; without this
// limit a large key and many errors would make an enormous answer.
const maxKey = 1024

// keyStep returns the step for a map key: its text as encoding/json would
// write it, and for keys that JSON cannot have, the name of their type.
func keyStep(k reflect.Value) step {
	if k.Kind() == reflect.Interface {
		k = k.Elem()
	}
	kind, text := textOfKey(k)
	return step{kind: kind, text: cut(text)}
}

func textOfKey(k reflect.Value) (kind stepKind, text string) {
	switch k.Kind() {
	case reflect.Invalid:
		return stepKey, "null"
	case reflect.String:
		return stepKey, k.String()
	}
	if text, ok := marshalKey(k); ok {
		return stepKey, text
	}
	switch {
	case k.CanInt():
		return stepNumber, strconv.FormatInt(k.Int(), 10)
	case k.CanUint():
		return stepNumber, strconv.FormatUint(k.Uint(), 10)
	case k.CanFloat():
		return stepNumber, strconv.FormatFloat(k.Float(), 'g', -1, 64)
	case k.Kind() == reflect.Bool:
		return stepNumber, strconv.FormatBool(k.Bool())
	}
	return stepKey, k.Type().String()
}

// marshalKey returns the text of a key that is an encoding.TextMarshaler. A
// marshaler that panics, as one on a nil pointer may, has no text: no data
// makes this package panic.
func marshalKey(k reflect.Value) (text string, ok bool) {
	m, ok := k.Interface().(encoding.TextMarshaler)
	if !ok {
		return "", false
	}
	err := panics.Try(func() error {
		b, err := m.MarshalText()
		text = string(b)
		return err
	})
	return text, err == nil
}

// cut shortens s to maxKey bytes, without splitting a character.
func cut(s string) string {
	if len(s) <= maxKey {
		return s
	}
	n := maxKey - len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
