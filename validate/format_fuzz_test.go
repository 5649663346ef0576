package validate_test

import (
	"encoding/base64"
	"encoding/json"
	"iter"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/goplinth/plinth/validate"
)

// A reference says plainly and slowly what a format accepts, apart from the
// limit to its length.
type reference struct {
	tag    string
	limit  int
	accept func(string) bool
	check  func(string) bool // the format
}

// fuzzFormats has formats and their references agree on every string. The seeds
// are all strings of the table of formats, and before it fuzzes it compares the
// neighbours of those that are valid.
func fuzzFormats(f *testing.F, references ...reference) {
	for _, tt := range formatCases {
		for _, s := range slices.Concat(tt.valid, tt.invalid) {
			if len(s) < 1000 {
				f.Add(s)
			}
		}
	}
	for i := range references {
		references[i].check = formatOf(f, references[i].tag)
	}
	for _, r := range references {
		for _, tt := range formatCases {
			if tt.tag != r.tag {
				continue
			}
			for _, s := range tt.valid {
				for neighbour := range neighbours(s) {
					r.compare(f, neighbour)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range references {
			r.compare(t, s)
		}
	})
}

func (r *reference) compare(t testing.TB, s string) {
	if got, want := r.check(s), len(s) <= r.limit && r.accept(s); got != want {
		t.Errorf("%s: %q = %v; want %v", r.tag, s, got, want)
	}
}

// neighbours yields the strings that one byte, more, less or another, makes of a
// short string: what tells a border from the next place.
func neighbours(s string) iter.Seq[string] {
	const bytes = "09afgzAZ.:-_/ +=%\"\x00\x80"
	return func(yield func(string) bool) {
		if len(s) > 100 {
			return
		}
		for i := range len(s) + 1 {
			if i < len(s) && !yield(s[:i]+s[i+1:]) {
				return
			}
			for j := range len(bytes) {
				if !yield(s[:i]+bytes[j:j+1]+s[i:]) || i < len(s) && !yield(s[:i]+bytes[j:j+1]+s[i+1:]) {
					return
				}
			}
		}
	}
}

// fullMatch returns whether a regular expression matches all of a string.
func fullMatch(expr string) func(string) bool {
	return regexp.MustCompile(`^(?s:` + expr + `)$`).MatchString
}

func both(a, b func(string) bool) func(string) bool {
	return func(s string) bool { return a(s) && b(s) }
}

func either(a, b func(string) bool) func(string) bool {
	return func(s string) bool { return a(s) || b(s) }
}

func plainAddr(want func(netip.Addr) bool) func(string) bool {
	return func(s string) bool {
		a, err := netip.ParseAddr(s)
		return err == nil && a.Zone() == "" && want(a)
	}
}

func plainPrefix(want func(netip.Addr) bool) func(string) bool {
	return func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return err == nil && want(p.Addr())
	}
}

func anyAddr(netip.Addr) bool { return true }

func FuzzAddresses(f *testing.F) {
	const limit = 64 // longer than any
	fuzzFormats(f,
		reference{tag: "ip", limit: limit, accept: plainAddr(anyAddr)},
		reference{tag: "ipv4", limit: limit, accept: plainAddr(netip.Addr.Is4)},
		reference{tag: "ipv6", limit: limit, accept: plainAddr(netip.Addr.Is6)},
		reference{tag: "cidr", limit: limit, accept: plainPrefix(anyAddr)},
		reference{tag: "cidrv4", limit: limit, accept: plainPrefix(netip.Addr.Is4)},
		reference{tag: "cidrv6", limit: limit, accept: plainPrefix(netip.Addr.Is6)},
		reference{tag: "mac", limit: limit, accept: func(s string) bool {
			_, err := net.ParseMAC(s)
			return err == nil
		}},
	)
}

const (
	labelExpr = `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`
	hostExpr  = labelExpr + `(?:\.` + labelExpr + `)*`
)

func FuzzHosts(f *testing.F) {
	host := fullMatch(hostExpr)
	fqdn := fullMatch(hostExpr + `\.`)
	domain := fullMatch(`.*\.[A-Za-z][^.]*`)
	plainPort := func(s string) bool {
		n, err := strconv.ParseUint(s, 10, 16)
		return err == nil && n > 0 && len(s) <= 5
	}
	plainHostPort := func(s string) bool {
		h, port, err := net.SplitHostPort(s)
		if err != nil || !plainPort(port) {
			return false
		}
		if strings.HasPrefix(s, "[") {
			return plainAddr(netip.Addr.Is6)(h)
		}
		return h == "" || host(h) && len(h) <= 253
	}
	fuzzFormats(f,
		reference{tag: "hostname_rfc1123", limit: 253, accept: host},
		reference{tag: "hostname", limit: 253, accept: both(host, fullMatch(`[A-Za-z].*`))},
		reference{tag: "fqdn", limit: 254, accept: func(s string) bool {
			name := strings.TrimSuffix(s, ".")
			return (host(s) || fqdn(s)) && domain(name) && len(name) <= 253
		}},
		reference{tag: "hostname_port", limit: 259, accept: plainHostPort},
		reference{tag: "port", limit: 5, accept: plainPort},
	)
}

// plainURL is scanURL by means of net/url.
func plainURL(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || strings.ContainsFunc(s, isControl) {
		return nil, false
	}
	port := strings.TrimLeft(u.Port(), "0")
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n > 65535) {
		return nil, false
	}
	if strings.HasPrefix(u.Host, "[") {
		return u, plainAddr(netip.Addr.Is6)(u.Hostname())
	}
	return u, !strings.ContainsAny(u.Host, `"<>[]%`)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func FuzzURLs(f *testing.F) {
	isHTTP := func(schemes ...string) func(string) bool {
		return func(s string) bool {
			u, ok := plainURL(s)
			return ok && slices.Contains(schemes, u.Scheme) && strings.TrimSuffix(u.Host, ":"+u.Port()) != ""
		}
	}
	fuzzFormats(f,
		reference{tag: "url", limit: lineSize, accept: func(s string) bool {
			u, ok := plainURL(s)
			switch {
			case !ok:
				return false
			case u.Scheme == "file":
				return u.Path != "" && u.Path != "/"
			default:
				return u.Host != "" || u.Opaque != "" || u.Fragment != ""
			}
		}},
		reference{tag: "http_url", limit: lineSize, accept: isHTTP("http", "https")},
		reference{tag: "https_url", limit: lineSize, accept: isHTTP("https")},
		reference{tag: "uri", limit: lineSize, accept: func(s string) bool {
			if strings.ContainsFunc(s, isControl) {
				return false
			}
			s, _, _ = strings.Cut(s, "#")
			u, err := url.ParseRequestURI(s)
			if err != nil || u.Scheme == "" {
				return err == nil
			}
			_, ok := plainURL(s)
			return ok
		}},
	)
}

func FuzzIDs(f *testing.F) {
	const hex = `[0-9A-Fa-f]`
	uuid := fullMatch(hex + `{8}-` + hex + `{4}-` + hex + `{4}-` + hex + `{4}-` + hex + `{12}`)
	fuzzFormats(f,
		reference{tag: "uuid", limit: 36, accept: uuid},
		reference{tag: "uuid_rfc4122", limit: 36, accept: uuid},
		reference{tag: "uuid4", limit: 36, accept: both(uuid, fullMatch(`.{14}4.{4}[89abAB].*`))},
		reference{tag: "uuid4_rfc4122", limit: 36, accept: both(uuid, fullMatch(`.{14}4.{4}[89abAB].*`))},
		reference{tag: "uuid7", limit: 36, accept: both(uuid, fullMatch(`.{14}7.{4}[89abAB].*`))},
		reference{tag: "ulid", limit: 26, accept: fullMatch(`[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}`)},
		reference{tag: "mongodb", limit: 24, accept: fullMatch(`[0-9a-f]{24}`)},
		reference{tag: "sha256", limit: 64, accept: fullMatch(`[0-9a-f]{64}`)},
	)
}

func FuzzEncodings(f *testing.F) {
	decodes := func(e *base64.Encoding) func(string) bool {
		return func(s string) bool {
			_, err := e.DecodeString(s)
			return err == nil && s != "" && !strings.ContainsAny(s, "\r\n")
		}
	}
	fuzzFormats(f,
		reference{tag: "base64", limit: payloadSize, accept: decodes(base64.StdEncoding)},
		reference{tag: "base64url", limit: payloadSize, accept: decodes(base64.URLEncoding)},
		reference{tag: "base64rawurl", limit: payloadSize, accept: decodes(base64.RawURLEncoding)},
		reference{tag: "hexadecimal", limit: payloadSize, accept: fullMatch(`(?:0[xX])?[0-9A-Fa-f]+`)},
		reference{tag: "hexcolor", limit: 9, accept: fullMatch(`#(?:[0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})`)},
		reference{tag: "jwt", limit: payloadSize, accept: fullMatch(`[\w-]+\.[\w-]+\.[\w-]*`)},
	)
}

func FuzzJSONTexts(f *testing.F) {
	fuzzFormats(f,
		reference{tag: "json", limit: payloadSize, accept: func(s string) bool { return json.Valid([]byte(s)) }},
		reference{tag: "jsonpointer", limit: lineSize, accept: func(s string) bool {
			rest := strings.ReplaceAll(strings.ReplaceAll(s, "~0", ""), "~1", "")
			return (s == "" || s[0] == '/') && fullMatch(`(?:[^~]|~[01])*`)(s) && !strings.HasSuffix(rest, "~") && utf8.ValidString(s)
		}},
	)
}

// plainLuhn computes the check digit from left to right, with the numbers that
// are in words in the standard.
func plainLuhn(s string) bool {
	sum := 0
	for i, c := range s {
		d := int(c - '0')
		if (len(s)-i)%2 == 0 {
			d = []int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}[d]
		}
		sum += d
	}
	return sum%10 == 0
}

