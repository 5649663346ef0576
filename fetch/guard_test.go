package fetch_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

// edges has every special prefix and whether the addresses just before and
// after it are public. It is written by hand from the registries, so that a
// mistake in the package's table shows here.
var edges = []struct {
	prefix        string
	before, after bool
}{
	{"0.0.0.0/8", false, true},
	{"0.0.0.0/32", false, false},
	{"10.0.0.0/8", true, true},
	{"100.64.0.0/10", true, true},
	{"127.0.0.0/8", true, true},
	{"169.254.0.0/16", true, true},
	{"172.16.0.0/12", true, true},
	{"192.0.0.0/24", true, true},
	{"192.0.0.0/29", true, false},
	{"192.0.0.8/32", false, false},
	{"192.0.0.9/32", false, false},
	{"192.0.0.10/32", false, false},
	{"192.0.0.170/32", false, false},
	{"192.0.0.171/32", false, false},
	{"192.0.2.0/24", true, true},
	{"192.31.196.0/24", true, true},
	{"192.52.193.0/24", true, true},
	{"192.88.99.0/24", true, true},
	{"192.88.99.2/32", false, false},
	{"192.168.0.0/16", true, true},
	{"192.175.48.0/24", true, true},
	{"198.18.0.0/15", true, true},
	{"198.51.100.0/24", true, true},
	{"203.0.113.0/24", true, true},
	{"224.0.0.0/4", true, false},
	{"240.0.0.0/4", false, false},
	{"255.255.255.255/32", false, false},
	{"168.63.129.16/32", true, true},

	{"::/128", false, false},
	{"::1/128", false, false},
	{"::/96", false, false},
	{"::ffff:0:0:0/96", false, false},
	{"64:ff9b:1::/48", false, false},
	{"100::/64", false, false},
	{"100:0:0:1::/64", false, false},
	{"2001::/23", true, true},
	{"2001::/32", true, false},
	{"2001:1::1/128", false, false},
	{"2001:1::2/128", false, false},
	{"2001:1::3/128", false, false},
	{"2001:2::/48", false, false},
	{"2001:3::/32", false, false},
	{"2001:4:112::/48", false, false},
	{"2001:10::/28", false, false},
	{"2001:20::/28", false, false},
	{"2001:30::/28", false, false},
	{"2001:db8::/32", true, true},
	{"2002::/16", true, true},
	{"2620:4f:8000::/48", true, true},
	{"3fff::/20", true, true},
	{"5f00::/16", false, false},
	{"fc00::/7", false, false},
	{"fe80::/10", false, false},
	{"fec0::/10", false, false},
	{"ff00::/8", false, false},
	// Prefixes around what is judged otherwise.
	{"4000::/3", true, false},
	{"::/3", false, true},
}

func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	addr, _ := netip.AddrFromSlice(b)
	return addr
}

func TestGuardEdges(t *testing.T) {
	public := func(addr netip.Addr) bool {
		err := fetch.CheckAddress(fetch.Guard{}, "tcp", netip.AddrPortFrom(addr, 443).String())
		if err != nil && !errors.Is(err, fetch.ErrBlockedAddress) {
			t.Errorf("%v: %v; want ErrBlockedAddress", addr, err)
		}
		return err == nil
	}
	known := make(map[netip.Prefix]bool)
	for _, e := range edges {
		p := netip.MustParsePrefix(e.prefix)
		known[p] = true
		first, last := p.Addr(), last(p)
		if public(first) || public(last) {
			t.Errorf("%v: first %v and last %v pass: %v, %v; want neither", p, first, last, public(first), public(last))
		}
		if before := first.Prev(); before.IsValid() && public(before) != e.before {
			t.Errorf("%v before %v passes: %v; want %v", before, p, !e.before, e.before)
		}
		if after := last.Next(); after.IsValid() && public(after) != e.after {
			t.Errorf("%v after %v passes: %v; want %v", after, p, !e.after, e.after)
		}
		if first.Is4() {
			for _, form := range []string{"::ffff:", "64:ff9b::"} {
				for _, v4 := range []netip.Addr{first, last, first.Prev(), last.Next()} {
					if v4.IsValid() && public(netip.MustParseAddr(form+v4.String())) != public(v4) {
						t.Errorf("%s%v is judged otherwise than %v", form, v4, v4)
					}
				}
			}
		}
	}
	for _, p := range fetch.SpecialPrefixes() {
		if !known[p] {
			t.Errorf("%v is refused, and no test looks at its edges", p)
		}
	}
}

