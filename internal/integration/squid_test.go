package integration

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// startSquid returns the address of a squid that keeps nothing, and refuses
// requests for the path /forbidden.
func startSquid(t *testing.T) string {
	t.Helper()
	return startServer(t, "squid", 1, func(dir string, addrs []string) []string {
		config := filepath.Join(dir, "squid.conf")
		write(t, config, fmt.Appendf(nil, squidConfig, addrs[0]))
		return []string{"-N", "-d", "1", "-f", config}
	})[0]
}

// squidConfig is for one process in the foreground. Started by root, it becomes
// another user, who may not write into the directory of the test.
const squidConfig = `
http_port %s
pid_filename none
access_log none
cache_log /dev/null
cache_store_log none
netdb_filename none
pinger_enable off
cache deny all
cache_mem 8 MB
max_filedescriptors 1024
shutdown_lifetime 0 seconds
visible_hostname squid.test
acl forbidden urlpath_regex ^/forbidden
http_access deny forbidden
http_access allow all
connect_timeout 5 seconds
`

// through returns a network that goes through a proxy, and the number of tunnels
// that have been asked of it.
func through(t *testing.T, proxy string) (*network, *atomic.Int64) {
	n := newNetwork(t)
	tunnels := new(atomic.Int64)
	n.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: proxy})
	n.OnProxyConnectResponse = func(context.Context, *url.URL, *http.Request, *http.Response) error {
		tunnels.Add(1)
		return nil
	}
	return n, tunnels
}

// TestSquid has requests, and the tunnels of TLS, go through a proxy. What holds
// without one has to hold there too.
func TestSquid(t *testing.T) {
	t.Parallel()
	squid := startSquid(t)
	ca := newAuthority(t)
	data := random(100 << 10)
	const directives = `
		root $files;
		gzip on;
		gzip_types application/octet-stream;
		gzip_proxied any;
		location /via { return 200 "$http_via"; }
		location /missing { return 404 "nothing here"; }
		location /hang-up { return 444; }
		location /wait { add_header Retry-After 60 always; return 429; }
		location /away { return 302 http://$2/; }`
	n := startNginx(t, map[string][]byte{"zeros": make([]byte, 1<<20), "data": data}, "",
		plain(directives),
		site{directives, ca.issue(t, "127.0.0.1")},
		plain(`return 200 "$http_authorization|$http_x_api_key|$http_proxy_authorization";`))
	slow := startToxiproxy(t, n.addrs[0], toxic{Type: "latency", Attributes: attributes{"latency": 3000}})
	half := toxic{Type: "limit_data", Attributes: attributes{"bytes": 50 << 10}}
	cut, cutTLS := startToxiproxy(t, n.addrs[0], half), startToxiproxy(t, n.addrs[1], half)
	down := freeAddrs(t, 1)[0]

	status := func(want int) func(error) bool {
		return func(err error) bool {
			e, ok := errors.AsType[*fetch.StatusError](err)
			return ok && e.Status == want
		}
	}
	is := func(want error) func(error) bool {
		return func(err error) bool { return errors.Is(err, want) }
	}
	anyError := func(error) bool { return true }
	over, overTLS := "http://"+n.addrs[0], "https://"+n.addrs[1]
	for _, tt := range []struct {
		url      string
		options  fetch.Options
		body     func(string) bool // nil if there is to be an error
		err      func(error) bool
		attempts int
	}{
		{over + "/via", fetch.Options{}, func(s string) bool { return strings.Contains(s, "squid") }, nil, 1},
		{overTLS + "/via", fetch.Options{}, func(s string) bool { return s == "" }, nil, 1},
		{over + "/data", fetch.Options{}, func(s string) bool { return s == string(data) }, nil, 1},
		{overTLS + "/data", fetch.Options{}, func(s string) bool { return s == string(data) }, nil, 1},
		{over + "/zeros", fetch.Options{MaxBody: 1 << 20}, func(s string) bool { return len(s) == 1<<20 }, nil, 1},
		{over + "/zeros", fetch.Options{MaxBody: 1<<20 - 1}, nil, is(fetch.ErrBodyTooLarge), 1},
		{overTLS + "/zeros", fetch.Options{MaxBody: 1<<20 - 1}, nil, is(fetch.ErrBodyTooLarge), 1},
		{over + "/missing", fetch.Options{}, nil, status(404), 1},
		{overTLS + "/missing", fetch.Options{}, nil, status(404), 1},
		{over + "/wait", fetch.Options{}, nil, status(429), 1},
		{over + "/forbidden", fetch.Options{}, nil, status(403), 1}, // squid's answer
		{over + "/hang-up", fetch.Options{}, nil, status(502), 3},   // squid's too
		{"http://" + down, fetch.Options{}, nil, status(503), 3},
		{"https://" + down, fetch.Options{}, nil, func(err error) bool { return strings.Contains(err.Error(), "Service Unavailable") }, 3},
		{"http://" + slow + "/data", fetch.Options{Timeout: 300 * time.Millisecond}, nil, is(context.DeadlineExceeded), 1},
		{"http://" + slow + "/data", fetch.Options{AttemptTimeout: 100 * time.Millisecond}, nil, is(context.DeadlineExceeded), 3},
		{"http://" + cut + "/data", fetch.Options{}, nil, anyError, 3},
		{"https://" + cutTLS + "/data", fetch.Options{}, nil, anyError, 3},
	} {
		network, tunnels := through(t, squid)
		network.TLSClientConfig = &tls.Config{RootCAs: ca.pool()}
		tt.options.Retry.BaseDelay = time.Millisecond
		c := newClient(t, network, tt.options)
		r, err := fetch.Send[string](t.Context(), c, request(t, tt.url))
		if tt.body != nil && (err != nil || !tt.body(r.Value)) {
			t.Errorf("Send(%s) = %.50q, %v", tt.url, r.Value, err)
		}
		if tt.body == nil && (err == nil || !tt.err(err)) {
			t.Errorf("Send(%s) = %v, which is another error than expected", tt.url, err)
		}
		if r.Attempts != tt.attempts {
			t.Errorf("Send(%s) made %d attempts; want %d", tt.url, r.Attempts, tt.attempts)
		}
		if isTLS := strings.HasPrefix(tt.url, "https:"); isTLS != (tunnels.Load() > 0) {
			t.Errorf("Send(%s) asked for %d tunnels; want some: %v", tt.url, tunnels.Load(), isTLS)
		}
	}

	t.Run("many", func(t *testing.T) {
		network, _ := through(t, squid)
		c := newClient(t, network, fetch.Options{})
		results, err := fetch.All[[]byte](t.Context(), c, slices.Repeat([]string{over + "/data"}, 200), fetch.Batch{})
		require.NoError(t, err)
		for _, r := range results {
			if r.Err != nil || !bytes.Equal(r.Value, data) {
				t.Errorf("result %d = %d bytes, %v; want %d", r.Index, len(r.Value), r.Err, len(data))
			}
		}
	})

	t.Run("credentials", func(t *testing.T) {
		network, _ := through(t, squid)
		network.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: squid, User: url.UserPassword("user", "for-squid")})
		c := newClient(t, network, fetch.Options{})
		body, err := fetch.Get[string](t.Context(), c, over+"/away", fetch.WithBearer("secret"), fetch.WithHeader("X-Api-Key", "secret"))
		if body != "||" || err != nil {
			t.Errorf("Get = %q, %v; want no credentials at the second origin", body, err)
		}
	})
}
