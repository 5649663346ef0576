package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A ledger is what clients were promised: the users that were acknowledged, and for
// each the last name that was, and those that may have come into force after it.
type ledger struct {
	mu       sync.Mutex // guards users
	users    map[string]*promise
	promises atomic.Int64
}

type promise struct {
	name  string
	maybe []string
}

// use creates users and renames them, over raw connections that retry nothing, until
// the service takes no more. It returns how many answers it has read, and the error
// that a request met with on a connection that had worked before, which is one too
// many in a shutdown in good order.
func (l *ledger) use(addr string, worker int) (answers int, broken error) {
	for i := 0; ; {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return answers, nil
		}
		r := bufio.NewReader(conn)
		send := func(method, path, token, body string) (*http.Response, error) {
			fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
				method, path, token, len(body), body)
			return http.ReadResponse(r, nil)
		}
		for first := true; ; first = false {
			i++
			email := fmt.Sprintf("w%d-%d@example.com", worker, i)
			resp, err := send("POST", "/v1/users", "", fmt.Sprintf(`{"email":%q,"name":"new","password":"correct horse"}`, email))
			if err != nil {
				if !first {
					broken = err
				}
				break
			}
			var u user
			err = json.NewDecoder(resp.Body).Decode(&u)
			if err != nil || resp.StatusCode != http.StatusCreated {
				return answers, fmt.Errorf("POST /v1/users: %s: %v", resp.Status, err)
			}
			answers++
			l.acknowledge(u.ID, u.Name)
			if resp.Close {
				break
			}

			var g grant
			if resp, err = send("POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":"correct horse"}`, email)); err != nil {
				broken = err
				break
			}
			if err := json.NewDecoder(resp.Body).Decode(&g); err != nil || resp.StatusCode != http.StatusCreated {
				return answers, fmt.Errorf("POST /v1/sessions: %s: %v", resp.Status, err)
			}
			answers++
			if resp.Close {
				break
			}
			left := false
			for n := range 5 {
				name := fmt.Sprint("name ", n)
				l.attempt(u.ID, name)
				if resp, err = send("PATCH", "/v1/users/me", g.Token, fmt.Sprintf(`{"name":%q}`, name)); err != nil {
					broken = err
					break
				}
				if err := json.NewDecoder(resp.Body).Decode(&u); err != nil || resp.StatusCode != http.StatusOK {
					return answers, fmt.Errorf("PATCH /v1/users/me: %s: %v", resp.Status, err)
				}
				answers++
				l.acknowledge(u.ID, name)
				if left = resp.Close; left {
					break
				}
			}
			if left || broken != nil {
				break
			}
		}
		conn.Close()
		if broken != nil {
			return answers, broken
		}
	}
}

func (l *ledger) attempt(id, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users[id].maybe = append(l.users[id].maybe, name)
}

func (l *ledger) acknowledge(id, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users[id] = &promise{name: name}
	l.promises.Add(1)
}

// check compares what a service that was started again has with what was promised.
func (l *ledger) check(t *testing.T, base, mailDir string) {
	t.Helper()
	admin := logIn(t, base, adminEmail, adminPassword)
	for id, want := range l.users {
		a, err := admin.request("GET", "/v1/users/"+id, "")
		require.NoError(t, err)
		if a.status != http.StatusOK {
			t.Errorf("a user that was acknowledged is answered with %d", a.status)
			continue
		}
		got := decode[user](t, a)
		ok := got.Name == want.name
		for _, name := range want.maybe {
			ok = ok || got.Name == name
		}
		if !ok {
			t.Errorf("the user is %q; want %q, which was acknowledged, or one of %q", got.Name, want.name, want.maybe)
		}
		eventually(t, "the mail of a user that was acknowledged is sent", func() bool {
			_, err := os.Stat(filepath.Join(mailDir, id+".eml"))
			return err == nil
		})
	}
	eventually(t, "no job is left", func() bool {
		return strings.Contains(admin.must(t, 200, "GET", "/metrics", "").body, "\njobs_pending 0\n")
	})
	// More would be users without a job, or jobs without a user.
	mails, err := filepath.Glob(filepath.Join(mailDir, "*.eml"))
	require.NoError(t, err)
	if total := decode[userPage](t, admin.must(t, 200, "GET", "/v1/users", "")).Total; len(mails) != total {
		t.Errorf("%d mails were sent to %d users", len(mails), total)
	}
}

// runWorkers has some workers use a service until it ends, after something was done to
// it when they have been promised enough.
func (l *ledger) runWorkers(t *testing.T, r *running, enough int64, do func()) (answers int, broken []error) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			n, err := l.use(strings.TrimPrefix(r.base, "http://"), worker+int(l.promises.Load())*8)
			mu.Lock()
			defer mu.Unlock()
			answers += n
			if err != nil {
				broken = append(broken, err)
			}
		})
	}
	eventually(t, "the clients get somewhere", func() bool { return l.promises.Load() >= enough })
	do()
	wg.Wait()
	return answers, broken
}

// TestKill kills the service at work, twice, and looks for what it had acknowledged.
func TestKill(t *testing.T) { forEachEngine(t, testKill) }

func testKill(t *testing.T, databaseURL string) {
	mailDir := t.TempDir()
	l := &ledger{users: make(map[string]*promise)}
	for round := range int64(2) {
		r := startProcess(t, databaseURL, "MAIL_DIR="+mailDir)
		l.runWorkers(t, r, (round+1)*150, func() {
			r.cmd.Process.Kill()
			r.cmd.Wait()
		})
	}
	r := startProcess(t, databaseURL, "MAIL_DIR="+mailDir)
	l.check(t, r.base, mailDir)
	if got := r.stop(); got != 0 {
		t.Errorf("exit status %d; want 0", got)
	}
}

// TestTerminate ends the service at work, as whoever deploys a new version does.
func TestTerminate(t *testing.T) { forEachEngine(t, testTerminate) }

func testTerminate(t *testing.T, databaseURL string) {
	mailDir := t.TempDir()
	l := &ledger{users: make(map[string]*promise)}
	r := startProcess(t, databaseURL, "MAIL_DIR="+mailDir, "LOG_LEVEL=DEBUG", "DRAIN_DELAY=300ms")
	answers, broken := l.runWorkers(t, r, 150, func() {
		require.NoError(t, r.cmd.Process.Signal(syscall.SIGTERM))
		r.cmd.Wait()
	})
	if len(broken) > 0 {
		t.Errorf("connections that were in use broke: %v", broken)
	}
	if got := r.cmd.ProcessState.ExitCode(); got != 0 {
		t.Errorf("exit status %d; want 0", got)
	}
	if served := strings.Count(r.output.String(), `"msg":"request"`); served != answers {
		t.Errorf("the service has served %d requests, and the clients have %d answers", served, answers)
	}
	r = startProcess(t, databaseURL, "MAIL_DIR="+mailDir)
	l.check(t, r.base, mailDir)
}
