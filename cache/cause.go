package cache

import "fmt"

// A Cause says why a value left the cache.
type Cause uint8

// The causes that [Options].OnEvict is called with.
const (
	Evicted  Cause = iota + 1 // another entry needed the room
	Expired                   // its deadline passed
	Replaced                  // its key was set again
	Deleted                   // its key was deleted
	Rejected                  // it was never kept: its key, a NaN, could not be found again
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
	}
	return fmt.Sprintf("Cause(%d)", uint8(c))
}
