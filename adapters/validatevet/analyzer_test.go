package validatevet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/goplinth/plinth/adapters/validatevet"
)

// newAnalyzer returns an analyzer with the flags given as pairs.
func newAnalyzer(t *testing.T, flags ...string) *analysis.Analyzer {
	t.Helper()
	a := validatevet.NewAnalyzer()
	require.NoError(t, a.Flags.Parse(flags))
	return a
}

func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), newAnalyzer(t), "a")
}

func TestOwnRules(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), newAnalyzer(t, "-rules=given, other"), "own")
}

func TestTagAndHints(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), newAnalyzer(t, "-tag=binding,validate", "-hints=false"), "binding")
}

// A mirror of all that three steps can lead to would not end.
func TestWideTypes(t *testing.T) {
	var source strings.Builder
	source.WriteString("package shop\ntype Form struct {\n")
	for i := range 200 {
		fmt.Fprintf(&source, "F%d *Form\n", i)
	}
	source.WriteString("Value int `validate:\"gtfield=F1.F2.F3.Value,gtfield=F1.F2.F3.Valeu,min=1.5\"`\n}\n")
	want := []string{
		`Form.Value: tag "gtfield=F1.F2.F3.Valeu": Form has no field Valeu; did you mean Value?`,
		`Form.Value: tag "min=1.5": "1.5" is not a 64-bit whole number; write it in base 10`,
	}
	if got := texts(vetSource(t, source.String())); !slices.Equal(got, want) {
		t.Errorf("the analyzer says %q; want %q", got, want)
	}
}

func TestFixes(t *testing.T) {
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), newAnalyzer(t), "fix")
}
