package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"code.dny.dev/ssrf"
	"github.com/doyensec/safeurl"
	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

const (
	modSafeURL = "github.com/doyensec/safeurl"
	modSSRF    = "code.dny.dev/ssrf"
)

var netHTTPDefects = []defect{
	{"std", "X-Api-Key goes along to another host", redirected("X-Api-Key", otherHost, stdDo), redirected("X-Api-Key", otherHost, plinth(fetch.Options{}))},
	{"std", "Authorization goes along to another port", redirected("Authorization", otherPort, stdDo), redirected("Authorization", otherPort, plinth(fetch.Options{}))},
	{"std", "Authorization goes along from https to http", downgraded(stdDo), downgraded(plinth(fetch.Options{}))},
	{"std", "a transport that adds a token adds it for other hosts too", redirected("", otherHost, stdToken), redirected("", otherHost, plinth(fetch.Options{PrepareAttempt: addToken}))},
	{"std", "ResponseHeaderTimeout does not bound a body that trickles", stdTrickle, plinthTrickle},
	{"std", "2 idle connections are kept: 20 rounds of 64 requests open more", rounds(stdDo), rounds(plinthOwn)},
	{"std", "a body that was compressed twice is handed on, and nothing says so", stdGzipTwice, plinthGzipTwice},
}

var guardDefects = []defect{
	{modSafeURL, "the list of hosts is not applied to redirects", safeurlRedirect, plinthGuardRedirect},
	{modSafeURL, "an address with a zone ends the program", crashes("safeurl"), crashes("plinth")},
	{modSafeURL, "HTTP/2 is off", safeurlHTTP2, plinthHTTP2},
	{modSafeURL, "IPv6 is off by default", safeurlIPv6, plinthIPv6},
	{modSafeURL, "idle connections are kept for ever", safeurlIdle, plinthIdle},
	{modSSRF, "public addresses behind a NAT64 are refused", ssrfNAT64, plinthNAT64},
	{modSSRF, "a proxy connects where the guard would not", ssrfProxy, plinthProxy},
}

func stdDo(_ *testing.T, rt http.RoundTripper) doer { return (&http.Client{Transport: rt}).Do }

func addToken(req *http.Request) error {
	req.Header.Set("Authorization", "Bearer secret")
	return nil
}

// stdToken adds a token as transports for OAuth do.
func stdToken(t *testing.T, rt http.RoundTripper) doer {
	return stdDo(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		addToken(req)
		return rt.RoundTrip(req)
	}))
}

func otherHost(u string) string { return strings.Replace(u, "127.0.0.1", "localhost", 1) }
func otherPort(u string) string { return u }

// redirected sends a header to an origin that redirects to another one, and
// looks at what arrives there.
func redirected(key string, change func(string) string, open opener) trial {
	return func(t *testing.T) verdict {
		var got http.Header
		target, _ := serve(t, func(r *http.Request) fetchtest.Answer {
			got = r.Header
			return fetchtest.Answer{}
		})
		o, rt := serve(t, always(fetchtest.Redirect(change(target.URL)+"/target")))
		rt.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, strings.Replace(address, "localhost", "127.0.0.1", 1))
		}
		return secretArrived(t, open(t, rt), o.URL, key, &got)
	}
}

func secretArrived(t *testing.T, do doer, u, key string, got *http.Header) verdict {
	req := newRequest(t, "GET", u, nil)
	if key == "" {
		key = "Authorization"
	} else {
		req.Header.Set(key, "secret")
	}
	_, _, err := finish(do(req))
	switch {
	case *got == nil && err != nil:
		return judge(errors.Is(err, fetch.ErrRedirectDenied), "%s", shortRedirect(err))
	case got.Get(key) != "":
		return judge(false, "%s: %s arrived", key, got.Get(key))
	}
	return judge(true, "%s did not arrive", key)
}

// shortRedirect leaves out the URLs, whose ports differ from run to run.
func shortRedirect(err error) string {
	if errors.Is(err, fetch.ErrRedirectDenied) {
		return "ErrRedirectDenied"
	}
	return short(err)
}

