package queuetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// A consumer is a Run in progress. Each of its handlers waits until the law says
// how it is to end, so that a law decides what happens in which order.
type consumer struct {
	h          *Harness
	deliveries chan *delivery
	cancel     context.CancelFunc
	ended      chan struct{} // closed when Run has returned
	err        error         // what Run has returned
	abandoned  chan struct{} // closed when the law is done with this consumer
}

// A delivery is a message in the hands of a handler.
type delivery struct {
	value string
	info  workerpool.Info
	known bool // there is an Info
	at    time.Time
	end   chan func() error // has room for one
}

var errAbandoned = errors.New("queuetest: the law has ended")

// consume starts a Run of q. Each consumer is to be closed.
func (h *Harness) consume(ctx context.Context, q workerpool.Queue[string]) *consumer {
	ctx, cancel := context.WithCancel(ctx)
	c := &consumer{
		h:          h,
		deliveries: make(chan *delivery),
		cancel:     cancel,
		ended:      make(chan struct{}),
		abandoned:  make(chan struct{}),
	}
	go func() {
		defer close(c.ended)
		c.err = q.Run(ctx, c.handle)
	}()
	return c
}

func (c *consumer) handle(ctx context.Context, value string) error {
	d := &delivery{value: value, at: time.Now(), end: make(chan func() error, 1)}
	d.info, d.known = workerpool.TaskInfo(ctx)
	select {
	case c.deliveries <- d:
	case <-c.abandoned:
		return errAbandoned
	}
	select {
	case end := <-d.end:
		return end()
	case <-c.abandoned:
		return errAbandoned
	}
}

// fails and succeeds have the handler return.
func (d *delivery) fails(err error) { d.end <- func() error { return err } }
func (d *delivery) succeeds()       { d.fails(nil) }

// close ends the Run without asking what comes of it.
func (c *consumer) close() {
	c.cancel()
	close(c.abandoned)
	select {
	case <-c.ended:
	case <-time.After(c.h.patience()):
	}
}

// stop ends the Run and waits for it.
func (c *consumer) stop() error {
	c.cancel()
	select {
	case <-c.ended:
		if c.err != nil {
			return fmt.Errorf("Run = %w; want nil after its context has ended", c.err)
		}
		return nil
	case d := <-c.deliveries:
		return fmt.Errorf("message %q was handed out after the context of Run had ended", d.value)
	case <-time.After(c.h.patience()):
		return fmt.Errorf("Run has not returned %v after its context and its handlers ended", c.h.patience())
	}
}

// next waits for a message to be handed out.
func (c *consumer) next() (*delivery, error) {
	select {
	case d := <-c.deliveries:
		return d, nil
	case <-c.ended:
		return nil, fmt.Errorf("Run = %v; want it to go on", c.err)
	case <-time.After(c.h.patience()):
		return nil, fmt.Errorf("no message was handed out for %v", c.h.patience())
	}
}

// want waits for the given message at the given attempt, which 0 leaves open.
func (c *consumer) want(value string, attempt int) (*delivery, error) {
	d, err := c.next()
	switch {
	case err != nil:
		return nil, fmt.Errorf("waiting for message %q, attempt %d: %w", value, attempt, err)
	case d.value != value:
		return nil, fmt.Errorf("message %q was handed out; want %q", d.value, value)
	case !d.known:
		return nil, errors.New("the context of a handler has no Info")
	case d.info.Attempt != attempt && attempt != 0:
		return nil, fmt.Errorf("message %q was handed out with attempt %d; want %d", value, d.info.Attempt, attempt)
	}
	return d, nil
}

// all waits for each of the given messages to be handed out once, in any order,
// and returns them without ending their handlers.
func (c *consumer) all(values []string, attempt int) ([]*delivery, error) {
	missing := make(map[string]bool)
	for _, value := range values {
		missing[value] = true
	}
	var held []*delivery
	for len(missing) > 0 {
		d, err := c.next()
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w; want %d more, while %d handlers are busy", err, len(missing), len(held))
		case !missing[d.value]:
			return nil, fmt.Errorf("message %q was handed out; want one of those that were not yet", d.value)
		case !d.known || d.info.Attempt != attempt:
			return nil, fmt.Errorf("message %q was handed out with an Info: %t, and attempt %d; want attempt %d", d.value, d.known, d.info.Attempt, attempt)
		}
		delete(missing, d.value)
		held = append(held, d)
	}
	return held, nil
}

// quiet returns an error if a message is handed out within the time in which one
// that the queue still has would come.
func (c *consumer) quiet() error {
	select {
	case d := <-c.deliveries:
		return fmt.Errorf("message %q was handed out at attempt %d; want nothing", d.value, d.info.Attempt)
	case <-c.ended:
		return fmt.Errorf("Run = %v; want it to go on", c.err)
	case <-time.After(c.h.Redelivery):
		return nil
	}
}

// publish puts messages into q.
func (h *Harness) publish(ctx context.Context, q workerpool.Queue[string], values []string, opts ...workerpool.PublishOption) error {
	for _, value := range values {
		if err := q.Publish(ctx, value, opts...); err != nil {
			return fmt.Errorf("Publish(%q) = %w; want nil", value, err)
		}
	}
	return nil
}

// dead returns an error unless the messages given up are those wanted.
func (h *Harness) dead(ctx context.Context, want ...string) error {
	if h.Dead == nil {
		return nil
	}
	got, err := h.Dead(ctx)
	if err != nil {
		return fmt.Errorf("Harness.Dead = %w", err)
	}
	if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
		return fmt.Errorf("messages given up are %q; want %q", got, want)
	}
	return nil
}

// names returns n names for messages.
func names(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(prefix, i)
	}
	return list
}
