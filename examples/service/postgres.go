package main

import (
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/goplinth/plinth/errors"
)

// openPostgres opens a database that exists. Any number of processes may share it.
func openPostgres(url string) (*store, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err // pgx leaves the password out
	}
	db := stdlib.OpenDB(*cfg)
	// PostgreSQL has a process for each connection, and a hundred by default for all
	// clients: a few busy ones do more than many that wait for each other.
	conns := 4 * runtime.GOMAXPROCS(0)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return &store{write: db, read: db, dialect: dialect{
		name:        "postgres",
		isDuplicate: isPostgresDuplicate,
		lockSchema:  "SELECT pg_advisory_xact_lock(7305861249053)", // any number, as long as all processes lock the same
		skipLocked:  "FOR UPDATE SKIP LOCKED",
	}}, nil
}

func isPostgresDuplicate(err error) bool {
	const uniqueViolation = "23505"
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == uniqueViolation
}
