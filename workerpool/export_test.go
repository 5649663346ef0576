package workerpool

import "time"

// Claim has a worker claim up to n tasks as if it came for its next batch. It
// starts them, and has ended, when start is called. It takes no room, as a caller
// who runs a task.
func (p *Pool[T]) Claim(n int) (start func()) {
	p.mu.Lock()
	w := p.enlist()
	w.size = n
	p.load(w)
	p.callers++
	p.mu.Unlock()
	return func() {
		p.start(w)
		p.fire(w)
	}
}

// Keys returns the number of keys that the pool remembers.
func (k *Keyed[K, T]) Keys() int {
	k.pool.mu.Lock()
	defer k.pool.mu.Unlock()
	return len(k.pool.lanes.(keyLanes[K, T]))
}

// Pace is exported for tests that need a late worker, which there are none of in
// a bubble.
type Pace = pace

func NewPace(rate float64, burst int) *Pace { return newPace(rate, burst) }

// Start takes the right to start a task at now, or returns how long to wait.
func (p *pace) Start(now time.Duration) (wait time.Duration) { return p.start(int64(now)) }

// Fire is what the timer does when it is time.
func (p *pace) Fire() { p.roused = true }

// Ring is exported for its tests.
type Ring[T any] = ring[T]

func (r *ring[T]) Len() int         { return r.len() }
func (r *ring[T]) Take(dst []T) int { return r.take(dst) }

// Array returns what the elements are kept in.
func (r *ring[T]) Array() []T { return r.buf }

// Push adds v, and returns how much room there was for it and more.
func (r *ring[T]) Push(v T) (spare int) {
	spare = r.spare()
	r.push(v)
	return spare
}

// Array returns the length of the array in which tasks wait.
func (p *Pool[T]) Array() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ring.buf)
}

// Batches returns the number of tasks that each busy worker has come with.
func (p *Pool[T]) Batches() (sizes []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.staff {
		if w.taken > 0 {
			sizes = append(sizes, w.taken)
		}
	}
	return sizes
}

// Batches is that of the pool.
func (k *Keyed[K, T]) Batches() []int { return k.pool.Batches() }
