package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
)

// asGateway makes a process of this test the gateway.
const asGateway = "GATEWAY_TEST_ARGS"

func TestMain(m *testing.M) {
	if args, ok := os.LookupEnv(asGateway); ok {
		os.Exit(run(context.Background(), strings.Fields(args), os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

const want = `
All three answer, and the gateway knows
  GET /healthz                 200 ok
  GET /readyz                  200 {"ml":"ok","reports":"ok","users":"ok"}
  GET /users/1                 200 [fwd=miss] {"id":1,"name":"Ada","email":"ada@example.com"}
  POST /ml/predict             200 {"score":2.833}
  GET /ml/models               200 [fwd=miss; stored] {"models":["mean-1"]}

One trace goes through all
  GET /users/1                 200 the service saw trace 4bf92f3577b34da6a3ce929d0e0e4736, the client got request id order-7
  GET /ml/health               200 the service saw trace 4bf92f3577b34da6a3ce929d0e0e4736, the client got request id order-7
  GET /reports/health          200 the service saw trace 4bf92f3577b34da6a3ce929d0e0e4736, the client got request id order-7
  a malformed trace is replaced: true

What a service refuses, and what the gateway does
  POST /users/                 422 {"errors":[{"path":"email","pointer":"/email","rule":"email","code":"email","message":"must be an e-mail address"}],"status":422,"title":"Unprocessable Entity"}
  POST /users/                 201 {"id":2,"name":"Grace","email":"grace@example.com"}
  GET /users/99                404 [fwd=miss] {"status":404,"title":"Not Found"}
  GET /nowhere                 404 {"status":404,"title":"Not Found"}
  POST /ml/predict             413 {"code":"too_large","detail":"The request has more than 1048576 bytes.","status":413,"title":"Request Entity Too Large"}

Answers are kept as Cache-Control says
  GET /reports/daily?day=1     200 [fwd=miss; stored] {"calls":1}
  GET /reports/daily?day=1     200 [hit] {"calls":1}
  GET /reports/daily?day=1     200 [fwd=miss; stored] {"calls":2}
  GET /reports/daily?day=1     200 {"calls":3}
  GET /reports/mine            200 [fwd=miss] {"calls":1}
  GET /reports/mine            200 [fwd=miss] {"calls":2}
  GET /users/                  200 [fwd=miss; stored] [{"id":1,"name":"Ada","email":"ada@example.com"},{"id":2,"name":"Grace","email":"grace@example.com"}]
  GET /users/                  200 [hit] [{"id":1,"name":"Ada","email":"ada@example.com"},{"id":2,"name":"Grace","email":"grace@example.com"}]
  POST /users/                 201 {"id":3,"name":"Barbara","email":"barbara@example.com"}
  GET /users/                  200 [fwd=miss; stored] [{"id":1,"name":"Ada","email":"ada@example.com"},{"id":2,"name":"Grace","email":"grace@example.com"},{"id":3,"name":"Barbara","email":"barbara@example.com"}]

Equal requests are one for the service
  8 times GET /reports/slow: 1 different answers, 8 times {"calls":1}

A GET is sent again, a POST is not
  GET /ml/flaky?key=a          200 [fwd=miss] {"calls":2}
  POST /ml/flaky?key=b         503 {"calls":1}
  POST /ml/flaky?key=b         200 {"calls":2}

Nobody waits for ever
  GET /ml/sleep?ms=8000        504 {"code":"timeout","detail":"The service did not answer in time.","status":504,"title":"Gateway Timeout"}

A service that fails is left in peace
  POST /reports/crash          503 [Retry-After] {"code":"circuit_open","detail":"The service has failed too often lately.","status":503,"title":"Service Unavailable"}
  GET /reports/health          503 [Retry-After] {"code":"circuit_open","detail":"The service has failed too often lately.","status":503,"title":"Service Unavailable"}
  GET /reports/daily?day=1     200 [hit] {"calls":2}
  GET /users/1                 200 [fwd=miss] {"id":1,"name":"Ada","email":"ada@example.com"}

A service that is gone takes none with it
  GET /ml/health               502 {"code":"no_answer","detail":"The service could not be reached.","status":502,"title":"Bad Gateway"}
  GET /readyz                  503 {"ml":"down","reports":"ok","users":"ok"}
  GET /ml/models               200 [hit] {"models":["mean-1"]}
  GET /users/1                 200 [fwd=miss] {"id":1,"name":"Ada","email":"ada@example.com"}
`

// TestScene has the same outcome with the services in Python and without.
func TestScene(t *testing.T) {
	for _, tt := range []struct{ python, started string }{
		{"python3", `^users    Go\nml       (\w+ 3\.\S+, process \d+|Go, because there is no python3)\nreports  .*\n$`},
		{"no-such-python", `^users    Go\nml       Go, because there is no no-such-python\nreports  Go, because there is no no-such-python\n$`},
	} {
		t.Run(tt.python, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			status := run(t.Context(), []string{"-python", tt.python}, &stdout, &stderr)
			if status != 0 || stderr.Len() > 0 {
				t.Errorf("exit status %d, standard error %q; want 0 and nothing", status, stderr.String())
			}
			started, got, _ := strings.Cut(stdout.String(), "\n\n")
			if !regexp.MustCompile(tt.started).MatchString(started + "\n") {
				t.Errorf("services:\n%s\nwant a match of %q", started, tt.started)
			}
			gotLines, wantLines := strings.Split("\n"+got, "\n"), strings.Split(want, "\n")
			for i := range max(len(gotLines), len(wantLines)) {
				if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
					t.Fatalf("line %d of the scene differs:\n%s", i, got)
				}
			}
		})
	}
}

// startGateway runs the gateway with -addr and returns its URL, and a function
// that waits for its exit status.
func startGateway(t *testing.T, ctx context.Context) (url string, wait func() int) {
	t.Helper()
	out, stdout := io.Pipe()
	status := make(chan int, 1)
	go func() {
		defer stdout.Close()
		status <- run(ctx, []string{"-addr", "127.0.0.1:0"}, stdout, io.Discard)
	}()
	url = listening(t, out)
	go io.Copy(io.Discard, out)
	return url, func() int { return <-status }
}

// listening returns the URL that a gateway says it listens on.
func listening(t *testing.T, stdout io.Reader) string {
	t.Helper()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if addr, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			return "http://" + addr
		}
	}
	t.Fatal("the gateway does not listen")
	return ""
}

