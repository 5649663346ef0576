package validate_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goplinth/plinth/validate"
	"github.com/stretchr/testify/require"
)

// The tests of this file run on test data of other projects, which is not part
// of the repository: the directory that PLINTH_CONFORMANCE names holds
//
//	json-schema-format/*.json              JSON-Schema-Test-Suite, draft2020-12/optional/format
//	isemail/cases.jsonl                    dominicsayers/isemail, tests.xml
//	email-validator/cases.jsonl            JoshData/python-email-validator, test_syntax.py
//	libphonenumber/e164_examples.tsv       google/libphonenumber, its example numbers
//
// where a line of cases.jsonl is an object of one case.

// A conformanceCase is a string and what its suite says of it.
type conformanceCase struct {
	in   string
	want bool
}

func conformancePath(t *testing.T, file string) string {
	t.Helper()
	dir := os.Getenv("PLINTH_CONFORMANCE")
	if dir == "" {
		t.Skip("PLINTH_CONFORMANCE names no directory with the data of other projects")
	}
	return filepath.Join(dir, filepath.FromSlash(file))
}

func readLines(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open(conformancePath(t, file))
	require.NoError(t, err)
	defer f.Close()
	var lines []string
	for scan := bufio.NewScanner(f); scan.Scan(); {
		lines = append(lines, scan.Text())
	}
	return lines
}

func readJSONLines[T any](t *testing.T, file string) []T {
	t.Helper()
	var all []T
	for _, line := range readLines(t, file) {
		var v T
		require.NoError(t, json.Unmarshal([]byte(line), &v))
		all = append(all, v)
	}
	return all
}

// schemaCases returns the cases about strings; all formats ignore other values.
func schemaCases(t *testing.T, format string) []conformanceCase {
	t.Helper()
	text, err := os.ReadFile(conformancePath(t, "json-schema-format/"+format+".json"))
	require.NoError(t, err)
	var groups []struct {
		Tests []struct {
			Data  any
			Valid bool
		}
	}
	require.NoError(t, json.Unmarshal(text, &groups))
	var cases []conformanceCase
	for _, group := range groups {
		for _, test := range group.Tests {
			if s, ok := test.Data.(string); ok {
				cases = append(cases, conformanceCase{s, test.Valid})
			}
		}
	}
	return cases
}

// formatOf returns the predicate of a tag.
func formatOf(t testing.TB, tag string) func(string) bool {
	t.Helper()
	name, param, hasParam := strings.Cut(tag, "=")
	if !hasParam {
		check, ok := validate.LookupFormat(name)
		require.True(t, ok, tag)
		return check
	}
	check, err, ok := validate.FormatWithParam(name, param)
	require.True(t, ok, tag)
	require.NoError(t, err)
	return check
}

// checkConformance counts the cases on which tag and its suite agree.
func checkConformance(t *testing.T, tag string, cases []conformanceCase, size, bar int) (misses []conformanceCase) {
	t.Helper()
	check := formatOf(t, tag)
	for _, c := range cases {
		if check(c.in) != c.want {
			misses = append(misses, c)
		}
	}
	t.Logf("%s: %d of %d", tag, len(cases)-len(misses), len(cases))
	if len(cases) != size || size-len(misses) < bar {
		t.Errorf("%s agrees on %d of %d cases; want %d of %d", tag, len(cases)-len(misses), len(cases), bar, size)
	}
	return misses
}

func TestConformanceJSONSchema(t *testing.T) {
	for _, tt := range []struct {
		suite, tag string
		size, bar  int
	}{
		{"ipv4", "ipv4", 35, 35},
		{"ipv6", "ipv6", 36, 36},
		{"uuid", "uuid", 22, 22},
		{"date", "datetime=2006-01-02", 75, 75},
		{"json-pointer", "jsonpointer", 34, 34},
		{"date-time", "datetime", 27, 24}, // two leap seconds, and t and z
		{"email", "email", 21, 19},        // two literals
		{"uri", "uri", 40, 28},            // v10 has 28 too
	} {
		t.Run(tt.suite, func(t *testing.T) {
			for _, miss := range checkConformance(t, tt.tag, schemaCases(t, tt.suite), tt.size, tt.bar) {
				t.Logf("%v: %q", miss.want, miss.in)
			}
		})
	}
}

// The hostname suite of JSON Schema asks for IDNA, whose tables are not in the
// standard library. All that RFC 1123 says must hold.
func TestConformanceHostname(t *testing.T) {
	for _, miss := range checkConformance(t, "hostname_rfc1123", schemaCases(t, "hostname"), 58, 35) {
		if miss.want || !strings.HasPrefix(strings.ToLower(miss.in), "xn--") {
			t.Errorf("hostname_rfc1123(%q) = %v; want %v", miss.in, !miss.want, miss.want)
		}
	}
}

func TestConformancePhoneNumbers(t *testing.T) {
	var cases []conformanceCase
	for _, line := range readLines(t, "libphonenumber/e164_examples.tsv")[1:] {
		cases = append(cases, conformanceCase{strings.Split(line, "\t")[2], true})
	}
	checkConformance(t, "e164", cases, 1144, 1144)
}

// Of isemail, the core is what is valid and needs no quotes, comments or
// literals, against what RFC 5322 and 5321 do not allow. The miss is an address
// at a top-level domain.
func TestConformanceIsEmail(t *testing.T) {
	type isEmail struct{ Input, Category, Diagnosis string }
	var core, quoted []conformanceCase
	for _, c := range readJSONLines[isEmail](t, "isemail/cases.jsonl") {
		switch c.Category {
		case "ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN":
			core = append(core, conformanceCase{c.Input, true})
		case "ISEMAIL_ERR", "ISEMAIL_RFC5322":
			core = append(core, conformanceCase{c.Input, false})
		}
		if c.Diagnosis == "ISEMAIL_RFC5321_QUOTEDSTRING" {
			quoted = append(quoted, conformanceCase{c.Input, true})
		}
	}
	for _, tag := range []string{"email", "email=idn"} {
		for _, miss := range checkConformance(t, tag, core, 118, 117) {
			t.Logf("%v: %q", miss.want, miss.in)
		}
	}
	checkConformance(t, "email", quoted, len(quoted), len(quoted))
}

// The suite of python-email-validator asks for what that accepts by default or
// by an option: IDNs, and names before an address, which are no part of one.
func TestConformanceEmailValidator(t *testing.T) {
	var cases []conformanceCase
	for _, c := range readJSONLines[struct{ Test, Input string }](t, "email-validator/cases.jsonl") {
		switch c.Test {
		case "test_email_valid":
			cases = append(cases, conformanceCase{c.Input, true})
		case "test_email_invalid_syntax":
			cases = append(cases, conformanceCase{c.Input, false})
		}
	}
	for _, tt := range []struct {
		tag string
		bar int
	}{{"email", 87}, {"email=idn", 88}} {
		for _, miss := range checkConformance(t, tt.tag, cases, 91, tt.bar) {
			t.Logf("%v: %q", miss.want, miss.in)
		}
	}
}
