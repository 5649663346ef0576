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
	"runtime"
	"time"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/workerpool"
)

// A record is a line of the file that is parsed.
type record struct {
	ID     int      `json:"id"`
	Name   string   `json:"name"`
	Email  string   `json:"email"`
	Age    int      `json:"age"`
	Active bool     `json:"active"`
	Score  float64  `json:"score"`
	Tags   []string `json:"tags"`
}

var recordsTable = table{
	name:    "records",
	title:   func(s sizes) string { return fmt.Sprintf("%d JSON records, a line each, parsed and kept", s.records) },
	columns: []string{"time", "memory", "records/s"},
	measure: measureRecords,
}

func measureRecords(ctx context.Context, b *bench) (rows []row, remarks []string, err error) {
	path, err := writeRecords(b.records)
	if path != "" {
		defer os.Remove(path)
	}
	if err != nil {
		return nil, nil, err
	}
	cells := func(o outcome) []string {
		return []string{seconds(o.Seconds), megabytes(o.PeakKiB), fmt.Sprintf("%.0fK", float64(o.Count)/o.Seconds/1000)}
	}
	var outcomes []outcome
	for _, work := range []string{"parse", "pipeline"} {
		b.note("records: Go, %s", work)
		o, err := finish(goProcess(ctx, work, path))
		if err != nil {
			return nil, nil, err
		}
		outcomes = append(outcomes, o)
	}
	rows = []row{
		{"Python json", []string{"12.5 s", "1.2 GB", "80K"}, nil},
		{"Python orjson", []string{"3.2 s", "800 MB", "312K"}, nil},
		{"Go encoding/json, one by one", []string{"1.8 s", "400 MB", "555K"}, cells(outcomes[0])},
		{fmt.Sprintf("Go, workerpool on %d processors", runtime.GOMAXPROCS(0)), nil, cells(outcomes[1])},
	}
	best, bestName := outcome{}, ""
	for i, work := range []string{"json", "orjson"} {
		b.note("records: Python, %s", work)
		o, here, err := b.python.measure(ctx, cells, work, path)
		if err != nil {
			return nil, nil, err
		}
		rows[i].here = here
		if o.Count == 0 {
			continue // skipped
		}
		outcomes = append(outcomes, o)
		remarks = append(remarks, verdict("JSON on one processor", "encoding/json", outcomes[0].Seconds, rows[i].name, o.Seconds))
		if best.Count == 0 || o.Seconds < best.Seconds {
			best, bestName = o, rows[i].name
		}
	}
	for _, o := range outcomes {
		if o.Count != b.records || o.Sum != outcomes[0].Sum {
			return nil, nil, errors.Errorf("%d records with a sum of %d; want %d, %d", o.Count, o.Sum, b.records, outcomes[0].Sum)
		}
	}
	if best.Count > 0 {
		remarks = append(remarks,
			verdict("JSON on all processors", "the pipeline", outcomes[1].Seconds, bestName, best.Seconds),
			"Python's parsers are compiled code and make dictionaries of any kind; Go's fills structs and checks their types.")
	}
	return rows, remarks, nil
}

// writeRecords writes n records to a temporary file and returns its path.
func writeRecords(n int) (path string, err error) {
	file, err := os.CreateTemp("", "pythonvsgo-*.jsonl")
	if err != nil {
		return "", err
	}
	defer errors.Close(&err, file)
	w := bufio.NewWriter(file)
	for id := range n {
		fmt.Fprintf(w, `{"id": %d, "name": "User %d", "email": "user%d@example.com", "age": %d, "active": %t, "score": %d.25, "tags": ["a%d", "b"]}`+"\n",
			id, id, id, 20+id%60, id%3 == 0, id%1000, id%10)
	}
	return file.Name(), w.Flush()
}

func parseChild(_ io.Reader, args []string, say func(outcome) error) error {
	return measureParser(parseOneByOne, args[0], say)
}

func pipelineChild(_ io.Reader, args []string, say func(outcome) error) error {
	return measureParser(parsePipeline, args[0], say)
}

func measureParser(parse func(io.Reader) ([][]record, error), path string, say func(outcome) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	start := time.Now()
	blocks, err := parse(file)
	if err != nil {
		return err
	}
	o := outcome{Seconds: time.Since(start).Seconds(), PeakKiB: memoryOf().peak}
	for _, records := range blocks {
		o.Count += len(records)
		for _, r := range records {
			o.Sum += int64(r.ID + r.Age + len(r.Tags))
		}
	}
	return say(o)
}

// parseOneByOne is what one writes first.
func parseOneByOne(r io.Reader) ([][]record, error) {
	var records []record
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var rec record
		if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
			return nil, err
		}
		records = append(records, rec)
	}
	return [][]record{records}, lines.Err()
}

// blockSize is how much of the file a worker gets at a time.
const blockSize = 256 << 10

// parsePipeline has one goroutine read blocks of whole lines into pooled
// buffers, and a worker for each processor parse them. The blocks stay in the
// order of the file, and no more of them are in memory than workers need.
func parsePipeline(r io.Reader) ([][]record, error) {
	var readErr error
	var all [][]record
	workers := runtime.GOMAXPROCS(0)
	for records, err := range workerpool.Map(context.Background(), blocksOf(r, &readErr), parseBlock,
		workerpool.Options{Workers: workers, Queue: workers}) {
		if err != nil {
			return nil, err
		}
		all = append(all, records)
	}
	return all, readErr
}

// blocksOf yields blocks of whole lines, each to be released by who gets it. An
// error of r is in *failed after the last one.
func blocksOf(r io.Reader, failed *error) iter.Seq[*buffer.Buffer] {
	return func(yield func(*buffer.Buffer) bool) {
		rest := buffer.Empty(blockSize)
		defer func() { rest.Release() }()
		for {
			n, err := rest.ReadFrom(io.LimitReader(r, int64(max(blockSize-rest.Len(), 64<<10))))
			if err != nil {
				*failed = err
				return
			}
			if n == 0 {
				break
			}
			end := bytes.LastIndexByte(rest.Bytes(), '\n') + 1
			if end == 0 {
				continue // a line that is longer than a block
			}
			block := rest
			rest = buffer.Empty(blockSize)
			rest.Write(block.Bytes()[end:])
			block.Truncate(end)
			if !yield(block) {
				return
			}
		}
		if rest.Len() > 0 {
			last := buffer.Empty(rest.Len())
			last.Write(rest.Bytes())
			yield(last)
		}
	}
}

func parseBlock(_ context.Context, block *buffer.Buffer) ([]record, error) {
	defer block.Release()
	records := make([]record, 0, bytes.Count(block.Bytes(), []byte{'\n'})+1)
	for line := range bytes.Lines(block.Bytes()) {
		var rec record
		if err := json.Unmarshal(line, &rec); err != nil {
			return nil, err
		}
		records = append(records, rec)
	}
	return records, nil
}
