package fetch_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

type user struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// origin starts an Origin that ends with the test.
func origin(t testing.TB, answer func(*http.Request) fetchtest.Answer) string {
	o := fetchtest.NewOrigin(answer)
	t.Cleanup(o.Close)
	return o.URL
}

func TestGetDecodes(t *testing.T) {
	url := origin(t, func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Body: `{"id":7,"name":"gopher"}`} })
	ctx, c := t.Context(), newClient(t, fetch.Options{})
	if got, err := fetch.Get[user](ctx, c, url); got != (user{7, "gopher"}) || err != nil {
		t.Errorf("Get[user] = %v, %v", got, err)
	}
	if got, err := fetch.Get[*user](ctx, c, url); err != nil || *got != (user{7, "gopher"}) {
		t.Errorf("Get[*user] = %v, %v", got, err)
	}
	if got, err := fetch.Get[string](ctx, c, url); got != `{"id":7,"name":"gopher"}` || err != nil {
		t.Errorf("Get[string] = %q, %v", got, err)
	}
	if got, err := fetch.Get[[]byte](ctx, c, url); string(got) != `{"id":7,"name":"gopher"}` || err != nil {
		t.Errorf("Get[[]byte] = %q, %v", got, err)
	}
	if got, err := fetch.Get[json.RawMessage](ctx, c, url); string(got) != `{"id":7,"name":"gopher"}` || err != nil {
		t.Errorf("Get[RawMessage] = %q, %v", got, err)
	}
	if got, err := fetch.Get[map[string]any](ctx, nil, url); err != nil || got["id"] != 7.0 {
		t.Errorf("Get[map] with a nil Client = %v, %v", got, err)
	}
}

// TestBadAnswers holds the errors to lines that can be read aloud.
func TestBadAnswers(t *testing.T) {
	url := origin(t, func(r *http.Request) fetchtest.Answer {
		switch r.URL.Path {
		case "/html":
			return fetchtest.Answer{Body: "<html>", Header: http.Header{"Content-Type": {"text/html"}}}
		case "/encoded":
			return fetchtest.Answer{Body: "\x1b", Header: http.Header{"Content-Encoding": {"gzip, br"}}}
		case "/empty":
			return fetchtest.Answer{Status: 204}
		case "/type":
			return fetchtest.Answer{Body: `{"id":"seven"}`}
		case "/trailing":
			return fetchtest.Answer{Body: `{"id":7} {}`}
		case "/missing":
			return fetchtest.Answer{Status: 404, Body: "no such user"}
		case "/problem":
			return fetchtest.Answer{Status: 403, Header: http.Header{"Content-Type": {"application/problem+json; charset=utf-8"}},
				Body: `{"title":"No credit","detail":"Balance is 30","balance":30}`}
		case "/large":
			return fetchtest.Answer{Body: strings.Repeat("x", 101)}
		case "/truncated":
			return fetchtest.Answer{Body: "twelve bytes", Truncate: true}
		case "/reset":
			return fetchtest.Answer{Reset: true}
		}
		return fetchtest.Answer{}
	})
	c := newClient(t, fetch.Options{MaxBody: 100, Retry: fetch.RetryPolicy{Attempts: 1}})
	for path, want := range map[string]string{
		"/html":              `fetch: GET URL/html: 200 OK with content type "text/html": the body is not JSON: invalid character '<' looking for beginning of value`,
		"/encoded":           `fetch: GET URL/encoded: 200 OK with content type "application/json" and content encoding "gzip, br", which is not decoded: the body is not JSON: invalid character '\x1b' looking for beginning of value`,
		"/empty":             `fetch: GET URL/empty: 204 No Content with content type "application/json": the body is empty, not JSON`,
		"/type":              `fetch: GET URL/type: 200 OK with content type "application/json": the body does not fit fetch_test.user: json: cannot unmarshal string into Go struct field user.id of type int`,
		"/trailing":          `fetch: GET URL/trailing: 200 OK with content type "application/json": the body is not JSON: invalid character '{' after top-level value`,
		"/missing?key=abc":   `fetch: GET URL/missing?key=xxxxx: 404 Not Found`,
		"/problem":           `fetch: GET URL/problem: 403 Forbidden: Balance is 30`,
		"/large":             `fetch: GET URL/large: reading the body: more than Options.MaxBody, 100 bytes: response body too large`,
		"/truncated":         `fetch: GET URL/truncated: reading the body: `,
		"/reset?token=abc&x": `fetch: GET URL/reset?token=xxxxx&x: `,
	} {
		got, err := fetch.Get[user](t.Context(), c, url+path)
		line := ""
		if err != nil {
			line = strings.ReplaceAll(err.Error(), url, "URL")
		}
		// What a broken connection is called depends on the operating system.
		if broken := strings.HasSuffix(want, ": "); line != want && !(broken && strings.HasPrefix(line, want)) {
			t.Errorf("Get(%s) error = %v; want %s", path, err, want)
		}
		if got != (user{}) {
			t.Errorf("Get(%s) = %v beside an error; want the zero value", path, got)
		}
	}
	_, err := fetch.Get[user](t.Context(), c, url+"/problem")
	status, ok := errors.AsType[*fetch.StatusError](err)
	require.True(t, ok)
	if status.Problem == nil || status.Problem.Extensions["balance"] != 30.0 || status.Header.Get("Content-Type") == "" {
		t.Errorf("StatusError = %+v; want the problem object and the header", status)
	}
	if _, err := fetch.Get[string](t.Context(), c, url+"/large"); !errors.Is(err, fetch.ErrBodyTooLarge) {
		t.Errorf("Get(/large) = %v; want ErrBodyTooLarge", err)
	}
	if got, err := fetch.Get[string](t.Context(), c, url+"/empty"); got != "" || err != nil {
		t.Errorf("Get[string](/empty) = %q, %v; want an empty string", got, err)
	}
}

