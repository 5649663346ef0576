package validatevet

import (
	"errors"
	"go/ast"
	"go/constant"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/goplinth/plinth/validate"
)

const validatePath = "github.com/goplinth/plinth/validate"

// ownRules returns rules of those names that apply to all types and parameters.
func ownRules(names []string) ([]validate.TagRule, error) {
	var rules []validate.TagRule
	var mistakes []error
	seen := make(map[string]bool)
	for _, name := range names {
		r := validate.Tag(name, func(string) (func(any) bool, error) {
			return func(any) bool { return true }, nil
		})
		_, err := validate.For[any](validate.Options{Tags: []validate.TagRule{r}})
		switch {
		case err != nil:
			mistakes = append(mistakes, err)
		case !seen[name]:
			seen[name] = true
			rules = append(rules, r)
		}
	}
	return rules, errors.Join(mistakes...)
}

// registered returns the rules that the package makes with a constant name, and
// those given.
func registered(pass *analysis.Pass, in *inspector.Inspector, given []string) []validate.TagRule {
	names := given
	for n := range in.PreorderSeq((*ast.CallExpr)(nil)) {
		call := n.(*ast.CallExpr)
		f := typeutil.StaticCallee(pass.TypesInfo, call)
		if f == nil || f.Pkg() == nil || f.Pkg().Path() != validatePath || f.Name() != "Tag" && f.Name() != "TagCtx" || len(call.Args) == 0 {
			continue
		}
		if name := pass.TypesInfo.Types[call.Args[0]].Value; name != nil && name.Kind() == constant.String {
			names = append(names, constant.StringVal(name))
		}
	}
	// What is wrong with a name here, validate.For reports.
	rules, _ := ownRules(names)
	return rules
}

// patterns returns one for each regexp=@name in the value of a tag.
func patterns(value string) []validate.TagRule {
	var rules []validate.TagRule
	seen := make(map[string]bool)
	for term := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == '|' }) {
		rule, param, _ := strings.Cut(term, "=")
		name, ok := strings.CutPrefix(strings.TrimSpace(param), "@")
		if strings.TrimSpace(rule) == "regexp" && ok && !seen[name] {
			seen[name] = true
			rules = append(rules, validate.Regexp(name, anything{}))
		}
	}
	return rules
}

// anything is a pattern.
type anything struct{}

func (anything) MatchString(string) bool { return true }
