package validate

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A jsonDecoder decodes one body in one pass, along the shape of its type. Where
// encoding/json gives up or goes on in silence, it notes an error with its path
// and goes on.
//
// To scan the body for errors and leave decoding to json.Unmarshal looks simpler
// and is not: Unmarshal stops at the first method that fails and does not say
// where, so that what was wrong has to be found by calling the methods once more,
// and cut out of the body to decode the rest. It also took twice the time.
//
// Its methods return false to end the pass.
type jsonDecoder struct {
	data   []byte
	pos    int
	limits jsonLimits
	depth  int // arrays and objects around the current value

	// names has the members of the objects around the current value that are
	// decoded into nothing. Each object has the end of it while it is read.
	names [][]byte

	path  []jsonStep
	errs  Errors // at most limits.errors
	more  bool   // there are more errors than errs holds
	lost  []Path // to values that were not decoded
	fault error  // a panic of a method
}

// A jsonStep is a step of a path that refers to the body or to a shape, so that
// it costs nothing until there is an error to report.
type jsonStep struct {
	kind  stepKind
	index int
	name  []byte
}

// decode decodes the body into v, which is zero. It returns an error if it did
// not come to the end; otherwise result follows.
func (d *jsonDecoder) decode(v reflect.Value) error {
	complete := d.document(shapeOf(v.Type()), v)
	switch {
	case d.fault != nil:
		return fmt.Errorf("validate: a method panicked while JSON decoded a %v; correct its UnmarshalJSON or UnmarshalText: %w", v.Type(), d.fault)
	case !complete:
		return d.result(nil)
	}
	return nil
}

// document reads the whole body.
func (d *jsonDecoder) document(sh *shape, v reflect.Value) bool {
	d.space()
	if d.atEnd() {
		d.fail(emptyBody)
		return false
	}
	if !d.value(sh, v) {
		return false
	}
	d.space()
	if !d.atEnd() {
		d.fail(trailingData(d.data, d.pos))
		return false
	}
	return true
}

// fail reports an error at the current path.
func (d *jsonDecoder) fail(e FieldError) bool {
	if len(d.errs) == d.limits.errors {
		d.more = true
		return false
	}
	steps := make([]step, len(d.path))
	for i, s := range d.path {
		steps[i] = step{kind: s.kind, index: s.index, text: cutName(s.name)}
	}
	e.Path = newPath(steps)
	d.errs = append(d.errs, e)
	return d.limits.errors > 1
}

// refuse reports an error in the current value, which is not decoded.
func (d *jsonDecoder) refuse(e FieldError) bool {
	ok := d.fail(e)
	d.lost = append(d.lost, d.errs[len(d.errs)-1].Path)
	return ok
}

// syntax reports that the body is not JSON, and ends the pass.
func (d *jsonDecoder) syntax(problem string) bool {
	d.path = d.path[:0]
	d.fail(syntaxError(d.data, d.pos, problem))
	return false
}

func (d *jsonDecoder) push(s jsonStep) { d.path = append(d.path, s) }
func (d *jsonDecoder) pop()            { d.path = d.path[:len(d.path)-1] }

// result returns the errors of the body followed by those of the rules, if those
// are Errors, without the ones that may only be due to a value that was not
// decoded, and within the limit.
func (d *jsonDecoder) result(rules error) error {
	broken, ok := rules.(Errors)
	if rules != nil && !ok {
		return rules
	}
	for _, e := range broken {
		switch {
		case e.Code == "max_errors":
			d.more = true
		case !d.isDueToLoss(e):
			d.errs = append(d.errs, e)
		}
	}
	limit := d.limits.errors
	if len(d.errs) > limit {
		d.errs, d.more = d.errs[:limit], true
	}
	if d.more && limit > 1 {
		d.errs = append(d.errs[:min(len(d.errs), limit-1)], tooMany(limit))
	}
	return orNil(d.errs)
}

// isDueToLoss reports whether e is about a value that was not decoded, one in it
// or around it, or one that is compared with others.
func (d *jsonDecoder) isDueToLoss(e FieldError) bool {
	return len(d.lost) > 0 && comparesFields(e.Rule) ||
		slices.ContainsFunc(d.lost, func(p Path) bool { return overlap(p.steps(nil), e.Path.steps(nil)) })
}

// comparesFields reports whether a rule looks at more than the field it is for,
// going by its name.
func comparesFields(rule string) bool {
	return strings.HasPrefix(rule, "field") || strings.HasSuffix(rule, "field") ||
		strings.HasPrefix(rule, "required_") || strings.HasPrefix(rule, "excluded_") || strings.HasPrefix(rule, "skip_")
}

// overlap reports whether one path leads to the other. The kinds of their steps
// do not matter: what is a field to one may be a key to the other.
func overlap(a, b []step) bool {
	for i := range min(len(a), len(b)) {
		if a[i].text != b[i].text || a[i].index != b[i].index {
			return false
		}
	}
	return true
}