func downgraded(open opener) trial {
	return func(t *testing.T) verdict {
		var got http.Header
		target, _ := serve(t, func(r *http.Request) fetchtest.Answer {
			got = r.Header
			return fetchtest.Answer{}
		})
		o := fetchtest.NewTLSOrigin(always(fetchtest.Redirect(target.URL)))
		rt := o.Transport()
		defer o.Close()
		defer rt.CloseIdleConnections()
		return secretArrived(t, open(t, rt), o.URL, "Authorization", &got)
	}
}

// trickling takes 400 ms for its body.
var trickling = fetchtest.Answer{Body: strings.Repeat("x", 40), Trickle: 10 * time.Millisecond}

func stdTrickle(t *testing.T) verdict {
	o, rt := serve(t, always(trickling))
	rt.ResponseHeaderTimeout = 50 * time.Millisecond
	start := time.Now()
	_, body, err := finish(stdDo(t, rt)(newRequest(t, "GET", o.URL, nil)))
	return judge(err != nil, "%d bytes in %s, with a timeout of 50 ms", len(body), ms(start))
}

func plinthTrickle(t *testing.T) verdict {
	o, rt := serve(t, always(trickling))
	c := newPlinth(t, fetch.Options{AttemptTimeout: 50 * time.Millisecond, Retry: fetch.RetryPolicy{Attempts: 1}}, rt)
	start := time.Now()
	_, err := fetch.Get[string](t.Context(), c, o.URL)
	return judge(err != nil && time.Since(start) < 350*time.Millisecond, "error after %s, with a timeout of 50 ms", ms(start))
}

// plinthOwn is a Client with a transport of its own.
func plinthOwn(t *testing.T, _ http.RoundTripper) doer {
	c, err := fetch.New(fetch.Options{PerHost: 64})
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c.Do
}

// rounds counts the connections that several rounds of requests open.
func rounds(open opener) trial {
	return func(t *testing.T) verdict {
		o, _ := serve(t, always(fetchtest.Answer{Body: "x", Delay: time.Millisecond}))
		rt := http.DefaultTransport.(*http.Transport).Clone()
		defer rt.CloseIdleConnections()
		do := open(t, rt)
		for range 20 {
			var wg sync.WaitGroup
			for range 64 {
				request := newRequest(t, "GET", o.URL, nil)
				wg.Go(func() { finish(do(request)) })
			}
			wg.Wait()
		}
		return judge(o.Stats().Conns <= 128, "%s", times(o.Stats().Conns, "connection"))
	}
}

var gzipTwice = fetchtest.Answer{
	Header: http.Header{"Content-Encoding": {"gzip, gzip"}},
	Body:   compress(compress(`{"ok":true}`)),
}

func compress(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func stdGzipTwice(t *testing.T) verdict {
	o, rt := serve(t, always(gzipTwice))
	_, body, err := finish(stdDo(t, rt)(newRequest(t, "GET", o.URL, nil)))
	require.NoError(t, err)
	var value struct{ OK bool }
	return namesEncoding(json.Unmarshal([]byte(body), &value))
}

func plinthGzipTwice(t *testing.T) verdict {
	o, rt := serve(t, always(gzipTwice))
	_, err := fetch.Get[struct{ OK bool }](t.Context(), newPlinth(t, fast(1), rt), o.URL)
	return namesEncoding(err)
}

// namesEncoding looks for the reason in the error of who decodes the body.
func namesEncoding(err error) verdict {
	if _, reason, ok := strings.Cut(err.Error(), "content encoding "); ok {
		return judge(true, "error: content encoding %s", short(errors.New(reason)))
	}
	return judge(false, "error: %s", short(err))
}

func port(t *testing.T, u string) uint16 {
	parsed, err := url.Parse(u)
	require.NoError(t, err)
	n, err := strconv.ParseUint(parsed.Port(), 10, 16)
	require.NoError(t, err)
	return uint16(n)
}

func safeurlRedirect(t *testing.T) verdict {
	return hostsAfterRedirect(t, func(p, q uint16) doer {
		config := safeurl.GetConfigBuilder().SetAllowedHosts("127.0.0.1").SetAllowedPorts(int(p), int(q)).SetAllowedIPs("127.0.0.1", "127.0.0.2").Build()
		return safeurl.Client(config).Do
	})
}

func plinthGuardRedirect(t *testing.T) verdict {
	return hostsAfterRedirect(t, func(p, q uint16) doer {
		rt := fetch.NewTransport(fetch.TransportOptions{})
		require.NoError(t, fetch.GuardPublic(rt, fetch.Guard{Hosts: []string{"127.0.0.1"}, Ports: []uint16{p, q}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}))
		t.Cleanup(rt.CloseIdleConnections)
		return newPlinth(t, fast(1), rt).Do
	})
}

// hostsAfterRedirect redirects from a host that is on the list to one that is
// not.
func hostsAfterRedirect(t *testing.T, open func(p, q uint16) doer) verdict {
	target := serveAt(t, "127.0.0.2:0")
	o, _ := serve(t, always(fetchtest.Redirect(target)))
	status, body, err := finish(open(port(t, o.URL), port(t, target))(newRequest(t, "GET", o.URL, nil)))
	if errors.Is(err, fetch.ErrBlockedAddress) {
		return judge(true, "ErrBlockedAddress")
	}
	return judge(false, "%s, body %q", ended(status, err), body)
}

// serveAt answers at an address of the loopback interface.
func serveAt(t *testing.T, address string) string {
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("secret")) })}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return "http://" + listener.Addr().String()
}

