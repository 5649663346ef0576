package main

// Yang, Zhang, Qiu, Yue, Rashmi: FIFO Queues are All You Need for Cache
// Eviction, SOSP 2023. The parameters are the paper's: a tenth of the cache is
// the small queue, the ghost remembers as many keys as the main queue holds,
// and it takes two uses to move from the small queue to the main one, where a
// key begins again at none.

const (
	s3FIFOMaxUses  = 3 // what a counter of two bits holds
	s3FIFOPromoted = 2
)

// s3FIFO lets new keys into a small queue, from which most leave soon. What was
// used there, or comes again while the ghost remembers it, goes to the main
// queue, a clock.
type s3FIFO struct {
	unowned
	size, smallSize int
	nodes           map[uint64]*node // of small and main
	small, main     queue
	ghost           *ghost
}

func newS3FIFO(size int) *s3FIFO {
	smallSize := max(1, size/10)
	p := &s3FIFO{
		size:      size,
		smallSize: smallSize,
		nodes:     make(map[uint64]*node),
		ghost:     newGhost(size - smallSize),
	}
	p.small.init()
	p.main.init()
	return p
}

func (p *s3FIFO) Get(key uint64) bool {
	n, ok := p.nodes[key]
	if ok {
		n.uses = min(n.uses+1, s3FIFOMaxUses)
	}
	return ok
}

func (p *s3FIFO) Set(key uint64) {
	// The ghost is asked first: the eviction below may push the key out of it.
	remembered := p.ghost.forget(key)
	for len(p.nodes) >= p.size {
		if p.small.len >= p.smallSize {
			p.evictSmall()
		} else {
			p.evictMain()
		}
	}
	n := &node{key: key}
	p.nodes[key] = n
	if remembered {
		p.main.pushFront(n)
	} else {
		p.small.pushFront(n)
	}
}

// evictSmall evicts a key from the small queue, unless it moves them all to the
// main queue.
func (p *s3FIFO) evictSmall() {
	for p.small.len > 0 {
		n := p.small.back()
		p.small.remove(n)
		if n.uses < s3FIFOPromoted {
			delete(p.nodes, n.key)
			p.ghost.remember(n.key)
			return
		}
		n.uses = 0
		p.main.pushFront(n)
	}
}

// evictMain evicts a key from the main queue, which must not be empty.
func (p *s3FIFO) evictMain() {
	for {
		n := p.main.back()
		p.main.remove(n)
		if n.uses == 0 {
			delete(p.nodes, n.key)
			return
		}
		n.uses--
		p.main.pushFront(n)
	}
}

func (p *s3FIFO) Len() int { return len(p.nodes) }

// A ghost remembers the keys that came last, without values.
type ghost struct {
	size  int
	nodes map[uint64]*node
	queue queue
}

func newGhost(size int) *ghost {
	g := &ghost{size: size, nodes: make(map[uint64]*node)}
	g.queue.init()
	return g
}

// remember adds key, which g does not hold.
func (g *ghost) remember(key uint64) {
	n := &node{key: key}
	g.nodes[key] = n
	g.queue.pushFront(n)
	if len(g.nodes) > g.size {
		g.forget(g.queue.back().key)
	}
}

// forget removes key and reports whether it was there.
func (g *ghost) forget(key uint64) bool {
	n, ok := g.nodes[key]
	if ok {
		g.queue.remove(n)
		delete(g.nodes, key)
	}
	return ok
}
