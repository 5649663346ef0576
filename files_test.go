package plinth_test

import (
	"bytes"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// knownExtensions are the kinds of files that belong here; what has none is
// named in full. A new kind is added on purpose, not by accident.
var (
	knownExtensions = []string{".csv", ".go", ".golden", ".html", ".json", ".md", ".mod", ".py", ".s", ".sum", ".svg", ".tsv", ".txt", ".yaml", ".yml"}
	knownFiles      = []string{".ci/run", ".gitattributes", ".gitignore", "LICENSE", "Makefile"}
)

const (
	maxFileSize   = 256 << 10
	maxReportSize = 1 << 20 // of measurements and charts
)

func TestTrackedFiles(t *testing.T) {
	for _, file := range tracked(t) {
		dirs := strings.Split(path.Dir(file), "/")
		if slices.Contains(dirs, "vendor") || slices.Contains(dirs, "third_party") {
			t.Errorf("%s: code of others does not belong here; require its module in bench/ or an adapter", file)
		}
		// The go command names fuzzing seeds by their hash.
		isSeed := strings.Contains(file, "/testdata/fuzz/")
		if !isSeed && !slices.Contains(knownExtensions, path.Ext(file)) && !slices.Contains(knownFiles, file) && path.Base(file) != ".gitignore" {
			t.Errorf("%s: a kind of file that is not expected; add it to knownExtensions if it belongs here", file)
		}
		limit := int64(maxFileSize)
		if path.Ext(file) == ".svg" || strings.HasPrefix(file, "bench/results/") {
			limit = maxReportSize
		}
		info, err := os.Lstat(filepath.FromSlash(file))
		require.NoError(t, err)
		if !info.Mode().IsRegular() {
			t.Errorf("%s: not a regular file", file)
			continue
		}
		if info.Size() > limit {
			t.Errorf("%s: %d KiB; want at most %d KiB", file, info.Size()>>10, limit>>10)
		}
	}
}

// TestText reads every file for what must not be published: binaries, other
// people's copyright, and the paths of a developer's machine.
func TestText(t *testing.T) {
	copyright := regexp.MustCompile(`(?m)^\W*Copyright\b.*\d{4}`)
	machine := regexp.MustCompile("(?:^|[\\s\"'`(=:,])(/(?:home|root|Users|work|tmp)/[A-Za-z][\\w./-]*)")
	for _, file := range tracked(t) {
		text, err := os.ReadFile(filepath.FromSlash(file))
		require.NoError(t, err)
		if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
			t.Errorf("%s: a binary file", file)
			continue
		}
		if m := copyright.Find(text); m != nil && file != "LICENSE" {
			t.Errorf("%s: %q; only LICENSE has a copyright line", file, m)
		}
		if m := machine.FindSubmatch(text); m != nil && path.Ext(file) != ".sum" {
			t.Errorf("%s: %s is a path of one machine", file, m[1])
		}
	}
}

// TestGeneratedCode asks that whoever finds generated code also finds the
// directive that generates it, in the same directory.
func TestGeneratedCode(t *testing.T) {
	for _, p := range packages(t) {
		var generated []string
		hasGenerator := false
		for _, f := range slices.Concat(p.files, p.tests) {
			if ast.IsGenerated(f) {
				generated = append(generated, position(f).Filename)
			}
			for _, group := range f.Comments {
				for _, c := range group.List {
					hasGenerator = hasGenerator || strings.HasPrefix(c.Text, "//go:generate ")
				}
			}
		}
		if len(generated) > 0 && !hasGenerator {
			t.Errorf("%s: generated code, and no go:generate line in %s", strings.Join(generated, ", "), p.dir)
		}
	}
}

// TestNoSleepInTests finds tests that wait for the wall clock: they are slow
// on a good day and fail on a bad one. In a file that uses synctest, a Sleep
// moves the fake clock of a bubble, which is what it is for. The benchmarks in
// bench measure the wall clock.
func TestNoSleepInTests(t *testing.T) {
	for _, p := range packages(t) {
		if top(p.dir) == "bench" {
			continue
		}
		for _, f := range p.tests {
			if selects(f, "synctest", "") != nil {
				continue
			}
			if sleep := selects(f, "time", "Sleep"); sleep != nil {
				t.Errorf("%v: time.Sleep in a file without synctest", position(sleep))
			}
		}
	}
}

// selects returns the first pkg.name in n, where an empty name is any name.
func selects(n ast.Node, pkg, name string) (found ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && found == nil {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == pkg && (name == "" || sel.Sel.Name == name) {
				found = sel
			}
		}
		return found == nil
	})
	return found
}

func TestCommunityFiles(t *testing.T) {
	for _, tt := range []struct {
		file string
		want string // a line of the file
	}{
		{"LICENSE", "MIT License"},
		{"CHANGELOG.md", "## [Unreleased]"},
		{"CONTRIBUTING.md", "# Contributing"},
		{"SECURITY.md", "# Security"},
	} {
		if !slices.Contains(tracked(t), tt.file) {
			t.Errorf("%s: missing", tt.file)
		} else if !slices.Contains(strings.Split(read(t, tt.file), "\n"), tt.want) {
			t.Errorf("%s: has no line %q", tt.file, tt.want)
		}
	}
}
