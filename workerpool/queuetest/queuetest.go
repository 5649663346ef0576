// Package queuetest checks implementations of [workerpool.Queue].
//
// An implementation calls [Run] in a test of its own:
//
//	func TestQueue(t *testing.T) {
//		queuetest.Run(t, func(t *testing.T) queuetest.Harness {
//			name := t.Name() // the messages of one law must not meet those of another
//			return queuetest.Harness{
//				Queue:      open(t, name, Options{Workers: 4, Attempts: 3, MaxDelay: 50 * time.Millisecond}),
//				Workers:    4,
//				Attempts:   3,
//				Redelivery: 100 * time.Millisecond,
//				Delays:     true,
//			}
//		})
//	}
//
// # Time
//
// Most laws wait for something to happen, and take no longer than it takes. That
// something does not happen, such as a second delivery, shows only with time;
// Harness.Redelivery is the unit of that. The laws run in parallel, so that with
// a generous -parallel a run takes a few times Redelivery in all, not for each law.
//
// A queue within the process can have its time for nothing, in a synctest
// bubble. There are no subtests in a bubble, so that its test calls the laws
// itself:
//
//	for _, law := range queuetest.Laws() {
//		t.Run(law.Name, func(t *testing.T) {
//			synctest.Test(t, func(t *testing.T) {
//				if err := law.Check(t.Context(), open(t)); err != nil {
//					t.Error(err)
//				}
//			})
//		})
//	}
package queuetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/goplinth/plinth/internal/config"
	"github.com/goplinth/plinth/workerpool"
)

// A Harness is a queue under test, and what its engine promises. The values and
// IDs of the laws are short and of letters, digits and spaces, the priorities are
// from -1 to 1, and there are at most a few hundred messages at a time.
type Harness struct {
	// Queue is empty, and nobody else uses it.
	Queue workerpool.Queue[string]

	// Workers is the number of handlers that one Run of Queue, and of what Peer
	// returns, has at the same time, if there is enough to do. It must be 2 or
	// more; few make the laws fast.
	Workers int

	// Attempts is the number of failed attempts after which a message is given
	// up. It must be 2 or more; few make the laws fast.
	Attempts int

	// Redelivery is the longest time after which a message is handed out again
	// when an attempt has failed, when a Run has interrupted it, and when its
	// consumer was killed. Zero means a second. Configure the engine so that it
	// can be short.
	Redelivery time.Duration

	// Dead, if not nil, returns the messages that were given up so far.
	Dead func(ctx context.Context) ([]string, error)

	// Peer, if not nil, opens the same queue for a second time, as another
	// process would. With a nil Peer, Queue itself takes the place of it.
	//
	// kill cuts that process off, as when it dies: it must not reach the engine
	// any more, neither with the results of running handlers nor for new
	// messages. A nil kill says that the engine does not promise to hand out
	// again what a killed consumer had.
	Peer func() (queue workerpool.Queue[string], kill func())

	// IDs, Delays and Priorities say that the engine keeps these options of
	// Publish. The laws do not use those that it does not keep. That of delays
	// leaves a message in the queue that is due in a day.
	IDs, Delays, Priorities bool
}

// complete returns h with its defaults, and all mistakes in it.
func (h Harness) complete() (Harness, error) {
	c := config.For("queuetest")
	c.Require(h.Queue != nil, "Harness.Queue", h.Queue, "set it to the queue to be tested")
	c.Require(h.Workers >= 2, "Harness.Workers", h.Workers, "must be 2 or more, as Queue is configured")
	c.Require(h.Attempts >= 2, "Harness.Attempts", h.Attempts, "must be 2 or more, as Queue is configured")
	c.Require(h.Redelivery >= 0, "Harness.Redelivery", h.Redelivery, "must be positive, or 0 for 1s")
	if h.Redelivery == 0 {
		h.Redelivery = time.Second
	}
	return h, c.Err()
}

// peer returns a second queue to share the messages with.
func (h *Harness) peer() workerpool.Queue[string] {
	if h.Peer == nil {
		return h.Queue
	}
	queue, _ := h.Peer()
	return queue
}

// patience is how long a law waits for what should come soon. It is meant for a
// slow network and a busy machine, so that a law is broken only by what never
// comes.
func (h *Harness) patience() time.Duration { return 10*time.Second + 5*h.Redelivery }

// Run tests that a queue keeps the [Laws], each in a parallel subtest of its own.
// For each it calls open, which returns a queue that has no messages, and ends
// what it opened by t.Cleanup. A law that is about what the engine does not
// promise is skipped. Run returns when all are done.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	run(t, Laws(), open)
}

func run(t *testing.T, laws []Law, open func(t *testing.T) Harness) {
	// Parallel subtests run when the test around them has returned. This one
	// keeps them from outliving what the caller of Run defers.
	t.Run("laws", func(t *testing.T) {
		for _, law := range laws {
			t.Run(law.Name, func(t *testing.T) {
				t.Parallel()
				err := law.Check(t.Context(), open(t))
				switch {
				case errors.Is(err, ErrNotPromised):
					t.Skip(err)
				case err != nil:
					t.Error(err)
				}
			})
		}
	})
}

// ErrNotPromised is returned by the Check of a law when the Harness says that the
// engine does not promise what the law is about.
var ErrNotPromised = errors.New("queuetest: the engine does not promise this")

// A Law is something that holds for every [workerpool.Queue], or for every one
// that promises it.
type Law struct {
	Name string

	// Check returns an error that says how the law was broken, or
	// [ErrNotPromised]. It ends what it has begun, as far as the queue does.
	Check func(ctx context.Context, h Harness) error
}

// Laws returns what [Run] tests.
func Laws() []Law {
	laws := []Law{
		{"done after success", checkDone},
		{"retried after an error", checkRetried},
		{"given up after the last attempt", checkGivenUp},
		{"given up after a permanent error", checkPermanent},
		{"left alone after RetryAfter", checkRetryAfter},
		{"panic", checkPanic},
		{"Goexit", checkGoexit},
		{"limit of workers", checkWorkers},
		{"slow handler", checkSlow},
		{"graceful stop", checkStop},
		{"stop burns no attempt", checkInterrupted},
		{"several runs", checkSeveral},
		{"publish with an ended context", checkEnded},
		{"load", checkLoad},
		{"killed consumer", checkKilled},
		{"delay", checkDelay},
		{"duplicates", checkDuplicates},
		{"priorities", checkPriorities},
	}
	for i, law := range laws {
		laws[i].Check = func(ctx context.Context, h Harness) error {
			h, err := h.complete()
			if err != nil {
				return err
			}
			return law.Check(ctx, h)
		}
	}
	return laws
}
