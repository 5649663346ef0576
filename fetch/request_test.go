package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

func mustRequest(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, url, body)
	require.NoError(t, err)
	return req
}

// TestPostBodies sends each kind of body twice, since the first answer is a 503
// and there is a key.
func TestPostBodies(t *testing.T) {
	for name, tt := range map[string]struct {
		body        any
		contentType string
		want        string
		attempts    int
	}{
		"nil":       {nil, "", "", 2},
		"bytes":     {[]byte("raw"), "application/octet-stream", "raw", 2},
		"no bytes":  {[]byte{}, "application/octet-stream", "", 2},
		"string":    {"text", "text/plain; charset=utf-8", "text", 2},
		"form":      {url.Values{"b": {"2 3"}, "a": {"1"}}, "application/x-www-form-urlencoded", "a=1&b=2+3", 2},
		"buffer":    {bytes.NewBufferString("buffer"), "application/octet-stream", "buffer", 2},
		"reader":    {io.MultiReader(strings.NewReader("once")), "application/octet-stream", "once", 1},
		"struct":    {user{7, "gopher"}, "application/json", `{"id":7,"name":"gopher"}`, 2},
		"multipart": {fetch.Multipart{Fields: url.Values{"a": {"1"}}}, "multipart/form-data", "Content-Disposition: form-data; name=\"a\"\r\n\r\n1", 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			var types []string
			s := newStub(t, func(attempt int, req *http.Request) (*http.Response, error) {
				media, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
				types = append(types, media)
				if attempt == 1 {
					return respond(503, ""), nil
				}
				return respond(200, ""), nil
			})
			c := newClient(t, fetch.Options{Transport: s})
			fetch.Post[string](t.Context(), c, "http://a/", tt.body, fetch.WithIdempotencyKey("k"))
			wantType, _, _ := mime.ParseMediaType(tt.contentType)
			if s.attempts() != tt.attempts || slices.ContainsFunc(types, func(s string) bool { return s != wantType }) {
				t.Errorf("%s: %d attempts with types %q; want %d with %s", name, s.attempts(), types, tt.attempts, wantType)
			}
			for _, body := range s.bodies {
				if exact := name != "multipart"; exact && body != tt.want || !strings.Contains(body, tt.want) {
					t.Errorf("%s: body = %q; want %q", name, body, tt.want)
				}
			}
		})
	}
}

func TestBadRequestOptions(t *testing.T) {
	s := newStub(t, func(int, *http.Request) (*http.Response, error) { return respond(200, ""), nil })
	c := newClient(t, fetch.Options{Transport: s})
	own := errors.New("own")
	for want, post := range map[string]func() (string, error){
		"fetch: the body, a func(), cannot be written as JSON: json: unsupported type: func()": func() (string, error) {
			return fetch.Post[string](t.Context(), c, "http://a/", func() {})
		},
		`fetch: Multipart file "x" has no Open (nil); set it to a function that returns the contents`: func() (string, error) {
			return fetch.Post[string](t.Context(), c, "http://a/", fetch.Multipart{Files: []fetch.File{{Name: "x"}}})
		},
		"own": func() (string, error) {
			return fetch.Get[string](t.Context(), c, "http://a/", func(*http.Request) error { return own })
		},
	} {
		if _, err := post(); err == nil || err.Error() != want {
			t.Errorf("error = %v; want %s", err, want)
		}
	}
	if err := fetch.WithTokens(nil)(mustRequest(t, "GET", "http://a/", nil)); err == nil {
		t.Error("WithTokens accepts a request that Get did not make")
	}
	if s.attempts() != 0 {
		t.Errorf("%d requests were sent; want none", s.attempts())
	}
}

// TestMultipartFiles reads what was sent with the reader of the standard
// library, and in small pieces.
func TestMultipartFiles(t *testing.T) {
	var open atomic.Int32
	file := func(content string) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) {
			open.Add(1)
			return closer{iotestOneByte(content), func() { open.Add(-1) }}, nil
		}
	}
	body := fetch.Multipart{
		Fields: url.Values{"z": {"1", "2"}, "a": {"3"}},
		Files: []fetch.File{
			{Field: "f", Name: "a \"b\"\r\nX: y.txt", Open: file("first")},
			{Field: "g", Name: "empty", Type: "text/plain", Open: file("")},
		},
	}
	var got []string
	s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) { return respond(200, ""), nil })
	check := roundTrip(func(req *http.Request) (*http.Response, error) {
		_, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
		require.NoError(t, err)
		r := multipart.NewReader(req.Body, params["boundary"])
		for {
			part, err := r.NextPart()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			content, err := io.ReadAll(part)
			require.NoError(t, err)
			got = append(got, part.FormName()+" "+part.FileName()+" "+part.Header.Get("Content-Type")+" "+string(content))
		}
		return s.RoundTrip(req)
	})
	_, err := fetch.Post[string](t.Context(), newClient(t, fetch.Options{Transport: check}), "http://a/", &body)
	require.NoError(t, err)
	want := []string{"a   3", "z   1", "z   2", "f a \"b\"%0D%0AX: y.txt application/octet-stream first", "g empty text/plain "}
	if !slices.Equal(got, want) || open.Load() != 0 {
		t.Errorf("parts = %q with %d files left open; want %q", got, open.Load(), want)
	}
}

