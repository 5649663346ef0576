package workerpool

// A submission is a task that waits for room, with the goroutine that submits
// it.
type submission[T any] struct {
	v      T
	answer chan error // nil: accepted; never blocks, as there is one answer at most
	next   *submission[T]
	prev   *submission[T]
	queued bool // guarded by Pool.mu
}

// submissions is a list of submissions, the one that has waited longest first.
type submissions[T any] struct {
	first, last *submission[T]
}

func (l *submissions[T]) push(s *submission[T]) {
	s.prev, s.next = l.last, nil
	if l.last == nil {
		l.first = s
	} else {
		l.last.next = s
	}
	l.last = s
}

func (l *submissions[T]) remove(s *submission[T]) {
	if s.prev == nil {
		l.first = s.next
	} else {
		s.prev.next = s.next
	}
	if s.next == nil {
		l.last = s.prev
	} else {
		s.next.prev = s.prev
	}
}

// answer ends the waiting of all in l. It is called without Pool.mu, because it
// wakes goroutines; a submission that was answered is its submitter's again.
func (l submissions[T]) answer(err error) {
	for s := l.first; s != nil; {
		next := s.next
		s.answer <- err
		s = next
	}
}

// newSubmission returns a submission of v. Those that were used before are kept
// in the Pool, and not for all pools together, since channels belong to a
// synctest bubble.
func (p *Pool[T]) newSubmission(v T) *submission[T] {
	s, _ := p.submissions.Get().(*submission[T])
	if s == nil {
		s = &submission[T]{answer: make(chan error, 1)}
	}
	s.v = v
	return s
}

// freeSubmission takes back a submission that is in no list and has no answer
// to come.
func (p *Pool[T]) freeSubmission(s *submission[T]) {
	*s = submission[T]{answer: s.answer}
	p.submissions.Put(s)
}
