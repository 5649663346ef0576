package workerpool

// A fifo is a queue that grows as needed. The zero value is empty.
type fifo[T any] struct {
	items []T
	head  int // items[:head] have been popped and are zero
}

func (q *fifo[T]) len() int { return len(q.items) - q.head }

// push appends v, in amortised constant time. A full array is grown only if
// less than half of it has been popped, so that a queue which stays short does
// not allocate however many items pass through it.
func (q *fifo[T]) push(v T) {
	if len(q.items) == cap(q.items) && 2*q.head >= len(q.items) {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, v)
}

// pop removes and returns the oldest item; the queue must not be empty.
func (q *fifo[T]) pop() T {
	var zero T
	v := q.items[q.head]
	q.items[q.head] = zero
	q.head++
	return v
}

// popAll empties the queue and returns what was in it, oldest first.
func (q *fifo[T]) popAll() []T {
	all := q.items[q.head:]
	*q = fifo[T]{}
	return all
}
