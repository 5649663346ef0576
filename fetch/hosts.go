package fetch

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// maxHosts bounds the memory for hosts that others choose.
	maxHosts = 4096

	// candidates is how many hosts are looked at to find one to forget.
	candidates = 64
)

// hosts is what the policies of one client know of each origin they talk to.
// It is safe for concurrent use.
type hosts struct {
	settings hostSettings

	mu       sync.RWMutex // guards what follows
	byOrigin map[origin]*host
	ring     []*host // the same, for the hand of the clock
	hand     int
	most     int // length of ring at which one is forgotten for each new one
}

// hostSettings says which state a host has. A zero field leaves a policy out.
type hostSettings struct {
	perHost int
	rate    float64
	burst   int
	breaker *BreakerPolicy
	hedge   bool
}

// A host is the state of all policies for one origin.
type host struct {
	table   *hosts
	origin  origin
	budget  budget
	gate    gate
	pace    *pace    // nil without a rate
	circuit *breaker // nil without a breaker
	delays  *delays  // nil without hedging

	seen atomic.Bool // looked up since the hand of the clock passed
}

// origin is a scheme, host and port in normal form: lower case, and without the
// port that the scheme implies.
type origin struct{ scheme, host string }

func (o origin) String() string { return o.scheme + "://" + o.host }

func originOf(u *url.URL) origin {
	o := origin{u.Scheme, u.Host}
	if o.scheme == "https" {
		o.host = strings.TrimSuffix(o.host, ":443")
	} else {
		o.host = strings.TrimSuffix(o.host, ":80")
	}
	o.host = strings.ToLower(o.host) // copies only what has an upper case letter
	return o
}

func newHosts(s hostSettings) *hosts {
	return &hosts{settings: s, byOrigin: make(map[origin]*host), most: maxHosts}
}

// of returns the host that req goes to.
func (t *hosts) of(req *http.Request) *host {
	if c := callOf(req.Context()); c != nil && c.host != nil && c.host.table == t {
		return c.host // found by a policy further out
	}
	return t.find(req.URL)
}

// find returns the host of u.
func (t *hosts) find(u *url.URL) *host {
	h := t.get(origin{u.Scheme, u.Host}) // most are in normal form
	if h == nil {
		key := originOf(u)
		if h = t.get(key); h == nil {
			h = t.add(key)
		}
	}
	if !h.seen.Load() { // seldom written, so that the line stays in all caches
		h.seen.Store(true)
	}
	return h
}

func (t *hosts) get(key origin) *host {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byOrigin[key]
}

func (t *hosts) add(key origin) *host {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h := t.byOrigin[key]; h != nil {
		return h
	}
	// The strings are parts of a URL that may be long.
	key = origin{strings.Clone(key.scheme), strings.Clone(key.host)}
	s := &t.settings
	h := &host{table: t, origin: key}
	h.budget.init()
	h.gate.limit = s.perHost
	if s.rate > 0 {
		h.pace = newPace(s.rate, s.burst)
	}
	if s.breaker != nil {
		h.circuit = newBreaker(*s.breaker)
	}
	if s.hedge {
		h.delays = new(delays)
	}
	t.byOrigin[key] = h
	if len(t.ring) < t.most {
		t.ring = append(t.ring, h)
		return h
	}
	slot := t.victim()
	delete(t.byOrigin, t.ring[slot].origin)
	t.ring[slot] = h
	return h
}

// victim returns the index of a host to forget, by the clock algorithm: one that
// is at rest and, if there is such a one nearby, has not been seen for a round.
// If all are busy it is the one at the hand; requests to that go on under its
// limits, and new ones begin with fresh ones.
func (t *hosts) victim() int {
	resting := -1
	for range candidates {
		t.hand = (t.hand + 1) % len(t.ring)
		h := t.ring[t.hand]
		seen := h.seen.Swap(false)
		if !h.atRest() {
			continue
		}
		if resting = t.hand; !seen {
			break
		}
	}
	if resting < 0 {
		return t.hand
	}
	return resting
}

// atRest reports whether forgetting h would change nothing for its next request.
func (h *host) atRest() bool {
	return h.gate.idle() && h.budget.full() && (h.circuit == nil || h.circuit.closed())
}

func (t *hosts) len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.byOrigin)
}
