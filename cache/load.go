package cache

import (
	"context"
	"errors"

	"github.com/goplinth/plinth/internal/panics"
)

// loading is a call of a loader. It ends by itself, by its context, or by a
// panic, and in each case closes done.
//
// Only a load whose result is still worth having takes in new callers. One
// that was superseded by a Set or Delete, or was abandoned by all its callers
// and so has a context that ended, is waited for, because a key is loaded once
// at a time, and then the caller looks again.
type loading[V any] struct {
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when value and err are final
	value  V
	err    error

	// Guarded by shard.mu.
	waiting    int  // callers that will take the result
	background bool // goes on though nobody waits
	superseded bool // the key was set or deleted since the load began

	shared *bulk // the load of many keys that err ended, if it is one; final like err
}

func (l *loading[V]) joinable() bool { return !l.superseded && !l.abandoned() }

func (l *loading[V]) abandoned() bool { return l.waiting == 0 && !l.background }

// loader is the type of [Options].Loader.
type loader[K comparable, V any] = func(context.Context, K) (V, error)

// GetOrLoad returns the value of key. If there is none, it is loaded with
// [Options].Loader and stored. Callers that ask for a key while it is being
// loaded get the result of that load. Options say when a value is also loaded
// anew, and whether one is returned that has expired.
//
// The error is the loader's, a [*PanicError] if it panicked, the cause of ctx
// if that ends first, or [ErrClosed] after Close. A value that is at hand is
// returned even if ctx has ended.
func (c *Cache[K, V]) GetOrLoad(ctx context.Context, key K) (V, error) {
	return c.GetOrLoadFunc(ctx, key, c.options.Loader)
}

// GetOrLoadFunc is [Cache.GetOrLoad] with a loader of its own. Callers that
// share a load get the result of the loader that was first.
func (c *Cache[K, V]) GetOrLoadFunc(ctx context.Context, key K, load func(context.Context, K) (V, error)) (V, error) {
	return c.resolve(ctx, key, c.look(key), load)
}

// resolve returns what was found of key if that will do, and loads it if not.
func (c *Cache[K, V]) resolve(ctx context.Context, key K, found lookup[V], load loader[K, V]) (V, error) {
	for {
		switch {
		case found.state == fresh:
			return found.value, nil
		case found.state == absent:
			return found.value, ErrNotFound
		case load == nil && c.second == nil && found.state == due:
			return found.value, nil
		case load == nil && c.second == nil:
			return found.value, errNoLoader
		case found.state == due || found.state == stale:
			c.refreshInBackground(ctx, key, load, found.state == due)
			return found.value, nil
		}
		value, err, again := c.await(ctx, key, load, false)
		if again {
			found = c.look(key)
			continue
		}
		if err != nil && found.state == lastResort && ctx.Err() == nil && !errors.Is(err, ErrNotFound) {
			return found.value, nil
		}
		return value, err
	}
}

// Refresh loads the value of key with [Options].Loader, whether it has one or
// not, stores it and waits for that. A load of key that is running serves as
// well. If it fails, the value that key has stays.
func (c *Cache[K, V]) Refresh(ctx context.Context, key K) error {
	if !c.canLoad() {
		return errNoLoader
	}
	for {
		if _, err, again := c.await(ctx, key, c.options.Loader, true); !again {
			return err
		}
	}
}

// freshness is what a value is good for.
type freshness uint8

const (
	missing    freshness = iota
	absent               // known not to be there
	fresh                // as good as new
	due                  // good, and to be loaded anew
	stale                // expired, good for a while, and to be loaded anew
	lastResort           // expired, good if it cannot be loaded
)

type lookup[V any] struct {
	value V
	state freshness
}

