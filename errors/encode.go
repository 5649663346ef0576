package errors

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Encode writes err as JSON for [Decode] in another process: its message, the
// tree of its causes with their types, and all that was attached to them. For a
// [Const] and a [Kind], errors.Is holds there if it held here, and KindOf,
// Retryable, Public and the like return the same; of other errors, the text is
// left. Places and stacks stay here, and a [Secret] is "[redacted]". Encode
// returns nil for nil.
//
// The result has 64 KiB at most, and 64 levels. What goes beyond is cut off
// where it is, and says so; the outermost errors come first. The error is always
// nil now.
func Encode(err error) ([]byte, error) {
	if err == nil {
		return nil, nil
	}
	e := encoder{left: maxEncoded - len(`{"version":1,"error":}`) - len(cutMark)}
	return json.Marshal(wire{Version: wireVersion, Error: e.node(err, 0)})
}

const (
	wireVersion = 1
	maxEncoded  = 64 << 10
	maxDepth    = 64 // levels of causes and of groups
)

// wire is what is written. Fields may be added without a new version; a Decode
// that does not know them ignores them.
type wire struct {
	Version int   `json:"version"`
	Error   *node `json:"error"`
}

// A node is one error of the tree: a Const, a Kind, a hop of this package, or an
// error of another that is left as its text.
type node struct {
	Const *string `json:"const,omitempty"`
	Kind  Kind    `json:"kind,omitempty"`

	Type string `json:"type,omitempty"` // of another package's error
	Text string `json:"text,omitempty"` // what it adds to the message
	Ends bool   `json:"ends,omitempty"` // another package's: the text of the cause follows

	Code       string     `json:"code,omitempty"`
	Public     string     `json:"public,omitempty"`
	Hints      []string   `json:"hints,omitempty"`
	Attrs      []wireAttr `json:"attrs,omitempty"`
	Retry      *bool      `json:"retry,omitempty"`
	RetryAfter int64      `json:"retry_after,omitempty"` // nanoseconds
	Secondary  []*node    `json:"secondary,omitempty"`

	Causes []*node `json:"causes,omitempty"`
	Many   bool    `json:"many,omitempty"` // Unwrap returns a slice
}

// wireAttr is an attribute whose value is text, or a group.
type wireAttr struct {
	Key   string     `json:"key"`
	Kind  string     `json:"kind,omitempty"` // as slog.Kind prints; empty for text
	Text  string     `json:"text,omitempty"`
	Group []wireAttr `json:"group,omitempty"`
}

// The most that a node and an attribute take without their texts, the node for
// what is cut off below it included, and a comma.
const (
	nodeSize = 400
	attrSize = 80
	cutMark  = "... (cut off)"
)

// An encoder counts down what may still be written.
type encoder struct{ left int }

// node returns the node for err, or one that says that there is no room.
func (e *encoder) node(err error, depth int) *node {
	e.left -= nodeSize
	if e.left < 0 || depth >= maxDepth {
		e.left = max(0, e.left)
		return &node{Type: anyType, Text: e.text(err.Error())}
	}
	n := new(node)
	switch x := err.(type) {
	case Const:
		text := e.text(string(x))
		n.Const = &text
		return n
	case Kind:
		if x != OK { // which is no kind; its name is left
			n.Kind = x
			return n
		}
	}
	var cause error
	var causes []error
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		if cause = x.Unwrap(); cause != nil {
			causes = []error{cause}
		}
	case interface{ Unwrap() []error }:
		causes, n.Many = x.Unwrap(), true
	}
	if d := detailOf(err); d != nil {
		e.detail(n, d, depth)
	}
	if w := hopOf(err); w != nil {
		n.Text = e.text(w.msg)
	} else if !isList(err) {
		n.Type = e.text(typeName(err))
		text := err.Error()
		if cause != nil {
			text, n.Ends = strings.CutSuffix(text, cause.Error())
		}
		n.Text = e.text(text)
		n.Kind = ownKind(err)
		if status := foreignStatus(err); n.Kind == OK && status != 0 {
			n.Kind = kindOfStatus(status)
		}
		if k := standardKind(err); n.Kind == OK && len(causes) == 0 && k != Unknown {
			n.Kind = k
		}
	}
	for _, c := range causes {
		if c == nil {
			continue
		}
		n.Causes = append(n.Causes, e.node(c, depth+1))
		if e.left == 0 {
			break
		}
	}
	return n
}

