// The tests of the root directory are the repository's own rules:
//
//	floors_test.go    who may import whom, and what go.mod may require
//	docs_test.go      package comments, doc comments, examples of every function
//	programs_test.go  the programs in examples/
//	readme_test.go    the README's length, routing table and code
//	files_test.go     what may be tracked, and what its text may say
//
// They read the tracked files and need no network beyond the requirements of
// the root module; the code of nested modules is parsed, never built.
package plinth_test

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const modulePath = "github.com/goplinth/plinth"

// repoFiles lists the tracked files by their slash-separated paths. A source
// archive has no git, and there every file counts.
var repoFiles = sync.OnceValues(func() ([]string, error) {
	// go test reuses a result while the files that the test looked at stay as
	// they are. The index is the one that changes when a file is added.
	_, _ = os.Stat(".git/index")
	if out, err := exec.Command("git", "ls-files", "-z").Output(); err == nil {
		files := strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
		return slices.DeleteFunc(files, func(file string) bool {
			_, err := os.Lstat(file) // deleted, and not yet staged
			return err != nil
		}), nil
	}
	var files []string
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == ".git":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil // the .git file of a git worktree
		case !d.IsDir():
			files = append(files, filepath.ToSlash(file))
		}
		return nil
	})
	return files, err
})

// tracked returns the repository's files.
func tracked(t *testing.T) []string {
	t.Helper()
	files, err := repoFiles()
	require.NoError(t, err)
	require.True(t, slices.Contains(files, "go.mod"), "go.mod is not tracked, or this is not the root directory")
	return files
}

// A goPackage is one directory of Go files.
type goPackage struct {
	dir    string // slash-separated, "." for the root
	module string // the directory of its go.mod
	name   string // as in the package clause; empty if all files are tests
	files  []*ast.File
	tests  []*ast.File // of both the package and its external test package
}

// importPath returns the path that other packages import p by.
func (p *goPackage) importPath() string { return path.Join(modulePath, p.dir) }

// isLibrary reports whether users import p from the root module.
func (p *goPackage) isLibrary() bool {
	_, ok := floors[top(p.dir)]
	return ok && p.module == "." && !isInternal(p.dir)
}

// top returns the first element of a slash-separated path.
func top(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// isInternal reports whether dir is closed to other modules.
func isInternal(dir string) bool { return slices.Contains(strings.Split(dir, "/"), "internal") }

var fset = token.NewFileSet()

// repoPackages parses every package of every module, for every platform.
var repoPackages = sync.OnceValues(func() ([]*goPackage, error) {
	files, err := repoFiles()
	if err != nil {
		return nil, err
	}
	var packages []*goPackage
	byDir := make(map[string]*goPackage)
	for _, file := range files {
		dir := path.Dir(file)
		if path.Ext(file) != ".go" || slices.Contains(strings.Split(dir, "/"), "testdata") {
			continue
		}
		f, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		if isIgnored(f) {
			continue
		}
		p := byDir[dir]
		if p == nil {
			p = &goPackage{dir: dir, module: moduleOf(dir, files)}
			byDir[dir] = p
			packages = append(packages, p)
		}
		if strings.HasSuffix(file, "_test.go") {
			p.tests = append(p.tests, f)
		} else {
			p.name = f.Name.Name
			p.files = append(p.files, f)
		}
	}
	return packages, nil
})

func packages(t *testing.T) []*goPackage {
	t.Helper()
	packages, err := repoPackages()
	require.NoError(t, err)
	require.NotEmpty(t, packages)
	return packages
}

// moduleOf returns the directory of the nearest go.mod above dir.
func moduleOf(dir string, files []string) string {
	for dir != "." && !slices.Contains(files, dir+"/go.mod") {
		dir = path.Dir(dir)
	}
	return dir
}

// isIgnored reports whether f is a program of its own that "//go:build ignore"
// keeps out of the package.
func isIgnored(f *ast.File) bool {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if expr, err := constraint.Parse(c.Text); err == nil && c.Pos() < f.Package {
				return expr.String() == "ignore"
			}
		}
	}
	return false
}

// position returns the file and line of a node.
func position(n ast.Node) token.Position {
	p := fset.Position(n.Pos())
	p.Column = 0
	return p
}

// read returns the text of a tracked file.
func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(file))
	require.NoError(t, err)
	return string(b)
}

// goCommand returns what a go command prints, and fails with its errors.
func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go %s\n%s%s", strings.Join(args, " "), out, &stderr)
	return out
}