// TestShutdown interrupts the gateway while a service has a request.
func TestShutdown(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	url, wait := startGateway(t, ctx)
	sent := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) {
			time.AfterFunc(300*time.Millisecond, interrupt) // of the second that the answer takes
		},
	})
	body, err := fetch.Get[string](sent, nil, url+"/reports/slow")
	if err != nil || body != `{"calls":1}` {
		t.Errorf("the request under way: %q, %v; want its answer", body, err)
	}
	if status := wait(); status != 0 {
		t.Errorf("exit status %d; want 0", status)
	}
}

// TestKilled kills the gateway, and waits until nobody has its standard error
// any more, which its children have inherited.
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), asGateway+"=-addr 127.0.0.1:0")
	cmd.Stderr = write
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	url := listening(t, stdout)
	if body, err := fetch.Get[string](t.Context(), nil, url+"/ml/health"); err != nil {
		t.Errorf("/ml/health: %q, %v", body, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	read.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.Copy(io.Discard, read); err != nil {
		t.Errorf("the children of the gateway are still there: %v", err)
	}
}

// newTestGateway returns a gateway in front of an origin, by the name of a
// service.
func newTestGateway(t *testing.T, name string, answer func(*http.Request) fetchtest.Answer) (*httptest.Server, *fetchtest.Origin) {
	t.Helper()
	origin := fetchtest.NewOrigin(answer)
	t.Cleanup(origin.Close)
	g, err := newGateway(services{{name: name, url: origin.URL}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return server, origin
}

func TestPlaces(t *testing.T) {
	server, origin := newTestGateway(t, "ml", func(*http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: "{}", Delay: 20 * time.Millisecond}
	})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if resp, err := http.Post(server.URL+"/ml/", "text/plain", nil); err != nil || resp.StatusCode != 200 {
				t.Errorf("POST = %v, %v; want 200", resp, err)
			} else {
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	if peak, want := origin.Stats().PeakRunning, policies["ml"].places; peak > want {
		t.Errorf("%d requests at the same time; want %d at most", peak, want)
	}
}

// TestBodyWithoutLength sends more than is allowed, and does not say so first.
func TestBodyWithoutLength(t *testing.T) {
	server, _ := newTestGateway(t, "users", func(r *http.Request) fetchtest.Answer {
		io.Copy(io.Discard, r.Body)
		return fetchtest.Answer{}
	})
	body := struct{ io.Reader }{strings.NewReader(strings.Repeat("x", maxRequestBody+1))}
	resp, err := http.Post(server.URL+"/users/", "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != 413 || got != "application/problem+json" {
		t.Errorf("POST of too much: %s, %q; want 413 and a problem", resp.Status, got)
	}
}

// TestForwarded looks at what a service sees of a client that lies.
func TestForwarded(t *testing.T) {
	var seen http.Header
	server, _ := newTestGateway(t, "users", func(r *http.Request) fetchtest.Answer {
		seen = r.Header.Clone()
		return fetchtest.Answer{Header: http.Header{requestIDHeader: {"of-another"}}}
	})
	resp, err := fetch.Send[[]byte](t.Context(), nil, newRequest(t, server.URL+"/users/", "X-Forwarded-For", "203.0.113.7", requestIDHeader, "a b"))
	if err != nil {
		t.Fatal(err)
	}
	if got := seen.Get("X-Forwarded-For"); got != "127.0.0.1" {
		t.Errorf("X-Forwarded-For = %q; want the client's own address", got)
	}
	id := resp.Header.Values(requestIDHeader)
	if len(id) != 1 || !validRequestID.MatchString(id[0]) || seen.Get(requestIDHeader) != id[0] {
		t.Errorf("request id %q here and %q there; want one, and a good one", id, seen.Get(requestIDHeader))
	}
}

func newRequest(t *testing.T, url string, headers ...string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header[headers[i]] = []string{headers[i+1]}
	}
	return req
}

func TestLifetime(t *testing.T) {
	for _, tt := range []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{}, 0},
		{http.Header{"Cache-Control": {"max-age=60"}}, time.Minute},
		{http.Header{"Cache-Control": {`public, MAX-AGE="60"`}}, time.Minute},
		{http.Header{"Cache-Control": {"max-age=60"}, "Age": {"50"}}, 10 * time.Second},
		{http.Header{"Cache-Control": {"max-age=60"}, "Age": {"70"}}, 0},
		{http.Header{"Cache-Control": {"max-age=60, s-maxage=5"}}, 5 * time.Second},
		{http.Header{"Cache-Control": {"max-age=60, s-maxage=0"}}, 0},
		{http.Header{"Cache-Control": {"max-age=60"}, "Vary": {"Accept-Encoding, accept"}}, time.Minute},
		{http.Header{"Cache-Control": {"max-age=60"}, "Vary": {"Accept", "Origin"}}, 0},
		{http.Header{"Cache-Control": {"max-age=60"}, "Vary": {"*"}}, 0},
		{http.Header{"Cache-Control": {"max-age=60"}, "Set-Cookie": {"a=b"}}, 0},
		{http.Header{"Cache-Control": {"max-age=60", "no-store"}}, 0},
		{http.Header{"Cache-Control": {"private, max-age=60"}}, 0},
		{http.Header{"Cache-Control": {`private="x-user", max-age=60`}}, 0},
		{http.Header{"Cache-Control": {"no-cache, max-age=60"}}, 0},
		{http.Header{"Cache-Control": {"max-age=-1"}}, 0},
		{http.Header{"Cache-Control": {"max-age=99999999999999999999"}}, 0},
		{http.Header{"Cache-Control": {"max-age=4294967295"}}, 24 * time.Hour},
	} {
		if got := lifetime(&http.Response{StatusCode: 200, Header: tt.header}); got != tt.want {
			t.Errorf("lifetime(%v) = %v; want %v", tt.header, got, tt.want)
		}
	}
	fresh := http.Header{"Cache-Control": {"max-age=60"}}
	for _, resp := range []*http.Response{
		{StatusCode: 404, Header: fresh},
		{StatusCode: 206, Header: fresh},
		{StatusCode: 200, Header: fresh, ContentLength: -1},
		{StatusCode: 200, Header: fresh, ContentLength: maxSharedBody + 1},
	} {
		if got := lifetime(resp); got != 0 {
			t.Errorf("lifetime of status %d and length %d = %v; want 0", resp.StatusCode, resp.ContentLength, got)
		}
	}
}

