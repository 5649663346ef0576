package validate

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Messages puts errors into words for people. English is built in; package
// german is another language and an example of one.
//
// [Options].Messages is for a program that speaks one language, and
// [Errors.Translate] for one that speaks that of each request.
type Messages interface {
	// Message returns the text for e, which follows the name of the field:
	// "must be at least 18". It depends on the Code and Param of e, and on its
	// Rule if it likes; what the package comment says about codes and
	// parameters holds here. With an empty string e keeps the message it has.
	//
	// For Options.Messages it is called once for each rule when a type is
	// compiled, with an empty Path, and may be called from many goroutines.
	Message(e FieldError) string
}

// messageOf returns the text for e in the language of r.
func (r *registry) messageOf(e *FieldError) string {
	if r.messages != nil {
		if text := r.messages.Message(*e); text != "" {
			return text
		}
	}
	if e.Message != "" {
		return e.Message
	}
	return english(e)
}

// Translate returns a copy of e with messages in the language of m. Errors for
// which m has no text keep theirs.
func (e Errors) Translate(m Messages) Errors {
	e = slices.Clone(e)
	for i := range e {
		if text := m.Message(e[i]); text != "" {
			e[i].Message = text
		}
	}
	return e
}

// english returns the message for an error of this package.
func english(e *FieldError) string {
	param := textOf(e.Param)
	n, _ := e.Param.(int)
	switch e.Code {
	case "required":
		return "is required"
	case "excluded":
		return "must not be given"
	case "empty":
		return "must be empty"
	case "length":
		return "must be exactly " + count(n, "character") + " long"
	case "min_length":
		return "must be at least " + count(n, "character") + " long"
	case "max_length":
		return "must be at most " + count(n, "character") + " long"
	case "items":
		return "must have exactly " + count(n, "item")
	case "min_items":
		return "must have at least " + count(n, "item")
	case "max_items":
		return "must have at most " + count(n, "item")
	case "equal":
		return "must be " + quoted(e.Param)
	case "not_equal":
		return "must not be " + quoted(e.Param)
	case "min":
		return "must be at least " + param
	case "max":
		return "must be at most " + param
	case "between":
		return "must be from " + strings.ReplaceAll(param, ", ", " to ")
	case "greater":
		return "must be greater than " + param
	case "less":
		return "must be less than " + param
	case "future":
		return "must be in the future"
	case "past":
		return "must be in the past"
	case "one_of":
		return "must be one of " + param
	case "none_of":
		return "must be none of " + param
	case "unique":
		if e.Param != nil {
			return "must not have two items with the same " + param
		}
		return "must not have the same item twice"
	case "equal_field":
		return "must be the same as " + param
	case "not_equal_field":
		return "must not be the same as " + param
	case "min_field":
		return "must not be less than " + param
	case "max_field":
		return "must not be greater than " + param
	case "greater_field":
		return "must be greater than " + param
	case "less_field":
		return "must be less than " + param
	case "contains_field":
		return "must contain " + param
	case "excludes_field":
		return "must not contain " + param
	case "contains":
		return "must contain " + quoted(e.Param)
	case "containsany":
		return "must contain one of the characters " + quoted(e.Param)
	case "excludes":
		return "must not contain " + quoted(e.Param)
	case "excludesall":
		return "must contain none of the characters " + quoted(e.Param)
	case "startswith":
		return "must start with " + quoted(e.Param)
	case "startsnotwith":
		return "must not start with " + quoted(e.Param)
	case "endswith":
		return "must end with " + quoted(e.Param)
	case "endsnotwith":
		return "must not end with " + quoted(e.Param)
	case "not_blank":
		return "must not be blank"
	case "datetime":
		return "must be a date or time in the form " + param
	case "pattern":
		return "must match the pattern " + param
	case "any_of":
		return anyOfText(e.Param)
	case "type":
		return "must be " + nounList(e.Param)
	case "max_depth":
		return "is nested more than " + strconv.Itoa(n) + " levels deep"
	case "max_errors":
		return "there are more than " + strconv.Itoa(n) + " errors; the rest are left out"
	}
	if phrase := kindPhrase(e.Code); phrase != "" {
		return "must " + phrase
	}
	return "must satisfy " + e.Rule
}

