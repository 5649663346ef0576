package fetch

import (
	"container/list"
	"context"
	"sync"
)

// A gate lets a limited number of requests be in flight; the others wait in
// the order in which they came. A limit of 0 or less lets all pass.
type gate struct {
	limit int

	mu      sync.Mutex // guards what follows
	inside  int
	waiting list.List // of chan struct{}, closed to hand over a place
}

// enter waits for a place. Whoever gets one gives it back with end.
func (g *gate) enter(ctx context.Context) error {
	g.mu.Lock()
	if g.inside < g.limit && g.waiting.Len() == 0 {
		g.inside++
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	place := g.waiting.PushBack(turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	select {
	case <-turn: // in the same moment, and nobody will use it
		g.mu.Unlock()
		g.end()
	default:
		g.waiting.Remove(place)
		g.mu.Unlock()
	}
	return context.Cause(ctx)
}

// tryEnter takes a place if one is free.
func (g *gate) tryEnter() bool {
	if g.limit <= 0 {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside >= g.limit {
		return false
	}
	g.inside++
	return true
}

// end gives a place back, to the first that waits.
func (g *gate) end() {
	if g.limit <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if first := g.waiting.Front(); first != nil {
		close(g.waiting.Remove(first).(chan struct{}))
		return
	}
	g.inside--
}

func (g *gate) idle() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside == 0
}
