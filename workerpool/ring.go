package workerpool

// A ring is a first-in first-out queue that grows as needed. The zero ring is
// empty.
type ring[T any] struct {
	buf  []T  // its length is 0 or a power of two
	head uint // the oldest is at head, modulo that
	tail uint // where the next goes
}

const leastRing = 16

func (r *ring[T]) len() int { return int(r.tail - r.head) }

// push adds v. There must be spare room.
func (r *ring[T]) push(v T) {
	r.buf[r.tail&uint(len(r.buf)-1)] = v
	r.tail++
}

// spare returns the number of elements that can be pushed, after seeing to it
// that there is room for one.
func (r *ring[T]) spare() int {
	if r.len() == len(r.buf) {
		buf := make([]T, max(leastRing, 2*len(r.buf)))
		n := r.take(buf)
		r.buf, r.head, r.tail = buf, 0, uint(n)
	}
	return len(r.buf) - r.len()
}

// take moves the oldest elements to dst, as many as there are and fit, and
// returns how many those are.
func (r *ring[T]) take(dst []T) int {
	moved := 0
	for moved < len(dst) && r.len() > 0 {
		// As far as the end of buf, and then from its beginning.
		at := int(r.head & uint(len(r.buf)-1))
		from := r.buf[at:min(at+r.len(), len(r.buf))]
		k := copy(dst[moved:], from)
		clear(from[:k])
		r.head += uint(k)
		moved += k
	}
	return moved
}
