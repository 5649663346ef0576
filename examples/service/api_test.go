package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/errors"
)

// serveOne has a service that is not started answer one request.
func serveOne(s *service, method, path string, header ...string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	s.ServeHTTP(w, r)
	return w
}

func TestHeaders(t *testing.T) {
	s := newTestService(t)
	for _, path := range []string{"/healthz", "/v1/users/me", "/nothing", "//nothing"} {
		h := serveOne(s, "GET", path).Header()
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
			if got := h.Get(name); got != want {
				t.Errorf("GET %s: %s is %q; want %q", path, name, got, want)
			}
		}
		for name := range h {
			if name != http.CanonicalHeaderKey(name) {
				t.Errorf("GET %s: the header %s is not in canonical form", path, name)
			}
		}
	}
}

func TestRequestIDs(t *testing.T) {
	s := newTestService(t)
	one, two := serveOne(s, "GET", "/healthz").Header().Get("X-Request-Id"), serveOne(s, "GET", "/healthz").Header().Get("X-Request-Id")
	if one == two || !isRequestID(one) {
		t.Errorf("the requests have the IDs %q and %q; want two", one, two)
	}
	for given, kept := range map[string]bool{"abc-DEF_7": true, "": false, "a b": false, "a\nb": false, "ü": false, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false} {
		if got := serveOne(s, "GET", "/healthz", "X-Request-Id", given).Header().Get("X-Request-Id"); (got == given) != kept {
			t.Errorf("a request with the ID %q has %q; want it kept: %v", given, got, kept)
		}
	}
}

func TestCORS(t *testing.T) {
	s := newTestService(t)
	s.cors = newCORS([]string{"https://app.example.com"}, s.routeTable())
	const preflight = "Access-Control-Request-Method"
	for _, tt := range []struct {
		name, method string
		header       []string
		status       int
		allowed      string
	}{
		{"a page", "GET", []string{"Origin", "https://app.example.com"}, 204, "https://app.example.com"},
		{"a page that asks first", "OPTIONS", []string{"Origin", "https://app.example.com", preflight, "PATCH"}, 204, "https://app.example.com"},
		{"no page", "GET", nil, 204, ""},
		{"another page", "GET", []string{"Origin", "https://evil.example"}, 204, ""},
		{"another page that asks first", "OPTIONS", []string{"Origin", "https://evil.example", preflight, "PATCH"}, 405, ""},
		{"a page with a similar name", "GET", []string{"Origin", "https://app.example.com.evil.example"}, 204, ""},
		{"a page without an origin", "GET", []string{"Origin", "null"}, 204, ""},
	} {
		w := serveOne(s, tt.method, "/healthz", tt.header...)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != tt.allowed || w.Code != tt.status {
			t.Errorf("%s is answered with %d and allowed %q; want %d and %q", tt.name, w.Code, got, tt.status, tt.allowed)
		}
		if got := w.Header().Get("Vary"); got != "Origin" {
			t.Errorf("%s: Vary is %q; want Origin", tt.name, got)
		}
		if methods := w.Header().Get("Access-Control-Allow-Methods"); strings.Contains(methods, "PATCH") != (tt.method == "OPTIONS" && tt.allowed != "") {
			t.Errorf("%s: the allowed methods are %q", tt.name, methods)
		}
	}
}

func TestReadiness(t *testing.T) {
	s := newTestService(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if w := serveOne(s, "GET", path); w.Code != 204 || w.Header().Get("Connection") != "" {
			t.Errorf("GET %s = %d, Connection %q; want 204 and none", path, w.Code, w.Header().Get("Connection"))
		}
	}
	s.draining.Store(true)
	for path, want := range map[string]int{"/healthz": 204, "/readyz": 503} {
		if w := serveOne(s, "GET", path); w.Code != want || w.Header().Get("Connection") != "close" {
			t.Errorf("GET %s while shutting down = %d, Connection %q; want %d and close", path, w.Code, w.Header().Get("Connection"), want)
		}
	}
	s.draining.Store(false)
	require.NoError(t, s.store.read.Close())
	if w := serveOne(s, "GET", "/readyz"); w.Code != 503 || strings.Contains(w.Body.String(), "database") {
		t.Errorf("GET /readyz without a database = %d %s; want 503 and no details", w.Code, w.Body)
	}
}

// TestPanic has a handler panic and looks at what the client and the log get.
func TestPanic(t *testing.T) {
	s := newTestService(t)
	var log bytes.Buffer
	s.log = slog.New(errors.NewHandler(slog.NewJSONHandler(&log, nil)))
	s.mux = s.newMux([]route{{method: "GET", path: "/boom", handle: func(*call) error { panic("secret") }},
		{method: "GET", path: "/fail", handle: func(*call) error {
			return errors.Wrap(errors.New("secret"), "look up", slog.Int("shelf", 7))
		}}})
	for path, want := range map[string]string{"/boom": "secret", "/fail": `"shelf":7`} {
		log.Reset()
		w := serveOne(s, "GET", path)
		if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("GET %s = %d %s; want a problem object of 500 without details", path, w.Code, w.Body)
		}
		if id := w.Header().Get("X-Request-Id"); !strings.Contains(log.String(), want) || !strings.Contains(log.String(), id) {
			t.Errorf("GET %s is logged as %s; want %s and %s in it", path, log.String(), want, id)
		}
	}
}

