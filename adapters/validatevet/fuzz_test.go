package validatevet_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/goplinth/plinth/validate"
)

type fuzzed struct {
	Name string
	Next *fuzzed
}

// fuzzTypes are types of which the source needs no import.
var fuzzTypes = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[*uint8](), reflect.TypeFor[float32](), reflect.TypeFor[bool](),
	reflect.TypeFor[[]string](), reflect.TypeFor[map[string][]int](), reflect.TypeFor[[2]fuzzed](), reflect.TypeFor[*fuzzed](), reflect.TypeFor[any](),
	reflect.TypeFor[func()](), reflect.TypeFor[**[]map[int]fuzzed](),
}

// FuzzTag compares the mistakes in a tag with those that package validate finds in
// the type itself, and applies the fixes.
func FuzzTag(f *testing.F) {
	for i, tag := range []string{
		"required,emial", "min=1,max=x", "dive,keys,min=1,endkeys,required", "dive,dive,email", "unique=Name", "unique=Nmae,dive,structonly",
		"eqfield=Other", "gtfield=Ohter", "required_if=Other.Name x", "required_with=Other.Next.Next.Nam", "email|uuidd", ",required", "required=1,", "-",
		"oneof='a b' c", "regexp=@x", "regexp=x", "0x2C", "eqcsfield=X", "\"\\`", " required , min = 1 ", "emial,emial", "eqfield=Value",
	} {
		f.Add(tag, i)
	}
	f.Add("oneof=0", 7)
	f.Add("qCsfiel=", 2)
	f.Fuzz(func(t *testing.T, tag string, n int) {
		typ := fuzzTypes[uint(n)%uint(len(fuzzTypes))]
		if strings.Contains(tag, "csfield") {
			return // known only when the program runs
		}
		want, got := compiled(t, typ, tag), vetSource(t, declaration(typ, tag))
		if !slices.Equal(texts(got), want) {
			t.Fatalf("%s with the tag %q: the analyzer says %q; want %q", typ, tag, texts(got), want)
		}
		for _, d := range got {
			for _, fix := range d.SuggestedFixes {
				edit := fix.TextEdits[0]
				at := strings.Index(declaration(typ, tag), "`validate:\"") + len("`validate:\"")
				from, to := int(edit.Pos)-1-at, int(edit.End)-1-at
				fixed := tag[:from] + string(edit.NewText) + tag[to:]
				if again := compiled(t, typ, fixed); len(again) >= len(want) && !strings.Contains(fixed, "csfield=") {
					t.Errorf("%s with the tag %q: the fix makes it %q, of which package validate says %q", typ, tag, fixed, again)
				}
			}
		}
	})
}

func declaration(typ reflect.Type, tag string) string {
	quoted := strconv.Quote("validate:" + strconv.Quote(tag))
	if q := strconv.Quote(tag); strconv.CanBackquote(q) {
		quoted = "`validate:" + q + "`"
	}
	return "package shop\ntype Form struct {\n\tOther fuzzed\n\tValue " + strings.ReplaceAll(typ.String(), "validatevet_test.", "") + " " + quoted +
		"\n}\ntype fuzzed struct { Name string; Next *fuzzed }\n"
}

// compiled returns what package validate says.
func compiled(t *testing.T, typ reflect.Type, tag string) []string {
	t.Helper()
	form := reflect.StructOf([]reflect.StructField{
		{Name: "Other", Type: reflect.TypeFor[fuzzed]()},
		{Name: "Value", Type: typ, Tag: reflect.StructTag("validate:" + strconv.Quote(tag))},
	})
	var rules []validate.TagRule
	for _, term := range strings.FieldsFunc(tag, func(r rune) bool { return r == ',' || r == '|' }) {
		name, param, _ := strings.Cut(term, "=")
		if pattern, ok := strings.CutPrefix(strings.TrimSpace(param), "@"); ok && strings.TrimSpace(name) == "regexp" {
			rules = append(rules, validate.Regexp(pattern, anything{}))
		}
	}
	all, err := validate.For[any](validate.Options{Tags: rules})
	if err != nil {
		t.Skip("a pattern of that name cannot be, or not twice")
	}
	var lines []string
	err = all.Compile(form)
	if err == nil {
		return nil
	}
	for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
		e, ok := errors.AsType[*validate.TagError](err)
		require.True(t, ok, "%v", err)
		// The struct has no name here.
		prefix := strings.TrimSuffix(strings.TrimPrefix(e.Error(), "validate: "), fmt.Sprintf(".Value: tag %q: %s", e.Tag, e.Reason))
		reason := strings.ReplaceAll(strings.ReplaceAll(e.Reason, prefix, "Form"), "validatevet_test.", "")
		lines = append(lines, fmt.Sprintf("Form.Value: tag %q: %s", e.Tag, reason))
	}
	return lines
}

// anything is a pattern.
type anything struct{}

func (anything) MatchString(string) bool { return true }

// vetSource returns the mistakes that the analyzer finds in a package of one file.
func vetSource(t *testing.T, source string) []analysis.Diagnostic {
	t.Helper()
	p, err := typeCheck(source)
	require.NoError(t, err)
	graph, err := checker.Analyze([]*analysis.Analyzer{newAnalyzer(t, "-hints=false")}, []*packages.Package{p}, nil)
	require.NoError(t, err)
	require.NoError(t, graph.Roots[0].Err)
	return graph.Roots[0].Diagnostics
}

func texts(found []analysis.Diagnostic) []string {
	var lines []string
	for _, d := range found {
		lines = append(lines, d.Message)
	}
	return lines
}
