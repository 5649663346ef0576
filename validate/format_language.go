package validate

import "strings"

// maxLanguageTag bounds a language tag. RFC 5646, 4.4.1 asks for room for 35
// bytes; private use makes some longer.
const maxLanguageTag = 128

// A subtags scans the subtags of a language tag: rest is what has not been
// taken.
type subtags struct{ rest string }

// next returns the next subtag, or "" if there is none or it is empty.
func (t *subtags) next() string {
	n := countIn(t.rest, charAlnum)
	return t.rest[:n]
}

// take takes the next subtag with the separator after it. A separator with
// nothing behind it is left.
func (t *subtags) take() {
	t.rest = t.rest[len(t.next()):]
	if len(t.rest) > 1 && (t.rest[0] == '-' || t.rest[0] == '_') {
		t.rest = t.rest[1:]
	}
}

// takeAll takes subtags of shortest to longest bytes in set, up to most of them,
// and returns how many there were.
func (t *subtags) takeAll(most, shortest, longest int, set charSet) (n int) {
	for n < most {
		next := t.next()
		if len(next) < shortest || len(next) > longest || !isOnly(next, set) {
			break
		}
		t.take()
		n++
	}
	return n
}

// isLanguageTag is bcp47_language_tag: a tag that is well-formed by RFC 5646, 2.1,
// of at most maxLanguageTag bytes, with hyphens or, as in the names of locales,
// underscores. Whether its subtags are registered is not checked; v10 does.
func isLanguageTag(s string) bool {
	return len(s) <= maxLanguageTag && (isRegularTag(s) || isIrregularTag(s))
}

func isRegularTag(s string) bool {
	const all = maxLanguageTag
	t := subtags{s}
	language := t.next()
	if language == "x" || language == "X" {
		t.take()
		return t.takeAll(all, 1, 8, charAlnum) > 0 && t.rest == ""
	}
	if len(language) < 2 || len(language) > 8 || !isOnly(language, charAlpha) {
		return false
	}
	t.take()
	if len(language) <= 3 {
		t.takeAll(3, 3, 3, charAlpha) // extended languages
	}
	t.takeAll(1, 4, 4, charAlpha) // script
	if t.takeAll(1, 2, 2, charAlpha) == 0 {
		t.takeAll(1, 3, 3, charDigit) // region, in letters or digits
	}
	for isVariant(t.next()) {
		t.take()
	}
	for len(t.next()) == 1 { // extensions, and private use in the end
		private := t.rest[0]|0x20 == 'x'
		t.take()
		if private {
			return t.takeAll(all, 1, 8, charAlnum) > 0 && t.rest == ""
		}
		if t.takeAll(all, 2, 8, charAlnum) == 0 {
			return false
		}
	}
	return t.rest == ""
}

func isVariant(subtag string) bool {
	return 5 <= len(subtag) && len(subtag) <= 8 || len(subtag) == 4 && chars[subtag[0]]&charDigit != 0
}

// isIrregularTag reports whether s is one of the tags of RFC 5646, 2.1 that are
// older than its grammar and do not follow it.
func isIrregularTag(s string) bool {
	for _, tag := range [...]string{
		"en-GB-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux", "i-mingo", "i-navajo",
		"i-pwn", "i-tao", "i-tay", "i-tsu", "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE",
	} {
		if strings.EqualFold(s, tag) {
			return true
		}
	}
	return false
}