func TestMetrics(t *testing.T) {
	s := newTestService(t)
	serveOne(s, "GET", "/v1/users/me")
	serveOne(s, "GET", "/nothing")
	timed := s.metrics.ofRoute(&route{method: "GET", path: "/timed"})
	for status, d := range map[int]time.Duration{101: 0, 200: 100 * time.Microsecond, 204: 100*time.Microsecond + 1, 404: 5 * time.Second, 500: time.Minute} {
		timed.observe(status, d)
	}
	text := serveOne(s, "GET", "/metrics").Body.String()
	for _, want := range []string{
		`http_requests_total{code="4xx",method="GET",route="/v1/users/{id}"} 1`, `http_requests_total{code="4xx",method="other",route="other"} 1`,
		`http_request_duration_seconds_count{method="GET",route="/v1/users/{id}"} 1`, "jobs_pending 1\n", "jobs_dead 0\n", "go_goroutines ",
		`_total{code="1xx",method="GET",route="/timed"} 1`, `_total{code="2xx",method="GET",route="/timed"} 2`, `_total{code="3xx",method="GET",route="/timed"} 0`,
		`_total{code="5xx",method="GET",route="/timed"} 1`, `_bucket{method="GET",route="/timed",le="0.0001"} 2`, `_bucket{method="GET",route="/timed",le="0.0005"} 3`,
		`_bucket{method="GET",route="/timed",le="1"} 3`, `_bucket{method="GET",route="/timed",le="5"} 4`, `_bucket{method="GET",route="/timed",le="+Inf"} 5`,
		`_sum{method="GET",route="/timed"} 65.000200001`, `_count{method="GET",route="/timed"} 5`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics has no %q in\n%s", want, text)
		}
	}
}

func TestEcho(t *testing.T) {
	r := startInside(t, newSQLite(t))
	_, asAnn := signUp(t, r.base, "Ann")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	dial := func() *websocket.Conn {
		conn, _, err := websocket.Dial(ctx, r.base+"/v1/echo", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + asAnn.token}}})
		require.NoError(t, err)
		conn.SetReadLimit(-1)
		return conn
	}
	conn := dial()
	defer conn.CloseNow()
	for _, message := range []string{"hello", "", strings.Repeat("x", maxMessage)} {
		for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
			require.NoError(t, conn.Write(ctx, kind, []byte(message)))
			gotKind, got, err := conn.Read(ctx)
			if err != nil || gotKind != kind || string(got) != message {
				t.Errorf("the echo of %.10q, %v is %.10q, %v, %v", message, kind, got, gotKind, err)
			}
		}
	}
	require.NoError(t, conn.Write(ctx, websocket.MessageText, make([]byte, maxMessage+1)))
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("after a message that is too big: %v; want the close code for that", err)
	}

	idle := dial()
	defer idle.CloseNow()
	ended := make(chan error, 1)
	go func() {
		_, _, err := idle.Read(ctx)
		ended <- err
	}()
	if got := r.stop(); got != 0 {
		t.Errorf("exit status %d with an open socket; want 0", got)
	}
	if err := <-ended; websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("a socket at shutdown ends with %v; want going away", err)
	}
}

// TestBuffersAreReleased fails if an answer keeps a pooled buffer.
func TestBuffersAreReleased(t *testing.T) {
	buffer.Check(t)
	s := newTestService(t)
	c := &call{w: httptest.NewRecorder(), r: httptest.NewRequest("GET", "/", nil)}
	if err := c.answer(200, map[string]int{"a": 1}); err != nil || c.status != 200 {
		t.Errorf("answer = %v, status %d; want 200", err, c.status)
	}
	c = &call{w: httptest.NewRecorder(), r: httptest.NewRequest("GET", "/", nil)}
	if err := c.answer(200, func() {}); err == nil || c.status != 0 {
		t.Errorf("answer of what cannot be encoded = %v, status %d; want an error and no answer", err, c.status)
	}
	if err := (&mailer{dir: t.TempDir(), log: s.log}).welcome(t.Context(), job{ID: "7", To: "a@example.com", Name: "A"}); err != nil {
		t.Errorf("welcome = %v", err)
	}
}

// TestTimeoutOfTheStore has the database wait longer than a request does.
func TestTimeoutOfTheStore(t *testing.T) {
	s := newTestService(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	if _, err := s.store.user(ctx, "7"); errors.HTTPStatus(err) != http.StatusGatewayTimeout {
		t.Errorf("user with a context that has ended = %v, %d; want 504", err, errors.HTTPStatus(err))
	}
}
