package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/goplinth/plinth/workerpool"
)

func TestMigrations(t *testing.T) { forEachEngine(t, testMigrations) }

// testMigrations opens a database several times at once, and one of a newer version.
func testMigrations(t *testing.T, databaseURL string) {
	openTogether(t, 4, func(ctx context.Context) (*store, error) { return openStore(ctx, databaseURL) })
	s, err := openStore(t.Context(), databaseURL)
	require.NoError(t, err)
	_, err = s.write.Exec(`INSERT INTO migrations (step) VALUES (1000)`)
	require.NoError(t, err)
	require.NoError(t, s.close())
	if _, err := openStore(t.Context(), databaseURL); err == nil {
		t.Error("a database of a newer version was opened")
	}
}

// openTogether opens and closes a database n times at once.
func openTogether(t *testing.T, n int, open func(context.Context) (*store, error)) {
	t.Helper()
	opens := workerpool.NewGroup(t.Context())
	for range n {
		opens.Go(func(ctx context.Context) error {
			s, err := open(ctx)
			if err != nil {
				return err
			}
			return s.close()
		})
	}
	require.NoError(t, opens.Wait())
}
