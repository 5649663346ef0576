package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// raw sends bytes as they are, and then perhaps the end of the connection, and returns
// the answer, which is nil if the connection was closed without one.
func raw(t *testing.T, base, text string, end bool) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	if _, err := io.WriteString(conn, text); err == nil && end {
		conn.(*net.TCPConn).CloseWrite()
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		nerr, ok := err.(net.Error)
		require.False(t, ok && nerr.Timeout(), "neither an answer nor an end to %.100q", text)
		return nil, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp, string(body)
}

func TestHostileBodies(t *testing.T) { forEachEngine(t, testHostileBodies) }

func testHostileBodies(t *testing.T, databaseURL string) {
	r := startInside(t, databaseURL)
	_, asAnn := signUp(t, r.base, "Ann")
	const jsonType = "application/json"
	user := func(email, name, password string) string {
		b, err := json.Marshal(map[string]string{"email": email, "name": name, "password": password})
		require.NoError(t, err)
		return string(b)
	}
	for _, tt := range []struct {
		name        string
		contentType string
		body        string
		status      int
		code        string // among those in the problem
	}{
		{"empty", jsonType, "", 400, "empty"},
		{"no JSON", jsonType, "email=x", 400, "syntax"},
		{"truncated", jsonType, `{"email":"a@example.com","na`, 400, "syntax"},
		{"two values", jsonType, user("a@example.com", "A", "correct horse") + "{}", 400, "trailing_data"},
		{"invalid UTF-8", jsonType, "{\"email\":\"a@example.com\",\"name\":\"\xff\",\"password\":\"correct horse\"}", 400, "encoding"},
		{"half a surrogate", jsonType, `{"email":"a@example.com","name":"\ud800","password":"correct horse"}`, 400, "encoding"},
		{"deep", jsonType, strings.Repeat("[", 30000), 422, "max_depth"},
		{"deep within", jsonType, `{"name":` + strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000) + "}", 422, "max_depth"},
		{"duplicate key", jsonType, `{"email":"a@example.com","email":"b@example.com","name":"A","password":"correct horse"}`, 422, "duplicate"},
		{"duplicate key in another case", jsonType, `{"email":"a@example.com","EMAIL":"b@example.com","name":"A","password":"correct horse"}`, 422, "duplicate"},
		{"unknown key", jsonType, `{"email":"a@example.com","name":"A","password":"correct horse","admin":true}`, 422, "unknown_field"},
		{"wrong types", jsonType, `{"email":7,"name":["A"],"password":{"a":1}}`, 422, "type"},
		{"null", jsonType, "null", 422, "null"},
		{"an array", jsonType, "[]", 422, "type"},
		{"null in it", jsonType, `{"email":null,"name":"A","password":"correct horse"}`, 422, "null"},
		{"a zero byte", jsonType, user("a@example.com", "A\x00", "correct horse"), 422, "pattern"},
		{"a header in the name", jsonType, user("a@example.com", "A\r\nBcc: b@example.com", "correct horse"), 422, "pattern"},
		{"a header in the address", jsonType, user("a@example.com\r\nBcc: b@example.com", "A", "correct horse"), 422, "email"},
		{"a long name", jsonType, user("a@example.com", strings.Repeat("ü", 101), "correct horse"), 422, "max_length"},
		{"a long password", jsonType, user("a@example.com", "A", strings.Repeat("x", 129)), 422, "max_length"},
		{"too large", jsonType, user("a@example.com", strings.Repeat("x", maxBody), "correct horse"), 413, ""},
		{"many wrong members", jsonType, "{" + strings.Repeat(`"x":1,`, 9000) + `"y":1}`, 422, "unknown_field"},
		{"a form", "application/x-www-form-urlencoded", user("a@example.com", "A", "correct horse"), 415, ""},
		{"no type", "", user("a@example.com", "A", "correct horse"), 415, ""},
		{"a strange type", "application/json; charset=\"", user("a@example.com", "A", "correct horse"), 415, ""},
		{"a parameter", "application/json; charset=utf-8", user("a@example.com", "Robert'); DROP TABLE users;--", "correct horse"), 201, ""},
		{"the same address", jsonType, user("A@EXAMPLE.COM", "A", "correct horse"), 409, ""},
	} {
		for _, chunked := range []bool{false, true} {
			if chunked && tt.status == 201 {
				continue
			}
			head := "POST /v1/users HTTP/1.1\r\nHost: service\r\nConnection: close\r\nContent-Type: " + tt.contentType + "\r\n"
			text := fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(tt.body), tt.body)
			if chunked {
				text = fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", head, len(tt.body), tt.body)
				if tt.body == "" {
					text = head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
				}
			}
			resp, body := raw(t, r.base, text, false)
			if resp == nil && tt.status == 413 {
				continue // closed while the rest was still being sent
			}
			if resp == nil || resp.StatusCode != tt.status {
				t.Errorf("%s (chunked %v) is answered with %v %s; want %d", tt.name, chunked, resp, body, tt.status)
				continue
			}
			if tt.status < 400 {
				continue
			}
			codes := checkProblem(t, tt.name, resp, body)
			if tt.code != "" && !slices.Contains(codes, tt.code) {
				t.Errorf("%s is answered with the codes %q; want %q among them", tt.name, codes, tt.code)
			}
			if strings.Contains(body, "horse") {
				t.Errorf("the answer to %s shows a password: %s", tt.name, body)
			}
		}
	}
	asAnn.must(t, 200, "GET", "/v1/users/me", "")
}

