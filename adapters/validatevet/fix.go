package validatevet

import (
	"go/token"
	"regexp"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// An edit puts text in place of a part of the value of a tag.
type edit struct {
	what     string // for people
	from, to int
	text     string
}

// fixes returns the correction of a mistake, if it is certain: it is the only one
// at hand after which package validate finds less to say.
func (c *checker) fixes(f *field, at place, m mistake) []analysis.SuggestedFix {
	if !at.found {
		return nil
	}
	value := f.tag.value
	before := len(c.compile(f, value))
	var good []edit
	for _, e := range corrections(value, at, m) {
		if len(c.compile(f, value[:e.from]+e.text+value[e.to:])) < before {
			good = append(good, e)
		}
	}
	if len(good) != 1 {
		return nil
	}
	e := good[0]
	return []analysis.SuggestedFix{{
		Message:   e.what,
		TextEdits: []analysis.TextEdit{{Pos: f.tag.start + token.Pos(e.from), End: f.tag.start + token.Pos(e.to), NewText: []byte(e.text)}},
	}}
}

// The sentences of package validate that name a remedy. A test fails if one of
// them changes there.
var (
	nearRule  = regexp.MustCompile(`^unknown rule; did you mean (\S+)\?$`)
	nearField = regexp.MustCompile(` has no field (\S+); did you mean (\S+)\?$`)
	noParam   = regexp.MustCompile(`^(\S+) takes no parameter; write (\S+)$`)
)

// corrections returns what may have been meant instead of the term at a place.
// For an or-group the sentences do not say which of the rules they are about.
func corrections(value string, at place, m mistake) []edit {
	if m.tag == "" {
		return withoutComma(value, at)
	}
	var edits []edit
	from := at.from
	for rule := range strings.SplitSeq(m.tag, "|") {
		name, param, hasParam := strings.Cut(rule, "=")
		start := from + len(name) - len(strings.TrimLeft(name, " "))
		end := from + len(name)
		if words := nearRule.FindStringSubmatch(m.reason); words != nil {
			edits = append(edits, edit{"Write " + words[1], start, end, words[1]})
		}
		if words := noParam.FindStringSubmatch(m.reason); words != nil && hasParam && strings.TrimSpace(name) == words[2] {
			edits = append(edits, edit{"Remove the parameter", end, from + len(rule), ""})
		}
		if words := nearField.FindStringSubmatch(m.reason); words != nil && hasParam {
			whole := regexp.MustCompile(`\b` + regexp.QuoteMeta(words[1]) + `\b`)
			for _, found := range whole.FindAllStringIndex(param, -1) {
				edits = append(edits, edit{"Write " + words[2], end + 1 + found[0], end + 1 + found[1], words[2]})
			}
		}
		from += len(rule) + 1
	}
	return edits
}

// withoutComma removes an empty term with the comma in front of it, or behind it
// if it is the first.
func withoutComma(value string, at place) []edit {
	switch {
	case at.from > 0:
		return []edit{{"Remove the comma", at.from - 1, at.to, ""}}
	case at.to < len(value):
		return []edit{{"Remove the comma", 0, at.to + 1, ""}}
	}
	return nil
}
