package plinth_test

import (
	"go/ast"
	"go/doc"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestProgramsAreTested looks at every program in examples/. A reader copies
// what is there, so what is there must be run by a test that calls main, or
// whatever main leaves the work to, and looks at the outcome.
func TestProgramsAreTested(t *testing.T) {
	found := false
	for _, p := range packages(t) {
		if top(p.dir) != "examples" || p.name != "main" {
			continue
		}
		found = true
		if !slices.Contains(tracked(t), p.dir+"/main.go") {
			t.Errorf("%s: the program has no main.go", p.dir)
		}
		if !slices.Contains(tracked(t), p.dir+"/main_test.go") {
			t.Errorf("%s: the program has no main_test.go", p.dir)
			continue
		}
		if !isChecked(p) {
			t.Errorf("%s: main_test.go has no Test and no Example with an output comment", p.dir)
		}
		if !isCalled(p) {
			t.Errorf("%s: the tests call no function of the program", p.dir)
		}
	}
	if !found {
		t.Error("examples: there is no example program")
	}
}

// isChecked reports whether the tests of p do more than compile.
func isChecked(p *goPackage) bool {
	for _, e := range doc.Examples(p.tests...) {
		if e.Output != "" || e.EmptyOutput {
			return true
		}
	}
	for _, f := range p.tests {
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && strings.HasPrefix(fn.Name.Name, "Test") && fn.Name.Name != "TestMain" {
				return true
			}
		}
	}
	return false
}

// isCalled reports whether the tests of p call a function declared in p.
func isCalled(p *goPackage) bool {
	declared := make(map[string]bool)
	for _, f := range p.files {
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				declared[fn.Name.Name] = true
			}
		}
	}
	called := false
	for _, f := range p.tests {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				name, ok := call.Fun.(*ast.Ident)
				called = called || ok && declared[name.Name]
			}
			return !called
		})
	}
	return called
}

// TestProgramsBuild builds the programs of the root module. Those that need a
// module of their own are built where that module is tested.
func TestProgramsBuild(t *testing.T) {
	goCommand(t, "build", "-buildvcs=false", "-o", os.DevNull, "./examples/...")
}
