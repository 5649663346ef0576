package queuetest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/workerpool"
	"github.com/goplinth/plinth/workerpool/queuetest"
)

type (
	handler = workerpool.Handler[string]
	queue   = workerpool.Queue[string]
	option  = workerpool.PublishOption
)

const (
	workers    = 3
	attempts   = 3
	redelivery = 100 * time.Millisecond
)

// newMemory returns a queue, and what it has given up.
func newMemory(t *testing.T, o workerpool.QueueOptions) (queue, func(context.Context) ([]string, error)) {
	t.Helper()
	o.Retry.BaseDelay, o.Retry.MaxDelay = redelivery/2, redelivery/2
	o.Retry.OnRetry = func(context.Context, error, time.Duration) {} // panics need no log
	o.OnDead = func(context.Context, any, error) {}
	m, err := workerpool.NewMemory[string](o)
	if err != nil {
		t.Fatal(err)
	}
	return m, func(context.Context) (dead []string, err error) {
		for _, d := range m.TakeDeadLetters() {
			dead = append(dead, d.Value)
		}
		return dead, nil
	}
}

// open returns a queue that keeps all laws.
func open(t *testing.T) queuetest.Harness {
	q, dead := newMemory(t, workerpool.QueueOptions{Workers: workers, Retry: workerpool.RetryPolicy{Attempts: attempts}})
	return queuetest.Harness{
		Queue:      q,
		Workers:    workers,
		Attempts:   attempts,
		Redelivery: redelivery,
		Dead:       dead,
		Peer: func() (queue, func()) {
			p := &process{queue: q, killed: make(chan struct{})}
			return p, func() { close(p.killed) }
		},
		IDs: true, Delays: true, Priorities: true,
	}
}

// process plays another process on the same queue. When it is killed, what it had
// is pending again.
type process struct {
	queue
	killed chan struct{}
}

func (p *process) Run(ctx context.Context, h handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-p.killed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return p.queue.Run(ctx, func(ctx context.Context, v string) error {
		result := make(chan error, 1)
		go func() { result <- h(ctx, v) }()
		select {
		case err := <-result:
			return err
		case <-p.killed:
			return errors.New("killed")
		}
	})
}

func TestMemoryKeepsTheLaws(t *testing.T) {
	for _, law := range queuetest.Laws() {
		t.Run(law.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := law.Check(t.Context(), open(t)); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestLawsThatAreNotPromised has a harness that promises as little as it can. The
// other laws hold for it, too.
func TestLawsThatAreNotPromised(t *testing.T) {
	optional := map[string]bool{"killed consumer": true, "delay": true, "duplicates": true, "priorities": true}
	for _, law := range queuetest.Laws() {
		t.Run(law.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := open(t)
				h.Dead, h.Peer, h.IDs, h.Delays, h.Priorities = nil, nil, false, false, false
				q := h.Queue
				h.Queue = &broken{queue: q, publish: func(ctx context.Context, v string, opts ...option) error {
					if len(opts) > 0 {
						t.Errorf("Publish(%q) has options that the engine does not keep", v)
					}
					return q.Publish(ctx, v)
				}}
				err := law.Check(t.Context(), h)
				if optional[law.Name] != errors.Is(err, queuetest.ErrNotPromised) || !optional[law.Name] && err != nil {
					t.Errorf("Check = %v; want ErrNotPromised: %t", err, optional[law.Name])
				}
				if law.Name == "killed consumer" {
					h.Peer = func() (queue, func()) { return q, nil }
					if err := law.Check(t.Context(), h); !errors.Is(err, queuetest.ErrNotPromised) {
						t.Errorf("Check with a nil kill = %v; want ErrNotPromised", err)
					}
				}
			})
		})
	}
}

func TestHarnessMistakes(t *testing.T) {
	want := "queuetest: Harness.Queue is <nil> (<nil>): set it to the queue to be tested\n" +
		"queuetest: Harness.Workers is 1 (int): must be 2 or more, as Queue is configured\n" +
		"queuetest: Harness.Attempts is 0 (int): must be 2 or more, as Queue is configured\n" +
		"queuetest: Harness.Redelivery is -1ns (time.Duration): must be positive, or 0 for 1s"
	for _, law := range queuetest.Laws() {
		err := law.Check(t.Context(), queuetest.Harness{Workers: 1, Redelivery: -1})
		if err == nil || err.Error() != want {
			t.Errorf("%s: Check = %v; want %v", law.Name, err, want)
		}
	}
}

