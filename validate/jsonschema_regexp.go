package validate

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// regexp adds the pattern behind regexp=@name, if it can be said in the syntax
// of ECMA-262, which is that of JSON Schema.
func (c *schemaCompiler) regexp(s *object, r *rule) {
	own := c.registry.own(fmt.Sprint("regexp=@", r.fail.Param))
	// The type is known by its name so that no program has to link regexp.
	if text, ok := own.pattern.(fmt.Stringer); ok && reflect.TypeOf(own.pattern).String() == "*regexp.Regexp" {
		if pattern, ok := ecmaPattern(text.String()); ok {
			s.pattern(true, pattern)
			return
		}
	}
	s.note(ruleText(r))
}

// ecmaPattern rewrites a pattern of package regexp so that it means the same in
// ECMA-262, with its flag u or without. It is not ok if the pattern has
// something that the other lacks or that few people write: flags, classes with
// names, negated Perl classes in brackets, text between \Q and \E.
func ecmaPattern(pattern string) (string, bool) {
	t := ecmaTranslator{rest: pattern}
	for t.rest != "" {
		if !t.next() {
			return "", false
		}
	}
	return t.out.String(), true
}

type ecmaTranslator struct {
	rest string
	out  strings.Builder
}

// cut takes prefix, if that is next, and writes what it means instead.
func (t *ecmaTranslator) cut(prefix, instead string) bool {
	rest, ok := strings.CutPrefix(t.rest, prefix)
	if ok {
		t.rest = rest
		t.out.WriteString(instead)
	}
	return ok
}

// next translates an element that is not in brackets.
func (t *ecmaTranslator) next() bool {
	switch t.rest[0] {
	case '\\':
		return t.escape(false)
	case '[':
		return t.class()
	case '.':
		return t.cut(".", `[^\n]`) // in ECMA-262 it stops at four characters
	case '(':
		if t.cut("(?:", "(?:") {
			return true
		}
		if strings.HasPrefix(t.rest, "(?") { // a name or flags
			_, name, ok := strings.Cut(t.rest, "<")
			head := t.rest[:len(t.rest)-len(name)]
			if !ok || head != "(?P<" && head != "(?<" {
				return false
			}
			_, t.rest, ok = strings.Cut(name, ">")
			t.out.WriteString("(?:")
			return ok
		}
		return t.cut("(", "(?:")
	case '{':
		return t.repeat()
	case '*', '+', '?':
		return !t.afterAssertion() && t.char()
	case '}', ']', '/':
		t.out.WriteByte('\\') // themselves in Go, and mistakes in ECMA-262
	}
	return t.char()
}

// char takes one character.
func (t *ecmaTranslator) char() bool {
	_, size := utf8.DecodeRuneInString(t.rest)
	t.out.WriteString(t.rest[:size])
	t.rest = t.rest[size:]
	return true
}

// repeat takes a count such as {2,3}. Other braces mean themselves.
func (t *ecmaTranslator) repeat() bool {
	count, rest, ok := strings.Cut(t.rest[1:], "}")
	low, high, _ := strings.Cut(count, ",")
	if !ok || low == "" || !isOnly(low+high, charDigit) {
		return t.cut("{", `\{`)
	}
	if t.afterAssertion() {
		return false
	}
	t.out.WriteString(t.rest[:len(t.rest)-len(rest)])
	t.rest = rest
	return true
}

// afterAssertion reports whether what comes before may be an assertion such as
// ^, which cannot be repeated in ECMA-262.
func (t *ecmaTranslator) afterAssertion() bool {
	out := t.out.String()
	return strings.HasSuffix(out, "^") || strings.HasSuffix(out, "$") || strings.HasSuffix(out, `\b`) || strings.HasSuffix(out, `\B`)
}

// class takes a set of characters in brackets.
func (t *ecmaTranslator) class() bool {
	if !t.cut("[^", "[^") {
		t.cut("[", "[")
	}
	for first := true; ; first = false {
		switch {
		case t.rest == "", strings.HasPrefix(t.rest, "[:"), first && t.rest[0] == ']':
			return false
		case t.rest[0] == ']':
			return t.char()
		case t.rest[0] == '\\':
			set := len(t.rest) > 1 && strings.IndexByte("dDwWs", t.rest[1]) >= 0
			if !t.escape(true) {
				return false
			}
			if set { // after which a hyphen is no range, in Go
				t.cut("-", `\x2d`)
			}
			continue
		case t.rest[0] == '[':
			t.out.WriteByte('\\')
		}
		t.char()
	}
}

// escape takes a backslash and what belongs to it.
func (t *ecmaTranslator) escape(inClass bool) bool {
	if len(t.rest) < 2 {
		return false
	}
	const space = `\t\n\f\r ` // ECMA-262 has more of them
	switch c := t.rest[1]; c {
	case 'd', 'D', 'w', 'W', 't', 'n', 'f', 'r', 'v':
		return t.cut(t.rest[:2], t.rest[:2])
	case 'b', 'B':
		return !inClass && t.cut(t.rest[:2], t.rest[:2])
	case 'a':
		return t.cut(`\a`, `\x07`)
	case 's':
		if inClass {
			return t.cut(`\s`, space)
		}
		return t.cut(`\s`, "["+space+"]")
	case 'S':
		return !inClass && t.cut(`\S`, "[^"+space+"]")
	case 'A':
		return !inClass && t.cut(`\A`, "^")
	case 'z':
		return !inClass && t.cut(`\z`, "$")
	case 'x':
		if len(t.rest) >= 4 && isOnly(t.rest[2:4], charHex) {
			return t.cut(t.rest[:4], t.rest[:4])
		}
		return false
	case '-':
		return t.cut(`\-`, `\x2d`)
	default:
		if c >= utf8.RuneSelf || chars[c]&charAlnum != 0 {
			return false
		}
		return t.cut(t.rest[:2], literal(t.rest[1:2]))
	}
}
