package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/num"
)

// tally counts what has been done so far.
type tally struct {
	started time.Time
	total   int // URLs, or -1 if that is not known
	skipped int

	mu      sync.Mutex // guards what follows
	fetched int
	failed  int
	bytes   int64
	kinds   map[string]int // of failures
	latency []float64      // of each request that was answered, in milliseconds
}

func newTally(total int) *tally {
	return &tally{started: time.Now(), total: total, kinds: make(map[string]int)}
}

// attempt notes a request on the wire. What a URL takes includes waits for
// politeness, which say nothing about the servers.
func (t *tally) attempt(a fetch.Attempt) {
	if a.Status == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latency = append(t.latency, float64(a.Elapsed)/float64(time.Millisecond))
}

func (t *tally) add(r record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Kind != "" {
		t.failed++
		t.kinds[r.Kind]++
		return
	}
	t.fetched++
	t.bytes += r.Bytes
}

// newWriter returns a function that counts a record and writes its line. Each
// line is one write, so that those that are there are whole.
func newWriter(stdout io.Writer, t *tally) func(record) error {
	lines := json.NewEncoder(stdout)
	lines.SetEscapeHTML(false) // an & in a URL is to stay one
	return func(r record) error {
		t.add(r)
		return lines.Encode(r)
	}
}

// summary writes what has become of the URLs.
func (t *tally) summary(w io.Writer) {
	elapsed := time.Since(t.started)
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(w, "%d fetched, %d failed, %d skipped, %s in %v\n",
		t.fetched, t.failed, t.skipped, size(t.bytes), elapsed.Round(time.Millisecond))
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		fmt.Fprintf(w, "  %-10s %d\n", kind, t.kinds[kind])
	}
	if len(t.latency) > 0 {
		fmt.Fprintf(w, "%d answers, in ms: ", len(t.latency))
		for _, q := range []float64{0.5, 0.9, 0.95, 0.99} {
			fmt.Fprintf(w, "p%.0f %.1f, ", 100*q, num.Quantile(t.latency, q))
		}
		_, slowest, _ := num.MinMax(t.latency)
		fmt.Fprintf(w, "slowest %.1f, mean %.1f\n", slowest, num.Mean(t.latency))
	}
}

func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}

const barWidth = 30

// bar returns a line on how far the run is.
func (t *tally) bar() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	done := t.fetched + t.failed
	if t.total < 1 {
		return fmt.Sprintf("%d done, %d failed, %s", done, t.failed, size(t.bytes))
	}
	filled := min(done*barWidth/t.total, barWidth)
	return fmt.Sprintf("[%s%s] %d of %d, %d failed, %s",
		strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled), done, t.total, t.failed, size(t.bytes))
}

// showBar keeps the bar up to date until the returned function is called, if
// stderr is a terminal, and the lines do not go to one, where they would mix.
func (t *tally) showBar(stdout, stderr io.Writer) (stop func()) {
	if !isTerminal(stderr) || isTerminal(stdout) {
		return func() {}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			fmt.Fprintf(stderr, "\r%s\x1b[K", t.bar())
			select {
			case <-tick.C:
			case <-done:
				fmt.Fprint(stderr, "\r\x1b[K") // clears the line
				return
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

// isTerminal reports whether w is a terminal, for which any device but the null
// device is taken.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
