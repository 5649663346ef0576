package main

import (
	"strings"
	"testing"
	"testing/synctest"
)

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout strings.Builder
		if err := run(t.Context(), &stdout); err != nil {
			t.Error(err)
		}
		want := `100 readers of one user, queries: 1
cache: not found
3 readers of a user that does not exist, queries: 2
renamed: Ada Lovelace, queries: 3
`
		if got := stdout.String(); got != want {
			t.Errorf("output is\n%s\nwant\n%s", got, want)
		}
	})
}