func TestGuardCheckAddress(t *testing.T) {
	nat64 := fetch.Guard{NAT64: []netip.Prefix{netip.MustParsePrefix("2001:db8:64::/96"), netip.MustParsePrefix("2a00:1:2::/48")}}
	lists := fetch.Guard{
		Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("93.184.0.0/16")},
		Deny:  []netip.Prefix{netip.MustParsePrefix("10.1.2.0/24"), netip.MustParsePrefix("93.184.216.0/24")},
		Ports: []uint16{8080},
	}
	for _, tt := range []struct {
		guard            fetch.Guard
		network, address string
		want             string // "" if it passes
	}{
		{fetch.Guard{}, "tcp4", "93.184.216.34:80", ""},
		{fetch.Guard{}, "tcp4", "93.184.216.34:443", ""},
		{fetch.Guard{}, "tcp6", "[2606:2800:220:1::1]:443", ""},
		{fetch.Guard{}, "tcp4", "93.184.216.34:22", "blocked address: port 22 is not in Guard.Ports, [80 443]"},
		{fetch.Guard{}, "udp4", "93.184.216.34:443", `blocked address: the network is "udp4", not tcp`},
		{fetch.Guard{}, "unix", "/run/docker.sock", `blocked address: "/run/docker.sock" is not an address and port`},
		{fetch.Guard{}, "tcp4", "10.1.2.3:80", "blocked address: 10.1.2.3 is in 10.0.0.0/8 (private use, RFC 1918); Guard.Allow makes exceptions"},
		{fetch.Guard{}, "tcp6", "[fe80::1%lo]:80", "blocked address: fe80::1%lo has a zone; Guard.Allow makes exceptions"},
		{fetch.Guard{}, "tcp6", "[2606:2800:220:1::1%eth0]:80", "blocked address: 2606:2800:220:1::1%eth0 has a zone; Guard.Allow makes exceptions"},
		{fetch.Guard{}, "tcp6", "[::ffff:93.184.216.34%eth0]:80", "blocked address: ::ffff:93.184.216.34%eth0 has a zone; Guard.Allow makes exceptions"},
		{fetch.Guard{}, "tcp6", "[64:ff9b::a9fe:a9fe]:80", "blocked address: 64:ff9b::a9fe:a9fe is the NAT64 form of an address that is refused: 169.254.169.254 is in 169.254.0.0/16 (link-local, RFC 3927); Guard.Allow makes exceptions"},
		{fetch.Guard{}, "tcp6", "[64:ff9b::5db8:d822]:80", ""},
		{fetch.Guard{}, "tcp6", "[4000::1]:80", "blocked address: 4000::1 is outside of 2000::/3 (global unicast, RFC 4291); Guard.Allow makes exceptions"},
		{fetch.Guard{}, "tcp6", "[fd00:ec2::254]:80", "blocked address: fd00:ec2::254 is in fc00::/7 (unique local, RFC 4193); Guard.Allow makes exceptions"},

		{nat64, "tcp6", "[2001:db8:64::5db8:d822]:80", ""},
		{nat64, "tcp6", "[2001:db8:64::7f00:1]:80", "refused: 127.0.0.1 is in 127.0.0.0/8"},
		{nat64, "tcp6", "[2001:db8:65::5db8:d822]:80", "(documentation, RFC 3849)"},
		{nat64, "tcp6", "[2a00:1:2:5db8:d8:2200::]:80", ""},
		{nat64, "tcp6", "[2a00:1:2:a9fe:a9:fe00::]:80", "refused: 169.254.169.254 is in"},
		{nat64, "tcp6", "[2a00:1:2:5db8:1d8:2200::]:80", "is no address of the NAT64 2a00:1:2::/48 (RFC 6052)"},
		{nat64, "tcp6", "[64:ff9b::7f00:1]:80", "refused: 127.0.0.1 is in 127.0.0.0/8"},

		{lists, "tcp4", "10.1.1.1:8080", ""},
		{lists, "tcp4", "10.1.2.1:8080", "10.1.2.1 is in Guard.Deny"},
		{lists, "tcp4", "10.2.0.1:8080", "10.2.0.1 is in 10.0.0.0/8"},
		{lists, "tcp4", "93.184.216.34:8080", "93.184.216.34 is in Guard.Deny"},
		{lists, "tcp4", "93.184.215.34:8080", ""},
		{lists, "tcp4", "93.184.215.34:80", "port 80 is not in Guard.Ports, [8080]"},
		{lists, "tcp6", "[::ffff:10.1.1.1]:8080", ""},
		{lists, "tcp6", "[::ffff:10.1.2.1]:8080", "10.1.2.1 is in Guard.Deny"},
		{lists, "tcp6", "[64:ff9b::10.1.2.1]:8080", "10.1.2.1 is in Guard.Deny"},
		{lists, "tcp6", "[fd00::1]:8080", ""},
		{lists, "tcp6", "[fd00::1%eth0]:8080", "has a zone"},
	} {
		err := fetch.CheckAddress(tt.guard, tt.network, tt.address)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s %s: %v; want it to pass", tt.network, tt.address, err)
		case tt.want != "" && (!errors.Is(err, fetch.ErrBlockedAddress) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s %s: %v; want %s", tt.network, tt.address, err, tt.want)
		}
	}
}

