package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// runProcessfiles runs the program and returns its exit status and output.
func runProcessfiles(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, err strings.Builder
	status = run(ctx, args, &out, &err)
	return status, out.String(), err.String()
}

// TestTree makes a directory tree of files of very different sizes.
func TestTree(t *testing.T) {
	dir := t.TempDir()
	var want strings.Builder
	files, size := 0, 0
	for _, sub := range []string{"a", "b/c", "d"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			content := strings.Repeat(fmt.Sprintln(sub, i), (i%5)*10_000)
			path := fmt.Sprintf("%s/%02d.txt", sub, i)
			if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&want, "%d %d %s\n", len(content), (i%5)*10_000, path)
			files++
			size += len(content)
		}
	}
	status, stdout, stderr := runProcessfiles(t.Context(), "-j", "4", "-progress", "25", dir)
	if status != 0 {
		t.Errorf("exit status %d, standard error %q; want 0", status, stderr)
	}
	if n := strings.Count(stderr, "so far"); n != 2 {
		t.Errorf("progress was told %d times; want 2, for 25 and 50 files:\n%s", n, stderr)
	}
	var got strings.Builder
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	for _, line := range lines[:len(lines)-1] {
		if f := strings.Fields(line); len(f) == 4 {
			fmt.Fprintln(&got, f[1], f[2], f[3])
		}
	}
	if got.String() != want.String() {
		t.Errorf("output in the order of the walk:\n%s\nwant:\n%s", got.String(), want.String())
	}
	if last, want := lines[len(lines)-1], fmt.Sprintf("%d files, %d bytes, 1200000 lines", files, size); last != want {
		t.Errorf("last line = %q; want %q", last, want)
	}
}

// broken is a tree with one file that cannot be opened and one that cannot be
// read to its end.
type broken struct{ fstest.MapFS }

func (b broken) Open(name string) (fs.File, error) {
	f, err := b.MapFS.Open(name)
	switch name {
	case "2":
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	case "4":
		return half{f}, err
	}
	return f, err
}

type half struct{ fs.File }

func (half) Read(p []byte) (int, error) { return copy(p, "half"), io.ErrUnexpectedEOF }

func TestErrorsStayBesideTheirFile(t *testing.T) {
	tree := broken{fstest.MapFS{}}
	for i := range 6 {
		tree.MapFS[fmt.Sprint(i)] = &fstest.MapFile{Data: []byte("one\ntwo\n")}
	}
	var got []string
	for s, err := range process(t.Context(), tree, 3) {
		got = append(got, fmt.Sprint(s.path, " ", s.lines, " ", err))
	}
	want := "0 2 <nil>, 1 2 <nil>, 2 0 open 2: permission denied, 3 2 <nil>, 4 0 unexpected EOF, 5 2 <nil>"
	if got := strings.Join(got, ", "); got != want {
		t.Errorf("process = %s; want %s", got, want)
	}
}

func TestExitStatus(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		ctx    context.Context
		args   []string
		status int
		stderr string
	}{
		{t.Context(), []string{t.TempDir()}, 0, ""},
		{t.Context(), []string{"-j", "-1"}, 2, "processfiles: -j must be 0 or more"},
		{t.Context(), []string{"a", "b"}, 2, "processfiles: -j must be 0 or more, and there may be one directory"},
		{t.Context(), []string{"no-such-directory"}, 2, "processfiles: no-such-directory is not a directory"},
		{t.Context(), []string{"-what"}, 2, "flag provided but not defined"},
		{t.Context(), []string{"-h"}, 0, "Usage of processfiles"},
		{ended, []string{"."}, 130, "context canceled"},
	} {
		status, _, stderr := runProcessfiles(tt.ctx, tt.args...)
		if status != tt.status || !strings.Contains(stderr, tt.stderr) {
			t.Errorf("%q: exit status %d, standard error %q; want %d, %q", tt.args, status, stderr, tt.status, tt.stderr)
		}
	}
}
