package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/num"
	"github.com/goplinth/plinth/validate"
)

// shown is how many invalid records and failures are printed in full.
const shown = 3

// report writes the table to w. It returns an error if the sum does not fit.
func (j *job) report(w io.Writer) error {
	elapsed := time.Since(j.started)
	j.mu.Lock()
	defer j.mu.Unlock()
	var cents []int64
	for _, record := range j.valid {
		cents = append(cents, record.Cents)
	}
	total, sumErr := num.SumChecked(cents)

	out := buffer.Empty(0)
	defer out.Release()
	row := func(name, format string, args ...any) {
		fmt.Fprintf(out, "%-12s%12s\n", name, fmt.Sprintf(format, args...))
	}
	row("records", "%d", len(j.valid)+len(j.invalid)+len(j.failures))
	row("  valid", "%d", len(j.valid))
	row("  invalid", "%d", len(j.invalid))
	row("  failed", "%d", len(j.failures))
	row("cache hits", "%d", max(j.done.Load()-j.loads.Load(), 0))
	row("retries", "%d", j.retries.Load())
	if sumErr == nil {
		row("total", "%d.%02d", total/100, total%100)
	}
	row("elapsed", "%v", elapsed.Round(time.Millisecond))
	row("records/s", "%.0f", float64(j.done.Load())/elapsed.Seconds())

	printSome(out, "invalid", j.invalid, func(url string, err error) {
		fmt.Fprintln(out, url)
		fields, _ := errors.AsType[validate.Errors](err)
		for _, field := range fields {
			fmt.Fprintf(out, "  %v: %s\n", field.Path, field.Message)
		}
	})
	printSome(out, "failed", j.failures, func(_ string, err error) {
		fmt.Fprintf(out, "%+v\n", err)
	})
	if _, err := out.WriteTo(w); err != nil {
		return err
	}
	return sumErr
}

// printSome prints a heading and the first few of the outcomes, by URL.
func printSome(out *buffer.Buffer, heading string, outcomes map[string]error, print func(url string, err error)) {
	if len(outcomes) == 0 {
		return
	}
	urls := slices.SortedFunc(maps.Keys(outcomes), func(a, b string) int {
		// Records are numbered: /records/9 comes before /records/10.
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	fmt.Fprintf(out, "\n%s (%d of %d)\n", heading, min(shown, len(urls)), len(urls))
	for _, url := range urls[:min(shown, len(urls))] {
		print(url, outcomes[url])
	}
}

// showProgress keeps a line up to date on w while the job runs, if w is a
// terminal, until the returned function is called.
func (j *job) showProgress(w io.Writer, total int) (stop func()) {
	file, ok := w.(*os.File)
	if !ok {
		return func() {}
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return func() {}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			fmt.Fprintf(w, "\rfetched %d of %d", j.done.Load(), total)
			select {
			case <-tick.C:
			case <-done:
				fmt.Fprint(w, "\r\x1b[K") // clears the line
				return
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}
