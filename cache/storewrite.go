package cache

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// change is a change of a key that the store is to have too.
type change[V any] struct {
	ctx      context.Context
	value    V
	deadline int64
	remove   bool
	done     chan struct{} // closed when the store has it or a later one, or failed
}

// storeWrite is a key with changes that the store does not have yet, or with a
// last one that it failed to take. While there is one, a load does not ask the
// store for the key: that would bring back what was replaced or deleted.
//
// The changes are put here under the lock under which they are made, and one
// goroutine at a time writes them, so that the store gets them in their order.
type storeWrite[K comparable, V any] struct {
	shard *shard[K, V]
	key   K

	// Guarded by shard.mu.
	running bool       // a goroutine writes or is about to
	stuck   bool       // its operation was given up and has not ended
	current *change[V] // what it writes
	next    *change[V] // what is to be written then
	failed  error      // of the last write
}

// maxFailedWrites bounds, for each shard, the keys that are remembered because
// the store did not take their last change.
const maxFailedWrites = 1024

// put notes a change of key for the store, while s is locked. The caller may
// wait for what it returns, unless that is nil. If writer is not nil, it has to
// be written, without the lock.
func (c *Cache[K, V]) put(s *shard[K, V], key K, ch change[V]) (noted <-chan struct{}, writer *storeWrite[K, V]) {
	if key != key {
		return nil, nil
	}
	w := s.writes[key]
	if w == nil {
		w = &storeWrite[K, V]{shard: s, key: key}
		if s.writes == nil {
			s.writes = make(map[K]*storeWrite[K, V])
		}
		s.writes[key] = w
	}
	if w.next == nil {
		ch.done = make(chan struct{})
		w.next = &ch
	} else {
		// Whoever waits for the older change is served by the newer one.
		ch.done = w.next.done
		*w.next = ch
	}
	switch {
	case !w.running:
		w.running = true
		return ch.done, w
	case w.stuck: // no caller waits for a store again and again
		return nil, nil
	}
	return ch.done, nil
}

// putSet is put for a value that was set, and starts the writer.
func (c *Cache[K, V]) putSet(s *shard[K, V], key K, value V, deadline int64) <-chan struct{} {
	noted, w := c.put(s, key, change[V]{ctx: context.Background(), value: value, deadline: deadline})
	if w != nil {
		go c.write(w)
	}
	return noted
}

// writeThrough ends a Set in a cache with a store. It unlocks s.
func (c *Cache[K, V]) writeThrough(s *shard[K, V], key K, value V, deadline int64, left []departure[K, V]) {
	noted := c.putSet(s, key, value, deadline)
	s.mu.Unlock()
	c.notify(left)
	if noted != nil {
		c.awaitStore(noted)
	}
}

// putDelete is putSet for a key that was deleted.
func (c *Cache[K, V]) putDelete(s *shard[K, V], key K) <-chan struct{} {
	noted, w := c.put(s, key, change[V]{ctx: context.Background(), remove: true})
	if w != nil {
		go c.write(w)
	}
	return noted
}

// awaitStore waits until the store has the changes, and at most the timeout.
func (c *Cache[K, V]) awaitStore(changes ...<-chan struct{}) {
	if len(changes) == 0 {
		return
	}
	timeout := time.NewTimer(c.second.timeout)
	defer timeout.Stop()
	for _, done := range changes {
		select {
		case <-done:
		case <-timeout.C:
			return
		}
	}
}

// write writes the changes of a key until there are no more.
func (c *Cache[K, V]) write(w *storeWrite[K, V]) {
	s := w.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	for w.next != nil {
		ch := w.next
		w.current, w.next = ch, nil
		s.mu.Unlock()
		ended, err := c.second.do(ch.ctx, func(ctx context.Context) error { return c.writeChange(ctx, w.key, ch) })
		s.mu.Lock()
		w.failed, w.stuck = err, ended != nil
		close(ch.done)
		if ended != nil {
			// Its effect may be yet to come, and must not come after a later
			// change.
			s.mu.Unlock()
			err = <-ended
			s.mu.Lock()
			w.failed, w.stuck = err, false
		}
	}
	w.running, w.current = false, nil
	if w.failed == nil {
		delete(s.writes, w.key)
		return
	}
	if len(s.writes) > maxFailedWrites {
		for key, other := range s.writes {
			if !other.running && other != w {
				delete(s.writes, key)
				break
			}
		}
	}
}

func (c *Cache[K, V]) writeChange(ctx context.Context, key K, ch *change[V]) error {
	ttl := time.Duration(0)
	if ch.deadline != noDeadline {
		ttl = time.Duration(ch.deadline - c.now())
	}
	if !ch.remove && (ttl > 0 || ch.deadline == noDeadline) {
		return c.second.store.Set(ctx, key, ch.value, ttl)
	}
	if err := c.second.store.Delete(ctx, key); !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// storeBehind returns nil if the store has all changes of key, and otherwise
// why it does not. With wait, it waits for those on their way.
func (c *Cache[K, V]) storeBehind(ctx context.Context, key K, wait bool) error {
	s, _ := c.locate(key)
	for {
		s.mu.Lock()
		w := s.writes[key]
		if w == nil {
			s.mu.Unlock()
			return nil
		}
		var done chan struct{} // nil if there is nothing to wait for
		switch {
		case !w.running || w.stuck:
		case w.next != nil:
			done = w.next.done
		default:
			done = w.current.done
		}
		err := w.failed
		s.mu.Unlock()
		if !wait {
			return errStoreBehind
		}
		if done == nil {
			return fmt.Errorf("%w: %w", errStoreBehind, err)
		}
		select {
		case <-done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
