package workerpool

import (
	"context"
	"time"
)

// A Queue takes messages and has handlers run them, now or later, here or in
// another process. [Memory] is one inside the process; what connects to a
// distributed engine lives in modules of its own. A program that is written
// against Queue changes from one to the other by the line that opens it.
//
// All implementations keep these laws, which package queuetest checks:
//
//   - A message that Publish took is handed to a handler of some Run until it
//     is settled. A nil from the handler settles it: it is done. Engines that
//     hand messages to other processes may repeat one although its handler
//     succeeded, when a process or a connection dies in between; handlers are
//     to bear that.
//   - An error fails the attempt. The message waits, longer with every attempt,
//     and is handed out again, until a number of attempts that the engine is
//     configured with has failed. Then it is settled as dead.
//   - An error that says that it is not retryable, such as that of [Permanent],
//     makes the message dead at once. One that names a wait, such as that of
//     [RetryAfter], keeps the message back for at least that long.
//   - A panic and a runtime.Goexit in a handler fail the attempt, with a
//     [*PanicError], and cost neither the process nor the Run any strength.
//   - While a handler runs, and its process lives, its message is with no other,
//     however long that takes.
//   - The context of a handler has an [Info]. Its Attempt is 1 at first and
//     greater by one for each attempt that failed.
//   - An attempt that Run's end interrupted did not happen: if a handler returns
//     an error after the context of its Run has ended, the message is handed out
//     again with the same number, by another Run or a later one. Only a nil and
//     an error that is not retryable settle it all the same.
//   - A message with the ID of one that is not settled is a duplicate. Publish
//     returns nil for it and does nothing more. How long an ID is remembered
//     beyond that, each implementation says for itself.
//
// Messages are handed out in no order that one could rely on, unless an
// implementation says more. Its methods may be called concurrently.
type Queue[T any] interface {
	// Publish puts v into the queue, and returns nil when the queue has it. If
	// ctx ends before that, it returns the cause of ctx. After an error that
	// came from a network the queue may nevertheless have v: to publish it
	// again without harm, give it an ID by [WithID].
	//
	// An implementation reads the options with [NewPublishOptions], and says
	// which of them its engine cannot keep.
	Publish(ctx context.Context, v T, opts ...PublishOption) error

	// Run hands messages to h until ctx ends. It then takes no more messages,
	// waits for the running handlers, and returns nil; what is pending stays in
	// the queue. Any other result means that the queue itself has failed.
	//
	// There is a limit on the handlers that one Run has at a time. Run may be
	// called several times, also at the same time; the calls share the messages.
	//
	// The context of the handlers has the values of ctx but does not end with
	// it, so that a handler can finish what it began. Each implementation says
	// how long it leaves them alone before it ends their context, and what
	// else ends it.
	Run(ctx context.Context, h Handler[T]) error
}

// PublishOptions is what the options of one Publish come to. Its zero value is
// that of a Publish without any.
type PublishOptions struct {
	// ID is the name of the message, by which duplicates are known; empty
	// means that it has none, and is never a duplicate.
	ID string

	// Delay is how long the message is held back. Zero or less means not at
	// all.
	Delay time.Duration

	// Priority is the rank of the message: higher goes first, and zero is
	// normal. An engine with fewer levels takes the nearest it has.
	Priority int
}

// A PublishOption sets some of the PublishOptions of a message.
type PublishOption func(*PublishOptions)

// NewPublishOptions applies opts in their order, so that the last of several for
// the same thing counts. It is for implementations of [Queue]. A nil option is
// one that changes nothing.
func NewPublishOptions(opts ...PublishOption) PublishOptions {
	var o PublishOptions
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return o
}

// WithID names the message. While one of that name is pending, further ones are
// taken for duplicates and dropped.
func WithID(id string) PublishOption {
	return func(o *PublishOptions) { o.ID = id }
}

// WithDelay holds the message back for d after it was published.
func WithDelay(d time.Duration) PublishOption {
	return func(o *PublishOptions) { o.Delay = d }
}

// WithPriority has the message overtake those of lower priority, and be overtaken
// by those of higher. Without it the priority is 0; it may be negative.
func WithPriority(priority int) PublishOption {
	return func(o *PublishOptions) { o.Priority = priority }
}
