package validate_test

import (
	"testing"
	"time"
)

// benchInputs are strings as services see them.
var benchInputs = []struct{ tag, in string }{
	{"email", "first.last+tag@mail.example.co.uk"},
	{"email=idn", "j\u00fcrgen@b\u00fccher.example"},
	{"url", "https://example.com/users/42?expand=orders#top"},
	{"http_url", "https://example.com/users/42?expand=orders#top"},
	{"https_url", "https://example.com/users/42?expand=orders#top"},
	{"uri", "/users/42?expand=orders"},
	{"ip", "2001:db8:85a3::8a2e:370:7334"},
	{"ipv4", "192.168.100.20"},
	{"ipv6", "2001:db8:85a3::8a2e:370:7334"},
	{"cidr", "2001:db8::/32"},
	{"cidrv4", "192.168.0.0/16"},
	{"cidrv6", "2001:db8::/32"},
	{"mac", "00:00:5e:00:53:01"},
	{"hostname", "db-3.eu-west-1.example.com"},
	{"hostname_rfc1123", "db-3.eu-west-1.example.com"},
	{"fqdn", "db-3.eu-west-1.example.com"},
	{"hostname_port", "db-3.eu-west-1.example.com:5432"},
	{"port", "5432"},
	{"uuid", "01890a5d-ac96-774b-bcce-b302099a8057"},
	{"uuid4", "01890a5d-ac96-474b-bcce-b302099a8057"},
	{"uuid7", "01890a5d-ac96-774b-bcce-b302099a8057"},
	{"ulid", "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
	{"mongodb", "507f1f77bcf86cd799439011"},
	{"sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"e164", "+4915112345678"},
	{"datetime", "2024-02-29T12:34:56.789+01:00"},
	{"datetime=" + time.DateOnly, "2024-02-29"},
	{"datetime=" + time.RFC3339, "2024-02-29T12:34:56Z"},
	{"datetime=" + time.RFC1123, "Thu, 29 Feb 2024 12:34:56 UTC"},
	{"duration", "1h30m"},
	{"timezone", "Europe/Berlin"},
	{"json", `{"id":42,"name":"Ann","tags":["a","b"],"address":{"city":"Berlin","zip":null},"ratio":0.5e-3}`},
	{"jsonpointer", "/items/3/price~1unit"},
	{"jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
	{"base64", "c29tZSBieXRlcyBvZiBkYXRhIHRoYXQgYXJlIG5vdCB0ZXh0Lg=="},
	{"base64url", "c29tZSBieXRlcyBvZiBkYXRhIHRoYXQgYXJlIG5vdCB0ZXh0Lg=="},
	{"base64rawurl", "c29tZSBieXRlcyBvZiBkYXRhIHRoYXQgYXJlIG5vdCB0ZXh0Lg"},
	{"hexadecimal", "deadbeefcafe0123"},
	{"hexcolor", "#a0b1c2"},
	{"semver", "1.12.3-rc.1+build.5"},
	{"cron", "*/15 0 1,15 * 1-5"},
	{"latitude", "-52.520008"},
	{"longitude", "113.404954"},
	{"credit_card", "4111 1111 1111 1111"},
	{"iso3166_1_alpha2", "DE"},
	{"iso4217", "EUR"},
	{"bcp47_language_tag", "zh-Hant-TW"},
}

func BenchmarkFormat(b *testing.B) {
	for _, bb := range benchInputs {
		check := formatOf(b, bb.tag)
		if !check(bb.in) {
			b.Fatalf("%s refuses %q", bb.tag, bb.in)
		}
		b.Run("format="+bb.tag+"/input=valid", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				check(bb.in)
			}
		})
		long := hostileStrings(bb.tag)
		b.Run("format="+bb.tag+"/input=hostile", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				check(long[i%len(long)])
			}
		})
	}
}
