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

// lookupFormat returns the predicate that the tag name stands for, as long as
// the tag has no parameter.
func lookupFormat(name string) (check func(s string) bool, ok bool) {
	// A switch costs a program nothing to start, where a map would be built.
	switch name {
	case "base64":
		check = isBase64
	case "base64rawurl":
		check = isBase64RawURL
	case "base64url":
		check = isBase64URL
	case "bcp47_language_tag":
		check = isLanguageTag
	case "cidr":
		check = isCIDR
	case "cidrv4":
		check = isCIDRv4
	case "cidrv6":
		check = isCIDRv6
	case "credit_card":
		check = isCreditCard
	case "cron":
		check = isCron
	case "datetime":
		check = isRFC3339
	case "duration":
		check = isDuration
	case "e164":
		check = isE164
	case "email":
		check = isEmail
	case "fqdn":
		check = isFQDN
	case "hexadecimal":
		check = isHexadecimal
	case "hexcolor":
		check = isHexColor
	case "hostname":
		check = isHostname
	case "hostname_port":
		check = isHostnamePort
	case "hostname_rfc1123":
		check = isHostname1123
	case "http_url":
		check = isHTTPURL
	case "https_url":
		check = isHTTPSURL
	case "ip":
		check = isIP
	case "ipv4":
		check = isIPv4
	case "ipv6":
		check = isIPv6
	case "iso3166_1_alpha2":
		check = isCountry
	case "iso4217":
		check = isCurrency
	case "json":
		check = isJSON
	case "jsonpointer":
		check = isJSONPointer
	case "jwt":
		check = isJWT
	case "latitude":
		check = isLatitude
	case "longitude":
		check = isLongitude
	case "mac":
		check = isMAC
	case "mongodb":
		check = isObjectID
	case "port":
		check = isPort
	case "semver":
		check = isSemver
	case "sha256":
		check = isSHA256
	case "timezone":
		check = isTimeZone
	case "ulid":
		check = isULID
	case "uri":
		check = isURI
	case "url":
		check = isURL
	case "uuid", "uuid_rfc4122":
		check = isUUID
	case "uuid4", "uuid4_rfc4122":
		check = isUUID4
	case "uuid7":
		check = isUUID7
	}
	return check, check != nil
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
