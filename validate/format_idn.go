package validate

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// compileAddress returns the predicate for email=param.
func compileAddress(param string) (func(string) bool, error) {
	switch trim(param) {
	case "idn":
		return isWideEmail, nil
	case "":
		return nil, errors.New("email= has no parameter; write email, or email=idn for letters of all scripts")
	}
	return nil, wrongf("email does not know %q; write email, or email=idn for letters of all scripts", param)
}

// isWideEmail is isEmail with letters of all scripts, in UTF-8, in the local part
// (RFC 6531, 3.3) and in the domain (RFC 5890, 2.3.2.1). Only letters, marks and
// decimal digits are taken, not all that the RFC would allow: the rest are symbols
// and look-alikes of the separators. The limits count the bytes of the local part,
// and the domain as it is written in ASCII. The mapping of IDNA and its rules about
// context and direction are not applied.
func isWideEmail(s string) bool {
	local, domain, ok := cutAddress(s)
	if !ok || !isWideDotString(local) && !isQuotedString(local, true) {
		return false
	}
	n, ok := scanWideDomain(domain)
	return ok && len(local)+len("@")+n <= maxAddress
}

// isWideDotString is isDotString with letters of all scripts.
func isWideDotString(s string) bool {
	if s[len(s)-1] == '.' {
		return false
	}
	last := '.'
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf && chars[r]&(charAlnum|charMail) != 0:
		case r == '.' && last != '.':
		case isWide(r) && (last != '.' || !unicode.IsMark(r)):
		default:
			return false
		}
		last = r
	}
	return true
}

// isWide reports whether r is a letter, mark or decimal digit beyond ASCII. What
// Unicode keeps for compatibility in the blocks from U+F900 is none: IDNA does
// not allow it (RFC 5892, 2.1), because each stands for other characters.
func isWide(r rune) bool {
	if r < utf8.RuneSelf || 0xF900 <= r && r <= 0xFFFF {
		return false
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

// scanWideDomain returns the length of a domain with labels in letters of all
// scripts once these are A-labels.
func scanWideDomain(s string) (n int, ok bool) {
	labels := 0
	for rest, more := s, true; more; {
		var label string
		label, rest, more = strings.Cut(rest, ".")
		width := asciiWidth(label)
		if width == 0 || width > maxLabel {
			return 0, false
		}
		if labels++; labels > 1 {
			n++
		}
		n += width
	}
	last := s[strings.LastIndexByte(s, '.')+1:]
	wide := utf8.RuneCountInString(last) < len(last)
	return n, labels > 1 && (wide || endsInLetter(last))
}

// asciiWidth returns the length of label as an A-label, or as it is if it is
// ASCII, and 0 if it is no label.
func asciiWidth(label string) int {
	if label == "" || label[0] == '-' || label[len(label)-1] == '-' || isTagged(label) && !isALabel(label) {
		return 0
	}
	wide, basic := 0, 0
	for i, r := range label {
		switch {
		case r == '-', r < utf8.RuneSelf && chars[r]&charAlnum != 0:
			basic++
		case isWide(r) && (i > 0 || !unicode.IsMark(r)):
			wide++
		default:
			return 0
		}
	}
	switch {
	case wide == 0:
		return basic
	case wide+basic > maxLabel || isTagged(label):
		return 0 // each character takes a byte or more
	default:
		return len("xn--") + punycodeWidth(label, basic)
	}
}

// punycodeWidth returns the length of label in Punycode (RFC 3492, 6.3), of
// whose characters basic are ASCII. Its time is quadratic in the characters,
// of which there are maxLabel at most.
func punycodeWidth(label string, basic int) int {
	const (
		base, tMin, tMax         = 36, 1, 26
		skew, damp               = 38, 700
		initialBias, initialRune = 72, utf8.RuneSelf
		maxDelta                 = (base - tMin) * tMax / 2
	)
	width := basic
	if basic > 0 {
		width++ // the delimiter
	}
	bias, delta, done := initialBias, 0, basic
	total := utf8.RuneCountInString(label)
	for next := rune(initialRune); done < total; {
		least := rune(unicode.MaxRune)
		for _, r := range label {
			if r >= next {
				least = min(least, r)
			}
		}
		delta += int(least-next) * (done + 1)
		next = least
		for _, r := range label {
			if r < next {
				delta++
			}
			if r != next {
				continue
			}
			q := delta
			for k := base; ; k += base {
				width++
				t := min(max(k-bias, tMin), tMax)
				if q < t {
					break
				}
				q = (q - t) / (base - t)
			}
			if done == basic {
				delta /= damp
			} else {
				delta /= 2
			}
			done++
			delta += delta / done
			for bias = 0; delta > maxDelta; bias += base {
				delta /= base - tMin
			}
			bias += base * delta / (delta + skew)
			delta = 0
		}
		delta++
		next++
	}
	return width
}
