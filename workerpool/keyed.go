package workerpool

import (
	"context"
	"errors"
	"iter"
)

// A Keyed is a [Pool] that runs tasks of the same key one after the other, in the
// order in which they were accepted, and tasks of different keys in parallel. A
// task that waits for its key keeps no worker from the others. It is made by
// [NewKeyed], and what is said of a Pool holds for it as well, except that
// DropOldest and CallerRuns are not among its policies.
//
// A key is forgotten when it has no task left. Tasks whose key is not equal to
// itself, as NaN is, wait for no other.
type Keyed[K comparable, T any] struct {
	key  func(T) K
	pool *Pool[keyed[K, T]]
}

// keyed is a task with its key, so that key is called once for each.
type keyed[K comparable, T any] struct {
	v     T
	key   K
	alone bool // key is not equal to itself
}

// NewKeyed returns a Keyed that runs each submitted task through h. The key of a
// task is what key returns for it when it is submitted, on the goroutine that
// does; key must be safe for concurrent use. NewKeyed reports all mistakes in o,
// and a nil key or h, at once.
func NewKeyed[K comparable, T any](key func(T) K, h Handler[T], o Options) (*Keyed[K, T], error) {
	c := o.check()
	c.Require(key != nil, "key", key, "pass NewKeyed the function that returns the key of a task")
	c.Require(h != nil, "handler", h, "pass NewKeyed the function that runs a task")
	c.Require(o.OnFull != DropOldest, "Options.OnFull", o.OnFull, "is not for a Keyed, whose oldest tasks are not in one queue")
	c.Require(o.OnFull != CallerRuns, "Options.OnFull", o.OnFull, "is not for a Keyed, since a caller does not wait until it is the turn of its key")
	if err := c.Err(); err != nil {
		return nil, err
	}
	if onError := o.OnError; onError != nil {
		o.OnError = func(ctx context.Context, task any, err error) { onError(ctx, task.(keyed[K, T]).v, err) }
	}
	pool, err := New(func(ctx context.Context, task keyed[K, T]) error { return h(ctx, task.v) }, o)
	if err != nil {
		return nil, err
	}
	pool.lanes = keyLanes[K, T]{}
	return &Keyed[K, T]{key, pool}, nil
}

// task asks for the key. A key that cannot be compared, because its type is an
// interface, panics here, where no lock is held.
func (k *Keyed[K, T]) task(v T) keyed[K, T] {
	key := k.key(v)
	return keyed[K, T]{v, key, key != key}
}

// Submit is [Pool.Submit].
func (k *Keyed[K, T]) Submit(ctx context.Context, v T) error { return k.pool.Submit(ctx, k.task(v)) }

// TrySubmit is [Pool.TrySubmit].
func (k *Keyed[K, T]) TrySubmit(v T) error { return k.pool.TrySubmit(k.task(v)) }

// SubmitAll is [Pool.SubmitAll].
func (k *Keyed[K, T]) SubmitAll(ctx context.Context, in iter.Seq[T]) (accepted int, err error) {
	if in == nil {
		panic("workerpool: SubmitAll called with a nil sequence")
	}
	return k.pool.SubmitAll(ctx, func(yield func(keyed[K, T]) bool) {
		for v := range in {
			if !yield(k.task(v)) {
				return
			}
		}
	})
}

// Wait is [Pool.Wait].
func (k *Keyed[K, T]) Wait(ctx context.Context) error { return k.pool.Wait(ctx) }

// Close is [Pool.Close]. In [DrainError].Unrun, tasks of the same key are in the
// order in which they were accepted.
func (k *Keyed[K, T]) Close(ctx context.Context) error {
	err := k.pool.Close(ctx)
	left, ok := errors.AsType[*DrainError[keyed[K, T]]](err)
	if !ok {
		return err
	}
	return &DrainError[T]{Unrun: values(left.Unrun), Running: left.Running, Stuck: values(left.Stuck), Err: left.Err}
}

func values[K comparable, T any](tasks []keyed[K, T]) []T {
	list := make([]T, len(tasks))
	for i, task := range tasks {
		list[i] = task.v
	}
	return list
}

// Resize is [Pool.Resize].
func (k *Keyed[K, T]) Resize(n int) error { return k.pool.Resize(n) }

// Stats is [Pool.Stats]. Tasks that wait for their key are among the queued.
func (k *Keyed[K, T]) Stats() Stats { return k.pool.Stats() }

// lanes holds tasks back until others have ended. It is guarded by Pool.mu.
type lanes[T any] interface {
	// hold keeps v if it has to wait, and reports whether it does.
	hold(v T) bool
	// next is told that v has ended, and returns the task that waited for it.
	next(v T) (T, bool)
	// drain moves all that is held to dst.
	drain(dst []T) int
}

// keyLanes has an entry for each key of which a task was let through and has not
// ended: the tasks that wait for that.
type keyLanes[K comparable, T any] map[K]*ring[keyed[K, T]]

func (l keyLanes[K, T]) hold(task keyed[K, T]) bool {
	if task.alone {
		return false
	}
	waiting, ok := l[task.key]
	if !ok {
		l[task.key] = nil
		return false
	}
	if waiting == nil {
		waiting = new(ring[keyed[K, T]])
		l[task.key] = waiting
	}
	waiting.spare()
	waiting.push(task)
	return true
}

func (l keyLanes[K, T]) next(task keyed[K, T]) (keyed[K, T], bool) {
	var next [1]keyed[K, T]
	if task.alone {
		return next[0], false
	}
	if waiting := l[task.key]; waiting != nil && waiting.take(next[:]) == 1 {
		return next[0], true
	}
	delete(l, task.key)
	return next[0], false
}

func (l keyLanes[K, T]) drain(dst []keyed[K, T]) int {
	n := 0
	for _, waiting := range l {
		if waiting != nil {
			n += waiting.take(dst[n:])
		}
	}
	return n
}

// release lets the task through that was held back by v.
func (p *Pool[T]) release(v T) {
	p.mu.Lock()
	next, ok := p.lanes.next(v)
	if ok {
		p.held--
		p.ring.spare()
		p.ring.push(next)
	}
	w := p.rouse()
	p.mu.Unlock()
	p.send(w)
}
