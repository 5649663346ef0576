package main

import (
	"context"
	"database/sql"
	"runtime"

	"github.com/goplinth/plinth/errors"
)

// maxGroup is how many changes are committed together at most.
const maxGroup = 256

// A writer commits changes in groups, for an engine that has one writer at a time: what
// has come while the disk was busy with the last group is the next one. The time of a
// commit is that of the disk, and is shared by all of them, so that a slow disk costs
// each some time and not all of them their turn. PostgreSQL does the same by itself.
type writer struct {
	db      *sql.DB
	changes chan *groupedChange
	closing chan struct{} // closed by close
	ended   chan struct{} // closed when no more changes are made
}

// errClosed is returned when a change comes after the end of the store.
var errClosed = errors.With(errors.New("the store is closed"), errors.WithKind(errors.Unavailable))

type groupedChange struct {
	ctx    context.Context
	f      func(context.Context, *sql.Tx) error
	result chan error // has room for one
}

func newWriter(db *sql.DB) *writer {
	w := &writer{db: db, changes: make(chan *groupedChange, maxGroup), closing: make(chan struct{}), ended: make(chan struct{})}
	go w.run()
	return w
}

// close makes the changes that wait and ends the writer. It is to be called once.
func (w *writer) close() {
	close(w.closing)
	<-w.ended
}

// transact has f run in a transaction, and returns when that is committed. If ctx ends
// before its turn has come, f is not run.
func (w *writer) transact(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	c := &groupedChange{ctx, f, make(chan error, 1)}
	select {
	case w.changes <- c:
	case <-ctx.Done():
		return errors.Wrap(context.Cause(ctx), "wait for the writer")
	}
	// The end of ctx does not matter any more: f may be running, and its outcome does.
	select {
	case err := <-c.result:
		return err
	case <-w.ended:
	}
	select {
	case err := <-c.result:
		return err
	default:
		return errClosed
	}
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		select {
		case first := <-w.changes:
			w.commit(w.collect(first))
		case <-w.closing:
			for len(w.changes) > 0 {
				w.commit(w.collect(<-w.changes))
			}
			return
		}
	}
}

// collect returns a change and those that wait behind it. On a busy machine more are
// about to come: those who bring them have their turn first, for fewer and larger
// groups. Where nobody else wants to run, that costs nothing.
func (w *writer) collect(first *groupedChange) []*groupedChange {
	runtime.Gosched()
	group := []*groupedChange{first}
	for len(group) < maxGroup && len(w.changes) > 0 {
		group = append(group, <-w.changes)
	}
	return group
}

// commit makes the changes of a group, of which one that fails leaves no trace, and
// commits them all or none.
func (w *writer) commit(group []*groupedChange) {
	// Not the context of any one of them: to interrupt a statement would roll back what
	// the others have done.
	ctx, cancel := context.WithTimeout(context.Background(), queryTimeout)
	defer cancel()
	results := make([]error, len(group))
	err := func() error {
		tx, err := w.db.BeginTx(ctx, nil)
		if err != nil {
			return errors.Wrap(err, "begin")
		}
		defer tx.Rollback() // does nothing after Commit
		for i, c := range group {
			if results[i] = context.Cause(c.ctx); results[i] == nil {
				if results[i], err = w.change(ctx, tx, c); err != nil {
					return err
				}
			}
		}
		return errors.Wrap(tx.Commit(), "commit")
	}()
	for i, c := range group {
		c.result <- errors.Append(results[i], err)
	}
}

// change makes one change. The first error is that of the change, the second one that
// of the transaction.
func (w *writer) change(ctx context.Context, tx *sql.Tx, c *groupedChange) (failure, err error) {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT change"); err != nil {
		return nil, errors.Wrap(err, "set savepoint")
	}
	failure = func() (err error) {
		defer errors.Recover(&err)
		return c.f(ctx, tx)
	}()
	if failure != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO change"); err != nil {
			return failure, errors.Wrap(err, "roll back to savepoint")
		}
	}
	_, err = tx.ExecContext(ctx, "RELEASE change")
	return failure, errors.Wrap(err, "release savepoint")
}