func FuzzNumbers(f *testing.F) {
	groups := fullMatch(`[0-9]{3,}(?: [0-9]{3,})*`)
	digits := fullMatch(`[0-9]{12,19}`)
	fuzzFormats(f,
		reference{tag: "e164", limit: 16, accept: fullMatch(`\+?[1-9][0-9]{5,14}`)},
		reference{tag: "latitude", limit: 128, accept: fullMatch(`[-+]?(?:[1-8]?[0-9](?:\.[0-9]+)?|90(?:\.0+)?)`)},
		reference{tag: "longitude", limit: 128, accept: fullMatch(`[-+]?(?:(?:1[0-7][0-9]|[1-9]?[0-9])(?:\.[0-9]+)?|180(?:\.0+)?)`)},
		reference{tag: "credit_card", limit: 24, accept: func(s string) bool {
			number := strings.ReplaceAll(s, " ", "")
			return groups(s) && digits(number) && plainLuhn(number)
		}},
	)
}

func FuzzTexts(f *testing.F) {
	const (
		core      = `(?:0|[1-9][0-9]*)`
		pre       = `(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`
		build     = `[0-9A-Za-z-]+`
		cronField = `(?:[A-Za-z0-9*?][A-Za-z0-9*?/,#-]+|[0-9*?])`
		alnum     = `[A-Za-z0-9]`
		sep       = `[-_]`
		private   = `[xX](?:` + sep + alnum + `{1,8})+`
	)
	language := fullMatch(`(?:(?:[A-Za-z]{2,3}(?:` + sep + `[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(?:` + sep + `[A-Za-z]{4})?(?:` + sep + `(?:[A-Za-z]{2}|[0-9]{3}))?` +
		`(?:` + sep + `(?:` + alnum + `{5,8}|[0-9]` + alnum + `{3}))*(?:` + sep + `[0-9A-WYZa-wyz](?:` + sep + alnum + `{2,8})+)*(?:` + sep + private + `)?|` + private + `)`)
	irregular := fullMatch(`(?i:en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)|sgn-(?:be-fr|be-nl|ch-de))`)
	fuzzFormats(f,
		reference{tag: "semver", limit: 128, accept: fullMatch(core + `\.` + core + `\.` + core + `(?:-` + pre + `(?:\.` + pre + `)*)?(?:\+` + build + `(?:\.` + build + `)*)?`)},
		reference{tag: "cron", limit: 128, accept: fullMatch(`@(?:annually|yearly|monthly|weekly|daily|hourly|reboot)|@every (?:[0-9]+(?:ns|us|µs|μs|ms|s|m|h))+|` + cronField + `(?: +` + cronField + `){4,6}`)},
		// The two ASCII letters with another lower case would match otherwise.
		reference{tag: "bcp47_language_tag", limit: 128, accept: both(either(language, irregular), fullMatch(`[\x00-\x7f]*`))},
		reference{tag: "timezone", limit: 32, accept: func(s string) bool { return slices.Contains(validate.TimeZones, s) }},
	)
}

