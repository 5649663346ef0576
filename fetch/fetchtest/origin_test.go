package fetchtest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

// kinds are the origins that must all behave alike.
var kinds = map[string]func(func(*http.Request) fetchtest.Answer) *fetchtest.Origin{
	"NewOrigin": fetchtest.NewOrigin, "NewTLSOrigin": fetchtest.NewTLSOrigin, "NewPipeOrigin": fetchtest.NewPipeOrigin,
}

// client returns a client for o that follows no redirects.
func client(t testing.TB, o *fetchtest.Origin) *http.Client {
	transport := o.Transport()
	transport.DisableCompression = true
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// do returns the response and its body, also when that breaks off.
func do(c *http.Client, method, url string, header ...string) (*http.Response, string, error) {
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		return nil, "", err
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestAnswers(t *testing.T) {
	answers := map[string]fetchtest.Answer{
		"/":          {Body: "hello"},
		"/status":    {Status: 404, Body: "no", Header: http.Header{"Content-Type": {"text/plain"}}},
		"/nothing":   {Status: 204},
		"/flaky":     {Body: "ok", Failures: 2, FailStatus: 500},
		"/refused":   {Body: "ok", Failures: 1, Fail: &fetchtest.Answer{Reset: true}},
		"/reset":     {Reset: true},
		"/truncated": {Body: "twelve bytes", Truncate: true},
		"/cut":       {Body: "twelve bytes", CutAfter: 3},
		"/cutlate":   {Body: "twelve bytes", CutAfter: 13},
		"/long":      {Body: "twelve bytes", Length: 20},
		"/chunked":   {Body: "twelve bytes", Length: -1},
		"/cutchunks": {Body: "twelve bytes", Length: -1, CutAfter: 6},
		"/trickle":   {Body: "drip", Trickle: time.Microsecond},
		"/zeros":     {Body: "x", Zeros: 70_000},
		"/handler": {Truncate: true, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "4")
			io.WriteString(w, "half")
		})},
		"/flush": {Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			http.NewResponseController(w).Flush()
			w.WriteHeader(500) // too late
			io.WriteString(w, "b")
		})},
		"/redirect": fetchtest.Redirect("/redirect"),
		"/busy":     fetchtest.Busy(503, 1500*time.Millisecond),
		"/until":    fetchtest.BusyUntil(429, time.Unix(0, 0)),
	}
	for kind, start := range kinds {
		t.Run("origin="+kind, func(t *testing.T) {
			o := start(func(r *http.Request) fetchtest.Answer { return answers[r.URL.Path] })
			defer o.Close()
			c := client(t, o)
			for _, tt := range []struct {
				path   string
				status int
				length int64
				body   string
				broken bool
				header string // "Key: value"
			}{
				{"/", 200, 5, "hello", false, "Content-Type: application/json"},
				{"/status", 404, 2, "no", false, "Content-Type: text/plain"},
				{"/nothing", 204, 0, "", false, ""},
				{"/flaky", 500, 0, "", false, ""},
				{"/flaky", 500, 0, "", false, ""},
				{"/flaky", 200, 2, "ok", false, ""},
				{"/flaky?other", 500, 0, "", false, ""},
				{"/reset", 0, 0, "", true, ""},
				{"/truncated", 200, 12, "twelve", true, ""},
				{"/cut", 200, 12, "twe", true, ""},
				{"/cutlate", 200, 12, "twelve bytes", false, ""},
				{"/long", 200, 20, "twelve bytes", true, ""},
				{"/chunked", 200, -1, "twelve bytes", false, ""},
				{"/cutchunks", 200, -1, "twelve", true, ""},
				{"/trickle", 200, 4, "drip", false, ""},
				{"/zeros", 200, 70_001, "x" + strings.Repeat("\x00", 70_000), false, ""},
				{"/handler", 200, 4, "ha", true, ""},
				{"/flush", 200, -1, "ab", false, ""},
				{"/redirect", 302, 0, "", false, "Location: /redirect"},
				{"/busy", 503, 0, "", false, "Retry-After: 2"},
				{"/until", 429, 0, "", false, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"},
			} {
				resp, body, err := do(c, "GET", o.URL+tt.path)
				if (err != nil) != tt.broken || body != tt.body || (resp == nil) != (tt.status == 0) {
					t.Errorf("GET %s = %.50q, %v; want %.50q, broken %v", tt.path, body, err, tt.body, tt.broken)
				}
				if resp == nil {
					continue
				}
				if resp.StatusCode != tt.status || resp.ContentLength != tt.length {
					t.Errorf("GET %s: status %d, length %d; want %d, %d", tt.path, resp.StatusCode, resp.ContentLength, tt.status, tt.length)
				}
				if key, value, _ := strings.Cut(tt.header, ": "); resp.Header.Get(key) != value {
					t.Errorf("GET %s: header %v; want %s", tt.path, resp.Header, tt.header)
				}
			}
			// net/http sends it again by itself if the connection was used before.
			if _, body, err := do(c, "GET", o.URL+"/refused"); err == nil && body != "ok" {
				t.Errorf("GET /refused = %q, %v", body, err)
			}
			if resp, body, err := do(c, "HEAD", o.URL+"/zeros"); err != nil || body != "" || resp.ContentLength != 70_001 {
				t.Errorf("HEAD /zeros = %v, %q, %v", resp, body, err)
			}
			require.NoError(t, o.Wait(t.Context()))
			if s := o.Stats(); s.Broken < 6 || s.Completed < 15 || s.Broken+s.Completed != s.Requests || s.Running != 0 || s.PeakRunning == 0 {
				t.Errorf("Stats() = %+v", s)
			}
		})
	}
}

