package cache

// A ring is a queue of nodes, oldest first, in which a node knows its position
// and can be taken out from anywhere, leaving a gap. It keeps the low half of
// each node's hash beside it: an evicted node is found in the table and in the
// sketch without hashing its key again.
//
// It is guarded by shard.mu. The zero ring is empty.
type ring[K comparable, V any] struct {
	queue  int // what nodes in this ring are marked with
	nodes  []*node[K, V]
	hashes []uint32
	head   int // position of the oldest node or gap
	span   int // number of nodes and gaps
	live   int // number of nodes
}

const minRing = 8

// push appends n.
func (r *ring[K, V]) push(n *node[K, V], hash uint32) {
	if r.span == len(r.nodes) {
		r.rebuild()
	}
	pos := r.at(r.span)
	r.nodes[pos], r.hashes[pos] = n, hash
	r.span++
	r.live++
	n.place(r.queue, pos)
}

// at returns the position of the i-th place, counted from the oldest.
func (r *ring[K, V]) at(i int) int {
	pos := r.head + i
	if pos >= len(r.nodes) {
		pos -= len(r.nodes)
	}
	return pos
}

// rebuild closes the gaps, and grows by a quarter if there are few of them.
func (r *ring[K, V]) rebuild() {
	size := max(len(r.nodes), minRing)
	if r.live > size-size/8 {
		size += max(size/4, minRing)
	}
	old := *r
	r.nodes, r.hashes = make([]*node[K, V], size), make([]uint32, size)
	r.head, r.span, r.live = 0, 0, 0
	for n, hash := range old.all {
		r.push(n, hash)
	}
}

// oldest returns the oldest node, or nil.
func (r *ring[K, V]) oldest() (n *node[K, V], hash uint32) {
	for r.span > 0 {
		if n := r.nodes[r.head]; n != nil {
			return n, r.hashes[r.head]
		}
		r.dropHead()
	}
	return nil, 0
}

// remove takes out the node at a position.
func (r *ring[K, V]) remove(pos int) (n *node[K, V], hash uint32) {
	n, hash = r.nodes[pos], r.hashes[pos]
	r.nodes[pos] = nil
	r.live--
	if pos == r.head {
		r.dropHead()
	}
	return n, hash
}

func (r *ring[K, V]) dropHead() {
	if r.head++; r.head == len(r.nodes) {
		r.head = 0
	}
	r.span--
}

// all yields the nodes, oldest first. The loop must not change the ring.
func (r *ring[K, V]) all(yield func(*node[K, V], uint32) bool) {
	for i := range r.span {
		pos := r.at(i)
		if n := r.nodes[pos]; n != nil && !yield(n, r.hashes[pos]) {
			return
		}
	}
}
