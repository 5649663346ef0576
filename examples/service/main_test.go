package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what is expected to happen at once. It only
// matters to tests that fail.
const patience = 20 * time.Second

// asProgram is the variable that makes the test binary the service.
const asProgram = "SERVICE_TEST_MAIN"

const (
	adminEmail    = "root@example.com"
	adminPassword = "correct horse"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	status := m.Run()
	stopPostgres()
	os.Exit(status)
}

// forEachEngine runs a test on a new database of every engine.
func forEachEngine(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Run("engine=sqlite", func(t *testing.T) { test(t, newSQLite(t)) })
	t.Run("engine=postgres", func(t *testing.T) { test(t, newPostgres(t)) })
}

func newSQLite(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// testEnv is what tests configure otherwise than the defaults: a free port, and
// passwords that cost little.
func testEnv(databaseURL string, env ...string) []string {
	return append([]string{"ADDR=127.0.0.1:0", "DATABASE_URL=" + databaseURL, "ADMIN_EMAIL=" + adminEmail, "ADMIN_PASSWORD=" + adminPassword,
		"PASSWORD_MEMORY=64", "DRAIN_DELAY=1ms", "JOB_LEASE=500ms"}, env...)
}

// A running is a service that runs, in this process or as one of its own.
type running struct {
	base   string // http://host:port
	output *output
	stop   func() int // ends it in good order and returns the exit status
	cmd    *exec.Cmd  // nil in this process
}

// startInside runs the service in this process until the test ends, which fails if the
// service has reported an error by then.
func startInside(t *testing.T, databaseURL string, env ...string) *running {
	t.Helper()
	values := make(map[string]string)
	for _, v := range testEnv(databaseURL, env...) {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{output: newOutput()}
	status := make(chan int, 1)
	go func() { status <- run(ctx, func(name string) string { return values[name] }, r.output, r.output) }()
	r.stop = sync.OnceValue(func() int {
		cancel()
		return <-status
	})
	t.Cleanup(func() {
		if got := r.stop(); got != 0 {
			t.Errorf("exit status %d; want 0", got)
		}
		if text := r.output.String(); strings.Contains(text, `"level":"ERROR"`) {
			t.Errorf("the service reports an error:\n%s", text)
		}
	})
	r.base = r.output.awaitBase(t)
	return r
}

// startProcess runs the service as a process, to be killed at the end of the test if it
// still runs.
func startProcess(t *testing.T, databaseURL string, env ...string) *running {
	t.Helper()
	r := &running{output: newOutput(), cmd: exec.Command(os.Args[0])}
	r.cmd.Env = append(append(os.Environ(), asProgram+"=1"), testEnv(databaseURL, env...)...)
	r.cmd.Stdout, r.cmd.Stderr = r.output, r.output
	endWithParent(r.cmd)
	require.NoError(t, r.cmd.Start())
	r.stop = sync.OnceValue(func() int {
		r.cmd.Process.Signal(os.Interrupt)
		r.cmd.Wait()
		return r.cmd.ProcessState.ExitCode()
	})
	t.Cleanup(func() {
		r.cmd.Process.Kill()
		r.stop()
		if t.Failed() {
			t.Logf("%s", r.output)
		}
	})
	r.base = r.output.awaitBase(t)
	return r
}

// output is what a service prints, to be read while it is written.
type output struct {
	mu      sync.Mutex // guards buf and written
	buf     bytes.Buffer
	written chan struct{} // closed by the next write
}

func newOutput() *output { return &output{written: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.written)
	o.written = make(chan struct{})
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// awaitBase returns the URL in the greeting.
func (o *output) awaitBase(t *testing.T) string {
	t.Helper()
	greeting := regexp.MustCompile(`Serving on (\S+),`)
	timeout := time.After(patience)
	for {
		o.mu.Lock()
		text, written := o.buf.String(), o.written
		o.mu.Unlock()
		if m := greeting.FindStringSubmatch(text); m != nil {
			return m[1]
		}
		require.False(t, strings.HasPrefix(text, "service: "), "%s", text)
		select {
		case <-written:
		case <-timeout:
			require.FailNow(t, "the service does not start", "%s", text)
		}
	}
}

// eventually waits until condition is true, and fails the test if it never is.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(patience)
	for !condition() {
		select {
		case <-tick.C:
		case <-timeout:
			require.True(t, condition(), "never came true: %s", what)
			return
		}
	}
}

// A client uses the API of a service.
type client struct {
	base  string
	token string
}

// An answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
}

// request sends a request with a JSON body, if body is not empty.
func (c client) request(method, path, body string, header ...string) (answer, error) {
	req, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

// must is request for a status that is a precondition.
func (c client) must(t *testing.T, status int, method, path, body string, header ...string) answer {
	t.Helper()
	a, err := c.request(method, path, body, header...)
	require.NoError(t, err)
	require.Equal(t, status, a.status, "%s %s: %s", method, path, a.body)
	return a
}

// decode reads the JSON of an answer.
func decode[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), "%s", a.body)
	return v
}

