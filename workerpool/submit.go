package workerpool

import (
	"context"
	"iter"
)

// Submit hands v to the pool. Nil means that v was accepted and will be run,
// unless Close gives up on it. Otherwise v was not accepted and will not be run:
//
//   - [ErrClosed] if Close had begun, or begins while Submit waits;
//   - the cause of ctx if ctx had ended, or ends while Submit waits;
//   - [ErrNested] if Submit would have to wait and ctx is that of one of the
//     pool's own handlers;
//   - [ErrFull] if the queue is full and Options.OnFull is Reject.
//
// While the queue is full, Submit does what Options.OnFull says, and by default
// waits. Those that wait are served in the order in which they came. With
// DropNewest, nil may also mean that v was dropped; with CallerRuns, that it has
// been run.
//
// Submit ends with ctx, but v itself is not bound to ctx. While there is room it
// costs one short critical section, and allocates nothing.
func (p *Pool[T]) Submit(ctx context.Context, v T) error {
	if ctx.Err() != nil {
		return p.refuse(ctx)
	}
	p.mu.Lock()
	if p.credit > 0 {
		p.credit--
		p.accepted++
		p.ring.push(v)
	} else if !p.closed && p.hasRoom() {
		p.accept(v)
	} else {
		p.mu.Unlock()
		return p.submitFull(ctx, v)
	}
	if p.searching > 0 {
		p.mu.Unlock()
		return nil
	}
	w := p.rouse()
	p.mu.Unlock()
	p.send(w)
	return nil
}

// refuse returns what a Submit returns whose ctx has ended.
func (p *Pool[T]) refuse(ctx context.Context) error {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return ErrClosed
	}
	return context.Cause(ctx)
}

// submitFull is Submit to a pool that was full a moment ago.
func (p *Pool[T]) submitFull(ctx context.Context, v T) error {
	nested := p.onFull == Block && p.isOwn(ctx)
	p.mu.Lock()
	switch {
	case p.closed:
		p.mu.Unlock()
		return ErrClosed
	case p.hasRoom():
		p.accept(v)
		w := p.rouse()
		p.mu.Unlock()
		p.send(w)
		return nil
	case p.onFull == Reject:
		p.rejected++
		p.mu.Unlock()
		return ErrFull
	case p.onFull == DropOldest && p.ring.len() > 0:
		var oldest [1]T
		p.ring.take(oldest[:])
		p.accept(v)
		p.dropped++
		p.mu.Unlock()
		p.failed(p.ctx, oldest[0], ErrFull)
		return nil
	case p.onFull == DropNewest || p.onFull == DropOldest:
		p.accepted++
		p.dropped++
		p.mu.Unlock()
		p.failed(p.ctx, v, ErrFull)
		return nil
	case p.onFull == CallerRuns:
		w := p.hire(v)
		p.mu.Unlock()
		defer p.fire(w)
		p.start(w)
		return nil
	case nested:
		p.mu.Unlock()
		return ErrNested
	}
	s := p.newSubmission(v)
	s.queued = true
	p.blocked.push(s)
	p.mu.Unlock()
	defer p.freeSubmission(s)

	select {
	case err := <-s.answer:
		return err
	case <-ctx.Done():
	}
	p.mu.Lock()
	if s.queued {
		p.blocked.remove(s)
		p.mu.Unlock()
		return context.Cause(ctx)
	}
	p.mu.Unlock()
	return <-s.answer // it came at the same time, and the task may be running
}

// TrySubmit hands v to the pool if there is room for it at once. It returns
// [ErrFull] if there is none and [ErrClosed] if Close has begun; then v will not
// be run. It never waits, whatever Options.OnFull says, so handlers may call it
// on their own pool.
func (p *Pool[T]) TrySubmit(v T) error {
	p.mu.Lock()
	switch {
	case p.credit > 0:
		p.credit--
		p.accepted++
		p.ring.push(v)
	case p.closed:
		p.mu.Unlock()
		return ErrClosed
	case p.hasRoom():
		p.accept(v)
	default:
		p.rejected++
		p.mu.Unlock()
		return ErrFull
	}
	w := p.rouse()
	p.mu.Unlock()
	p.send(w)
	return nil
}

// SubmitAll submits the items of in, one after the other, and returns how many
// were accepted. The error is that of the first Submit that failed: then the
// item after the accepted ones has been taken from in, and those after it have
// not. If in panics, what was submitted until then is.
//
// SubmitAll panics if in is nil.
func (p *Pool[T]) SubmitAll(ctx context.Context, in iter.Seq[T]) (accepted int, err error) {
	if in == nil {
		panic("workerpool: SubmitAll called with a nil sequence")
	}
	for v := range in {
		if err := p.Submit(ctx, v); err != nil {
			return accepted, err
		}
		accepted++
	}
	return accepted, nil
}

// hasRoom reports whether a task can be accepted without overtaking those that
// wait for that; mu must be held.
func (p *Pool[T]) hasRoom() bool { return p.blocked.first == nil && !p.full() }

// full reports whether there is no room for one more task; mu must be held. What
// is claimed is looked at only when it matters, since workers start it without a
// lock. What the look finds is good for several tasks.
func (p *Pool[T]) full() bool {
	if p.credit > 0 {
		return false
	}
	for _, w := range p.loaded {
		p.claimed -= w.granted
		w.granted, _ = w.progress()
		p.claimed += w.granted
	}
	room := p.window - p.unended()
	if room <= 0 {
		return true
	}
	if p.lanes == nil {
		p.credit = min(room, p.ring.spare())
	}
	return false
}

// unended is the number of tasks that were accepted and have not ended, or a few
// more; mu must be held. Those that callers run do not count, since they keep no
// worker from the others.
func (p *Pool[T]) unended() int {
	return p.ring.len() + p.claimed + p.busy - p.callers + p.held
}

// accept takes v in, for which there is room; mu must be held.
func (p *Pool[T]) accept(v T) {
	p.accepted++
	p.credit = max(0, p.credit-1)
	if p.lanes != nil && p.lanes.hold(v) {
		p.held++
		return
	}
	p.ring.spare()
	p.ring.push(v)
}

// admit accepts those that wait and that there is room for by now, and returns
// them to be answered.
func (p *Pool[T]) admit() (admitted submissions[T]) {
	for s := p.blocked.first; s != nil && !p.full(); s = p.blocked.first {
		p.blocked.remove(s)
		s.queued = false
		p.accept(s.v)
		admitted.push(s)
	}
	return admitted
}

// hire returns a worker for v that has no goroutine, for a caller to be one;
// mu must be held.
func (p *Pool[T]) hire(v T) *worker[T] {
	p.accepted++
	w := p.enlist()
	w.room(1)[0] = v
	p.engage(w, 1)
	p.callers++
	return w
}

// fire ends a worker from hire. Nobody waits for room with CallerRuns.
func (p *Pool[T]) fire(w *worker[T]) {
	p.mu.Lock()
	p.unload(w)
	p.discharge(w)
	p.callers--
	p.settle()
	another := p.rouse()
	p.mu.Unlock()
	p.send(another)
}
