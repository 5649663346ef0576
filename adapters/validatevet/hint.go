package validatevet

import (
	"fmt"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// hint reports what is valid and seldom meant in f.
func (c *checker) hint(f *field) {
	if f.tag.isOff() {
		return
	}
	terms, dives := f.tag.before()
	if isBool(f.typ()) && slices.Contains(terms, "required") {
		at := f.tag.find("required").span
		c.report(at, f, "required on a bool holds only for true; write eq=true to demand that, or make the field a *bool to tell false from missing")
	}
	if elem, lists := c.element(f.typ()); lists > dives && elem != nil && f.in.Field(f.index).Exported() {
		at := span{f.node.Pos(), f.node.End()}
		c.report(at, f, fmt.Sprintf("the rules of %s are not looked at without dive; write dive for each list, or the tag %s:\"-\" if that is on purpose",
			sourceName(c.pass.Pkg, elem), c.key))
	}
}

func (c *checker) report(at span, f *field, text string) {
	c.pass.Report(analysis.Diagnostic{Pos: at.pos, End: at.end, Category: "hint", Message: f.struc + "." + f.name + ": " + text})
}

func isBool(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Bool
}

// element returns the struct with rules in a list, through pointers and further
// lists, and how many lists there are around it.
func (c *checker) element(t types.Type) (elem types.Type, lists int) {
	for range maxHops {
		t = deref(t)
		switch u := t.Underlying().(type) {
		case interface{ Elem() types.Type }: // slices, arrays and maps, as deref leaves no pointers
			if _, ok := u.(*types.Chan); ok {
				return nil, 0
			}
			t = u.Elem()
			lists++
		case *types.Struct:
			if !c.hasRules(u) {
				return nil, 0
			}
			return t, lists
		default:
			return nil, 0
		}
	}
	return nil, 0
}

// hasRules reports whether a field of s has rules, or one of a struct in s.
func (c *checker) hasRules(s *types.Struct) bool {
	return c.searchRules(s, make(map[*types.Struct]bool))
}

// searchRules leaves out what is in seen, which spares it the structs that lead
// to themselves.
func (c *checker) searchRules(s *types.Struct, seen map[*types.Struct]bool) bool {
	if seen[s] {
		return false
	}
	seen[s] = true
	for i := range s.NumFields() {
		switch strings.TrimSpace(reflect.StructTag(s.Tag(i)).Get(c.key)) {
		case "-":
		case "":
			if inner, ok := deref(s.Field(i).Type()).Underlying().(*types.Struct); ok && c.searchRules(inner, seen) {
				return true
			}
		default:
			return true
		}
	}
	return false
}
