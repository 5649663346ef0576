package workerpool

import (
	"runtime"
	"runtime/pprof"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/goplinth/plinth/internal/panics"
)

// A worker takes a batch of tasks from the pool and starts one after the other.
// Its fields are guarded by Pool.mu, except where it is said otherwise.
type worker[T any] struct {
	// claim is head<<32 | limit: batch[head:limit] has not been started. The
	// worker takes the task at head by an addition, without a lock; another
	// takes tasks from the end by compare-and-swap, under Pool.mu. So none is
	// taken twice. A head beyond limit means that the batch has ended.
	claim atomic.Uint64
	batch []T  // written under Pool.mu, and only where nobody else may look
	one   [1]T // the batch of those who never get a larger one
	taken int  // number of tasks in the batch at first; 0 between batches

	// The worker's own.
	size    int   // number of tasks to take at once
	started int64 // when the batch was begun; 0 if it is not measured
	skip    int   // batches not to be measured

	granted   int       // part of Pool.claimed that counts for this worker
	begun     uint      // Pool.loads when it took the batch
	at        int       // place in Pool.staff
	loadedAt  int       // place in Pool.loaded, -1 if not there
	wake      chan bool // true: look for tasks; false: end; made when first needed
	searching bool      // counts in Pool.searching
	running   bool      // has a goroutine
	owes      bool      // has admitted submitters and not given way to them; the worker's own

	// With a T of one word the whole is two cache lines, to which no other worker
	// writes. A pool of many tasks that wait for something fetches them for each.
	_ [16]byte
}

const (
	// Tasks are taken one at a time until they have shown that they are short:
	// the size doubles when a whole batch took less than shortBatch, and is 1
	// again after one of more than longBatch.
	mostBatch  = 64
	largeBatch = 4 * mostBatch // from a source, where nobody waits for room
	shortBatch = 20 * time.Microsecond
	longBatch  = 100 * time.Microsecond
	skipLong   = 7 // batches not measured after that, to spare the clock

	// A batch has fallen behind when each worker has come for others so often.
	overtaken = 4

	batchBytes = 8 << 10 // bounds mostBatch for large T

	// lockSpins attempts to lock Pool.mu take less than a microsecond.
	lockSpins = 100

	// keptRing is the length up to which the ring of an idle pool is kept.
	keptRing = 1024
)

// batchOf returns the largest size of a batch. Where it matters which task is
// started first, it is 1.
func batchOf[T any](o *Options) int {
	if o.Strict || o.Rate > 0 || o.OnFull == DropOldest {
		return 1
	}
	var v T
	return max(1, min(mostBatch, batchBytes/max(1, int(unsafe.Sizeof(v)))))
}

// enlist returns a new worker; mu must be held.
func (p *Pool[T]) enlist() *worker[T] {
	w := &worker[T]{size: 1, loadedAt: -1, at: len(p.staff)}
	w.batch = w.one[:]
	p.staff = append(p.staff, w)
	return w
}

// discharge forgets w; mu must be held.
func (p *Pool[T]) discharge(w *worker[T]) {
	last := p.staff[len(p.staff)-1]
	p.staff[w.at], last.at = last, w.at
	p.staff[len(p.staff)-1] = nil
	p.staff = p.staff[:len(p.staff)-1]
}

// room returns a buffer for n tasks, which becomes the batch.
func (w *worker[T]) room(n int) []T {
	if n > len(w.batch) {
		w.batch = make([]T, n)
	}
	return w.batch[:n]
}

// progress returns the number of tasks of the batch that were not started, and
// the place of the one that is running, or -1.
func (w *worker[T]) progress() (left, at int) {
	x := w.claim.Load()
	head, limit := int(x>>32), int(uint32(x))
	if head > limit {
		return 0, -1
	}
	return limit - head, head - 1 // and 0, -1 between two batches
}

// giveUp moves the last tasks of the batch to dst, as many as were not started
// and fit, and returns how many those are.
func (w *worker[T]) giveUp(dst []T) int {
	for {
		x := w.claim.Load()
		head, limit := int(x>>32), int(uint32(x))
		n := min(limit-head, len(dst))
		if n <= 0 {
			return 0
		}
		if w.claim.CompareAndSwap(x, uint64(head)<<32|uint64(limit-n)) {
			copy(dst, w.batch[limit-n:limit])
			clear(w.batch[limit-n : limit])
			return n
		}
	}
}