// TestRedelivery has a law watch for what must not come.
func TestRedelivery(t *testing.T) {
	for redelivery, want := range map[time.Duration]time.Duration{0: time.Second, time.Minute: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			h := open(t)
			h.Redelivery = redelivery
			for _, law := range queuetest.Laws() {
				if law.Name == "publish with an ended context" {
					start := time.Now()
					err := law.Check(t.Context(), h)
					if d := time.Since(start); err != nil || d != want {
						t.Errorf("Check with Redelivery %v = %v after %v; want nil after %v", redelivery, err, d, want)
					}
				}
			}
		})
	}
}

// broken is a queue with some methods replaced.
type broken struct {
	queue
	publish func(ctx context.Context, v string, opts ...option) error
	run     func(ctx context.Context, h handler) error
}

func (b *broken) Publish(ctx context.Context, v string, opts ...option) error {
	if b.publish != nil {
		return b.publish(ctx, v, opts...)
	}
	return b.queue.Publish(ctx, v, opts...)
}

func (b *broken) Run(ctx context.Context, h handler) error {
	if b.run != nil {
		return b.run(ctx, h)
	}
	return b.queue.Run(ctx, h)
}

// handles makes b run every handler through f.
func (b *broken) handles(f func(ctx context.Context, v string, h handler) error) {
	b.run = func(ctx context.Context, h handler) error {
		return b.queue.Run(ctx, func(ctx context.Context, v string) error { return f(ctx, v, h) })
	}
}

// endOf returns a channel that is closed when t ends. What waits for it takes
// longer than any law has patience.
func endOf(t *testing.T) <-chan struct{} {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return over
}

// info returns the Info of a handler's context.
func info(ctx context.Context) workerpool.Info {
	info, _ := workerpool.TaskInfo(ctx)
	return info
}

// stripped returns an error with the message of err and nothing else of it.
func stripped(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(err.Error())
}

