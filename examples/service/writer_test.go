package main

import (
	"context"
	"database/sql"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/goplinth/plinth/errors"
)

// TestGroupCommit has changes that fail, panic or are given up between others that do
// not, all in the same group.
func TestGroupCommit(t *testing.T) {
	s, err := openSQLite(t.Context(), t.TempDir()+"/test.db")
	require.NoError(t, err)
	_, err = s.write.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY)`)
	require.NoError(t, err)
	w := newWriter(s.write)
	insert := func(id int) func(context.Context, *sql.Tx) error {
		return func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO t (id) VALUES ($1)`, id)
			return err
		}
	}
	// The first change holds up the writer until the others wait.
	began, goOn := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		first <- w.transact(context.Background(), func(ctx context.Context, tx *sql.Tx) error {
			close(began)
			<-goOn
			return insert(0)(ctx, tx)
		})
	}()
	<-began
	gone, leave := context.WithCancelCause(t.Context())
	errLeft := errors.New("left")
	boom := errors.New("boom")
	var wg sync.WaitGroup
	var mu sync.Mutex
	for id := 1; id <= 40; id++ {
		ctx, f, want := t.Context(), insert(id), error(nil)
		switch id % 4 {
		case 1:
			want = boom
			f = func(ctx context.Context, tx *sql.Tx) error {
				return errors.Append(insert(id)(ctx, tx), boom) // is to leave no trace
			}
		case 2:
			want = boom
			f = func(ctx context.Context, tx *sql.Tx) error {
				if err := insert(id)(ctx, tx); err != nil {
					return err
				}
				panic(boom)
			}
		case 3:
			ctx, want = gone, errLeft
		}
		wg.Go(func() {
			got := w.transact(ctx, f)
			mu.Lock()
			defer mu.Unlock()
			if !errors.Is(got, want) {
				t.Errorf("transact of %d = %v; want %v", id, got, want)
			}
		})
	}
	eventually(t, "all changes wait", func() bool { return len(w.changes) == 40 })
	leave(errLeft)
	close(goOn)
	wg.Wait()
	require.NoError(t, <-first)
	w.close()
	var ids string
	require.NoError(t, s.read.QueryRow(`SELECT group_concat(id) FROM t`).Scan(&ids))
	if want := "0,4,8,12,16,20,24,28,32,36,40"; ids != want {
		t.Errorf("the table has %s; want %s", ids, want)
	}
	require.NoError(t, s.close())
}

// TestGroupFails looks at what waits for a commit that is not possible.
func TestGroupFails(t *testing.T) {
	s, err := openSQLite(t.Context(), t.TempDir()+"/test.db")
	require.NoError(t, err)
	w := newWriter(s.write)
	require.NoError(t, s.close())
	for i := range 3 {
		err := w.transact(t.Context(), func(context.Context, *sql.Tx) error { return nil })
		if err == nil {
			t.Errorf("transact %d of a closed database = nil; want an error", i)
		}
	}
	w.close()
	if err := w.transact(t.Context(), func(context.Context, *sql.Tx) error { return nil }); !errors.Is(err, errClosed) {
		t.Errorf("transact after close = %v; want %v", err, errClosed)
	}
}
