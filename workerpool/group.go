package workerpool

import (
	"context"
	"sync"

	"github.com/goplinth/plinth/internal/panics"
)

// A Group runs functions that succeed or fail together: each on its own
// goroutine, and the first error ends the context of the others. The zero value
// is ready for use, with context.Background as parent and no limit; [NewGroup]
// gives it another parent. A Group must not be copied. Its methods may be called
// concurrently; SetLimit only while nothing runs.
//
// It differs from errgroup.Group of golang.org/x/sync in that the functions are
// handed the context, that nothing is started once it has ended, and that panics
// come back as errors.
type Group struct {
	parent context.Context // nil means context.Background

	running sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	ctx    context.Context
	cancel context.CancelCauseFunc // nil before the first Go and after Wait
	err    error                   // the first one; stays
	active int                     // functions running or about to run
	slots  chan struct{}           // holds one element for each active function; nil without limit
}

// NewGroup returns a Group whose functions run under a child of ctx.
func NewGroup(ctx context.Context) *Group { return &Group{parent: ctx} }

// SetLimit lets at most n functions run at the same time; n below 1 means no
// limit, which is also how a Group starts. It panics if functions are running,
// because they hold places under the old limit.
func (g *Group) SetLimit(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.active > 0 {
		panic("workerpool: Group.SetLimit called while functions run")
	}
	g.slots = nil
	if n > 0 {
		g.slots = make(chan struct{}, n)
	}
}

// Go runs f on a new goroutine, after waiting for a free place if there is a
// limit. If the group's context ends before f is started, because a function
// failed or the parent ended, f is not run and Wait returns why.
//
// The context given to f ends when a function of the group returns an error,
// panics or calls runtime.Goexit, with that error as its cause, when the parent
// ends, and when Wait returns.
//
// After Wait has returned nil, Go may start another round, whose context is a
// new one. As with sync.WaitGroup, it must then not run concurrently with the
// Wait of the round before. A Group that has failed stays failed: Go runs
// nothing, and Wait returns the same error.
//
// Go panics if f is nil.
func (g *Group) Go(f func(ctx context.Context) error) {
	if f == nil {
		panic("workerpool: Group.Go called with a nil function")
	}
	ctx, slots := g.enter()
	if slots != nil {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			slots = nil // no place taken, none to give back
		}
	}
	g.start(ctx, slots, f)
}

// TryGo is [Group.Go] if a place is free, and reports whether f was started. If
// the group's context has ended, it was not, and Wait returns why.
func (g *Group) TryGo(f func(ctx context.Context) error) bool {
	if f == nil {
		panic("workerpool: Group.TryGo called with a nil function")
	}
	ctx, slots := g.enter()
	if slots != nil {
		select {
		case slots <- struct{}{}:
		default:
			g.leave(nil, nil)
			return false
		}
	}
	return g.start(ctx, slots, f)
}

// start runs f, which has entered, unless ctx has ended.
func (g *Group) start(ctx context.Context, slots chan struct{}, f func(context.Context) error) bool {
	if ctx.Err() != nil {
		g.leave(slots, context.Cause(ctx))
		return false
	}
	g.running.Go(func() {
		panics.Call(
			func() error { return f(ctx) },
			func(err error) { g.leave(slots, err) },
		)
	})
	return true
}

// Wait waits until all functions have returned. It returns the first error, the
// cause of the parent if that kept a function from being started, and otherwise
// nil. A function that panicked or called runtime.Goexit has failed with a
// [*PanicError]. Wait on a Group without functions returns nil.
func (g *Group) Wait() error {
	g.running.Wait()
	g.mu.Lock()
	cancel, err := g.cancel, g.err
	g.cancel = nil
	g.mu.Unlock()
	if cancel != nil {
		cancel(nil)
	}
	return err
}

// enter counts one more function and returns the context it is to run under.
func (g *Group) enter() (context.Context, chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active++
	// A context that a failed round has ended stays, so that nothing is started.
	if g.cancel == nil && g.err == nil {
		parent := g.parent
		if parent == nil {
			parent = context.Background()
		}
		g.ctx, g.cancel = context.WithCancelCause(parent)
	}
	return g.ctx, g.slots
}

// leave is the counterpart of enter, for a function that ended with err.
func (g *Group) leave(slots chan struct{}, err error) {
	g.mu.Lock()
	g.active--
	first := err != nil && g.err == nil
	if first {
		g.err = err
	}
	cancel := g.cancel
	g.mu.Unlock()
	// Cancelling runs code of others, which may call the group. There is nothing
	// to cancel if a Wait that ran concurrently with Go has done so.
	if first && cancel != nil {
		cancel(err)
	}
	if slots != nil {
		<-slots
	}
}
