package validate

// A format is a predicate on strings that a tag names. All of them are scanners
// that look at the length first, allocate nothing and keep no state. They are
// not regular expressions because those cost ten to thirty times as much, and
// not the parsers of net/url, net/mail and time because those build what nobody
// asked for and allocate an error for each wrong string.
//
// Where a standard sets no length, one of these does. They are far above what
// is in use, and bound what a hostile string can cost.
const (
	// maxLine bounds what people and programs write on one line, such as a
	// URL: RFC 9110, 4.1 asks servers for at least 8,000 bytes.
	maxLine = 8 << 10

	// maxPayload bounds what carries data: JSON, base64, hexadecimal digits and
	// tokens. What is larger wants a decoder rather than a rule.
	maxPayload = 128 << 10

	// maxShort bounds what has a few dozen characters at most, such as a
	// coordinate or a date. It leaves room for digits that nobody needs.
	maxShort = 128
)

// formats has the formats, in the order of their names.
var formats = [...]struct {
	name  string
	check func(s string) bool
}{
	{"base64", isBase64},
	{"base64rawurl", isBase64RawURL},
	{"base64url", isBase64URL},
	{"bcp47_language_tag", isLanguageTag},
	{"cidr", isCIDR},
	{"cidrv4", isCIDRv4},
	{"cidrv6", isCIDRv6},
	{"credit_card", isCreditCard},
	{"cron", isCron},
	{"datetime", isRFC3339},
	{"duration", isDuration},
	{"e164", isE164},
	{"email", isEmail},
	{"fqdn", isFQDN},
	{"hexadecimal", isHexadecimal},
	{"hexcolor", isHexColor},
	{"hostname", isHostname},
	{"hostname_port", isHostnamePort},
	{"hostname_rfc1123", isHostname1123},
	{"http_url", isHTTPURL},
	{"https_url", isHTTPSURL},
	{"ip", isIP},
	{"ipv4", isIPv4},
	{"ipv6", isIPv6},
	{"iso3166_1_alpha2", isCountry},
	{"iso4217", isCurrency},
	{"json", isJSON},
	{"jsonpointer", isJSONPointer},
	{"jwt", isJWT},
	{"latitude", isLatitude},
	{"longitude", isLongitude},
	{"mac", isMAC},
	{"mongodb", isObjectID},
	{"port", isPort},
	{"semver", isSemver},
	{"sha256", isSHA256},
	{"timezone", isTimeZone},
	{"ulid", isULID},
	{"uri", isURI},
	{"url", isURL},
	{"uuid", isUUID},
	{"uuid_rfc4122", isUUID},
	{"uuid4", isUUID4},
	{"uuid4_rfc4122", isUUID4},
	{"uuid7", isUUID7},
}

// lookupFormat returns the predicate that the tag name stands for, as long as
// the tag has no parameter.
func lookupFormat(name string) (check func(s string) bool, ok bool) {
	for i := range formats {
		if formats[i].name == name {
			return formats[i].check, true
		}
	}
	return nil, false
}

// formatWithParam returns the predicate that name=param stands for. ok says
// that name is a format that takes a parameter, and err what is wrong with this
// one and what to write instead.
//
//	datetime=layout  as [time.Parse] reads it
//	email=idn        letters of all scripts, RFC 6531
func formatWithParam(name, param string) (check func(s string) bool, err error, ok bool) {
	switch name {
	case "datetime":
		check, err = compileLayout(param)
	case "email":
		check, err = compileAddress(param)
	default:
		return nil, nil, false
	}
	return check, err, true
}
