package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// cachesim runs the program and returns its exit status and output.
func cachesim(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, err strings.Builder
	status = run(ctx, args, &out, &err)
	return status, out.String(), err.String()
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestResults(t *testing.T) {
	traces, out := t.TempDir(), filepath.Join(t.TempDir(), "new")
	writeTrace(t, traces, "a&b.keys.gz", strings.Repeat("1\n2\n3\n1\n4\n", 100))
	writeTrace(t, traces, "one.keys.gz", "7\n")
	t.Setenv("TRACES", traces)
	status, stdout, stderr := cachesim(t.Context(), "-traces", "^(a&b|one)$", "-sizes", "2,50%,3", "-out", out)
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	for _, want := range []string{"a&b: 500 requests for 4 keys, ", "one: 1 requests for 1 keys, "} {
		if !strings.Contains(stderr, want) {
			t.Errorf("standard error has no %q:\n%s", want, stderr)
		}
	}
	if !strings.Contains(stdout, "plinth ahead by") || strings.Contains(stdout, "hit_ratio") {
		t.Errorf("standard output is not the summary alone:\n%s", stdout)
	}

	// The sizes of a&b are 2 and 3, those of one are 1, 2 and 3.
	table := read(t, filepath.Join(out, "cachesim.tsv"))
	if want := "# go run ./cachesim -traces '^(a&b|one)$' -sizes 2,50%,3 -out "; !strings.HasPrefix(table, want) {
		t.Errorf("the table does not begin with %q:\n%.300s", want, table)
	}
	checkTable(t, table, 5*len(contenders()))
	best := float64(mostHits(slices.Repeat([]uint64{1, 2, 3, 1, 4}, 100), 2)) / 5
	if want := fmt.Sprintf("\na&b\t500\t4\t2\tbelady\t%.2f\t0\n", best); !strings.Contains(table, want) {
		t.Errorf("the table has no line %q", want)
	}

	for _, name := range []string{"a&b", "one"} {
		chart := read(t, filepath.Join(out, "cachesim", name+".svg"))
		checkChart(t, name, chart, len(contenders()))
	}
}

func checkTable(t *testing.T, table string, cells int) {
	t.Helper()
	var header []string
	for line := range strings.Lines(table) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "# "):
		case header == nil:
			header = fields
			if want := "trace requests unique size policy hit_ratio over"; strings.Join(header, " ") != want {
				t.Errorf("the columns are %q; want %s", header, want)
			}
		default:
			cells--
			if len(fields) != len(header) {
				t.Errorf("%d fields in %q; want %d", len(fields), line, len(header))
				continue
			}
			if ratio, err := strconv.ParseFloat(fields[5], 64); err != nil || ratio < 0 || ratio > 100 {
				t.Errorf("hit ratio %q in %q; want a percentage", fields[5], line)
			}
			if fields[6] != "0" {
				t.Errorf("over is %s in %q; want 0", fields[6], line)
			}
		}
	}
	if cells != 0 {
		t.Errorf("%d cells are missing", cells)
	}
}

// checkChart asks for well-formed XML with a line for each policy, in colours
// for both schemes and with nothing that runs.
func checkChart(t *testing.T, name, chart string, policies int) {
	t.Helper()
	if len(chart) > 200<<10 {
		t.Errorf("%s: the chart has %d KiB; want at most 200", name, len(chart)>>10)
	}
	elements := make(map[string]int)
	for d := xml.NewDecoder(strings.NewReader(chart)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Errorf("%s: the chart is not XML: %v", name, err)
			break
		}
		if start, ok := token.(xml.StartElement); ok {
			elements[start.Name.Local]++
		}
	}
	if elements["svg"] != 1 || elements["polyline"] != policies || elements["script"] > 0 {
		t.Errorf("%s: the chart has elements %v; want %d polylines and no script", name, elements, policies)
	}
	for _, want := range []string{"prefers-color-scheme:dark", ">plinth</text>", ">belady</text>"} {
		if !strings.Contains(chart, want) {
			t.Errorf("%s: the chart has no %q", name, want)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "%!"} {
		if strings.Contains(chart, bad) {
			t.Errorf("%s: the chart has a %s in it", name, bad)
		}
	}
}

