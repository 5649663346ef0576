package validatevet_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/goplinth/plinth/adapters/validatevet"
)

const source = `package shop

type Line struct {
	SKU string ` + "`validate:\"required,uuiid\"`" + `
	Qty int    ` + "`validate:\"min=1,max=many\"`" + `
}

type Order struct {
	Email string ` + "`validate:\"required_without=Phon\"`" + `
	Phone string ` + "`validate:\"omitempty,e164\"`" + `
	Lines []Line ` + "`validate:\"min=1\"`" + `
}
`

// A driver of one's own runs the Analyzer on a package. Most programs want none:
// the command validatevet is one.
func ExampleAnalyzer() {
	p, err := typeCheck(source)
	if err != nil {
		panic(err)
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{validatevet.Analyzer}, []*packages.Package{p}, nil)
	if err != nil {
		panic(err)
	}
	for _, d := range graph.Roots[0].Diagnostics {
		fmt.Println(p.Fset.Position(d.Pos), d.Message)
	}
	// Output:
	// shop.go:4:33 Line.SKU: tag "uuiid": unknown rule; did you mean uuid?
	// shop.go:5:30 Line.Qty: tag "max=many": "many" is not a 64-bit whole number; write it in base 10
	// shop.go:9:26 Order.Email: tag "required_without=Phon": Order has no field Phon; did you mean Phone?
	// shop.go:11:2 Order.Lines: the rules of Line are not looked at without dive; write dive for each list, or the tag validate:"-" if that is on purpose
}

// typeCheck returns a package of one file without imports.
func typeCheck(source string) (*packages.Package, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "shop.go", source, 0)
	if err != nil {
		return nil, err
	}
	info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Defs: make(map[*ast.Ident]types.Object), Uses: make(map[*ast.Ident]types.Object)}
	pkg, err := new(types.Config).Check("shop", fset, []*ast.File{file}, info)
	return &packages.Package{
		ID: "shop", Name: "shop", PkgPath: "shop",
		Fset: fset, Syntax: []*ast.File{file}, Types: pkg, TypesInfo: info, TypesSizes: types.SizesFor("gc", "amd64"),
	}, err
}