// No string makes a format panic, those without a reference included.
func FuzzFormats(f *testing.F) {
	names := formatNames()
	checks := make([]func(string) bool, len(names))
	for i, name := range names {
		checks[i] = formatOf(f, name)
		f.Add(strings.Repeat(name, 3))
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, check := range checks {
			check(s)
		}
	})
}

func FuzzTimes(f *testing.F) {
	parses := func(layout string) func(string) bool {
		return func(s string) bool {
			_, err := time.Parse(layout, s)
			return err == nil
		}
	}
	references := []reference{
		{tag: "duration", limit: 128, accept: func(s string) bool {
			_, err := time.ParseDuration(s)
			return err == nil
		}},
		{tag: "datetime", limit: 128, accept: both(parses(time.RFC3339), fullMatch(`.{4}-..-..T..:..:..(?:\.[0-9]+)?(?:Z|[-+](?:[01].|2[0-3]):[0-5].)`))},
	}
	for _, layout := range fuzzLayouts {
		references = append(references, reference{tag: "datetime=" + layout, limit: 128, accept: parses(layout)})
	}
	fuzzFormats(f, references...)
}

var fuzzLayouts = []string{
	time.RFC3339, time.DateOnly, time.DateTime, time.TimeOnly, time.RFC1123, time.Kitchen, time.RFC3339Nano, "20060102", "2006-01-02T15:04:05Z07:00", "02.01.2006", "01/02/2006",
	"2006", "15", "15:04", "2006-01-02  15:04", " 2006 ", "05.2006", "05,01", "2006-01-02 15:04:05 Z07:00", "2006-01-02T15:04:05.000Z07:00", "02 01", "01", "02", "01-07",
}

