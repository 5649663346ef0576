package bench

import (
	"strings"
	"testing"
)

// errorsMargin is how much larger than with the standard package a stripped
// program may become that wraps, prints and logs errors.
const errorsMargin = 400_000

const errorsHello = `package main

import (
	"fmt"
	"os"

	"ERRORS"
)

var errGone = errors.New("gone")

func main() {
	err := WRAP
	if errors.Is(err, errGone) {
		fmt.Fprintf(os.Stdout, "%v %+v\n", err, err)
	}
}
`

// TestErrorsSize builds the same small program with both packages. It fails when
// something that every program would carry comes to import net/http or the like.
func TestErrorsSize(t *testing.T) {
	size := func(pkg, wrap string) int64 {
		return sizeOf(t, strings.NewReplacer("ERRORS", pkg, "WRAP", wrap).Replace(errorsHello))
	}
	standard := size("errors", `fmt.Errorf("find: %w", errGone)`)
	plinth := size("github.com/goplinth/plinth/errors", `errors.Wrap(errGone, "find")`)
	t.Logf("standard %d B, plinth %d B, %d B more", standard, plinth, plinth-standard)
	if plinth-standard > errorsMargin {
		t.Errorf("a program with this package is %d B larger than with the standard one; want at most %d B", plinth-standard, errorsMargin)
	}
}
