package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"

	"github.com/goplinth/plinth/errors"
)

var connectionsTable = table{
	name: "connections",
	title: func(s sizes) string {
		return fmt.Sprintf("%d concurrent connections, a small JSON answer", s.connections)
	},
	columns: []string{"requests/s", "p99", "memory"},
	measure: measureConnections,
}

func measureConnections(ctx context.Context, b *bench) ([]row, []string, error) {
	cells := func(o outcome) []string {
		return []string{fmt.Sprintf("%.0f", rate(o)), fmt.Sprintf("%.0f ms", 1000*o.P99), megabytes(o.PeakKiB)}
	}
	b.note("connections: Go")
	gopher, err := b.underLoad(ctx, 1, func(int) (*process, error) { return goProcess(ctx, "serve") })
	if err != nil {
		return nil, nil, err
	}
	// With one process an interpreter has one processor.
	processes, reuse := 1, "alone"
	if runtime.GOOS == "linux" { // elsewhere the kernel does not spread the connections
		processes, reuse = runtime.NumCPU(), "reuse"
	}
	var snake outcome
	here := skipped
	if b.python != nil {
		b.note("connections: Python")
		snake, err = b.underLoad(ctx, processes, func(port int) (*process, error) {
			return b.python.process(ctx, "serve", port, reuse)
		})
		if err != nil {
			return nil, nil, err
		}
		here = cells(snake)
	}
	other := []string{"not measured: not in a standard library"}
	rows := []row{
		{"FastAPI/uvicorn", []string{"45,000", "15 ms", "150 MB"}, other},
		{"Flask/gunicorn", []string{"12,000", "45 ms", "200 MB"}, other},
		{"Django", []string{"8,000", "65 ms", "300 MB"}, other},
		{fmt.Sprintf("Python asyncio.Protocol, %d processes", processes), nil, here},
		{"Go net/http", []string{"120,000", "3 ms", "30 MB"}, cells(gopher)},
		{"Gin", []string{"110,000", "4 ms", "35 MB"}, other},
		{"Fiber", []string{"130,000", "3 ms", "25 MB"}, other},
	}
	var remarks []string
	for i, o := range []outcome{gopher, snake} {
		name := []string{"Go", "Python"}[i]
		if o.Count > 0 && o.Connected < b.connections {
			remarks = append(remarks, fmt.Sprintf("%s: scaled down to %d connections, because this system grants no more.", name, o.Connected))
		}
		if o.Broken > 0 {
			remarks = append(remarks, fmt.Sprintf("%s: %d connections broke under the load.", name, o.Broken))
		}
	}
	if b.python != nil {
		remarks = append(remarks, verdict("A server without a framework", "net/http", 1/rate(gopher), "asyncio.Protocol", 1/rate(snake)),
			verdict("Memory for the connections", "net/http", float64(gopher.PeakKiB), "asyncio.Protocol", float64(snake.PeakKiB)),
			"Python's server looks at no header and knows one answer; net/http parses and routes, with a goroutine and buffers for each connection.")
	}
	remarks = append(remarks,
		"The load comes from a process on the same machine, which takes its part of the processors.",
		fmt.Sprintf("Every connection always has a request under way, so that the mean time is connections/(requests/s): %.0f ms for Go here.",
			1000*float64(gopher.Connected)/rate(gopher)),
		"With the article's 120,000 requests/s that is 83 ms, which its p99 of 3 ms does not go with.")
	return rows, remarks, nil
}

func rate(o outcome) float64 { return float64(o.Count) / o.Seconds }

// underLoad starts servers on one port, has another process put load on them,
// and ends them. The memory is that of all servers.
func (b *bench) underLoad(ctx context.Context, servers int, serve func(port int) (*process, error)) (outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running []*process
	defer func() {
		for _, p := range running {
			p.stdin.Close()
			p.cmd.Wait()
		}
	}()
	port := 0
	for range servers {
		p, err := serve(port)
		if err != nil {
			return outcome{}, err
		}
		running = append(running, p)
		ready, err := p.next()
		if err != nil {
			return outcome{}, err
		}
		port = ready.Port
	}
	connections := max(1, min(b.connections, maxFiles()-100)) // a process has other files too
	load, err := finish(goProcess(ctx, "load", port, connections, b.seconds))
	if err != nil {
		return outcome{}, err
	}
	for _, p := range running {
		last, err := p.end()
		if err != nil {
			return outcome{}, err
		}
		load.PeakKiB += last.PeakKiB
	}
	running = nil
	if load.Count == 0 {
		return outcome{}, errors.New("no request was answered")
	}
	return load, nil
}

// greeting is what every request is answered with.
type greeting struct {
	ID      int    `json:"id"`
	Message string `json:"message"`
}

// serveChild is the server of Go: net/http as it comes.
func serveChild(in io.Reader, _ []string, say func(outcome) error) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, greeting{ID: 7, Message: "hello"})
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if err := say(outcome{Port: listener.Addr().(*net.TCPAddr).Port}); err != nil {
		return err
	}
	io.Copy(io.Discard, in) // until the parent has ended, or says so
	o := outcome{PeakKiB: memoryOf().peak}
	server.Close()
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return say(o)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// isGreeting reports whether body is the greeting, spaced as in Go or in Python.
func isGreeting(body string) bool {
	return strings.TrimSpace(strings.ReplaceAll(body, " ", "")) == `{"id":7,"message":"hello"}`
}
