package cache

import (
	"context"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

// Options configures a [Cache]. MaxEntries is required; the zero value of every
// other field turns its feature off.
type Options[K comparable, V any] struct {
	// MaxEntries is the most entries the cache holds. It has no default: a
	// cache without a bound is a leak.
	MaxEntries int

	// TTL is how long an entry lives after it was set or loaded. 0 means
	// until it is evicted. [Cache.SetTTL] overrides it for one entry.
	TTL time.Duration

	// Loader gets the value of a missing key for [Cache.GetOrLoad]. Its
	// context has the values of the first caller's context, ends when no
	// caller waits any more, and has no deadline of its own. It must not wait
	// for a load of the same key. An error is returned to the callers and is
	// not cached.
	Loader func(context.Context, K) (V, error)

	// OnEvict is called once for each value that leaves the cache, with the
	// reason, on the goroutine of the call that made it leave. No lock is
	// held: it may call the cache.
	OnEvict func(K, V, Cause)
}

func (o *Options[K, V]) check() error {
	c := config.For("cache")
	c.Require(o.MaxEntries > 0, "Options.MaxEntries", o.MaxEntries, "must be 1 or more, since an unbounded cache is a leak")
	c.Require(o.TTL >= 0, "Options.TTL", o.TTL, "must be positive, or 0 for entries that do not expire")
	return c.Err()
}
