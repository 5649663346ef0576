package cache_test

import (
	"context"
	"errors"
	"time"

	"github.com/goplinth/plinth/cache"
)

// plain is the reference model of the cache: a map whose every method first
// takes out what has expired. It evicts nothing by itself, since which entry
// the cache gives up is the policy's choice; it is told by evict. It is not
// safe for concurrent use.
type plain[K, V comparable] struct {
	options cache.Options[K, V]
	entries map[K]plainEntry[V]
	weight  uint64
	left    []departure[K, V]

	// refuse tells what the cache had no room for.
	refuse func(V) bool

	// ghosts are the entries that expired: the cache may keep them until it
	// sweeps or sets their keys.
	ghosts map[K]plainEntry[V]
}

type plainEntry[V comparable] struct {
	value    V
	negative bool
	weight   uint32
	deadline time.Time // zero if there is none
	used     time.Time
}

// departure is a call of OnEvict.
type departure[K, V comparable] struct {
	key   K
	value V
	cause cache.Cause
}

func newPlain[K, V comparable](o cache.Options[K, V]) *plain[K, V] {
	return &plain[K, V]{
		options: o,
		entries: make(map[K]plainEntry[V]),
		ghosts:  make(map[K]plainEntry[V]),
		refuse:  func(V) bool { return false },
	}
}

func (p *plain[K, V]) expiry(e plainEntry[V]) time.Time {
	deadline := e.deadline
	if idle := p.options.IdleTTL; idle > 0 {
		if t := e.used.Add(idle); deadline.IsZero() || t.Before(deadline) {
			deadline = t
		}
	}
	return deadline
}

func (p *plain[K, V]) expire() {
	for key, e := range p.entries {
		if deadline := p.expiry(e); !deadline.IsZero() && !time.Now().Before(deadline) {
			p.remove(key, cache.Expired)
			p.ghosts[key] = e
		}
	}
}

func (p *plain[K, V]) remove(key K, cause cache.Cause) {
	e := p.entries[key]
	delete(p.entries, key)
	p.weight -= uint64(e.weight)
	if !e.negative {
		p.left = append(p.left, departure[K, V]{key, e.value, cause})
	}
}

// evict is told that the cache has evicted value, and reports whether it had
// the right to.
func (p *plain[K, V]) evict(key K, value V) bool {
	e, ok := p.entries[key]
	if !ok || e.negative || e.value != value || p.options.Weigher != nil && e.weight == 0 {
		return false
	}
	p.remove(key, cache.Evicted)
	return true
}

func (p *plain[K, V]) peek(key K) (e plainEntry[V], ok bool) {
	p.expire()
	e, ok = p.entries[key]
	return e, ok && !e.negative
}

func (p *plain[K, V]) use(key K) {
	e := p.entries[key]
	e.used = time.Now()
	p.entries[key] = e
}

func (p *plain[K, V]) Peek(key K) (V, bool) {
	e, ok := p.peek(key)
	return e.value, ok
}

func (p *plain[K, V]) Get(key K) (V, bool) {
	e, ok := p.peek(key)
	if ok {
		p.use(key)
	}
	return e.value, ok
}

func (p *plain[K, V]) ttl(key K, value V) time.Duration {
	if p.options.Expiry != nil {
		return p.options.Expiry(key, value)
	}
	return p.options.TTL
}

func (p *plain[K, V]) Set(key K, value V) { p.SetTTL(key, value, p.ttl(key, value)) }

func (p *plain[K, V]) SetTTL(key K, value V, ttl time.Duration) {
	p.expire()
	e := plainEntry[V]{value: value, used: time.Now()}
	if p.options.Weigher != nil {
		e.weight = p.options.Weigher(key, value)
	}
	p.store(key, e, ttl)
}

func (p *plain[K, V]) store(key K, e plainEntry[V], ttl time.Duration) {
	delete(p.ghosts, key)
	if _, ok := p.entries[key]; ok {
		p.remove(key, cache.Replaced)
	}
	switch {
	case ttl < 0:
		p.left = append(p.left, departure[K, V]{key, e.value, cache.Expired})
		return
	case p.options.MaxWeight > 0 && uint64(e.weight) > p.options.MaxWeight, !e.negative && p.refuse(e.value):
		p.left = append(p.left, departure[K, V]{key, e.value, cache.Rejected})
		return
	case ttl > 0:
		e.deadline = time.Now().Add(ttl)
	}
	p.entries[key] = e
	p.weight += uint64(e.weight)
}

func (p *plain[K, V]) SetIfAbsent(key K, value V) (actual V, loaded bool) {
	if actual, ok := p.Get(key); ok {
		return actual, true
	}
	p.Set(key, value)
	return value, false
}

func (p *plain[K, V]) Delete(key K) (V, bool) {
	e, ok := p.peek(key)
	delete(p.ghosts, key)
	if _, any := p.entries[key]; any {
		p.remove(key, cache.Deleted)
	}
	return e.value, ok
}

func (p *plain[K, V]) DeleteFunc(del func(K, V) bool) int {
	removed := 0
	for key, value := range p.All() {
		if del(key, value) {
			p.Delete(key)
			removed++
		}
	}
	return removed
}

func (p *plain[K, V]) Compute(key K, f func(V, bool) (V, cache.Op)) (V, bool) {
	old, ok := p.Peek(key)
	switch value, op := f(old, ok); op {
	case cache.Replace:
		p.Set(key, value)
		return p.Peek(key)
	case cache.Remove:
		p.Delete(key)
		var none V
		return none, false
	default:
		return old, ok
	}
}

func (p *plain[K, V]) GetOrLoadFunc(ctx context.Context, key K, load func(context.Context, K) (V, error)) (value V, err error) {
	if e, ok := p.peek(key); ok || e.negative {
		p.use(key)
		if e.negative {
			return value, cache.ErrNotFound
		}
		return e.value, nil
	}
	value, err = load(ctx, key)
	switch {
	case err == nil:
		p.Set(key, value)
	case errors.Is(err, cache.ErrNotFound):
		p.Delete(key)
		if p.options.NegativeTTL > 0 {
			e := plainEntry[V]{negative: true, used: time.Now()}
			if p.options.Weigher != nil {
				e.weight = 1
			}
			p.store(key, e, p.options.NegativeTTL)
		}
	}
	return value, err
}

func (p *plain[K, V]) Clear() {
	p.expire()
	for key := range p.entries {
		p.remove(key, cache.Deleted)
	}
	clear(p.ghosts)
}

func (p *plain[K, V]) Len() int {
	p.expire()
	return len(p.entries)
}

func (p *plain[K, V]) Weight() uint64 {
	p.expire()
	return p.weight
}

// negatives returns how many keys are known to have no value.
func (p *plain[K, V]) negatives() int {
	n := 0
	for _, e := range p.entries {
		if e.negative {
			n++
		}
	}
	return n
}

func (p *plain[K, V]) All() map[K]V {
	p.expire()
	all := make(map[K]V)
	for key, e := range p.entries {
		if !e.negative {
			all[key] = e.value
		}
	}
	return all
}
