package main

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/goplinth/plinth/workerpool"
)

// TestManyOpenNewFile has several processes, as it were, start on a file that is not
// there yet. For one of them to fail is rare; hence the many files.
func TestManyOpenNewFile(t *testing.T) {
	for i := range 100 {
		path := filepath.Join(t.TempDir(), strconv.Itoa(i))
		opens := workerpool.NewGroup(t.Context())
		for range 8 {
			opens.Go(func(ctx context.Context) error {
				s, err := openSQLite(ctx, path)
				if err != nil {
					return err
				}
				return s.close()
			})
		}
		require.NoError(t, opens.Wait())
	}
}
