package validate_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goplinth/plinth/validate"
	"github.com/stretchr/testify/require"
)

// patternedRules are the rules about strings that have a pattern in a schema.
var patternedRules = strings.Fields("alpha alphaspace alphanum alphanumspace alphaunicode alphanumunicode ascii printascii boolean number numeric " +
	"lowercase uppercase notblank base64 base64url base64rawurl bcp47_language_tag cidrv4 cidrv6 credit_card cron datetime duration e164 email fqdn " +
	"hexadecimal hexcolor hostname hostname_rfc1123 hostname_port http_url https_url ipv4 ipv6 iso3166_1_alpha2 iso4217 jsonpointer jwt latitude " +
	"longitude mac mongodb port semver sha256 timezone ulid uri url uuid uuid_rfc4122 uuid4 uuid4_rfc4122 uuid7")

// A patterned is a rule and what a schema says of it.
type patterned struct {
	name     string
	check    func(string) bool
	pattern  *regexp.Regexp
	most     int
	exact    bool // without a validator of the format
	examples []string
}

func patternsOf(tb testing.TB) []patterned {
	tb.Helper()
	var list []patterned
	for _, name := range patternedRules {
		text, most, format, complete := validate.FormatSchema(name)
		p := patterned{name: name, check: validate.LookupText(name), pattern: regexp.MustCompile(text), most: most}
		// In the pattern of a date any month has 31 days.
		p.exact = complete && !(format && name == "datetime")
		require.NotNil(tb, p.check, name)
		require.NotEmpty(tb, text, name)
		for _, tt := range formatCases {
			if tt.tag == name {
				p.examples = slices.Concat(tt.valid, tt.invalid)
			}
		}
		p.examples = append(p.examples, "", "a", "Z", "0", "65535", "65536", "-1", "+1.5", "a b", "\u00e4", "\u0663", "\u2003", "\n", "\x7f", "true", "A-")
		list = append(list, p)
	}
	return list
}

// compare reports where the pattern and the rule disagree on s: a pattern never
// refuses what the rule accepts.
func (p *patterned) compare(t *testing.T, s string) {
	if !utf8.ValidString(s) {
		return // not in JSON
	}
	matches := p.pattern.MatchString(s) && (p.most == 0 || utf8.RuneCountInString(s) <= p.most)
	switch holds := p.check(s); {
	case holds && !matches:
		t.Errorf("%s accepts %.200q, its schema does not", p.name, s)
	case p.exact && matches && !holds && (p.most == 0 || len(s) <= p.most): // bytes count for Go
		t.Errorf("the schema of %s accepts %.200q, the rule does not", p.name, s)
	}
}

func TestJSONSchemaPatterns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, p := range patternsOf(t) {
		for _, s := range p.examples {
			p.compare(t, s)
			for range 40 {
				if len(s) <= 1000 && utf8.ValidString(s) {
					p.compare(t, edited(r, s))
				}
			}
		}
		if p.name == "port" {
			for n := range 100_000 {
				p.compare(t, strconv.Itoa(n))
			}
		}
	}
}

// edited returns s with a character more, less or in place of another.
func edited(r *rand.Rand, s string) string {
	const letters = "aAzZgG0123456789-_.:/@+=~#%[]\"\\<,* \n\x00T\u00e4\u212a"
	chars, other := []rune(s), []rune(letters)
	at, c := r.IntN(len(chars)+1), other[r.IntN(len(other))]
	switch {
	case at == len(chars) || r.IntN(3) == 0:
		return string(slices.Insert(chars, at, c))
	case r.IntN(2) == 0:
		return string(slices.Delete(chars, at, at+1))
	}
	chars[at] = c
	return string(chars)
}

// FuzzJSONSchemaPatterns holds the patterns in schemas against the rules.
func FuzzJSONSchemaPatterns(f *testing.F) {
	list := patternsOf(f)
	for i, p := range list {
		for _, s := range p.examples {
			if len(s) < 200 {
				f.Add(uint8(i), s)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, s string) {
		p := list[int(which)%len(list)]
		p.compare(t, s)
	})
}
