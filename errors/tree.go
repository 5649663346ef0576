package errors

import (
	"log/slog"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"github.com/goplinth/plinth/internal/panics"
)

// Tree returns what the errors of this package print with %+v, for any error:
// its message, and below that a line for every error in its tree, the outermost
// first. The line of one that this package made has the function, file and line
// that made it, what it adds to the message, and what was attached to it; that
// of another has its type. A stack has a line for each frame. Causes of a joined
// error are drawn as branches.
//
// Line breaks within a message or a value are indented or quoted, so that no
// text can pass for a line of the tree. Tree returns "" for nil. It is for
// people and may change between versions.
func Tree(err error) string {
	if err == nil {
		return ""
	}
	b := append(make([]byte, 0, 1024), err.Error()...)
	return string(appendTree(b, err, "\n  "))
}

// appendTree appends a line for err and for each of its causes. The causes of
// an error that has several are drawn as branches below it; a chain stays
// flush, however long it is. Every line starts with lead, which includes the
// line break.
func appendTree(b []byte, err error, lead string) []byte {
	stack := false // above err
	for err != nil {
		b = append(b, lead...)
		var cause error
		var branches []error
		many := false
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			cause = e.Unwrap()
		case interface{ Unwrap() []error }:
			branches, many = e.Unwrap(), true
		}
		if w := hopOf(err); w != nil {
			b = appendPlace(b, w.pc)
			b = appendOwn(b, w.msg, lead)
		} else if pc := placeOf(err); pc != 0 {
			b = appendPlace(b, pc)
			b = appendOwn(b, ownText(err, cause), lead)
		} else {
			b = appendForeign(b, err, cause, branches, many, lead)
		}
		if d := detailOf(err); d != nil {
			b = appendDetail(b, d, lead)
		}
		if pcs := stackOf(err); pcs != nil {
			b = appendStack(b, err, pcs, lead)
			stack = true
		} else if p, ok := err.(*panics.Error); ok && !stack {
			b = appendIndented(b, "\n"+strings.TrimSpace(string(p.Stack)), lead)
		}
		for i, branch := range branches {
			if i < len(branches)-1 {
				b = appendBranch(b, branch, lead, "├─ ", "│  ")
			} else {
				b = appendBranch(b, branch, lead, "└─ ", "   ")
			}
		}
		err = cause
	}
	return b
}

// appendBranch appends the tree of err with its first line led by first and the
// others by rest.
func appendBranch(b []byte, err error, lead, first, rest string) []byte {
	if err == nil {
		return append(append(append(b, lead...), first...), "nil"...)
	}
	inner := lead + rest
	sub := appendTree(nil, err, inner)
	b = append(append(b, lead...), first...)
	return append(b, sub[len(inner):]...)
}

// appendPlace appends "at function (file:line)".
func appendPlace(b []byte, pc uintptr) []byte {
	if pc == 0 {
		return append(b, "elsewhere"...) // decoded
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return appendFrame(append(b, "at "...), frame)
}

func appendFrame(b []byte, f runtime.Frame) []byte {
	b = append(b, f.Function...)
	b = append(b, " ("...)
	b = append(b, f.File...)
	b = append(b, ':')
	b = strconv.AppendInt(b, int64(f.Line), 10)
	return append(b, ')')
}

// appendOwn appends what a hop adds to the message.
func appendOwn(b []byte, text, lead string) []byte {
	if text == "" {
		return b
	}
	return appendIndented(append(b, ": "...), text, lead)
}

// appendIndented appends text with its line breaks led like all others.
func appendIndented(b []byte, text, lead string) []byte {
	if !strings.ContainsAny(text, "\n\r") {
		return append(b, text...)
	}
	text = strings.ReplaceAll(text, "\r", `\r`)
	return append(b, strings.ReplaceAll(text, "\n", lead+"  ")...)
}

// appendDetail appends what was attached: "[kind] code=x key=value", and the
// hints and secondary errors on lines of their own.
func appendDetail(b []byte, d *detail, lead string) []byte {
	if d.kind != OK {
		b = append(append(append(b, " ["...), d.kind.Error()...), ']')
	}
	if d.code != "" {
		b = appendPair(b, "code", d.code)
	}
	if d.public != "" {
		b = appendPair(b, "public", d.public)
	}
	switch {
	case d.after > 0:
		b = appendPair(b, "retry", "after "+d.after.String())
	case d.retry != unsaid:
		b = appendPair(b, "retry", strconv.FormatBool(d.retry == again))
	}
	for _, a := range d.attrs {
		b = appendPair(b, a.Key, attrText(a))
	}
	for _, hint := range d.hints {
		b = append(append(b, lead...), "  hint: "...)
		b = appendIndented(b, hint, lead+"  ")
	}
	for _, err := range d.secondary {
		b = appendBranch(b, err, lead, "  besides: ", "    ")
	}
	return b
}

func attrText(a slog.Attr) string { return a.Value.Resolve().String() }

// appendPair appends " key=value", quoted where it could be read as something
// else.
func appendPair(b []byte, key, value string) []byte {
	b = appendWord(append(b, ' '), key)
	return appendWord(append(b, '='), value)
}

func appendWord(b []byte, s string) []byte {
	plain := s != ""
	for _, r := range s {
		if r == ' ' || r == '"' || r == '=' || !strconv.IsPrint(r) {
			plain = false
			break
		}
	}
	if plain {
		return append(b, s...)
	}
	return strconv.AppendQuote(b, s)
}

// appendStack appends the frames of a stack. The first frame of one that this
// package took is on the line of the hop already.
func appendStack(b []byte, err error, pcs []uintptr, lead string) []byte {
	frames := runtime.CallersFrames(pcs)
	for i := 0; ; i++ {
		frame, more := frames.Next()
		_, ours := err.(*stacked)
		switch {
		case frame.PC == 0 || ours && i == 0:
		case i == 0:
			b = appendFrame(append(append(b, lead...), "  at "...), frame)
		default:
			b = appendFrame(append(append(b, lead...), "  called by "...), frame)
		}
		if !more {
			return b
		}
	}
}

// appendForeign appends "type: message" for an error made elsewhere.
func appendForeign(b []byte, err, cause error, branches []error, many bool, lead string) []byte {
	b = append(b, typeName(err)...)
	switch {
	case many && isList(err):
		b = strconv.AppendInt(append(b, " of "...), int64(len(branches)), 10)
		return append(b, " errors"...)
	default:
		return appendIndented(append(b, ": "...), ownText(err, cause), lead)
	}
}

// typeName returns the type of err as it was where err was made.
func typeName(err error) string {
	switch e := err.(type) {
	case *remote:
		return e.typ
	case *remoteMany:
		return e.typ
	}
	return reflect.TypeOf(err).String()
}

// ownText returns the message of err without what it repeats of its cause, since
// the cause has a line of its own.
func ownText(err, cause error) string {
	text := err.Error()
	if cause != nil {
		text = strings.TrimSuffix(text, cause.Error())
		text = strings.TrimSuffix(text, ": ")
	}
	return text
}