// TestLawsCatchBrokenQueues breaks each law in the ways that a queue is likely to.
func TestLawsCatchBrokenQueues(t *testing.T) {
	tested := make(map[string]bool)
	for _, tt := range []struct {
		law   string
		how   string
		spoil func(t *testing.T, h *queuetest.Harness, b *broken)
	}{
		{"done after success", "one message is lost", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				if v == "a2" {
					return nil
				}
				return b.queue.Publish(ctx, v, opts...)
			}
		}},
		{"done after success", "one message is doubled", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				if v == "a2" {
					b.queue.Publish(ctx, v, opts...)
				}
				return b.queue.Publish(ctx, v, opts...)
			}
		}},
		{"done after success", "values are mixed up", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error { return h(ctx, strings.ToUpper(v)) })
		}},
		{"done after success", "no acknowledgement", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error {
				return errors.Join(h(ctx, v), errors.New("again"))
			})
		}},
		{"done after success", "acknowledged when Run ends", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.run = func(ctx context.Context, h handler) error {
				done := make(chan string, 100)
				err := b.queue.Run(ctx, func(ctx context.Context, v string) error {
					done <- v
					return h(ctx, v)
				})
				b.queue.Publish(context.Background(), <-done)
				return err
			}
		}},
		{"done after success", "no Info", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error {
				bare, cancel := context.WithCancel(context.Background())
				defer cancel()
				return h(bare, v)
			})
		}},
		{"done after success", "attempts count from 0", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error {
				i := info(ctx)
				i.Attempt--
				return h(workerpool.WithTaskInfo(ctx, i), v)
			})
		}},
		{"done after success", "Run fails", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.run = func(context.Context, handler) error { return errors.New("no connection") }
		}},
		{"done after success", "Run returns the cause", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.run = func(ctx context.Context, h handler) error {
				b.queue.Run(ctx, h)
				return context.Cause(ctx)
			}
		}},
		{"done after success", "Run never returns", func(t *testing.T, h *queuetest.Harness, b *broken) {
			over := endOf(t)
			b.run = func(ctx context.Context, h handler) error {
				defer func() { <-over }()
				return b.queue.Run(ctx, h)
			}
		}},
		{"done after success", "everything is a dead letter", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			h.Dead = func(context.Context) ([]string, error) { return []string{"a0"}, nil }
		}},
		{"retried after an error", "not at all", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error { h(ctx, v); return nil })
		}},
		{"retried after an error", "the attempts are not counted", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error {
				i := info(ctx)
				i.Attempt = 1
				return h(workerpool.WithTaskInfo(ctx, i), v)
			})
		}},
		{"retried after an error", "published anew for each attempt", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error {
				i := info(ctx)
				i.EnqueuedAt = i.EnqueuedAt.Add(time.Duration(i.Attempt))
				return h(workerpool.WithTaskInfo(ctx, i), v)
			})
		}},
		{"retried after an error", "without its ID", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error {
				i := info(ctx)
				i.ID = ""
				return h(workerpool.WithTaskInfo(ctx, i), v)
			})
		}},
		{"given up after the last attempt", "too early", func(t *testing.T, h *queuetest.Harness, b *broken) {
			b.queue, h.Dead = newMemory(t, workerpool.QueueOptions{Workers: workers, Retry: workerpool.RetryPolicy{Attempts: attempts - 1}})
		}},
		{"given up after the last attempt", "too late", func(t *testing.T, h *queuetest.Harness, b *broken) {
			b.queue, h.Dead = newMemory(t, workerpool.QueueOptions{Workers: workers, Retry: workerpool.RetryPolicy{Attempts: attempts + 1}})
		}},
		{"given up after the last attempt", "and gone", func(t *testing.T, h *queuetest.Harness, b *broken) {
			h.Dead = func(context.Context) ([]string, error) { return nil, nil }
		}},
		{"given up after the last attempt", "another message", func(t *testing.T, h *queuetest.Harness, b *broken) {
			h.Dead = func(context.Context) ([]string, error) { return []string{"b"}, nil }
		}},
		{"given up after the last attempt", "and nobody can say", func(t *testing.T, h *queuetest.Harness, b *broken) {
			h.Dead = func(context.Context) ([]string, error) { return []string{"a"}, errors.New("no connection") }
		}},
		{"given up after a permanent error", "retried", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error { return stripped(h(ctx, v)) })
		}},
		{"given up after a permanent error", "taken for done", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error { h(ctx, v); return nil })
		}},
		{"left alone after RetryAfter", "the usual wait", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error { return stripped(h(ctx, v)) })
		}},
		{"left alone after RetryAfter", "for ever", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error { h(ctx, v); return nil })
		}},
		{"panic", "taken for done", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error {
				defer func() { recover() }()
				return h(ctx, v)
			})
		}},
		{"panic", "costs a worker", func(t *testing.T, h *queuetest.Harness, b *broken) {
			over := endOf(t)
			places := make(chan struct{}, workers)
			b.handles(func(ctx context.Context, v string, h handler) error {
				select {
				case places <- struct{}{}:
				case <-over:
				}
				err := h(ctx, v)
				<-places
				return err
			})
		}},
		{"Goexit", "taken for done", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error {
				done := make(chan struct{})
				go func() {
					defer close(done)
					h(ctx, v)
				}()
				<-done
				return nil
			})
		}},
		{"Goexit", "costs a worker", func(t *testing.T, h *queuetest.Harness, b *broken) {
			over := endOf(t)
			places := make(chan struct{}, workers)
			b.handles(func(ctx context.Context, v string, h handler) error {
				select {
				case places <- struct{}{}:
				case <-over:
				}
				err := h(ctx, v)
				<-places
				return err
			})
		}},
		{"limit of workers", "one more", func(t *testing.T, h *queuetest.Harness, b *broken) {
			b.queue, _ = newMemory(t, workerpool.QueueOptions{Workers: workers + 1})
		}},
		{"limit of workers", "one less", func(t *testing.T, h *queuetest.Harness, b *broken) {
			b.queue, _ = newMemory(t, workerpool.QueueOptions{Workers: workers - 1})
		}},
		{"limit of workers", "a place is not used again", func(t *testing.T, h *queuetest.Harness, b *broken) {
			over := endOf(t)
			b.handles(func(ctx context.Context, v string, h handler) error {
				err := h(ctx, v)
				<-over
				return err
			})
		}},
		{"limit of workers", "one more after the first has ended", func(t *testing.T, h *queuetest.Harness, b *broken) {
			more, _ := newMemory(t, workerpool.QueueOptions{Workers: 1})
			b.run = func(ctx context.Context, h handler) error {
				var once sync.Once
				return b.queue.Run(ctx, func(ctx context.Context, v string) error {
					err := h(ctx, v)
					once.Do(func() {
						more.Publish(ctx, "a more")
						more.Publish(ctx, "b more")
						go more.Run(ctx, h)
					})
					return err
				})
			}
		}},
		{"slow handler", "handed out again", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error {
				result := make(chan error, 1)
				go func() { result <- h(ctx, v) }()
				select {
				case err := <-result:
					return err
				case <-time.After(redelivery):
					return errors.New("the lease is over")
				}
			})
		}},
		{"graceful stop", "Run does not wait for handlers", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.run = func(ctx context.Context, h handler) error {
				go b.queue.Run(ctx, h)
				<-ctx.Done()
				return nil
			}
		}},
		{"graceful stop", "Run goes on", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.run = func(ctx context.Context, h handler) error {
				late, cancel := context.WithCancel(context.WithoutCancel(ctx))
				context.AfterFunc(ctx, func() { time.Sleep(redelivery / 2); cancel() })
				return b.queue.Run(late, h)
			}
		}},
		{"graceful stop", "what waits is lost", func(t *testing.T, h *queuetest.Harness, b *broken) {
			b.run = func(ctx context.Context, h handler) error {
				err := b.queue.Run(ctx, h)
				b.queue, _ = newMemory(t, workerpool.QueueOptions{})
				return err
			}
		}},
		{"graceful stop", "what is running comes back", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.run = func(ctx context.Context, h handler) error {
				return b.queue.Run(ctx, func(handlers context.Context, v string) error {
					return errors.Join(h(handlers, v), ctx.Err())
				})
			}
		}},
		{"graceful stop", "Run returns the cause", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.run = func(ctx context.Context, h handler) error {
				b.queue.Run(ctx, h)
				return context.Cause(ctx)
			}
		}},
		{"stop burns no attempt", "an attempt", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			var burnt atomic.Int32
			b.handles(func(ctx context.Context, v string, h handler) error {
				i := info(ctx)
				i.Attempt += int(burnt.Add(1)) - 1
				return h(workerpool.WithTaskInfo(ctx, i), v)
			})
		}},
		{"stop burns no attempt", "dead in the end", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			var stops atomic.Int32
			b.handles(func(ctx context.Context, v string, h handler) error {
				err := h(ctx, v)
				if stops.Add(1) == attempts {
					return workerpool.Permanent(err)
				}
				return err
			})
		}},
		{"stop burns no attempt", "lost", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.handles(func(ctx context.Context, v string, h handler) error { h(ctx, v); return nil })
		}},
		{"several runs", "one at a time", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			alone := make(chan struct{}, 1)
			b.run = func(ctx context.Context, h handler) error {
				select {
				case alone <- struct{}{}:
					defer func() { <-alone }()
					return b.queue.Run(ctx, h)
				case <-ctx.Done():
					return nil
				}
			}
			h.Peer = nil
		}},
		{"several runs", "a second is refused", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			var runs atomic.Int32
			b.run = func(ctx context.Context, h handler) error {
				if runs.Add(1) > 1 {
					return errors.New("Run was called already")
				}
				return b.queue.Run(ctx, h)
			}
			h.Peer = nil
		}},
		{"several runs", "each gets all messages", func(t *testing.T, h *queuetest.Harness, b *broken) {
			other, _ := newMemory(t, workerpool.QueueOptions{Workers: workers})
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				return errors.Join(b.queue.Publish(ctx, v, opts...), other.Publish(ctx, v, opts...))
			}
			h.Peer = func() (queue, func()) { return other, nil }
		}},
		{"publish with an ended context", "no error", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				b.queue.Publish(ctx, v, opts...)
				return nil
			}
		}},
		{"publish with an ended context", "an error of its own", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				return stripped(b.queue.Publish(ctx, v, opts...))
			}
		}},
		{"publish with an ended context", "published all the same", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				b.queue.Publish(context.WithoutCancel(ctx), v, opts...)
				return ctx.Err()
			}
		}},
		{"publish with an ended context", "hangs", func(t *testing.T, h *queuetest.Harness, b *broken) {
			over := endOf(t)
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				<-over
				return ctx.Err()
			}
		}},
		{"load", "one message is lost", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			var n atomic.Int32
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				if n.Add(1) == 50 {
					return nil
				}
				return b.queue.Publish(ctx, v, opts...)
			}
		}},
		{"load", "one message is doubled", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			var n atomic.Int32
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				if n.Add(1) == 50 {
					b.queue.Publish(ctx, v, opts...)
				}
				return b.queue.Publish(ctx, v, opts...)
			}
		}},
		{"load", "a failure is a loss", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			h.Peer = nil
			b.handles(func(ctx context.Context, v string, h handler) error { h(ctx, v); return nil })
		}},
		{"load", "publishing fails", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, opts ...option) error { return errors.New("no connection") }
		}},
		{"load", "too many workers", func(t *testing.T, h *queuetest.Harness, b *broken) {
			b.queue, _ = newMemory(t, workerpool.QueueOptions{Workers: 100})
			h.Peer = nil
		}},
		{"load", "Run fails in the end", func(t *testing.T, h *queuetest.Harness, b *broken) {
			b.run = func(ctx context.Context, h handler) error {
				b.queue.Run(ctx, h)
				return ctx.Err()
			}
		}},
		{"killed consumer", "what it had is lost", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			h.Peer = func() (queue, func()) { return b.queue, func() {} }
		}},
		{"killed consumer", "it is heard nevertheless", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			h.Peer = func() (queue, func()) {
				kill := func() { b.queue.Publish(context.Background(), "a") }
				return b.queue, kill
			}
		}},
		{"delay", "ignored", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, _ ...option) error { return b.queue.Publish(ctx, v) }
		}},
		{"delay", "holds up others", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				if workerpool.NewPublishOptions(opts...).Delay > 0 {
					return b.queue.Publish(ctx, v, opts...)
				}
				return b.queue.Publish(ctx, v, workerpool.WithDelay(time.Hour))
			}
		}},
		{"delay", "short", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				return b.queue.Publish(ctx, v, workerpool.WithDelay(workerpool.NewPublishOptions(opts...).Delay*4/5))
			}
		}},
		{"duplicates", "accepted", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, _ ...option) error { return b.queue.Publish(ctx, v) }
		}},
		{"duplicates", "an error", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				if strings.HasPrefix(v, "duplicate") {
					return errors.New("duplicate")
				}
				return b.queue.Publish(ctx, v, opts...)
			}
		}},
		{"duplicates", "known only until the first attempt", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			var running atomic.Bool
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				if running.Load() {
					opts = nil
				}
				return b.queue.Publish(ctx, v, opts...)
			}
			b.handles(func(ctx context.Context, v string, h handler) error { running.Store(true); return h(ctx, v) })
		}},
		{"duplicates", "everything with an ID is one", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			var published atomic.Bool
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				if published.Swap(true) {
					return nil
				}
				return b.queue.Publish(ctx, v, opts...)
			}
		}},
		{"priorities", "ignored", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, _ ...option) error { return b.queue.Publish(ctx, v) }
		}},
		{"priorities", "the other way round", func(_ *testing.T, h *queuetest.Harness, b *broken) {
			b.publish = func(ctx context.Context, v string, opts ...option) error {
				return b.queue.Publish(ctx, v, workerpool.WithPriority(-workerpool.NewPublishOptions(opts...).Priority))
			}
		}},
	} {
		tested[tt.law] = true
		t.Run(tt.law+", "+tt.how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := open(t)
				b := &broken{queue: h.Queue}
				h.Queue = b
				tt.spoil(t, &h, b)
				for _, law := range queuetest.Laws() {
					if law.Name == tt.law {
						err := law.Check(t.Context(), h)
						if err == nil || errors.Is(err, queuetest.ErrNotPromised) {
							t.Errorf("the law %q does not notice a queue that breaks it: %s", tt.law, tt.how)
						} else if strings.Contains(err.Error(), "%!") {
							t.Errorf("the error is ill-formed: %v", err)
						}
						t.Log(err)
					}
				}
			})
		})
	}
	for _, law := range queuetest.Laws() {
		if !tested[law.Name] {
			t.Errorf("the law %q is not tested by a queue that breaks it", law.Name)
		}
	}
}

