package validatevet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const form = `package form

type Form struct {
	Email string ` + "`validate:\"emial\" binding:\"requird\"`" + `
	Sure  bool   ` + "`validate:\"required\"`" + `
}
`

// tool builds the program.
func tool(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "validatevet")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/validatevet").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return binary
}

// module writes a module with one file.
func module(t *testing.T, code string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/form\n\ngo 1.26.0\n", "form.go": code} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// runIn returns what a command prints in a directory, and whether it succeeds.
func runIn(t *testing.T, dir string, command ...string) (out string, ok bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	text, err := cmd.CombinedOutput()
	return string(text), err == nil
}

func TestGoVet(t *testing.T) {
	vettool := "-vettool=" + tool(t)
	dir := module(t, form)
	const (
		emial   = `form.go:4:26: Form.Email: tag "emial": unknown rule; did you mean email?`
		sure    = `form.go:5:26: Form.Sure: required on a bool holds only for true`
		requird = `form.go:4:42: Form.Email: tag "requird": unknown rule; did you mean required?`
	)
	for _, tt := range []struct {
		flags []string
		want  []string
	}{
		{nil, []string{emial, sure}},
		{[]string{"-hints=false"}, []string{emial}},
		{[]string{"-tag=binding"}, []string{requird}},
		{[]string{"-rules=emial,other", "-hints=false"}, nil},
		{[]string{"-rules=dive"}, []string{"validatevet: -rules=dive: "}},
		{[]string{"-tag=a:b"}, []string{"validatevet: -tag=a:b: "}},
	} {
		out, ok := runIn(t, dir, append(append([]string{"go", "vet", vettool}, tt.flags...), "./...")...)
		if ok != (tt.want == nil) {
			t.Errorf("go vet %q: success is %v; want %v\n%s", tt.flags, ok, tt.want == nil, out)
		}
		for _, line := range tt.want {
			if !strings.Contains(out, line) {
				t.Errorf("go vet %q prints\n%s\nwant a line with\n%s", tt.flags, out, line)
			}
		}
		if got := strings.Count(out, "form.go:"); tt.want != nil && strings.HasPrefix(tt.want[0], "form.go") && got != len(tt.want) {
			t.Errorf("go vet %q prints %d lines; want %d\n%s", tt.flags, got, len(tt.want), out)
		}
	}
}

func TestFixFlag(t *testing.T) {
	dir := module(t, form)
	runIn(t, dir, tool(t), "-fix", "-tag=validate,binding", "./...")
	text, err := os.ReadFile(filepath.Join(dir, "form.go"))
	require.NoError(t, err)
	want := strings.ReplaceAll(strings.ReplaceAll(form, "emial", "email"), "requird", "required")
	if got := string(text); got != want {
		t.Errorf("the file after -fix:\n%s\nwant\n%s", got, want)
	}
}

// TestThisRepository finds nothing in the packages and examples of the root
// module. Their tests are full of mistakes that are made on purpose.
func TestThisRepository(t *testing.T) {
	if out, ok := runIn(t, filepath.Join("..", ".."), tool(t), "-test=false", "./..."); !ok || out != "" {
		t.Errorf("validatevet -test=false ./... succeeds: %v; it prints\n%s", ok, out)
	}
}
