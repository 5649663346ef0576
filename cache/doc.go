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
// methods may be called concurrently. A Get takes no lock and allocates nothing;
// writers of different keys seldom wait for each other.
//
// # Bound
//
// A cache never holds more than [Options].MaxEntries entries, nor entries that
// weigh more than Options.MaxWeight together, not even while a call is in
// progress. What has to leave for a new entry is the choice of a policy that
// weighs how often a key was asked for lately against how long ago that was, and
// that adapts to what is asked for: it is W-TinyLFU (Einziger, Friedman and
// Manes, 2017) on clocks. A new entry may therefore leave soon, before older
// ones that are used more.
//
// # Expiry
//
// An entry is never returned at or after its deadline, which is set by
// Options.TTL, Expiry, IdleTTL or [Cache.SetTTL], unless Options.StaleFor or
// StaleIfError allows that to GetOrLoad. Memory is given back a little later, by
// a timer that runs only while there is something to expire; there is no
// goroutine, and nothing keeps a cache alive that is not referenced any more.
//
// # Loading
//
// At most one load of a key runs at a time, on a goroutine of its own. Callers
// of the same key share its result. A caller whose context ends leaves, and the
// load goes on for the others; when nobody is left, the context of the load
// ends. A load never overwrites what was set or deleted after it began. A
// loader that panics gives every waiting caller a [*PanicError]. [ErrNotFound]
// is remembered for Options.NegativeTTL, and no other error is.
//
// [Cache.GetMany] loads the keys that it misses with one call of
// Options.BulkLoader, and the laws above hold for each of them.
//
// # Second level
//
// Options.Store stands behind the caches of several processes. A change goes
// to the local cache first and then to the store, in the same order for each
// key. A load asks the store before the loader. What others change in the store
// leaves the local cache. A store that is slow or dead delays a call by
// Options.StoreTimeout at most, and few calls at all; the cache then works
// without it, and says so in [Stats]. Get and its like never wait for it: they
// look no further than this process.
//
// # Saving
//
// [Cache.Save] writes the entries with their deadlines and their heat, and
// [Cache.Load] reads them all or, if a byte is missing or wrong, none: a file
// that is damaged costs a cold start and nothing else. A load evicts nothing and
// overwrites nothing.
//
// # Callbacks
//
// Options.OnEvict runs exactly once for each value that leaves, on the
// goroutine of the call that made it leave, after all locks are released: it
// may call the cache. No function of Options, and none that is passed to a
// method, runs under a lock.
//
// # Keys
//
// Keys are hashed with a seed of each cache's own, so that nobody outside can
// choose keys that collide. A key that is not equal to itself, a NaN, is never
// found and never kept. A key in an interface whose dynamic type has no == panics,
// as it does in a map.
package cache
