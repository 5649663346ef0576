package storetest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/goplinth/plinth/cache"
)

// A Memory is a server that keeps values in memory. Each process that a test
// plays opens a handle on it. The zero Memory is empty and ready; it must not
// be copied, and is safe for concurrent use. It keeps what has expired until
// the key is asked for.
type Memory[K comparable, V any] struct {
	mu      sync.Mutex // guards what follows
	items   map[K]item[V]
	handles []*Handle[K, V] // those with a subscription
}

type item[V any] struct {
	value V
	until time.Time // zero if it does not expire
}

// Open returns a handle on m.
func (m *Memory[K, V]) Open() *Handle[K, V] { return &Handle[K, V]{memory: m} }

// Op is an operation of a store.
type Op uint8

// The operations that a [Handle] may be made to fail.
const (
	Get Op = iota + 1
	Set
	Delete
	Subscribe
)

// A Handle is a [cache.Store] on a [Memory]. It is safe for concurrent use.
type Handle[K comparable, V any] struct {
	// Fault, if not nil, is called before each operation, with the zero key
	// for Subscribe. An error that it returns is the error of the operation,
	// which then does nothing; while it does not return, the operation hangs.
	// It must be set before the handle is used.
	Fault func(ctx context.Context, op Op, key K) error

	memory *Memory[K, V]

	// Guarded by memory.mu.
	subscriptions []*subscription[K]
}

// subscription is a call of Subscribe.
type subscription[K comparable] struct {
	keys   []K           // changed, and not yet reported
	wake   chan struct{} // has an element if there are keys
	broken chan error
}

func (h *Handle[K, V]) begin(ctx context.Context, op Op, key K) error {
	if h.Fault != nil {
		if err := h.Fault(ctx, op, key); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// Get implements [cache.Store].
func (h *Handle[K, V]) Get(ctx context.Context, key K) (value V, ttl time.Duration, err error) {
	if err := h.begin(ctx, Get, key); err != nil {
		return value, 0, err
	}
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	it, ok := m.items[key]
	if !ok {
		return value, 0, cache.ErrNotFound
	}
	if !it.until.IsZero() {
		if ttl = time.Until(it.until); ttl <= 0 {
			delete(m.items, key)
			return value, 0, cache.ErrNotFound
		}
	}
	return it.value, ttl, nil
}

// Set implements [cache.Store]. It keeps the value itself, not a copy.
func (h *Handle[K, V]) Set(ctx context.Context, key K, value V, ttl time.Duration) error {
	if err := h.begin(ctx, Set, key); err != nil {
		return err
	}
	it := item[V]{value: value}
	if ttl != 0 {
		it.until = time.Now().Add(ttl)
	}
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.items == nil {
		m.items = make(map[K]item[V])
	}
	m.items[key] = it
	m.report(h, key)
	return nil
}

// Delete implements [cache.Store].
func (h *Handle[K, V]) Delete(ctx context.Context, key K) error {
	if err := h.begin(ctx, Delete, key); err != nil {
		return err
	}
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.items, key)
	m.report(h, key)
	return nil
}

// report notes a change made through by for the subscriptions of all other
// handles. mu is held, so that they get the changes in their order.
func (m *Memory[K, V]) report(by *Handle[K, V], key K) {
	for _, h := range m.handles {
		if h == by {
			continue
		}
		for _, s := range h.subscriptions {
			s.keys = append(s.keys, key)
			select {
			case s.wake <- struct{}{}:
			default:
			}
		}
	}
}

// Subscribe implements [cache.Store].
func (h *Handle[K, V]) Subscribe(ctx context.Context, invalidate func(keys ...K)) error {
	var none K
	if err := h.begin(ctx, Subscribe, none); err != nil {
		return err
	}
	s := &subscription[K]{wake: make(chan struct{}, 1), broken: make(chan error, 1)}
	h.join(s)
	defer h.leave(s)
	invalidate()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-s.broken:
			return err
		case <-s.wake:
			if keys := h.take(s); len(keys) > 0 {
				invalidate(keys...)
			}
		}
	}
}

func (h *Handle[K, V]) join(s *subscription[K]) {
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(h.subscriptions) == 0 {
		m.handles = append(m.handles, h)
	}
	h.subscriptions = append(h.subscriptions, s)
}

func (h *Handle[K, V]) leave(s *subscription[K]) {
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	h.subscriptions = slices.DeleteFunc(h.subscriptions, func(other *subscription[K]) bool { return other == s })
	if len(h.subscriptions) == 0 {
		m.handles = slices.DeleteFunc(m.handles, func(other *Handle[K, V]) bool { return other == h })
	}
}

func (h *Handle[K, V]) take(s *subscription[K]) []K {
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := s.keys
	s.keys = nil
	return keys
}

// Disconnect makes the subscriptions of h that are in force fail with err.
// What changes until Subscribe is called again is not reported.
func (h *Handle[K, V]) Disconnect(err error) {
	m := h.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range h.subscriptions {
		select {
		case s.broken <- err:
		default: // it fails already
		}
	}
}
