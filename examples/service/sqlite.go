package main

import (
	"context"
	"database/sql"
	"net/url"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/workerpool"
)

// sqliteReaders is how many queries run at the same time.
const sqliteReaders = 4

// openSQLite opens a file, and creates it if need be.
//
// SQLite has one writer at a time, whatever one does. Here that is one connection, which
// a writer owns; several would poll for the lock and overtake each other. With the
// write-ahead log readers do not wait for the writer, nor it for them.
//
// A commit is on the disk before it is acknowledged (synchronous=FULL), so that it
// survives the end of the machine's power and not only that of the process, for which
// NORMAL would do. It costs an fsync for each group of them, see writer.
func openSQLite(ctx context.Context, path string) (*store, error) {
	open := func(max int, extra url.Values) (*sql.DB, error) {
		query := url.Values{"_pragma": {"busy_timeout(5000)", "foreign_keys(1)", "synchronous(FULL)"}}
		for name, values := range extra {
			query[name] = append(query[name], values...)
		}
		db, err := sql.Open("sqlite", "file:"+path+"?"+query.Encode())
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(max)
		db.SetMaxIdleConns(max)
		return db, nil
	}
	// A transaction that began to read and then wants to write could fail at that
	// point; an immediate one has the right to write from the start.
	write, err := open(1, url.Values{"_txlock": {"immediate"}})
	if err != nil {
		return nil, err
	}
	read, err := open(sqliteReaders, url.Values{"_pragma": {"query_only(1)"}})
	if err != nil {
		return nil, errors.Append(err, write.Close())
	}
	if err := useWAL(ctx, write); err != nil {
		return nil, errors.Append(errors.Wrap(err, "open "+path), write.Close(), read.Close())
	}
	return &store{write: write, read: read, dialect: dialect{name: "sqlite", isDuplicate: isSQLiteDuplicate, singleWriter: true}}, nil
}

// useWAL gives a file a write-ahead log, which it has from then on. For this one change
// SQLite does not wait until others have ended theirs, whatever busy_timeout says: of
// several processes that start on a new file any but one could fail.
func useWAL(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	retry := workerpool.Retry[*sql.DB](workerpool.RetryPolicy{
		Attempts: 1000, BaseDelay: time.Millisecond, MaxDelay: 50 * time.Millisecond, Retryable: isSQLiteBusy})
	return retry(func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
		return err
	})(ctx, db)
}

func isSQLiteBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xFF == sqlite3.SQLITE_BUSY // the rest says why
}

func isSQLiteDuplicate(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
