package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/errors"
)

// queryTimeout bounds every use of the database, so that one that hangs costs the
// client an error and not a connection for ever.
const queryTimeout = 5 * time.Second

// errEmailTaken is returned when another user has the address. So a sign-up tells who has
// an account, which a log-in does not; to hide it there too takes a mail to confirm.
var errEmailTaken = errors.With(errors.New("the e-mail address is taken"),
	errors.WithKind(errors.AlreadyExists), errors.WithCode("email_taken"), errors.WithPublic("This e-mail address is taken."))

// A store is the database. SQLite and PostgreSQL read the same SQL but for what is in
// dialect, and times are microseconds in both.
type store struct {
	write *sql.DB
	read  *sql.DB // the same as write, unless one writer at a time is all the engine can do
	group *writer // nil unless that is so
	dialect

	// What requests run all the time is parsed once.
	selectUser, selectSession, update *sql.Stmt
}

// A dialect is what differs between the engines.
type dialect struct {
	name         string
	isDuplicate  func(error) bool // reports a value that is taken
	lockSchema   string           // keeps other processes from migrating at the same time
	skipLocked   string           // skips the rows that others are claiming
	singleWriter bool             // one writer at a time, and no other process works on the jobs
}

// openStore opens the database that a URL names and brings its schema up to date.
func openStore(ctx context.Context, url string) (*store, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	var s *store
	var err error
	switch scheme {
	case "sqlite":
		s, err = openSQLite(ctx, rest)
	case "postgres", "postgresql":
		s, err = openPostgres(url)
	default:
		return nil, errors.Errorf("DATABASE_URL: no engine for the scheme %q: must be sqlite or postgres", scheme)
	}
	if err != nil {
		return nil, errors.Wrap(err, "open database")
	}
	if s.singleWriter {
		s.group = newWriter(s.write)
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Append(errors.Wrap(err, "migrate database", slog.String("engine", s.name)), s.close())
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Append(errors.Wrap(err, "prepare statements", slog.String("engine", s.name)), s.close())
	}
	return s, nil
}

