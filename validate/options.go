package validate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/goplinth/plinth/internal/config"
)

// Options configures a [Validator]. The zero value is what [Struct] uses.
type Options struct {
	// Tag is the key of the struct tag that holds the rules, such as
	// "binding". If empty, it is "validate".
	Tag string

	// NameTag is the key of the struct tag that holds the name of a field on
	// the wire, up to the first comma. If empty, it is "json". A field without
	// a name there, or with "-", goes by its Go name.
	NameTag string

	// MaxDepth is how many structs may be nested in each other, counting the
	// outermost. A struct that is deeper, and has fields to check, ends in an
	// error with the code "max_depth". If 0, it is 64; the greatest is 10,000,
	// so that no value overflows the stack.
	MaxDepth int

	// MaxErrors is how many errors are reported at most, as [Errors]
	// describes. If 0, it is 100; 1 reports the first error alone.
	MaxErrors int

	// AllRules reports every rule that a value breaks. Otherwise it is the
	// first of each field. A value that is required and missing breaks that
	// rule alone, and what is inside a value, as under dive, is still looked at
	// only if the value's own rules hold.
	AllRules bool

	// AutoDive checks the structs in slices, arrays and maps without dive in
	// the tag, at any depth of nested lists. Where there is a dive, that says
	// what is checked.
	AutoDive bool

	// Messages puts errors into words. If nil, they are in English.
	Messages Messages

	// Tags are rules of one's own, for use in tags beside those built in. If
	// nil, there are none.
	Tags []TagRule
}

// depthCeiling is the greatest MaxDepth. A level takes 1 to 2 KiB of stack, and
// the stack may grow to 250 MB even on 32-bit systems.
const depthCeiling = 10_000

const (
	defaultTag       = "validate"
	defaultNameTag   = "json"
	defaultMaxDepth  = 64
	defaultMaxErrors = 100
)

// check returns all mistakes in o.
func (o *Options) check() error {
	c := config.For("validate")
	c.Require(isTagKey(o.Tag), "Options.Tag", o.Tag, `must be the key of a struct tag, such as "validate"`)
	c.Require(isTagKey(o.NameTag), "Options.NameTag", o.NameTag, `must be the key of a struct tag, such as "json"`)
	c.Require(o.MaxDepth >= 0 && o.MaxDepth <= depthCeiling, "Options.MaxDepth", o.MaxDepth, "must be from 1 to 10000, or 0 for the default of 64")
	c.Require(o.MaxErrors >= 0, "Options.MaxErrors", o.MaxErrors, "must be 1 or more, or 0 for the default of 100")
	checkTags(c, o.Tags)
	return c.Err()
}

// registry returns an empty registry with the settings of o.
func (o *Options) registry() *registry {
	return &registry{
		tags:      slices.Clone(o.Tags),
		allRules:  o.AllRules,
		autoDive:  o.AutoDive,
		messages:  o.Messages,
		tag:       cmp.Or(o.Tag, defaultTag),
		nameTag:   cmp.Or(o.NameTag, defaultNameTag),
		maxDepth:  cmp.Or(o.MaxDepth, defaultMaxDepth),
		maxErrors: cmp.Or(o.MaxErrors, defaultMaxErrors),
	}
}

// isTagKey reports whether reflect.StructTag can find s.
func isTagKey(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == ':' || c == '"' || c == 0x7f })
}
