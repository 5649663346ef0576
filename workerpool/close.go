package workerpool

import "context"

// Wait waits until every accepted task has ended, those accepted while it waits
// included, and returns nil. If ctx ends first it returns the cause of ctx; in a
// handler of the same pool, recognised by ctx, it returns [ErrNested]. The pool
// may be used on after Wait, and Wait may be called after Close.
func (p *Pool[T]) Wait(ctx context.Context) error {
	if p.isOwn(ctx) {
		return ErrNested
	}
	p.mu.Lock()
	if p.isQuiet() {
		p.mu.Unlock()
		return nil
	}
	if p.quiet == nil {
		p.quiet = make(chan struct{})
	}
	quiet := p.quiet
	p.mu.Unlock()

	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close stops the intake of tasks, waits until those accepted have ended, and
// returns nil, after which the pool owns no goroutine.
//
// If ctx ends first, Close ends the context of the handlers with the cause
// [ErrClosed], starts nothing more, and returns at once a [*DrainError] with the
// tasks that were not started and those that still run. It does not wait for the
// running handlers; a later Close does. A ctx that has ended already makes that
// happen right away, unless the pool is idle.
//
// Close may be called again and concurrently. Each task that was not started is
// listed by the one call whose context ended first; the others see an empty
// queue, and return nil when the running handlers have ended.
//
// In a handler of the same pool, recognised by ctx, Close returns [ErrNested] and
// closes nothing.
func (p *Pool[T]) Close(ctx context.Context) error {
	if p.isOwn(ctx) {
		return ErrNested
	}
	p.stopIntake()
	cause := p.Wait(ctx)
	if cause == nil {
		<-p.gone
		p.cancel(ErrClosed)
		return nil
	}
	p.mu.Lock()
	left := &DrainError[T]{Unrun: p.takeAll(), Stuck: p.running(), Err: cause}
	left.Running = len(left.Stuck)
	p.settle()
	p.mu.Unlock()
	// Cancelling runs code of others, which may call the pool.
	p.cancel(ErrClosed)
	if len(left.Unrun) == 0 && left.Running == 0 {
		<-p.gone
		return nil // the last task ended together with ctx
	}
	return left
}

// finish is Close for a pool that nobody else knows.
func (p *Pool[T]) finish() {
	p.stopIntake()
	<-p.gone
}

func (p *Pool[T]) stopIntake() {
	p.mu.Lock()
	p.closed, p.credit = true, 0
	refused := p.blocked
	for s := refused.first; s != nil; s = s.next {
		s.queued = false
	}
	p.blocked = submissions[T]{}
	p.settle()
	p.mu.Unlock()
	refused.answer(ErrClosed)
}

// takeAll returns the tasks that were accepted and not started, and none of them
// will be; mu must be held.
func (p *Pool[T]) takeAll() []T {
	unrun := make([]T, p.unended()+p.callers)
	n := 0
	// From all, not the loaded alone: one that has come with a single task may
	// not have started it.
	for _, w := range p.staff {
		n += w.giveUp(unrun[n:])
	}
	for len(p.loaded) > 0 {
		p.unlist(p.loaded[0])
	}
	n += p.ring.take(unrun[n:])
	p.source = nil
	if p.lanes != nil {
		n += p.lanes.drain(unrun[n:])
		p.held = 0
	}
	p.unrun += uint64(n)
	return unrun[:n:n]
}

// running returns the tasks that are running; mu must be held.
func (p *Pool[T]) running() []T {
	var list []T
	for _, w := range p.staff {
		if _, at := w.progress(); at >= 0 {
			list = append(list, w.batch[at])
		}
	}
	return list
}

// isDry reports whether no task is left to be started; mu must be held.
func (p *Pool[T]) isDry() bool {
	return p.ring.len() == 0 && len(p.loaded) == 0 && p.held == 0 && p.source == nil
}

// isQuiet reports whether all that was accepted has ended; mu must be held.
func (p *Pool[T]) isQuiet() bool { return p.busy == 0 && p.isDry() }

// settle tells those who wait for it that the pool is quiet, and that the last
// worker has gone; mu must be held. A closed pool needs no worker that has nothing
// to do.
func (p *Pool[T]) settle() {
	if p.closed && p.isDry() {
		p.dismiss(len(p.idle))
	}
	if !p.isQuiet() {
		return
	}
	if p.quiet != nil {
		close(p.quiet)
		p.quiet = nil
	}
	if !p.closed || p.workers > 0 {
		return
	}
	select {
	case <-p.gone:
	default:
		close(p.gone)
		p.stopTimers()
	}
}
