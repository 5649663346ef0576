// Cacheaside keeps users in memory in front of a slow database. Each is loaded once
// however many ask for it at the same time, a user that does not exist is not asked
// for again and again, and a change is seen by the next reader.
//
//	go run ./examples/cacheaside
//
// What to copy: users, whose three methods are all that the rest of a program sees
// of the cache. When not to: what is read once is not worth keeping, and what must
// never be old belongs into the transaction that reads it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/goplinth/plinth/cache"
)

// An id names a user of a tenant. Any comparable type can be a key, so there is no
// need to build strings.
type id struct {
	tenant string
	user   int
}

// A user is what the database has.
type user struct{ name string }

// A database is slow, and counts what it was asked.
type database struct {
	mu      sync.Mutex
	rows    map[id]user
	queries int
}

func (db *database) find(ctx context.Context, key id) (user, error) {
	select {
	case <-time.After(10 * time.Millisecond): // the way there and back
	case <-ctx.Done():
		return user{}, context.Cause(ctx)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.queries++
	u, ok := db.rows[key]
	if !ok {
		return user{}, fmt.Errorf("%w: user %d of %s", cache.ErrNotFound, key.user, key.tenant)
	}
	return u, nil
}

func (db *database) update(key id, u user) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.rows[key] = u
}

// users is the database with a cache in front.
type users struct {
	db    *database
	cache *cache.Cache[id, user]
}

func newUsers(db *database) (*users, error) {
	c, err := cache.New(cache.Options[id, user]{
		MaxEntries:  10_000,
		TTL:         time.Minute,
		TTLJitter:   0.1, // so that those loaded together do not expire together
		NegativeTTL: time.Second,
		Loader:      db.find,
	})
	if err != nil {
		return nil, err
	}
	return &users{db, c}, nil
}

func (u *users) get(ctx context.Context, key id) (user, error) { return u.cache.GetOrLoad(ctx, key) }

// rename changes the database first. A load that is under way while the entry is
// deleted does not put the old name back.
func (u *users) rename(key id, name string) {
	u.db.update(key, user{name})
	u.cache.Delete(key)
}

func (u *users) close() { u.cache.Close() }

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cacheaside:", err)
		os.Exit(1)
	}
}

// run is main without the process.
func run(ctx context.Context, w io.Writer) error {
	ada := id{"acme", 1}
	db := &database{rows: map[id]user{ada: {"Ada"}, {"acme", 2}: {"Grace"}}}
	users, err := newUsers(db)
	if err != nil {
		return err
	}
	defer users.close()

	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, err := users.get(ctx, ada); err != nil {
				fmt.Fprintln(w, err)
			}
		})
	}
	wg.Wait()
	fmt.Fprintln(w, "100 readers of one user, queries:", db.queries)

	nobody := id{"acme", 99}
	for range 3 {
		if _, err = users.get(ctx, nobody); !errors.Is(err, cache.ErrNotFound) {
			return fmt.Errorf("a user that does not exist: %w", err)
		}
	}
	fmt.Fprintln(w, err)
	fmt.Fprintln(w, "3 readers of a user that does not exist, queries:", db.queries)

	users.rename(ada, "Ada Lovelace")
	u, err := users.get(ctx, ada)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "renamed: %s, queries: %d\n", u.name, db.queries)
	return nil
}
