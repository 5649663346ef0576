package cache

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/goplinth/plinth/internal/panics"
)

// manyLoads is how many calls of Loader one call of GetMany has running.
const manyLoads = 16

// GetMany returns the values of keys. It is [Cache.GetOrLoad] for each of them,
// but those that have to be loaded are loaded by one call of
// [Options].BulkLoader, and those that are due or stale are loaded anew by one
// call in the background. Without a BulkLoader it calls Loader, for 16 keys at
// a time. The load of a key that is running is waited for: no key is loaded
// twice at a time.
//
// A key for which there is nothing is not in the result, and that is no error;
// a key that is not equal to itself, a NaN, is left out. The result belongs to
// the caller and is never nil. If there is an error, the result holds what was
// at hand all the same. The error wraps the one of BulkLoader, or those of
// Loader, each with its key. It is the cause of ctx if that ends first, and
// [ErrClosed] if a key would have to be loaded after Close.
func (c *Cache[K, V]) GetMany(ctx context.Context, keys []K) (map[K]V, error) {
	result := make(map[K]V, len(keys))
	var asked map[K]struct{} // the keys that are not in result
	var missing, aged []want[K, V]
	for _, key := range keys {
		_, ok := result[key]
		_, again := asked[key]
		if ok || again || key != key {
			continue
		}
		w := want[K, V]{key: key, found: c.look(key)}
		if !w.take(result, c.canLoad()) {
			if asked == nil {
				asked = make(map[K]struct{})
			}
			asked[key] = struct{}{}
			if w.found.state != absent {
				missing = append(missing, w)
			}
		} else if w.found.state != fresh && c.canLoad() {
			aged = append(aged, w)
		}
	}
	if len(aged) > 0 {
		c.refreshMany(ctx, aged)
	}
	switch {
	case len(missing) == 0:
		return result, nil
	case !c.canLoad():
		return result, errNoLoader
	case c.options.BulkLoader != nil:
		return result, c.loadMany(ctx, missing, result)
	}
	return result, c.loadEach(ctx, missing, result)
}

// canLoad reports whether there is anything to load with.
func (c *Cache[K, V]) canLoad() bool { return c.options.Loader != nil || c.second != nil }

// want is a key that GetMany wants.
type want[K comparable, V any] struct {
	key   K
	found lookup[V]

	load   *loading[V] // the load to wait for
	joined bool        // its result is to be taken
	value  V           // what it came to, or err
	err    error
}

// take puts into result what was found, if it will do.
func (w *want[K, V]) take(result map[K]V, canLoad bool) bool {
	switch w.found.state {
	case fresh, due:
	case stale:
		if !canLoad {
			return false
		}
	default:
		return false
	}
	result[w.key] = w.found.value
	return true
}

// failures collects the errors of a GetMany.
type failures[K comparable] struct {
	errs   []error
	shared []*bulk // those whose error is among errs
	closed bool
}

// add records that the load of key failed; shared says with which others.
func (f *failures[K]) add(key K, err error, shared *bulk) {
	switch {
	case errors.Is(err, ErrClosed):
		f.closed = true
	case shared == nil:
		f.errs = append(f.errs, fmt.Errorf("cache: load %v: %w", key, err))
	case !slices.Contains(f.shared, shared):
		f.shared = append(f.shared, shared)
		f.errs = append(f.errs, fmt.Errorf("cache: bulk load: %w", err))
	}
}

// err returns the error of all, of which a context that ended is a part.
func (f *failures[K]) err(cause error) error {
	if f.closed {
		f.errs = append(f.errs, ErrClosed)
	}
	if cause != nil {
		f.errs = append(f.errs, cause)
	}
	if len(f.errs) == 1 {
		return f.errs[0]
	}
	return errors.Join(f.errs...)
}

// loadEach loads each key by itself.
func (c *Cache[K, V]) loadEach(ctx context.Context, wants []want[K, V], result map[K]V) error {
	inParallel(len(wants), manyLoads, func(i int) {
		w := &wants[i]
		w.value, w.err = c.resolve(ctx, w.key, w.found, c.options.Loader)
	})
	var failed failures[K]
	var cause error
	for i := range wants {
		w := &wants[i]
		switch {
		case w.err == nil:
			result[w.key] = w.value
		case errors.Is(w.err, ErrNotFound):
		case ctx.Err() != nil && errors.Is(w.err, context.Cause(ctx)):
			cause = context.Cause(ctx)
		default:
			failed.add(w.key, w.err, nil)
		}
	}
	return failed.err(cause)
}

