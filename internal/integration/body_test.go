package integration

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// random returns n bytes that do not compress.
func random(n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

// TestGzip has nginx compress a file of zeros a thousandfold. What counts is how
// long it is afterwards.
func TestGzip(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	n := startNginx(t, map[string][]byte{"zeros": make([]byte, size)}, "", plain(`
		root $files;
		gzip on;
		gzip_types *;`))
	for _, tt := range []struct {
		limit int64
		want  error
	}{
		{size + 1, nil},
		{size, nil},
		{size - 1, fetch.ErrBodyTooLarge},
		{1 << 20, fetch.ErrBodyTooLarge},
		{1, fetch.ErrBodyTooLarge},
	} {
		network := newNetwork(t)
		c := newClient(t, network, fetch.Options{MaxBody: tt.limit})
		body, err := fetch.Get[[]byte](t.Context(), c, n.url(0, "/zeros"))
		if !errors.Is(err, tt.want) || (len(body) == size) != (tt.want == nil) {
			t.Errorf("MaxBody %d: Get = %d bytes, %v; want %v", tt.limit, len(body), err, tt.want)
		}
		if got := network.attempts.Load(); got != 1 {
			t.Errorf("MaxBody %d: Get made %d attempts; want 1, since the body stays as long as it is", tt.limit, got)
		}

		resp, err := c.Do(request(t, n.url(0, "/zeros")))
		require.NoError(t, err)
		read, err := io.Copy(io.Discard, resp.Body)
		if !errors.Is(err, tt.want) || read != min(size, tt.limit) {
			t.Errorf("MaxBody %d: reading the body of Do = %d bytes, %v; want %d, %v", tt.limit, read, err, min(size, tt.limit), tt.want)
		}
		if !resp.Uncompressed {
			t.Error("nginx did not compress")
		}
		resp.Body.Close()
		if got := network.received.Load(); got > 100<<10 {
			t.Errorf("MaxBody %d: %d bytes on the wire; want them compressed", tt.limit, got)
		}
	}
}

// TestTotal bounds what all bodies of a batch have together.
func TestTotal(t *testing.T) {
	t.Parallel()
	n := startNginx(t, map[string][]byte{"zeros": make([]byte, 1<<20)}, "", plain("root $files; gzip on; gzip_types *;"))
	c := newClient(t, newNetwork(t), fetch.Options{})
	urls := make([]string, 50)
	for i := range urls {
		urls[i] = n.url(0, "/zeros")
	}
	results, err := fetch.All[[]byte](t.Context(), c, urls, fetch.Batch{Concurrency: 8, MaxTotalBytes: 10 << 20})
	if !errors.Is(err, fetch.ErrBodyTooLarge) {
		t.Errorf("All = %v; want ErrBodyTooLarge", err)
	}
	total := 0
	for _, r := range results {
		total += len(r.Value)
	}
	if total > 10<<20 {
		t.Errorf("All returned %d bytes; want at most MaxTotalBytes", total)
	}
}

// request returns a GET for url.
func request(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	return req
}

// TestTruncated cuts connections in the middle of a body, whose end is known by
// its length, by its last chunk, or by neither but the TLS record that ends the
// connection.
func TestTruncated(t *testing.T) {
	t.Parallel()
	data := random(100 << 10)
	ca := newAuthority(t)
	directives := "root $files; gzip on; gzip_types text/plain; location /chunked { default_type text/plain; alias $files/data; }"
	n := startNginx(t, map[string][]byte{"data": data}, "", plain(directives), site{directives, ca.issue(t, "127.0.0.1")})
	cut := toxic{Type: "limit_data", Attributes: attributes{"bytes": 50 << 10}}
	cutPlain := startToxiproxy(t, n.addrs[0], cut)
	cutTLS := startToxiproxy(t, n.addrs[1], cut)
	for _, tt := range []struct{ name, url, cut string }{
		{"length", n.url(0, "/data"), cutPlain},
		{"chunked", n.url(0, "/chunked"), cutPlain},
		{"http2", "https://" + n.addrs[1] + "/data", cutTLS},
		{"http2 chunked", "https://" + n.addrs[1] + "/chunked", cutTLS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			over := func(addrs ...string) *network {
				network := newNetwork(t, addrs...)
				network.TLSClientConfig = &tls.Config{RootCAs: ca.pool()}
				return network
			}
			whole := strings.TrimPrefix(tt.url[strings.Index(tt.url, "//"):], "//")
			whole = whole[:strings.Index(whole, "/")]

			c := newClient(t, over(tt.cut), fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: time.Millisecond}})
			body, err := fetch.Get[[]byte](t.Context(), c, tt.url)
			if err == nil || body != nil {
				t.Errorf("Get over connections that are cut = %d bytes, %v; want an error", len(body), err)
			}

			resp, err := c.Do(request(t, tt.url))
			require.NoError(t, err)
			part, err := io.ReadAll(resp.Body)
			if err == nil || len(part) >= len(data) {
				t.Errorf("reading the body of Do over one that is cut = %d bytes, %v; want an error", len(part), err)
			}
			resp.Body.Close()

			network := over(tt.cut, whole)
			c = newClient(t, network, fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: time.Millisecond}})
			body, err = fetch.Get[[]byte](t.Context(), c, tt.url)
			if err != nil || !bytes.Equal(body, data) {
				t.Errorf("Get over one that is cut and one that is not = %d bytes, %v; want all %d", len(body), err, len(data))
			}
			if got := network.attempts.Load(); got != 2 {
				t.Errorf("Get made %d attempts; want 2", got)
			}
		})
	}
}

