package validatevet

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/goplinth/plinth/validate"
)

// Analyzer reports mistakes in the struct tags of package validate. Its flags
// are described in the package comment. It needs no facts and runs on one package
// at a time.
var Analyzer = newAnalyzer()

func newAnalyzer() *analysis.Analyzer {
	var s settings
	a := &analysis.Analyzer{
		Name:     "validatevet",
		Doc:      "find mistakes in validate struct tags\n\n" + doc,
		URL:      "https://pkg.go.dev/github.com/goplinth/plinth/adapters/validatevet",
		Requires: []*analysis.Analyzer{inspect.Analyzer},
		Run:      s.run,
	}
	a.Flags.StringVar(&s.tags, "tag", "validate", "`keys` of the struct tags that hold rules, separated by commas")
	a.Flags.StringVar(&s.rules, "rules", "", "`names` of rules that are registered in other packages, separated by commas")
	a.Flags.BoolVar(&s.hints, "hints", true, "also report tags that are valid and seldom meant")
	return a
}

const doc = `It reports unknown rules, rules that do not apply to the type of the field,
parameters that cannot be read and names of fields that do not exist, and as hints
required on a bool and lists of structs with rules without dive.`

// settings are the flags.
type settings struct {
	tags, rules string
	hints       bool
}

func (s *settings) run(pass *analysis.Pass) (any, error) {
	given := strings.FieldsFunc(s.rules, isSeparator)
	if _, err := ownRules(given); err != nil {
		return nil, fmt.Errorf("validatevet: -rules=%s: %w", s.rules, err)
	}
	in := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
	own := registered(pass, in, given)
	for _, key := range strings.FieldsFunc(cmp.Or(s.tags, "validate"), isSeparator) {
		if _, err := validate.For[any](validate.Options{Tag: key}); err != nil {
			return nil, fmt.Errorf("validatevet: -tag=%s: %w", s.tags, err)
		}
		c := checker{pass: pass, key: key, own: own, hints: s.hints}
		for cur := range in.Root().Preorder((*ast.StructType)(nil)) {
			if typ, ok := pass.TypesInfo.TypeOf(cur.Node().(*ast.StructType)).(*types.Struct); ok {
				c.structure(nameOf(cur), cur.Node().(*ast.StructType), typ)
			}
		}
	}
	return nil, nil
}

func isSeparator(r rune) bool { return r == ',' || r == ' ' }

// nameOf returns what to call a struct type: its name, or the field it is the
// type of.
func nameOf(cur inspector.Cursor) string {
	var fields []string
	for cur := range cur.Enclosing((*ast.TypeSpec)(nil), (*ast.Field)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.TypeSpec:
			return strings.Join(append([]string{n.Name.Name}, fields...), ".")
		case *ast.Field:
			if len(n.Names) > 0 {
				fields = append([]string{n.Names[0].Name}, fields...)
			}
		}
	}
	return strings.Join(append([]string{"struct"}, fields...), ".")
}

// A checker looks at the tags of one key in one package.
type checker struct {
	pass  *analysis.Pass
	key   string
	own   []validate.TagRule
	hints bool
}

// A field is one in the source.
type field struct {
	struc string // the name of its struct
	name  string
	in    *types.Struct
	index int // in the struct
	tag   tag
	node  *ast.Field
}

func (f *field) typ() types.Type { return f.in.Field(f.index).Type() }

// structure checks the fields of a struct, of which node is the source.
func (c *checker) structure(name string, node *ast.StructType, typ *types.Struct) {
	index := 0
	hasRules := c.hasRules(typ)
	for _, n := range node.Fields.List {
		f := field{struc: name, name: typ.Field(index).Name(), in: typ, index: index, tag: findTag(n.Tag, c.key), node: n}
		index += max(1, len(n.Names)) // they share the type and the tag
		if !f.tag.isOff() {
			c.mistakes(&f)
		}
		if c.hints && hasRules {
			c.hint(&f)
		}
	}
}

// mistakes reports those in the tag of f.
func (c *checker) mistakes(f *field) {
	if f.tag.isEmpty() {
		return
	}
	for _, m := range c.compile(f, f.tag.value) {
		place := f.tag.find(m.tag)
		c.pass.Report(analysis.Diagnostic{
			Pos:            place.pos,
			End:            place.end,
			Category:       "mistake",
			Message:        fmt.Sprintf("%s.%s: tag %q: %s", f.struc, f.name, m.tag, m.reason),
			SuggestedFixes: c.fixes(f, place, m),
		})
	}
}

// A mistake is what package validate says about a term of a tag.
type mistake struct {
	tag    string
	reason string
}

// compile returns the mistakes in f if its tag has that value.
func (c *checker) compile(f *field, value string) []mistake {
	all, err := validate.For[any](validate.Options{Tag: c.key, Tags: append(patterns(value), c.own...)})
	if err != nil {
		return nil // a pattern cannot have that name
	}
	m := newMirror(c.pass.Pkg, value, false)
	mistakes := c.compileIn(m, all, f)
	if m.stood && len(mistakes) > 0 {
		// Only what is wrong either way is certain.
		loose := c.compileIn(newMirror(c.pass.Pkg, value, true), all, f)
		mistakes = slices.DeleteFunc(mistakes, func(m mistake) bool {
			return !slices.ContainsFunc(loose, func(other mistake) bool { return other.tag == m.tag })
		})
	}
	return mistakes
}

func (c *checker) compileIn(m *mirror, all *validate.Validator[any], f *field) []mistake {
	mirrored := m.around(f.in, f.index, c.key)
	var mistakes []mistake
	for _, err := range unjoin(all.Compile(mirrored)) {
		e, ok := err.(*validate.TagError)
		if !ok || isOutermost(e) {
			continue
		}
		m.call(typeName(e), f.struc)
		mistakes = append(mistakes, mistake{e.Tag, m.names(e.Reason)})
	}
	return mistakes
}

// isOutermost reports whether e may be due to a field of the outermost struct,
// which may be another than the one around the field.
func isOutermost(e *validate.TagError) bool {
	for rule := range strings.SplitSeq(e.Tag, "|") {
		name, param, _ := strings.Cut(rule, "=")
		if strings.HasSuffix(strings.TrimSpace(name), "csfield") && strings.TrimSpace(param) != "" {
			return !strings.HasPrefix(e.Reason, "unknown rule")
		}
	}
	return false
}

// typeName returns what e calls the type of the struct.
func typeName(e *validate.TagError) string {
	name := strings.TrimPrefix(e.Error(), "validate: ")
	return strings.TrimSuffix(name, fmt.Sprintf(".%s: tag %q: %s", e.Field, e.Tag, e.Reason))
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return nil
}
