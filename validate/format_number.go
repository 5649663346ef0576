package validate

import "strings"

// isE164 is e164: a telephone number of ITU-T E.164, 6 with 6 to 15 digits, of
// which the first is not 0, after a plus or not. The standard has no minimum; the
// shortest numbers in use, such as +989601, have six. v10 asks for eight.
func isE164(s string) bool {
	s = strings.TrimPrefix(s, "+")
	return 6 <= len(s) && len(s) <= 15 && s[0] != '0' && isOnly(s, charDigit)
}

// isLatitude is latitude: degrees from -90 to 90, see isDegrees.
func isLatitude(s string) bool { return isDegrees(s, "90") }

// isLongitude is longitude: degrees from -180 to 180, see isDegrees.
func isLongitude(s string) bool { return isDegrees(s, "180") }

// isDegrees reports whether s is a decimal number of at most limit in absolute
// value: a sign or none, an integer without leading zeros, and a fraction or
// none. It has at most maxShort bytes; v10 sets no limit to the fraction.
func isDegrees(s, limit string) bool {
	if len(s) > maxShort {
		return false
	}
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	whole, fraction, ok := strings.Cut(s, ".")
	if ok && fraction == "" || whole == "" || whole[0] == '0' && whole != "0" {
		return false
	}
	if !isOnly(whole, charDigit) || !isOnly(fraction, charDigit) {
		return false
	}
	if whole == limit {
		return strings.TrimLeft(fraction, "0") == ""
	}
	return len(whole) < len(limit) || len(whole) == len(limit) && whole < limit
}

// isCreditCard is credit_card: 12 to 19 digits (ISO/IEC 7812-1, 5) of which the
// last is a check digit by Luhn's algorithm (its annex B), in one run or in
// groups of three or more with single spaces between them.
func isCreditCard(s string) bool {
	const maxGroups = 19 / 3
	if len(s) > 19+maxGroups-1 {
		return false
	}
	digits, group, sum := 0, 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == ' ' {
			if group < 3 {
				return false
			}
			group = 0
			continue
		}
		if chars[s[i]]&charDigit == 0 {
			return false
		}
		d := int(s[i] - '0')
		if digits%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		digits++
		group++
	}
	return 12 <= digits && digits <= 19 && group >= 3 && sum%10 == 0
}