// signUp creates a user, logs him in, and returns him with his client.
func signUp(t *testing.T, base, name string) (user, client) {
	t.Helper()
	c := client{base: base}
	body := fmt.Sprintf(`{"email":"%s@example.com","name":%q,"password":"correct horse"}`, strings.ToLower(name), name)
	u := decode[user](t, c.must(t, 201, "POST", "/v1/users", body))
	return u, logIn(t, base, u.Email, "correct horse")
}

func logIn(t *testing.T, base, email, password string) client {
	t.Helper()
	c := client{base: base}
	g := decode[grant](t, c.must(t, 201, "POST", "/v1/sessions", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)))
	return client{base: base, token: g.Token}
}

// TestFirstRun starts the service as the README says to, but for the port and the place
// of the file.
func TestFirstRun(t *testing.T) {
	r := startInside(t, newSQLite(t), "ADMIN_PASSWORD=", "ADMIN_EMAIL=")
	m := regexp.MustCompile(`e-mail +(\S+)\n +password +(\S+)\n`).FindStringSubmatch(r.output.String())
	require.NotNil(t, m, "%s", r.output)
	admin := logIn(t, r.base, m[1], m[2])
	if page := decode[userPage](t, admin.must(t, 200, "GET", "/v1/users", "")); page.Total != 1 || !page.Users[0].Admin {
		t.Errorf("the users are %+v; want one administrator", page)
	}
}

func TestBadConfig(t *testing.T) {
	for _, tt := range []struct {
		env    map[string]string
		status int
		want   []string
	}{
		{map[string]string{"ADDR": "nowhere", "READ_TIMEOUT": "soon", "LOG_LEVEL": "LOUD", "PASSWORD_MEMORY": "many", "ADMIN_EMAIL": "root"}, 2,
			[]string{"ADDR: ", "READ_TIMEOUT: must be a duration", "LOG_LEVEL: ", "PASSWORD_MEMORY: ", "ADMIN_EMAIL: "}},
		{map[string]string{"STOP_TIMEOUT": "100ms"}, 2, []string{"STOP_TIMEOUT: "}},
		{map[string]string{"DATABASE_URL": "mysql://localhost"}, 1, []string{`DATABASE_URL: no engine for the scheme "mysql"`}},
		{map[string]string{"QUEUE_URL": "nats://localhost"}, 1, []string{`QUEUE_URL: no engine for the scheme "nats"`}},
		{map[string]string{"CACHE_URL": "redis://localhost"}, 1, []string{`CACHE_URL: no engine for the scheme "redis"`}},
		{map[string]string{"DATABASE_URL": "sqlite:no/such/directory/x.db"}, 1, []string{"service: "}},
	} {
		if tt.env["DATABASE_URL"] == "" {
			tt.env["DATABASE_URL"] = newSQLite(t)
		}
		var stderr strings.Builder
		status := run(t.Context(), func(name string) string { return tt.env[name] }, io.Discard, &stderr)
		if status != tt.status {
			t.Errorf("exit status %d with %v; want %d", status, tt.env, tt.status)
		}
		for _, want := range tt.want {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("standard error with %v is %q; want %q in it", tt.env, stderr.String(), want)
			}
		}
	}
}

// addAnn signs a user up.
func addAnn(t testing.TB, s *service) user {
	t.Helper()
	u, err := s.addUser(t.Context(), newUser{Email: "ann@example.com", Name: "Ann", Password: "correct horse"}, false)
	require.NoError(t, err)
	return u
}

// newTestService returns a service that is not started.
func newTestService(t testing.TB) *service {
	t.Helper()
	values := make(map[string]string)
	for _, v := range testEnv(newSQLite(t)) {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	cfg, err := readConfig(func(name string) string { return values[name] })
	require.NoError(t, err)
	s, err := newService(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := s.store.close(); err != nil {
			t.Errorf("close = %v", err)
		}
	})
	return s
}

func newRequest(t *testing.T, method, path, authorization string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://service"+path, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", authorization)
	return r
}
