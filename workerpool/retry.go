package workerpool

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/goplinth/plinth/internal/backoff"
	"github.com/goplinth/plinth/internal/config"
)

// RetryPolicy says which failed tasks are tried again, how often and after how
// long. The zero value is ready for use, by [Retry] and in [QueueOptions].
type RetryPolicy struct {
	// Attempts is the most times a task is run, the first one included. 0
	// means 3, and 10 in QueueOptions; 1 means no retries.
	Attempts int

	// BaseDelay is the longest wait before the second attempt. It doubles with
	// every further one; the actual wait is a random part of it (full jitter).
	// 0 means 50ms, and 1s in QueueOptions.
	BaseDelay time.Duration

	// MaxDelay bounds the doubling. 0 means 5s, and 1m in QueueOptions, or
	// BaseDelay if that is longer.
	MaxDelay time.Duration

	// Retryable decides whether to try again after an error that does not say
	// so itself. An error that has, or wraps one that has, a method
	// Retryable() bool does say so, like those of [Permanent] and
	// [RetryAfter], and is not asked about. nil means yes.
	Retryable func(err error) bool

	// OnRetry, if not nil, is called before the wait for another attempt, with
	// the context of the attempt that failed, whose number is in [TaskInfo],
	// its error, and the length of the wait. It is not called after the last
	// attempt. It runs on the task's goroutine, outside all locks.
	OnRetry func(ctx context.Context, err error, wait time.Duration)
}

func (p RetryPolicy) check(c *config.Check, name string) {
	c.Require(p.Attempts >= 0, name+".Attempts", p.Attempts, "must be 1 or more, or 0 for the default")
	c.Require(p.BaseDelay >= 0, name+".BaseDelay", p.BaseDelay, "must be positive, or 0 for the default")
	c.Require(p.MaxDelay == 0 || p.MaxDelay >= max(p.BaseDelay, 0), name+".MaxDelay", p.MaxDelay,
		"must be BaseDelay or more, or 0 for the default")
}

// or returns p with the numbers that are zero taken from d.
func (p RetryPolicy) or(d RetryPolicy) RetryPolicy {
	if p.Attempts == 0 {
		p.Attempts = d.Attempts
	}
	if p.BaseDelay == 0 {
		p.BaseDelay = d.BaseDelay
	}
	if p.MaxDelay == 0 {
		p.MaxDelay = max(d.MaxDelay, p.BaseDelay)
	}
	return p
}

// retries reports whether there is to be another attempt after the given one
// has failed with err.
func (p *RetryPolicy) retries(attempt int, err error) bool {
	if attempt >= p.Attempts {
		return false
	}
	if retryable, ok := retryable(err); ok {
		return retryable
	}
	return p.Retryable == nil || p.Retryable(err)
}

// retryable returns whether err says that trying again is of use; ok is false if
// it does not say.
func retryable(err error) (yes, ok bool) {
	says, ok := errors.AsType[interface {
		error
		Retryable() bool
	}](err)
	return ok && says.Retryable(), ok
}

// permanent reports whether err says that trying again is of no use.
func permanent(err error) bool {
	yes, ok := retryable(err)
	return ok && !yes
}

// wait returns how long to wait after the given attempt has failed with err. A
// hint in err comes on top of the jitter, lest all who were told the same time
// come back at once.
func (p *RetryPolicy) wait(attempt int, err error) time.Duration {
	d := backoff.FullJitter(attempt, p.BaseDelay, p.MaxDelay)
	return d + min(hint(err), math.MaxInt64-d)
}

// hint returns how long err asks to be left alone; 0 if it does not say.
func hint(err error) time.Duration {
	if says, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		return max(says.RetryAfter(), 0)
	}
	return 0
}