// checkProblem checks the form of a problem object and returns the codes in it.
func checkProblem(t *testing.T, name string, resp *http.Response, body string) (codes []string) {
	t.Helper()
	var p struct {
		Status int
		Title  string
		Code   string
		Errors []struct{ Code string }
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil || p.Status != resp.StatusCode || p.Title == "" ||
		resp.Header.Get("Content-Type") != "application/problem+json" || resp.Header.Get("X-Request-Id") == "" {
		t.Errorf("%s is answered with %s %v %s; want a problem object", name, resp.Status, resp.Header, body)
	}
	for _, e := range p.Errors {
		codes = append(codes, e.Code)
	}
	return append(codes, p.Code)
}

func TestHostileRequests(t *testing.T) {
	r := startInside(t, newSQLite(t))
	ann, asAnn := signUp(t, r.base, "Ann")
	_, asBob := signUp(t, r.base, "Bob")
	with := func(c client, line string, more ...string) string {
		return line + " HTTP/1.1\r\nHost: service\r\nConnection: close\r\nAuthorization: Bearer " + c.token + "\r\n" + strings.Join(more, "") + "\r\n"
	}
	for _, tt := range []struct {
		name, text string
		status     int // 0 for the end of the connection, with a few words of net/http or without
	}{
		{"an unknown path", with(asAnn, "GET /v2/users"), 404},
		{"a path that goes up", with(asBob, "GET /v1/users/me/../"+ann.ID), 404},
		{"a path that goes up in disguise", with(asBob, "GET /v1/users/me%2f..%2f"+ann.ID), 404},
		{"double slashes", with(asAnn, "GET //v1//users/me"), 404},
		{"a slash at the end", with(asAnn, "GET /v1/users/me/"), 404},
		{"a dot", with(asAnn, "GET /v1/./users/me"), 404},
		{"a file", with(asAnn, "GET /../../etc/passwd"), 404},
		{"a zero byte", with(asAnn, "GET /v1/users/%00"), 403},
		{"an id of another with a zero byte", with(asBob, "GET /v1/users/"+ann.ID+"%00"), 403},
		{"an id that is SQL", with(asBob, "GET /v1/users/'%20OR%201=1--"), 403},
		{"a wrong method", with(asAnn, "PUT /v1/users/me", "Content-Length: 0\r\n"), 405},
		{"an unknown method", with(asAnn, "BREW /v1/users"), 405},
		{"a wrong method elsewhere", with(asAnn, "POST /metrics"), 405},
		{"TRACE", with(asAnn, "TRACE /v1/users/me"), 405},
		{"OPTIONS", with(asAnn, "OPTIONS /v1/users/me"), 405},
		{"CONNECT", with(asAnn, "CONNECT service:443"), 404},
		{"the whole server", with(asAnn, "DELETE *"), 404},
		{"the options of the whole server", with(asAnn, "OPTIONS *"), 404},
		{"two Authorization headers", with(asAnn, "GET /v1/users/me", "Authorization: Bearer "+asBob.token+"\r\n"), 401},
		{"a user in the URL", with(client{}, "GET http://admin:admin@service/v1/users/me"), 401},
		{"no WebSocket", with(asAnn, "GET /v1/echo"), 426},
		{"half a WebSocket", with(asAnn, "GET /v1/echo", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"), 400},
		{"a WebSocket of another page", with(asAnn, "GET /v1/echo", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://evil.example\r\n"), 403},
		{"a body that ends early", with(asAnn, "PATCH /v1/users/me", "Content-Type: application/json\r\nContent-Length: 100\r\n") + `{"name":`, 400},
		{"chunks that are none", with(asAnn, "PATCH /v1/users/me", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n") + "zz\r\n", 400},
		{"a huge length", with(asAnn, "PATCH /v1/users/me", "Content-Type: application/json\r\nContent-Length: 9000000000000000000\r\n") + "{", 413},
		{"two lengths", with(asAnn, "PATCH /v1/users/me", "Content-Length: 1\r\nContent-Length: 2\r\n") + "{}", 0},
		{"a negative length", with(asAnn, "PATCH /v1/users/me", "Content-Length: -1\r\n"), 0},
		{"a length and chunks", with(asAnn, "PATCH /v1/users/me", "Content-Length: 4\r\nTransfer-Encoding: chunked, chunked\r\n"), 0},
		{"a large header", with(asAnn, "GET /v1/users/me", "X: "+strings.Repeat("x", 1<<20)+"\r\n"), 0},
		{"no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 0},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", 0},
		{"a header without a name", with(asAnn, "GET /healthz", ": x\r\n"), 0},
		{"half a request", "GET /v1/users/me HTTP/1.1\r\nHost: serv", 0},
	} {
		resp, body := raw(t, r.base, tt.text, tt.status == 0 || strings.HasSuffix(tt.name, "ends early"))
		switch {
		case tt.status == 0 && resp != nil && (resp.StatusCode < 400 || resp.StatusCode >= 500 && resp.StatusCode != 501 || !resp.Close):
			t.Errorf("%s is answered with %s, close %v, %s; want the end of the connection", tt.name, resp.Status, resp.Close, body)
		case tt.status != 0 && (resp == nil || resp.StatusCode != tt.status):
			t.Errorf("%s is answered with %v %s; want %d", tt.name, resp, body, tt.status)
		case tt.status != 0:
			checkProblem(t, tt.name, resp, body)
		}
		if strings.Contains(body, "ann@example.com") {
			t.Errorf("the answer to %s has data of a user: %s", tt.name, body)
		}
	}
}

// TestSlowClients sends requests a byte at a time, and waits for the end of them.
func TestSlowClients(t *testing.T) {
	r := startInside(t, newSQLite(t), "READ_TIMEOUT=200ms", "IDLE_TIMEOUT=200ms")
	_, asAnn := signUp(t, r.base, "Ann")
	for _, tt := range []struct {
		name, text string
		status     int // 0 for the end of the connection, with a few words of net/http or without
	}{
		{"nothing", "", 0},
		{"half a head", "GET /healthz HTTP/1.1\r\nHost: service\r\nX", 0},
		{"half a body", "PATCH /v1/users/me HTTP/1.1\r\nHost: service\r\nAuthorization: Bearer " + asAnn.token +
			"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", 408},
		{"idle after an answer", "GET /healthz HTTP/1.1\r\nHost: service\r\n\r\n", 204},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", strings.TrimPrefix(r.base, "http://"))
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
			_, err = io.WriteString(conn, tt.text)
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.status != 204 {
				go trickle(ctx, conn)
			}
			br := bufio.NewReader(conn)
			resp, err := http.ReadResponse(br, nil)
			if tt.status == 0 && err == nil && !(resp.StatusCode == 400 && resp.Close) || tt.status != 0 && (err != nil || resp.StatusCode != tt.status) {
				t.Fatalf("a client that sends %s gets %v, %v; want %d", tt.name, resp, err, tt.status)
			}
			if err != nil {
				nerr, ok := err.(net.Error)
				require.False(t, ok && nerr.Timeout(), "the connection stays open")
				return
			}
			if _, err := io.Copy(io.Discard, br); err != nil {
				nerr, ok := err.(net.Error)
				require.False(t, ok && nerr.Timeout(), "the connection stays open")
			}
		})
	}
}

// trickle sends a byte now and then, as slowloris does.
func trickle(ctx context.Context, conn net.Conn) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := conn.Write([]byte("x")); err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// TestClientsThatDoNotRead has a server over a pipe, which holds nothing, so that an
// answer waits for its client. One that reads is served for as long as it likes; one
// that stops is given up, whichever answer it was.
func TestClientsThatDoNotRead(t *testing.T) {
	for answers := range 4 {
		synctest.Test(t, func(t *testing.T) {
			s := &service{cfg: config{ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute}, log: slog.New(slog.DiscardHandler)}
			timeout := s.cfg.ReadTimeout + 2*queryTimeout
			closed := make(chan time.Time, 1)
			server := s.httpServer()
			server.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateClosed {
					closed <- time.Now()
				}
			}
			server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
			pipes := make(pipeListener)
			go server.Serve(withCoarseDeadlines(pipes))
			client := pipes.dial()
			br := bufio.NewReader(client)
			request := func() {
				_, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
				require.NoError(t, err)
			}
			for range answers {
				for _, pause := range []time.Duration{0, time.Millisecond, 900 * time.Millisecond, 50 * time.Second} {
					request()
					resp, err := http.ReadResponse(br, nil)
					require.NoError(t, err)
					_, err = io.Copy(io.Discard, resp.Body)
					require.NoError(t, err)
					time.Sleep(pause)
				}
			}
			request()
			sent := time.Now()
			require.InDelta(t, timeout+coarseness/2, (<-closed).Sub(sent), float64(coarseness/2))
			require.NoError(t, server.Close())
		})
	}
}

// A pipeListener accepts what is sent to it.
type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	conn, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

// dial returns the other end of a connection.
func (l pipeListener) dial() net.Conn {
	client, conn := net.Pipe()
	l <- conn
	return client
}

func (l pipeListener) Close() error   { close(l); return nil }
func (l pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }
