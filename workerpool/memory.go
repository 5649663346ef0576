package workerpool

import (
	"cmp"
	"container/list"
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

// Messages wait in two heaps: delayed, by the time they are due, and ready, by
// the order they are to be run in. They move from one to the other when somebody
// looks, so that no goroutine has to. The laws, which hold whenever mu is free:
//
//  1. Each accepted message that is not settled is in delayed, in ready, or in
//     the hands of one handler. size is the number of them, and never more than
//     capacity: a failing handler's message has kept its place.
//  2. A publisher is blocked only while size == capacity, and those who have
//     waited longest come in first.
//  3. ids has a key for each message of law 1 that has an ID, and for each that
//     remembered lists; nothing is of both kinds.
//  4. A Run with a free place waits on changed, which is closed when something
//     is put into delayed. Every such Run wakes up and looks, so that none can
//     take the news and be gone.

// QueueOptions configures a [Memory]. The zero value is ready for use.
type QueueOptions struct {
	// Workers is the greatest number of handlers that one call of Run has
	// running at the same time. Zero means runtime.GOMAXPROCS(0); handlers that
	// wait for a network or a disk want more.
	Workers int

	// Capacity is the greatest number of messages that are in the queue at the
	// same time: waiting for a worker, for their time or for another attempt,
	// and running. Zero means 10,000. It also bounds what is kept beyond that:
	// as many dead letters, and the IDs of a hundred times as many messages that
	// are done.
	Capacity int

	// Retry says how often and at what distance a failing message is tried
	// again. Waiting costs a queue no worker, so its zero fields mean 10
	// attempts, 1s and 1m, with which a message is tried for four minutes at
	// most. With a nil OnRetry, errors that are to be retried are dropped, and
	// panics logged through slog.Default.
	Retry RetryPolicy

	// Grace is how long handlers may go on undisturbed after the context of
	// their Run has ended; then their own context ends as well. Zero means 10s.
	// Negative means none: their context ends together with that of Run.
	Grace time.Duration

	// DedupFor is how long the ID of a message is remembered after the message
	// is done, so that a late duplicate is known too. Zero means that it is
	// forgotten at once.
	DedupFor time.Duration

	// OnDead, if not nil, is called with each message that is given up, with
	// the context of its last attempt and the error of that. It is called on
	// the goroutine of that attempt, outside all locks, and the message counts as
	// running until it returns. A panic in it is not recovered. With a nil
	// OnDead, messages that are given up are logged through slog.Default.
	// [Memory.TakeDeadLetters] has them in either case.
	OnDead func(ctx context.Context, message any, err error)
}

// rememberedPerMessage is how many IDs of messages that are done may be kept for
// each message that there is room for.
const rememberedPerMessage = 100

// A Memory is a [Queue] in this process: what it holds is lost with the
// process. It is made by [NewMemory]; the zero Memory is not usable. A Memory
// must not be copied. All methods may be called concurrently.
//
// Of the messages that are due, that of the highest priority is run first, and of
// several that which has been due for longest. Priorities are strict: as long as
// there is enough work of a higher priority, none of a lower one is done.
//
// A message costs some allocations and, for each attempt, a goroutine. Publish
// and the choice of the next message take time logarithmic in the number of
// messages waiting.
//
// A Memory owns no goroutine except while Run is called, so it has no Close, and
// one that is forgotten is garbage. To finish what is pending before the end of
// the process, call Wait before ending the context of Run.
type Memory[T any] struct {
	workers  int
	capacity int
	retry    RetryPolicy
	grace    time.Duration
	dedupFor time.Duration
	onDead   func(ctx context.Context, message any, err error)

	mu         sync.Mutex // guards the fields below
	delayed    messages[T]
	ready      messages[T]
	size       int                  // messages that are not settled
	accepted   uint64               // messages ever
	blocked    list.List            // of *publication[T], longest waiting first
	ids        map[string]time.Time // until when they are known; zero means for as long as the message is pending
	remembered []string             // keys of ids with a time, earliest first
	dead       []DeadLetter[T]      // oldest first
	changed    chan struct{}        // closed when something is put into delayed; nil if nobody waits for that
	quiet      chan struct{}        // closed when size becomes zero; nil if nobody waits for that
}

// A publication is a message whose publisher is blocked.
type publication[T any] struct {
	v        T
	options  PublishOptions
	accepted chan struct{} // closed when the message is in the queue, or is a duplicate
}

// A DeadLetter is a message that was given up.
type DeadLetter[T any] struct {
	Value T
	Info  Info  // of the last attempt
	Err   error // of the last attempt
}

// NewMemory returns an empty queue. It reports all mistakes in o at once, and
// starts no goroutine.
func NewMemory[T any](o QueueOptions) (*Memory[T], error) {
	c := config.For("workerpool")
	c.Require(o.Workers >= 0, "QueueOptions.Workers", o.Workers, "must be 0 (GOMAXPROCS) or more")
	c.Require(o.Capacity >= 0, "QueueOptions.Capacity", o.Capacity, "must be 0 (10,000) or more")
	o.Retry.check(c, "QueueOptions.Retry")
	c.Require(o.DedupFor >= 0, "QueueOptions.DedupFor", o.DedupFor, "must be 0 (off) or more")
	if err := c.Err(); err != nil {
		return nil, err
	}
	return &Memory[T]{
		workers:  cmp.Or(o.Workers, runtime.GOMAXPROCS(0)),
		capacity: cmp.Or(o.Capacity, 10_000),
		retry:    o.Retry.or(RetryPolicy{Attempts: 10, BaseDelay: time.Second, MaxDelay: time.Minute}),
		grace:    cmp.Or(o.Grace, 10*time.Second),
		dedupFor: o.DedupFor,
		onDead:   o.OnDead,
		delayed:  messages[T]{before: earlier[T]},
		ready:    messages[T]{before: moreUrgent[T]},
		ids:      make(map[string]time.Time),
	}, nil
}

// Publish puts v into the queue, waiting while the queue is full; blocked calls
// are served in the order in which they came. Nil means that v will be run, or
// that it is a duplicate: that a message with the same ID is pending or was done
// less than QueueOptions.DedupFor ago. A dead letter gives its ID free, so that
// it can be published again.
//
// Otherwise v was not accepted and will not be run: Publish returns the cause of
// ctx if that has ended or ends while Publish waits, and an error that is
// [ErrNested] if the queue is full and ctx is that of one of its own handlers,
// since with all handlers waiting for room nobody would make any. With a context
// that is not the handler's, that deadlock cannot be seen.
//
// The delay of [WithDelay] counts from when v was accepted. A ctx that ends later
// has no effect on v.
func (q *Memory[T]) Publish(ctx context.Context, v T, opts ...PublishOption) error {
	o := NewPublishOptions(opts...)
	ended, nested := ctx.Err() != nil, q.isOwn(ctx)

	q.mu.Lock()
	switch {
	case ended:
		q.mu.Unlock()
		return context.Cause(ctx)
	case q.admit(v, o):
		q.mu.Unlock()
		return nil
	case nested:
		q.mu.Unlock()
		return fmt.Errorf("workerpool: a handler published to its own queue, which is full; raise QueueOptions.Capacity: %w", ErrNested)
	}
	p := &publication[T]{v: v, options: o, accepted: make(chan struct{})}
	place := q.blocked.PushBack(p)
	q.mu.Unlock()

	select {
	case <-p.accepted:
		return nil
	case <-ctx.Done():
		return q.withdraw(place, context.Cause(ctx))
	}
}

// withdraw takes back a blocked publication and returns cause, unless it has been
// accepted already: then that holds, since the message may be running.
func (q *Memory[T]) withdraw(place *list.Element, cause error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-place.Value.(*publication[T]).accepted:
		return nil
	default:
		q.blocked.Remove(place)
		return cause
	}
}

