package validate

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The tests below read the whole string: they cost by its length. Put max in front
// where it comes from a stranger.

// comparison returns the test for the rule of that name about the text in its
// parameter, or nil if there is none. Spaces in the parameter count: excludes=
// refuses what contains one.
func comparison(name, text string) func(string) bool {
	switch name {
	case "contains":
		return func(s string) bool { return strings.Contains(s, text) }
	case "containsany":
		return func(s string) bool { return strings.ContainsAny(s, text) }
	case "startswith":
		return func(s string) bool { return strings.HasPrefix(s, text) }
	case "endswith":
		return func(s string) bool { return strings.HasSuffix(s, text) }
	case "excludes":
		return not(comparison("contains", text))
	case "excludesall":
		return not(comparison("containsany", text))
	case "startsnotwith":
		return not(comparison("startswith", text))
	case "endsnotwith":
		return not(comparison("endswith", text))
	}
	return nil
}

func not(test func(string) bool) func(string) bool {
	return func(s string) bool { return !test(s) }
}

// characters returns the test for a rule about strings without a parameter
// that is no format.
func characters(name string) func(string) bool {
	switch name {
	case "alpha":
		return func(s string) bool { return allBytes(s, isLetter) }
	case "alphaspace":
		return func(s string) bool { return allBytes(s, func(c byte) bool { return isLetter(c) || c == ' ' }) }
	case "alphanum":
		return func(s string) bool { return allBytes(s, func(c byte) bool { return isLetter(c) || isDigit(c) }) }
	case "alphanumspace":
		return func(s string) bool {
			return allBytes(s, func(c byte) bool { return isLetter(c) || isDigit(c) || c == ' ' })
		}
	case "alphaunicode":
		return func(s string) bool { return allRunes(s, unicode.IsLetter) }
	case "alphanumunicode":
		return func(s string) bool {
			return allRunes(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
		}
	case "ascii":
		return func(s string) bool { return s == "" || allBytes(s, func(c byte) bool { return c < utf8.RuneSelf }) }
	case "printascii":
		return func(s string) bool { return s == "" || allBytes(s, func(c byte) bool { return ' ' <= c && c <= '~' }) }
	case "boolean":
		return isBoolean
	case "number":
		return func(s string) bool { return allBytes(s, isDigit) }
	case "numeric":
		return isNumeric
	case "lowercase":
		return func(s string) bool { return allRunes(s, func(r rune) bool { return unicode.ToLower(r) == r }) }
	case "uppercase":
		return func(s string) bool { return allRunes(s, func(r rune) bool { return unicode.ToUpper(r) == r }) }
	case "notblank":
		return func(s string) bool { return strings.IndexFunc(s, isInk) >= 0 }
	}
	return nil
}

func isInk(r rune) bool    { return !unicode.IsSpace(r) }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// allBytes reports whether s has bytes, all of them wanted.
func allBytes(s string, wanted func(byte) bool) bool {
	for i := range len(s) {
		if !wanted(s[i]) {
			return false
		}
	}
	return s != ""
}

// allRunes reports whether s has characters, is UTF-8, and all of them are
// wanted.
func allRunes(s string, wanted func(rune) bool) bool {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
		if !wanted(r) {
			return false
		}
	}
	return s != ""
}

// isBoolean reports whether strconv.ParseBool takes s. That itself would copy
// a string that it refuses into its error, however long.
func isBoolean(s string) bool {
	switch s {
	case "1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False":
		return true
	}
	return false
}

// isNumeric reports whether s is a decimal number with an optional sign, and
// digits on both sides of an optional point.
func isNumeric(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	whole, fraction, point := strings.Cut(s, ".")
	return allBytes(whole, isDigit) && (!point || allBytes(fraction, isDigit))
}
