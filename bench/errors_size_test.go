package bench

import (
	"os"
	"os/exec"
	"path/filepath"
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
		dir, err := os.MkdirTemp(".", "size") // within this module, for its requirements
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		code := strings.NewReplacer("ERRORS", pkg, "WRAP", wrap).Replace(errorsHello)
		if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
		binary := filepath.Join(t.TempDir(), "hello")
		cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", binary, "./"+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		info, err := os.Stat(binary)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	standard := size("errors", `fmt.Errorf("find: %w", errGone)`)
	plinth := size("github.com/goplinth/plinth/errors", `errors.Wrap(errGone, "find")`)
	t.Logf("standard %d B, plinth %d B, %d B more", standard, plinth, plinth-standard)
	if plinth-standard > errorsMargin {
		t.Errorf("a program with this package is %d B larger than with the standard one; want at most %d B", plinth-standard, errorsMargin)
	}
}