// TestEmbeddedIPv4 has the examples of RFC 6052, section 2.4.
func TestEmbeddedIPv4(t *testing.T) {
	want := netip.MustParseAddr("192.0.2.33")
	for bits, addr := range map[int]string{
		32: "2001:db8:c000:221::",
		40: "2001:db8:1c0:2:21::",
		48: "2001:db8:122:c000:2:2100::",
		56: "2001:db8:122:3c0:0:221::",
		64: "2001:db8:122:344:c0:2:2100::",
		96: "2001:db8:122:344::192.0.2.33",
	} {
		if got, ok := fetch.EmbeddedIPv4(netip.MustParseAddr(addr), bits); got != want || !ok {
			t.Errorf("embeddedIPv4(%s, %d) = %v, %v; want %v, true", addr, bits, got, ok, want)
		}
	}
}

func FuzzGuard(f *testing.F) {
	for _, e := range edges {
		f.Add(netip.MustParsePrefix(e.prefix).Addr().AsSlice(), "")
	}
	f.Add(netip.MustParseAddr("fe80::1").AsSlice(), "lo")
	f.Add(netip.MustParseAddr("64:ff9b::7f00:1").AsSlice(), "")
	f.Fuzz(func(t *testing.T, b []byte, zone string) {
		addr, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		addr = addr.WithZone(zone)
		err := fetch.CheckAddress(fetch.Guard{}, "tcp", netip.AddrPortFrom(addr, 80).String())
		// The standard library knows some of what is private, by other code.
		v4 := addr.Unmap()
		if bytes := addr.As16(); addr.Is6() && netip.MustParsePrefix("64:ff9b::/96").Contains(addr) {
			v4 = netip.AddrFrom4([4]byte(bytes[12:]))
		}
		private := v4.IsPrivate() || v4.IsLoopback() || v4.IsLinkLocalUnicast() || v4.IsMulticast() || v4.IsUnspecified() || addr.Zone() != ""
		if private && !errors.Is(err, fetch.ErrBlockedAddress) {
			t.Errorf("%v passes (%v); want ErrBlockedAddress", addr, err)
		}
	})
}

