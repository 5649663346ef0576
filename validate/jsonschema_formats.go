package validate

import (
	"fmt"
	"strings"
)

// formatted adds what there is to say of a rule without a parameter about
// strings, and reports whether there is anything. A format is mostly an
// annotation, which validators are free not to check, so that there is a
// pattern too.
func (o *object) formatted(name string) bool {
	pattern, format, most, complete := formatPattern(name)
	if format != "" {
		o.add("format", format)
	}
	switch name {
	case "ip":
		var v4, v6 object
		v4.formatted("ipv4")
		v6.formatted("ipv6")
		o.add("anyOf", []object{v4, v6})
		return true
	case "cidr":
		o.add("anyOf", []object{{{"pattern", cidrv4Pattern}}, {{"pattern", cidrv6Pattern}}})
		o.note(name)
		return true
	case "json":
		o.add("contentMediaType", "application/json")
	case "base64":
		o.add("contentEncoding", "base64")
	case "base64url", "base64rawurl":
		o.add("contentEncoding", "base64url")
	}
	if pattern != "" {
		o.add("pattern", pattern)
	}
	if most > 0 {
		o.bound("maxLength", most)
	}
	if !complete {
		o.note(name)
	}
	return true
}

const (
	octetPattern = `(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`
	ipv4Pattern  = octetPattern + `(?:\.` + octetPattern + `){3}`

	cidrv4Pattern = "^" + ipv4Pattern + "/(?:3[0-2]|[12]?[0-9])$"
	cidrv6Pattern = "^[0-9A-Fa-f:.]{2,45}/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9])$"

	labelPattern = `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`
	hostPattern  = labelPattern + `(?:\.` + labelPattern + `)*`
	portPattern  = `(?:0{0,4}[1-9]|0{0,3}[1-9][0-9]|0{0,2}[1-9][0-9]{2}|0?[1-9][0-9]{3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])`

	atomPattern   = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\x2d]+"
	quotedPattern = `"(?:[ !#-\[\]-~]|\\[ -~])*"`
	emailPattern  = `^(?:` + atomPattern + `(?:\.` + atomPattern + `)*|` + quotedPattern + `)@(?:` + labelPattern + `\.)+(?:[A-Za-z0-9][A-Za-z0-9-]{0,61})?[A-Za-z]$`

	monthDayPattern   = `(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])`
	hourMinutePattern = `(?:[01][0-9]|2[0-3]):[0-5][0-9]`
	dateTimePattern   = `^[0-9]{4}-` + monthDayPattern + `T` + hourMinutePattern + `:[0-5][0-9](?:\.[0-9]+)?(?:Z|[+-]` + hourMinutePattern + `)$`

	hexPattern  = `[0-9A-Fa-f]`
	uuidPattern = `^` + hexPattern + `{8}-` + hexPattern + `{4}-%s` + hexPattern + `{3}-%s` + hexPattern + `{3}-` + hexPattern + `{12}$`

	numericPattern    = `(?:0|[1-9][0-9]*)`
	preReleasePattern = `(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`
	unitPattern       = `(?:ns|us|µs|μs|ms|s|m|h)`
	cronFieldPattern  = `(?:[*?0-9]|[A-Za-z0-9*?][A-Za-z0-9*?/,#-]+)`
	schemePattern     = `[A-Za-z][A-Za-z0-9+.-]*:`
)