// inParallel calls f with 0 to n-1, at most limit calls at a time, and waits
// for them.
func inParallel(n, limit int, f func(int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, limit) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// loadMany joins the loads of the keys that are being loaded and starts one
// load of all others. Like resolve it looks again where the load that it
// waited for was not one to join.
func (c *Cache[K, V]) loadMany(ctx context.Context, wants []want[K, V], result map[K]V) error {
	var failed failures[K]
	var cause error
	for len(wants) > 0 && cause == nil {
		if ctx.Err() != nil {
			cause = context.Cause(ctx)
			break
		}
		c.joinMany(ctx, wants, false)
		again := wants[:0]
		for i := range wants {
			w := wants[i]
			if w.load != nil {
				if err := c.wait(ctx, w.load); err != nil {
					cause = err
					if w.joined {
						c.leave(w.key, w.load)
					}
					continue
				}
			}
			if w.err == nil && !w.joined {
				w.found = c.look(w.key)
				if !w.take(result, true) && w.found.state != absent {
					again = append(again, w)
				}
				continue
			}
			var shared *bulk
			if w.joined {
				w.value, w.err, shared = w.load.value, w.load.err, w.load.shared
			}
			switch {
			case w.err == nil:
				result[w.key] = w.value
			case errors.Is(w.err, ErrNotFound):
			case w.found.state == lastResort && cause == nil:
				result[w.key] = w.found.value
			default:
				failed.add(w.key, w.err, shared)
			}
		}
		wants = again
	}
	return failed.err(cause)
}

// A bulk is a load of many keys. Each key has a loading of its own, so that it
// can be joined, left and superseded like any other; what they share is here.
type bulk struct {
	end    context.CancelCauseFunc
	wanted atomic.Int64 // keys that somebody waits for
}

// cancel is loading.cancel of every key. It is called once for each key that
// is abandoned, or by Close.
func (b *bulk) cancel(cause error) {
	if b.wanted.Add(-1) == 0 || cause == ErrClosed {
		b.end(cause)
	}
}

// member is a key of a bulk.
type member[K comparable, V any] struct {
	key  K
	load *loading[V]
	anew bool   // the value of the store will not do
	got  answer // of the store
}

// joinMany is join for many keys. In the background, it starts the load of
// those that are not being loaded, and joins none.
func (c *Cache[K, V]) joinMany(ctx context.Context, wants []want[K, V], background bool) {
	b := new(bulk)
	var members []member[K, V]
	for i := range wants {
		w := &wants[i]
		w.load, w.joined = nil, false
		s, hash := c.locate(w.key)
		s.mu.Lock()
		_, ok := c.peek(s, hash, w.key)
		switch l := s.loads[w.key]; {
		case ok && !background:
		case c.closed.Load():
			w.err = ErrClosed
		case l == nil:
			if members == nil {
				ctx, b.end = context.WithCancelCause(context.WithoutCancel(ctx))
			}
			l = &loading[V]{done: make(chan struct{}), cancel: b.cancel, background: background}
			if !background {
				l.waiting = 1
			}
			s.register(w.key, l)
			members = append(members, member[K, V]{key: w.key, load: l, anew: w.found.state == due})
			w.load, w.joined = l, true
		case background:
		case l.joinable():
			l.waiting++
			w.load, w.joined = l, true
		default:
			w.load = l
		}
		s.mu.Unlock()
	}
	if len(members) > 0 {
		// Nobody can have left: those who wait are registered, this call is.
		b.wanted.Store(int64(len(members)))
		go c.runMany(ctx, b, members)
	}
}

// refreshMany loads keys anew in the background.
func (c *Cache[K, V]) refreshMany(ctx context.Context, wants []want[K, V]) {
	if c.options.BulkLoader != nil {
		c.joinMany(ctx, wants, true)
		return
	}
	go inParallel(len(wants), manyLoads, func(i int) {
		if l := c.refreshInBackground(ctx, wants[i].key, c.options.Loader, wants[i].found.state == due); l != nil {
			<-l.done
		}
	})
}

// runMany is run for a bulk.
func (c *Cache[K, V]) runMany(ctx context.Context, b *bulk, members []member[K, V]) {
	defer b.end(context.Canceled)
	if c.second != nil {
		if members = c.readStoreMany(ctx, members); len(members) == 0 {
			return
		}
	}
	keys := make([]K, len(members))
	for i, m := range members {
		keys[i] = m.key
	}
	var values map[K]V
	var writers []*storeWrite[K, V]
	panics.Call(
		func() (err error) {
			if ctx.Err() != nil { // nobody waits any more, since the store was asked
				return context.Cause(ctx)
			}
			values, err = c.options.BulkLoader(ctx, keys)
			return err
		},
		func(err error) {
			err = c.loadError(err)
			for _, m := range members {
				l, ok := m.load, false
				if err != nil {
					l.err, l.shared = err, b
				} else if l.value, ok = values[m.key]; !ok {
					l.err = ErrNotFound
				}
				if w := c.finish(ctx, l, m.key, m.got); w != nil {
					writers = append(writers, w)
				}
				close(l.done)
			}
		},
	)
	inParallel(len(writers), storeWrites, func(i int) { c.write(writers[i]) })
}

// readStoreMany asks the store for the members of a bulk, finishes the loads
// of those that it has, and returns the others. It begins no operation after
// the timeout: a slow store does not make a call slower for having many keys.
func (c *Cache[K, V]) readStoreMany(ctx context.Context, members []member[K, V]) []member[K, V] {
	late, stop := context.WithTimeout(ctx, c.second.timeout)
	defer stop()
	inParallel(len(members), storeReads, func(i int) {
		m := &members[i]
		switch {
		case m.anew:
			return
		case late.Err() != nil:
			m.got.state = silent
			return
		}
		m.load.value, m.got, _ = c.readStore(ctx, m.key, false)
		if m.got.state == something {
			c.finish(ctx, m.load, m.key, m.got)
			close(m.load.done)
		}
	})
	return slices.DeleteFunc(members, func(m member[K, V]) bool { return m.got.state == something })
}
