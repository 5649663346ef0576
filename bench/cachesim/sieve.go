package main

// Zhang, Yang, Yue, Vigfusson, Rashmi: SIEVE is Simpler than LRU, NSDI 2024.

// sieve keeps keys in the order in which they came, and never moves one. A hand
// goes from the oldest to the newest and around again: it spares each key that
// was used since it last came by, and evicts the first one that was not.
type sieve struct {
	unowned
	size  int
	nodes map[uint64]*node
	queue queue
	hand  *node // where the search for a victim goes on; nil is the back
}

func newSieve(size int) *sieve {
	p := &sieve{size: size, nodes: make(map[uint64]*node)}
	p.queue.init()
	return p
}

func (p *sieve) Get(key uint64) bool {
	n, ok := p.nodes[key]
	if ok {
		n.uses = 1
	}
	return ok
}

func (p *sieve) Set(key uint64) {
	if len(p.nodes) == p.size {
		p.evict()
	}
	n := &node{key: key}
	p.nodes[key] = n
	p.queue.pushFront(n)
}

func (p *sieve) evict() {
	victim := p.hand
	for victim == nil || victim.uses > 0 {
		if victim == nil {
			victim = p.queue.back()
			continue
		}
		victim.uses = 0
		victim = p.queue.before(victim)
	}
	p.hand = p.queue.before(victim)
	p.queue.remove(victim)
	delete(p.nodes, victim.key)
}

func (p *sieve) Len() int { return len(p.nodes) }
