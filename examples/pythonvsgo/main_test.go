package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/goplinth/plinth/buffer"
)

// TestMain is the main of the processes that the program starts: in a test they
// are further processes of the test.
func TestMain(m *testing.M) {
	if isChild() {
		os.Exit(runChild(os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func runPythonvsgo(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, err strings.Builder
	status = run(ctx, args, &out, &err)
	return status, out.String(), err.String()
}

func wantMatch(t *testing.T, what, got string, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		if !regexp.MustCompile("(?m)" + pattern).MatchString(got) {
			t.Errorf("%s has no match of %q:\n%s", what, pattern, got)
		}
	}
}

// TestQuick looks at everything but the figures.
func TestQuick(t *testing.T) {
	status, stdout, stderr := runPythonvsgo(t.Context(), "-quick")
	if status != 0 {
		t.Fatalf("exit status %d; want 0:\n%s", status, stderr)
	}
	const size = `(?:\d[\d.]* MB|unknown)`
	wantMatch(t, "output", stdout,
		`^\d+ processors, \w+/\w+, go\S.*, (?:\w+ 3\.\d+|no python3)`, `^With -quick the work is too small`,
		`^Fibonacci\(20\), `, `^Go +0\.8 s +2 MB +\S+ s +`+size+`$`, `^Cython +2\.1 s +55 MB +not measured: `,
		`^5000 JSON records, `, `^Go encoding/json, one by one +1\.8 s +400 MB +555K +\S+ s +`+size+` +\d+K$`,
		`^Go, workerpool on \d+ processors +- +\S+ s +`+size+` +\d+K$`,
		`^50 concurrent connections`, `^Go net/http +120,000 +3 ms +30 MB +\d+ +\d+ ms +`+size+`$`, `^Gin +110,000 `,
		`^With the article's 120,000 requests/s that is 83 ms, `,
		`^20000 points of three float64`, `^Go, a slice of structs +about 24 MB +`+size+`$`)
	if findPython(t.Context(), "python3") == nil {
		t.Skip("no python3: its rows are not looked at")
	}
	wantMatch(t, "output", stdout,
		`^CPython +45\.2 s +50 MB +\S+ s +`+size+`$`, `^Python json +12\.5 s +1\.2 GB +80K +\S+ s +`+size+` +\d+K$`,
		`^Python orjson +3\.2 s +800 MB +312K +(?:\S+ s +`+size+` +\d+K|skipped: orjson is not installed)$`,
		`^Python asyncio\.Protocol, \d+ processes +- +\d+ +\d+ ms +`+size+`$`,
		`^Python dataclass with slots +about 70 MB +(?:`+size+`|skipped: .+)$`, `^Python, three array\.array +- +`+size+`$`,
		`^Calls and small integers: .+ Python costs `, `^JSON on one processor: `, `^A server without a framework: `)
}

func TestWithoutPython(t *testing.T) {
	for name, want := range map[string]string{
		"fibonacci":   `^CPython +45\.2 s +50 MB +skipped: no python3$`,
		"records":     `^Python json +12\.5 s +1\.2 GB +80K +skipped: no python3$`,
		"connections": `^Python asyncio\.Protocol, \d+ processes +- +skipped: no python3$`,
		"points":      `^Python dataclass +about 200 MB +skipped: no python3$`,
	} {
		status, stdout, stderr := runPythonvsgo(t.Context(), "-quick", "-python", "no-such-python", "-table", name)
		if status != 0 {
			t.Errorf("%s: exit status %d; want 0:\n%s", name, status, stderr)
		}
		wantMatch(t, name, stdout, `, no python3$`, want)
		if n := strings.Count(stdout, "  article"); n != 1 {
			t.Errorf("%s: %d tables; want one:\n%s", name, n, stdout)
		}
	}
}

// TestBlocks parses the same in blocks as line by line.
func TestBlocks(t *testing.T) {
	buffer.Check(t)
	line := func(id, length int) string {
		return fmt.Sprintf(`{"id": %d, "name": %q}`, id, strings.Repeat("x", length))
	}
	var many strings.Builder
	for id := range 20_000 {
		fmt.Fprintln(&many, line(id, id%100))
	}
	for name, text := range map[string]string{
		"nothing":           "",
		"one line":          line(1, 10) + "\n",
		"no newline":        line(1, 10) + "\n" + line(2, 10),
		"many lines":        many.String(),
		"many, no newline":  strings.TrimSpace(many.String()),
		"longer than block": line(1, 10) + "\n" + line(2, 3*blockSize) + "\n" + line(3, 10) + "\n",
	} {
		want := 0
		if text != "" {
			want = len(strings.Split(strings.TrimSpace(text), "\n"))
		}
		for _, r := range []io.Reader{strings.NewReader(text), iotest.HalfReader(strings.NewReader(text))} {
			blocks, err := parsePipeline(r)
			got := slices.Concat(blocks...)
			if err != nil || len(got) != want {
				t.Errorf("%s: parsePipeline = %d records, %v; want %d", name, len(got), err, want)
				continue
			}
			for i, line := range strings.Split(strings.TrimSpace(text), "\n")[:want] {
				var rec record
				if json.Unmarshal([]byte(line), &rec); got[i].ID != rec.ID || got[i].Name != rec.Name {
					t.Fatalf("%s: record %d is %d; want %d", name, i, got[i].ID, rec.ID)
				}
			}
		}
	}
	if _, err := parsePipeline(strings.NewReader("{}\n{")); err == nil {
		t.Error("parsePipeline of half a record: no error")
	}
	if _, err := parsePipeline(iotest.ErrReader(io.ErrUnexpectedEOF)); err != io.ErrUnexpectedEOF {
		t.Errorf("parsePipeline of a broken file = %v; want its error", err)
	}
}

// TestChildFails has a child that cannot do what it is asked for.
func TestChildFails(t *testing.T) {
	for _, name := range []string{"fibonacci many", "no-such-work"} {
		_, err := finish(goProcess(t.Context(), name))
		if err == nil || !strings.Contains(err.Error(), "pythonvsgo: ") {
			t.Errorf("child %q: %v; want what it says on standard error", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err := goProcess(ctx, "serve")
	if err != nil {
		t.Fatal(err)
	}
	if ready, err := p.next(); err != nil || ready.Port == 0 {
		t.Errorf("serve says %+v, %v; want a port", ready, err)
	}
	cancel()
	if _, err := p.next(); err == nil {
		t.Error("a child that was killed: no error")
	}
}

// TestOrphan closes the standard input of a server, as happens when the program
// dies however suddenly.
func TestOrphan(t *testing.T) {
	servers := map[string]func() (*process, error){
		"Go": func() (*process, error) { return goProcess(t.Context(), "serve") },
	}
	if python := findPython(t.Context(), "python3"); python != nil {
		servers["Python"] = func() (*process, error) { return python.process(t.Context(), "serve", 0, "alone") }
	}
	for name, serve := range servers {
		p, err := serve()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.next(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := p.end(); err != nil {
			t.Errorf("%s: %v; want an orderly end", name, err)
		}
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if status, stdout, _ := runPythonvsgo(ctx, "-quick"); status != 130 || strings.Contains(stdout, "article") {
		t.Errorf("exit status %d; want 130 and no table:\n%s", status, stdout)
	}
}

func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		python float64
		want   string
	}{
		{0.5, "W: Python is ahead. p costs 0.5 times what g does."},
		{1, "W: Python is close. p costs 1 times what g does."},
		{1.9, "W: Python is close. p costs 1.9 times what g does."},
		{3, "W: Go is ahead. p costs 3 times what g does."},
		{45, "W: Go is far ahead. p costs 45 times what g does."},
		{0, "W: nothing to compare."},
	} {
		if got := verdict("W", "g", 1, "p", tt.python); got != tt.want {
			t.Errorf("verdict(1, %v) = %q; want %q", tt.python, got, tt.want)
		}
	}
	for kib, want := range map[int64]string{0: "unknown", 1000: "1.0 MB", 100_000: "102 MB"} {
		if got := megabytes(kib); got != want {
			t.Errorf("megabytes(%d) = %q; want %q", kib, got, want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-h"}, 0, `^Usage of pythonvsgo`},
		{[]string{"-what"}, 2, `^flag provided but not defined: -what$`},
		{[]string{"-table", "fib"}, 2, `-table one of all, fibonacci, records, connections, points$`},
		{[]string{"records"}, 2, `^pythonvsgo: want flags only`},
	} {
		status, stdout, stderr := runPythonvsgo(t.Context(), tt.args...)
		if status != tt.status || stdout != "" {
			t.Errorf("pythonvsgo %q: exit status %d, output %q; want %d and none", tt.args, status, stdout, tt.status)
		}
		wantMatch(t, "standard error", stderr, tt.want)
	}
}