func TestBadURLs(t *testing.T) {
	for url, want := range map[string]string{
		"":                              `fetch: URL "" has scheme "": want http or https, as in https://example.com/path`,
		"example.com":                   `fetch: URL "example.com" has scheme "": want http or https, as in https://example.com/path`,
		"ftp://example.com/":            `fetch: URL "ftp://example.com/" has scheme "ftp": want http or https, as in https://example.com/path`,
		"http:///path":                  `fetch: URL "http:///path" has no host: want one, as in https://example.com/path`,
		"http://user:secret@host:port/": `fetch: not a URL: invalid port ":port" after host; write it as in https://example.com/path`,
		"127.0.0.1:80/":                 `fetch: not a URL: first path segment in URL cannot contain colon; write it as in https://example.com/path`,
		"http://a b/":                   `fetch: not a URL: invalid character " " in host name; write it as in https://example.com/path`,
	} {
		if _, err := fetch.Get[string](t.Context(), nil, url); err == nil || err.Error() != want {
			t.Errorf("Get(%q) error = %v; want %s", url, err, want)
		}
	}
	if _, err := fetch.Send[string](t.Context(), nil, &http.Request{}); err == nil || err.Error() != "fetch: the request has no URL (nil)" {
		t.Errorf("Send without a URL = %v", err)
	}
}

func TestDeadHost(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	url := "http://" + listener.Addr().String()
	listener.Close()
	c := newClient(t, fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: 1}})
	_, err = fetch.Get[string](t.Context(), c, url)
	if err == nil || !strings.Contains(err.Error(), "fetch: GET "+url+" after 3 attempts: dial tcp ") {
		t.Errorf("Get of a dead host = %v", err)
	}
}

// TestBodyLimitCountsDecompressedBytes sends a bomb: a megabyte that is a
// kilobyte on the wire.
func TestBodyLimitCountsDecompressedBytes(t *testing.T) {
	zipped := buffer.Empty(0)
	defer zipped.Release()
	w := gzip.NewWriter(zipped)
	w.Write(make([]byte, 1<<20))
	w.Close()
	body := zipped.String()
	url := origin(t, func(*http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: body, Header: http.Header{"Content-Encoding": {"gzip"}}}
	})
	if got, err := fetch.Get[[]byte](t.Context(), newClient(t, fetch.Options{MaxBody: 1 << 20}), url); len(got) != 1<<20 || err != nil {
		t.Errorf("a body exactly at the limit: %d bytes, %v; want 1 MiB, nil", len(got), err)
	}
	if _, err := fetch.Get[[]byte](t.Context(), newClient(t, fetch.Options{MaxBody: 1<<20 - 1}), url); !errors.Is(err, fetch.ErrBodyTooLarge) {
		t.Errorf("a body one byte above the limit: %v; want ErrBodyTooLarge", err)
	}
}