func TestKeyOf(t *testing.T) {
	plain := newRequest(t, "http://users/1")
	first, _ := sharedKey(plain)
	for _, tt := range []struct {
		headers    []string
		ok, equals bool
	}{
		{[]string{"User-Agent", "x", traceparentHeader, "y", "X-Forwarded-For", "z"}, true, true},
		{[]string{"Accept", "text/html"}, true, false},
		{[]string{"Accept-Language", "de"}, true, false},
		{[]string{"Authorization", "Bearer x"}, false, false},
		{[]string{"Cookie", "a=b"}, false, false},
		{[]string{"X-Api-Key", "x"}, false, false},
		{[]string{"Range", "bytes=0-1"}, false, false},
		{[]string{"If-None-Match", `"v1"`}, false, false},
	} {
		got, ok := sharedKey(newRequest(t, "http://users/1", tt.headers...))
		if ok != tt.ok || ok && (got == first) != tt.equals {
			t.Errorf("sharedKey with %q = %q, %t; want %t, equal to that of a plain one: %t", tt.headers, got, ok, tt.ok, tt.equals)
		}
	}
	for _, method := range []string{"POST", "HEAD", "DELETE"} {
		req := newRequest(t, "http://users/1")
		req.Method = method
		if _, ok := keyOf(req); ok {
			t.Errorf("keyOf a %s: true; want false", method)
		}
	}
}