// TestTruncatedBehindNginx has nginx hide from the client how its backend broke
// off.
func TestTruncatedBehindNginx(t *testing.T) {
	t.Parallel()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", "1000")
		}
		w.Write(make([]byte, 500))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(backend.Close)
	n := startNginx(t, nil, "", plain("proxy_http_version 1.1; location / { proxy_pass "+backend.URL+"; }"))
	c := newClient(t, newNetwork(t), fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: time.Millisecond}})
	for _, path := range []string{"/length", "/chunked"} {
		r, err := fetch.Send[[]byte](t.Context(), c, request(t, n.url(0, path)))
		if !errors.Is(err, io.ErrUnexpectedEOF) || r.Value != nil || r.Attempts != 3 {
			t.Errorf("Send(%s) = %d bytes, %v after %d attempts; want %v after 3", path, len(r.Value), err, r.Attempts, io.ErrUnexpectedEOF)
		}
	}
}

// TestSlow reads whole bodies that come in small pieces and late.
func TestSlow(t *testing.T) {
	t.Parallel()
	data := random(20 << 10)
	n := startNginx(t, map[string][]byte{"data": data}, "", plain("root $files; gzip on; gzip_types *;"))
	for _, tox := range []toxic{
		{Type: "slicer", Attributes: attributes{"average_size": 100, "size_variation": 90}},
		{Type: "latency", Attributes: attributes{"latency": 50, "jitter": 50}},
		{Type: "bandwidth", Attributes: attributes{"rate": 100}},
		{Type: "slow_close", Attributes: attributes{"delay": 100}},
	} {
		c := newClient(t, newNetwork(t), fetch.Options{})
		proxy := startToxiproxy(t, n.addrs[0], tox)
		for range 2 {
			r, err := fetch.Send[[]byte](t.Context(), c, request(t, "http://"+proxy+"/data"))
			if err != nil || !bytes.Equal(r.Value, data) || r.Attempts != 1 {
				t.Errorf("%s: Send = %d bytes, %v after %d attempts; want all %d after one", tox.Type, len(r.Value), err, r.Attempts, len(data))
			}
		}
	}
}

