package plinth_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	maxReadmeLines  = 200
	firstProgramBy  = 30
	snippetsDir     = "readme_snippets" // exists in the build overlay only
	snippetFunction = "func _(ctx context.Context) error {\n"
)

// A snippet is a block of Go code in the README.
type snippet struct {
	line int // of its first line of code, from 1
	code string
}

func (s snippet) isProgram() bool {
	f, err := parser.ParseFile(token.NewFileSet(), "", s.code, parser.PackageClauseOnly)
	return err == nil && f.Name.Name == "main"
}

// snippets returns the blocks of the README that are marked as Go.
func snippets(t *testing.T) []snippet {
	t.Helper()
	var found []snippet
	var open *snippet
	for i, line := range readmeLines(t) {
		fence := strings.TrimSpace(line)
		switch {
		case open == nil && fence == "```go":
			open = &snippet{line: i + 2}
		case open != nil && fence == "```":
			found = append(found, *open)
			open = nil
		case open != nil:
			open.code += line + "\n"
		}
	}
	require.Nil(t, open, "README.md: a block of Go code is not closed")
	return found
}

func readmeLines(t *testing.T) []string {
	t.Helper()
	require.True(t, slices.Contains(tracked(t), "README.md"), "README.md is missing")
	return strings.Split(strings.TrimSuffix(read(t, "README.md"), "\n"), "\n")
}

func TestReadmeLength(t *testing.T) {
	if n := len(readmeLines(t)); n > maxReadmeLines {
		t.Errorf("README.md has %d lines; at most %d are read", n, maxReadmeLines)
	}
}

func TestReadmeStartsWithAProgram(t *testing.T) {
	for _, s := range snippets(t) {
		if s.isProgram() && s.line <= firstProgramBy {
			return
		}
	}
	t.Errorf("README.md: no Go program begins within the first %d lines", firstProgramBy)
}

// TestReadmeRoutes looks for each package, as code or in a link, in a table.
func TestReadmeRoutes(t *testing.T) {
	var table strings.Builder
	for _, line := range readmeLines(t) {
		if strings.HasPrefix(line, "|") {
			table.WriteString(line + "\n")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(floors)) {
		if !regexp.MustCompile("[`\\[/]" + name + "[`\\])]").MatchString(table.String()) {
			t.Errorf("README.md: no table leads to package %s", name)
		}
	}
}

// TestReadmeCompiles builds every Go block of the README, and runs a program
// that says in an "// Output:" comment what it prints. A block is
//
//   - a file, if it has a package clause;
//   - declarations, if it parses as such: types, functions, variables;
//   - otherwise the body of a function that is given ctx and returns an error.
//
// The last two need no imports: the seven packages and those in
// standardImports are found by their names. A variable that a function body
// defines with := may stay unused, as in any excerpt.
func TestReadmeCompiles(t *testing.T) {
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	temp := t.TempDir()
	outputs := make(map[string]string) // by package
	for _, s := range snippets(t) {
		code, err := s.file()
		if err != nil {
			t.Errorf("README.md:%d: %v", s.line, err)
			continue
		}
		name := fmt.Sprintf("line%d", s.line)
		onDisk := filepath.Join(temp, name+".go")
		require.NoError(t, os.WriteFile(onDisk, []byte(code), 0o600))
		root, err := os.Getwd()
		require.NoError(t, err)
		overlay.Replace[filepath.Join(root, snippetsDir, name, "main.go")] = onDisk
		outputs["./"+snippetsDir+"/"+name] = s.output()
	}
	require.NotEmpty(t, outputs, "README.md has no Go code")
	config, err := json.Marshal(overlay)
	require.NoError(t, err)
	overlayFile := filepath.Join(temp, "overlay.json")
	require.NoError(t, os.WriteFile(overlayFile, config, 0o600))

	dirs := slices.Sorted(maps.Keys(outputs))
	goCommand(t, slices.Concat([]string{"build", "-buildvcs=false", "-o", os.DevNull, "-overlay", overlayFile}, dirs)...)
	for _, dir := range dirs {
		if want := outputs[dir]; want != "" {
			got := strings.TrimSpace(string(goCommand(t, "run", "-overlay", overlayFile, dir)))
			if got != want {
				t.Errorf("README.md: the program at %s prints\n%s\nwant\n%s", filepath.Base(dir), got, want)
			}
		}
	}
}

// output returns what the "// Output:" comment of a program announces.
func (s snippet) output() string {
	f, err := parser.ParseFile(token.NewFileSet(), "", s.code, parser.ParseComments)
	if err != nil || f.Name.Name != "main" {
		return ""
	}
	for _, group := range f.Comments {
		if text, ok := strings.CutPrefix(group.Text(), "Output:"); ok {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// file returns s as a Go file whose errors point into the README.
func (s snippet) file() (string, error) {
	position := fmt.Sprintf("//line README.md:%d\n", s.line)
	fset := token.NewFileSet()
	if _, err := parser.ParseFile(fset, "", s.code, parser.PackageClauseOnly); err == nil {
		return position + s.code, nil
	}
	const clause = "package snippet\n"
	if f, err := parser.ParseFile(fset, "", clause+s.code, 0); err == nil {
		return clause + importsOf(f) + position + s.code, nil
	}
	f, err := parser.ParseFile(fset, "README.md", clause+snippetFunction+position+s.code+"\n}", 0)
	if err != nil {
		return "", err
	}
	body := f.Decls[0].(*ast.FuncDecl).Body
	return clause + importsOf(f) + snippetFunction + position + s.code + use(body) + "return nil\n}\n", nil
}

// standardImports are the packages that a block may use without an import.
// Package errors is the library's own.
var standardImports = []string{
	"bytes", "context", "encoding/json", "fmt", "io", "iter", "log", "log/slog", "maps", "net/http", "net/http/httptest",
	"os", "slices", "strconv", "strings", "sync", "testing", "time",
}

// importsOf returns an import declaration for the packages that f uses.
func importsOf(f *ast.File) string {
	paths := make(map[string]string)
	for _, p := range standardImports {
		paths[filepath.Base(p)] = p
	}
	for name := range floors {
		paths[name] = modulePath + "/" + name
	}
	used := make(map[string]bool)
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			// The parser has linked a local variable to its declaration.
			if x, ok := sel.X.(*ast.Ident); ok && x.Obj == nil && paths[x.Name] != "" {
				used[paths[x.Name]] = true
			}
		}
		return true
	})
	var b strings.Builder
	for _, p := range slices.Sorted(maps.Keys(used)) {
		fmt.Fprintf(&b, "import %q\n", p)
	}
	return b.String()
}

// use returns statements that use the variables that body defines.
func use(body *ast.BlockStmt) string {
	var b strings.Builder
	for _, stmt := range body.List {
		if assign, ok := stmt.(*ast.AssignStmt); ok && assign.Tok == token.DEFINE {
			for _, v := range assign.Lhs {
				if v, ok := v.(*ast.Ident); ok && v.Name != "_" {
					fmt.Fprintf(&b, "_ = %s\n", v.Name)
				}
			}
		}
	}
	return b.String()
}