// TestShortLength looks at the connection itself: a client that believes the
// length must not take the rest for the next response.
func TestShortLength(t *testing.T) {
	for kind, start := range kinds {
		o := start(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Body: "twelve bytes", Length: 6} })
		c := client(t, o)
		c.Transport.(*http.Transport).DisableKeepAlives = true // which keeps net/http from logging what follows
		for range 3 {
			if _, body, err := do(c, "GET", o.URL); body != "twelve" || err != nil && kind != "NewTLSOrigin" {
				t.Errorf("%s: GET = %q, %v; want the first half", kind, body, err)
			}
		}
		o.Close()
	}
	pipe := fetchtest.NewPipeOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Body: "twelve bytes", Length: 6} })
	defer pipe.Close()
	conn, err := pipe.Transport().DialContext(t.Context(), "tcp", "")
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n")
	require.NoError(t, err)
	raw, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(raw), "Content-Length: 6\r\n") || !strings.HasSuffix(string(raw), "\r\n\r\ntwelve bytes") {
		t.Errorf("on the connection: %q, %v; want a length of 6 and 12 bytes", raw, err)
	}
}

func TestProtocols(t *testing.T) {
	for kind, want := range map[string]int{"NewOrigin": 1, "NewTLSOrigin": 2, "NewPipeOrigin": 1} {
		o := kinds[kind](func(*http.Request) fetchtest.Answer { return fetchtest.Answer{} })
		if resp, _, err := do(client(t, o), "GET", o.URL); err != nil || resp.ProtoMajor != want {
			t.Errorf("%s: %v, %v; want HTTP/%d", kind, resp, err, want)
		}
		o.Close()
	}
	// HTTP/1.1 over TLS is for clients that ask for nothing else, and a
	// Connection header of an answer ends a connection of either protocol.
	o := fetchtest.NewTLSOrigin(func(*http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: "x", Header: http.Header{"Connection": {"close"}}}
	})
	defer o.Close()
	old := o.Transport()
	old.Protocols = new(http.Protocols)
	old.Protocols.SetHTTP1(true)
	for name, transport := range map[string]*http.Transport{"HTTP/1.1": old, "HTTP/2.0": o.Transport()} {
		before := o.Stats().Conns
		for range 2 {
			resp, _, err := do(&http.Client{Transport: transport}, "GET", o.URL)
			if err != nil || resp.Proto != name {
				t.Errorf("GET = %v, %v; want %s", resp, err, name)
			}
			for o.Stats().OpenConns > 0 {
				runtime.Gosched()
			}
		}
		if n := o.Stats().Conns - before; n != 2 {
			t.Errorf("%s: %d connections; want 2", name, n)
		}
	}
}

