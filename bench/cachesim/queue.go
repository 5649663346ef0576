package main

// A node is a key in a queue. The bits that a policy keeps for each key are
// here too, so that one lookup finds them all.
type node struct {
	key        uint64
	uses       uint8 // since it was queued; each policy has its own maximum
	prev, next *node // towards the front and the back
}

// A queue is a doubly linked list of nodes. The root closes the ring: its next
// node is the front and its previous node the back. The zero value must be
// initialised with init, and a queue must not be copied.
type queue struct {
	root node
	len  int
}

func (q *queue) init() { q.root.prev, q.root.next = &q.root, &q.root }

// back returns the node that was pushed first, or nil if q is empty.
func (q *queue) back() *node { return q.before(&q.root) }

// before returns the neighbour of n towards the front, or nil if there is none.
func (q *queue) before(n *node) *node {
	if n.prev == &q.root {
		return nil
	}
	return n.prev
}

func (q *queue) pushFront(n *node) {
	n.prev, n.next = &q.root, q.root.next
	n.prev.next, n.next.prev = n, n
	q.len++
}

func (q *queue) remove(n *node) {
	n.prev.next, n.next.prev = n.next, n.prev
	n.prev, n.next = nil, nil
	q.len--
}