func TestGuardPublicReportsEveryMistake(t *testing.T) {
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("the user's") }
	proxy := http.ProxyURL(&url.URL{Host: "proxy"})
	transport := &http.Transport{DialContext: dial, DialTLSContext: dial, Proxy: proxy}
	//lint:ignore SA1019 it is still called if it is set
	transport.DialTLS = func(string, string) (net.Conn, error) { return nil, nil }
	err := fetch.GuardPublic(transport, fetch.Guard{
		Ports: []uint16{80, 0},
		Hosts: []string{"good", "http://a", "a:80", "", "*", "bücher.example", "fe80::1%lo", "*.*.a"},
		Allow: []netip.Prefix{{}, netip.MustParsePrefix("::ffff:10.0.0.0/104")},
		Deny:  []netip.Prefix{{}},
		NAT64: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/32"), netip.MustParsePrefix("2001:db8::/33"), {}},
	})
	require.Error(t, err)
	for _, want := range []string{
		"transport.DialTLSContext is 0x", "transport.DialTLS is 0x", "Guard.Ports[1] is 0 (uint16): must be from 1 to 65535",
		"Guard.Hosts[1] is http://a (string): must be a name or an address", "Guard.Hosts[2] is a:80", "Guard.Hosts[3] is  (string)", "Guard.Hosts[4] is *", "Guard.Hosts[5] is bücher", "Guard.Hosts[6] is fe80::1%lo", "Guard.Hosts[7] is *.*.a",
		"Guard.Allow[0] is invalid Prefix", "Guard.Allow[1] is ::ffff:10.0.0.0/104", "Guard.Deny[0]", "Guard.NAT64[0] is 10.0.0.0/32", "Guard.NAT64[1] is 2001:db8::/33", "Guard.NAT64[2] is invalid",
	} {
		if !strings.Contains(err.Error(), "fetch: "+want) {
			t.Errorf("GuardPublic error = %v; want it to say %s", err, want)
		}
	}
	if lines := strings.Count(err.Error(), "\n") + 1; lines != 16 {
		t.Errorf("GuardPublic reports %d mistakes; want 16:\n%v", lines, err)
	}
	if _, err := transport.DialContext(t.Context(), "tcp", "a:80"); err == nil || err.Error() != "the user's" || transport.Proxy == nil {
		t.Errorf("GuardPublic changed a transport that it refused")
	}
	if err := fetch.GuardPublic(nil, fetch.Guard{}); err == nil || !strings.HasPrefix(err.Error(), "fetch: transport is <nil> (*http.Transport): must not be nil") {
		t.Errorf("GuardPublic(nil) = %v", err)
	}
}

// guarded returns a client whose connections pass g. Names are looked up in
// dns, if it is not empty.
func guarded(t *testing.T, g fetch.Guard, dns string) *fetch.Client {
	t.Helper()
	if dns != "" {
		g.Dialer = &net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "udp", dns)
		}}}
	}
	transport := fetch.NewTransport(fetch.TransportOptions{})
	transport.DisableKeepAlives = true // every request dials
	require.NoError(t, fetch.GuardPublic(transport, g))
	return newClient(t, fetch.Options{Transport: transport, Retry: fetch.RetryPolicy{BaseDelay: 1}})
}

// portOf returns the port of a URL.
func portOf(t *testing.T, rawURL string) uint16 {
	t.Helper()
	u, err := url.Parse(rawURL)
	require.NoError(t, err)
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	require.NoError(t, err)
	return uint16(port)
}

