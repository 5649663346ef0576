package cache

import (
	"context"

	"github.com/goplinth/plinth/internal/panics"
)

// load is a call of a loader. It ends by itself, by its context, or by a
// panic, and in each case closes done.
//
// Only a load whose result is still worth having takes in new callers. One
// that was superseded by a Set or Delete, or was abandoned by all its callers
// and so has a context that ended, is waited for, because a key is loaded once
// at a time, and then the caller looks again.
type load[V any] struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when value and err are final
	value  V
	err    error

	// Guarded by Cache.mu.
	waiting    int  // callers that will take the result
	superseded bool // the key was set or deleted since the load began
}

// GetOrLoad returns the value of key. If there is none, it is loaded with
// [Options].Loader and stored. Callers that ask for a key while it is being
// loaded get the result of that load.
//
// The error is the loader's, a [*PanicError] if it panicked, or the cause of
// ctx if that ends first. A value that is at hand is returned even if ctx has
// ended.
func (c *Cache[K, V]) GetOrLoad(ctx context.Context, key K) (V, error) {
	return c.GetOrLoadFunc(ctx, key, c.options.Loader)
}

// GetOrLoadFunc is [Cache.GetOrLoad] with a loader of its own. Callers that
// share a load get the result of the loader that was first.
func (c *Cache[K, V]) GetOrLoadFunc(ctx context.Context, key K, loader func(context.Context, K) (V, error)) (V, error) {
	var none V
	for {
		if value, ok := c.Get(key); ok {
			return value, nil
		}
		if loader == nil {
			return none, errNoLoader
		}
		if ctx.Err() != nil {
			return none, context.Cause(ctx)
		}
		l, joined := c.join(ctx, key, loader)
		if l == nil {
			continue
		}
		select {
		case <-l.done:
			if joined {
				return l.value, l.err
			}
		case <-ctx.Done():
			if joined {
				c.leave(l)
			}
			return none, context.Cause(ctx)
		}
	}
}

// join returns the load of key, which it starts unless one is running, or nil
// if key has been set in the meantime. The result is the caller's only if
// joined; otherwise it has to wait for the load and look again.
func (c *Cache[K, V]) join(ctx context.Context, key K, loader func(context.Context, K) (V, error)) (l *load[V], joined bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[key]; ok {
		return nil, false
	}
	l, running := c.loads[key]
	if running && (l.superseded || l.waiting == 0) {
		return l, false
	}
	if !running {
		l = &load[V]{done: make(chan struct{})}
		ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
		if key == key { // a NaN could not be found again, not even to delete it
			c.loads[key] = l
		}
		go c.run(ctx, l, key, loader)
	}
	l.waiting++
	return l, true
}

// leave takes a caller out of l and ends the load's context after the last.
func (c *Cache[K, V]) leave(l *load[V]) {
	c.mu.Lock()
	l.waiting--
	abandoned := l.waiting == 0
	c.mu.Unlock()
	if abandoned {
		l.cancel()
	}
}

// run is the goroutine of a load. Nobody above it could recover a panic of the
// loader, so that it hands one to the callers that wait for the result.
func (c *Cache[K, V]) run(ctx context.Context, l *load[V], key K, loader func(context.Context, K) (V, error)) {
	panics.Call(
		func() (err error) {
			l.value, err = loader(ctx, key)
			return err
		},
		func(err error) {
			defer close(l.done)
			defer l.cancel()
			l.err = err
			c.notify(c.finish(l, key))
		},
	)
}

// finish ends the load of key and stores its result unless that is out of
// date.
func (c *Cache[K, V]) finish(l *load[V], key K) []departure[K, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := c.expire(nil)
	delete(c.loads, key)
	if l.err != nil || l.superseded {
		return left
	}
	return c.store(key, l.value, c.options.TTL, left)
}