// look is Get for GetOrLoad, which has a use for more than fresh values.
func (c *Cache[K, V]) look(key K) (found lookup[V]) {
	now := c.early()
	s, hash := c.locate(key)
	n := s.table.Load().find(hash, key)
	if n == nil {
		s.stats.misses.Add(1)
		return found
	}
	meta := n.meta.Load()
	found.state = fresh
	if meta&flagTimed != 0 {
		found.state = c.freshness(n, meta, c.orNow(now))
	}
	switch {
	case found.state == missing || found.state == lastResort:
		s.stats.misses.Add(1)
	case meta&flagNegative != 0:
		s.stats.hit()
		found.state = absent
		return found
	default:
		n.hit(meta)
		s.stats.hit()
	}
	if meta&flagNegative != 0 {
		found.state = missing
	}
	if found.state != missing {
		found.value = loadValue(c.codec, &n.value)
	}
	return found
}

func (c *Cache[K, V]) freshness(n *node[K, V], meta uint32, now int64) freshness {
	late := now - c.expiry(n, meta)
	switch {
	case late < 0:
		if c.options.IdleTTL > 0 {
			n.full().touch(now)
		}
		if c.options.RefreshAfter > 0 && now >= n.full().refresh.Load() {
			return due
		}
		return fresh
	case meta&flagNegative != 0:
		return missing
	case late < int64(c.options.StaleFor):
		return stale
	case late < int64(c.options.StaleIfError):
		return lastResort
	}
	return missing
}

// await joins the load of key, or starts one, and returns its result. It
// returns again if the caller has to look once more: the key has got a value,
// unless anew, or the load that was waited for was not one to join.
func (c *Cache[K, V]) await(ctx context.Context, key K, load loader[K, V], anew bool) (value V, err error, again bool) {
	if ctx.Err() != nil {
		return value, context.Cause(ctx), false
	}
	l, joined, err := c.join(ctx, key, load, anew)
	if l == nil {
		return value, err, err == nil
	}
	if err := c.wait(ctx, l); err != nil {
		if joined {
			c.leave(key, l)
		}
		return value, err, false
	}
	return l.value, l.err, !joined
}

// wait returns nil when l has ended, and why not if ctx ends or the cache is
// closed before.
func (c *Cache[K, V]) wait(ctx context.Context, l *loading[V]) error {
	select {
	case <-l.done: // first, so that a result that is there is not missed
		return nil
	default:
	}
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.closing: // the load may not heed its context
		return ErrClosed
	}
}