func TestGzip(t *testing.T) {
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		if r.URL.Path == "/bomb" {
			return fetchtest.Bomb(10<<20 + 1)
		}
		return fetchtest.Answer{Body: "hello", Gzip: true, Zeros: 3<<20 + 5}
	})
	defer o.Close()
	c := &http.Client{Transport: o.Transport()} // which decompresses
	if _, body, err := do(c, "GET", o.URL); err != nil || body != "hello"+strings.Repeat("\x00", 3<<20+5) {
		t.Errorf("GET = %d bytes, %v; want hello and 3 MiB+5 zeros", len(body), err)
	}
	resp, body, err := do(client(t, o), "GET", o.URL+"/bomb")
	if err != nil || resp.ContentLength != int64(len(body)) || len(body) > 20<<10 || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("GET /bomb = %d bytes compressed, length %d, %v; want at most 20 KiB", len(body), resp.ContentLength, err)
	}
	resp, err = c.Get(o.URL + "/bomb")
	require.NoError(t, err)
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); n != 10<<20+1 || err != nil {
		t.Errorf("GET /bomb = %d bytes, %v; want 10 MiB+1", n, err)
	}
}

func TestContent(t *testing.T) {
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		a := fetchtest.Content("0123456789", `"v1"`)
		a.Truncate = r.URL.Path == "/truncated"
		return a
	})
	defer o.Close()
	c := client(t, o)
	for _, tt := range []struct {
		path   string
		header []string
		status int
		body   string
		broken bool
	}{
		{"/", nil, 200, "0123456789", false},
		{"/", []string{"Range", "bytes=5-"}, 206, "56789", false},
		{"/", []string{"Range", "bytes=5-", "If-Range", `"v1"`}, 206, "56789", false},
		{"/", []string{"Range", "bytes=5-", "If-Range", `"v0"`}, 200, "0123456789", false},
		{"/", []string{"Range", "bytes=10-"}, 416, "invalid range: failed to overlap\n", false},
		{"/", []string{"If-None-Match", `"v1"`}, 304, "", false},
		{"/truncated", []string{"Range", "bytes=4-"}, 206, "456", true},
	} {
		resp, body, err := do(c, "GET", o.URL+tt.path, tt.header...)
		if resp == nil || resp.StatusCode != tt.status || body != tt.body || (err != nil) != tt.broken {
			t.Errorf("GET %s with %q = %v, %q, %v; want %d, %q, broken %v", tt.path, tt.header, resp, body, err, tt.status, tt.body, tt.broken)
		}
	}
}

func TestDelaysTakeNoTimeInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := fetchtest.NewPipeOrigin(func(r *http.Request) fetchtest.Answer {
			return fetchtest.Answer{Delay: time.Hour, Trickle: time.Minute, Body: "drip"}
		})
		defer o.Close()
		c := client(t, o)
		start := time.Now()
		if _, body, err := do(c, "GET", o.URL); body != "drip" || err != nil {
			t.Errorf("GET = %q, %v", body, err)
		}
		if d := time.Since(start); d != time.Hour+4*time.Minute {
			t.Errorf("GET took %v; want 1h4m", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "GET", o.URL, nil)
		require.NoError(t, err)
		if _, err := c.Do(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("GET with a deadline = %v", err)
		}
		synctest.Wait()
		if s := o.Stats(); s.Completed != 1 || s.Broken != 1 || s.Running != 0 {
			t.Errorf("Stats() = %+v; want 1 completed and 1 broken", s)
		}
	})
}

