package validate

import "strings"

// isBase64 is base64: RFC 4648, 4 with padding, without line breaks, of at least
// one byte of data and at most maxPayload of text.
func isBase64(s string) bool { return isPaddedBase64(s, charBase64) }

// isBase64URL is base64url: RFC 4648, 5 with padding, otherwise as base64.
func isBase64URL(s string) bool { return isPaddedBase64(s, charURLSafe) }

// isBase64RawURL is base64rawurl: RFC 4648, 5 without padding, otherwise as
// base64.
func isBase64RawURL(s string) bool {
	return s != "" && len(s) <= maxPayload && len(s)%4 != 1 && isOnly(s, charAlnum|charURLSafe)
}

func isPaddedBase64(s string, special charSet) bool {
	if len(s) > maxPayload || len(s)%4 != 0 || s == "" {
		return false
	}
	data := strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	return isOnly(data, charAlnum|special)
}

// isHexadecimal is hexadecimal: digits in either case, after 0x or 0X or not, of
// at most maxPayload bytes.
func isHexadecimal(s string) bool {
	if len(s) > maxPayload {
		return false
	}
	if len(s) >= 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s = s[2:]
	}
	return s != "" && isOnly(s, charHex)
}

// isHexColor is hexcolor: #rgb, #rgba, #rrggbb or #rrggbbaa of CSS Color 4, 5.2.
func isHexColor(s string) bool {
	switch len(s) {
	case 4, 5, 7, 9:
		return s[0] == '#' && isOnly(s[1:], charHex)
	default:
		return false
	}
}

// isJWT is jwt: the compact form of RFC 7515, 7.1, which is three parts in
// base64url with dots between them, of at most maxPayload bytes. The signature
// may be empty (RFC 7519, 6). Only the shape is checked, as in v10: that the
// parts decode, and to what, is for the one who verifies the signature.
func isJWT(s string) bool {
	if len(s) > maxPayload {
		return false
	}
	header := countIn(s, charAlnum|charURLSafe)
	if header == 0 || header == len(s) || s[header] != '.' {
		return false
	}
	s = s[header+1:]
	claims := countIn(s, charAlnum|charURLSafe)
	if claims == 0 || claims == len(s) || s[claims] != '.' {
		return false
	}
	return isOnly(s[claims+1:], charAlnum|charURLSafe)
}