func TestTrace(t *testing.T) {
	const id, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for _, tt := range []struct {
		sent string
		kept bool
	}{
		{"00-" + id + "-" + span + "-01", true},
		{"cc-" + id + "-" + span + "-01-what-comes-later", true},
		{"00-" + id + "-" + span + "-01-more", false},
		{"ff-" + id + "-" + span + "-01", false},
		{"00-" + strings.ToUpper(id) + "-" + span + "-01", false},
		{"00-" + strings.Repeat("0", 32) + "-" + span + "-01", false},
		{"00-" + id + "-" + strings.Repeat("0", 16) + "-01", false},
		{"00-" + id, false},
		{"", false},
	} {
		got := newTrace(http.Header{traceparentHeader: {tt.sent}})
		if (got.id == id) != tt.kept || got.span == span {
			t.Errorf("newTrace(%q) = %+v; want its id kept: %t", tt.sent, got, tt.kept)
		}
		if !validTraceparent.MatchString(got.parent()) || got.requestID != got.id {
			t.Errorf("newTrace(%q): parent %q, request id %q", tt.sent, got.parent(), got.requestID)
		}
	}
}

func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		code   string
	}{
		{fmt.Errorf("x: %w", fetch.ErrCircuitOpen), 503, "circuit_open"},
		{fmt.Errorf("x: %w: %w", fetch.ErrLimited, context.DeadlineExceeded), 503, "busy"},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), 504, "timeout"},
		{&http.MaxBytesError{Limit: 1}, 413, "too_large"},
		{errors.New("connection refused"), 502, "no_answer"},
	} {
		got := explain(tt.err)
		if errors.HTTPStatus(got) != tt.status || errors.Code(got) != tt.code || !errors.Is(got, tt.err) {
			t.Errorf("explain(%v): status %d, code %q; want %d, %q", tt.err, errors.HTTPStatus(got), errors.Code(got), tt.status, tt.code)
		}
		if public := errors.Public(got); strings.Contains(public, tt.err.Error()) {
			t.Errorf("explain(%v): the client is told %q", tt.err, public)
		}
	}
}

func TestCommandLine(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		ctx    context.Context
		args   []string
		status int
		want   string
	}{
		{t.Context(), []string{"-h"}, 0, "Usage of gateway"},
		{t.Context(), []string{"-what"}, 2, "flag provided but not defined"},
		{t.Context(), []string{"what"}, 2, "gateway: want flags only"},
		{t.Context(), []string{"-addr", "no such address"}, 1, "gateway: listen tcp"},
		{ended, nil, 130, ""},
	} {
		var stdout, stderr strings.Builder
		if status := run(tt.ctx, tt.args, &stdout, &stderr); status != tt.status || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("gateway %q: exit status %d, standard error %q; want %d, %q", tt.args, status, stderr.String(), tt.status, tt.want)
		}
	}
}
