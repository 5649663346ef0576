package validate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // so that what TestTimeZonesLoad finds is the same everywhere

	"github.com/goplinth/plinth/validate"
	"github.com/stretchr/testify/require"
)

var (
	label63     = strings.Repeat("l", 63)
	host253     = label63 + "." + label63 + "." + label63 + "." + strings.Repeat("l", 61)
	payloadSize = 128 << 10 // what carries data is at most this long
	lineSize    = 8 << 10   // and what stands on one line, this
)

// formatCases is also where the fuzzing seeds come from.
var formatCases = []struct {
	tag            string
	valid, invalid []string
}{
	{"ip", []string{"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"}, []string{"", "192.0.2", "fe80::1%eth0", "192.0.2.1:80", "[::1]", "example.com"}},
	{
		"ipv4",
		[]string{"0.0.0.0", "255.255.255.255", "192.0.2.1", "1.10.100.9"},
		[]string{
			"", ".", "...", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.0.0.1", "0.0.0.256", "1.2.3.999", "1.2.3.1000",
			"01.2.3.4", "1.2.3.00", "0x1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "+1.2.3.4", "1.2.3.a", "::1", "::ffff:1.2.3.4", "1.2.3.4/8",
			"\u0661.2.3.4",
		},
	},
	{
		"ipv6",
		[]string{
			"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::8", "FFFF:ffff:FfFf::", "2001:db8::192.0.2.1",
			"1:2:3:4:5:6:192.0.2.1", "::192.0.2.1", "::ffff:192.0.2.1", "1:2:3:4:5::192.0.2.1", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
			"0001:0002::", "1:2::3:4:5:6:7",
		},
		[]string{
			"", ":", ":::", "1", "1:", ":1", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
			"12345::", "g::", "1:2:3:4:5:6:7:192.0.2.1", "1:2:3:4:5:192.0.2.1", "1:2:3:4:5:6::192.0.2.1", "::192.0.2", "::192.0.2.256", "::1.2.3.4:5",
			"::ffff:192.0.2.01", "fe80::1%eth0", "[::1]", "::1/64", " ::1", "::1\n", "192.0.2.1", ":2:3:4:5:6:7:8", "1:2:3:::8",
			"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555",
		},
	},
	{"cidr", []string{"192.0.2.0/24", "192.0.2.1/24", "2001:db8::/32", "::/0", "0.0.0.0/0"}, []string{"", "/", "192.0.2.0", "192.0.2.0/", "192.0.2.0/33", "::/129", "/24", "fe80::%1/64"}},
	{
		"cidrv4",
		[]string{"192.0.2.0/24", "192.0.2.1/24", "0.0.0.0/0", "255.255.255.255/32"},
		[]string{"", "192.0.2.0/024", "192.0.2.0/00", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/8 ", "192.0.2.0/33", "192.0.2.0/2a", "192.0.2.0/24/8", "192.0.2/24", "::/0", "::ffff:192.0.2.0/24"},
	},
	{
		"cidrv6",
		[]string{"2001:db8::/32", "2001:db8::1/32", "::/0", "::1/128", "::ffff:192.0.2.0/120", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128"},
		[]string{"", "::/129", "::/999", "::/1000", "::/01", "::/", "::", "192.0.2.0/24", "[::]/0"},
	},
	{
		"mac",
		[]string{
			"00:00:5e:00:53:01", "00-00-5E-00-53-01", "0000.5e00.5301", "02:00:5e:10:00:00:00:01", "0200.5e10.0000.0001",
			"00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01", "0000.0000.fe80.0000.0000.0000.0200.5e10.0000.0001", "00005e005301",
			"02005E1000000001", strings.Repeat("0f", 20),
		},
		[]string{
			"", "00:00:5e:00:53", "00:00:5e:00:53:0", "00:00:5e:00:53:01:", "00:00:5e-00:53:01", "00:00:5g:00:53:01", "000:0:5e:00:53:01", "00005e00530g", "00005e0053010",
			"0000:5e00:5301", "0000-5e00-5301", "0000.5e00-5301", "0000.5e00.530", "0.0.0.0.0.0.0.0.0", "00.00.5e.00.53.01", " 0:00:5e:00:53:01", "00:00:5e:00:53:01\n",
			"00:00:5e:00:53:01:02", strings.Repeat(":", 17), strings.Repeat(".", 14),
		},
	},
	{
		"hostname",
		[]string{"a", "example", "example.com", "a-b.c-d", "a1.2b", "x--y", label63, label63 + ".com", host253, "h.1.2.3"},
		[]string{"", ".", "1a", "1.2.3.4", "-a", "a-", "a.-b", "a-.b", "a..b", ".a", "a.", "a_b", "a b", "l" + label63, "a." + label63 + "l", "l" + host253, "b\u00fccher.example", "a\n", "a:80"},
	},
	{
		"hostname_rfc1123",
		[]string{"a", "1", "1a", "1.2.3.4", "256.256.256.256", "3com.example", "a-b", "xn--bcher-kva.example", label63, host253},
		[]string{"", ".", "-1", "1-", "a..b", "a.", ".a", "a_b", "l" + label63, "l" + host253, "\u212a.example", "a\x00b", "[::1]"},
	},
	{
		"fqdn",
		[]string{"example.com", "example.com.", "a.b.c.d", "1.example", "a.x1", "xn--bcher-kva.xn--p1ai", host253, host253 + "."},
		[]string{"", ".", "..", "example", "example.", "example.com..", ".example.com", "a-.com", "-a.com", "a.com-", "1.2.3.4", "a.1x", "a_b.com", "l" + host253, "l" + host253 + ".", "a. com"},
	},
	{
		"hostname_port",
		[]string{"example.com:80", "localhost:65535", "a:1", "192.0.2.1:443", "[::1]:80", "[2001:db8::1]:65535", ":80", "a:080", host253 + ":65535"},
		[]string{
			"", ":", "a", "a:", "a:0", "a:65536", "a:99999", "a:000080", "a:+80", "a:-1", "a:8 0", "::1:80", "[::1]", "[::1]:", "[]:80", "[:80", "]:80", "[192.0.2.1]:80", "[fe80::1%a]:80",
			"a_b:80", "a:b:80", "http://a:80", "l" + host253 + ":1",
		},
	},
	{"port", []string{"1", "80", "080", "65535"}, []string{"", "0", "00000", "65536", "99999", "100000", "+80", "-1", "8o", " 80", "80\n", "0x50"}},
	{
		"url",
		[]string{
			"http://example.com", "HTTP://EXAMPLE.COM/", "https://example.com:443/a/b?c=d&e#f", "http://user:pass@example.com/", "http://a:b@c@example.com/", "http://us%20er:p%41@example.com/",
			"http://[2001:db8::1]:8080/", "http://[::1]", "http://192.0.2.1/", "http://example.com:/", "http://example.com:00080/", "http://:80/",
			"http://b\u00fccher.example/\u00fc", "http://b%c3%bccher.example/", "http://foo_bar.example/", "http://-a.example/", "http://example.com/a b", "http://example.com/%20",
			"mailto:ann@example.com", "javascript:alert(1)", "data:x", "a:b", "a+b-c.1:d", "http:foo", "http://#f", "irc://#channel@network", "file:///etc/hosts", "file://host/x", "file:/x",
			"postgres://a:1,b:2/db", "http://example.com/?%zz", "urn:isbn:0-486-27557-4", "xyz://a!$&'()*+,;=b", "http://example.com/" + strings.Repeat("a", lineSize-19),
		},
		[]string{
			"", ":", "http", "http:", "http:/", "http:/x", "http://", "http:///x", "http://?q", "example.com", "//example.com", "/a", "1a:b", "a_b:c", ":b", "+a:b", " http://example.com",
			"http://example.com\n", "http://exa\x00mple.com", "http://example.com/\x7f", "a:#\x00", "http://exa mple.com", "http://example.com:65536/", "http://example.com:8o/", "http://example.com:-1/",
			"http://[::1", "http://::1/", "http://a:1:2/", "http://[192.0.2.1]/", "http://[fe80::1%25eth0]/", "http://[::1]x", "http://[::1]:x", "http://a[::1]/", "http://[::1]:65536",
			"http://exa%6Dple.com/", "http://exa%zzple.com", "http://example.com/%", "http://example.com/%2", "http://example.com/%zz", "http://example.com/#%zz", "http://us er@example.com/",
			"http://u%zz@example.com/", "http://\"<>.example", "http://a^b/", "http://example.com\\a", "file:", "file://", "file:///", "file:x", "mailto:",
			"http://example.com/" + strings.Repeat("a", lineSize-18),
		},
	},
	{
		"http_url",
		[]string{"http://example.com", "https://example.com", "hTTp://a", "HTTPS://a:1", "http://[::1]/", "http://u:p@a/b?c#d"},
		[]string{"", "http", "http:", "http:a", "http://", "http:///a", "http://:80", "http://u@", "http://#f", "httpx://a", "ftp://a", "ws://a", "file:///a", "javascript:alert(1)", "//a", "a"},
	},
	{"https_url", []string{"https://example.com", "HTTPS://a:1/b"}, []string{"", "http://example.com", "https:", "https://", "https://:443", "httpss://a", "ftp://a"}},
	{
		"uri",
		[]string{"http://example.com", "http:", "http://", "a:b", "/", "/a", "//a/b", "*", "*#f", "/a#%zz", "/a?%zz", "/\u00fc", "mailto:ann@example.com"},
		[]string{"", "#", "#f", "?", "a", "a/b", "**", "1:b", ":a", "/%zz", "/a\n", "/a#\n", "*#\x00", "http://a b/", "http://a:65536", "http://[::1", "/" + strings.Repeat("a", lineSize)},
	},
	{
		"uuid",
		[]string{"00000000-0000-0000-0000-000000000000", "FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF", "01234567-89ab-cdef-0123-456789abcdef"},
		[]string{
			"", "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcde", "01234567-89ab-cdef-0123-456789abcdef0", "0123456-789ab-cdef-0123-456789abcdef",
			"01234567-89ab-cdef-0123-456789abcdeg", "g1234567-89ab-cdef-0123-456789abcdef", "01234567_89ab_cdef_0123_456789abcdef", "{01234567-89ab-cdef-0123-456789abcde}",
			"urn:uuid:01234567-89ab-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcde\n", "\u0661234567-89ab-cdef-0123-456789abcde",
		},
	},
	{
		"uuid4",
		[]string{"01234567-89ab-4def-8123-456789abcdef", "01234567-89AB-4DEF-B123-456789ABCDEF", "01234567-89ab-4def-9123-456789abcdef", "01234567-89ab-4def-a123-456789abcdef"},
		[]string{"", "01234567-89ab-3def-8123-456789abcdef", "01234567-89ab-7def-8123-456789abcdef", "01234567-89ab-4def-7123-456789abcdef", "01234567-89ab-4def-c123-456789abcdef", "01234567-89ab-4def-8123-456789abcdeg"},
	},
	{"uuid7", []string{"01890a5d-ac96-774b-bcce-b302099a8057", "01890A5D-AC96-774B-8CCE-B302099A8057"}, []string{"", "01890a5d-ac96-474b-bcce-b302099a8057", "01890a5d-ac96-774b-ccce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a805"}},
	{"uuid_rfc4122", []string{"01234567-89ab-cdef-0123-456789abcdef"}, []string{""}},
	{"uuid4_rfc4122", []string{"01234567-89AB-4def-8123-456789abcdef"}, []string{"", "01234567-89ab-1def-8123-456789abcdef"}},
	{
		"ulid",
		[]string{"01ARZ3NDEKTSV4RRFFQ69G5FAV", "01arz3ndektsv4rrffq69g5fav", "00000000000000000000000000", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"},
		[]string{"", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "A1ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVA", "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FAL", "01ARZ3NDEKTSV4RRFFQ69G5FAO", "01ARZ3NDEKTSV4RRFFQ69G5FAu", "01ARZ3NDEKTSV4RRFFQ69G5FA-"},
	},
	{
		"mongodb",
		[]string{"507f1f77bcf86cd799439011", "000000000000000000000000", "ffffffffffffffffffffffff"},
		[]string{"", "507f1f77bcf86cd79943901", "507f1f77bcf86cd7994390110", "507F1F77BCF86CD799439011", "507f1f77bcf86cd79943901g", "507f1f77bcf86cd79943901\n"},
	},
	{"sha256", []string{strings.Repeat("0", 64), strings.Repeat("af09", 16)}, []string{"", strings.Repeat("0", 63), strings.Repeat("0", 65), strings.Repeat("A", 64), strings.Repeat("g", 64)}},
	{
		"e164",
		[]string{"+989601", "989601", "+4915112345678", "123456789012345", "+123456789012345"},
		[]string{"", "+", "+12345", "12345", "1234567890123456", "+1234567890123456", "+0123456789", "0123456789", "++1234567", "+49 1511234567", "+49-151-1234567", "+4915a1234567", "+49151123456\n", "(49)1511234567"},
	},
	{
		"datetime",
		[]string{
			"2024-02-29T00:00:00Z", "2023-12-31T23:59:59.999999999999Z", "2023-12-31T23:59:59.1+23:59", "0000-01-01T00:00:00-00:00", "9999-12-31T23:59:59Z",
		},
		[]string{
			"", "2024-02-29", "2023-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "1900-02-29T00:00:00Z", "2024-04-31T00:00:00Z", "2024-00-01T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-00T00:00:00Z",
			"2024-01-32T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2016-12-31T23:59:60Z", "2024-01-01t00:00:00Z", "2024-01-01T00:00:00z", "2024-01-01 00:00:00Z",
			"2024-01-01T00:00:00", "2024-01-01T00:00Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00,1Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+00:60", "2024-01-01T00:00:00+0000",
			"2024-01-01T00:00:00+01", "2024-01-01T00:00:00Z ", " 2024-01-01T00:00:00Z", "2024-01-01T00:00:00ZZ", "12024-01-01T00:00:00Z", "+024-01-01T00:00:00Z", "2024-1-01T00:00:00Z", "2024-01-01T0:00:00Z",
			"2024/01-01T00:00:00Z", "2024-01/01T00:00:00Z", "2024-01-01T00:00-00Z", "2024-01-01T00-00-00Z", "2024-01-01T00:00:00*00:00", "2024-01-01T00:00:00+00-00", "2024-01-01T00:00:0\u0661Z",
			"2024-01-01T00:00:00." + strings.Repeat("1", 128) + "Z",
		},
	},
	{
		"datetime=2006-01-02",
		[]string{"2024-02-29", "0000-02-29", "2000-02-29", "2023-04-30", "2023-12-31"},
		[]string{"", "2023-02-29", "1900-02-29", "2023-04-31", "2023-13-01", "2023-00-01", "2023-01-00", "2023-1-01", "2023-01-1", "2023-01-011", "23-01-01", "2023-01-01T", "-023-01-01", "2023/01/01", "2023-01-01 "},
	},
	{"datetime=2006-01-02 15:04:05", []string{"2024-01-01 00:00:00", "2024-01-01 7:00:00", "2024-01-01   07:00:00", "2024-01-01 07:00:00.5", "2024-01-01 07:00:00,5"}, []string{"", "2024-01-01", "2024-01-0107:00:00", "2024-01-01 24:00:00", "2024-01-01 07:60:00", "2024-01-01 07:00:60", "2024-01-01 07:00:00."}},
	{"datetime=2006-01-02T15:04:05Z07:00", []string{"2024-01-01T00:00:00Z", "2024-01-01T00:00:00.5+24:60"}, []string{"", "2024-01-01T00:00:00", "2024-01-01T00:00:00+25:00", "2024-01-01T00:00:00+00:61", "2024-01-01T00:00:00+0000"}},
	{"datetime=02.01.2006", []string{"31.12.2023"}, []string{"", "12.31.2023", "1.12.2023", "31.12.23"}},
	{"datetime=15:04", []string{"00:00", "7:00", "23:59"}, []string{"", "24:00", "23:60", "23:5", ":00"}},
	{"datetime=Jan 2, 2006 at 3:04pm (MST)", []string{"Feb 3, 2013 at 7:54pm (PST)"}, []string{"", "Feb 30, 2013 at 7:54pm (PST)", "Feb 3, 2013"}},
	{"datetime=2006-01-02T15:04:05.000-0700", []string{"2024-01-01T00:00:00.123+0100"}, []string{"", "2024-01-01T00:00:00+0100"}},
	{"datetime=20060102", []string{"20240229"}, []string{"", "2024-02-29", "20230229", "202402290"}},
	{
		"duration",
		[]string{"0", "+0", "-0", "1ns", "1us", "1\u00b5s", "1\u03bcs", "1ms", "1s", "1m", "1h", "1h30m", "-1.5h", "+.5s", "1.s", "2562047h47m16.854775807s", "-2562047h47m16.854775808s", "1m1m", "00001s"},
		[]string{"", "+", "-", ".", "1", "s", "1x", "1mss", "1h 30m", " 1h", "1h\n", "--1h", ".s", "1..5s", "1d", "1H", "0x1s", "1e3s", "2562047h47m16.854775808s", "9223372036854775808ns", "10000000h", strings.Repeat("1s", 65)},
	},
	{
		"timezone",
		[]string{"UTC", "GMT", "Europe/Berlin", "America/Argentina/ComodRivadavia", "Etc/GMT+12", "Africa/Abidjan", "Zulu", "US/Pacific", "America/Port-au-Prince", "EST5EDT"},
		[]string{"", "Local", "local", "utc", "europe/berlin", "Europe/", "Europe", "Europe/Berlin ", " UTC", "../etc/passwd", "/Europe/Berlin", "Europe//Berlin", "+02:00", "UTC+2", "CEST"},
	},
	{
		"json",
		[]string{
			"0", "-0", "1.5e+10", "1E-2", "true", "false", "null", `""`, "[]", "{}", " [ ] ", "\t\r\n{ }\n", `[1,"a",{},[null]]`, `{"a":1,"b":[true,false],"a":{"c":{}}}`, `"\u00e9\"\\\/\b\f\n\r\t"`, "\"\u00fc\xff\"",
			`{"":0}`, strings.Repeat("[", 10000) + strings.Repeat("]", 10000), `"` + strings.Repeat("a", payloadSize-2) + `"`,
		},
		[]string{
			"", " ", "tru", "truee", "TRUE", "nul", "nan", "+1", "01", "-", "-a", "1.", ".5", "1e", "1e+", "1.e1", "0x1", "--1", `"`, `"a`, `"\"`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\n\"", "'a'", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "{", "}",
			`{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{a:1}`, `{1:1}`, `{"a":1]`, `{"a" 1}`, `{"a"`, `{"a":1`, `{"a":1 "b":2}`, "[]]", "{}{}", "1 2", "[1]x", "\ufeff1", "\v1", "//\n1",
			strings.Repeat("[", 10001) + strings.Repeat("]", 10001), `"` + strings.Repeat("a", payloadSize-1) + `"`, strings.Repeat("[", 5000), strings.Repeat(`{"a":`, 5000),
		},
	},
	{
		"jsonpointer",
		[]string{"", "/", "/a", "/a/b/0/-", "/a~0b~1c", "//", "/ ", "/~01", "/\u00fc", "/%25", "/\x00", "/" + strings.Repeat("a", lineSize-1)},
		[]string{"a", "#", "#/a", "a/b", "/~", "/a~", "/~2", "/~/a", "/~~", " /a", "/\xff", "/" + strings.Repeat("a", lineSize)},
	},
	{
		"jwt",
		[]string{"a.b.c", "a.b.", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
		[]string{"", ".", "..", "...", "a", "a.b", ".b.c", "a..c", "a.b.c.d", "a.b.c=", "a.b.c ", "a.b.c\n", "a+b.c.d", "a.b/c.d", strings.Repeat("a", payloadSize) + ".b.c"},
	},
	{
		"base64",
		[]string{"AA==", "AAA=", "AAAA", "Zm9v", "+/+/", "AB==", strings.Repeat("A", payloadSize)},
		[]string{"", "=", "==", "====", "A", "AA", "AAA", "A===", "AA=", "AAA==", "AAAA=", "AAAA====", "AA==AAAA", "A=AA", "AA-_", "AAAA\n", "AA\nAA", " AAA", "AAA\x00", strings.Repeat("A", payloadSize+4)},
	},
	{"base64url", []string{"AA==", "AAA=", "AAAA", "-_-_"}, []string{"", "AA", "A===", "+/+/", "AA==AAAA", "AAAA\n", strings.Repeat("A", payloadSize+4)}},
	{"base64rawurl", []string{"AA", "AAA", "AAAA", "-_", "AAAAAA"}, []string{"", "A", "AAAAA", "AA==", "AAA=", "+/", "AA\n", strings.Repeat("A", payloadSize+4)}},
	{"hexadecimal", []string{"0", "00", "af09AF", "0x0", "0XaF", strings.Repeat("f", payloadSize)}, []string{"", "0x", "0X", "x0", "g", "0xg", "0x0x0", "#fff", "-1", "a b", "a\n", strings.Repeat("f", payloadSize+1)}},
	{"hexcolor", []string{"#fff", "#FFF8", "#a0B1c2", "#a0b1c2d3"}, []string{"", "#", "fff", "#ff", "#fffff", "#fffffff", "#fffffffff", "#ggg", "#fff ", "##fff", "#ff\n"}},
	{
		"semver",
		[]string{"0.0.0", "1.2.3", "10.20.30", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0-x-y-z.--", "1.0.0-0a", "1.0.0+001", "1.0.0-a+b-c.01", "1.0.0--", "1.0.0+-", "99999999999999999999.0.0", "1.0.0-" + strings.Repeat("a", 122)},
		[]string{
			"", "1", "1.2", "1.2.", ".1.2", "1..2", "1.2.3.4", "v1.2.3", "01.2.3", "1.02.3", "1.2.03", "1.2.3-", "1.2.3+", "1.2.3-a..b", "1.2.3-01", "1.2.3-a.", "1.2.3+a+b", "1.2.3-a_b", "-1.2.3", "1.2.3 ", "a.b.c", "1.2.x",
			"1.0.0-" + strings.Repeat("a", 123),
		},
	},
	{
		"cron",
		[]string{"* * * * *", "*/5 0 1,15 * 1-5", "0 0 * * * *", "0 0 12 1/5 * ? *", "61 * * * *", "0 22 * * MON-FRI", "0 0 ? * 5#3", "*  *  * * *", "@daily", "@every 1h30m", "@every 5ms"},
		[]string{"", "* * * *", "* * * * * * * *", " * * * * *", "* * * * * ", "*\t* * * *", "@midnight", "@Daily", "@every", "@every ", "@every 1", "@every h", "@every 1d", "@every 1.5h", "- * * * *", "/5 * * * *", "a * * * *", "0 0 L * *", "*;* * * * *", "* * * * *\n", strings.Repeat("* ", 60) + "*"},
	},
	{
		"latitude",
		[]string{"0", "-0", "+0", "90", "-90", "90.000", "89.999999", "+45.5", "9", "0.5"},
		[]string{"", "+", "-", "90.1", "91", "100", "-90.0001", "00", "09", "1.", ".5", "1.2.3", "1e1", "45,5", " 45", "45 ", "--1", "45N", "9\u0661", "0." + strings.Repeat("1", 128)},
	},
	{
		"longitude",
		[]string{"0", "180", "-180", "180.0", "179.999", "99.9", "+100.25", "9"},
		[]string{"", "180.1", "181", "190", "200", "1000", "099", "00", "180.", "1.", ".5", "-", "1e2", "12 3"},
	},
	{
		"credit_card",
		[]string{"4111111111111111", "4111 1111 1111 1111", "378282246310005", "3782 822463 10005", "6011000990139424", "000000000000", "0000 0000 0000 0000 000", "000 000 000 000 000 000"},
		[]string{
			"", "4111111111111112", "4111-1111-1111-1111", "4111  1111 1111 1111", " 4111111111111111", "4111111111111111 ", "41 11111111111111", "4111111111111 111x", "00000000000", "00000000000000000000", "0000 0000 0000 00",
			"4111111111111\u0661", "411111111111111a",
		},
	},
	{"iso3166_1_alpha2", []string{"DE", "US", "AD", "ZW", "AZ", "XK", "BQ", "SS"}, []string{"", "D", "de", "De", "DEU", "ZZ", "XX", "AA", "EU", "UK", "AN", "SU", "D1", "1D", "[A", "@A"}},
	{"iso4217", []string{"EUR", "USD", "AED", "ZWG", "XXX", "CHF", "ZAR", "WST", "BGN"}, []string{"", "EU", "eur", "EURO", "DEM", "HRK", "AAA", "E  ", "AD ", "D D", "[UR", "ZZZ"}},
	{
		"bcp47_language_tag",
		[]string{
			"en", "de", "DE-at", "en-US", "en_US", "zh-Hant-TW", "sr-Latn-RS", "es-419", "de-CH-1901", "sl-rozaj-biske-1994", "zh-cmn-Hans-CN", "de-DE-u-co-phonebk", "en-a-bbb-x-a-ccc", "x-whatever", "i-klingon", "EN-gb-OED", "sgn-BE-FR",
			"art-lojban", "en-abcdefgh", "en-1abc", "root", "abcdefgh", "en-x-a", "zh-min-nan", "en-a-abcdefgh", "x-abcdefgh", "en-x-abcdefgh-a",
		},
		[]string{"", "-", "e", "en-", "-en", "en--US", "en-US-", "en US", "123", "e1", "abcdefghi", "en-abcdefghi", "en-abc1", "en-1ab", "en-a", "en-a-", "en-a-b", "x", "x-", "en-x", "x-abcdefghi", "de-419-DE", "en-Latn-Cyrl", "en-US-GB", "a-b", "i-unknown", "\u00fcb", "en-US\n", "en" + strings.Repeat("-abcde", 22)},
	},
	{
		"email=idn",
		[]string{
			"ann@example.com", "j\u00fcrgen@example.com", "ann@b\u00fccher.example", "\u7528\u6237@\u4f8b\u5b50.\u4e16\u754c", "\u044e\u0437\u0435\u0440@\u044d\u043a\u0437\u0430\u043c\u043f\u043b.\u043a\u043e\u043c", "\u0930\u093e\u092e@\u092e\u094b\u0939\u0928.\u0908\u0928\u094d\u092b\u094b",
			"ann@xn--bcher-kva.example", "ann@example.\u4e16\u754c1", "a\u0301@example.com", "ann@" + strings.Repeat("\u00fc", 57) + ".example",
		},
		[]string{
			"", "@", "ann@", "@example.com", "ann", "\u00fc@", "ann@\u00fc", "ann@\u4f8b\u5b50", "ann@.\u00fc.com", "ann@\u00fc..com", "ann@\u00fc.com.", "ann\uff20example.com", "ann@example\uff0ecom", "ann@example\u3002com",
			"ann@-\u00fc.com", "ann@\u00fc-.com", "ann@aa--\u00fc.com", "ann@xn--\u00fc.com", "ann@xn--\u00fca.com", "ann@\u0301a.com", "\u0301a@example.com", "a.\u0301b@example.com", "\u037e@example.com", "ann@\u2488a.com", "ann@\ufb2c.com",
			"a\u00a0b@example.com", "a\u2028b@example.com", "a\u200bb@example.com", "\U0001f600@example.com", "ann@\u00fc.123", "ann@\u00fc.com-", "\xff@example.com", "ann@\xff.com",
			strings.Repeat("\u00fc", 33) + "@example.com", "ann@" + strings.Repeat("\u00fc", 64) + ".example", "ann@" + strings.Repeat("\u00fc\u4e16", 30) + ".example",
		},
	},
	{"email=idn", []string{`"j\u00fcrgen"@example.com`, "\"j\u00fcrgen lee\"@b\u00fccher.example", "ann@example.com"}, []string{"\"\u2028\"@example.com", "\"\xff\"@example.com"}},
	{"email= idn ", []string{"\"\u00fc\"@\u00fc.example"}, []string{""}},
}

func TestFormats(t *testing.T) {
	for _, tt := range formatCases {
		check := formatOf(t, tt.tag)
		for _, s := range tt.valid {
			if !check(s) {
				t.Errorf("%s: %s is refused; want accepted", tt.tag, quoteStart(s))
			}
		}
		for _, s := range tt.invalid {
			if check(s) {
				t.Errorf("%s: %s is accepted; want refused", tt.tag, quoteStart(s))
			}
		}
	}
}

// quoteStart quotes the beginning of s.
func quoteStart(s string) string { return fmt.Sprintf("%.60q, %d bytes", s, len(s)) }

// formatNames lists the tags of the formats. They are in the table above, email
// apart, which has a table of its own.
func formatNames() []string {
	names := []string{"email"}
	for _, tt := range formatCases {
		if !strings.Contains(tt.tag, "=") {
			names = append(names, tt.tag)
		}
	}
	return names
}

func TestFormatNames(t *testing.T) {
	want := strings.Fields(`email url http_url https_url uri ip ipv4 ipv6 cidr cidrv4 cidrv6 mac hostname hostname_rfc1123 fqdn hostname_port port
		uuid uuid4 uuid_rfc4122 uuid4_rfc4122 ulid e164 datetime timezone json jwt base64 base64url base64rawurl hexadecimal hexcolor sha256
		semver cron latitude longitude credit_card iso3166_1_alpha2 iso4217 bcp47_language_tag mongodb duration jsonpointer uuid7`)
	if got := formatNames(); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("formats = %q; want %q", got, want)
	}
	for _, name := range want {
		if check, ok := validate.LookupFormat(name); !ok || check == nil {
			t.Errorf("LookupFormat(%q) = %t; want true", name, ok)
		}
	}
	for _, name := range []string{"", "Email", "email ", "base32", "alpha"} {
		if check, ok := validate.LookupFormat(name); ok || check != nil {
			t.Errorf("LookupFormat(%q) = %t; want false", name, ok)
		}
	}
}

func TestFormatParams(t *testing.T) {
	for _, tt := range []struct {
		name, param string
		ok          bool
		mistake     string // a part of the error
	}{
		{"datetime", "2006", true, ""},
		{"datetime", time.RFC1123, true, ""},
		{"datetime", "PM", true, ""},
		{"datetime", "", true, "write datetime for RFC 3339"},
		{"datetime", "yyyy-mm-dd", true, "datetime=2006-01-02"},
		{"datetime", " ", true, "datetime=2006-01-02"},
		{"email", "idn", true, ""},
		{"email", "", true, "email=idn"},
		{"email", "Idn", true, `"Idn"`},
		{"email", "idn quoted", true, `"idn quoted"`},
		{"uuid", "4", false, ""},
		{"", "", false, ""},
	} {
		check, err, ok := validate.FormatWithParam(tt.name, tt.param)
		if ok != tt.ok || (err != nil) != (tt.mistake != "") || (check != nil) != (ok && err == nil) {
			t.Errorf("FormatWithParam(%q, %q) = %v, %t; want %q, %t", tt.name, tt.param, err, ok, tt.mistake, tt.ok)
		}
		if err != nil && (!strings.Contains(err.Error(), tt.mistake) || !strings.Contains(err.Error(), "; write ")) {
			t.Errorf("FormatWithParam(%q, %q) = %v; want a remedy with %q", tt.name, tt.param, err, tt.mistake)
		}
	}
}

// hostileStrings returns strings of 256 KiB that keep a scanner busy for as long as they
// may: each tag's own valid text repeated, and what backtracks or nests.
func hostileStrings(tag string) []string {
	const size = 256 << 10
	parts := []string{"a", "1", "f", "A", ".", "a.", "a@", "@", "-", ":", "1:", "[", `{"a":`, `"`, `\"`, "%41", "/", "~0", "=", " ", "a ", "1s", "\u00fc", "\xff", "\x00", "0."}
	for _, tt := range formatCases {
		if tt.tag == tag {
			parts = append(parts, tt.valid...)
		}
	}
	var all []string
	for _, part := range parts {
		if part != "" {
			all = append(all, strings.Repeat(part, size/len(part)+1)[:size])
		}
	}
	return append(all, "http://"+all[0], "http://"+all[0]+"/\x7f", "a@"+all[0], `["`+all[0], all[0]+"=", "+"+all[1])
}

// A string is measured before it is scanned. The bar is 5 microseconds for 256
// KiB. To read each byte of that takes ten times as long or more, so that a bar of
// 20 on the fastest of many calls tells the two apart on a slow machine too.
func TestLongStringsAreNotScannedByFormats(t *testing.T) {
	const batch = 50
	for _, tag := range append(formatNames(), "email=idn", "datetime=2006-01-02 15:04:05", "datetime="+time.RFC1123) {
		check := formatOf(t, tag)
		for _, s := range hostileStrings(tag) {
			fastest := time.Duration(1<<63 - 1)
			for range 20 {
				start := time.Now()
				for range batch {
					if check(s) {
						t.Fatalf("%s: %s is accepted; want refused", tag, quoteStart(s))
					}
				}
				if fastest = min(fastest, time.Since(start)/batch); fastest < 20*time.Microsecond {
					break
				}
			}
			if fastest > 20*time.Microsecond {
				t.Errorf("%s: %s takes %v; want 20us at most", tag, quoteStart(s), fastest)
			}
		}
	}
}

// Whether a string is a valid one or not, looking at it allocates nothing. Two
// formats are excepted, as their comments say: layouts that time.Parse reads,
// and durations that are out of range.
func TestFormatsAllocateNothing(t *testing.T) {
	for _, tt := range formatCases {
		if strings.Contains(tt.tag, "Jan") || strings.Contains(tt.tag, ".000") {
			continue
		}
		check := formatOf(t, tt.tag)
		for _, s := range slices.Concat(tt.valid, tt.invalid) {
			if tt.tag == "duration" && (strings.HasSuffix(s, "808s") || strings.HasSuffix(s, "808ns") || s == "10000000h") {
				continue
			}
			if allocs := testing.AllocsPerRun(5, func() { check(s) }); allocs != 0 {
				t.Errorf("%s: %s costs %v allocations; want 0", tt.tag, quoteStart(s), allocs)
			}
		}
	}
}

// Each day of some years is one, and no other.
func TestFormatsKnowTheCalendar(t *testing.T) {
	date, dateTime := formatOf(t, "datetime="+time.DateOnly), formatOf(t, "datetime")
	for _, year := range []int{0, 4, 100, 1900, 2000, 2023, 2024, 9999} {
		for month := range 14 {
			for day := range 33 {
				s := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
				_, err := time.Parse(time.DateOnly, s)
				if want := err == nil; date(s) != want || dateTime(s+"T00:00:00Z") != want {
					t.Errorf("%s: datetime=2006-01-02 is %v, datetime %v; want %v", s, date(s), dateTime(s+"T00:00:00Z"), want)
				}
			}
		}
	}
}

// The names in the table are those of the time zone database, and in order, which
// the search relies on.
func TestTimeZonesLoad(t *testing.T) {
	if !slices.IsSorted(validate.TimeZones) || len(slices.Compact(slices.Clone(validate.TimeZones))) != len(validate.TimeZones) {
		t.Error("the names are not in order")
	}
	for _, name := range validate.TimeZones {
		if _, err := time.LoadLocation(name); err != nil {
			t.Errorf("LoadLocation(%q): %v", name, err)
		}
	}
}

// The widths are those of the encodings that RFC 3492, 7.1 gives, and of some
// more that are registered.
func TestPunycodeWidth(t *testing.T) {
	for _, tt := range []struct{ label, encoded string }{
		{"b\u00fccher", "bcher-kva"},
		{"m\u00fcnchen", "mnchen-3ya"},
		{"\u4e16\u754c", "rhqv96g"},
		{"\u0440\u0444", "p1ai"},
		{"\u53f0\u6e7e", "kprw13d"},
		{"\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587", "ihqwcrb4cv8a8dqg056pqjye"},
		{"3\u5e74b\u7d44\u91d1\u516b\u5148\u751f", "3b-ww4c5e180e575a65lsy2b"},
		{"\u5b89\u5ba4\u5948\u7f8e\u6075-with-super-monkeys", "-with-super-monkeys-pc58ag80a8qai00g7n9n"},
		{"\u3072\u3068\u3064\u5c4b\u6839\u306e\u4e0b2", "2-u9tlzr9756bt3uc0v"},
		{"maji\u3067koi\u3059\u308b5\u79d2\u524d", "majikoi5-783gue6qz075azm5e"},
		{"\u305d\u306e\u30b9\u30d4\u30fc\u30c9\u3067", "d9juau41awczczp"},
		{strings.Repeat("\u00fc", 57), "td" + strings.Repeat("a", 57)},
	} {
		if got, want := validate.ASCIIWidth(tt.label), len("xn--"+tt.encoded); got != want {
			t.Errorf("ASCIIWidth(%q) = %d; want %d, for xn--%s", tt.label, got, want, tt.encoded)
		}
	}
	require.Equal(t, 3, validate.ASCIIWidth("abc"))
}
