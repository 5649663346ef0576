package main

// A policy is a cache of keys as the simulator sees it. The simulator calls
// Get for each request and Set after each Get that missed, on one goroutine.
//
// Whatever a policy puts off, such as the eviction that a Set makes necessary,
// is done when Set returns, so that Len is the true number of keys held.
type policy interface {
	Get(key uint64) bool // reports whether key is held, and uses it
	Set(key uint64)      // offers key, which is not held; a policy may refuse it
	Len() int
	Close()
}

// A role says how a policy is judged.
type role int

const (
	ours      role = iota // compared with the peers
	peer                  // a library that our users could take instead
	reference             // an algorithm from the literature, written here
)

// A contender is a policy that can be built for any trace and size.
type contender struct {
	name   string
	role   role
	module string // of a peer: its version goes into the header of the results
	build  func(size int, t *trace) (policy, error)
}

// contenders lists every policy, in the order of their rows and colours. A new
// one needs a line here and nothing else.
func contenders() []contender {
	return []contender{
		{"plinth", ours, "", newPlinth},
		{"otter", peer, "github.com/maypok86/otter/v2", newOtter},
		{"theine", peer, "github.com/Yiling-J/theine-go", newTheine},
		{"ristretto", peer, "github.com/dgraph-io/ristretto/v2", newRistretto},
		{"golang-lru", peer, "github.com/hashicorp/golang-lru/v2", newGolangLRU},
		{"lru-2q", peer, "github.com/hashicorp/golang-lru/v2", newGolangLRU2Q},
		{"ttlcache", peer, "github.com/jellydator/ttlcache/v3", newTTLCache},
		{"sturdyc", peer, "github.com/viccon/sturdyc", newSturdyc},
		{"lru", reference, "", func(size int, _ *trace) (policy, error) { return newLRU(size), nil }},
		{"s3-fifo", reference, "", func(size int, _ *trace) (policy, error) { return newS3FIFO(size), nil }},
		{"sieve", reference, "", func(size int, _ *trace) (policy, error) { return newSieve(size), nil }},
		{"belady", reference, "", func(size int, t *trace) (policy, error) { return newBelady(size, t), nil }},
	}
}

// unowned is embedded by policies that the garbage collector takes care of.
type unowned struct{}

func (unowned) Close() {}