// formatPattern returns the pattern that strings match which satisfy the rule
// name, the standard format that they have, and the most characters that they
// have, each if there is one. Complete says that these together are as strict as
// the rule; they are never stricter. No pattern looks ahead, which engines that
// take linear time cannot do.
func formatPattern(name string) (pattern, format string, most int, complete bool) {
	switch name {
	case "alpha":
		return "^[A-Za-z]+$", "", 0, true
	case "alphaspace":
		return "^[A-Za-z ]+$", "", 0, true
	case "alphanum":
		return "^[A-Za-z0-9]+$", "", 0, true
	case "alphanumspace":
		return "^[A-Za-z0-9 ]+$", "", 0, true
	case "alphaunicode":
		return `^\p{L}+$`, "", 0, true
	case "alphanumunicode":
		return `^[\p{L}\p{N}]+$`, "", 0, true
	case "ascii":
		return `^[\x00-\x7f]*$`, "", 0, true
	case "printascii":
		return "^[ -~]*$", "", 0, true
	case "boolean":
		return "^(?:[01tTfF]|true|TRUE|True|false|FALSE|False)$", "", 0, true
	case "number":
		return "^[0-9]+$", "", 0, true
	case "numeric":
		return `^[+-]?[0-9]+(?:\.[0-9]+)?$`, "", 0, true
	case "lowercase":
		return "^[^A-Z]+$", "", 0, false
	case "uppercase":
		return "^[^a-z]+$", "", 0, false
	case "notblank":
		return "[^\\t\\n\\x0b\\f\\r \\x85\\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]", "", 0, true

	case "base64":
		return `^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$`, "", maxPayload, true
	case "base64url":
		return `^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=|[A-Za-z0-9_-]{4})$`, "", maxPayload, true
	case "base64rawurl":
		return `^(?:[A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{2,4}$`, "", maxPayload, true
	case "bcp47_language_tag":
		return "^[A-Za-z0-9]{1,8}(?:[-_][A-Za-z0-9]{1,8})*$", "", maxLanguageTag, false
	case "cidrv4":
		return cidrv4Pattern, "", 0, true
	case "cidrv6":
		return cidrv6Pattern, "", 0, false
	case "credit_card":
		return "^[0-9][0-9 ]{10,23}[0-9]$", "", 0, false
	case "cron":
		return "^(?:@(?:annually|yearly|monthly|weekly|daily|hourly|reboot)|@every (?:[0-9]+" + unitPattern + ")+|" + cronFieldPattern + "(?: +" + cronFieldPattern + "){4,6})$", "", maxShort, true
	case "datetime":
		return dateTimePattern, "date-time", maxShort, true
	case "duration":
		return `^[+-]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)` + unitPattern + `)+)$`, "", maxShort, false
	case "e164":
		return `^\+?[1-9][0-9]{5,14}$`, "", 0, true
	case "email":
		return emailPattern, "email", maxAddress, false
	case "fqdn":
		return `^(?:` + labelPattern + `\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?$`, "", maxHost + len("."), false
	case "hexadecimal":
		return "^(?:0[xX])?" + hexPattern + "+$", "", maxPayload, true
	case "hexcolor":
		return "^#(?:" + hexPattern + "{3,4}|" + hexPattern + "{6}|" + hexPattern + "{8})$", "", 0, true
	case "hostname":
		return `^[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.` + labelPattern + `)*$`, "hostname", maxHost, true
	case "hostname_rfc1123":
		return "^" + hostPattern + "$", "hostname", maxHost, true
	case "hostname_port":
		return `^(?:` + hostPattern + `|\[[0-9A-Fa-f:.]+\])?:` + portPattern + `$`, "", maxHost + len(":65535"), false
	case "http_url":
		return "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]", "uri", maxLine, false
	case "https_url":
		return "^[Hh][Tt][Tt][Pp][Ss]://[^/?#]", "uri", maxLine, false
	case "ipv4":
		return "^" + ipv4Pattern + "$", "ipv4", 0, true
	case "ipv6":
		return "^[0-9A-Fa-f:.]{2,45}$", "ipv6", 0, false
	case "iso3166_1_alpha2":
		return codePattern(countries[:], 1), "", 0, true
	case "iso4217":
		return codePattern(currencies[:], 2), "", 0, true
	case "json":
		return "", "", maxPayload, false
	case "jsonpointer":
		return `^(?:/(?:[^/~]|~[01])*)*$`, "json-pointer", maxLine, true
	case "jwt":
		return `^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`, "", maxPayload, true
	case "latitude":
		return `^[+-]?(?:90(?:\.0+)?|[1-8]?[0-9](?:\.[0-9]+)?)$`, "", maxShort, true
	case "longitude":
		return `^[+-]?(?:180(?:\.0+)?|(?:1[0-7][0-9]|[1-9]?[0-9])(?:\.[0-9]+)?)$`, "", maxShort, true
	case "mac":
		return "^(?:" + hexPattern + "{12}|" + hexPattern + "{16}|" + hexPattern + "{40}|" + pairs(":") + "|" + pairs("-") +
			`|` + hexPattern + `{4}(?:\.` + hexPattern + `{4}){2,3}|` + hexPattern + `{4}(?:\.` + hexPattern + `{4}){9})$`, "", 0, true
	case "mongodb":
		return "^[0-9a-f]{24}$", "", 0, true
	case "port":
		return "^" + portPattern + "$", "", 0, true
	case "semver":
		return `^` + numericPattern + `\.` + numericPattern + `\.` + numericPattern + `(?:-` + preReleasePattern + `(?:\.` + preReleasePattern + `)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$`, "", maxShort, true
	case "sha256":
		return "^[0-9a-f]{64}$", "", 0, true
	case "timezone":
		return "^[A-Za-z0-9_+/-]+$", "", 0, false
	case "ulid":
		return "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$", "", 0, true
	case "uri":
		return `^(?:\*(?:#|$)|/|` + schemePattern + `)`, "", maxLine, false
	case "url":
		return "^" + schemePattern, "uri", maxLine, false
	case "uuid", "uuid_rfc4122":
		return fmt.Sprintf(uuidPattern, hexPattern, hexPattern), "uuid", 0, true
	case "uuid4", "uuid4_rfc4122":
		return fmt.Sprintf(uuidPattern, "4", "[89abAB]"), "uuid", 0, true
	case "uuid7":
		return fmt.Sprintf(uuidPattern, "7", "[89abAB]"), "uuid", 0, true
	}
	return "", "", 0, false
}