func TestSendFillsTheResult(t *testing.T) {
	url := origin(t, func(*http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: "7", Failures: 1, Header: http.Header{"X-Id": {"7"}}}
	})
	c := newClient(t, fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: 1}})
	req, err := http.NewRequest("GET", url+"/a", nil)
	require.NoError(t, err)
	r, err := fetch.Send[int](t.Context(), c, req)
	if err != nil || r.Err != nil || r.Value != 7 || r.Status != 200 || r.Attempts != 2 || r.URL != url+"/a" || r.Header.Get("X-Id") != "7" || r.Elapsed <= 0 {
		t.Errorf("Send = %+v, %v", r, err)
	}
}

func TestHeaders(t *testing.T) {
	url := origin(t, func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: r.Header.Get("User-Agent") + " " + r.Header.Get("X-Api-Key")}
	})
	header := http.Header{"User-Agent": {"plinth"}, "X-Api-Key": {"default"}}
	c := newClient(t, fetch.Options{Header: header})
	header.Set("User-Agent", "changed later")
	if got, err := fetch.Get[string](t.Context(), c, url, fetch.WithHeader("x-api-key", "mine")); got != "plinth mine" || err != nil {
		t.Errorf("the server saw %q, %v; want plinth mine", got, err)
	}
	if got, err := fetch.Get[string](t.Context(), c, url); got != "plinth default" || err != nil {
		t.Errorf("the server saw %q, %v; want plinth default", got, err)
	}
}

func TestDoDoesNotModifyTheRequest(t *testing.T) {
	s := newStub(t, func(int, *http.Request) (*http.Response, error) { return respond(200, "x"), nil })
	c := newClient(t, fetch.Options{Transport: s, Header: http.Header{"User-Agent": {"plinth"}}})
	req, err := http.NewRequest("POST", "http://a/", strings.NewReader("payload"))
	require.NoError(t, err)
	body := req.Body
	resp, err := c.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	if len(req.Header) != 0 || req.Body != body || req.URL.String() != "http://a/" {
		t.Errorf("the request was modified: %+v", req)
	}
}

// TestTimeoutsCoverTheBody lets a body come slower than the timeouts allow:
// that of an attempt, if the body belongs to it, and that of the call otherwise.
func TestTimeoutsCoverTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
			resp := respond(200, "")
			resp.ContentLength = -1
			resp.Body = io.NopCloser(trickle{req.Context()})
			return resp, nil
		})
		c := newClient(t, fetch.Options{Transport: s, Retry: fetch.RetryPolicy{Attempts: 2, BaseDelay: 1}})
		start := time.Now()
		_, err := fetch.Get[string](t.Context(), c, "http://a/")
		if want := "fetch: GET http://a/ after 2 attempts: reading the body: attempt timeout of 10s exceeded"; err == nil || err.Error() != want {
			t.Errorf("Get = %v; want %s", err, want)
		}
		if d := time.Since(start).Round(time.Microsecond); d != 20*time.Second {
			t.Errorf("Get took %v; want 20s", d)
		}

		start = time.Now()
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://a/", nil)
		require.NoError(t, err)
		resp, err := c.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		if n, err := io.Copy(io.Discard, resp.Body); n < 29 || err == nil || err.Error() != "timeout of 30s exceeded" {
			t.Errorf("reading the body of Do = %d bytes, %v; want 29 bytes or more, timeout of 30s exceeded", n, err)
		}
		if d := time.Since(start); d != 30*time.Second {
			t.Errorf("Do took %v; want 30s", d)
		}
	})
}

// trickle is a body of one byte a second.
type trickle struct{ ctx context.Context }

func (r trickle) Read(p []byte) (int, error) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
		p[0] = 'x'
		return 1, nil
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}

// TestTricklingErrorBody checks that the body of an error response is not
// waited for.
func TestTricklingErrorBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
			resp := respond(503, "")
			resp.Body = io.NopCloser(trickle{req.Context()})
			return resp, nil
		})
		start := time.Now()
		c := newClient(t, fetch.Options{Transport: s, Retry: fetch.RetryPolicy{BaseDelay: 1}})
		_, err := fetch.Get[string](t.Context(), c, "http://a/")
		if status, ok := errors.AsType[*fetch.StatusError](err); !ok || status.Attempts != 3 {
			t.Errorf("Get = %v; want a StatusError after 3 attempts", err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("Get took %v; want a few seconds", d)
		}
	})
}
