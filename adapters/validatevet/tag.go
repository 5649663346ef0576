package validatevet

import (
	"go/ast"
	"go/token"
	"reflect"
	"strconv"
	"strings"
)

// A tag is the value of one key in a struct tag.
type tag struct {
	value string
	lit   *ast.BasicLit // nil without a struct tag
	start token.Pos     // of the value; NoPos if it does not stand in the source as it is
}

// findTag returns the tag of that key.
func findTag(lit *ast.BasicLit, key string) tag {
	if lit == nil {
		return tag{}
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return tag{lit: lit}
	}
	t := tag{value: reflect.StructTag(text).Get(key), lit: lit}
	// Text between backquotes stands in the source as it is, but for carriage
	// returns. No other value can hold what is looked for, since the quotes in one
	// are escaped.
	before := " " + key + `:"`
	at := strings.Index(" "+text, before+t.value+`"`)
	if at >= 0 && len(text)+2 == len(lit.Value) && lit.Value[0] == '`' {
		t.start = lit.Pos() + token.Pos(at+len(before)) // a space more and a backquote less
	}
	return t
}

// isOff reports whether the tag leaves out the field.
func (t *tag) isOff() bool { return strings.TrimSpace(t.value) == "-" }

// isEmpty reports whether the tag has no rules.
func (t *tag) isEmpty() bool { return strings.TrimSpace(t.value) == "" }

// before returns the terms in front of the first dive, and how many dives there
// are.
func (t *tag) before() (terms []string, dives int) {
	for text := range strings.SplitSeq(t.value, ",") {
		switch text = strings.TrimSpace(text); {
		case text == "dive":
			dives++
		case dives == 0:
			terms = append(terms, text)
		}
	}
	return terms, dives
}

// A span is a part of the source.
type span struct{ pos, end token.Pos }

// A place is where a term stands in a tag and in the source.
type place struct {
	found    bool
	from, to int // in the value, if found
	span         // if not found, the whole literal
}

// find returns the place of the term that reads like this, if there is one. Of
// equal terms, package validate does not say which is wrong.
func (t *tag) find(term string) place {
	whole := place{span: span{t.lit.Pos(), t.lit.End()}}
	if !t.start.IsValid() {
		return whole
	}
	var p place
	from := 0
	for text := range strings.SplitSeq(t.value, ",") {
		if trimmed := strings.TrimSpace(text); trimmed == term {
			if p.found {
				return whole
			}
			p = place{found: true, from: from, to: from + len(text)}
			if trimmed != "" {
				p.from += strings.Index(text, trimmed)
				p.to = p.from + len(trimmed)
			}
			p.span = span{t.start + token.Pos(p.from), t.start + token.Pos(p.to)}
		}
		from += len(text) + 1
	}
	if !p.found {
		return whole
	}
	return p
}
