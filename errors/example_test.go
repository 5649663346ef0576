package errors_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"

	"github.com/goplinth/plinth/errors"
)

var errNoSpace = errors.New("no space left")

func ExampleNew() {
	err := fmt.Errorf("write record 7: %w", errNoSpace)
	fmt.Println(errors.Is(err, errNoSpace))
	// Output: true
}

func ExampleIs() {
	err := errors.Wrap(errors.NotFound, "user 7")
	fmt.Println(err)
	fmt.Println(errors.Is(err, errors.NotFound))
	// Output:
	// user 7: not found
	// true
}

func ExampleAs() {
	_, err := os.Open("no/such/file")
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		fmt.Println(pathErr.Path)
	}
	// Output: no/such/file
}

func ExampleAsType() {
	_, err := os.Open("no/such/file")
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		fmt.Println(pathErr.Path)
	}
	// Output: no/such/file
}

func ExampleJoin() {
	err := errors.Join(errNoSpace, nil, io.ErrClosedPipe)
	fmt.Println(err)
	// Output:
	// no space left
	// io: read/write on closed pipe
}

func ExampleUnwrap() {
	err := errors.Wrap(errNoSpace, "write record 7")
	fmt.Println(errors.Unwrap(err))
	// Output: no space left
}

func ExampleAll() {
	err := errors.Wrap(errors.Join(errNoSpace, io.ErrClosedPipe), "write record 7")
	for e := range errors.All(err) {
		fmt.Printf("%q\n", e.Error())
	}
	// Output:
	// "write record 7: no space left\nio: read/write on closed pipe"
	// "no space left\nio: read/write on closed pipe"
	// "no space left"
	// "io: read/write on closed pipe"
}

func ExampleWrap() {
	err := errors.Wrap(errNoSpace, "write record", slog.Int("id", 7))
	err = errors.Wrap(err, "import users")
	fmt.Println(err)
	fmt.Println(errors.Attrs(err))
	// Output:
	// import users: write record: no space left
	// [id=7]
}

func ExampleWrapf() {
	err := errors.Wrapf(errNoSpace, "write record %d", 7)
	fmt.Println(err)
	// Output: write record 7: no space left
}

func ExampleWith() {
	err := errors.With(errNoSpace, errors.WithKind(errors.ResourceExhausted), errors.WithAttrs(slog.String("disk", "sda")))
	fmt.Println(err)
	fmt.Println(errors.KindOf(err), errors.Attrs(err))
	// Output:
	// no space left
	// resource exhausted [disk=sda]
}

func ExampleWithKind() {
	err := errors.With(errNoSpace, errors.WithKind(errors.ResourceExhausted))
	fmt.Println(errors.Is(err, errors.ResourceExhausted), errors.Is(err, errNoSpace))
	// Output: true true
}

// Attributes survive wrapping by fmt.Errorf, so the place that logs an error
// need not be the place that knew the details.
func ExampleWithAttrs() {
	err := errors.With(errNoSpace, errors.WithAttrs(slog.String("disk", "sda")))
	err = fmt.Errorf("import users: %w", err)

	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: dropTime}))
	log.LogAttrs(context.Background(), slog.LevelError, err.Error(), errors.Attrs(err)...)
	// Output: level=ERROR msg="import users: no space left" disk=sda
}

func dropTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func ExampleAttrs() {
	err := errors.Wrap(errNoSpace, "write", slog.Int("id", 7))
	err = errors.Wrap(fmt.Errorf("import: %w", err), "sync", slog.String("peer", "b"))
	fmt.Println(errors.Attrs(err))
	// Output: [peer=b id=7]
}

func ExampleKindOf() {
	_, err := os.Open("no/such/file")
	fmt.Println(errors.KindOf(err))
	fmt.Println(errors.KindOf(errors.Wrap(err, "start")))
	fmt.Println(errors.KindOf(errors.With(err, errors.WithKind(errors.Internal))))
	// Output:
	// not found
	// not found
	// internal
}

func ExampleHTTPStatus() {
	err := errors.Wrap(errors.PermissionDenied, "delete user 7")
	status := errors.HTTPStatus(err)
	fmt.Println(status, http.StatusText(status))
	// Output: 403 Forbidden
}