// join returns the load of key, which it starts unless one is running, or nil
// if key has a value and is not to be loaded anew. The result is the caller's
// only if joined; otherwise it has to wait for the load and look again.
func (c *Cache[K, V]) join(ctx context.Context, key K, load loader[K, V], anew bool) (l *loading[V], joined bool, err error) {
	s, hash := c.locate(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := c.peek(s, hash, key); ok && !anew {
		return nil, false, nil
	}
	// Close looks at the loads of a shard after it has set closed, so that it
	// misses none.
	if c.closed.Load() {
		return nil, false, ErrClosed
	}
	l = s.loads[key]
	if l != nil && !l.joinable() {
		return l, false, nil
	}
	if l == nil {
		l = c.start(ctx, s, key, load, anew)
	}
	l.waiting++
	return l, true, nil
}

// refreshInBackground starts a load of key unless one is running, and returns
// the one it has started.
func (c *Cache[K, V]) refreshInBackground(ctx context.Context, key K, load loader[K, V], anew bool) *loading[V] {
	s, _ := c.locate(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loads[key] != nil || c.closed.Load() {
		return nil
	}
	l := c.start(ctx, s, key, load, anew)
	l.background = true
	return l
}

// start runs a load on a goroutine of its own; anew says that the value of the
// store will not do. mu is held.
func (c *Cache[K, V]) start(ctx context.Context, s *shard[K, V], key K, load loader[K, V], anew bool) *loading[V] {
	l := &loading[V]{done: make(chan struct{})}
	ctx, l.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	s.register(key, l)
	go c.run(ctx, l, key, load, anew)
	return l
}

// register makes l the load of key. mu is held.
func (s *shard[K, V]) register(key K, l *loading[V]) {
	if s.loads == nil {
		s.loads = make(map[K]*loading[V])
	}
	if key == key { // a NaN could not be found again, not even to delete it
		s.loads[key] = l
	}
}

// leave takes a caller out of l and ends the load's context after the last.
func (c *Cache[K, V]) leave(key K, l *loading[V]) {
	s, _ := c.locate(key)
	s.mu.Lock()
	l.waiting--
	abandoned := l.abandoned()
	s.mu.Unlock()
	if abandoned {
		l.cancel(context.Canceled)
	}
}

// run is the goroutine of a load. Nobody above it could recover a panic of the
// loader, so that it hands one to the callers that wait for the result.
func (c *Cache[K, V]) run(ctx context.Context, l *loading[V], key K, load loader[K, V], anew bool) {
	var got answer
	var writer *storeWrite[K, V]
	panics.Call(
		func() (err error) {
			if c.second != nil && (!anew || load == nil) {
				l.value, got, err = c.readStore(ctx, key, load == nil)
				if got.state == something || load == nil {
					return err
				}
				if ctx.Err() != nil { // nobody waits any more
					return context.Cause(ctx)
				}
			}
			l.value, err = load(ctx, key)
			return err
		},
		func(err error) {
			defer close(l.done)
			defer l.cancel(context.Canceled)
			l.err = c.loadError(err)
			writer = c.finish(ctx, l, key, got)
		},
	)
	if writer != nil {
		c.write(writer)
	}
}

// loadError returns the error of a load that ended with err: ErrClosed if it
// was Close that ended it.
func (c *Cache[K, V]) loadError(err error) error {
	if err != nil && c.closed.Load() && errors.Is(err, context.Canceled) {
		return ErrClosed
	}
	return err
}

// finish ends the load of key and stores its result unless that is out of
// date. What it returns, if not nil, has to be written to the store.
func (c *Cache[K, V]) finish(ctx context.Context, l *loading[V], key K, got answer) (writer *storeWrite[K, V]) {
	notFound := errors.Is(l.err, ErrNotFound)
	failed := l.err != nil && !notFound
	// The user's functions that newEntry calls may panic, and the load is to
	// end in any case.
	var e entry[K, V]
	if l.err == nil {
		if err := panics.Try(func() error { e = c.loadedEntry(key, l.value, got); return nil }); err != nil {
			l.err = err
		}
	}
	s, hash := c.locate(key)
	s.mu.Lock()
	s.stats.loads++
	if failed {
		s.stats.loadErrors++
	}
	delete(s.loads, key)
	var left []departure[K, V]
	switch {
	case l.superseded:
	case l.err == nil:
		left = c.store(s, hash, e, nil)
		if c.second != nil && got.state != something {
			_, writer = c.put(s, key, change[V]{ctx: context.WithoutCancel(ctx), value: l.value, deadline: e.deadline})
		}
	case notFound:
		left = c.storeAbsence(s, hash, key)
		if c.second != nil && got.state == unasked {
			_, writer = c.put(s, key, change[V]{ctx: context.WithoutCancel(ctx), remove: true})
		}
	}
	s.mu.Unlock()
	// OnEvict may panic as well. The callers who wait are the only ones above.
	if err := panics.Try(func() error { c.notify(left); return nil }); err != nil && l.err == nil {
		l.err = err
	}
	return writer
}

// loadedEntry returns the entry of a value that was loaded.
func (c *Cache[K, V]) loadedEntry(key K, value V, got answer) entry[K, V] {
	ttl := c.ttl(key, value)
	if got.state == something {
		ttl = shorter(ttl, got.ttl)
	}
	return c.newEntry(key, value, ttl)
}

// storeAbsence removes what key has, and remembers for NegativeTTL that there
// is nothing. The shard is locked.
func (c *Cache[K, V]) storeAbsence(s *shard[K, V], hash uint32, key K) (left []departure[K, V]) {
	if old := s.table.Load().find(hash, key); old != nil {
		left = c.remove(s, old, Deleted, 0, left)
	}
	if c.options.NegativeTTL == 0 || key != key {
		return left
	}
	now := c.now()
	e := entry[K, V]{key: key, now: now, deadline: after(now, c.options.NegativeTTL), negative: true}
	if c.options.Weigher != nil {
		e.weight = 1
	}
	return c.store(s, hash, e, left)
}
