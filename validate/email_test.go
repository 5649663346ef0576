package validate_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/validate"
)

var longLabel = strings.Repeat("d", 63)

// emails is also the seed of FuzzEmail.
var emails = []struct {
	in   string
	want bool
}{
	{"ann@example.com", true},
	{"Ann.Lee+news@Mail.Example.CO.uk", true},
	{"a@b.c", true},
	{"1@2.c", true},
	{"ann@example.3com", true},
	{"!#$%&'*+-/=?^_`{|}~@example.com", true},
	{"-@example.com", true},
	{"ann@x--y.example", true},
	{"ann@1and1.example", true},
	{"ann@xn--bcher-kva.example", true},
	{strings.Repeat("l", 64) + "@example.com", true},
	{"ann@" + longLabel + ".com", true},
	{"ann@com." + longLabel, true},

	{"", false},
	{"@", false},
	{"ann", false},
	{"ann@", false},
	{"@example.com", false},
	{"ann@localhost", false},
	{"ann@example.com@example.com", false},
	{"ann@@example.com", false},

	// Dots stand between characters only.
	{".ann@example.com", false},
	{"ann.@example.com", false},
	{"an..n@example.com", false},
	{"ann@.example.com", false},
	{"ann@example.com.", false},
	{"ann@example..com", false},
	{"ann@.", false},

	// Hyphens stand inside labels only.
	{"ann@-example.com", false},
	{"ann@example-.com", false},
	{"ann@example.-com", false},
	{"ann@example.com-", false},
	{"ann@exam_ple.com", false},

	// The last label ends in a letter.
	{"ann@example.c0m", true},
	{"ann@example.xn--p1ai", true},
	{"ann@example.co-uk", true},
	{"ann@example.com1", false},
	{"ann@example.com-1", false},
	{"ann@example.3", false},
	{"ann@192.0.2.1", false},

	// Hyphens in third and fourth place are for A-labels.
	{"ann@XN--bcher-kva.example", true},
	{"ann@ab-cd.example", true},
	{"ann@abc--d.example", true},
	{"ann@ab--cd.example", false},
	{"ann@xn--.example", false},
	{"ann@xn--0.example", false},
	{"ann@yn--a.example", false},
	{"ann@xo--a.example", false},
	{"ann@xn--a.ab--c.example", false},
	{"ann@a.ab--c", false},

	// Lengths: the whole, the local part, a label.
	{strings.Repeat("l", 65) + "@example.com", false},
	{"ann@d" + longLabel + ".com", false},
	{"ann@com.d" + longLabel, false},
	{strings.Repeat("l", 62) + "@" + longLabel + "." + longLabel + "." + longLabel, true},  // 254
	{strings.Repeat("l", 63) + "@" + longLabel + "." + longLabel + "." + longLabel, false}, // 255

	// Quotes stand around the whole of a local part.
	{`"ann lee"@example.com`, true},
	{`"ann@lee"@example.com`, true},
	{`"ann\"@example.com`, false},
	{`"ann"lee@example.com`, false},
	{`"ann"."lee"@example.com`, false},
	{`ann"lee"@example.com`, false},
	{`""@example.com`, true},
	{`"a\"b\\c\ d"@example.com`, true},
	{`"a..b"@example.com`, true},
	{`" !#~\~\ "@example.com`, true},
	{`"`, false},
	{`""`, false},
	{`"@example.com`, false},
	{`"a\`, false},
	{"\"a\nb\"@example.com", false},
	{"\"a\x7f\"@example.com", false},
	{"\"a\\\n\"@example.com", false},
	{`"a" @example.com`, false},
	{`"a"@`, false},
	{`"ü"@example.com`, false},
	{`"` + strings.Repeat("l", 62) + `"@example.com`, true},
	{`"` + strings.Repeat("l", 63) + `"@example.com`, false},

	// Forms that RFC 5321 allows and this package does not.
	{"ann@[192.0.2.1]", false},
	{"ann(comment)@example.com", false},
	{"Ann <ann@example.com>", false},

	// Characters that do not belong in an address.
	{" ann@example.com", false},
	{"ann@example.com\n", false},
	{"ann\x00@example.com", false},
	{"ann@exa\x00mple.com", false},
	{"ann\x7f@example.com", false},
	{"ann,bob@example.com", false},
	{"jürgen@example.com", false},
	{"ann@bücher.example", false},
	{"ann\xff@example.com", false},
	{"ann@exam\u212aple.com", false}, // the Kelvin sign folds to k
}

func TestEmail(t *testing.T) {
	for _, tt := range emails {
		if got := validate.IsEmail(tt.in); got != tt.want {
			t.Errorf("IsEmail(%q) = %v; want %v", tt.in, got, tt.want)
		}
	}
}

// Each byte is allowed in the local part and in the domain exactly where the
// grammar says.
func TestEmailBytes(t *testing.T) {
	const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for c := range 256 {
		b := string([]byte{byte(c)})
		local := "a" + b + "b@example.com"
		if got, want := validate.IsEmail(local), strings.Contains(alnum+".!#$%&'*+-/=?^_`{|}~", b); got != want {
			t.Errorf("IsEmail(%q) = %v; want %v", local, got, want)
		}
		domain := "ann@a" + b + "b.com"
		if got, want := validate.IsEmail(domain), strings.Contains(alnum+".-", b); got != want {
			t.Errorf("IsEmail(%q) = %v; want %v", domain, got, want)
		}
	}
}