const crashEnv = "PLINTH_BENCH_CRASH"

// crashes runs TestCrash in a process of its own.
func crashes(client string) trial {
	return func(t *testing.T) verdict {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestZonedAddress$", "-test.v")
		cmd.Env = append(os.Environ(), crashEnv+"="+client)
		out, err := cmd.CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if strings.HasPrefix(line, "panic: ") {
				return judge(false, "%s", strings.TrimSpace(line))
			}
		}
		return judge(err == nil, "ErrBlockedAddress")
	}
}

// TestZonedAddress is run by TestDefects, since it may end the process.
func TestZonedAddress(t *testing.T) {
	const u = "http://[fe80::1%25lo]/"
	switch os.Getenv(crashEnv) {
	case "safeurl":
		_, err := safeurl.Client(safeurl.GetConfigBuilder().EnableIPv6(true).Build()).Get(u)
		require.Error(t, err)
	case "plinth":
		rt := fetch.NewTransport(fetch.TransportOptions{})
		require.NoError(t, fetch.GuardPublic(rt, fetch.Guard{}))
		_, err := fetch.Get[string](t.Context(), newPlinth(t, fast(1), rt), u)
		require.ErrorIs(t, err, fetch.ErrBlockedAddress)
	default:
		t.Skip("run by TestDefects")
	}
}

func safeurlHTTP2(t *testing.T) verdict {
	return protocol(t, func(rt *http.Transport, p uint16) doer {
		config := safeurl.GetConfigBuilder().SetAllowedPorts(int(p)).SetAllowedIPs("127.0.0.1").SetTlsConfig(rt.TLSClientConfig).Build()
		return safeurl.Client(config).Do
	})
}

func plinthHTTP2(t *testing.T) verdict {
	return protocol(t, func(rt *http.Transport, p uint16) doer {
		guarded := fetch.NewTransport(fetch.TransportOptions{})
		guarded.TLSClientConfig = rt.TLSClientConfig
		require.NoError(t, fetch.GuardPublic(guarded, fetch.Guard{Ports: []uint16{p}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}))
		t.Cleanup(guarded.CloseIdleConnections)
		return newPlinth(t, fast(1), guarded).Do
	})
}

// protocol asks a server that has HTTP/2.
func protocol(t *testing.T, open func(*http.Transport, uint16) doer) verdict {
	o := fetchtest.NewTLSOrigin(always(fetchtest.Answer{}))
	defer o.Close()
	resp, err := open(o.Transport(), port(t, o.URL))(newRequest(t, "GET", o.URL, nil))
	require.NoError(t, err)
	resp.Body.Close()
	return judge(resp.ProtoMajor == 2, "%s", resp.Proto)
}

func safeurlIPv6(t *testing.T) verdict {
	return overIPv6(t, func(p uint16) doer {
		return safeurl.Client(safeurl.GetConfigBuilder().SetAllowedPorts(int(p)).SetAllowedIPs("::1").Build()).Do
	})
}

func plinthIPv6(t *testing.T) verdict {
	return overIPv6(t, func(p uint16) doer {
		rt := fetch.NewTransport(fetch.TransportOptions{})
		require.NoError(t, fetch.GuardPublic(rt, fetch.Guard{Ports: []uint16{p}, Allow: []netip.Prefix{netip.MustParsePrefix("::1/128")}}))
		t.Cleanup(rt.CloseIdleConnections)
		return newPlinth(t, fast(1), rt).Do
	})
}

