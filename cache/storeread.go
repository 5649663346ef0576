package cache

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// answer is what the store had for a load.
type answer struct {
	state answerState
	ttl   time.Duration // of what it has; 0 if that does not expire
}

type answerState uint8

const (
	unasked   answerState = iota // it may have an older value
	silent                       // it could not be asked
	nothing                      // it has nothing
	something                    // it has a value
)

// readStore asks the store for key. Without a loader to turn to instead, it
// waits for a change of key that is on its way there.
func (c *Cache[K, V]) readStore(ctx context.Context, key K, noLoader bool) (value V, got answer, err error) {
	if key != key {
		return value, answer{state: nothing}, ErrNotFound
	}
	if err := c.storeBehind(ctx, key, noLoader); err != nil {
		return value, got, err
	}
	l := c.second
	var found V
	var ttl time.Duration
	ended, err := l.do(ctx, func(ctx context.Context) (err error) {
		found, ttl, err = l.store.Get(ctx, key)
		return err
	})
	switch {
	case ended != nil:
		return value, answer{state: silent}, storeError(err)
	case errors.Is(err, ErrNotFound), err == nil && ttl < 0:
		l.misses.Add(1)
		return value, answer{state: nothing}, ErrNotFound
	case err != nil:
		return value, answer{state: silent}, storeError(err)
	}
	l.hits.Add(1)
	return found, answer{something, ttl}, nil
}

// storeError returns an error of the store as a load reports it.
func storeError(err error) error { return fmt.Errorf("cache: load from the store: %w", err) }

// shorter returns the shorter of two times to live, of which 0 is the longest.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