// work is the goroutine of w. A task that calls runtime.Goexit takes the
// goroutine with it, and another one goes on with what is left of the batch.
func (p *Pool[T]) work(w *worker[T]) {
	ended := false
	defer func() {
		if !ended {
			go p.work(w)
		}
	}()
	if p.name != "" {
		pprof.SetGoroutineLabels(p.ctx)
	}
	p.start(w)
	for p.next(w) {
		p.start(w)
	}
	ended = true
}

// start starts the tasks of w's batch until none is left.
func (p *Pool[T]) start(w *worker[T]) {
	for !p.startUntilPanic(w) {
	}
}

// startUntilPanic is start as far as the first panic. One deferred call serves
// the whole batch, because one for each would cost as much as a short task. That
// panics are recovered at all is a position that package panics argues for.
func (p *Pool[T]) startUntilPanic(w *worker[T]) (all bool) {
	var v T
	handling := false
	defer func() {
		if !handling {
			return // nothing has happened, or OnError panicked
		}
		// A Goexit comes by here too, and then there is nothing to recover.
		cause := recover()
		if cause == nil {
			cause = panics.ErrGoexit
		}
		p.fail(v, panics.New(cause))
	}()
	handler, ctx, guarded := p.handler, p.ctx, p.guarded
	for {
		x := w.claim.Add(1 << 32)
		head, limit := uint32(x>>32)-1, uint32(x)
		if head >= limit {
			return true
		}
		if guarded && ctx.Err() != nil {
			continue
		}
		v = w.batch[head]
		handling = true
		err := handler(ctx, v)
		handling = false
		if err != nil {
			p.fail(v, err)
		} else if p.lanes != nil {
			p.release(v)
		}
	}
}

// fail reports that v ended with err. Its deferred call is for an OnError that
// calls runtime.Goexit.
func (p *Pool[T]) fail(v T, err error) {
	if p.lanes != nil {
		defer p.release(v)
	}
	p.failures.Add(1)
	p.failed(p.ctx, v, err)
}

// next gives w its next batch, waiting for it if need be. It returns false if w
// is to end.
func (p *Pool[T]) next(w *worker[T]) bool {
	p.measure(w)
	p.lock()
	p.unload(w)
	for {
		admitted := p.admit()
		if p.shouldGiveWay(w, admitted) {
			p.giveWay(admitted)
			admitted = submissions[T]{}
		}
		for w.searching && p.yielded > 0 {
			p.mu.Unlock()
			runtime.Gosched()
			p.mu.Lock()
		}
		surplus := p.workers > p.maxWorkers
		loaded := !surplus && p.load(w)
		p.endSearch(w)
		ends := !loaded && (surplus || p.closed && p.isDry())
		switch {
		case ends:
			p.workers--
			p.discharge(w)
		case !loaded:
			p.park(w)
		}
		if !loaded {
			p.settle()
		}
		another := p.rouse()
		var second *worker[T]
		if another != nil && loaded {
			second = p.rouseSecond(w)
		}
		p.mu.Unlock()

		admitted.answer(nil)
		p.send(another)
		p.send(second)
		switch {
		case ends:
			return false
		case loaded:
			p.clock(w)
			return true
		}
		if !<-w.wake {
			p.leave(w)
			return false
		}
		w.started = 0
		p.mu.Lock()
	}
}

// lock locks mu for a worker that comes back. When many do at once, as from the
// same sleep, a sync.Mutex would park them: it does not spin while other
// goroutines wait for the processor.
func (p *Pool[T]) lock() {
	for range lockSpins {
		if p.mu.TryLock() {
			return
		}
	}
	p.mu.Lock()
}

// shouldGiveWay reports whether it is time for those to run whom w has admitted.
// Where tasks are short, that is when there is room for many of them, because
// changing from one goroutine to the other takes as long as several do; where
// they are long, there is no need.
func (p *Pool[T]) shouldGiveWay(w *worker[T], admitted submissions[T]) bool {
	w.owes = w.size > 1 && (w.owes || admitted.first != nil)
	if !w.owes || p.window-p.unended() < (p.window-p.maxWorkers)/4 {
		return false
	}
	w.owes = false
	return true
}