// TestGuardSeesThroughTricks writes the loopback address in all the ways that
// have fooled filters. The name server is on the attacker's side: it gives that
// address for every name, as getaddrinfo does for some of these.
func TestGuardSeesThroughTricks(t *testing.T) {
	o := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Body: "secret"} })
	defer o.Close()
	port := portOf(t, o.URL)
	c := guarded(t, fetch.Guard{Ports: []uint16{port}}, nameServer(t, func(string, int) string { return "127.0.0.1" }))
	for _, host := range []string{
		"127.0.0.1", "0x7f.0.0.1", "0x7f000001", "0.0.0.0", "localhost", "localhost.", "LOCALHOST", "localtest.me.", "example.com", "127.0.0.1.nip.io.",
		"[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]",
		"[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[2001::80ff:fffe]",
		"[fe80::1]", "[fe80::1%25lo]", "[fe80::1%25eth0]", "[::1%25lo]", "[::ffff:127.0.0.1%25lo]",
		"user@127.0.0.1", "example.com@127.0.0.1", "example.com:80@127.0.0.1", "example.com%40@127.0.0.1",
		"１２７.０.０.１", "127。0。0。1", "①②⑦.⓪.⓪.①", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "exampⅼe.com",
		"169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal.", "168.63.129.16", "100.100.100.200", "192.0.0.192",
	} {
		_, err := fetch.Get[string](t.Context(), c, "http://"+host+":"+strconv.Itoa(int(port))+"/")
		if !errors.Is(err, fetch.ErrBlockedAddress) {
			t.Errorf("Get(http://%s) = %v; want ErrBlockedAddress", host, err)
		}
	}
	// Whether these are addresses depends on who reads them: Go's resolver finds
	// no such host, that of the C library finds loopback.
	system := guarded(t, fetch.Guard{Ports: []uint16{port}}, "")
	for _, host := range []string{"127.1", "127.0.1", "0177.0.0.1", "2130706433", "017700000001", "127.0.0.1.", "127.000.000.001", "0"} {
		for _, c := range []*fetch.Client{c, system} {
			_, err := fetch.Get[string](t.Context(), c, "http://"+host+":"+strconv.Itoa(int(port))+"/")
			if dns, ok := errors.AsType[*net.DNSError](err); !errors.Is(err, fetch.ErrBlockedAddress) && !(ok && dns.IsNotFound) {
				t.Errorf("Get(http://%s) = %v; want ErrBlockedAddress or no such host", host, err)
			}
		}
	}
	// These are no URLs, or none that lead anywhere.
	for _, raw := range []string{
		"http://127.0.0.1\t/", "http://127.0.0.1:" + strconv.Itoa(int(port)) + "\\@example.com/", "http://[::1", "http://[127.0.0.1]/", "http://[::ffff:127.0.0.1%lo]/",
		"file:///etc/passwd", "gopher://127.0.0.1/", "http://127.0.0.1:99999/", "http://%31%32%37.0.0.1:22/",
	} {
		if got, err := fetch.Get[string](t.Context(), c, raw); err == nil {
			t.Errorf("Get(%s) = %q; want an error", raw, got)
		}
	}
	if n := o.Requests(); n != 0 {
		t.Errorf("the origin got %d requests; want none", n)
	}
	allowed := guarded(t, fetch.Guard{Ports: []uint16{port}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}, "")
	if got, err := fetch.Get[string](t.Context(), allowed, o.URL); got != "secret" || err != nil {
		t.Errorf("Get with Guard.Allow = %q, %v; want the body", got, err)
	}
}

// TestGuardAgainstRebinding has a name server that changes its mind after the
// first answer, when a filter that looks up the name itself has been satisfied.
func TestGuardAgainstRebinding(t *testing.T) {
	o := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Body: "x"} })
	defer o.Close()
	port := portOf(t, o.URL)
	dns := nameServer(t, func(_ string, query int) string {
		if query == 1 {
			return "127.0.0.1" // stands for a public address
		}
		return "127.0.0.2"
	})
	c := guarded(t, fetch.Guard{Ports: []uint16{port}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}, dns)
	target := "http://rebind.example.:" + strconv.Itoa(int(port))
	if _, err := fetch.Get[string](t.Context(), c, target); err != nil {
		t.Errorf("Get while the name is public = %v", err)
	}
	_, err := fetch.Get[string](t.Context(), c, target)
	if !errors.Is(err, fetch.ErrBlockedAddress) || !strings.Contains(err.Error(), "127.0.0.2 is in 127.0.0.0/8") {
		t.Errorf("Get after the name was rebound = %v; want ErrBlockedAddress", err)
	}
	if n := o.Requests(); n != 1 {
		t.Errorf("the origin got %d requests; want 1", n)
	}
}

