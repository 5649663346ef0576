package errors

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Decode returns the error that [Encode] wrote, or nil if data is empty or null.
// What it returns for data that Encode cannot have written wraps
// [ErrMalformed] and has the kind InvalidArgument. data may come from anybody:
// it is bounded in size and depth, and can cause neither a panic nor a type of
// this process to be made. Whether to believe it is another question; so far as
// it has a public text, [Public] returns that.
func Decode(data []byte) error {
	if len(data) == 0 || string(data) == "null" {
		return nil
	}
	if len(data) > maxEncoded {
		return malformed("%d bytes are more than %d", len(data), maxEncoded)
	}
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return malformed("%v", err)
	}
	if w.Version != wireVersion {
		return malformed("version %d is not %d", w.Version, wireVersion)
	}
	if w.Error == nil {
		return malformed("there is no error in it")
	}
	err := w.Error.error(0)
	if err == nil {
		return malformed("more than %d levels", maxDepth)
	}
	return err
}

func malformed(format string, args ...any) error {
	return &detailed{wrapped{cause: ErrMalformed, msg: "decode: " + fmt.Sprintf(format, args...)}, detail{kind: InvalidArgument}}
}

// error returns the error that n was made from, or nil if the tree is too deep.
func (n *node) error(depth int) error {
	if n == nil || depth > maxDepth {
		return nil
	}
	if n.Const != nil {
		return Const(*n.Const)
	}
	causes := decodeNodes(n.Causes, depth+1)
	if causes == nil && len(n.Causes) > 0 {
		return nil
	}
	switch {
	case n.Type == "" && n.Many && len(causes) > 0:
		return errors.Join(causes...)
	case n.Type == "" && len(causes) == 1:
		return n.hop(causes[0], depth)
	case n.Type == "" && n.Text == "" && len(causes) == 0 && n.Kind != OK:
		return n.Kind
	case n.Many:
		return &remoteMany{cmp.Or(n.Type, anyType), n.Text, n.Kind, causes}
	}
	r := &remote{typ: cmp.Or(n.Type, anyType), text: n.Text, kind: n.Kind}
	if len(causes) > 0 {
		r.cause = causes[0]
		if n.Ends {
			r.text += r.cause.Error()
		}
	}
	return r
}

// hop returns what Wrap and With made.
func (n *node) hop(cause error, depth int) error {
	w := wrapped{cause: cause, msg: n.Text}
	d := detail{
		kind: n.Kind, code: n.Code, public: n.Public, hints: n.Hints,
		attrs:     decodeAttrs(n.Attrs, depth),
		secondary: decodeNodes(n.Secondary, depth+1),
	}
	switch {
	case n.Retry != nil && *n.Retry:
		d.retry, d.after = again, time.Duration(n.RetryAfter) // of zero or less says nothing
		return &retrying{detailed{w, d}}
	case n.Retry != nil:
		d.retry = never
		return &retrying{detailed{w, d}}
	case d.kind == OK && d.code == "" && d.public == "" && d.hints == nil && d.attrs == nil && d.secondary == nil:
		return &w
	}
	return &detailed{w, d}
}

// decodeNodes returns an error for each node, or nil if there are none or one of
// them is too deep.
func decodeNodes(nodes []*node, depth int) []error {
	var errs []error
	for _, n := range nodes {
		err := n.error(depth)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errs
}

func decodeAttrs(attrs []wireAttr, depth int) []slog.Attr {
	if depth > maxDepth {
		return nil
	}
	var out []slog.Attr
	for _, a := range attrs {
		out = append(out, slog.Attr{Key: a.Key, Value: a.value(depth)})
	}
	return out
}

// anyType is the type of an error whose own is not known. It is not empty, which
// would make the error a hop when it is encoded again.
const anyType = "error"

// remote is an error of another package in another process.
type remote struct {
	typ   string
	text  string
	kind  Kind  // OK if it had none
	cause error // may be nil
}

func (r *remote) Error() string        { return r.text }
func (r *remote) Unwrap() error        { return r.cause }
func (r *remote) Is(target error) bool { return isKind(r.kind, target) }

// remoteMany is a remote with several causes.
type remoteMany struct {
	typ    string
	text   string
	kind   Kind
	causes []error
}

func (r *remoteMany) Error() string        { return r.text }
func (r *remoteMany) Unwrap() []error      { return r.causes }
func (r *remoteMany) Is(target error) bool { return isKind(r.kind, target) }

// isKind reports whether target is k and k is one.
func isKind(k Kind, target error) bool {
	t, ok := target.(Kind)
	return ok && k != OK && t == k
}
