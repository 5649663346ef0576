package workerpool

import "time"

// A message is what a Memory holds. Between two attempts it belongs to the heap
// that it is in, during one to the handler.
type message[T any] struct {
	value    T
	info     Info // of the next attempt, or the one in progress
	priority int
	due      time.Time // not to be run before
	number   uint64    // in the order in which they were accepted
}

// earlier orders messages by the time they are due.
func earlier[T any](a, b *message[T]) bool {
	if c := a.due.Compare(b.due); c != 0 {
		return c < 0
	}
	return a.number < b.number
}

// moreUrgent orders messages that are due as they are to be run.
func moreUrgent[T any](a, b *message[T]) bool {
	if a.priority != b.priority {
		return a.priority > b.priority
	}
	return earlier(a, b)
}

// messages is a heap.Interface: a heap with that message in front which goes
// before all others.
type messages[T any] struct {
	before func(a, b *message[T]) bool
	heap   []*message[T]
}

// front returns the message that heap.Pop would return, or nil if there is none.
func (h *messages[T]) front() *message[T] {
	if len(h.heap) == 0 {
		return nil
	}
	return h.heap[0]
}

func (h *messages[T]) Len() int           { return len(h.heap) }
func (h *messages[T]) Less(i, j int) bool { return h.before(h.heap[i], h.heap[j]) }
func (h *messages[T]) Swap(i, j int)      { h.heap[i], h.heap[j] = h.heap[j], h.heap[i] }
func (h *messages[T]) Push(m any)         { h.heap = append(h.heap, m.(*message[T])) }

func (h *messages[T]) Pop() any {
	last := len(h.heap) - 1
	m := h.heap[last]
	h.heap[last] = nil // the array stays
	h.heap = h.heap[:last]
	return m
}
