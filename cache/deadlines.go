package cache

// deadlineHeap is a [heap.Interface], the earliest deadline first.
type deadlineHeap[K comparable, V any] []*entry[K, V]

func (h deadlineHeap[K, V]) Len() int           { return len(h) }
func (h deadlineHeap[K, V]) Less(i, j int) bool { return h[i].deadline.Before(h[j].deadline) }

func (h deadlineHeap[K, V]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heapPos, h[j].heapPos = i, j
}

func (h *deadlineHeap[K, V]) Push(x any) {
	e := x.(*entry[K, V])
	e.heapPos = len(*h)
	*h = append(*h, e)
}

func (h *deadlineHeap[K, V]) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