func (s *store) prepare(ctx context.Context) error {
	var err1, err2, err3 error
	s.selectUser, err1 = s.read.PrepareContext(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`)
	s.selectSession, err2 = s.read.PrepareContext(ctx, `SELECT u.id, u.admin, s.expires FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.key = $1`)
	s.update, err3 = s.write.PrepareContext(ctx, `UPDATE users SET email = COALESCE($2, email), name = COALESCE($3, name),
		password = COALESCE($4, password), updated = $5, version = version + 1 WHERE id = $1 RETURNING `+userColumns)
	return errors.Join(err1, err2, err3)
}

// close makes the changes that wait and ends the connections.
func (s *store) close() error {
	if s.group != nil {
		s.group.close()
	}
	err := s.write.Close()
	if s.read != s.write {
		err = errors.Append(err, s.read.Close())
	}
	return err
}

// exec runs one statement in a transaction and returns how many rows it has changed.
func (s *store) exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, query, args...)
		if err == nil {
			rows, err = result.RowsAffected()
		}
		return err
	})
	return rows, err
}

// ping reports whether the database answers.
func (s *store) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var one int
	return errors.Wrap(s.read.QueryRowContext(ctx, "SELECT 1").Scan(&one), "ping database")
}

// transact runs f in a transaction, which is rolled back if f fails or panics. All that
// is written goes this way.
func (s *store) transact(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if s.group != nil {
		return s.group.transact(ctx, f)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return errors.Wrap(err, "begin")
	}
	defer tx.Rollback() // does nothing after Commit
	if err := f(ctx, tx); err != nil {
		return err
	}
	return errors.Wrap(tx.Commit(), "commit")
}

const userColumns = "id, email, name, admin, created, updated, version"

// scanUser reads userColumns, and then what more there is.
func scanUser(row interface{ Scan(...any) error }, more ...any) (user, error) {
	var u user
	var created, updated int64
	err := row.Scan(append([]any{&u.ID, &u.Email, &u.Name, &u.Admin, &created, &updated, &u.version}, more...)...)
	u.Created, u.Updated = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	if errors.Is(err, sql.ErrNoRows) {
		err = errNoUser
	}
	return u, err
}

// createUser adds a user, and the job that belongs to it if there is one: both or
// neither.
func (s *store) createUser(ctx context.Context, u user, passwordHash string, j *job) error {
	return s.transact(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO users (id, email, name, password, admin, created, updated, version) VALUES ($1, $2, $3, $4, $5, $6, $7, 1)`,
			u.ID, u.Email, u.Name, passwordHash, u.Admin, u.Created.UnixMicro(), u.Updated.UnixMicro())
		if err != nil && s.isDuplicate(err) {
			return errors.Wrap(errEmailTaken, "insert user")
		}
		if err != nil || j == nil {
			return errors.Wrap(err, "insert user")
		}
		payload, err := json.Marshal(j)
		if err != nil {
			return errors.Wrap(err, "encode job")
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO jobs (id, payload, due) VALUES ($1, $2, 0)`, j.ID, string(payload))
		return errors.Wrap(err, "insert job")
	})
}

// user returns a user, or an error that is errNoUser.
func (s *store) user(ctx context.Context, id string) (user, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	u, err := scanUser(s.selectUser.QueryRowContext(ctx, id))
	return u, errors.Wrap(err, "select user", slog.String("id", id))
}

// userByEmail returns a user and the hash of the password, or an error that is
// errNoUser.
func (s *store) userByEmail(ctx context.Context, email string) (u user, passwordHash string, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	u, err = scanUser(s.read.QueryRowContext(ctx, `SELECT `+userColumns+`, password FROM users WHERE email = $1`, email), &passwordHash)
	return u, passwordHash, errors.Wrap(err, "select user by email")
}

// hasAdmin reports whether anybody is an administrator.
func (s *store) hasAdmin(ctx context.Context) (has bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users WHERE admin)`).Scan(&has)
	return has, errors.Wrap(err, "look for an admin")
}

// listUsers returns a page of the users, the oldest first, and how many there are.
func (s *store) listUsers(ctx context.Context, skip, limit int) (users []user, total int, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM users`).Scan(&total); err != nil {
		return nil, 0, errors.Wrap(err, "count users")
	}
	rows, err := s.read.QueryContext(ctx, `SELECT `+userColumns+` FROM users ORDER BY id LIMIT $1 OFFSET $2`, limit, skip)
	if err != nil {
		return nil, 0, errors.Wrap(err, "list users")
	}
	defer errors.Close(&err, rows)
	users = make([]user, 0, limit) // an empty page is [], not null
	for rows.Next() {
		u, err := scanUser(rows)
		if err != nil {
			return nil, 0, errors.Wrap(err, "scan user")
		}
		users = append(users, u)
	}
	return users, total, errors.Wrap(rows.Err(), "list users")
}

// A change is what a PATCH says. What is nil stays.
type change struct {
	email, name, passwordHash *string
}

// updateUser changes a user and returns it as it is then. A new password ends the
// sessions that the old one began.
func (s *store) updateUser(ctx context.Context, id string, c change) (u user, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		row := tx.StmtContext(ctx, s.update).QueryRowContext(ctx, id, c.email, c.name, c.passwordHash, time.Now().UnixMicro())
		if u, err = scanUser(row); err != nil {
			if s.isDuplicate(err) {
				err = errEmailTaken
			}
			return errors.Wrap(err, "update user", slog.String("id", id))
		}
		if c.passwordHash != nil {
			_, err = tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = $1`, id)
		}
		return errors.Wrap(err, "delete sessions")
	})
	return u, err
}

// deleteUser removes a user and, with it, the sessions.
func (s *store) deleteUser(ctx context.Context, id string) error {
	n, err := s.exec(ctx, `DELETE FROM users WHERE id = $1`, id)
	if err == nil && n == 0 {
		err = errNoUser
	}
	return errors.Wrap(err, "delete user", slog.String("id", id))
}