// plainIsEmail says the rules for addresses once more, plainly and slowly.
func plainIsEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || at > 64 || len(s) > 254 {
		return false
	}
	local, domain := s[:at], s[at+1:]
	if plainQuoted.MatchString(local) {
		local = "quoted"
	}
	for atom := range strings.SplitSeq(local, ".") {
		if !plainAtom.MatchString(atom) {
			return false
		}
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if !plainLabel.MatchString(label) || plainTagged.MatchString(label) && !plainALabel.MatchString(label) {
			return false
		}
	}
	return len(labels) >= 2 && plainTop.MatchString(labels[len(labels)-1])
}

var (
	plainQuoted = regexp.MustCompile(`^"([ !#-\[\]-~]|\\[ -~])*"$`)
	plainAtom   = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$")
	plainLabel  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	plainTagged = regexp.MustCompile(`^..--`)
	plainALabel = regexp.MustCompile(`^(?i:xn)--.*[A-Za-z]$`)
	plainTop    = regexp.MustCompile(`[A-Za-z]$`)
)

func FuzzEmail(f *testing.F) {
	addresses := reference{tag: "email", limit: 254, accept: plainIsEmail, check: validate.IsEmail}
	for _, e := range emails {
		f.Add(e.in)
		for neighbour := range neighbours(e.in) {
			addresses.compare(f, neighbour)
		}
	}
	f.Fuzz(func(t *testing.T, s string) { addresses.compare(t, s) })
}

// A string is measured before it is scanned. Twenty thousand looks at a string
// of 256 KiB take a few milliseconds if only its length is read, and more than
// the second allowed here if its bytes are.
func TestLongStringsAreNotScanned(t *testing.T) {
	type form struct {
		Email string `validate:"omitempty,email"`
		Max   string `validate:"omitempty,max=100"`
		Len   string `validate:"omitempty,len=100"`
		Min   string `validate:"omitempty,min=10,max=0"`
		OneOf string `validate:"omitempty,oneof=red green"`
	}
	v := newValidator[form](t, validate.Options{})
	const size = 256 << 10
	for _, long := range []string{
		strings.Repeat("a", size),
		strings.Repeat("a", size) + "@example.com",
		strings.Repeat("a.", size/2) + "@example.com",
		"a@" + strings.Repeat("a.", size/2) + "com",
		strings.Repeat("@", size),
		strings.Repeat("é", size/2),
	} {
		for field, in := range []form{{Email: long}, {Max: long}, {Len: long}, {Min: long}, {OneOf: long}} {
			start := time.Now()
			for range 20_000 {
				if v.Valid(&in) {
					t.Fatal("Valid(long string) = true; want false")
				}
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("field %d, %s...: 20,000 calls took %v; want under 1s", field, fmt.Sprintf("%.10q", long), took)
			}
		}
	}
}
