package queuetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

var errFailed = errors.New("queuetest: the attempt failed")

// first returns the first error of some steps, and does none after it.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func checkDone(ctx context.Context, h Harness) error {
	values := names("a", 2*h.Workers+1)
	if err := h.publish(ctx, h.Queue, values); err != nil {
		return err
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	seen := make(map[string]bool)
	for range values {
		d, err := c.next()
		if err != nil {
			return fmt.Errorf("%w; %d of %d messages were", err, len(seen), len(values))
		}
		if seen[d.value] {
			return fmt.Errorf("message %q was handed out for a second time", d.value)
		}
		if !d.known || d.info.Attempt != 1 {
			return fmt.Errorf("message %q was handed out with an Info: %t, and attempt %d; want attempt 1", d.value, d.known, d.info.Attempt)
		}
		seen[d.value] = true
		d.succeeds()
	}
	for _, value := range values {
		if !seen[value] {
			return fmt.Errorf("message %q was not handed out; others were that nobody published", value)
		}
	}
	if err := first(c.quiet, c.stop); err != nil {
		return err
	}
	again := h.consume(ctx, h.Queue)
	defer again.close()
	return first(again.quiet, again.stop, func() error { return h.dead(ctx) })
}

func checkRetried(ctx context.Context, h Harness) error {
	var opts []workerpool.PublishOption
	if h.IDs {
		opts = append(opts, workerpool.WithID("id"))
	}
	if err := h.publish(ctx, h.Queue, []string{"a"}, opts...); err != nil {
		return err
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	var info workerpool.Info
	for attempt := 1; attempt <= h.Attempts; attempt++ {
		d, err := c.want("a", attempt)
		if err != nil {
			return err
		}
		if attempt == 1 {
			info = d.info
		}
		if h.IDs && d.info.ID != "id" {
			return fmt.Errorf("TaskInfo at attempt %d has ID %q; want %q", attempt, d.info.ID, "id")
		}
		if d.info.ID != info.ID || !d.info.EnqueuedAt.Equal(info.EnqueuedAt) {
			return fmt.Errorf("TaskInfo at attempt %d = %+v; want the ID and the time of attempt 1, %+v", attempt, d.info, info)
		}
		if attempt < h.Attempts {
			d.fails(errFailed)
		} else {
			d.succeeds()
		}
	}
	return first(c.quiet, c.stop, func() error { return h.dead(ctx) })
}

func checkGivenUp(ctx context.Context, h Harness) error {
	if err := h.publish(ctx, h.Queue, []string{"a"}); err != nil {
		return err
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	for attempt := 1; attempt <= h.Attempts; attempt++ {
		d, err := c.want("a", attempt)
		if err != nil {
			return err
		}
		d.fails(errFailed)
	}
	return first(c.quiet, c.stop, func() error { return h.dead(ctx, "a") })
}

func checkPermanent(ctx context.Context, h Harness) error {
	if err := h.publish(ctx, h.Queue, []string{"a"}); err != nil {
		return err
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	d, err := c.want("a", 1)
	if err != nil {
		return err
	}
	d.fails(fmt.Errorf("wrapped: %w", workerpool.Permanent(errFailed)))
	return first(c.quiet, c.stop, func() error { return h.dead(ctx, "a") })
}

// early reports whether got is less than want by more than clocks of different
// machines may differ and times may be rounded.
func early(got, want time.Duration) bool { return got < want-want/10 }

func checkRetryAfter(ctx context.Context, h Harness) error {
	if err := h.publish(ctx, h.Queue, []string{"a"}); err != nil {
		return err
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	d, err := c.want("a", 1)
	if err != nil {
		return err
	}
	wait, asked := 2*h.Redelivery, time.Now()
	d.fails(fmt.Errorf("wrapped: %w", workerpool.RetryAfter(wait, errFailed)))
	if d, err = c.want("a", 2); err != nil {
		return err
	}
	if got := d.at.Sub(asked); early(got, wait) {
		return fmt.Errorf("a message that asked for %v was handed out again after %v", wait, got)
	}
	d.succeeds()
	return first(c.quiet, c.stop)
}

func checkPanic(ctx context.Context, h Harness) error {
	return checkAccident(ctx, h, func() error { panic(errFailed) })
}

func checkGoexit(ctx context.Context, h Harness) error {
	return checkAccident(ctx, h, func() error { runtime.Goexit(); return nil })
}

// checkAccident has as many handlers as there may be end in the given way, and
// sees as many again.
func checkAccident(ctx context.Context, h Harness, accident func() error) error {
	values := names("a", h.Workers)
	if err := h.publish(ctx, h.Queue, values); err != nil {
		return err
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	held, err := c.all(values, 1)
	if err != nil {
		return err
	}
	for _, d := range held {
		d.end <- accident
	}
	if held, err = c.all(values, 2); err != nil {
		return fmt.Errorf("after an accident in each handler: %w", err)
	}
	for _, d := range held {
		d.succeeds()
	}
	return first(c.quiet, c.stop)
}

func checkWorkers(ctx context.Context, h Harness) error {
	if err := h.publish(ctx, h.Queue, names("a", 2*h.Workers)); err != nil {
		return err
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	held := make([]*delivery, h.Workers)
	for i := range held {
		var err error
		if held[i], err = c.next(); err != nil {
			return fmt.Errorf("%w; want %d at the same time, and %d are", err, h.Workers, i)
		}
	}
	if err := c.quiet(); err != nil {
		return fmt.Errorf("with %d handlers busy, which is the limit: %w", h.Workers, err)
	}
	held[0].succeeds()
	d, err := c.next()
	if err != nil {
		return fmt.Errorf("after one of %d handlers ended: %w", h.Workers, err)
	}
	if err := c.quiet(); err != nil {
		return fmt.Errorf("with %d handlers busy again, which is the limit: %w", h.Workers, err)
	}
	for _, d := range append(held[1:], d) {
		d.succeeds()
	}
	for range h.Workers - 1 {
		d, err := c.next()
		if err != nil {
			return err
		}
		d.succeeds()
	}
	return first(c.quiet, c.stop)
}

// checkSlow has a handler take longer than any redelivery, while others are free.
func checkSlow(ctx context.Context, h Harness) error {
	c := h.consume(ctx, h.Queue)
	defer c.close()
	if err := h.publish(ctx, h.Queue, []string{"a"}); err != nil {
		return err
	}
	d, err := c.want("a", 1)
	if err != nil {
		return err
	}
	other := h.consume(ctx, h.peer())
	defer other.close()
	if err := first(c.quiet, other.quiet, c.quiet); err != nil {
		return fmt.Errorf("while a handler has a message for long: %w", err)
	}
	d.succeeds()
	return first(c.quiet, other.quiet, c.stop, other.stop)
}

func checkStop(ctx context.Context, h Harness) error {
	values := names("a", 3*h.Workers)
	if err := h.publish(ctx, h.Queue, values); err != nil {
		return err
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	left := make(map[string]bool)
	for _, value := range values {
		left[value] = true
	}
	held := make([]*delivery, h.Workers)
	for i := range held {
		var err error
		if held[i], err = c.next(); err != nil {
			return err
		}
		delete(left, held[i].value)
	}
	c.cancel()
	held[0].succeeds()
	select {
	case d := <-c.deliveries:
		return fmt.Errorf("message %q was handed out after the context of Run had ended", d.value)
	case <-c.ended:
		return fmt.Errorf("Run = %v while %d of its handlers are running; want it to wait for them", c.err, len(held)-1)
	case <-time.After(h.Redelivery):
	}
	for _, d := range held[1:] {
		d.succeeds()
	}
	if err := c.stop(); err != nil {
		return err
	}

	again := h.consume(ctx, h.Queue)
	defer again.close()
	for len(left) > 0 {
		d, err := again.next()
		if err != nil {
			return fmt.Errorf("after a stop with %d messages waiting: %w; %d are missing", len(values)-len(held), err, len(left))
		}
		if !left[d.value] || d.info.Attempt != 1 {
			return fmt.Errorf("after a stop message %q was handed out at attempt %d; want those that were waiting, each once, at attempt 1", d.value, d.info.Attempt)
		}
		delete(left, d.value)
		d.succeeds()
	}
	return first(again.quiet, again.stop)
}

func checkInterrupted(ctx context.Context, h Harness) error {
	if err := h.publish(ctx, h.Queue, []string{"a"}); err != nil {
		return err
	}
	interrupt := func() error {
		c := h.consume(ctx, h.Queue)
		defer c.close()
		d, err := c.want("a", 1)
		if err != nil {
			return err
		}
		c.cancel()
		d.fails(errFailed)
		return c.stop()
	}
	for stops := range h.Attempts + 1 {
		if err := interrupt(); err != nil {
			return fmt.Errorf("after %d attempts that the end of Run interrupted: %w", stops, err)
		}
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	d, err := c.want("a", 1)
	if err != nil {
		return fmt.Errorf("after %d attempts that the end of Run interrupted: %w", h.Attempts+1, err)
	}
	d.succeeds()
	return first(c.quiet, c.stop, func() error { return h.dead(ctx) })
}

// checkSeveral has both Runs at their limit, so that both have to take part.
func checkSeveral(ctx context.Context, h Harness) error {
	one := h.consume(ctx, h.Queue)
	defer one.close()
	two := h.consume(ctx, h.peer())
	defer two.close()
	if err := h.publish(ctx, h.Queue, names("a", 2*h.Workers)); err != nil {
		return err
	}
	held := make(map[string]*delivery)
	for _, c := range []*consumer{one, two} {
		for range h.Workers {
			d, err := c.next()
			if err != nil {
				return fmt.Errorf("with two Runs, and %d messages for each: %w", h.Workers, err)
			}
			if held[d.value] != nil {
				return fmt.Errorf("with two Runs, message %q was handed out twice", d.value)
			}
			held[d.value] = d
		}
	}
	for _, d := range held {
		d.succeeds()
	}
	return first(one.quiet, two.quiet, one.stop, two.stop)
}

func checkEnded(ctx context.Context, h Harness) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	result := make(chan error, 1)
	go func() { result <- h.Queue.Publish(ended, "a") }()
	select {
	case err := <-result:
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("with a cancelled context, Publish = %v; want context.Canceled", err)
		}
	case <-time.After(h.patience()):
		return fmt.Errorf("with a cancelled context, Publish has not returned after %v", h.patience())
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	return first(c.quiet, c.stop)
}

// checkLoad is worth most under the race detector.
func checkLoad(ctx context.Context, h Harness) error {
	const each = 100 // messages of each publisher
	var mu sync.Mutex
	succeeded, running := make(map[string]int), make(map[int]int)
	missing, left := make(chan struct{}), 2*each
	var broken error
	handler := func(run int) workerpool.Handler[string] {
		return func(ctx context.Context, value string) error {
			info, _ := workerpool.TaskInfo(ctx)
			mu.Lock()
			running[run]++
			if running[run] > h.Workers {
				broken = fmt.Errorf("%d handlers of one Run were busy; want at most %d", running[run], h.Workers)
			}
			mu.Unlock()
			runtime.Gosched()

			mu.Lock()
			defer mu.Unlock()
			running[run]--
			if info.Attempt == 1 && strings.HasSuffix(value, "7") {
				return errFailed
			}
			succeeded[value]++
			if succeeded[value] > 1 {
				broken = fmt.Errorf("message %q succeeded %d times", value, succeeded[value])
			}
			if left--; left == 0 {
				close(missing)
			}
			return nil
		}
	}

	runs, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 2)
	for run, q := range []workerpool.Queue[string]{h.Queue, h.peer()} {
		go func() { ended <- q.Run(runs, handler(run)) }()
	}
	published := make(chan error, 2)
	for _, prefix := range []string{"a", "b"} {
		go func() { published <- h.publish(ctx, h.Queue, names(prefix, each)) }()
	}
	for range 2 {
		if err := <-published; err != nil {
			return err
		}
	}
	select {
	case <-missing:
	case <-time.After(3 * h.patience()):
		mu.Lock()
		defer mu.Unlock()
		return fmt.Errorf("of %d messages %d have not succeeded after %v", 2*each, left, 3*h.patience())
	}
	time.Sleep(h.Redelivery) // for what comes once too often
	stop()
	for range 2 {
		select {
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("Run = %w; want nil after its context has ended", err)
			}
		case <-time.After(h.patience()):
			return fmt.Errorf("Run has not returned %v after its context ended", h.patience())
		}
	}
	mu.Lock()
	defer mu.Unlock()
	return broken
}

func checkKilled(ctx context.Context, h Harness) error {
	if h.Peer == nil {
		return ErrNotPromised
	}
	peer, kill := h.Peer()
	if kill == nil {
		return ErrNotPromised
	}
	victim := h.consume(ctx, peer)
	defer victim.close()
	if err := h.publish(ctx, h.Queue, []string{"a"}); err != nil {
		return err
	}
	lost, err := victim.want("a", 1)
	if err != nil {
		return err
	}
	kill()
	c := h.consume(ctx, h.Queue)
	defer c.close()
	d, err := c.want("a", 0)
	if err != nil {
		return fmt.Errorf("after its consumer was killed: %w", err)
	}
	lost.fails(workerpool.Permanent(errFailed)) // nobody hears that
	d.succeeds()
	return first(c.quiet, c.stop, func() error { return h.dead(ctx) })
}

// checkDelay has a message that is far from due in front of all others.
func checkDelay(ctx context.Context, h Harness) error {
	if !h.Delays {
		return ErrNotPromised
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	const never = 24 * time.Hour
	delay, published := 2*h.Redelivery, time.Now()
	for _, m := range []struct {
		value string
		delay time.Duration
	}{{"never", never}, {"late", delay}, {"soon", -never}} {
		if err := h.publish(ctx, h.Queue, []string{m.value}, workerpool.WithDelay(m.delay)); err != nil {
			return err
		}
	}
	held, err := c.all([]string{"soon", "late"}, 1)
	if err != nil {
		return fmt.Errorf("with messages held back: %w", err)
	}
	for _, d := range held {
		if got := d.at.Sub(published); d.value == "late" && early(got, delay) {
			return fmt.Errorf("a message with a delay of %v was handed out after %v", delay, got)
		}
		d.succeeds()
	}
	return first(c.quiet, c.stop)
}

func checkDuplicates(ctx context.Context, h Harness) error {
	if !h.IDs {
		return ErrNotPromised
	}
	duplicate := func(n int) func() error {
		return func() error {
			return h.publish(ctx, h.Queue, names("duplicate", n), workerpool.WithID("id"))
		}
	}
	if err := first(
		func() error { return h.publish(ctx, h.Queue, []string{"a"}, workerpool.WithID("id")) },
		duplicate(2),
	); err != nil {
		return err
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	d, err := c.want("a", 1)
	if err == nil {
		err = duplicate(2)() // of a message that is running
	}
	if err != nil {
		return err
	}
	d.fails(workerpool.RetryAfter(h.Redelivery, errFailed))
	if err := duplicate(2)(); err != nil { // of one that waits for another attempt
		return err
	}
	if d, err = c.want("a", 2); err != nil {
		return err
	}
	d.succeeds()
	if err := first(
		c.quiet,
		func() error { return h.publish(ctx, h.Queue, []string{"b"}, workerpool.WithID("another id")) },
	); err != nil {
		return err
	}
	if d, err = c.want("b", 1); err != nil {
		return err
	}
	d.succeeds()
	return first(c.quiet, c.stop)
}

// checkPriorities keeps all handlers but one busy, so that messages are handed
// out one after the other.
func checkPriorities(ctx context.Context, h Harness) error {
	if !h.Priorities {
		return ErrNotPromised
	}
	c := h.consume(ctx, h.Queue)
	defer c.close()
	busy := names("busy", h.Workers)
	if err := h.publish(ctx, h.Queue, busy); err != nil {
		return err
	}
	held, err := c.all(busy, 1)
	if err != nil {
		return err
	}
	for priority, value := range []string{"low", "normal", "high"} {
		if err := h.publish(ctx, h.Queue, []string{value}, workerpool.WithPriority(priority-1)); err != nil {
			return err
		}
	}
	held[0].succeeds()
	for _, value := range []string{"high", "normal", "low"} {
		d, err := c.want(value, 1)
		if err != nil {
			return err
		}
		d.succeeds()
	}
	for _, d := range held[1:] {
		d.succeeds()
	}
	return first(c.quiet, c.stop)
}
