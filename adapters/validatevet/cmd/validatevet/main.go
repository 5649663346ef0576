// Validatevet finds mistakes in validate struct tags. It runs as
// "go vet -vettool=$(go tool -n validatevet) ./..." and by itself.
package main

import (
	"golang.org/x/tools/go/analysis/singlechecker"

	"github.com/goplinth/plinth/adapters/validatevet"
)

func main() { singlechecker.Main(validatevet.Analyzer) }
