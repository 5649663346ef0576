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
	if e.Code == "unique" && e.Param != nil {
		return "must not have two items with the same " + textOf(e.Param)
	}
	text := phraseOf(englishTexts, e.Code)
	if text == "" {
		if noun := phraseOf(englishNouns, e.Code); noun != "" {
			return "must be " + noun
		}
		return "must satisfy " + e.Rule
	}
	before, rest, _ := strings.Cut(text, "{")
	place, after, _ := strings.Cut(rest, "}")
	switch place {
	case "":
	case "param":
		before += textOf(e.Param)
	case "quoted":
		before += quoted(e.Param)
	case "range":
		low, high, _ := strings.Cut(textOf(e.Param), ", ")
		before += low + " to " + high
	case "any":
		before += anyOfText(e.Param)
	case "kinds":
		before += nounList(e.Param)
	default:
		n, _ := e.Param.(int)
		before += count(n, place)
	}
	return before + after
}

// phraseOf returns what the list has for the code, or an empty string. Each of its
// lines is a code, a colon and a phrase. A switch would add several times as much
// to every program that validates.
func phraseOf(list, code string) string {
	_, rest, _ := strings.Cut(list, "\n"+code+": ")
	phrase, _, _ := strings.Cut(rest, "\n")
	return phrase
}

// englishTexts has the messages. What stands in braces comes from the parameter;
// with a noun in them it is a count.
const englishTexts = `
required: is required
excluded: must not be given
empty: must be empty
length: must be exactly {character} long
min_length: must be at least {character} long
max_length: must be at most {character} long
items: must have exactly {item}
min_items: must have at least {item}
max_items: must have at most {item}
equal: must be {quoted}
not_equal: must not be {quoted}
min: must be at least {param}
max: must be at most {param}
between: must be from {range}
greater: must be greater than {param}
less: must be less than {param}
future: must be in the future
past: must be in the past
one_of: must be one of {param}
none_of: must be none of {param}
unique: must not have the same item twice
equal_field: must be the same as {param}
not_equal_field: must not be the same as {param}
min_field: must not be less than {param}
max_field: must not be greater than {param}
greater_field: must be greater than {param}
less_field: must be less than {param}
contains_field: must contain {param}
excludes_field: must not contain {param}
contains: must contain {quoted}
containsany: must contain one of the characters {quoted}
excludes: must not contain {quoted}
excludesall: must contain none of the characters {quoted}
startswith: must start with {quoted}
startsnotwith: must not start with {quoted}
endswith: must end with {quoted}
endsnotwith: must not end with {quoted}
not_blank: must not be blank
datetime: must be a date or time in the form {param}
pattern: must match the pattern {param}
any_of: must {any}
type: must be {kinds}
max_depth: is nested more than {param} levels deep
max_errors: there are more than {param} errors; the rest are left out
alpha: must contain only letters A to Z
alphaspace: must contain only letters A to Z and spaces
alphanum: must contain only letters A to Z and digits
alphanumspace: must contain only letters A to Z, digits and spaces
alphaunicode: must contain only letters
alphanumunicode: must contain only letters and digits
ascii: must contain only ASCII characters
printascii: must contain only printable ASCII characters
lowercase: must be in lower case
uppercase: must be in upper case
boolean: must be true or false
number: must contain only digits
numeric: must be a number`

// englishNouns has what a format is.
const englishNouns = `
email: an e-mail address
url: a URL
uri: a URL
http_url: an http or https URL
https_url: an https URL
ip: an IP address
ipv4: an IPv4 address
ipv6: an IPv6 address
cidr: an IP network
cidrv4: an IPv4 network
cidrv6: an IPv6 network
mac: a MAC address
hostname: a host name
hostname_rfc1123: a host name
fqdn: a full domain name
hostname_port: a host name and port
port: a port number from 1 to 65535
uuid: a UUID
uuid_rfc4122: a UUID
uuid4: a UUID of version 4
uuid4_rfc4122: a UUID of version 4
uuid7: a UUID of version 7
ulid: a ULID
e164: a phone number as in +49301234567
timezone: a time zone as in Europe/Berlin
json: JSON
jwt: a JSON Web Token
base64: in Base64
base64url: in Base64
base64rawurl: in Base64
hexadecimal: a hexadecimal number
hexcolor: a colour as in #1a2b3c
sha256: a SHA-256 hash
semver: a version as in 1.2.3
cron: a cron schedule
latitude: a latitude from -90 to 90
longitude: a longitude from -180 to 180
credit_card: a credit card number
iso3166_1_alpha2: a country code of two letters
iso4217: a currency code of three letters
bcp47_language_tag: a language tag as in en-GB
mongodb: a MongoDB object ID
duration: a duration as in 1m30s
jsonpointer: a JSON pointer`

// anyOfText words an or-group: "be an IPv4 address or a host name" if all its
// rules are formats, and otherwise with their names.
func anyOfText(param any) string {
	rules, _ := param.([]string)
	nouns := make([]string, len(rules))
	for i, rule := range rules {
		if nouns[i] = phraseOf(englishNouns, rule); nouns[i] == "" {
			return "satisfy " + strings.Join(rules, " or ")
		}
	}
	return "be " + strings.Join(nouns, " or ")
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
		return fmt.Sprintf("%v", param)
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
