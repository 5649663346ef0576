// Validateuser reads users as JSON, one a line, and answers as an API would: with
// the user, or with all that is wrong in the form of RFC 9457, each mistake with a
// JSON pointer to it and a code for programs.
//
//	echo '{"email": "ann@example.com", "password": "correct horse", "age": 30}' | go run ./examples/validateuser
//	go run ./examples/validateuser -example
//
// The exit status is 1 if a user was wrong, but for those of -example, of which
// most are meant to be.
//
// What to copy: the tags of newUser, decode and answer. When not to: what your own
// program has written need not be checked each time it is read.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goplinth/plinth/validate"
)

// newUser is what a client sends to sign up.
type newUser struct {
	Email    string   `json:"email" validate:"required,email"`
	Password string   `json:"password" validate:"required,min=8,max=72"`
	Previous string   `json:"previous_password,omitempty" validate:"omitempty,nefield=Password"`
	Age      int      `json:"age" validate:"min=18,max=150"`
	Country  string   `json:"country,omitempty" validate:"omitempty,iso3166_1_alpha2"`
	Tags     []string `json:"tags,omitempty" validate:"max=5,unique,dive,notblank,max=20"`
}

// examples are one valid user and some that are not.
const examples = `{"email": "ann@example.com", "password": "correct horse", "age": 30, "country": "DE", "tags": ["go", "sql"]}
{"email": "ann", "password": "short", "age": 7, "tags": ["go", "go", " "]}
{"emial": "ann@example.com", "password": "correct horse", "age": "thirty"}
{"email": "ann@example.com", "password": "correct horse", "age": 30, "previous_password": "correct horse"}
{"email": "ann@example.com"
`

// users is compiled when the program starts, so that a mistake in a tag is found
// there and not by the first client.
var users = must(validate.For[newUser](validate.Options{}))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// decode reads one user. Its errors are for the client as they are.
func decode(body io.Reader) (newUser, error) {
	return users.JSON(body, validate.WithMaxBytes(64<<10))
}

// answer returns what an API would answer.
func answer(u newUser, err error) (status int, body any) {
	switch errs, ok := errors.AsType[validate.Errors](err); {
	case ok:
		return errs.HTTPStatus(), errs.Problem()
	case err != nil:
		return 500, map[string]string{"title": "Internal Server Error"}
	}
	return 201, map[string]string{"email": u.Email}
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is main without the process: it returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("validateuser", flag.ContinueOnError)
	flags.SetOutput(stderr)
	example := flags.Bool("example", false, "check a few users that come with the program")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *example {
		stdin = strings.NewReader(examples)
	}
	exit := 0
	lines := bufio.NewScanner(stdin)
	lines.Buffer(nil, 128<<10)
	for lines.Scan() {
		u, err := decode(strings.NewReader(lines.Text()))
		status, body := answer(u, err)
		text, err := json.MarshalIndent(body, "", "  ")
		if err != nil {
			fmt.Fprintln(stderr, "validateuser:", err)
			return 1
		}
		fmt.Fprintf(stdout, "%d %s\n", status, text)
		if status != 201 && !*example {
			exit = 1
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(stderr, "validateuser: reading users:", err)
		return 1
	}
	return exit
}