func (e *encoder) detail(n *node, d *detail, depth int) {
	n.Kind = d.kind
	n.Code = e.text(d.code)
	n.Public = e.text(d.public)
	for _, hint := range d.hints {
		if e.left -= len(`"",`); e.left <= 0 {
			break
		}
		n.Hints = append(n.Hints, e.text(hint))
	}
	if d.retry != unsaid {
		yes := d.retry == again
		n.Retry, n.RetryAfter = &yes, int64(d.after)
	}
	n.Attrs = e.attrs(d.attrs, depth)
	for _, err := range d.secondary {
		if e.left <= 0 {
			break
		}
		n.Secondary = append(n.Secondary, e.node(err, depth+1))
	}
	e.left = max(0, e.left)
}

func (e *encoder) attrs(attrs []slog.Attr, depth int) []wireAttr {
	var out []wireAttr
	for _, a := range attrs {
		if e.left -= attrSize; e.left <= 0 {
			break
		}
		v := a.Value.Resolve()
		w := wireAttr{Key: e.text(a.Key)}
		switch v.Kind() {
		case slog.KindGroup:
			w.Kind = v.Kind().String()
			if depth < maxDepth {
				w.Group = e.attrs(v.Group(), depth+1)
			}
		case slog.KindTime:
			w.Kind, w.Text = v.Kind().String(), e.text(v.Time().Format(time.RFC3339Nano))
		case slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindBool, slog.KindDuration:
			w.Kind, w.Text = v.Kind().String(), e.text(v.String())
		default:
			w.Text = e.text(v.String())
		}
		out = append(out, w)
	}
	e.left = max(0, e.left)
	return out
}

// text returns as much of s as there is room for, and takes the room.
func (e *encoder) text(s string) string {
	for i, r := range s {
		size := jsonSize(r, s[i:])
		if size > e.left {
			e.left = 0
			return s[:i] + cutMark
		}
		e.left -= size
	}
	return s
}

// jsonSize returns the length of the first rune of s in a JSON string.
func jsonSize(r rune, s string) int {
	switch {
	case r == '"', r == '\\', r == '\n', r == '\r', r == '\t', r == '\b', r == '\f':
		return len(`\n`)
	case r < ' ', r == '<', r == '>', r == '&', r == '\u2028', r == '\u2029':
		return len(`\u0000`)
	case r == utf8.RuneError:
		if _, size := utf8.DecodeRuneInString(s); size == 1 {
			return len(`\ufffd`)
		}
	}
	return utf8.RuneLen(r)
}

// value returns the value that a was made from, or its text.
func (a wireAttr) value(depth int) slog.Value {
	switch a.Kind {
	case slog.KindGroup.String():
		return slog.GroupValue(decodeAttrs(a.Group, depth+1)...)
	case slog.KindTime.String():
		if t, err := time.Parse(time.RFC3339Nano, a.Text); err == nil {
			return slog.TimeValue(t)
		}
	case slog.KindInt64.String():
		if i, err := strconv.ParseInt(a.Text, 10, 64); err == nil {
			return slog.Int64Value(i)
		}
	case slog.KindUint64.String():
		if u, err := strconv.ParseUint(a.Text, 10, 64); err == nil {
			return slog.Uint64Value(u)
		}
	case slog.KindFloat64.String():
		if f, err := strconv.ParseFloat(a.Text, 64); err == nil {
			return slog.Float64Value(f)
		}
	case slog.KindBool.String():
		if b, err := strconv.ParseBool(a.Text); err == nil {
			return slog.BoolValue(b)
		}
	case slog.KindDuration.String():
		if d, err := time.ParseDuration(a.Text); err == nil {
			return slog.DurationValue(d)
		}
	}
	return slog.StringValue(a.Text)
}
