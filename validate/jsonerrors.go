package validate

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// The errors below are complete but for their paths.

var (
	emptyBody     = FieldError{Code: "empty", Message: "the body must not be empty"}
	brokenText    = FieldError{Code: "encoding", Message: "must be valid Unicode, encoded in UTF-8"}
	brokenName    = FieldError{Code: "encoding", Message: "must have names that are valid Unicode, encoded in UTF-8"}
	duplicateName = FieldError{Code: "duplicate", Message: "must not be given more than once"}
)

func tooLarge(limit int64) FieldError {
	return FieldError{Code: "too_large", Param: limit, Message: fmt.Sprintf("the body must be at most %d bytes long", limit)}
}

func tooDeepFor(limit int) FieldError {
	return FieldError{Code: "max_depth", Param: limit, Message: fmt.Sprintf("is nested more than %d levels deep", limit)}
}

func tooMany(limit int) FieldError {
	return FieldError{Code: "max_errors", Param: limit, Message: fmt.Sprintf("there are more than %d errors; the rest are left out", limit)}
}

func syntaxError(data []byte, pos int, problem string) FieldError {
	line, column := position(data, pos)
	return FieldError{Code: "syntax", Param: []int{line, column},
		Message: fmt.Sprintf("the body must be valid JSON: line %d, column %d: %s", line, column, problem)}
}

func trailingData(data []byte, pos int) FieldError {
	line, column := position(data, pos)
	return FieldError{Code: "trailing_data", Param: []int{line, column},
		Message: fmt.Sprintf("the body must end after its JSON value: line %d, column %d: more text follows", line, column)}
}

// position returns the line and, in characters, the column of a byte in data,
// both counted from 1.
func position(data []byte, pos int) (line, column int) {
	last := data[:pos] // the last line of it
	for line = 1; ; line++ {
		end := bytes.IndexByte(last, '\n')
		if end < 0 {
			return line, utf8.RuneCount(last) + 1
		}
		last = last[end+1:]
	}
}

// misfitOf says that a value of one kind cannot be decoded into a shape.
func misfitOf(sh *shape, kind jsonKind) FieldError {
	e := FieldError{Code: "type", Param: sh.noun.code, Message: "must be " + sh.noun.text}
	if kind == kindNull {
		e.Code = "null"
		e.Message += ", not null"
	}
	return e
}

func notWhole(sh *shape) FieldError {
	return FieldError{Code: "type", Param: sh.noun.code, Message: "must be a whole number, written without a point or exponent"}
}

// notQuoted says what a field with the option ",string" takes.
func notQuoted(sh *shape) FieldError {
	return FieldError{Code: "type", Param: nounString.code, Message: "must be a string that holds " + sh.noun.text + " in JSON"}
}

// outOfRange says what numbers fit.
func outOfRange(sh *shape) FieldError {
	e := FieldError{Code: "range"}
	switch {
	case sh.form == formInt:
		low := int64(-1) << (sh.bits - 1)
		e.Param, e.Message = []int64{low, ^low}, fmt.Sprintf("must be from %d to %d", low, ^low)
	case sh.form == formUint:
		high := uint64(math.MaxUint64) >> (64 - sh.bits)
		e.Param, e.Message = []uint64{0, high}, fmt.Sprintf("must be from 0 to %d", high)
	case sh.bits == 32:
		e.Param, e.Message = []float64{-math.MaxFloat32, math.MaxFloat32}, "must be from -3.4e38 to 3.4e38"
	default:
		e.Param, e.Message = []float64{-math.MaxFloat64, math.MaxFloat64}, "must be from -1.7e308 to 1.7e308"
	}
	return e
}

func wrongCount(n int) FieldError {
	return FieldError{Code: "items", Param: n, Message: "must have exactly " + count(n, "item")}
}

func badKey(keys keyForm) FieldError {
	e := FieldError{Code: "key", Message: "must have another key; this one is malformed"}
	if keys == keyInt || keys == keyUint {
		e.Message = "must have a whole number that fits as its key"
	}
	return e
}

// malformed says that a type did not take a value of a kind that it may take.
func malformed(sh *shape) FieldError {
	switch {
	case sh.form == formBytes:
		return FieldError{Code: "format", Param: "base64", Message: "must be " + nounBytes.text}
	case sh.typ == reflect.TypeFor[time.Time]():
		return FieldError{Code: "format", Param: "date-time", Message: "must be a date and time as in 2006-01-02T15:04:05Z"}
	}
	return FieldError{Code: "format", Message: "is malformed"}
}

func unknownField(fields *structFields, name []byte) FieldError {
	e := FieldError{Code: "unknown_field", Message: "is not a known field"}
	if near := nearest(string(name), fields.names()); len(near) > 0 {
		e.Param, e.Message = near[0], e.Message+"; did you mean "+near[0]+"?"
	}
	return e
}

// cutName makes a name that the sender chose fit for a path.
func cutName(name []byte) string {
	return cut(strings.ToValidUTF8(string(name[:min(len(name), maxKey+1)]), "\uFFFD"))
}