// TestTimeout has servers that say nothing, or so little that it takes for ever.
func TestTimeout(t *testing.T) {
	t.Parallel()
	data := random(100 << 10)
	n := startNginx(t, map[string][]byte{"data": data}, "", plain("root $files;"))
	silent := toxic{Type: "timeout"}
	late := toxic{Type: "latency", Attributes: attributes{"latency": 20_000}}
	trickle := toxic{Type: "bandwidth", Attributes: attributes{"rate": 10}}
	for _, tox := range []toxic{silent, late, trickle} {
		t.Run(tox.Type, func(t *testing.T) {
			t.Parallel()
			proxy := startToxiproxy(t, n.addrs[0], tox)
			for _, tt := range []struct {
				options  fetch.Options
				attempts int
				ok       bool
			}{
				{fetch.Options{Timeout: 200 * time.Millisecond}, 1, false},
				{fetch.Options{AttemptTimeout: time.Second}, 2, true}, // of which the second needs but a part
			} {
				network := newNetwork(t, proxy, n.addrs[0])
				c := newClient(t, network, tt.options)
				start := time.Now()
				body, err := fetch.Get[[]byte](t.Context(), c, n.url(0, "/data"))
				if elapsed := time.Since(start); elapsed < 200*time.Millisecond || elapsed > 10*time.Second {
					t.Errorf("Get took %v; want a little more than its timeout", elapsed)
				}
				if tt.ok && (err != nil || !bytes.Equal(body, data)) {
					t.Errorf("Get with an AttemptTimeout = %d bytes, %v; want all %d from the second connection", len(body), err, len(data))
				}
				timeout, ok := errors.AsType[interface {
					error
					Timeout() bool
				}](err)
				if !tt.ok && (!ok || !timeout.Timeout() || !strings.Contains(err.Error(), "timeout of 200ms")) {
					t.Errorf("Get with a Timeout = %v; want one that names it", err)
				}
				if got := int(network.attempts.Load()); got != tt.attempts {
					t.Errorf("Get made %d attempts; want %d", got, tt.attempts)
				}
			}
		})
	}
}

// TestRange asks nginx for a part of a file, which must be of the version that
// is known.
func TestRange(t *testing.T) {
	t.Parallel()
	data := random(10 << 10)
	n := startNginx(t, map[string][]byte{"data": data}, "", plain("root $files;"))
	c := newClient(t, newNetwork(t), fetch.Options{})
	whole, err := fetch.Send[[]byte](t.Context(), c, request(t, n.url(0, "/data")))
	require.NoError(t, err)
	etag := whole.Header.Get("Etag")
	require.NotEmpty(t, etag)
	for _, tt := range []struct {
		ifRange string
		status  int
		want    []byte
	}{
		{etag, http.StatusPartialContent, data[1000:2000]},
		{`"another"`, http.StatusOK, data},
	} {
		req := request(t, n.url(0, "/data"))
		req.Header.Set("Range", "bytes=1000-1999")
		req.Header.Set("If-Range", tt.ifRange)
		r, err := fetch.Send[[]byte](t.Context(), c, req)
		if err != nil || r.Status != tt.status || !bytes.Equal(r.Value, tt.want) {
			t.Errorf("If-Range %s: Send = %d, %d bytes, %v; want %d, %d bytes", tt.ifRange, r.Status, len(r.Value), err, tt.status, len(tt.want))
		}
	}
}

// TestHeaders sends and receives headers that are larger than usual.
func TestHeaders(t *testing.T) {
	t.Parallel()
	const large = 30 << 10
	long := strings.Repeat("x", large)
	var lines strings.Builder
	for range 30 {
		lines.WriteString("add_header X-Large " + strings.Repeat("x", 1<<10) + ";\n")
	}
	n := startNginx(t, nil, "", plain(`
		location /large { `+lines.String()+` return 200 "ok"; }
		location / { return 200 "ok"; }`))
	network := newNetwork(t)
	c := newClient(t, network, fetch.Options{})
	r, err := fetch.Send[string](t.Context(), c, request(t, n.url(0, "/large")))
	if got := len(strings.Join(r.Header.Values("X-Large"), "")); err != nil || r.Value != "ok" || got != large {
		t.Errorf("Send = %q, %v with %d bytes of headers; want ok with %d", r.Value, err, got, large)
	}
	_, err = fetch.Get[string](t.Context(), c, n.url(0, "/"), fetch.WithHeader("X-Large", long))
	if e, ok := errors.AsType[*fetch.StatusError](err); !ok || e.Status != http.StatusBadRequest || e.Attempts != 1 {
		t.Errorf("Get with a header that nginx finds too large = %v; want a StatusError of 400 after one attempt", err)
	}
	network.MaxResponseHeaderBytes = 4 << 10 // of the connections from now on
	network.CloseIdleConnections()
	_, err = fetch.Get[string](t.Context(), c, n.url(0, "/large"))
	if err == nil || !strings.Contains(err.Error(), "exceeded") {
		t.Errorf("Get of more headers than the transport allows = %v; want an error that says so", err)
	}
}