func TestGuardAgainstRedirects(t *testing.T) {
	var location string
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Status: http.StatusFound, Header: http.Header{"Location": {location}}}
	})
	defer o.Close()
	port := portOf(t, o.URL)
	dns := nameServer(t, func(string, int) string { return "127.0.0.2" })
	c := guarded(t, fetch.Guard{Ports: []uint16{port}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}, dns)
	for _, location = range []string{
		"http://127.0.0.2/", "http://[::1]/", "http://[::ffff:127.0.0.2]/", "//127.0.0.2/", "http://inner.example./", "http://169.254.169.254/latest/meta-data/",
		"http://user@10.0.0.1/", "http://[64:ff9b::a00:1]/", "http://[fe80::1%25lo]/",
	} {
		req, err := http.NewRequest("GET", o.URL, nil)
		require.NoError(t, err)
		r, err := fetch.Send[string](t.Context(), c, req)
		if !errors.Is(err, fetch.ErrBlockedAddress) {
			t.Errorf("redirect to %s: %v; want ErrBlockedAddress", location, err)
		}
		if r.Attempts > 2 {
			t.Errorf("redirect to %s: %d attempts; a blocked address is not tried again", location, r.Attempts)
		}
	}
}

func TestGuardHosts(t *testing.T) {
	var location string
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		if r.URL.Path == "/away" {
			return fetchtest.Answer{Status: http.StatusFound, Header: http.Header{"Location": {location}}}
		}
		return fetchtest.Answer{Body: "x"}
	})
	defer o.Close()
	port := portOf(t, o.URL)
	suffix := ":" + strconv.Itoa(int(port))
	dns := nameServer(t, func(string, int) string { return "127.0.0.1" })
	c := guarded(t, fetch.Guard{
		Ports: []uint16{port},
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Hosts: []string{"api.example.com", "*.cdn.example.", "127.0.0.1", "xn--bcher-kva.example"},
	}, dns)
	for host, want := range map[string]bool{
		"api.example.com": true, "API.Example.COM.": true, "a.cdn.example": true, "a.b.cdn.example.": true, "127.0.0.1": true, "bücher.example": true, "[::ffff:127.0.0.1]": true,
		"cdn.example": false, "acdn.example": false, ".cdn.example": false, "example.com": false, "xapi.example.com": false, "api.example.com.evil.example": false,
		"api.example.com@evil.example": false, "127.0.0.2": false, "buecher.example": false, "аpi.example.com": false, // the first letter is Cyrillic
	} {
		_, err := fetch.Get[string](t.Context(), c, "http://"+host+suffix+"/")
		if want && err != nil || !want && !errors.Is(err, fetch.ErrBlockedAddress) {
			t.Errorf("Get(http://%s) = %v; want it to pass: %v", host, err, want)
		}
	}
	location = "http://evil.example" + suffix + "/"
	if _, err := fetch.Get[string](t.Context(), c, o.URL+"/away"); !errors.Is(err, fetch.ErrBlockedAddress) || !strings.Contains(err.Error(), `"evil.example" is not in Guard.Hosts`) {
		t.Errorf("redirect away from Guard.Hosts = %v; want ErrBlockedAddress", err)
	}
}

// TestGuardWithoutProxy checks that nothing is sent to a proxy, which would
// connect to anything.
func TestGuardWithoutProxy(t *testing.T) {
	proxy := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Body: "secret"} })
	defer proxy.Close()
	u, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	transport := fetch.NewTransport(fetch.TransportOptions{})
	if transport.Proxy == nil {
		t.Error("NewTransport has no Proxy; want that of the environment")
	}
	transport.Proxy = http.ProxyURL(u)
	require.NoError(t, fetch.GuardPublic(transport, fetch.Guard{}))
	if transport.Proxy != nil {
		t.Error("GuardPublic left the Proxy in place")
	}
	c := newClient(t, fetch.Options{Transport: transport})
	if _, err := fetch.Get[string](t.Context(), c, "http://10.0.0.1/"); !errors.Is(err, fetch.ErrBlockedAddress) {
		t.Errorf("Get = %v; want ErrBlockedAddress", err)
	}
	transport.Proxy = http.ProxyURL(u) // by somebody who has not read the documentation
	if _, err := fetch.Get[string](t.Context(), c, "http://93.184.216.34/"); !errors.Is(err, fetch.ErrBlockedAddress) {
		t.Errorf("Get through a proxy on loopback = %v; want ErrBlockedAddress", err)
	}
	if n := proxy.Requests(); n != 0 {
		t.Errorf("the proxy got %d requests; want none", n)
	}
}