// Retry returns a middleware for handlers: the handler it returns runs the one
// it is given again when that fails, as p says.
//
//	send := workerpool.Retry[Email](workerpool.RetryPolicy{Attempts: 5})(sendEmail)
//
// Between attempts it waits on the goroutine of the task, so that a worker is
// taken all the while; a [Queue] makes better use of it by having the message
// wait. An error with a method RetryAfter() time.Duration, such as that of
// [RetryAfter], is a lower bound for the wait, however long.
//
// The result is nil, or the error of the last attempt as it is. There is no
// further attempt
//
//   - if the error says that it is not retryable, as [Permanent] does;
//   - if the deadline of ctx comes before the end of the wait: the error is
//     then returned at once;
//   - if ctx ends, before or during the wait: what is returned is then both
//     the last error and the cause of ctx, by errors.Is;
//   - after a panic or runtime.Goexit, which go through to whoever runs the
//     task.
//
// An error of a context other than that of the task, such as a deadline of one
// attempt, is retried like any other. With a ctx that has ended already, the
// handler is not run and the cause of ctx returned.
//
// Each attempt sees its number in [TaskInfo]. It goes on from the number that
// ctx came with: under a queue that makes the second attempt, the first one of
// Retry is number 2. What Retry gives up on, the queue tries again in its turn.
//
// A task that succeeds at the first attempt costs no allocation if its context
// has an [Info], as in a Pool and a Queue, and otherwise one context.
//
// Retry panics if p has mistakes, naming all of them, and the middleware if its
// handler is nil.
func Retry[T any](p RetryPolicy) func(Handler[T]) Handler[T] {
	c := config.For("workerpool")
	p.check(c, "RetryPolicy")
	if err := c.Err(); err != nil {
		panic(err.Error())
	}
	p = p.or(RetryPolicy{Attempts: 3, BaseDelay: 50 * time.Millisecond, MaxDelay: 5 * time.Second})
	return func(h Handler[T]) Handler[T] {
		if h == nil {
			panic("workerpool: Retry called with a nil handler")
		}
		return func(ctx context.Context, v T) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			for attempt := 1; ; attempt++ {
				ctx := atAttempt(ctx, attempt)
				err := h(ctx, v)
				if err == nil || !p.retries(attempt, err) {
					return err
				}
				if ctx.Err() != nil {
					return interrupted(ctx, err)
				}
				wait := p.wait(attempt, err)
				if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
					return err
				}
				if p.OnRetry != nil {
					p.OnRetry(ctx, err, wait)
				}
				if !pause(ctx, wait) {
					return interrupted(ctx, err)
				}
			}
		}
	}
}

// atAttempt returns the context of the n-th attempt under ctx.
func atAttempt(ctx context.Context, n int) context.Context {
	info, _ := TaskInfo(ctx)
	if n == 1 && info.Attempt > 0 {
		return ctx
	}
	info.Attempt = max(info.Attempt, 1) + n - 1
	return WithTaskInfo(ctx, info)
}

// pause waits for d and returns true, or false as soon as ctx ends.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// interrupted returns an error that is both err and the cause of ctx.
func interrupted(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("workerpool: not tried again, since the context has ended (%w), after: %w", cause, err)
}

// Permanent returns an error that says that trying again is of no use: Retry
// returns it at once, and a Queue gives its message up. It has the message of
// err, is found through by errors.Is and errors.As, and has a method
// Retryable() bool that returns false. Permanent(nil) is nil.
//
// Of several such statements in one error the outermost counts, so that
// Permanent(RetryAfter(d, err)) is not retried and RetryAfter(d, Permanent(err))
// is.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (e *permanentError) Error() string   { return e.err.Error() }
func (e *permanentError) Unwrap() error   { return e.err }
func (e *permanentError) Retryable() bool { return false }

// RetryAfter returns an error that says that trying again is of use, but not
// before d has passed. It has the message of err, is found through by errors.Is
// and errors.As, and has the methods Retryable() bool, which returns true, and
// RetryAfter() time.Duration. d of zero or less asks for no wait. RetryAfter of
// a nil error is nil.
//
// The limit on the number of attempts stays in force.
func RetryAfter(d time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return &retryAfterError{err, max(d, 0)}
}

type retryAfterError struct {
	err   error
	after time.Duration
}

func (e *retryAfterError) Error() string             { return e.err.Error() }
func (e *retryAfterError) Unwrap() error             { return e.err }
func (e *retryAfterError) Retryable() bool           { return true }
func (e *retryAfterError) RetryAfter() time.Duration { return e.after }
