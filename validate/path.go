package validate

import (
	"encoding"
	"reflect"
	"slices"
	"strconv"
	"strings"
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
	n := len(list)
	for s := p.last; s != nil; s = s.up {
		list = append(list, *s)
	}
	slices.Reverse(list[n:])
	return list
}

// String returns the path in the manner of Go expressions: items[3].qty. Map
// keys stand in brackets too, quoted unless they are numbers, booleans or
// plain ASCII identifiers: labels[env], labels["a b"].
func (p Path) String() string {
	var b []byte
	var list [8]step
	for i, s := range p.steps(list[:0]) {
		switch {
		case s.kind == stepField && i > 0:
			b = append(b, '.')
			b = append(b, s.text...)
		case s.kind == stepField:
			b = append(b, s.text...)
		case s.kind == stepIndex:
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.index), 10)
			b = append(b, ']')
		case s.kind == stepKey && !isIdentifier(s.text):
			b = append(b, '[')
			b = strconv.AppendQuote(b, s.text)
			b = append(b, ']')
		default:
			b = append(b, '[')
			b = append(b, s.text...)
			b = append(b, ']')
		}
	}
	return string(b)
}

// Pointer returns the path as a JSON Pointer (RFC 6901): /items/3/qty. The
// zero Path is the empty pointer, which is the whole document.
func (p Path) Pointer() string {
	var b strings.Builder
	var list [8]step
	for _, s := range p.steps(list[:0]) {
		b.WriteByte('/')
		if s.kind == stepIndex {
			b.WriteString(strconv.Itoa(s.index))
			continue
		}
		// The tilde goes first, or it would escape the escapes of slashes.
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(s.text, "~", "~0"), "/", "~1"))
	}
	return b.String()
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
	switch k.Kind() {
	case reflect.Invalid:
		return step{kind: stepKey, text: "null"}
	case reflect.String:
		return step{kind: stepKey, text: cut(k.String())}
	}
	if text, ok := marshalKey(k); ok {
		return step{kind: stepKey, text: cut(text)}
	}
	switch {
	case k.CanInt():
		return step{kind: stepNumber, text: strconv.FormatInt(k.Int(), 10)}
	case k.CanUint():
		return step{kind: stepNumber, text: strconv.FormatUint(k.Uint(), 10)}
	case k.CanFloat():
		return step{kind: stepNumber, text: strconv.FormatFloat(k.Float(), 'g', -1, 64)}
	case k.Kind() == reflect.Bool:
		return step{kind: stepNumber, text: strconv.FormatBool(k.Bool())}
	}
	return step{kind: stepKey, text: cut(k.Type().String())}
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
