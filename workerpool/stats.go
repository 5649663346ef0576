package workerpool

// Stats says what a pool does and has done since it was made.
type Stats struct {
	Name    string // Options.Name
	Workers int    // goroutines, idle ones included
	Running int    // tasks that are running
	Queued  int    // tasks that wait for a worker
	Blocked int    // calls of Submit that wait for room

	Accepted uint64 // tasks that were accepted, dropped ones included
	Ended    uint64 // tasks that have run, well or not
	Failed   uint64 // calls of OnError but for dropped tasks: an error, a panic or a Goexit
	Dropped  uint64 // tasks that were accepted and dropped because the queue was full
	Unrun    uint64 // tasks that were listed in a DrainError
	Rejected uint64 // tasks that were not accepted because the queue was full
}

// Stats returns the present counts, which agree with each other: Accepted is
// Ended + Dropped + Unrun + Running + Queued. It costs a look at every
// worker.
func (p *Pool[T]) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{
		Name:     p.name,
		Workers:  p.workers,
		Queued:   p.ring.len() + p.held,
		Accepted: p.accepted,
		Failed:   p.failures.Load(),
		Dropped:  p.dropped,
		Unrun:    p.unrun,
		Rejected: p.rejected,
	}
	for _, w := range p.staff {
		left, at := w.progress()
		s.Queued += left
		if at >= 0 {
			s.Running++
		}
	}
	for b := p.blocked.first; b != nil; b = b.next {
		s.Blocked++
	}
	s.Ended = s.Accepted - s.Dropped - s.Unrun - uint64(s.Running+s.Queued)
	return s
}
