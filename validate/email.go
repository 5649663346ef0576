package validate

import (
	"strings"
	"unicode/utf8"
)

const (
	maxAddress = 254 // RFC 5321, 4.5.3.1.3: a path of 256 less its angle brackets
	maxLocal   = 64  // RFC 5321, 4.5.3.1.1
)

// isEmail reports whether s is an address as the package comment defines it: a
// Mailbox of RFC 5321, 4.1.2 whose domain has two or more labels of letters,
// digits and hyphens.
//
// Its last label ends in a letter: top-level domains are words (RFC 3696, 2) or
// A-labels, and what Punycode encodes ends in a letter (RFC 3492, 6.3). A label
// with hyphens in third and fourth place is refused unless it looks like an
// A-label, because IDNA reserves the others (RFC 5891, 4.2.3.1).
//
// validator v10 goes through net/mail and then a regular expression. It accepts
// non-ASCII letters and parts of any length.
func isEmail(s string) bool {
	local, domain, ok := cutAddress(s)
	return ok && (isDotString(local) || isQuotedString(local, false)) && isMailDomain(domain)
}

// cutAddress returns the parts of s before and after its @, which is the last
// one, since a quoted local part may have more. Of what is not short it finds
// none.
func cutAddress(s string) (local, domain string, ok bool) {
	if len(s) > maxAddress {
		return "", "", false
	}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at > maxLocal {
		return "", "", false
	}
	return s[:at], s[at+1:], true
}

// isDotString reports whether s, which is not empty, is a dot-string of RFC 5321,
// 4.1.2.
func isDotString(s string) bool {
	if s[len(s)-1] == '.' {
		return false
	}
	last := byte('.')
	for i := range len(s) {
		c := s[i]
		if chars[c]&(charAlnum|charMail) == 0 && (c != '.' || last == '.') {
			return false
		}
		last = c
	}
	return true
}

// isQuotedString reports whether s, which is not empty, is a quoted-string of RFC
// 5321, 4.1.2, with letters of all scripts if wide is set.
func isQuotedString(s string, wide bool) bool {
	if s[0] != '"' {
		return false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i == len(s)-1
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !wide || !isWide(r) {
				return false
			}
			i += size - 1
		case c == '\\':
			if i++; i == len(s) || s[i] < ' ' || s[i] > '~' {
				return false
			}
		case c < ' ' || c > '~':
			return false
		}
	}
	return false
}

func isMailDomain(s string) bool {
	h, ok := scanHost(s)
	if !ok || h.labels < 2 || !endsInLetter(h.last) {
		return false
	}
	if h.tagged {
		for more := true; more; {
			var label string
			if label, s, more = strings.Cut(s, "."); isTagged(label) && !isALabel(label) {
				return false
			}
		}
	}
	return true
}

func endsInLetter(label string) bool { return chars[label[len(label)-1]]&charAlpha != 0 }

// isTagged reports whether IDNA reserves label, by the hyphens in its third and
// fourth place.
func isTagged(label string) bool { return len(label) >= 4 && label[2:4] == "--" }

// isALabel reports whether label, which is tagged, may encode letters of other
// scripts. Whether it does would take the tables of IDNA.
func isALabel(label string) bool {
	return len(label) > 4 && label[0]|0x20 == 'x' && label[1]|0x20 == 'n' && endsInLetter(label)
}
