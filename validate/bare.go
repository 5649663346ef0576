package validate

import "reflect"

// A plan is bare if its fields are all strings and integers whose rules look at
// nothing else, as in the bodies of most requests. There is nothing to keep track
// of then: such a struct is checked without a walker, and its errors, whose paths
// are known, are listed without a collector. What is found is the same.

// maxBare is the most fields of a bare plan.
const maxBare = 16

// bare finds out whether p, whose fields are complete, is a bare plan, and puts the
// paths into its errors.
func (r *registry) bare(p *plan) {
	if p.typ.Kind() != reflect.Struct || r.allRules || len(p.fields) > min(maxBare, r.maxErrors) {
		return
	}
	for i := range p.fields {
		f := &p.fields[i]
		if !f.node.leaf.bare {
			return
		}
		for _, r := range f.node.rules {
			if r.fail != nil {
				r.fail.Path = Path{last: &f.step}
			}
		}
	}
	p.bare = true
}

// firstWrong returns the first field of the struct at v that does not hold, or
// -1. The plan is to be bare, here and below.
func (p *plan) firstWrong(v address) int {
	for i := range p.fields {
		if f := &p.fields[i]; !f.node.leaf.holdsAt(v, f.offset) {
			return i
		}
	}
	return -1
}

// checkBare returns the errors of the struct at v as Errors.
func (p *plan) checkBare(v address) error {
	if first := p.firstWrong(v); first >= 0 {
		return p.explainBare(v, first)
	}
	return nil
}

// explainBare is the second pass of checkBare, from the field that ended the
// first.
func (p *plan) explainBare(v address, first int) error {
	var list bareErrors
	for i := first; i < len(p.fields); i++ {
		f := &p.fields[i]
		list.add(f.node.failAt(v, f.offset))
	}
	return list.err()
}

// bareErrors are the errors of a struct until it is known how many there are.
type bareErrors struct {
	fails [maxBare]*FieldError
	n     int
}

// add adds the error of a rule, with its path. A nil error is none.
func (l *bareErrors) add(fail *FieldError) {
	if fail != nil {
		l.fails[l.n] = fail
		l.n++
	}
}

// err returns the errors as Errors.
func (l *bareErrors) err() error {
	if l.n == 0 { // the value was changed between the passes
		return nil
	}
	errs := make(Errors, l.n)
	for i := range errs {
		errs[i] = *l.fails[i]
	}
	return errs
}

// failOfString returns the error of the first rule that s breaks, or nil.
func (n *node) failOfString(s string) *FieldError {
	if n.leaf.omit && s == "" {
		return nil
	}
	for i := range n.rules {
		if r := &n.rules[i]; r.op == opString && !r.str(s) {
			return r.fail
		}
	}
	return nil
}

// failOfInt returns the error of the first rule that v breaks, or nil.
func (n *node) failOfInt(v int64) *FieldError {
	if n.leaf.omit && v == 0 {
		return nil
	}
	for i := range n.rules {
		if r := &n.rules[i]; r.op == opInt && !r.num(v) {
			return r.fail
		}
	}
	return nil
}
