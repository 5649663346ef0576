package validate

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A definition is a type whose fields are checked, or are not, as in a list
// without dive.
type definition struct {
	typ     reflect.Type
	checked bool
}

// schemaName returns the name of a type without its package, in letters and
// digits: "Page_Item" for shop.Page[shop.Item].
func schemaName(t reflect.Type) string {
	var words []string
	for word := range strings.FieldsFuncSeq(typeName(t), func(r rune) bool { return r != '.' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		words = append(words, word[strings.LastIndexByte(word, '.')+1:])
	}
	return strings.Join(words, "_")
}

// reference returns a reference to the schema of a struct.
func (c *schemaCompiler) reference(sh *shape, p *plan) object {
	if p != nil && p.isEmpty() {
		p = nil
	}
	return c.define(definition{sh.typ, p != nil}, sh.typ.Name() != "", func() object { return c.structure(sh, p) })
}

// define returns a reference to the schema that build returns, which goes under
// $defs, or if it is not to have a name, that schema itself. One that leads back
// to itself has to have a name.
func (c *schemaCompiler) define(key definition, named bool, build func() object) object {
	name, again := c.names[key]
	if name == "" && (named || again) {
		name = c.freeName(schemaName(key.typ))
	}
	c.names[key] = name // before the parts, which may lead back to it
	if !again {
		s := build()
		if name = c.names[key]; name == "" {
			delete(c.names, key)
			return s
		}
		c.defs = append(c.defs, member{name, s})
	}
	if name != "#" {
		name = "#/$defs/" + fragment(name)
	}
	return object{{"$ref", name}}
}

// freeName returns name, followed by a number if it is taken.
func (c *schemaCompiler) freeName(name string) string {
	taken := slices.Collect(maps.Values(c.names))
	free := name
	for i := 2; slices.Contains(taken, free); i++ {
		free = name + strconv.Itoa(i)
	}
	return free
}

// fragment writes name as in a URI, which has ASCII alone.
func fragment(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c < utf8.RuneSelf {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