// TestRun runs the suite as an implementation does, in no bubble.
func TestRun(t *testing.T) {
	var closed atomic.Int32
	queuetest.Run(t, func(t *testing.T) queuetest.Harness {
		t.Cleanup(func() { closed.Add(1) })
		h := open(t)
		h.Priorities = false // skips one
		return h
	})
	if want := len(queuetest.Laws()); int(closed.Load()) != want {
		t.Errorf("when Run returned, %d laws were done with; want %d", closed.Load(), want)
	}
}

// TestRunFails runs itself in another process, with a queue that is broken: a
// test that fails cannot be had in this one.
func TestRunFails(t *testing.T) {
	const variable = "QUEUETEST_IN_ANOTHER_PROCESS"
	if os.Getenv(variable) != "" {
		queuetest.RunLaws(t, queuetest.Laws()[2:4], func(t *testing.T) queuetest.Harness {
			h := open(t)
			h.Queue, h.Dead = newMemory(t, workerpool.QueueOptions{Workers: workers, Retry: workerpool.RetryPolicy{Attempts: attempts + 1}})
			return h
		})
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRunFails$", "-test.v")
	cmd.Env = append(os.Environ(), variable+"=1")
	out, err := cmd.CombinedOutput()
	for _, want := range []string{
		"--- PASS: TestRunFails/laws/given_up_after_a_permanent_error",
		"--- FAIL: TestRunFails/laws/given_up_after_the_last_attempt",
		`message "a" was handed out at attempt 4; want nothing`,
	} {
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("a run with a broken queue ended with %v, and did not print %q:\n%s", err, want, out)
		}
	}
}
