package validate

import "strings"

const (
	maxLabel = 63  // RFC 1035, 2.3.4
	maxHost  = 253 // RFC 1035, 2.3.4: 255 bytes on the wire, in which each label has a length and the root is one
)

// A hostShape is what scanHost learns about a host name.
type hostShape struct {
	labels int
	last   string // the last label
	tagged bool   // a label has hyphens in its third and fourth place
}

// scanHost reports whether s is a host name of RFC 1123, 2.1: labels of letters,
// digits and inner hyphens, of 1 to maxLabel bytes, joined by dots. The rules of
// IDNA about what an A-label may encode are not among those; they take tables.
func scanHost(s string) (h hostShape, ok bool) {
	if len(s) > maxHost {
		return h, false
	}
	start := 0 // of the current label
	last := byte('.')
	for i := range len(s) {
		c := s[i]
		switch {
		case chars[c]&charAlnum != 0:
		case c == '-' && last != '.':
			if i-start == 3 && last == '-' {
				h.tagged = true
			}
		case c == '.' && last != '.' && last != '-' && i-start <= maxLabel:
			h.labels++
			start = i + 1
		default:
			return h, false
		}
		last = c
	}
	h.labels++
	h.last = s[start:]
	return h, last != '.' && last != '-' && len(h.last) <= maxLabel
}

// isHostname is hostname: as hostname_rfc1123, but the first character is a
// letter (RFC 952). v10 does not limit the length of the whole.
func isHostname(s string) bool {
	_, ok := scanHost(s)
	return ok && chars[s[0]]&charAlpha != 0
}

// isHostname1123 is hostname_rfc1123. It accepts IPv4 addresses, which have the
// same form. v10 does not limit the length of the whole.
func isHostname1123(s string) bool {
	_, ok := scanHost(s)
	return ok
}

// isFQDN is fqdn: a host name of two or more labels, of which the last begins
// with a letter (RFC 3696, 2), and perhaps the dot of the root. v10 accepts
// labels that end in a hyphen.
func isFQDN(s string) bool {
	h, ok := scanHost(strings.TrimSuffix(s, "."))
	return ok && h.labels >= 2 && chars[h.last[0]]&charAlpha != 0
}

// isHostnamePort is hostname_port: a host name of RFC 1123, an IPv6 address in
// brackets or nothing, a colon, and a port. Without a host it is an address to
// listen on. v10 refuses IPv6 addresses, and takes a port with a sign.
func isHostnamePort(s string) bool {
	if len(s) > maxHost+len(":65535") {
		return false
	}
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 || !isPort(s[colon+1:]) {
		return false
	}
	host := s[:colon]
	if n := len(host); n > 1 && host[0] == '[' && host[n-1] == ']' {
		return isIPv6(host[1 : n-1])
	}
	return host == "" || isHostname1123(host)
}

// isPort is port: a number from 1 to 65,535 in up to five digits. v10 panics on
// strings.
func isPort(s string) bool {
	if len(s) > 5 {
		return false
	}
	n := 0
	for i := range len(s) {
		if chars[s[i]]&charDigit == 0 {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return 1 <= n && n <= 65535
}
