package integration

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// TestGuard has nginx play a public server, whose redirects lead to a private
// one, which must not hear of them.
func TestGuard(t *testing.T) {
	t.Parallel()
	private := startNginx(t, nil, "", plain(`return 200 "private";`))
	_, privatePort, err := net.SplitHostPort(private.addrs[0])
	require.NoError(t, err)
	public := startNginx(t, nil, "", plain(`
		location /home { return 200 "public"; }
		location /private { return 302 `+private.url(0, "/")+`; }
		location /name { return 307 http://localhost:`+privatePort+`/; }
		location /mapped { return 308 http://[::ffff:127.0.0.1]:`+privatePort+`/; }
		location /nat64 { return 302 http://[64:ff9b::7f00:1]:`+privatePort+`/; }
		location /zone { return 302 http://[fe80::1%25lo]:`+privatePort+`/; }
		location /decimal { return 302 http://2130706433:`+privatePort+`/; }`))
	addr := netip.MustParseAddrPort(public.addrs[0])
	guarded := func(g fetch.Guard) *fetch.Client {
		network := newNetwork(t)
		network.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: private.addrs[0]})
		require.NoError(t, fetch.GuardPublic(&network.Transport, g))
		return newClient(t, network, fetch.Options{Retry: fetch.RetryPolicy{Attempts: 1}})
	}

	// The port is what tells the two apart, since both are on loopback.
	c := guarded(fetch.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []uint16{addr.Port()}})
	if body, err := fetch.Get[string](t.Context(), c, public.url(0, "/home")); body != "public" || err != nil {
		t.Errorf("Get(/home) = %q, %v; want public, and not by the proxy", body, err)
	}
	for _, path := range []string{"/private", "/name", "/mapped", "/nat64", "/zone"} {
		if body, err := fetch.Get[string](t.Context(), c, public.url(0, path)); !errors.Is(err, fetch.ErrBlockedAddress) {
			t.Errorf("Get(%s) = %q, %v; want ErrBlockedAddress", path, body, err)
		}
	}
	if body, err := fetch.Get[string](t.Context(), c, public.url(0, "/decimal")); err == nil {
		t.Errorf("Get(/decimal) = %q; want an error, blocked or not found", body)
	}

	// Nothing is allowed here but what is public.
	port, err := strconv.ParseUint(privatePort, 10, 16)
	require.NoError(t, err)
	c = guarded(fetch.Guard{Ports: []uint16{uint16(port)}})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "[64:ff9b::127.0.0.1]"} {
		body, err := fetch.Get[string](t.Context(), c, strings.Join([]string{"http://", host, ":", privatePort}, ""))
		if !errors.Is(err, fetch.ErrBlockedAddress) {
			t.Errorf("Get of %s = %q, %v; want ErrBlockedAddress", host, body, err)
		}
	}
	if s := private.stats(t); s.accepted != 0 {
		t.Errorf("the private server accepted %d connections; want none", s.accepted)
	}
}
