// Package validatevet finds mistakes in the struct tags of package validate
// while the code is written: what [validate.Compile] would find when the program
// starts, and two habits that no program can call a mistake.
//
//	go get -tool github.com/goplinth/plinth/adapters/validatevet/cmd/validatevet
//	go vet -vettool=$(go tool -n validatevet) ./...
//
// As a tool of the module that it looks at, it has the rules of the version of
// package validate that the module uses. It also runs by itself, as in
// go tool validatevet -fix ./..., and [Analyzer] fits every driver of
// golang.org/x/tools/go/analysis.
//
// # Mistakes
//
// The tags are judged by the compiler of package validate itself, so that both
// say the same in the same words: unknown rules, rules that do not apply to the
// type of the field, parameters that cannot be read, fields that required_if or
// eqfield name and that do not exist, dive and keys out of place.
//
//	order.go:9:27: Order.Email: tag "emial": unknown rule; did you mean email?
//
// Where it is certain what was meant, the tag can be corrected with -fix: a name
// that is misspelt and near to one other, a parameter where there is none, a comma
// too many. A fix is offered if it is the only one, and the corrected tag is free of
// that mistake.
//
// # Hints
//
// Some tags are valid and seldom meant:
//
//   - required on a bool, which holds only for true. Write eq=true to demand
//     that, and *bool to tell false from missing.
//   - A slice, array or map of structs that have rules, without dive: nobody looks
//     at the rules. It is reported in structs that have rules themselves. Write
//     dive, or "-" if it is on purpose.
//
// -hints=false is for programs that disagree, or that set
// [validate.Options].AutoDive.
//
// # Flags
//
//	-tag     the keys of the struct tags with rules, with commas between them; "validate" if empty
//	-rules   the names of rules of one's own, with commas between them
//	-hints   whether to report hints; true by default
//
// A rule of one's own is known without -rules if the package that uses it
// registers it, in a call of [validate.Tag] or [validate.TagCtx] with a constant
// name. It is taken to fit every type, and every pattern that regexp=@name refers
// to is taken to exist.
//
// # Limits
//
// No mistake is reported that package validate would not find. It may find more: what
// a type parameter stands for and what a driver.Valuer returns is not known here, nor
// is the outermost struct, whose fields eqcsfield and its like name. In a message,
// a named type such as a kind of string is called by what it is made from.
package validatevet
