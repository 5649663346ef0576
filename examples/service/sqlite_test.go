package main

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"
)

// TestManyOpenNewFile has several processes, as it were, start on a file that is not
// there yet. For one of them to fail is rare; hence the many files.
func TestManyOpenNewFile(t *testing.T) {
	for i := range 100 {
		path := filepath.Join(t.TempDir(), strconv.Itoa(i))
		openTogether(t, 8, func(ctx context.Context) (*store, error) { return openSQLite(ctx, path) })
	}
}