// giveWay has those who were admitted run before the calling worker goes on, as
// they would otherwise wait until the ring is empty, and the workers then for
// them. It is called with mu held, and releases it meanwhile.
//
// A worker that searches does not take the place of one that has given way, but
// waits behind it: else there would soon be more workers at work than processors,
// each with its own memory to be fetched. It has its turn when one of them waits
// for something other than a processor.
func (p *Pool[T]) giveWay(admitted submissions[T]) {
	p.yielded++
	p.mu.Unlock()
	admitted.answer(nil)
	runtime.Gosched()
	p.mu.Lock()
	p.yielded--
}

// leave counts a worker out that was told to end. Tasks may have come since.
func (p *Pool[T]) leave(w *worker[T]) {
	p.mu.Lock()
	p.workers--
	p.discharge(w)
	p.settle()
	another := p.rouse()
	p.mu.Unlock()
	p.send(another)
}

// measure adapts the size of w's batches to the time that the last one took, if
// it was as large as it could be.
func (p *Pool[T]) measure(w *worker[T]) {
	if w.started == 0 {
		return
	}
	now := p.now()
	switch took := time.Duration(now - w.started); {
	case took < shortBatch:
		w.size = min(2*w.size, p.maxBatch)
	case took > longBatch:
		w.size, w.skip = 1, skipLong
	}
	w.started = now // the next batch begins
}

// clock notes when w's batch begins, unless it says nothing about the size.
func (p *Pool[T]) clock(w *worker[T]) {
	switch {
	case p.maxBatch == 1 || w.taken < w.size:
		w.started = 0
	case w.skip > 0:
		w.skip--
		w.started = 0
	case w.started == 0:
		w.started = p.now()
	}
}

// load gives w tasks that nobody has started, if there are any; mu must be held.
func (p *Pool[T]) load(w *worker[T]) bool {
	n := p.rescue(w)
	if n == 0 {
		n = p.take(w)
	}
	if n == 0 {
		n = p.steal(w)
	}
	if n == 0 {
		return false
	}
	p.engage(w, n)
	return true
}

// engage has w begin with the first n tasks of its batch.
func (p *Pool[T]) engage(w *worker[T], n int) {
	p.loads++
	w.begun = p.loads
	w.taken = n
	w.claim.Store(uint64(n))
	p.busy++
	if n > 1 {
		w.loadedAt = len(p.loaded)
		p.loaded = append(p.loaded, w)
		w.granted = n - 1
		p.claimed += n - 1
	}
}

// supply has p take tasks from source instead of the ring, until there are no
// more. source fills dst as far as it can; it is called with mu held.
func (p *Pool[T]) supply(source func(dst []T) (n int, more bool)) {
	p.mu.Lock()
	p.source = source
	if p.maxBatch > 1 {
		p.maxBatch = largeBatch
	}
	w := p.rouse()
	p.mu.Unlock()
	p.send(w)
}

// take fills w's batch with the tasks that have waited longest.
func (p *Pool[T]) take(w *worker[T]) int {
	if p.source == nil && p.ring.len() == 0 || p.pace != nil && !p.isTime() {
		return 0
	}
	if p.source == nil {
		return p.ring.take(w.room(min(w.size, p.ring.len())))
	}
	n, more := p.source(w.room(w.size))
	if !more {
		p.source = nil
	}
	return n
}

// rescue fills w's batch from one that the others have overtaken several times.
// Without it, a slow task would hold up those claimed with it for as long as new
// ones keep the ring from being empty. Each call looks at another batch.
func (p *Pool[T]) rescue(w *worker[T]) int {
	if len(p.loaded) == 0 {
		return 0
	}
	from := p.loaded[p.loads%uint(len(p.loaded))]
	if p.loads-from.begun < uint(overtaken*p.busy) {
		return 0
	}
	return p.stealFrom(from, w)
}

// steal fills w's batch from that of another worker.
func (p *Pool[T]) steal(w *worker[T]) int {
	for len(p.loaded) > 0 {
		if n := p.stealFrom(p.loaded[len(p.loaded)-1], w); n > 0 {
			return n
		}
	}
	return 0
}

