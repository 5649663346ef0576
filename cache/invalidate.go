package cache

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/goplinth/plinth/internal/backoff"
	"github.com/goplinth/plinth/internal/panics"
)

var (
	errNotInForce        = errors.New("cache: the subscription of the store is not in force yet")
	errSubscriptionEnded = errors.New("cache: the subscription of the store ended without an error")
)

const (
	resubscribeBase  = 100 * time.Millisecond
	resubscribeLimit = 10 * time.Second
)

// subscribe starts the goroutine that hears what others change in the store,
// and waits until it does, has failed once, or the timeout has passed. The
// goroutine holds the cache weakly, and ends with Close or with the cache.
func (c *Cache[K, V]) subscribe() {
	l := c.second
	ctx, cancel := context.WithCancel(context.Background())
	l.unsubscribe = cancel
	runtime.AddCleanup(c, func(cancel context.CancelFunc) { cancel() }, cancel)
	settled := make(chan struct{})
	go l.listen(ctx, weak.Make(c), sync.OnceFunc(func() { close(settled) }))
	timeout := time.NewTimer(l.timeout)
	defer timeout.Stop()
	select {
	case <-settled:
	case <-timeout.C:
	}
}

// listen subscribes again and again until ctx ends. It calls settled when the
// first subscription is in force or has failed.
//
// What was missed meanwhile needs no memory: a subscription that comes into
// force says that anything may have changed.
func (l *secondLevel[K, V]) listen(ctx context.Context, self weak.Pointer[Cache[K, V]], settled func()) {
	for attempt := 1; ; attempt++ {
		var inForce atomic.Bool
		ended := make(chan error, 1)
		go panics.Call(
			func() error {
				return l.store.Subscribe(ctx, func(keys ...K) {
					c := self.Value()
					if c == nil {
						return
					}
					c.invalidate(keys)
					if len(keys) == 0 {
						inForce.Store(true)
						l.deaf.Store(nil)
						settled()
					}
				})
			},
			func(err error) { ended <- err },
		)
		var err error
		select {
		case err = <-ended:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errSubscriptionEnded
		}
		l.failures.Add(1)
		l.deaf.Store(&err)
		settled()
		if inForce.Load() {
			attempt = 1
		}
		select {
		case <-time.After(backoff.FullJitter(attempt, resubscribeBase, resubscribeLimit)):
		case <-ctx.Done():
			return
		}
	}
}

// invalidate removes keys that others changed, or everything if there are none.
func (c *Cache[K, V]) invalidate(keys []K) {
	if len(keys) == 0 {
		for i := range c.shards {
			c.notify(c.clear(&c.shards[i], Invalidated))
		}
	}
	for _, key := range keys {
		s, hash := c.locate(key)
		s.mu.Lock()
		s.supersede(key)
		if w := s.writes[key]; w != nil && !w.running {
			// Whatever the store did not take from us, it has something newer.
			delete(s.writes, key)
		}
		var left []departure[K, V]
		if n := s.table.Load().find(hash, key); n != nil {
			left = c.remove(s, n, Invalidated, 0, nil)
		}
		s.mu.Unlock()
		c.notify(left)
	}
}
