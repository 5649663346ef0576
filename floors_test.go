package plinth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	constraints = "golang.org/x/exp/constraints"
	testify     = "github.com/stretchr/testify"
)

// floors names the packages of the library, and what each may import besides
// the standard library, internal/ and its own subpackages. Six stand on the
// ground floor; fetch stands on two of them.
var floors = map[string][]string{
	"buffer":     nil,
	"cache":      nil,
	"errors":     nil,
	"fetch":      {modulePath + "/buffer", modulePath + "/workerpool"},
	"num":        {constraints},
	"validate":   nil,
	"workerpool": nil,
}

// mayImport reports whether the package in dir, and so all that it imports in
// turn, may import the package with the given path.
func mayImport(dir, importPath string) bool {
	floor := modulePath + "/" + top(dir)
	return isStandard(importPath) ||
		isWithin(importPath, modulePath+"/internal") ||
		isWithin(importPath, floor) ||
		slices.Contains(floors[top(dir)], importPath)
}

// isStandard reports whether a path is the standard library's. The go command
// leaves it all paths without a dot in their first element.
func isStandard(importPath string) bool { return !strings.Contains(top(importPath), ".") }

func isWithin(importPath, parent string) bool {
	return importPath == parent || strings.HasPrefix(importPath, parent+"/")
}

func TestLibraryIsComplete(t *testing.T) {
	var found []string
	for _, p := range packages(t) {
		if p.module == "." && p.name != "" {
			found = append(found, p.dir)
		}
	}
	for _, want := range slices.Sorted(maps.Keys(floors)) {
		if !slices.Contains(found, want) {
			t.Errorf("%s: the package is missing; it is one of the seven that the library promises", want)
		}
	}
}

// TestFloors reads the import declarations, so that a file for another
// platform is bound by the rules too.
func TestFloors(t *testing.T) {
	for _, p := range packages(t) {
		if p.module != "." || top(p.dir) == "examples" {
			continue
		}
		_, onFloor := floors[top(p.dir)]
		if !onFloor && p.dir != "." && top(p.dir) != "internal" {
			t.Errorf("%s: a package on no floor; say in floors what it may import", p.dir)
		}
		for _, f := range p.files {
			for _, spec := range f.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				if !mayImport(p.dir, imported) {
					t.Errorf("%v: %s imports %s; it may import the standard library, internal/ and %q", position(spec), p.dir, imported, floors[top(p.dir)])
				}
			}
		}
	}
}

// TestClosure holds what a package imports in turn, at any distance, to the
// rules for the package itself. It sees this platform's files only.
func TestClosure(t *testing.T) {
	type listed struct {
		ImportPath string
		Standard   bool
		DepOnly    bool
		Deps       []string
	}
	var roots []listed
	standard := make(map[string]bool)
	list := json.NewDecoder(bytes.NewReader(goCommand(t, "list", "-deps", "-json=ImportPath,Standard,DepOnly,Deps", "./...")))
	for {
		var p listed
		err := list.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		standard[p.ImportPath] = p.Standard
		if !p.DepOnly {
			roots = append(roots, p)
		}
	}
	require.NotEmpty(t, roots)
	for _, p := range roots {
		dir := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, modulePath), "/")
		if top(dir) == "examples" {
			continue
		}
		for _, dep := range p.Deps {
			if !standard[dep] && !mayImport(dir, dep) {
				t.Errorf("%s depends on %s, directly or through others; go list -deps ./%s shows all", p.ImportPath, dep, dir)
			}
		}
	}
}

// TestGoMod keeps go.mod as small as users were promised. A patch level or a
// toolchain line would force a download on them.
func TestGoMod(t *testing.T) {
	var mod struct {
		Go        string
		Toolchain string
		Require   []struct {
			Path     string
			Indirect bool
		}
		Replace, Exclude, Tool []any
	}
	require.NoError(t, json.Unmarshal(goCommand(t, "mod", "edit", "-json"), &mod))
	if mod.Go != "1.26.0" || mod.Toolchain != "" {
		t.Errorf("go.mod says go %s, toolchain %q; want go 1.26.0 and no toolchain line", mod.Go, mod.Toolchain)
	}
	if len(mod.Replace)+len(mod.Exclude)+len(mod.Tool) > 0 {
		t.Errorf("go.mod has replace, exclude or tool lines; tools belong in tools.mod, the others nowhere")
	}
	brought := testifyModules(t)
	var direct []string
	for _, r := range mod.Require {
		switch {
		case !r.Indirect:
			direct = append(direct, r.Path)
		case !brought[r.Path]:
			t.Errorf("go.mod requires %s indirectly, and testify does not need it; run go mod tidy", r.Path)
		}
	}
	if want := []string{testify, "golang.org/x/exp"}; !slices.Equal(slices.Sorted(slices.Values(direct)), want) {
		t.Errorf("go.mod requires %q directly; want %q", direct, want)
	}
}

// testifyModules returns the modules that testify's go.mod leads to.
func testifyModules(t *testing.T) map[string]bool {
	t.Helper()
	edges := make(map[string][]string)
	for line := range strings.Lines(string(goCommand(t, "mod", "graph"))) {
		fields := strings.Fields(line)
		require.Len(t, fields, 2)
		from, _, _ := strings.Cut(fields[0], "@")
		to, _, _ := strings.Cut(fields[1], "@")
		edges[from] = append(edges[from], to)
	}
	brought := make(map[string]bool)
	for queue := []string{testify}; len(queue) > 0; queue = queue[1:] {
		for _, m := range edges[queue[0]] {
			if !brought[m] {
				brought[m] = true
				queue = append(queue, m)
			}
		}
	}
	return brought
}

func TestTestifyIsForTests(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.files {
			for _, spec := range f.Imports {
				if strings.HasPrefix(spec.Path.Value, `"`+testify) {
					t.Errorf("%v: imports testify outside a _test.go file; users would have to build it", position(spec))
				}
			}
		}
	}
}
