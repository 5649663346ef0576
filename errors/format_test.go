package errors_test

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

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

		"%12v|":  "   read: EOF|",
		"%-12s|": "read: EOF   |",
		"%.4s":   "read",
		"%x":     "726561643a20454f46",
		"%#v":    `errors.Wrap(&errors.errorString{s:"EOF"}, "read")`,
	} {
		if got := fmt.Sprintf(format, err); got != want {
			t.Errorf("Sprintf(%q) = %s; want %s", format, got, want)
		}
	}
}

func TestFormatGoSyntax(t *testing.T) {
	for want, err := range map[string]error{
		`errors.Errorf("a", <nil>)`:      errors.Errorf("a"),
		`errors.Errorf("a b", "a", "b")`: errors.Errorf("%w %w", errors.Const("a"), errors.Const("b")),
		`errors.Append("a", "b")`:        errors.Append(errors.Const("a"), errors.Const("b")),
		`errors.WithStack("a")`:          errors.WithStack(errors.Const("a")),
		`errors.Wrap("a", "")`:           errors.With(errors.Const("a"), errors.WithRetry(true)),
	} {
		if got := fmt.Sprintf("%#v", err); got != want {
			t.Errorf("%%#v prints %s; want %s", got, want)
		}
	}
}

// TestTree has one of everything that a line can show.
func TestTree(t *testing.T) {
	const pkg = "github.com/goplinth/plinth/errors_test"
	err := errors.With(io.EOF,
		errors.WithKind(errors.NotFound), errors.WithCode("no_user"), errors.WithPublic("no such\nuser"), errors.WithRetryAfter(time.Second),
		errors.WithAttrs(slog.String("a b", `"`), slog.Any("token", errors.Secret("hunter2")), slog.String("e", "")),
		errors.WithHint("look\naround"), errors.WithSecondary(errors.Errorf("clean: %w", io.ErrNoProgress)))
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"nil", nil, ""},
		{"foreign", io.EOF, "EOF\n  *errors.errorString: EOF"},
		{"details", err, `EOF
  at ` + pkg + `.TestTree (format_test.go) [not found] code=no_user public="no such\nuser" retry="after 1s" "a b"="\"" token=[redacted] e=""
    hint: look
      around
    besides: at ` + pkg + `.TestTree (format_test.go): clean
      *errors.errorString: multiple Read calls return no data or error
  *errors.errorString: EOF`},
		{"retry", errors.With(errors.NotFound, errors.WithRetry(false)), `not found
  at ` + pkg + `.TestTree (format_test.go) retry=false
  errors.Kind: not found`},
		{"a text that would be a line", errors.Wrap(io.EOF, "x\r\n  at main.main (forged.go:1)"), "x\r\n  at main.main (forged.go): EOF" + `
  at ` + pkg + `.TestTree (format_test.go): x\r
      at main.main (forged.go)
  *errors.errorString: EOF`},
		{"appended", errors.Append(errors.Errorf("%w %w", io.EOF, errors.Const("a")), list{nil, io.EOF}), `EOF a
list
  *errors.appended of 2 errors
  ├─ at ` + pkg + `.TestTree (format_test.go): EOF a
  │  ├─ *errors.errorString: EOF
  │  └─ errors.Const: a
  └─ errors_test.list: list
     ├─ nil
     └─ *errors.errorString: EOF`},
		{"decoded", roundTrip(t, errors.Wrap(fmt.Errorf("y: %w", io.EOF), "x", slog.Int("a", 1))), `x: y: EOF
  elsewhere: x a=1
  *fmt.wrapError: y
  *errors.errorString: EOF`},
	} {
		got := places.ReplaceAllString(errors.Tree(tt.err), "($1)")
		if got = strings.ReplaceAll(got, "forged.go:1", "forged.go"); got != tt.want {
			t.Errorf("%s: Tree returns\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestTreeOfStacks(t *testing.T) {
	stack := errors.Tree(errors.Wrap(stacked(io.EOF), "x"))
	panicked := errors.Tree(func() (err error) {
		defer errors.Recover(&err)
		return explode("boom")
	}())
	others := errors.Tree(errors.Wrap(&errors.PanicError{Value: "boom", Stack: []byte("goroutine 1\nmain.main()\n")}, "x"))
	for text, pattern := range map[string]string{
		stack:    `^x: EOF\n  at \S+TestTreeOfStacks \(.*\): x\n  at \S+\.stacked \(.*\)\n    called by \S+\.TestTreeOfStacks \(.*\)\n(    called by .*\n)+  \*errors.errorString: EOF$`,
		panicked: `^panic: boom\n  at \S+\.explode \(.*\) \[internal\]\n  at \S+\.explode \(.*\)\n(    called by .*\n)+  \*panics.Error: panic: boom$`,
		others:   `^x: panic: boom\n  at .*: x\n  \*panics.Error: panic: boom\n    goroutine 1\n    main.main\(\)$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("Tree returns\n%s\nwant a match of %s", text, pattern)
		}
	}
}