// overIPv6 asks a server at an address that the client is told to let through.
func overIPv6(t *testing.T, open func(uint16) doer) verdict {
	u := serveAt(t, "[::1]:0")
	status, _, err := finish(open(port(t, u))(newRequest(t, "GET", u, nil)))
	return judge(status == 200, "%s", ended(status, err))
}

func safeurlIdle(*testing.T) verdict {
	rt := safeurl.Client(safeurl.GetConfigBuilder().Build()).Client.Transport.(*http.Transport)
	return judge(rt.IdleConnTimeout > 0 && rt.TLSHandshakeTimeout > 0, "IdleConnTimeout %v, TLSHandshakeTimeout %v", rt.IdleConnTimeout, rt.TLSHandshakeTimeout)
}

func plinthIdle(t *testing.T) verdict {
	rt := fetch.NewTransport(fetch.TransportOptions{})
	require.NoError(t, fetch.GuardPublic(rt, fetch.Guard{}))
	return judge(rt.IdleConnTimeout > 0 && rt.TLSHandshakeTimeout > 0, "IdleConnTimeout %v, TLSHandshakeTimeout %v", rt.IdleConnTimeout, rt.TLSHandshakeTimeout)
}

// publicNAT64 and privateNAT64 are 8.8.8.8 and 10.0.0.1 behind a NAT64.
const (
	publicNAT64  = "64:ff9b::808:808"
	privateNAT64 = "64:ff9b::a00:1"
)

func ssrfNAT64(*testing.T) verdict {
	g := ssrf.New()
	public, private := g.SafeAddr(netip.MustParseAddr(publicNAT64)), g.SafeAddr(netip.MustParseAddr(privateNAT64))
	return judge(public == nil && private != nil, "%s %s, %s %s", publicNAT64, allowed(public), privateNAT64, allowed(private))
}

// plinthNAT64 does not get as far as connecting.
func plinthNAT64(t *testing.T) verdict {
	passed := errors.New("the guard has let it through")
	rt := fetch.NewTransport(fetch.TransportOptions{})
	dialer := &net.Dialer{Control: func(string, string, syscall.RawConn) error { return passed }}
	require.NoError(t, fetch.GuardPublic(rt, fetch.Guard{Dialer: dialer}))
	try := func(address string) error {
		_, err := rt.DialContext(t.Context(), "tcp", net.JoinHostPort(address, "80"))
		if errors.Is(err, passed) {
			return nil
		}
		return err
	}
	public, private := try(publicNAT64), try(privateNAT64)
	return judge(public == nil && errors.Is(private, fetch.ErrBlockedAddress), "%s %s, %s %s", publicNAT64, allowed(public), privateNAT64, allowed(private))
}

func allowed(err error) string {
	if err != nil {
		return "refused"
	}
	return "allowed"
}

func ssrfProxy(t *testing.T) verdict {
	return throughProxy(t, func(rt *http.Transport, p uint16) {
		guard := ssrf.New(ssrf.WithPorts(80, p), ssrf.WithAllowedV4Prefixes(netip.MustParsePrefix("127.0.0.1/32")))
		rt.DialContext = (&net.Dialer{Control: guard.Safe}).DialContext
	})
}

func plinthProxy(t *testing.T) verdict {
	return throughProxy(t, func(rt *http.Transport, p uint16) {
		require.NoError(t, fetch.GuardPublic(rt, fetch.Guard{Ports: []uint16{80, p}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}))
	})
}

// throughProxy asks for the address of cloud metadata, with a proxy that the
// guard lets through.
func throughProxy(t *testing.T, guard func(*http.Transport, uint16)) verdict {
	proxy, rt := serve(t, always(fetchtest.Answer{Body: "credentials"}))
	u, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	rt.Proxy = http.ProxyURL(u)
	guard(rt, port(t, proxy.URL))
	status, body, err := finish((&http.Client{Transport: rt}).Do(within(t, newRequest(t, "GET", "http://169.254.169.254/", nil), time.Second)))
	if errors.Is(err, fetch.ErrBlockedAddress) {
		return judge(proxy.Requests() == 0, "ErrBlockedAddress")
	}
	return judge(false, "%s, body %q", ended(status, err), body)
}
