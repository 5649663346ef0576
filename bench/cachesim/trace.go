package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A trace is a sequence of requests for keys.
type trace struct {
	name     string
	recorded bool // not generated
	keys     []uint64
	unique   int // number of different keys

	// next has, for each request, the index of the next request for the same
	// key. The last request for a key has its own index plus len(keys), which
	// is beyond the trace and still unique.
	next []int
}

func newTrace(name string, recorded bool, keys []uint64) *trace {
	t := &trace{name: name, recorded: recorded, keys: keys, next: make([]int, len(keys))}
	soonest := make(map[uint64]int)
	for i := len(keys) - 1; i >= 0; i-- {
		use, ok := soonest[keys[i]]
		if !ok {
			use = i + len(keys)
		}
		t.next[i] = use
		soonest[keys[i]] = i
	}
	t.unique = len(soonest)
	return t
}

// usedAt returns the key that an index in next stands for.
func (t *trace) usedAt(use int) uint64 { return t.keys[use%len(t.keys)] }

// A source makes the keys of a trace when it is its turn, because all traces
// together need gigabytes.
type source struct {
	name     string
	recorded bool
	keys     func() ([]uint64, error)
}

const traceSuffix = ".gz"

// recorded returns the traces in the folder dir, by name: gzip files of one
// decimal key a line, as in web.keys.gz.
func recorded(dir string) ([]source, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var sources []source
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), traceSuffix)
		if !ok {
			continue
		}
		sources = append(sources, source{
			name:     strings.TrimSuffix(name, ".keys"),
			recorded: true,
			keys:     func() ([]uint64, error) { return readKeys(filepath.Join(dir, e.Name())) },
		})
	}
	return sources, nil
}

func readKeys(file string) ([]uint64, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("cachesim: %s: %w", file, err)
	}
	keys, err := parseKeys(z)
	if err != nil {
		return nil, fmt.Errorf("cachesim: %s: %w", file, err)
	}
	return keys, nil
}

// parseKeys reads one decimal key a line, and at least one.
func parseKeys(r io.Reader) ([]uint64, error) {
	var keys []uint64
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		key, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w; write one decimal key below 2^64 a line", len(keys)+1, err)
		}
		keys = append(keys, key)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", len(keys)+1, err)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("no keys; write one decimal key a line")
	}
	return keys, nil
}