type closer struct {
	io.Reader
	close func()
}

func (c closer) Close() error {
	c.close()
	return nil
}

func iotestOneByte(s string) io.Reader { return oneByte{strings.NewReader(s)} }

type oneByte struct{ r io.Reader }

func (r oneByte) Read(p []byte) (int, error) { return r.r.Read(p[:min(1, len(p))]) }

// TestTokens covers refreshing, for a POST too, and that it happens once.
func TestTokens(t *testing.T) {
	for _, tt := range []struct {
		name     string
		accepts  string
		status   int
		attempts int
	}{{"good", "t0", 200, 1}, {"refreshed", "t1", 200, 2}, {"never good", "none", 401, 2}} {
		synctest.Test(t, func(t *testing.T) {
			var asked []string
			s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
				if req.Header.Get("Authorization") != "Bearer "+tt.accepts {
					return respond(401, "who are you?"), nil
				}
				return respond(200, ""), nil
			})
			c := newClient(t, fetch.Options{Transport: s, Tokens: func(_ context.Context, refused string) (string, error) {
				asked = append(asked, refused)
				return map[string]string{"": "t0", "t0": "t1"}[refused], nil
			}})
			r, _ := fetch.Send[string](t.Context(), c, mustRequest(t, "POST", "http://a/", strings.NewReader("payload")))
			if r.Status != tt.status || s.attempts() != tt.attempts || r.Attempts != tt.attempts || len(asked) != tt.attempts {
				t.Errorf("%s: %+v after %d attempts, asked %q; want %d after %d", tt.name, r, s.attempts(), asked, tt.status, tt.attempts)
			}
			for _, body := range s.bodies {
				if body != "payload" {
					t.Errorf("%s: body = %q", tt.name, body)
				}
			}
		})
	}
}

func TestTokenErrors(t *testing.T) {
	c := newChecker(t, func(*http.Request) (*http.Response, error) { return respond(200, ""), nil })
	own := errors.New("identity provider is down")
	for want, o := range map[string]fetch.Options{
		"fetch: POST http://a/: getting a token: identity provider is down":        {Tokens: func(context.Context, string) (string, error) { return "", own }},
		"fetch: POST http://a/: Options.PrepareAttempt: identity provider is down": {PrepareAttempt: func(*http.Request) error { return own }},
	} {
		o.Transport = c
		req := mustRequest(t, "POST", "http://a/", nil)
		req.Body, req.ContentLength = c.body(strings.NewReader("x")), 1
		if _, err := fetch.Send[string](t.Context(), newClient(t, o), req); err == nil || err.Error() != want || !errors.Is(err, own) {
			t.Errorf("Send = %v; want %s", err, want)
		}
	}
	if c.attempts() != 0 {
		t.Errorf("%d requests were sent; want none", c.attempts())
	}
}

// TestCredentialHooksStayWithTheirOrigin redirects to another origin.
func TestCredentialHooksStayWithTheirOrigin(t *testing.T) {
	seen := make(map[string]string)
	s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
		seen[req.URL.Host] += req.Header.Get("Authorization") + req.Header.Get("X-Signature")
		if req.URL.Host == "a" {
			return respond(302, "", "Location", "http://b/"), nil
		}
		return respond(200, ""), nil
	})
	c := newClient(t, fetch.Options{Transport: s,
		Tokens:         func(context.Context, string) (string, error) { return "t", nil },
		PrepareAttempt: func(r *http.Request) error { r.Header.Set("X-Signature", "s"); return nil }})
	_, err := fetch.Get[string](t.Context(), c, "http://a/")
	if err != nil || seen["a"] != "Bearer ts" || seen["b"] != "" {
		t.Errorf("the origins saw %q, %v; want credentials at a alone", seen, err)
	}
}

// TestHooksAndTraces checks that what users put into the context is there for
// every attempt, also through an option.
func TestHooksAndTraces(t *testing.T) {
	origin := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Body: "x", Failures: 1, FailStatus: 500} })
	defer origin.Close()
	var connections atomic.Int32
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connections.Add(1) }}
	var seen []fetch.Attempt
	c := newClient(t, fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: 1}, OnAttempt: func(a fetch.Attempt) { seen = append(seen, a) }})
	for i, get := range []func() error{
		func() error {
			_, err := fetch.Get[string](httptrace.WithClientTrace(t.Context(), trace), c, origin.URL+"/ctx")
			return err
		},
		func() error {
			_, err := fetch.Get[string](t.Context(), c, origin.URL+"/option", func(r *http.Request) error {
				*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), trace))
				return nil
			})
			return err
		},
	} {
		connections.Store(0)
		seen = nil
		if err := get(); err != nil || connections.Load() != 2 {
			t.Errorf("%d: %d connections traced, %v; want 2", i, connections.Load(), err)
		}
		if len(seen) != 2 || seen[0].Status != 500 || seen[0].Number != 1 || seen[1].Status != 200 || seen[1].Number != 2 || seen[1].Elapsed <= 0 {
			t.Errorf("%d: OnAttempt was told %+v", i, seen)
		}
	}
}
