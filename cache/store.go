package cache

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/goplinth/plinth/internal/panics"
)

// A Store is a second level behind the caches of several processes, such as a
// Redis server. Its methods are called concurrently. An implementation can be
// checked by the tests of package storetest.
type Store[K comparable, V any] interface {
	// Get returns the value of key and how much longer it lives, or
	// [ErrNotFound]. A ttl of 0 means that it does not expire.
	Get(ctx context.Context, key K) (value V, ttl time.Duration, err error)

	// Set stores a value that lives for ttl; 0 means that it does not expire.
	Set(ctx context.Context, key K, value V, ttl time.Duration) error

	// Delete removes key. That there is none is no error.
	Delete(ctx context.Context, key K) error

	// Subscribe calls invalidate with the keys that others set or deleted,
	// after each change, until ctx ends or the subscription fails, and returns
	// why. Changes made through this Store are not reported: they would remove
	// the values that the cache has just been given.
	//
	// Without keys, invalidate means that anything may have changed. Subscribe
	// calls it so once the subscription is in force, and whenever a change may
	// have been missed. A Store that nobody else writes does that and waits for
	// ctx to end.
	Subscribe(ctx context.Context, invalidate func(keys ...K)) error
}

const (
	defaultStoreTimeout = 100 * time.Millisecond

	// maxStoreOps bounds the operations of a Store that run at a time. Half of
	// them may have been given up: then no more begin.
	maxStoreOps = 256

	// storeReads and storeWrites are how many operations one bulk load has
	// running.
	storeReads  = 16
	storeWrites = 64
)

var (
	errStoreTimeout = fmt.Errorf("cache: the store did not answer within Options.StoreTimeout: %w", context.DeadlineExceeded)
	errStoreBusy    = fmt.Errorf("cache: the store has %d operations running and takes no more", maxStoreOps)
	errStoreBehind  = errors.New("cache: the store does not have the last change of the key")
)

// secondLevel is what a cache with a Store has besides. It does not know the
// cache, which it must not keep from being garbage.
type secondLevel[K comparable, V any] struct {
	store   Store[K, V]
	timeout time.Duration
	slots   chan struct{} // holds an element for each operation that runs
	givenUp atomic.Int64  // operations that run though nobody waits
	breaker breaker

	hits, misses, failures atomic.Uint64

	unsubscribe context.CancelFunc
	deaf        atomic.Pointer[error] // why the subscription is not in force, or nil
}

func newSecondLevel[K comparable, V any](o *Options[K, V]) *secondLevel[K, V] {
	l := &secondLevel[K, V]{store: o.Store, timeout: o.StoreTimeout, slots: make(chan struct{}, maxStoreOps)}
	if l.timeout == 0 {
		l.timeout = defaultStoreTimeout
	}
	l.breaker.rest = l.timeout
	l.deaf.Store(&errNotInForce)
	return l
}

// do runs op on a goroutine of its own and waits for it until ctx ends or the
// timeout has passed, even if op does not heed its context. If op then still
// runs, ended yields its error when it is over. What op writes may be read only
// if ended is nil.
func (l *secondLevel[K, V]) do(ctx context.Context, op func(context.Context) error) (ended <-chan error, err error) {
	probe, err := l.breaker.enter()
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, l.timeout, errStoreTimeout)
	defer cancel()
	ended, err = l.attempt(limited, op)
	switch {
	case err == nil || errors.Is(err, ErrNotFound):
		l.breaker.leave(probe, answered, nil)
	case ctx.Err() != nil: // it says nothing about the store that nobody waits any more
		l.breaker.leave(probe, unknown, nil)
	case err == errStoreBusy && !probe: // the fault may be ours
		l.failures.Add(1)
		l.breaker.leave(probe, unknown, err)
	default:
		l.failures.Add(1)
		l.breaker.leave(probe, failed, err)
	}
	return ended, err
}

func (l *secondLevel[K, V]) attempt(ctx context.Context, op func(context.Context) error) (ended <-chan error, err error) {
	if l.givenUp.Load() >= maxStoreOps/2 {
		return nil, errStoreBusy
	}
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, errStoreBusy
	}
	var settled atomic.Bool // by op, or by giving up
	result := make(chan error, 1)
	go panics.Call(
		func() error { return op(ctx) },
		func(err error) {
			<-l.slots
			if !settled.CompareAndSwap(false, true) {
				l.givenUp.Add(-1)
			}
			result <- err
		},
	)
	select {
	case err := <-result:
		return nil, err
	case <-ctx.Done():
		if settled.CompareAndSwap(false, true) {
			l.givenUp.Add(1)
			return result, context.Cause(ctx)
		}
		return nil, <-result
	}
}

// lastError returns the error of the last operation, or of the subscription if
// the operation had none.
func (l *secondLevel[K, V]) lastError() error {
	if err := l.breaker.lastError(); err != nil {
		return err
	}
	if err := l.deaf.Load(); err != nil {
		return *err
	}
	return nil
}
