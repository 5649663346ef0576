package validate

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// compileText returns the test for a rule about the characters of a string,
// and its parameter. It is nil if t is not such a rule.
//
// These tests read the whole string: they cost by its length. Put max in front
// where it comes from a stranger.
func compileText(t term) (check func(string) bool, param any, err error) {
	if check := characters(t.name); check != nil {
		return check, nil, nil
	}
	// Spaces in the parameter count: excludes= refuses what contains one.
	text := t.raw
	switch t.name {
	case "contains":
		check = func(s string) bool { return strings.Contains(s, text) }
	case "excludes":
		check = func(s string) bool { return !strings.Contains(s, text) }
	case "containsany":
		check = func(s string) bool { return strings.ContainsAny(s, text) }
	case "excludesall":
		check = func(s string) bool { return !strings.ContainsAny(s, text) }
	case "startswith":
		check = func(s string) bool { return strings.HasPrefix(s, text) }
	case "startsnotwith":
		check = func(s string) bool { return !strings.HasPrefix(s, text) }
	case "endswith":
		check = func(s string) bool { return strings.HasSuffix(s, text) }
	case "endsnotwith":
		check = func(s string) bool { return !strings.HasSuffix(s, text) }
	default:
		return nil, nil, nil
	}
	return check, text, nil
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
