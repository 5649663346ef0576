// Package cache keeps values in memory for a bounded number of keys and loads
// each missing one once, however many callers ask for it.
//
//	users, err := cache.New(cache.Options[int, User]{
//		MaxEntries: 10_000,
//		TTL:        time.Minute,
//		Loader:     db.FindUser, // func(ctx context.Context, id int) (User, error)
//	})
//	if err != nil {
//		return err
//	}
//	user, err := users.GetOrLoad(ctx, 7)
//
// # Visibility
//
// A Set is visible to the next Get on any goroutine, a Delete likewise. All
// methods may be called concurrently.
//
// # Bound
//
// A cache holds at most [Options].MaxEntries entries whenever no call is in
// progress. To make room, it evicts the entry that was used least recently.
//
// # Expiry
//
// An entry is never returned at or after its deadline, which is set by
// Options.TTL or [Cache.SetTTL]. An expired entry leaves during the next call
// of any method; no goroutine waits for it.
//
// # Loading
//
// At most one load of a key runs at a time, on a goroutine of its own. Callers
// of the same key share its result. A caller whose context ends leaves, and the
// load goes on for the others; when nobody is left, the context of the load
// ends. A load never overwrites what was set or deleted after it began. A
// loader that panics gives every waiting caller a [*PanicError].
//
// # Callbacks
//
// Options.OnEvict runs exactly once for each value that leaves, on the
// goroutine of the call that made it leave, after all locks are released: it
// may call the cache.
package cache
