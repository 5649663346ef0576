package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/goplinth/plinth/errors"
)

// maxLine is the longest line that is read, of URLs and of earlier output.
const maxLine = 1 << 20

// input is where the URLs come from. Its fields are to be read when the
// sequence of the URLs has ended.
type input struct {
	done    map[string]bool // URLs that need not be fetched (any more)
	total   int             // or -1 if it is not known
	skipped int
	err     error // of standard input
}

// fresh yields the URLs that have neither been fetched by an earlier run nor
// been in the sequence before.
func (in *input) fresh(urls iter.Seq[string]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for url := range urls {
			if in.done[url] {
				in.skipped++
				continue
			}
			in.done[url] = true
			if !yield(url) {
				return
			}
		}
	}
}

// lines yields the lines of r until they or ctx end. A read cannot be
// interrupted, so it has a goroutine, which ends with r, or with the program.
func (in *input) lines(ctx context.Context, r io.Reader) iter.Seq[string] {
	return func(yield func(string) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		lines, failed := make(chan string), make(chan error, 1)
		go func() {
			defer close(lines)
			scanner := bufio.NewScanner(r)
			scanner.Buffer(nil, maxLine)
			for scanner.Scan() {
				select {
				case lines <- scanner.Text():
				case <-ctx.Done():
					return
				}
			}
			if err := scanner.Err(); err != nil {
				failed <- errors.Wrap(err, "read URLs")
			}
		}()
		for {
			select {
			case line, ok := <-lines:
				if !ok {
					select {
					case in.err = <-failed:
					default:
					}
					return
				}
				line = strings.TrimSpace(line)
				if line != "" && !strings.HasPrefix(line, "#") && !yield(line) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// readDone returns the URLs that need not be fetched because of -resume. The
// file may end within a line, if the program or the machine died, and have that
// glued to the next one if more was appended: the URL is then fetched again.
func readDone(o options, stderr io.Writer) (map[string]bool, error) {
	done := make(map[string]bool)
	if o.resume == "" {
		return done, nil
	}
	file, err := os.Open(o.resume)
	if err != nil {
		return nil, errors.Wrap(err, "read -resume")
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, maxLine)
	bad := 0
	for scanner.Scan() {
		var r record
		if len(bytes.TrimSpace(scanner.Bytes())) == 0 {
			continue
		}
		if json.Unmarshal(scanner.Bytes(), &r) != nil || r.URL == "" {
			bad++
		} else if r.Kind == "" && isSaved(o, r) {
			done[r.URL] = true
		}
	}
	if bad > 0 {
		fmt.Fprintf(stderr, "fetchurls: %d lines of %s are not of this program and are ignored\n", bad, o.resume)
	}
	return done, errors.Wrap(scanner.Err(), "read -resume")
}

// isSaved reports whether the file that -o asks for is there.
func isSaved(o options, r record) bool {
	if o.dir == "" {
		return true
	}
	_, err := os.Stat(filepath.Join(o.dir, fileName(r.URL)))
	return err == nil
}
