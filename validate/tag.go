package validate

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A term is one rule as it is written in a tag, or several with "|" between
// them, of which one is to hold.
type term struct {
	text     string // the whole of it, for error messages
	name     string
	param    string // unescaped, without spaces around it
	raw      string // unescaped, with spaces
	hasParam bool   // tells "min=" from "min"
	anyOf    []term // the alternatives; name and param are empty if there are any

	// mixed is set for a value of interface type: a word of oneof need not
	// fit every type that the interface may hold.
	mixed bool
}

// parseTag splits a tag into its terms. It accepts anything: what is wrong
// with a term depends on the type of the field, so the compiler says it.
func parseTag(tag string) []term {
	if trim(tag) == "" {
		return nil
	}
	var terms []term
	for more := true; more; {
		var text string
		text, tag, more = strings.Cut(tag, ",")
		terms = append(terms, *parseTerm(text))
	}
	return terms
}

func parseTerm(text string) *term {
	t := &term{text: trim(text)}
	if strings.Contains(text, "|") {
		for more := true; more; {
			var alternative string
			alternative, text, more = strings.Cut(text, "|")
			t.anyOf = append(t.anyOf, *parseTerm(alternative))
		}
		return t
	}
	name, raw, hasParam := strings.Cut(text, "=")
	raw = replace(replace(raw, "0x2C", ","), "0x7C", "|")
	t.name, t.param = trim(name), trim(raw)
	t.raw, t.hasParam = raw, hasParam
	return t
}

// trim returns s without the blanks around it.
func trim(s string) string { return strings.Trim(s, " \t\n") }

// replace returns s with char in place of each escape. A program that validates
// does not need strings.ReplaceAll for anything else, and is smaller without it.
func replace(s, escape, char string) string {
	before, after, found := strings.Cut(s, escape)
	if !found {
		return s
	}
	return before + char + replace(after, escape, char)
}

// The rules that a tag may hold, but for formats and own ones, by what they
// take after their name.
const (
	rulesWithout = "required omitempty omitnil omitzero dive keys endkeys structonly nostructlevel isdefault " +
		"alpha alphaspace alphanum alphanumspace alphaunicode alphanumunicode ascii printascii boolean number numeric lowercase uppercase " +
		"notblank port"
	rulesWith = "len min max eq ne lt lte gt gte eq_ignore_case ne_ignore_case oneof oneofci noneof noneofci unique " +
		"required_if required_unless required_with required_with_all required_without required_without_all skip_unless " +
		"excluded_if excluded_unless excluded_with excluded_with_all excluded_without excluded_without_all " +
		"eqfield nefield gtfield gtefield ltfield ltefield fieldcontains fieldexcludes " +
		"eqcsfield necsfield gtcsfield gtecsfield ltcsfield ltecsfield " +
		"regexp " + textRules

	// textRules have a parameter in which spaces count.
	textRules = "contains containsany excludes excludesall startswith endswith startsnotwith endsnotwith"

	// leftOut are the rules of go-playground/validator v10 that this package
	// does not have.
	leftOut = "file filepath dir dirpath image mimetype validateFn iscolor country_code eu_country_code containsrune excludesrune multibyte " +
		"origin url_encoded urn_rfc2141 urn_rfc8141 datauri dns_rfc1035_label tcp_addr tcp4_addr tcp6_addr udp_addr udp4_addr udp6_addr " +
		"ip_addr ip4_addr ip6_addr unix_addr uds_exists uuid3 uuid5 uuid3_rfc4122 uuid5_rfc4122 base32 rgb rgba hsl hsla cmyk html html_encoded " +
		"isbn isbn10 isbn13 issn cve ssn ein luhn_checksum bic bic_iso_9362_2014 md4 md5 sha384 sha512 ripemd128 ripemd160 tiger128 tiger160 tiger192 " +
		"eth_addr eth_addr_checksum btc_addr btc_addr_bech32 mongodb_connection_string spicedb iso3166_1_alpha2_eu iso3166_1_alpha3 " +
		"iso3166_1_alpha3_eu iso3166_1_alpha_numeric iso3166_1_alpha_numeric_eu iso3166_2 iso4217_numeric bcp47_strict_language_tag " +
		"postcode_iso3166_alpha2 postcode_iso3166_alpha2_field"
)

// listed reports whether name is one of the words of list.
func listed(list, name string) bool {
	for list != "" {
		var word string
		if word, list, _ = strings.Cut(list, " "); word == name {
			return true
		}
	}
	return false
}

// check reports what is wrong with the form of t: mistakes that do not depend
// on the type of the field. It knows only the rules of this file.
func (t *term) check() error {
	switch {
	case t.text == "":
		return errors.New("a rule is missing; remove the extra comma or bar")
	case t.text == "-":
		return errors.New("- leaves out the whole field; write it without other rules")
	case listed(rulesWithout, t.name) && t.hasParam:
		return wrongf("%s takes no parameter; write %s", t.name, t.name)
	case listed(rulesWith, t.name) && !t.mayStandAlone() && (t.raw == "" || t.param == "" && !listed(textRules, t.name)):
		return wrongf("%s needs a parameter; write it as in %s", t.name, t.usage())
	}
	return nil
}

// mayStandAlone reports whether t may have no parameter, as gt and its like,
// which then compare a time with now, or an empty one.
func (t *term) mayStandAlone() bool {
	if t.hasParam {
		return listed("eq ne", t.name)
	}
	return listed("gt gte lt lte unique", t.name)
}

