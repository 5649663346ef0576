package errors_test

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"regexp"
	"testing"

	"github.com/goplinth/plinth/errors"
)

// places matches what differs between machines and edits in a line of a tree.
var places = regexp.MustCompile(`\(\S*/(\w+\.go):\d+\)`)

// load returns an error of this package with a foreign one below it.
func load() error {
	err := &fs.PathError{Op: "open", Path: "app.toml", Err: fs.ErrNotExist}
	return errors.Wrap(err, "load config", slog.String("env", "prod"))
}

func start() error {
	return errors.With(errors.Wrapf(load(), "start %s", "api"), errors.WithKind(errors.Internal))
}

func TestFormatTree(t *testing.T) {
	const pkg = "github.com/goplinth/plinth/errors_test"
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"chain", start(), `start api: load config: open app.toml: file does not exist
  at ` + pkg + `.start (format_test.go) [internal]
  at ` + pkg + `.start (format_test.go): start api
  at ` + pkg + `.load (format_test.go): load config env=prod
  *fs.PathError: open app.toml
  *errors.errorString: file does not exist`},
		{"branches", errors.Wrap(errors.Join(fmt.Errorf("a: %w", load()), io.EOF), "both"), `both: a: load config: open app.toml: file does not exist
EOF
  at ` + pkg + `.TestFormatTree (format_test.go): both
  *errors.joinError of 2 errors
  ├─ *fmt.wrapError: a
  │  at ` + pkg + `.load (format_test.go): load config env=prod
  │  *fs.PathError: open app.toml
  │  *errors.errorString: file does not exist
  └─ *errors.errorString: EOF`},
		{"nested branches", errors.Wrap(errors.Join(errors.Join(io.EOF, io.EOF), errors.New("x\ny")), "deep"), `deep: EOF
EOF
x
y
  at ` + pkg + `.TestFormatTree (format_test.go): deep
  *errors.joinError of 2 errors
  ├─ *errors.joinError of 2 errors
  │  ├─ *errors.errorString: EOF
  │  └─ *errors.errorString: EOF
  └─ *errors.errorString: x
       y`},
	} {
		if got := places.ReplaceAllString(fmt.Sprintf("%+v", tt.err), "($1)"); got != tt.want {
			t.Errorf("%s: %%+v prints\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestFormatVerbs(t *testing.T) {
	err := errors.Wrap(io.EOF, "read")
	for format, want := range map[string]string{
		"%v": "read: EOF",
		"%s": "read: EOF",
		"%q": `"read: EOF"`,
		"%d": "%!d(*errors.wrapped=read: EOF)",
	} {
		if got := fmt.Sprintf(format, err); got != want {
			t.Errorf("Sprintf(%q) = %s; want %s", format, got, want)
		}
	}
}

// TestPlaces checks the recorded place for callers that the compiler treats
// in different ways.
func TestPlaces(t *testing.T) {
	const here = `at github\.com/goplinth/plinth/errors_test\.`
	deferred := func() (err error) {
		defer func() { err = errors.Wrap(io.EOF, "x") }()
		return nil
	}
	recovered := func() (err error) {
		defer func() {
			recover()
			err = errors.Wrap(io.EOF, "x")
		}()
		panic("boom")
	}
	goroutine := func() error {
		c := make(chan error)
		go func() { c <- errors.Wrap(io.EOF, "x") }()
		return <-c
	}
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"inlined":      {inlined(), here + `inlined \(.*format_test\.go:\d+\)`},
		"generic":      {generic(1), here + `generic\[\.\.\.\] \(`},
		"method value": {receiver{}.methodValue()(), here + `receiver\.wrap \(`},
		"deferred":     {deferred(), here + `TestPlaces\.func`},
		"recovered":    {recovered(), here + `TestPlaces\.func`},
		"goroutine":    {goroutine(), here + `TestPlaces\.`},
		"Wrapf":        {errors.Wrapf(io.EOF, "x"), here + `TestPlaces \(.*format_test\.go:\d+\): x`},
		"With":         {errors.With(io.EOF), here + `TestPlaces \(.*format_test\.go:\d+\)`},
	} {
		if got := fmt.Sprintf("%+v", tt.err); !regexp.MustCompile(tt.want).MatchString(got) {
			t.Errorf("%s: %%+v prints\n%s\nwant a match of %s", name, got, tt.want)
		}
	}
}

func inlined() error { return errors.Wrap(io.EOF, "x") }

func generic[T any](T) error { return errors.Wrap(io.EOF, "x") }

type receiver struct{}

func (receiver) wrap() error                 { return errors.Wrap(io.EOF, "x") }
func (r receiver) methodValue() func() error { return r.wrap }
