// Pooledhandler answers HTTP requests from a pooled buffer, drives itself over
// loopback, and prints what that saves beside a handler with a buffer of its own
// for each request.
//
//	go run ./examples/pooledhandler
//
// What to copy: pooled. The answer is complete before a byte of it is sent, so
// that a failure half way is still a status of its own, and the length is known.
// When not to: an answer that is large or endless is better written to the
// ResponseWriter as it is made, and one of a few hundred bytes costs next to
// nothing either way.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"time"

	"github.com/goplinth/plinth/buffer"
)

// pooled has its buffer from a pool, and gives it back when the answer is sent.
func pooled(w http.ResponseWriter, r *http.Request) {
	b := buffer.Empty(0)
	defer b.Release()
	answer(w, r, b)
}

// naive allocates its buffer, and each larger one that it needs on the way.
func naive(w http.ResponseWriter, r *http.Request) {
	answer(w, r, new(bytes.Buffer))
}

// A page is what the two have in common.
type page interface {
	io.Writer
	io.WriterTo
	AvailableBuffer() []byte
	Len() int
}

func answer(w http.ResponseWriter, r *http.Request, b page) {
	if err := report(b, r.FormValue("rows")); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest) // of the report nothing was sent
		return
	}
	w.Header().Set("Content-Type", "text/csv")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	b.WriteTo(w) // fails if the client is gone, and then nobody is left to tell
}

const maxRows = 1_000_000

// report writes a number of rows to b.
func report(b page, rows string) error {
	n, err := strconv.Atoi(rows)
	if err != nil || n < 0 || n > maxRows {
		return fmt.Errorf("rows is %q; it must be a number from 0 to %d", rows, maxRows)
	}
	for i := range n {
		row := b.AvailableBuffer()
		row = strconv.AppendInt(row, int64(i), 10)
		row = append(row, ',')
		row = strconv.AppendInt(row, int64(i)*int64(i), 10)
		row = append(row, '\n')
		b.Write(row) // never fails
	}
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Stdout, os.Stderr, 1000))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, requests int) int {
	if err := compare(ctx, stdout, requests); err != nil {
		fmt.Fprintln(stderr, "pooledhandler:", err)
		return 1
	}
	return 0
}

// compare serves both handlers and prints a line for each.
func compare(ctx context.Context, stdout io.Writer, requests int) (err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/naive", naive)
	mux.HandleFunc("/pooled", pooled)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		closed := server.Close()
		<-served
		err = errors.Join(err, closed)
	}()

	const rows = 5000
	fmt.Fprintf(stdout, "%d requests for %d rows each, client and server in one process\n", requests, rows)
	for _, path := range []string{"/naive", "/pooled"} {
		url := fmt.Sprintf("http://%s%s?rows=%d", listener.Addr(), path, rows)
		size, err := get(ctx, url) // opens the connection
		if err != nil {
			return err
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range requests {
			if _, err := get(ctx, url); err != nil {
				return err
			}
		}
		runtime.ReadMemStats(&after)
		fmt.Fprintf(stdout, "%-8s %d bytes sent, %7d bytes in %3d allocations for each request\n", path, size,
			(after.TotalAlloc-before.TotalAlloc)/uint64(requests), (after.Mallocs-before.Mallocs)/uint64(requests))
	}
	return nil
}

// get returns the size of what is at url.
func get(ctx context.Context, url string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s", url, resp.Status)
	}
	return buffer.Copy(io.Discard, resp.Body)
}
