package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/goplinth/plinth/errors"
)

// childVariable names the work of a process that was started by this program,
// with its arguments.
const childVariable = "PYTHONVSGO_CHILD"

// An outcome is what a child says on its standard output, as a line of JSON. A
// server says where it listens first, and more when its standard input ends.
type outcome struct {
	Seconds float64 `json:"seconds"`
	Count   int     `json:"count"`
	Sum     int64   `json:"sum"`      // of the results, to see that the same was done
	PeakKiB int64   `json:"peak_kib"` // resident memory at its greatest; 0 if unknown
	GrewKiB int64   `json:"grew_kib"` // resident memory that the work has added
	Port    int     `json:"port"`
	Skip    string  `json:"skip"` // why the work cannot be done

	Connected int     `json:"connected"`
	Broken    int     `json:"broken"`
	P99       float64 `json:"p99"`
}

// children are what a process of this program can be asked to do.
var children = map[string]func(in io.Reader, args []string, say func(outcome) error) error{
	"fibonacci": fibonacciChild,
	"parse":     parseChild,
	"pipeline":  pipelineChild,
	"serve":     serveChild,
	"load":      loadChild,
	"points":    pointsChild,
}

func isChild() bool { return os.Getenv(childVariable) != "" }

// runChild does what the environment asks for and returns the exit status.
func runChild(stdin io.Reader, stdout, stderr io.Writer) int {
	name, rest, _ := strings.Cut(os.Getenv(childVariable), " ")
	work := children[name]
	if work == nil {
		fmt.Fprintf(stderr, "pythonvsgo: %s has no %q\n", childVariable, name)
		return 2
	}
	err := work(stdin, strings.Fields(rest), func(o outcome) error {
		return json.NewEncoder(stdout).Encode(o)
	})
	if err != nil {
		fmt.Fprintln(stderr, "pythonvsgo:", err)
		return 1
	}
	return 0
}

// goProcess returns a process that does a work of children.
func goProcess(ctx context.Context, name string, args ...any) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s", childVariable, name, join(args)))
	return start(cmd)
}

func join(args []any) string { return strings.TrimSuffix(fmt.Sprintln(args...), "\n") }

// process is a child that runs. Its standard input is open as long as this
// process lives, however that ends: a child that serves is to read it, and to
// stop when it ends.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	lines  *bufio.Reader
	stderr bytes.Buffer
}

func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdin, p.lines, cmd.Stderr = stdin, bufio.NewReader(stdout), &p.stderr
	return p, cmd.Start()
}

// next returns the next outcome that the child tells.
func (p *process) next() (outcome, error) {
	line, err := p.lines.ReadBytes('\n')
	if err != nil {
		return outcome{}, p.failed(err)
	}
	var o outcome
	return o, errors.Wrapf(json.Unmarshal(line, &o), "child says %q", line)
}

// end tells a child to stop and returns its last words.
func (p *process) end() (outcome, error) {
	p.stdin.Close()
	o, err := p.next()
	if err != nil {
		return o, err
	}
	return o, p.cmd.Wait()
}

func (p *process) failed(err error) error {
	p.stdin.Close()
	p.cmd.Process.Kill()
	return errors.Wrapf(cmp.Or(p.cmd.Wait(), err), "child: %s", bytes.TrimSpace(p.stderr.Bytes()))
}

// finish is end for a process that may not have been started.
func finish(p *process, err error) (outcome, error) {
	if err != nil {
		return outcome{}, err
	}
	return p.end()
}

// A memory is how much of it a process has, in KiB.
type memory struct{ now, peak int64 }

// memoryOf asks the kernel about this process. What Wait says of a child will
// not do: on Linux that includes the memory of the parent at the time it was
// started. Where there is no such file, both are 0, and figures are unknown.
func memoryOf() memory {
	status, _ := os.ReadFile("/proc/self/status")
	return memory{now: statusLine(status, "VmRSS:"), peak: statusLine(status, "VmHWM:")}
}

func statusLine(status []byte, key string) int64 {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte(key)); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(rest)), "kB")), 10, 64)
			return n
		}
	}
	return 0
}
