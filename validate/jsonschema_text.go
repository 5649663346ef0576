package validate

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text adds the keywords for a rule on a string.
func (c *schemaCompiler) text(s *object, r *rule) {
	name, param := r.fail.Rule, r.fail.Param
	text, _ := param.(string)
	words, _ := param.([]string)
	if !utf8.ValidString(text + strings.Join(words, "")) {
		s.note(ruleText(r)) // JSON cannot hold it
		return
	}
	switch r.fail.Code {
	case "min_length":
		s.bound("minLength", param)
		return
	case "max_length":
		s.bound("maxLength", param)
		return
	case "length":
		s.bound("minLength", param)
		s.bound("maxLength", param)
		return
	}
	switch name {
	case "eq":
		s.add("const", text)
	case "ne":
		s.add("not", object{{"const", text}})
	case "eq_ignore_case":
		s.pattern(true, anyCase(text))
	case "ne_ignore_case":
		s.pattern(false, anyCase(text))
	case "oneof", "noneof":
		var list []any
		for _, w := range words {
			list = append(list, w)
		}
		s.oneOf(name == "oneof", list)
	case "oneofci", "noneofci":
		s.pattern(name == "oneofci", anyCase(words...))
	case "contains", "excludes":
		s.pattern(name == "contains", literal(text))
	case "containsany", "excludesall":
		s.pattern(name == "containsany", "["+literal(text)+"]")
	case "startswith", "startsnotwith":
		s.pattern(name == "startswith", "^"+literal(text))
	case "endswith", "endsnotwith":
		s.pattern(name == "endswith", literal(text)+"$")
	case "regexp":
		c.regexp(s, r)
	case "datetime":
		if param != nil {
			layoutSchema(s, text, r)
			return
		}
		s.formatted(name)
	case "email":
		if param != nil { // email=idn
			s.add("format", "idn-email")
			s.pattern(true, "^.+@[^@]+$")
			s.note(ruleText(r))
			return
		}
		s.formatted(name)
	default:
		if !s.formatted(name) {
			s.note(ruleText(r))
		}
	}
}

// pattern demands that strings match, or if wanted is not set, that they do not.
func (o *object) pattern(wanted bool, pattern string) {
	if wanted {
		o.add("pattern", pattern)
	} else {
		o.add("not", object{{"pattern", pattern}})
	}
}

// literal returns a pattern for s itself. ECMA-262 allows no other characters to
// be escaped than these.
func literal(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`^$\.*+?()[]{}|/`, r) {
			b.WriteByte('\\')
		}
		if r == '-' { // in a set of characters it would stand for a range
			b.WriteString(`\x2d`)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// anyCase returns a pattern for words whatever the case of their letters, as
// strings.EqualFold has it. A pattern has no flags for that.
func anyCase(words ...string) string {
	var list []string
	for _, word := range words {
		var b strings.Builder
		for _, r := range word {
			same := []rune{r}
			for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
				same = append(same, next)
			}
			slices.Sort(same)
			if len(same) == 1 {
				b.WriteString(literal(string(same)))
			} else {
				b.WriteString("[" + literal(string(same)) + "]")
			}
		}
		list = append(list, b.String())
	}
	return "^(?:" + strings.Join(list, "|") + ")$"
}