// TestCloseLeavesNothing closes origins in the middle of everything. The bubble
// fails the test if a goroutine is left.
func TestCloseLeavesNothing(t *testing.T) {
	for range 50 { // some of this depends on who comes first
		synctest.Test(t, closeInTheMiddle)
	}
	for kind, start := range kinds {
		var ended atomic.Bool
		began := make(chan struct{})
		o := start(func(r *http.Request) fetchtest.Answer {
			if r.URL.Path != "/busy" {
				return fetchtest.Answer{}
			}
			close(began)
			<-r.Context().Done()
			for range 1000 {
				runtime.Gosched() // which gives a Close that does not wait its chance
			}
			ended.Store(true)
			return fetchtest.Answer{}
		})
		c := client(t, o)
		go do(c, "GET", o.URL+"/busy")
		<-began
		_, _, err := do(c, "GET", o.URL)
		require.NoError(t, err)
		o.Close()
		if !ended.Load() {
			t.Errorf("%s: Close returned while a request was being answered", kind)
		}
		if _, _, err := do(c, "GET", o.URL); err == nil {
			t.Errorf("%s: GET after Close succeeded", kind)
		}
	}
}

func closeInTheMiddle(t *testing.T) {
	o := fetchtest.NewPipeOrigin(func(r *http.Request) fetchtest.Answer {
		switch r.URL.Path {
		case "/delay":
			return fetchtest.Answer{Delay: time.Hour}
		case "/trickle":
			return fetchtest.Answer{Trickle: time.Hour, Body: "drip"}
		case "/chunks":
			return fetchtest.Answer{Trickle: time.Hour, Body: "drip", Length: -1}
		}
		<-r.Context().Done()
		return fetchtest.Answer{}
	})
	c := client(t, o)
	// The server does not watch a connection on which it waits for a body.
	conn, err := c.Transport.(*http.Transport).DialContext(t.Context(), "tcp", "")
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /body HTTP/1.1\r\nHost: origin.test\r\nContent-Length: 9\r\n\r\n")
	require.NoError(t, err)
	var wg sync.WaitGroup
	for _, path := range []string{"/delay", "/trickle", "/chunks", "/wait"} {
		wg.Go(func() {
			if _, _, err := do(c, "GET", o.URL+path); err == nil {
				t.Errorf("GET %s = nil; want an error, since the origin was closed", path)
			}
		})
	}
	synctest.Wait()
	if s := o.Stats(); s.Running != 5 || s.PeakRunning != 5 || s.OpenConns != 5 || s.PeakConns != 5 {
		t.Errorf("Stats() = %+v; want 5 running on 5 connections", s)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := o.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait while requests run = %v; want the deadline", err)
	}
	o.Close()
	o.Close()
	if s := o.Stats(); s.Running != 0 || s.OpenConns != 0 || s.Broken != 5 {
		t.Errorf("after Close, Stats() = %+v; want nothing running or open, and 5 broken", s)
	}
	wg.Wait()
}

func TestResetIsOneOfTCP(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the error of a reset connection has another name here")
	}
	o := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Reset: true} })
	defer o.Close()
	_, _, err := do(client(t, o), "GET", o.URL)
	if sys := new(os.SyscallError); !errors.As(err, &sys) || !strings.Contains(err.Error(), "connection reset by peer") {
		t.Errorf("GET = %v; want connection reset by peer", err)
	}
}

func TestNewOriginPanics(t *testing.T) {
	for kind, start := range kinds {
		func() {
			defer func() {
				if v := recover(); v != "fetchtest: an Origin needs a function that answers" {
					t.Errorf("%s(nil) panicked with %v", kind, v)
				}
			}()
			start(nil)
		}()
	}
}

// TestRequestBodies checks that the answering function has the whole request.
func TestRequestBodies(t *testing.T) {
	want := bytes.Repeat([]byte("x"), 1<<20)
	for kind, start := range kinds {
		o := start(func(r *http.Request) fetchtest.Answer {
			b, _ := io.ReadAll(r.Body)
			if !bytes.Equal(b, want) {
				return fetchtest.Answer{Status: 400}
			}
			return fetchtest.Answer{}
		})
		resp, err := client(t, o).Post(o.URL, "", bytes.NewReader(want))
		require.NoError(t, err)
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("%s: POST = %d; want 200", kind, resp.StatusCode)
		}
		o.Close()
	}
}