// createSession adds a session, if the password is still what it was when it was
// checked, and removes the sessions that have expired.
func (s *store) createSession(ctx context.Context, key sessionKey, v session, passwordHash string) error {
	return s.transact(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE expires <= $1`, time.Now().UnixMicro()); err != nil {
			return errors.Wrap(err, "delete expired sessions")
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO sessions (key, user_id, expires)
			SELECT $1, id, $2 FROM users WHERE id = $3 AND password = $4`,
			key.String(), v.expires.UnixMicro(), v.userID, passwordHash)
		if err != nil {
			return errors.Wrap(err, "insert session")
		}
		if n, _ := result.RowsAffected(); n == 0 {
			return errors.Wrap(errLogin, "the password was changed meanwhile")
		}
		return nil
	})
}

// session is the loader of the sessions' cache.
func (s *store) session(ctx context.Context, key sessionKey) (session, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var v session
	var expires int64
	err := s.selectSession.QueryRowContext(ctx, key.String()).Scan(&v.userID, &v.admin, &expires)
	v.expires = time.UnixMicro(expires)
	if errors.Is(err, sql.ErrNoRows) {
		err = cache.ErrNotFound
	}
	return v, errors.Wrap(err, "select session")
}

func (s *store) deleteSession(ctx context.Context, key sessionKey) error {
	_, err := s.exec(ctx, `DELETE FROM sessions WHERE key = $1`, key.String())
	return errors.Wrap(err, "delete session")
}

// claimJobs returns jobs that are due and keeps them from others for the lease.
func (s *store) claimJobs(ctx context.Context, lease time.Duration, limit int) (jobs []job, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		now := time.Now()
		rows, err := tx.QueryContext(ctx, `UPDATE jobs SET due = $1 WHERE id IN (
				SELECT id FROM jobs WHERE due <= $2 AND dead IS NULL ORDER BY due, id LIMIT $3 `+s.skipLocked+`
			) RETURNING payload`, now.Add(lease).UnixMicro(), now.UnixMicro(), limit)
		if err != nil {
			return err
		}
		defer errors.Close(&err, rows)
		for rows.Next() {
			var payload []byte
			if err := rows.Scan(&payload); err != nil {
				return err
			}
			var j job
			if err := json.Unmarshal(payload, &j); err != nil {
				return errors.Wrap(err, "decode job")
			}
			jobs = append(jobs, j)
		}
		return rows.Err()
	})
	return jobs, errors.Wrap(err, "claim jobs")
}

// releaseJobs makes all jobs due again that this process had claimed before it ended,
// which only an engine knows that has no other process beside it.
func (s *store) releaseJobs(ctx context.Context) error {
	if !s.singleWriter {
		return nil
	}
	_, err := s.exec(ctx, `UPDATE jobs SET due = 0 WHERE dead IS NULL`)
	return errors.Wrap(err, "release jobs")
}

func (s *store) deleteJob(ctx context.Context, id string) error {
	_, err := s.exec(ctx, `DELETE FROM jobs WHERE id = $1`, id)
	return errors.Wrap(err, "delete job", slog.String("job", id))
}

// buryJob keeps a job that has failed for good for somebody to look at.
func (s *store) buryJob(ctx context.Context, id, reason string) error {
	_, err := s.exec(ctx, `UPDATE jobs SET dead = $2 WHERE id = $1`, id, reason)
	return errors.Wrap(err, "bury job", slog.String("job", id))
}

// countJobs returns how many jobs wait, and how many have failed for good.
func (s *store) countJobs(ctx context.Context) (pending, dead int, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	err = s.read.QueryRowContext(ctx, `SELECT count(*), count(dead) FROM jobs`).Scan(&pending, &dead)
	return pending - dead, dead, errors.Wrap(err, "count jobs")
}
