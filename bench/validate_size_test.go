package bench

import (
	"strings"
	"testing"
)

// validateHello reads a user from JSON.
const validateHello = `package main

import (
	"fmt"
	"io"
	"os"

	IMPORTS
)

type user struct {
	Email string "json:\"email\" validate:\"required,email\""
	Name  string "json:\"name\" validate:\"required,min=1\""
	Age   int    "json:\"age\" validate:\"gte=18\""
}

func read(r io.Reader) (u user, err error) {
	READ
	return u, err
}

func main() {
	MAIN
	fmt.Println(read(os.Stdin))
}
`

// TestValidateSize builds a small program that reads JSON with and without
// validation, and one that serves HTTP besides. It fails when something large comes
// to be linked into every program that validates.
func TestValidateSize(t *testing.T) {
	const (
		decode = "err = json.NewDecoder(r).Decode(&u)"
		serve  = `http.HandleFunc("POST /users", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) })
	http.ListenAndServe(":8080", nil)`
		web    = `"net/http"`
		json   = `"encoding/json"`
		plinth = `"github.com/goplinth/plinth/validate"`
		peer   = `"github.com/go-playground/validator/v10"`
	)
	size := func(read, main string, imports ...string) int64 {
		code := strings.NewReplacer("READ", read, "MAIN", main, "IMPORTS", strings.Join(imports, "\n\t"))
		return sizeOf(t, code.Replace(validateHello))
	}
	for _, program := range []struct {
		name, main string
		imports    []string
		tags, json int64 // limits on what Struct and JSON add
	}{
		{"hello", "", nil, 500_000, 560_000},
		{"server", serve, []string{web}, 400_000, 450_000},
	} {
		with := func(read string, imports ...string) int64 {
			return size(read, program.main, append(imports, program.imports...)...)
		}
		without := with(decode, json)
		tags := with(decode+"\n\tif err == nil {\n\t\terr = validate.Struct(&u)\n\t}", json, plinth) - without
		strict := with("u, err = validate.JSON[user](r)", plinth) - without
		other := with(decode+"\n\tif err == nil {\n\t\terr = validator.New().Struct(&u)\n\t}", json, peer) - without
		t.Logf("%s: %d B without validation, %d B more with Struct, %d B with JSON, %d B with go-playground/validator", program.name, without, tags, strict, other)
		if tags > program.tags || strict > program.json {
			t.Errorf("%s: %d B more with Struct, %d B with JSON; want at most %d and %d B", program.name, tags, strict, program.tags, program.json)
		}
	}
}
