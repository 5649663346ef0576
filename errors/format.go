package errors

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
)

// Format prints the message for %v and %s, quoted for %q, and for %+v the
// message followed by the tree of causes, one line each.
func (w *wrapped) Format(s fmt.State, verb rune) {
	switch {
	case verb == 'v' && s.Flag('+'):
		var b strings.Builder
		b.WriteString(w.Error())
		writeTree(&b, w, "\n  ")
		io.WriteString(s, b.String())
	case verb == 'v' || verb == 's':
		io.WriteString(s, w.Error())
	case verb == 'q':
		io.WriteString(s, strconv.Quote(w.Error()))
	default:
		fmt.Fprintf(s, "%%!%c(%T=%s)", verb, w, w.Error())
	}
}

// writeTree writes a line for err and for each of its causes. The causes of
// an error that has several are drawn as branches below it; a chain stays
// flush, however long it is. Every line starts with lead, which includes the
// line break.
func writeTree(b *strings.Builder, err error, lead string) {
	for err != nil {
		b.WriteString(lead)
		var cause error
		var branches []error
		switch e := err.(type) {
		case *wrapped:
			writeHop(b, e)
			cause = e.cause
		case interface{ Unwrap() error }:
			cause = e.Unwrap()
			writeForeign(b, err, lead, cause)
		case interface{ Unwrap() []error }:
			branches = e.Unwrap()
			fmt.Fprintf(b, "%T of %d errors", err, len(branches))
		default:
			writeForeign(b, err, lead, nil)
		}
		for i, branch := range branches {
			if i < len(branches)-1 {
				writeBranch(b, branch, lead, "├─ ", "│  ")
			} else {
				writeBranch(b, branch, lead, "└─ ", "   ")
			}
		}
		err = cause
	}
}

// writeBranch writes the tree of err with its first line led by first and the
// others by rest.
func writeBranch(b *strings.Builder, err error, lead, first, rest string) {
	var sub strings.Builder
	writeTree(&sub, err, lead+rest)
	b.WriteString(lead + first)
	b.WriteString(strings.TrimPrefix(sub.String(), lead+rest))
}

// writeHop writes "at function (file:line): message [kind] key=value".
func writeHop(b *strings.Builder, w *wrapped) {
	frame, _ := runtime.CallersFrames([]uintptr{w.pc}).Next()
	fmt.Fprintf(b, "at %s (%s:%d)", frame.Function, frame.File, frame.Line)
	if w.msg != "" {
		b.WriteString(": " + w.msg)
	}
	if w.kind != OK {
		b.WriteString(" [" + w.kind.Error() + "]")
	}
	for _, a := range w.attrs {
		b.WriteString(" " + a.String())
	}
}

// writeForeign writes "type: message" for an error made elsewhere. What the
// message repeats of the cause is left out, since the cause has a line of its
// own, and line breaks inside the message are led like all others.
func writeForeign(b *strings.Builder, err error, lead string, cause error) {
	msg := err.Error()
	if cause != nil {
		msg = strings.TrimSuffix(msg, cause.Error())
		msg = strings.TrimSuffix(msg, ": ")
	}
	fmt.Fprintf(b, "%T: %s", err, strings.ReplaceAll(msg, "\n", lead+"  "))
}
