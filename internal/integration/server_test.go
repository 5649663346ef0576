package integration

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what is expected to happen at once. It
// only matters to tests that fail.
const patience = 15 * time.Second

// startServer runs a program, which is to listen on n addresses of the loopback
// interface and stay in the foreground as a single process, until the test ends.
// The addresses are free ones; arguments writes the configuration for them and
// returns the program's arguments.
func startServer(t *testing.T, program string, n int, arguments func(dir string, addrs []string) []string) []string {
	t.Helper()
	path := find(t, program)
	for range 5 {
		addrs := freeAddrs(t, n)
		p := &process{exited: make(chan struct{})}
		dir := t.TempDir()
		p.cmd = exec.Command(path, arguments(dir, addrs)...)
		p.cmd.Dir = dir
		p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
		endWithParent(p.cmd)
		require.NoError(t, p.cmd.Start())
		go func() {
			defer close(p.exited)
			p.cmd.Wait() // the output says more than the exit status
		}()
		t.Cleanup(func() { p.end(t) })
		if p.awaitReady(t, addrs) {
			return addrs
		}
	}
	t.Fatalf("%s: no free port after several attempts", program)
	return nil
}

// find returns the path of a program. Those of servers are often not in PATH.
func find(t *testing.T, program string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/", "/usr/local/sbin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed; apt-get install %s", program, program)
	}
	t.Skipf("%s is not installed", program)
	return ""
}

// freeAddrs returns addresses that nobody listens on at the moment.
func freeAddrs(t *testing.T, n int) []string {
	t.Helper()
	var addrs []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close() // not before all are chosen, so that they differ
		addrs = append(addrs, l.Addr().String())
	}
	return addrs
}

type process struct {
	cmd    *exec.Cmd
	output output
	exited chan struct{}
}

// awaitReady waits until p accepts connections, and returns false if somebody
// else was faster to take an address.
func (p *process) awaitReady(t *testing.T, addrs []string) bool {
	t.Helper()
	for _, addr := range addrs {
		eventually(t, p.cmd.Path+" listens on "+addr, func() bool {
			conn, err := net.Dial("tcp", addr)
			if err == nil {
				conn.Close()
			}
			return err == nil || p.hasExited()
		})
	}
	if p.hasExited() {
		require.Contains(t, p.output.String(), "Address already in use", "%s does not start", p.cmd)
		return false
	}
	return true
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// end kills the process: there is nothing that it would have to tidy up.
func (p *process) end(t *testing.T) {
	p.cmd.Process.Kill()
	<-p.exited
	if t.Failed() {
		t.Logf("%s:\n%s", p.cmd, p.output.String())
	}
}

// output is a bytes.Buffer that is read while it is written.
type output struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.TrimSpace(o.buf.String())
}

// eventually waits until condition is true, and fails the test if it never is.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.True(t, within(patience, condition), "never came true: %s", what)
}

// within reports whether condition becomes true in less than d.
func within(d time.Duration, condition func() bool) bool {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-timeout.C:
			return condition()
		}
	}
	return true
}
