package validate

import "strings"

const (
	maxAddress = 254 // RFC 5321, 4.5.3.1.3: a path of 256 less its angle brackets
	maxLocal   = 64  // RFC 5321, 4.5.3.1.1
	maxLabel   = 63  // RFC 1035, 2.3.4
)

// isEmail reports whether s is an address as the package comment defines it.
// It is a scanner rather than net/mail because that reads far more than
// addresses, in quadratic time for some inputs, and rather than a regular
// expression because that takes twenty times as long.
func isEmail(s string) bool {
	// The limits come first: what is not short is not looked at.
	if len(s) > maxAddress {
		return false
	}
	local, domain, ok := strings.Cut(s, "@")
	return ok && isDotAtom(local) && isDomain(domain)
}

// isDotAtom reports whether s is a dot-atom of RFC 5322, 3.2.3, of at most
// maxLocal bytes.
func isDotAtom(s string) bool {
	if len(s) > maxLocal {
		return false
	}
	dot := true // what came before is a dot, or nothing
	for _, c := range []byte(s) {
		switch {
		case c == '.' && dot:
			return false
		case c == '.':
			dot = true
		case isLetterOrDigit(c), strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0:
			dot = false
		default:
			return false
		}
	}
	return !dot
}

// isDomain reports whether s consists of two or more labels of letters, digits
// and inner hyphens (RFC 1123, 2.1), each of at most maxLabel bytes. The last
// must not be a number: no top-level domain is one (RFC 3696, 2), and what
// ends in one is an IP address.
func isDomain(s string) bool {
	dots, label := 0, 0 // label counts the bytes of the current one
	number := true      // the current label has only digits so far
	last := byte('.')
	for _, c := range []byte(s) {
		switch {
		case c == '.':
			if label == 0 || last == '-' {
				return false
			}
			dots++
			label, number = -1, true
		case c == '-':
			if label == 0 {
				return false
			}
			number = false
		case !isLetterOrDigit(c):
			return false
		case c > '9':
			number = false
		}
		last = c
		if label++; label > maxLabel {
			return false
		}
	}
	return dots > 0 && label > 0 && last != '-' && !number
}

func isLetterOrDigit(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
}
