package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	adminPassword = "correct horse"
	userPassword  = "battery staple"
)

// A server is a process to be measured.
type server struct {
	name string
	addr string
	cmd  *exec.Cmd
}

// startService builds the service, which is the program of the working directory or of
// the one above it, and runs it on a file in dir.
func startService(ctx context.Context, dir string) (*server, error) {
	program := filepath.Join(dir, "service")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/goplinth/plinth/examples/service")
	if text, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the service: %w\n%s", err, text)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "ADDR=127.0.0.1:0", "DATABASE_URL=sqlite:"+filepath.Join(dir, "load.db"),
		"ADMIN_PASSWORD="+adminPassword, "LOG_LEVEL=ERROR", "DRAIN_DELAY=1ms")
	return start("service", cmd)
}

// startBare runs this program as one of the bare servers.
func startBare(name string, body []byte) (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), asBare+"="+name, bareBody+"="+string(body))
	return start(name, cmd)
}

// start runs a server and waits for the line in which it says where it listens.
func start(name string, cmd *exec.Cmd) (*server, error) {
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	m := regexp.MustCompile(`http://([0-9.:]+)`).FindStringSubmatch(line)
	if m == nil {
		cmd.Process.Kill()
		return nil, fmt.Errorf("the %s server does not start: %w", name, err)
	}
	go io.Copy(io.Discard, stdout) // ends with the process
	return &server{name, m[1], cmd}, nil
}

func (s *server) stop() {
	s.cmd.Process.Signal(os.Interrupt)
	s.cmd.Wait()
}

// memory returns the resident set of the process in bytes, and 0 where there is no
// /proc.
func (s *server) memory() uint64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	var size, resident uint64
	if err == nil {
		fmt.Sscan(string(text), &size, &resident)
	}
	return resident * uint64(os.Getpagesize())
}

// serveBare answers every request with the same user. The server "bytes" has the answer
// ready: nothing that answers with net/http does less. The server "encode" has a struct,
// and does what a handler in a tutorial does.
func serveBare(name string, body []byte, stdout io.Writer) error {
	var user struct {
		ID      string    `json:"id"`
		Email   string    `json:"email"`
		Name    string    `json:"name"`
		Admin   bool      `json:"admin"`
		Created time.Time `json:"created"`
		Updated time.Time `json:"updated"`
	}
	if err := json.Unmarshal(body, &user); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Serving on http://%s\n", listener.Addr())
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			io.Copy(io.Discard, r.Body)
		}
		w.Header().Set("Content-Type", "application/json")
		if name == "bytes" {
			w.Write(body)
		} else {
			json.NewEncoder(w).Encode(user)
		}
	}))
}

// prepareUsers signs users up and logs them in. It returns their tokens, and what the
// service answers to GET /v1/users/me.
func prepareUsers(ctx context.Context, addr string, n int) (tokens []string, body []byte, err error) {
	send := func(method, path, token, body string, want int) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, method, "http://"+addr+path, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if resp.StatusCode != want {
			return nil, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
		}
		return bytes.TrimSpace(answer), err
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for first := range runtime.NumCPU() {
		wg.Go(func() {
			for i := first; i < n; i += runtime.NumCPU() {
				sign := fmt.Sprintf(`{"email":"u%d@example.com","name":"User %03d","password":%q}`, i, i, userPassword)
				login := fmt.Sprintf(`{"email":"u%d@example.com","password":%q}`, i, userPassword)
				_, failure := send("POST", "/v1/users", "", sign, http.StatusCreated)
				var grant struct{ Token string }
				if failure == nil {
					var text []byte
					if text, failure = send("POST", "/v1/sessions", "", login, http.StatusCreated); failure == nil {
						failure = json.Unmarshal(text, &grant)
					}
				}
				mu.Lock()
				tokens = append(tokens, grant.Token)
				if failure != nil {
					err = failure
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err != nil {
		return nil, nil, err
	}
	body, err = send("GET", "/v1/users/me", tokens[0], "", http.StatusOK)
	return tokens, append(body, '\n'), err
}
