package validate

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// A layoutStep is an element of a layout, or the text between two of them. The
// zone takes as many bytes as it does in the layout.
type layoutStep struct {
	element string // one of layoutElements, or "" for text
	text    string
}

// layoutElements are the elements of layouts that are read here, without
// allocations. With others a layout is left to time.Parse.
var layoutElements = [...]string{"2006", "01", "02", "15", "04", "05", "Z07:00"}

// compileLayout returns the predicate for datetime=layout: that time.Parse reads
// the string, of at most maxShort bytes, by that layout. A layout that consists of
// numbers and Z07:00 costs no allocation; others cost what time.Parse does.
func compileLayout(layout string) (func(string) bool, error) {
	if layout == "" {
		return nil, errors.New("datetime= has no layout; write datetime for RFC 3339, or a layout of package time as in datetime=2006-01-02")
	}
	// No element of a layout looks the same at this moment as in the layout.
	if other := time.Date(1999, 12, 31, 8, 59, 58, 0, time.UTC); other.Format(layout) == layout {
		return nil, wrongf("%q has no element of a date or time; write the layout as package time does, as in datetime=2006-01-02", layout)
	}
	steps, ok := splitLayout(layout)
	if !ok {
		return func(s string) bool {
			if len(s) > maxShort {
				return false
			}
			_, err := time.Parse(layout, s)
			return err == nil
		}, nil
	}
	return func(s string) bool { return len(s) <= maxShort && matchLayout(steps, s) }, nil
}

// splitLayout splits a layout into steps, if it can be read without time.Parse.
func splitLayout(layout string) (steps []layoutStep, ok bool) {
	start := 0 // of the text
	for i := 0; i < len(layout); {
		e := slices.IndexFunc(layoutElements[:], func(e string) bool { return strings.HasPrefix(layout[i:], e) })
		if e < 0 {
			if !isLayoutText(layout[i:]) {
				return nil, false
			}
			i++
			continue
		}
		if start < i {
			steps = append(steps, layoutStep{text: layout[start:i]})
		}
		steps = append(steps, layoutStep{element: layoutElements[e]})
		i += len(layoutElements[e])
		start = i
	}
	if start < len(layout) {
		steps = append(steps, layoutStep{text: layout[start:]})
	}
	return steps, true
}

// isLayoutText reports whether the first byte of a layout stands for itself for
// sure. Other digits and letters may begin an element, and so do a hyphen before
// 07, which is a zone, and a dot before noughts or nines, which is a fraction.
func isLayoutText(layout string) bool {
	rest := layout[1:]
	switch layout[0] {
	case ' ', '/', ':', 'T':
		return true
	case '-':
		return !strings.HasPrefix(rest, "07")
	case '.', ',':
		number := strings.HasPrefix(rest, "01") || strings.HasPrefix(rest, "02")
		return number || !strings.HasPrefix(rest, "0") && !strings.HasPrefix(rest, "9")
	default:
		return false
	}
}

// matchLayout does what time.Parse does, with its liberties: an hour may have
// one digit, a second may have a fraction, and spaces stand for any number of
// them.
func matchLayout(steps []layoutStep, s string) bool {
	year, month, day := 0, 1, 1
	for _, step := range steps {
		if step.element == "" {
			var ok bool
			if s, ok = skipLayoutText(s, step.text); !ok {
				return false
			}
			continue
		}
		width := len(step.element)
		if step.element == "Z07:00" && strings.HasPrefix(s, "Z") {
			s = s[1:]
			continue
		}
		if step.element == "15" && countIn(s[:min(2, len(s))], charDigit) == 1 {
			width = 1
		}
		if len(s) < width {
			return false
		}
		text := s[:width]
		s = s[width:]
		if step.element == "Z07:00" {
			// As people write offsets of 24 hours and of 60 minutes.
			hour, ok := number(text[1:3])
			minute, okMinute := number(text[4:6])
			if text[0] != '+' && text[0] != '-' || text[3] != ':' || !ok || !okMinute || hour > 24 || minute > 60 {
				return false
			}
			continue
		}
		n, ok := number(text)
		if !ok {
			return false
		}
		switch step.element {
		case "2006":
			year = n
		case "01":
			if n < 1 || n > 12 {
				return false
			}
			month = n
		case "02":
			day = n
		case "15":
			if n > 23 {
				return false
			}
		case "04":
			if n > 59 {
				return false
			}
		case "05":
			if n > 59 {
				return false
			}
			if len(s) >= 2 && (s[0] == '.' || s[0] == ',') {
				if n := countIn(s[1:], charDigit); n > 0 {
					s = s[1+n:]
				}
			}
		}
	}
	return s == "" && isDate(year, month, day)
}

// skipLayoutText returns s without the text of a layout that it begins with.
// Where the text has spaces, s has one or more, or ends.
func skipLayoutText(s, text string) (rest string, ok bool) {
	for text != "" {
		switch {
		case text[0] == ' ':
			if s != "" && s[0] != ' ' {
				return "", false
			}
			text = strings.TrimLeft(text, " ")
			s = strings.TrimLeft(s, " ")
		case s == "" || s[0] != text[0]:
			return "", false
		default:
			s, text = s[1:], text[1:]
		}
	}
	return s, true
}
