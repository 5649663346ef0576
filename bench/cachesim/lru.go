package main

// lru evicts the key that was used least recently.
type lru struct {
	unowned
	size  int
	nodes map[uint64]*node
	queue queue // most recently used in front
}

func newLRU(size int) *lru {
	p := &lru{size: size, nodes: make(map[uint64]*node)}
	p.queue.init()
	return p
}

func (p *lru) Get(key uint64) bool {
	n, ok := p.nodes[key]
	if ok {
		p.queue.remove(n)
		p.queue.pushFront(n)
	}
	return ok
}

func (p *lru) Set(key uint64) {
	if len(p.nodes) == p.size {
		oldest := p.queue.back()
		p.queue.remove(oldest)
		delete(p.nodes, oldest.key)
	}
	n := &node{key: key}
	p.nodes[key] = n
	p.queue.pushFront(n)
}

func (p *lru) Len() int { return len(p.nodes) }
