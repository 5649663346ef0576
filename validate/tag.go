package validate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A term is one rule as it is written in a tag.
type term struct {
	text     string // the whole of it, for error messages
	name     string
	param    string // unescaped
	hasParam bool   // tells "min=" from "min"

	// mixed is set for a value of interface type: a word of oneof need not
	// fit every type that the interface may hold.
	mixed bool
}

// parseTag splits a tag into its terms. It accepts anything: what is wrong
// with a term depends on the type of the field, so the compiler says it.
func parseTag(tag string) []term {
	if strings.TrimSpace(tag) == "" {
		return nil
	}
	var terms []term
	for text := range strings.SplitSeq(tag, ",") {
		text = strings.TrimSpace(text)
		name, param, hasParam := strings.Cut(text, "=")
		param = strings.ReplaceAll(strings.TrimSpace(param), "0x2C", ",")
		param = strings.ReplaceAll(param, "0x7C", "|")
		terms = append(terms, term{text: text, name: strings.TrimSpace(name), param: param, hasParam: hasParam})
	}
	return terms
}

// check reports what is wrong with the form of t: mistakes that do not depend
// on the type of the field.
func (t term) check() error {
	switch {
	case t.text == "":
		return errors.New("a rule is missing; remove the extra comma")
	case t.text == "-":
		return errors.New("- leaves out the whole field; write it without other rules")
	case strings.Contains(t.text, "|"):
		return errors.New("or-groups are not supported; write 0x7C for a vertical bar in a parameter")
	}
	switch t.name {
	case "required", "omitempty", "email", "dive":
		if t.hasParam {
			return fmt.Errorf("%s takes no parameter; write %s", t.name, t.name)
		}
	case "min", "max", "len":
		if t.param == "" {
			return fmt.Errorf("%s needs a parameter; write it as in %s=3", t.name, t.name)
		}
	case "oneof":
		if t.param == "" {
			return errors.New("oneof needs a parameter; write it as in oneof=red green 'light blue'")
		}
	default:
		return errors.New("unknown rule; use one of required, omitempty, email, min, max, len, oneof, dive")
	}
	return nil
}

// splitWords splits the parameter of oneof at spaces. A word in single quotes
// may contain spaces, or nothing at all.
func splitWords(param string) ([]string, error) {
	var words []string
	for rest := strings.TrimLeft(param, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		var word string
		if quoted, ok := strings.CutPrefix(rest, "'"); ok {
			if word, rest, ok = strings.Cut(quoted, "'"); !ok {
				return nil, errors.New("a quote is not closed; write a quoted word as in 'light blue'")
			}
			if rest != "" && rest[0] != ' ' {
				return nil, errors.New("a quoted word runs into the next; put a space between them")
			}
		} else {
			word, rest, _ = strings.Cut(rest, " ")
		}
		words = append(words, word)
	}
	return words, nil
}

// The parsers below turn a parameter into the type that a class compares in.
// They report what is wrong with it and what to write instead.

func parseCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is not a length; write a whole number from 0 up in base 10", s)
	}
	return n, nil
}

func parseInt(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a 64-bit whole number; write it in base 10", s)
	}
	return n, nil
}

func parseUint(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a 64-bit whole number from 0 up; write it in base 10", s)
	}
	return n, nil
}

func parseFloat32(s string) (float64, error) { return parseFloat(s, 32) }
func parseFloat64(s string) (float64, error) { return parseFloat(s, 64) }

// parseFloat refuses what strconv.ParseFloat takes besides base 10: no value
// compares with NaN, and bounds of infinity hold for all values or for none.
func parseFloat(s string, bits int) (float64, error) {
	x, err := strconv.ParseFloat(s, bits)
	if err != nil || strings.Trim(s, "+-.0123456789eE") != "" {
		return 0, fmt.Errorf("%q is not a number that fits float%d; write it in base 10, as in 0.5", s, bits)
	}
	return x, nil
}

// parseDuration takes a plain number as nanoseconds.
func parseDuration(s string) (time.Duration, error) {
	if d, err := time.ParseDuration(s); err == nil {
		return d, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration; write it as in 1m30s", s)
	}
	return time.Duration(n), nil
}
