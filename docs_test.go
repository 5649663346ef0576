package plinth_test

import (
	"go/ast"
	"go/doc"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPackageComments(t *testing.T) {
	capital := regexp.MustCompile(`^\p{Lu}`)
	for _, p := range packages(t) {
		documented := p.name == "" // has only tests
		for _, f := range p.files {
			if f.Doc == nil {
				continue
			}
			documented = true
			text := f.Doc.Text()
			switch {
			case p.name == "main" && !capital.MatchString(text):
				t.Errorf("%v: the comment of a program starts with a capital letter, not %q", position(f), firstWords(text))
			case p.name != "main" && !startsWith(text, "Package "+p.name):
				t.Errorf("%v: the package comment starts with %q; want %q", position(f), firstWords(text), "Package "+p.name)
			}
		}
		if !documented {
			t.Errorf("%s: package %s has no package comment", p.dir, p.name)
		}
	}
}

func firstWords(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(3, len(words))], " ")
}

// startsWith reports whether text starts with the words given.
func startsWith(text, words string) bool {
	return regexp.MustCompile(`^` + regexp.QuoteMeta(words) + `\b`).MatchString(text)
}

// docsOf returns the documentation of p with its examples.
func docsOf(t *testing.T, p *goPackage) *doc.Package {
	t.Helper()
	d, err := doc.NewFromFiles(fset, slices.Concat(p.files, p.tests), p.importPath(), doc.PreserveAST)
	require.NoError(t, err, p.dir)
	return d
}

// TestDocComments asks for a comment on every exported name that starts with
// that name, so that a line of go doc output reads as a sentence.
func TestDocComments(t *testing.T) {
	for _, p := range packages(t) {
		if p.name == "" || p.name == "main" || p.module == "bench" {
			continue
		}
		d := docsOf(t, p)
		values := slices.Concat(d.Consts, d.Vars)
		funcs := slices.Clone(d.Funcs)
		for _, typ := range d.Types {
			if !startsWithName(typ.Doc, typ.Name) {
				t.Errorf("%v: %s.%s: the doc comment must start with the name", position(typ.Decl), p.name, typ.Name)
			}
			values = slices.Concat(values, typ.Consts, typ.Vars)
			funcs = slices.Concat(funcs, typ.Funcs, typ.Methods)
			checkOptions(t, p, typ)
		}
		for _, f := range funcs {
			if !startsWith(f.Doc, f.Name) {
				t.Errorf("%v: %s.%s: the doc comment must start with the name", position(f.Decl), p.name, f.Name)
			}
		}
		for _, v := range values {
			checkValues(t, p, v)
		}
	}
}

// startsWithName reports whether text starts with name or, as befits a type,
// with an article and name.
func startsWithName(text, name string) bool {
	_, noun, _ := strings.Cut(text, " ")
	return startsWith(text, name) || regexp.MustCompile(`^(A|An|The) `).MatchString(text) && startsWith(noun, name)
}

// checkValues checks a const or var declaration. A group may have one comment
// for all, or one for each exported name.
func checkValues(t *testing.T, p *goPackage, v *doc.Value) {
	t.Helper()
	if v.Decl.Lparen.IsValid() && v.Doc != "" {
		return
	}
	for _, spec := range v.Decl.Specs {
		spec := spec.(*ast.ValueSpec)
		for _, name := range spec.Names {
			if name.IsExported() && !startsWithName(v.Doc+spec.Doc.Text(), name.Name) && spec.Comment == nil {
				t.Errorf("%v: %s.%s: the doc comment must start with the name, or the group have a comment", position(name), p.name, name.Name)
			}
		}
	}
}

// checkOptions asks for a comment on every field of a type named Options or
// FooOptions: that is where the unit and the zero value are explained.
func checkOptions(t *testing.T, p *goPackage, typ *doc.Type) {
	t.Helper()
	if !strings.HasSuffix(typ.Name, "Options") {
		return
	}
	for _, spec := range typ.Decl.Specs {
		fields, ok := spec.(*ast.TypeSpec).Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range fields.Fields.List {
			for _, name := range field.Names {
				if name.IsExported() && field.Doc == nil && field.Comment == nil {
					t.Errorf("%v: %s.%s.%s has no comment; say its unit and what its zero value means", position(name), p.name, typ.Name, name.Name)
				}
			}
		}
	}
}

// TestExamples asks for an example of every function that a user of the
// library can call without having a value first. A function that takes a
// testing.TB or *testing.T can only be called from a test.
func TestExamples(t *testing.T) {
	for _, p := range packages(t) {
		if !p.isLibrary() || p.name == "" {
			continue
		}
		d := docsOf(t, p)
		funcs := slices.Clone(d.Funcs)
		for _, typ := range d.Types {
			funcs = append(funcs, typ.Funcs...)
		}
		for _, f := range funcs {
			if len(f.Examples) == 0 && selects(f.Decl.Type, "testing", "") == nil {
				t.Errorf("%s: %s has no Example", p.dir, f.Name)
			}
		}
	}
}

// TestExamplesHaveOutput finds the examples that go test compiles but never
// runs.
func TestExamplesHaveOutput(t *testing.T) {
	for _, p := range packages(t) {
		for _, e := range doc.Examples(p.tests...) {
			if e.Output == "" && !e.EmptyOutput {
				t.Errorf("%s: Example%s has no output comment, so that go test does not run it", p.dir, e.Name)
			}
		}
	}
}