// pairs is a MAC address with a separator between its bytes.
func pairs(sep string) string {
	return hexPattern + "{2}(?:(?:" + sep + hexPattern + "{2}){5}|(?:" + sep + hexPattern + "{2}){7}|(?:" + sep + hexPattern + "{2}){19})"
}

// codePattern returns a pattern for the codes in a table by their first letters.
func codePattern(table []string, width int) string {
	var list []string
	for first, rest := range table {
		switch {
		case rest == "":
		case width == 1:
			list = append(list, string(rune('A'+first))+"["+rest+"]")
		default:
			list = append(list, string(rune('A'+first))+"(?:"+strings.ReplaceAll(rest, " ", "|")+")")
		}
	}
	return "^(?:" + strings.Join(list, "|") + ")$"
}

// layoutSchema adds the keywords for datetime=layout.
func layoutSchema(s *object, layout string, r *rule) {
	s.bound("maxLength", maxShort)
	if layout == "2006-01-02" {
		s.add("format", "date")
	}
	steps, ok := splitLayout(layout)
	var b strings.Builder
	for _, step := range steps {
		switch step.element {
		case "2006":
			b.WriteString("[0-9]{4}")
		case "01":
			b.WriteString("(?:0[1-9]|1[0-2])")
		case "02":
			b.WriteString("(?:0[1-9]|[12][0-9]|3[01])")
		case "15":
			b.WriteString("(?:[01]?[0-9]|2[0-3])")
		case "04":
			b.WriteString("[0-5][0-9]")
		case "05":
			b.WriteString("[0-5][0-9](?:[.,][0-9]+)?")
		case "Z07:00":
			b.WriteString("(?:Z|[+-](?:[01][0-9]|2[0-4]):(?:[0-5][0-9]|60))")
		default: // one space in a layout stands for any number
			for i, text := range strings.Split(step.text, " ") {
				if i > 0 {
					b.WriteString(" *")
				}
				b.WriteString(literal(text))
			}
		}
	}
	if ok {
		s.pattern(true, "^"+b.String()+"$")
	}
	if layout != "2006-01-02" {
		s.note(ruleText(r))
	}
}