func TestPrintedTable(t *testing.T) {
	t.Setenv("TRACES", "")
	status, stdout, stderr := cachesim(t.Context(), "-traces", "^loop$", "-policies", "^(plinth|lru)$", "-sizes", "50%", "-against", "lru")
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	for _, want := range []string{
		"loop\t1000000\t100000\t50000\tlru\t0.00\t0\n",
		"\nplinth against lru\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("standard output has no %q:\n%s", want, stdout)
		}
	}
	if !strings.Contains(stderr, "TRACES is not set, so recorded traces are skipped") {
		t.Errorf("standard error does not say that recorded traces are skipped:\n%s", stderr)
	}
}

func TestWrongCommandLines(t *testing.T) {
	t.Setenv("TRACES", "")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-x"}, "flag provided but not defined: -x; -help lists the options"},
		{[]string{"zipf"}, `argument "zipf"`},
		{[]string{"-parallel", "0"}, "-parallel is 0; must be 1 or more"},
		{[]string{"-traces", "("}, "-traces: error parsing regexp"},
		{[]string{"-policies", "("}, "-policies: error parsing regexp"},
		{[]string{"-traces", "nosuch"}, `no trace matches -traces "nosuch"`},
		{[]string{"-policies", "nosuch"}, `no policy matches -policies "nosuch"`},
		{[]string{"-sizes", "2,x"}, `size "x"`},
		{[]string{"-against", "nosuch"}, `-against "nosuch" is not among the policies compared`},
		{[]string{"-against", "best", "-policies", "plinth|^lru$"}, `-against "best" is not among the policies compared`},
		{[]string{"-against", "best", "-policies", "otter"}, "-against compares with plinth"},
	} {
		status, stdout, stderr := cachesim(t.Context(), tt.args...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, tt.want) {
			t.Errorf("cachesim %q: exit status %d, standard error %q; want 2 and %q", tt.args, status, stderr, tt.want)
		}
	}
	if status, _, stderr := cachesim(t.Context(), "-help"); status != 0 || !strings.Contains(stderr, "-against policy") {
		t.Errorf("cachesim -help: exit status %d, standard error %q; want 0 and the options", status, stderr)
	}
}

func TestTrouble(t *testing.T) {
	traces := t.TempDir()
	writeTrace(t, traces, "bad.keys.gz", "1\nx\n")
	writeTrace(t, traces, "good.keys.gz", "1\n")
	t.Setenv("TRACES", traces)
	if status, _, stderr := cachesim(t.Context(), "-traces", "^bad$"); status != 1 || !strings.Contains(stderr, "bad.keys.gz: line 2: ") {
		t.Errorf("with a bad trace: exit status %d, standard error %q; want 1 and the line", status, stderr)
	}
	if status, _, stderr := cachesim(t.Context(), "-traces", "^good$", "-out", filepath.Join(traces, "bad.keys.gz")); status != 1 || stderr == "" {
		t.Errorf("with a file for a folder: exit status %d, standard error %q; want 1 and why", status, stderr)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no more"))
	if status, _, stderr := cachesim(ctx, "-traces", "^good$"); status != 1 || stderr != "no more\n" {
		t.Errorf("when cancelled: exit status %d, standard error %q; want 1 and the cause", status, stderr)
	}
	t.Setenv("TRACES", filepath.Join(traces, "nosuch"))
	if status, _, stderr := cachesim(t.Context()); status != 2 || !strings.Contains(stderr, "cachesim: TRACES: open ") {
		t.Errorf("without the folder: exit status %d, standard error %q; want 2 and why", status, stderr)
	}
}