// Wait waits until every accepted message is settled, those accepted while it
// waits included, and returns nil. If ctx ends first it returns the cause of ctx;
// in a handler of the same queue, recognised by ctx, it returns [ErrNested].
// Messages settle only while Run is called.
func (q *Memory[T]) Wait(ctx context.Context) error {
	if q.isOwn(ctx) {
		return ErrNested
	}
	q.mu.Lock()
	if q.size == 0 {
		q.mu.Unlock()
		return nil
	}
	if q.quiet == nil {
		q.quiet = make(chan struct{})
	}
	quiet := q.quiet
	q.mu.Unlock()

	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Len returns the number of messages that are not settled: waiting, held back, or
// running. QueueOptions.Capacity is its limit.
func (q *Memory[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size
}

// TakeDeadLetters removes from the queue the messages that were given up and
// returns them, those given up first in front. The queue keeps as many as
// QueueOptions.Capacity says; of more, those given up last.
func (q *Memory[T]) TakeDeadLetters() []DeadLetter[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	dead := q.dead
	q.dead = nil
	return dead
}

// isOwn reports whether ctx is, or is derived from, that of q's handlers.
func (q *Memory[T]) isOwn(ctx context.Context) bool { return ctx.Value(q) != nil }

// admit puts v into the queue if it is no duplicate, and returns true; if there is
// no room for it, it returns false. mu must be held.
func (q *Memory[T]) admit(v T, o PublishOptions) bool {
	now := time.Now()
	if q.knows(o.ID, now) {
		return true
	}
	if q.size == q.capacity {
		return false
	}
	if o.ID != "" {
		q.ids[o.ID] = time.Time{}
	}
	q.size++
	q.accepted++
	q.enqueue(&message[T]{
		value:    v,
		info:     Info{ID: o.ID, Attempt: 1, EnqueuedAt: now},
		priority: o.Priority,
		due:      now.Add(max(o.Delay, 0)),
		number:   q.accepted,
	})
	return true
}

// knows reports whether a message named id is a duplicate; mu must be held.
func (q *Memory[T]) knows(id string, now time.Time) bool {
	for len(q.remembered) > 0 && !now.Before(q.ids[q.remembered[0]]) {
		q.forgetOldest()
	}
	_, ok := q.ids[id]
	return ok
}

// release lets go of the name of a message that is settled, at once or, if it is
// done, when it has been remembered for long enough; mu must be held.
func (q *Memory[T]) release(id string, done bool) {
	switch {
	case id == "":
	case !done || q.dedupFor == 0:
		delete(q.ids, id)
	default:
		if len(q.remembered)/rememberedPerMessage >= q.capacity {
			q.forgetOldest()
		}
		q.ids[id] = time.Now().Add(q.dedupFor)
		q.remembered = append(q.remembered, id)
	}
}

func (q *Memory[T]) forgetOldest() {
	delete(q.ids, q.remembered[0])
	q.remembered[0] = "" // the array may stay for a while
	q.remembered = q.remembered[1:]
}

// leave takes a settled message out of the count and lets in who waited for its
// place; mu must be held.
func (q *Memory[T]) leave() {
	q.size--
	for place := q.blocked.Front(); place != nil; place = q.blocked.Front() {
		p := place.Value.(*publication[T])
		if !q.admit(p.v, p.options) {
			return
		}
		q.blocked.Remove(place)
		close(p.accepted)
	}
	if q.size == 0 && q.quiet != nil {
		close(q.quiet)
		q.quiet = nil
	}
}
