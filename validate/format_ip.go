package validate

import "strings"

const (
	maxIPv4 = len("255.255.255.255")
	maxIPv6 = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
)

// isIP is ip: an IPv4 or an IPv6 address.
func isIP(s string) bool { return isIPv4(s) || isIPv6(s) }

// isIPv4 is ipv4: four decimal numbers of 0 to 255 without leading zeros, as
// net/netip reads them. v10 also takes an IPv4-mapped IPv6 address.
func isIPv4(s string) bool {
	if len(s) > maxIPv4 {
		return false
	}
	for octet := 0; ; octet++ {
		n := countIn(s[:min(3, len(s))], charDigit)
		switch {
		case n == 0, n > 1 && s[0] == '0', n == 3 && s[:3] > "255":
			return false
		case octet == 3:
			return n == len(s)
		case n == len(s) || s[n] != '.':
			return false
		}
		s = s[n+1:]
	}
}

// isIPv6 is ipv6: the text of RFC 4291, 2.2 in either case, without a zone, as
// net/netip reads it. v10 refuses IPv4-mapped addresses.
func isIPv6(s string) bool {
	if len(s) > maxIPv6 {
		return false
	}
	gap := strings.HasPrefix(s, "::")
	if gap {
		s = s[2:]
	}
	for groups := 0; ; groups++ {
		if s == "" && gap {
			return groups < 8 // the gap stands for one group or more
		}
		n := countIn(s[:min(5, len(s))], charHex)
		if n == 0 || n > 4 || groups == 8 {
			return false
		}
		if n == len(s) {
			return gap && groups+1 < 8 || !gap && groups+1 == 8
		}
		if s[n] == '.' { // the last two groups, as an IPv4 address
			return (gap && groups+2 < 8 || !gap && groups+2 == 8) && isIPv4(s)
		}
		if s[n] != ':' {
			return false
		}
		s = s[n+1:]
		switch {
		case strings.HasPrefix(s, ":"):
			if gap {
				return false
			}
			gap = true
			s = s[1:]
		case s == "":
			return false
		}
	}
}

// isCIDR is cidr: an address, a slash and the length of a prefix without
// leading zeros (RFC 4632, 3.1; RFC 4291, 2.3). As in net/netip, the bits after
// the prefix may be set; v10 refuses that in cidrv4 alone.
func isCIDR(s string) bool { return isCIDRv4(s) || isCIDRv6(s) }

// isCIDRv4 is cidrv4.
func isCIDRv4(s string) bool {
	addr, ok := cutPrefixLength(s, maxIPv4, 32)
	return ok && isIPv4(addr)
}

// isCIDRv6 is cidrv6.
func isCIDRv6(s string) bool {
	addr, ok := cutPrefixLength(s, maxIPv6, 128)
	return ok && isIPv6(addr)
}

// cutPrefixLength splits an address of at most maxAddr bytes from the slash and
// the number, of at most maxBits, after it.
func cutPrefixLength(s string, maxAddr, maxBits int) (addr string, ok bool) {
	if len(s) > maxAddr+len("/128") {
		return "", false
	}
	addr, length, ok := strings.Cut(s, "/")
	if !ok || length == "" || len(length) > 3 || length[0] == '0' && length != "0" {
		return "", false
	}
	n := 0
	for i := range len(length) {
		if chars[length[i]]&charDigit == 0 {
			return "", false
		}
		n = n*10 + int(length[i]-'0')
	}
	return addr, n <= maxBits
}

// isMAC is mac: 6, 8 or 20 bytes in hexadecimal (EUI-48, EUI-64 and the address
// of IP over InfiniBand, RFC 4391, 9.1.1), one at a time between colons or
// hyphens, two at a time between dots, or all at once. net.ParseMAC reads the
// same, and so does v10.
func isMAC(s string) bool {
	var group int // the digits between two separators
	var sep byte
	switch len(s) {
	case 12, 16, 40:
		return isOnly(s, charHex)
	case 17, 23, 59:
		group, sep = 2, s[2]
		if sep != ':' && sep != '-' {
			return false
		}
	case 14, 19, 49:
		group, sep = 4, '.'
	default:
		return false
	}
	for {
		if !isOnly(s[:group], charHex) {
			return false
		}
		if len(s) == group {
			return true
		}
		if s[group] != sep {
			return false
		}
		s = s[group+1:]
	}
}
