package main

import (
	"context"
	"database/sql"
	"log/slog"

	"github.com/goplinth/plinth/errors"
)

// migrations are the steps from an empty database to today's schema, in SQL that all
// engines read. A step that has been released does not change any more: what is to be
// different is a new step.
var migrations = [][]string{
	{
		`CREATE TABLE users (
			id       TEXT PRIMARY KEY,
			email    TEXT NOT NULL UNIQUE,
			name     TEXT NOT NULL,
			password TEXT NOT NULL,
			admin    BOOLEAN NOT NULL,
			created  BIGINT NOT NULL,
			updated  BIGINT NOT NULL,
			version  BIGINT NOT NULL
		)`,
		`CREATE TABLE sessions (
			key     TEXT PRIMARY KEY,
			user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
			expires BIGINT NOT NULL
		)`,
		`CREATE INDEX sessions_user ON sessions (user_id)`,
		`CREATE INDEX sessions_expires ON sessions (expires)`,
	},
	{
		`CREATE TABLE jobs (
			id      TEXT PRIMARY KEY,
			payload TEXT NOT NULL,
			due     BIGINT NOT NULL,
			dead    TEXT
		)`,
		`CREATE INDEX jobs_due ON jobs (due)`,
	},
}

// migrate takes the steps that the database has not seen, all or none. Processes that
// start at the same time do so one after the other.
func (s *store) migrate(ctx context.Context) error {
	return s.transact(ctx, func(ctx context.Context, tx *sql.Tx) error {
		exec := func(query string, args ...any) error {
			_, err := tx.ExecContext(ctx, query, args...)
			return err
		}
		if s.lockSchema != "" {
			if err := exec(s.lockSchema); err != nil {
				return errors.Wrap(err, "lock schema")
			}
		}
		if err := exec(`CREATE TABLE IF NOT EXISTS migrations (step INTEGER PRIMARY KEY)`); err != nil {
			return errors.Wrap(err, "create table of migrations")
		}
		var done int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM migrations`).Scan(&done); err != nil {
			return errors.Wrap(err, "count migrations")
		}
		if done > len(migrations) {
			return errors.Errorf("the database is at step %d of the schema, this program at %d: run a newer version", done, len(migrations))
		}
		for step := done; step < len(migrations); step++ {
			for _, statement := range migrations[step] {
				if err := exec(statement); err != nil {
					return errors.Wrap(err, "migrate", slog.Int("step", step+1))
				}
			}
			if err := exec(`INSERT INTO migrations (step) VALUES ($1)`, step+1); err != nil {
				return errors.Wrap(err, "record migration", slog.Int("step", step+1))
			}
		}
		return nil
	})
}
