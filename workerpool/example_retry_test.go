package workerpool_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

func ExampleRetry() {
	send := func(ctx context.Context, to string) error {
		if info, _ := workerpool.TaskInfo(ctx); info.Attempt < 3 {
			return fmt.Errorf("attempt %d: server is busy", info.Attempt)
		}
		fmt.Println("sent to", to)
		return nil
	}
	retry := workerpool.Retry[string](workerpool.RetryPolicy{
		Attempts:  5,
		BaseDelay: time.Millisecond,
		OnRetry:   func(ctx context.Context, err error, wait time.Duration) { fmt.Println(err) },
	})
	pool, err := workerpool.New(retry(send), workerpool.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	pool.Submit(context.Background(), "ada@example.com")
	pool.Close(context.Background())
	// Output:
	// attempt 1: server is busy
	// attempt 2: server is busy
	// sent to ada@example.com
}

var errUnknown = errors.New("unknown user")

func ExamplePermanent() {
	attempts := 0
	h := workerpool.Retry[string](workerpool.RetryPolicy{})(func(ctx context.Context, user string) error {
		attempts++
		return workerpool.Permanent(fmt.Errorf("send to %s: %w", user, errUnknown))
	})
	err := h(context.Background(), "nobody")
	fmt.Println(err)
	fmt.Println(errors.Is(err, errUnknown), "after", attempts, "attempt")
	// Output:
	// send to nobody: unknown user
	// true after 1 attempt
}

// A server that says when it wants to be asked again is not asked before.
func ExampleRetryAfter() {
	var last time.Time
	h := workerpool.Retry[string](workerpool.RetryPolicy{BaseDelay: time.Microsecond})(func(ctx context.Context, url string) error {
		if last.IsZero() {
			last = time.Now()
			return workerpool.RetryAfter(20*time.Millisecond, errors.New("429 Too Many Requests"))
		}
		fmt.Println("asked again after 20ms or more:", time.Since(last) >= 20*time.Millisecond)
		return nil
	})
	fmt.Println(h(context.Background(), "https://example.com"))
	// Output:
	// asked again after 20ms or more: true
	// <nil>
}

func ExampleTaskInfo() {
	h := func(ctx context.Context, order int) error {
		if info, ok := workerpool.TaskInfo(ctx); ok && info.Attempt > 1 {
			fmt.Println("order", order, "may have been charged before; looking it up by", info.ID)
		}
		return nil
	}
	// What an engine does when it hands a message out for the second time.
	ctx := workerpool.WithTaskInfo(context.Background(), workerpool.Info{ID: "order-7", Attempt: 2})
	h(ctx, 7)
	// Output:
	// order 7 may have been charged before; looking it up by order-7
}

// A test of a handler can play any attempt.
func ExampleWithTaskInfo() {
	ctx := workerpool.WithTaskInfo(context.Background(), workerpool.Info{Attempt: 3})
	info, ok := workerpool.TaskInfo(ctx)
	fmt.Println(info.Attempt, ok)
	// Output: 3 true
}