// usage returns an example of the rule.
func (t *term) usage() string {
	param := "3"
	switch {
	case t.name == "unique":
		param = "Name"
	case t.name == "regexp":
		param = "@name"
	case strings.HasSuffix(t.name, "oneof"), strings.HasSuffix(t.name, "oneofci"):
		param = "red green 'light blue'"
	case strings.HasSuffix(t.name, "_if"), strings.HasSuffix(t.name, "_unless"):
		param = "Kind card"
	case strings.Contains(t.name, "_with"):
		param = "Email Phone"
	case strings.HasSuffix(t.name, "csfield"):
		param = "Period.Start"
	case strings.Contains(t.name, "field"):
		param = "Password"
	case strings.Contains(t.name, "contains"), strings.Contains(t.name, "excludes"), strings.HasSuffix(t.name, "with"):
		param = "abc"
	case strings.HasSuffix(t.name, "ignore_case"):
		param = "yes"
	}
	return t.name + "=" + param
}

// unknown says that there is no rule of the name of t. Own are the rules in
// Options.Tags.
func (t *term) unknown(own []TagRule) error {
	if listed(leftOut, t.name) {
		return wrongf("%s is not in the core; register it with validate.Tag in Options.Tags", t.name)
	}
	names, _ := splitWords(rulesWithout + " " + rulesWith)
	for i := range formats {
		names = append(names, formats[i].name)
	}
	for i := range own {
		names = append(names, own[i].name)
	}
	if near := nearest(t.name, names); len(near) > 0 {
		return wrongf("unknown rule; did you mean %s?", strings.Join(near, " or "))
	}
	return errors.New("unknown rule; correct it, or register it with validate.Tag in Options.Tags")
}

// splitWords splits a parameter such as that of oneof at spaces. A word in
// single quotes may contain spaces, or nothing at all.
func splitWords(param string) ([]string, error) {
	var words []string
	for rest := strings.TrimLeft(param, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		var word string
		if quoted, ok := strings.CutPrefix(rest, "'"); ok {
			if word, rest, ok = strings.Cut(quoted, "'"); !ok {
				return nil, errors.New("a quote is not closed; write a quoted word as in 'light blue'")
			}
			if rest != "" && rest[0] != ' ' {
				return nil, errors.New("a quoted word runs into the next; put a space between them")
			}
		} else {
			word, rest, _ = strings.Cut(rest, " ")
		}
		words = append(words, word)
	}
	return words, nil
}

// splitNames splits a parameter that lists fields at spaces.
func splitNames(param string) ([]string, error) {
	names, err := splitWords(param)
	if err != nil {
		return nil, err
	}
	return names, repeated(names)
}

// A condition is one pair in the parameter of required_if and its like.
type condition struct{ name, value string }

func splitConditions(param string) ([]condition, error) {
	words, err := splitWords(param)
	if err != nil {
		return nil, err
	}
	if len(words)%2 != 0 {
		return nil, errors.New("a field has no value; write pairs, as in Kind card Country 'New Zealand'")
	}
	var pairs []condition
	var names []string
	for pair := range slices.Chunk(words, 2) {
		pairs = append(pairs, condition{pair[0], pair[1]})
		names = append(names, pair[0])
	}
	return pairs, repeated(names)
}

func repeated(names []string) error {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return wrongf("the field %s is named twice; remove one", name)
		}
	}
	return nil
}

// The parsers below turn a parameter into the type that a class compares in.
// They report what is wrong with it and what to write instead.

func parseCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, wrongf("%q is not a length; write a whole number from 0 up in base 10", s)
	}
	return n, nil
}

func parseInt(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, wrongf("%q is not a 64-bit whole number; write it in base 10", s)
	}
	return n, nil
}

func parseUint(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, wrongf("%q is not a 64-bit whole number from 0 up; write it in base 10", s)
	}
	return n, nil
}

func parseFloat32(s string) (float64, error) { return parseFloat(s, 32) }
func parseFloat64(s string) (float64, error) { return parseFloat(s, 64) }

// parseFloat refuses what strconv.ParseFloat takes besides base 10: no value
// compares with NaN, and bounds of infinity hold for all values or for none.
func parseFloat(s string, bits int) (float64, error) {
	x, err := strconv.ParseFloat(s, bits)
	if err != nil || strings.TrimLeft(s, "+-.0123456789eE") != "" {
		return 0, fmt.Errorf("%q is not a number that fits float%d; write it in base 10, as in 0.5", s, bits)
	}
	return x, nil
}

// parseDuration takes a plain number as nanoseconds.
func parseDuration(s string) (time.Duration, error) {
	if d, err := time.ParseDuration(s); err == nil {
		return d, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, wrongf("%q is not a duration; write it as in 1m30s", s)
	}
	return time.Duration(n), nil
}

func parseBool(s string) (bool, error) {
	if s != "true" && s != "false" {
		return false, wrongf("%q is not a boolean; write true or false", s)
	}
	return s == "true", nil
}

// wrongf is fmt.Errorf for strings alone. Its many calls take less code, since they
// make no interfaces.
//
//go:noinline
func wrongf(format string, words ...string) error {
	args := make([]any, len(words))
	for i, w := range words {
		args[i] = w
	}
	return fmt.Errorf(format, args...)
}
