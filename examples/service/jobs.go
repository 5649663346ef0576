package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/workerpool"
)

// A job is a mail to send. Its ID makes it known when it comes a second time.
type job struct {
	ID   string `json:"id"`
	To   string `json:"to"`
	Name string `json:"name"`
}

const (
	mailWorkers   = 8
	queueCapacity = 1000
	claimed       = 100 // jobs that are read from the database at once
	outboxPoll    = time.Second
)

// newQueue opens the queue that a URL names. onDead is told of each job that is given
// up. A distributed engine is another case here: the outbox and the handler work with
// any Queue.
func newQueue(url string, log *slog.Logger, onDead func(context.Context, job, error)) (workerpool.Queue[job], error) {
	scheme, _, _ := strings.Cut(url, ":")
	switch scheme {
	case "memory":
		return workerpool.NewMemory[job](workerpool.QueueOptions{
			Workers:  mailWorkers,
			Capacity: queueCapacity,
			Retry: workerpool.RetryPolicy{OnRetry: func(ctx context.Context, err error, wait time.Duration) {
				info, _ := workerpool.TaskInfo(ctx)
				log.WarnContext(ctx, "job failed and is tried again", "job", info.ID, "attempt", info.Attempt, "wait", wait, "err", err)
			}},
			OnDead: func(ctx context.Context, message any, err error) { onDead(ctx, message.(job), err) },
		})
	}
	return nil, errors.Errorf("QUEUE_URL: no engine for the scheme %q: must be memory", scheme)
}

// An outbox is the table of jobs that are not done. A job is written there in the same
// transaction as what it belongs to, so that neither is ever without the other, relayed
// to the queue, and deleted when its handler has succeeded. A process that is killed at
// any point in between leaves the job where it was, and it is relayed again: at least
// once, therefore, and more often than that only after a crash, or if a handler takes
// longer than the lease and another process looks.
type outbox struct {
	store *store
	queue workerpool.Queue[job]
	lease time.Duration
	log   *slog.Logger
	woken chan struct{} // holds a token if there may be jobs
}

func newOutbox(s *store, q workerpool.Queue[job], lease time.Duration, log *slog.Logger) *outbox {
	return &outbox{store: s, queue: q, lease: lease, log: log, woken: make(chan struct{}, 1)}
}

// wake has the relay look for jobs now. It is a hint: those without one are found too.
func (o *outbox) wake() {
	select {
	case o.woken <- struct{}{}:
	default:
	}
}

// relay takes jobs from the table to the queue until ctx ends. A database that does not
// answer delays it and does not end it.
func (o *outbox) relay(ctx context.Context) error {
	poll := time.NewTicker(outboxPoll)
	defer poll.Stop()
	for ctx.Err() == nil {
		n, err := o.relaySome(ctx)
		if err != nil && ctx.Err() == nil {
			o.log.Error("jobs are delayed", "err", err)
		}
		if n == claimed {
			continue // there are probably more
		}
		select {
		case <-o.woken:
		case <-poll.C:
		case <-ctx.Done():
		}
	}
	return nil
}

func (o *outbox) relaySome(ctx context.Context) (int, error) {
	jobs, err := o.store.claimJobs(ctx, o.lease, claimed)
	if err != nil {
		return 0, err
	}
	for _, j := range jobs {
		// A job whose lease ran out while it waits in this queue is dropped by its ID.
		if err := o.queue.Publish(ctx, j, workerpool.WithID(j.ID)); err != nil {
			return 0, errors.Wrap(err, "publish job", slog.String("job", j.ID))
		}
	}
	return len(jobs), nil
}

// handler returns h, and the end of the job in the table when h has succeeded.
func (o *outbox) handler(h workerpool.Handler[job]) workerpool.Handler[job] {
	return func(ctx context.Context, j job) error {
		if err := h(ctx, j); err != nil {
			return err
		}
		return o.store.deleteJob(ctx, j.ID)
	}
}

// bury keeps a job that was given up out of the way.
func (o *outbox) bury(ctx context.Context, j job, err error) {
	o.log.Error("job given up", "job", j.ID, "err", err)
	if err := o.store.buryJob(ctx, j.ID, err.Error()); err != nil {
		o.log.Error("job cannot be buried", "err", err)
	}
}