// A layout is read as time.Parse reads it, whatever it is.
func FuzzLayouts(f *testing.F) {
	for _, layout := range fuzzLayouts {
		f.Add(layout, int64(1_700_000_000), "")
		f.Add(layout, int64(-1), "2024-02-29T12:34:56+01:00")
		f.Add(layout, int64(1_709_164_800), "0.5")
	}
	f.Fuzz(func(t *testing.T, layout string, at int64, s string) {
		check, err, _ := validate.FormatWithParam("datetime", layout)
		if err != nil {
			return
		}
		for _, s := range []string{s, time.Unix(at, at).UTC().Format(layout), time.Unix(at, 0).In(time.FixedZone("", int(at%86400))).Format(layout) + s} {
			_, err := time.Parse(layout, s)
			if want := err == nil && len(s) <= 128; check(s) != want {
				t.Errorf("datetime=%q: %q = %v; want %v: %v", layout, s, !want, want, err)
			}
		}
	})
}

// On ASCII the wider syntax adds nothing.
func FuzzAddressSyntax(f *testing.F) {
	for _, tt := range formatCases {
		if strings.HasPrefix(tt.tag, "email") {
			for _, s := range slices.Concat(tt.valid, tt.invalid) {
				f.Add(s)
			}
		}
	}
	for _, e := range emails {
		f.Add(e.in)
	}
	wide := formatOf(f, "email=idn")
	ascii := fullMatch(`[\x00-\x7f]*`)
	f.Fuzz(func(t *testing.T, s string) {
		plain := validate.IsEmail(s)
		switch {
		case ascii(s) && wide(s) != plain,
			plain && !wide(s),
			wide(s) && (len(s) > 254 || !utf8.ValidString(s)):
			t.Errorf("%q: email = %v, email=idn = %v", s, plain, wide(s))
		}
	})
}
