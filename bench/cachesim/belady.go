package main

import (
	"container/heap"
	"slices"
)

// Belady: A Study of Replacement Algorithms for a Virtual-Storage Computer, IBM
// Systems Journal 5(2), 1966.

// belady knows the future: it evicts the key that is used again last, and
// refuses a key that is used later than all the others. No policy, online or
// not, has more hits, whether or not it may refuse a key.
//
// It must be asked for the keys of its trace, in order. A request costs
// O(log size).
type belady struct {
	unowned
	size  int
	trace *trace
	now   int // index of the request that Get answers next
	held  map[uint64]struct{}

	// uses has the index of the next request for each key that is held, the
	// greatest on top. Indices are unique, so that they stand for their keys.
	// A hit adds one and leaves the old one there: it lies in the past, so it
	// is below those of all keys held and never comes to the top before them.
	uses maxHeap
}

func newBelady(size int, t *trace) *belady {
	return &belady{size: size, trace: t, held: make(map[uint64]struct{})}
}

func (p *belady) Get(key uint64) bool {
	p.now++
	_, ok := p.held[key]
	if ok {
		p.push()
	}
	return ok
}

func (p *belady) Set(key uint64) {
	p.held[key] = struct{}{}
	p.push()
	if len(p.held) > p.size {
		last := heap.Pop(&p.uses).(int)
		delete(p.held, p.trace.usedAt(last))
	}
}

// push adds the next use of the key of the current request.
func (p *belady) push() {
	// Each request for a key that is held leaves an index behind; without this
	// the heap would grow with the trace instead of with the cache.
	if len(p.uses) > 2*p.size+64 {
		p.uses = slices.DeleteFunc(p.uses, func(use int) bool { return use < p.now })
		heap.Init(&p.uses)
	}
	heap.Push(&p.uses, p.trace.next[p.now-1])
}

func (p *belady) Len() int { return len(p.held) }

// maxHeap implements [heap.Interface] with the greatest number on top.
type maxHeap []int

func (h maxHeap) Len() int           { return len(h) }
func (h maxHeap) Less(i, j int) bool { return h[i] > h[j] }
func (h maxHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *maxHeap) Push(x any)        { *h = append(*h, x.(int)) }

func (h *maxHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
