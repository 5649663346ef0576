package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// writeTable writes one line for each cell, below a header that says how to
// get the same table again.
func writeTable(w io.Writer, header []string, cells []cell) error {
	b := bufio.NewWriter(w)
	for _, line := range header {
		fmt.Fprintf(b, "# %s\n", line)
	}
	fmt.Fprintln(b, "trace\trequests\tunique\tsize\tpolicy\thit_ratio\tover")
	for _, c := range cells {
		fmt.Fprintf(b, "%s\t%d\t%d\t%d\t%s\t%.2f\t%d\n", c.trace, c.requests, c.unique, c.size, c.policy, c.ratio(), c.over)
	}
	return b.Flush()
}

// writeResults writes the table and a chart for each trace into the folder dir,
// where it replaces those of an earlier run. The folder of the charts keeps
// those of traces that are not played any more.
func writeResults(dir string, header []string, cells []cell) error {
	charts := filepath.Join(dir, "cachesim")
	if err := os.MkdirAll(charts, 0o777); err != nil {
		return fmt.Errorf("cachesim: %w", err)
	}
	var b bytes.Buffer
	if err := writeTable(&b, header, cells); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "cachesim.tsv"), b.Bytes(), 0o666); err != nil {
		return fmt.Errorf("cachesim: %w", err)
	}
	for len(cells) > 0 {
		end := slices.IndexFunc(cells, func(c cell) bool { return c.trace != cells[0].trace })
		if end < 0 {
			end = len(cells)
		}
		b.Reset()
		if err := writeChart(&b, cells[:end]); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(charts, cells[0].trace+".svg"), b.Bytes(), 0o666); err != nil {
			return fmt.Errorf("cachesim: %w", err)
		}
		cells = cells[end:]
	}
	return nil
}

// header describes this run: the command, the machine and the peers' versions.
func header(args []string, policies []contender) []string {
	lines := []string{
		strings.Join(append([]string{"go run ./cachesim"}, quoted(args)...), " "),
		fmt.Sprintf("%s, %s/%s, %d processors, %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor()),
		"hit_ratio in percent of all requests; over is how far Len was beyond size at most",
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return lines
	}
	for _, m := range info.Deps {
		for _, c := range policies {
			if c.module == m.Path {
				lines = append(lines, m.Path+" "+m.Version)
				break
			}
		}
	}
	return lines
}

// quoted returns args as one types them into a shell.
func quoted(args []string) []string {
	quoted := slices.Clone(args)
	for i, arg := range args {
		if strings.ContainsAny(arg, " |&;<>()[]{}$`\\\"'*?#~!") || arg == "" {
			quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return quoted
}

// processor returns the model where the system says it in /proc/cpuinfo.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "processor unknown"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor unknown"
}