func TestGuardDialer(t *testing.T) {
	url := origin(t, func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Body: "x"} })
	var calls atomic.Int32
	count := func(string, string, syscall.RawConn) error { calls.Add(1); return nil }
	countContext := func(context.Context, string, string, syscall.RawConn) error { calls.Add(1); return nil }
	for name, dialer := range map[string]*net.Dialer{
		"Control": {Control: count}, "ControlContext": {ControlContext: countContext}, "both": {Control: count, ControlContext: countContext},
	} {
		for _, allow := range []bool{false, true} {
			calls.Store(0)
			transport := &http.Transport{}
			g := fetch.Guard{Ports: []uint16{portOf(t, url)}, Dialer: dialer}
			if allow {
				g.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
			}
			require.NoError(t, fetch.GuardPublic(transport, g))
			_, err := fetch.Get[string](t.Context(), newClient(t, fetch.Options{Transport: transport}), url)
			if want := map[bool]int32{false: 0, true: 1}[allow]; (err == nil) != allow || calls.Load() != want {
				t.Errorf("%s, allowed %v: %v after %d calls of the dialer's own control; want %d", name, allow, err, calls.Load(), want)
			}
		}
	}
}

func TestGuardKeepsHTTP2(t *testing.T) {
	o := fetchtest.NewTLSOrigin(func(r *http.Request) fetchtest.Answer { return fetchtest.Answer{Body: r.Proto} })
	defer o.Close()
	transport := o.Transport()
	require.NoError(t, fetch.GuardPublic(transport, fetch.Guard{Ports: []uint16{portOf(t, o.URL)}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}))
	if got, err := fetch.Get[string](t.Context(), newClient(t, fetch.Options{Transport: transport}), o.URL); got != "HTTP/2.0" || err != nil {
		t.Errorf("Get = %q, %v; want HTTP/2.0", got, err)
	}
}

func BenchmarkGuard(b *testing.B) {
	for _, address := range []string{"93.184.216.34:443", "[2606:2800:220:1::1]:443", "10.0.0.1:443"} {
		check := fetch.NewCheck(fetch.Guard{})
		b.Run("address="+address, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				check("tcp", address)
			}
		})
	}
}

// nameServer starts a DNS server on loopback that answers every query for an A
// record with what answer returns for the name and the number of such queries
// so far. It returns its address.
func nameServer(t *testing.T, answer func(name string, query int) string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		queries := 0
		for {
			query := make([]byte, 512)
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			name, end, ok := question(query[:n])
			if !ok {
				continue
			}
			// RFC 1035, section 4.1.1: a response without error that repeats the
			// question.
			reply := append(slices.Clone(query[:2]), 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
			reply = append(reply, query[12:end]...)
			if query[end-3] == 1 { // type A
				queries++
				reply[7] = 1                                                  // answers
				reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4) // the name above, A, IN, TTL 0, 4 bytes
				reply = append(reply, net.ParseIP(answer(name, queries)).To4()...)
			}
			conn.WriteTo(reply, from)
		}
	}()
	return conn.LocalAddr().String()
}

// question returns the name that a query asks for and the end of its question.
func question(query []byte) (name string, end int, ok bool) {
	for end = 12; end < len(query) && query[end] != 0; end += 1 + int(query[end]) {
		name += string(query[end+1:min(len(query), end+1+int(query[end]))]) + "."
	}
	end += 5 // the root, type and class
	return name, end, end <= len(query)
}
