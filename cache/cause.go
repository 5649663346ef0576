package cache

import "fmt"

// A Cause says why a value left the cache.
type Cause uint8

// The causes that [Options].OnEvict is called with.
const (
	Evicted     Cause = iota + 1 // another entry needed the room
	Expired                      // its deadline passed
	Replaced                     // its key was set again
	Deleted                      // its key was deleted
	Rejected                     // it was never kept: heavier than the budget, no room beside pinned entries, or its key is a NaN
	Invalidated                  // another process changed it in the Store, or may have
)

// String returns the name of c in lower case.
func (c Cause) String() string {
	switch c {
	case Evicted:
		return "evicted"
	case Expired:
		return "expired"
	case Replaced:
		return "replaced"
	case Deleted:
		return "deleted"
	case Rejected:
		return "rejected"
	case Invalidated:
		return "invalidated"
	}
	return fmt.Sprintf("Cause(%d)", uint8(c))
}

// departure is a value that left, for OnEvict.
type departure[K comparable, V any] struct {
	key   K
	value V
	cause Cause
}

// depart appends a value that left. Without OnEvict nobody asks.
func (c *Cache[K, V]) depart(s *shard[K, V], left []departure[K, V], key K, value V, cause Cause) []departure[K, V] {
	s.stats.causes[cause]++
	if c.options.OnEvict == nil {
		return left
	}
	return append(left, departure[K, V]{key, value, cause})
}

// notify calls OnEvict for each of left, also for those after one for which it
// panics.
func (c *Cache[K, V]) notify(left []departure[K, V]) {
	if len(left) == 0 {
		return
	}
	told := 0
	defer func() {
		if told < len(left) {
			c.notify(left[told:])
		}
	}()
	for _, d := range left {
		told++
		c.options.OnEvict(d.key, d.value, d.cause)
	}
}