// stealFrom fills w's batch with half of what from has not come to.
func (p *Pool[T]) stealFrom(from, w *worker[T]) int {
	left, _ := from.progress()
	n := from.giveUp(w.room((left + 1) / 2))
	if n == 0 {
		p.unlist(from)
		return 0
	}
	from.granted -= n
	p.claimed -= n
	return n
}

// unlist notes that w has no more tasks to give.
func (p *Pool[T]) unlist(w *worker[T]) {
	p.claimed -= w.granted
	w.granted = 0
	last := p.loaded[len(p.loaded)-1]
	p.loaded[w.loadedAt], last.loadedAt = last, w.loadedAt
	p.loaded[len(p.loaded)-1] = nil
	p.loaded = p.loaded[:len(p.loaded)-1]
	w.loadedAt = -1
}

// unload notes that w's batch has ended.
func (p *Pool[T]) unload(w *worker[T]) {
	if w.taken == 0 {
		return
	}
	clear(w.batch[:w.taken])
	w.taken = 0
	w.claim.Store(0)
	p.busy--
	if w.loadedAt >= 0 {
		p.unlist(w)
	}
}

// rouse returns a worker to be sent for tasks, or nil if there is none to send
// or none needed; mu must be held. Only one worker is sent while none is looking
// for tasks, and when it has found some it sends the next one: so a flood of
// short tasks, which one worker can take on, wakes few.
func (p *Pool[T]) rouse() *worker[T] {
	if p.searching > 0 || !p.hasTasks() {
		return nil
	}
	return p.call()
}

// rouseSecond returns a worker to be sent besides the one that w sends, or nil.
// As long as w does not know the tasks to be short there may be need of many
// workers, and in a chain in which each sends one they come one at a time, with
// a processor to run them.
func (p *Pool[T]) rouseSecond(w *worker[T]) *worker[T] {
	if w.size > 1 || p.ring.len() < 2 && p.source == nil {
		return nil
	}
	return p.call()
}

// call makes an idle or a new worker one that searches, if there may be one.
func (p *Pool[T]) call() *worker[T] {
	var w *worker[T]
	if n := len(p.idle); n > 0 {
		// The one that was idle last: its memory is still in a cache, and the
		// first ones can end.
		w = p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		p.leastIdle = min(p.leastIdle, n-1)
	} else if p.workers < p.maxWorkers {
		w = p.enlist()
		p.workers++
	} else {
		return nil
	}
	w.searching = true
	p.searching++
	return w
}

// send sends a worker that rouse has returned. It is called without mu, because
// waking a goroutine takes long.
func (p *Pool[T]) send(w *worker[T]) {
	switch {
	case w == nil:
	case w.running:
		w.wake <- true
	default:
		w.running = true
		go p.work(w)
	}
}

func (p *Pool[T]) endSearch(w *worker[T]) {
	if w.searching {
		w.searching = false
		p.searching--
	}
}

// park makes w an idle worker, one of those that reap looks after.
func (p *Pool[T]) park(w *worker[T]) {
	if w.wake == nil {
		w.wake = make(chan bool, 1)
	}
	p.idle = append(p.idle, w)
	if p.reaping {
		return
	}
	p.reaping, p.leastIdle = true, 0
	if p.reaper == nil {
		p.reaper = time.AfterFunc(p.idleTimeout, p.reap)
	} else {
		p.reaper.Reset(p.idleTimeout)
	}
}

// reap ends the workers that have been idle ever since it ran last. It runs
// after each idleTimeout for as long as there are idle workers.
func (p *Pool[T]) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dismiss(p.leastIdle)
	p.leastIdle = len(p.idle)
	if p.ring.len() == 0 && len(p.ring.buf) > keptRing {
		p.ring, p.credit = ring[T]{}, 0
	}
	if p.reaping = len(p.idle) > 0; p.reaping {
		p.reaper.Reset(p.idleTimeout)
	}
}

// dismiss ends n idle workers, those that were idle for longest.
func (p *Pool[T]) dismiss(n int) {
	for _, w := range p.idle[:n] {
		w.wake <- false
	}
	p.idle = slices.Delete(p.idle, 0, n)
	p.leastIdle = max(0, p.leastIdle-n)
}
