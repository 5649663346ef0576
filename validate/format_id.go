package validate

// isUUID is uuid and uuid_rfc4122: the text of RFC 9562, 4 in either case, of
// any version and variant. Braces and urn:uuid: are no part of it.
func isUUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' &&
		isOnly(s[:8], charHex) && isOnly(s[9:13], charHex) && isOnly(s[14:18], charHex) &&
		isOnly(s[19:23], charHex) && isOnly(s[24:], charHex)
}

// isUUID4 is uuid4 and uuid4_rfc4122: random UUIDs (RFC 9562, 5.4). The uuid4 of
// v10 takes lower-case digits only.
func isUUID4(s string) bool { return isUUIDVersion(s, '4') }

// isUUID7 is uuid7: UUIDs that sort by time (RFC 9562, 5.7). Those of v10 have
// lower-case digits only.
func isUUID7(s string) bool { return isUUIDVersion(s, '7') }

func isUUIDVersion(s string, version byte) bool {
	if !isUUID(s) || s[14] != version {
		return false
	}
	switch s[19] { // the variant, RFC 9562, 4.1
	case '8', '9', 'a', 'b', 'A', 'B':
		return true
	default:
		return false
	}
}

// isULID is ulid: 26 digits of Crockford's base 32 in either case, of which the
// first is at most 7, so that they fit into 128 bits.
func isULID(s string) bool {
	return len(s) == 26 && s[0] <= '7' && isOnly(s, charDigit|charCrockford)
}

// isObjectID is mongodb: the ID of a MongoDB object, 24 hexadecimal digits in
// lower case.
func isObjectID(s string) bool { return len(s) == 24 && isLowerHex(s) }

// isSHA256 is sha256: 64 hexadecimal digits in lower case.
func isSHA256(s string) bool { return len(s) == 64 && isLowerHex(s) }

func isLowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; chars[c]&charHex == 0 || 'A' <= c && c <= 'F' {
			return false
		}
	}
	return true
}