// kindPhrase completes "must" for rules without a parameter.
func kindPhrase(code string) string {
	switch code {
	case "alpha":
		return "contain only letters A to Z"
	case "alphaspace":
		return "contain only letters A to Z and spaces"
	case "alphanum":
		return "contain only letters A to Z and digits"
	case "alphanumspace":
		return "contain only letters A to Z, digits and spaces"
	case "alphaunicode":
		return "contain only letters"
	case "alphanumunicode":
		return "contain only letters and digits"
	case "ascii":
		return "contain only ASCII characters"
	case "printascii":
		return "contain only printable ASCII characters"
	case "lowercase":
		return "be in lower case"
	case "uppercase":
		return "be in upper case"
	case "boolean":
		return "be true or false"
	case "number":
		return "contain only digits"
	case "numeric":
		return "be a number"
	}
	if noun := formatNoun(code); noun != "" {
		return "be " + noun
	}
	return ""
}

// formatNoun names what a format is.
func formatNoun(code string) string {
	switch code {
	case "email":
		return "an e-mail address"
	case "url", "uri":
		return "a URL"
	case "http_url":
		return "an http or https URL"
	case "https_url":
		return "an https URL"
	case "ip":
		return "an IP address"
	case "ipv4":
		return "an IPv4 address"
	case "ipv6":
		return "an IPv6 address"
	case "cidr":
		return "an IP network"
	case "cidrv4":
		return "an IPv4 network"
	case "cidrv6":
		return "an IPv6 network"
	case "mac":
		return "a MAC address"
	case "hostname", "hostname_rfc1123":
		return "a host name"
	case "fqdn":
		return "a full domain name"
	case "hostname_port":
		return "a host name and port"
	case "port":
		return "a port number from 1 to 65535"
	case "uuid", "uuid_rfc4122":
		return "a UUID"
	case "uuid4", "uuid4_rfc4122":
		return "a UUID of version 4"
	case "uuid7":
		return "a UUID of version 7"
	case "ulid":
		return "a ULID"
	case "e164":
		return "a phone number as in +49301234567"
	case "timezone":
		return "a time zone as in Europe/Berlin"
	case "json":
		return "JSON"
	case "jwt":
		return "a JSON Web Token"
	case "base64", "base64url", "base64rawurl":
		return "in Base64"
	case "hexadecimal":
		return "a hexadecimal number"
	case "hexcolor":
		return "a colour as in #1a2b3c"
	case "sha256":
		return "a SHA-256 hash"
	case "semver":
		return "a version as in 1.2.3"
	case "cron":
		return "a cron schedule"
	case "latitude":
		return "a latitude from -90 to 90"
	case "longitude":
		return "a longitude from -180 to 180"
	case "credit_card":
		return "a credit card number"
	case "iso3166_1_alpha2":
		return "a country code of two letters"
	case "iso4217":
		return "a currency code of three letters"
	case "bcp47_language_tag":
		return "a language tag as in en-GB"
	case "mongodb":
		return "a MongoDB object ID"
	case "duration":
		return "a duration as in 1m30s"
	case "jsonpointer":
		return "a JSON pointer"
	}
	return ""
}

// anyOfText words an or-group: "must be an IPv4 address or a host name" if all
// its rules are formats, and otherwise with their names.
func anyOfText(param any) string {
	rules, _ := param.([]string)
	nouns := make([]string, len(rules))
	for i, rule := range rules {
		if nouns[i] = formatNoun(rule); nouns[i] == "" {
			return "must satisfy " + strings.Join(rules, " or ")
		}
	}
	return "must be " + strings.Join(nouns, " or ")
}

// nounList words the kinds of values that a rule takes.
func nounList(param any) string {
	kinds, _ := param.([]string)
	nouns := make([]string, len(kinds))
	for i, kind := range kinds {
		switch kind {
		case "list":
			nouns[i] = "a list or map"
		case "plain list":
			nouns[i] = "a list of plain values"
		case "object":
			nouns[i] = "an object"
		default:
			nouns[i] = "a " + kind
		}
	}
	return strings.Join(nouns, " or ")
}

// textOf returns a parameter as people write it, lists with commas.
func textOf(param any) string {
	switch p := param.(type) {
	case nil:
		return ""
	case string:
		return p
	case []string:
		return strings.Join(p, ", ")
	case time.Duration:
		return shortDuration(p)
	}
	v := reflect.ValueOf(param)
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(param)
	}
	words := make([]string, v.Len())
	for i := range words {
		words[i] = textOf(v.Index(i).Interface())
	}
	return strings.Join(words, ", ")
}

// quoted is textOf, with quotes around strings.
func quoted(param any) string {
	if s, ok := param.(string); ok {
		return strconv.Quote(s)
	}
	return textOf(param)
}

// shortDuration leaves out the zeros that time.Duration.String ends in: 1m
// rather than 1m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// count returns n followed by the noun, in the plural where it belongs.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
