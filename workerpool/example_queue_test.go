package workerpool_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// An Email is a message of the examples.
type Email struct{ To string }

// deliver depends on Queue, not on Memory: the line that opens the queue decides
// whether the messages stay in this process.
func deliver(ctx context.Context, emails workerpool.Queue[Email]) error {
	return emails.Run(ctx, func(ctx context.Context, e Email) error {
		info, _ := workerpool.TaskInfo(ctx)
		switch {
		case e.To == "":
			return workerpool.Permanent(errors.New("no address"))
		case info.Attempt == 1:
			return errors.New("server is busy")
		}
		fmt.Printf("sent to %s at attempt %d\n", e.To, info.Attempt)
		return nil
	})
}

func ExampleNewMemory() {
	emails, err := workerpool.NewMemory[Email](workerpool.QueueOptions{
		Workers: 4,
		Retry:   workerpool.RetryPolicy{Attempts: 5, BaseDelay: time.Millisecond},
		OnDead: func(ctx context.Context, message any, err error) {
			fmt.Printf("given up on %+v: %v\n", message.(Email), err)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- deliver(ctx, emails) }()

	for _, to := range []string{"ada@example.com", "", "grace@example.com"} {
		if err := emails.Publish(ctx, Email{To: to}); err != nil {
			fmt.Println(err)
		}
		emails.Wait(ctx) // so that the lines below come in order
	}
	stop()
	fmt.Println("stopped:", <-stopped)
	// Output:
	// sent to ada@example.com at attempt 2
	// given up on {To:}: no address
	// sent to grace@example.com at attempt 2
	// stopped: <nil>
}

// printAll runs what is in the queue, one after the other, and prints it.
func printAll(q *workerpool.Memory[string]) {
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() {
		stopped <- q.Run(ctx, func(ctx context.Context, v string) error {
			fmt.Println(v)
			return nil
		})
	}()
	q.Wait(ctx)
	stop()
	<-stopped
}

// The end of Run's context stops it gently: a handler may finish, and what is
// pending stays for the next Run.
func ExampleMemory_Run() {
	q, err := workerpool.NewMemory[string](workerpool.QueueOptions{Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	for _, v := range []string{"first", "second", "third"} {
		q.Publish(ctx, v)
	}
	err = q.Run(ctx, func(ctx context.Context, v string) error {
		fmt.Println("running", v)
		stop() // as a signal would
		fmt.Println("the handler is not disturbed:", ctx.Err())
		return nil
	})
	fmt.Println("stopped:", err)
	fmt.Println("pending:", q.Len())
	printAll(q)
	// Output:
	// running first
	// the handler is not disturbed: <nil>
	// stopped: <nil>
	// pending: 2
	// second
	// third
}

func ExampleMemory_TakeDeadLetters() {
	q, err := workerpool.NewMemory[string](workerpool.QueueOptions{
		OnDead: func(context.Context, any, error) {}, // they are looked at below
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	q.Publish(ctx, "{", workerpool.WithID("m1"))
	q.Run(ctx, func(ctx context.Context, v string) error {
		stop() // this one message
		return workerpool.Permanent(errors.New("unexpected end of input"))
	})
	for _, d := range q.TakeDeadLetters() {
		fmt.Printf("%s: %q at attempt %d: %v\n", d.Info.ID, d.Value, d.Info.Attempt, d.Err)
		q.Publish(context.Background(), d.Value+"}", workerpool.WithID(d.Info.ID))
	}
	printAll(q)
	// Output:
	// m1: "{" at attempt 1: unexpected end of input
	// {}
}

func ExampleWithID() {
	q, err := workerpool.NewMemory[string](workerpool.QueueOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for range 3 { // a client that is not sure whether its request came through
		fmt.Println(q.Publish(ctx, "charge order 7", workerpool.WithID("order-7")))
	}
	fmt.Println("pending:", q.Len())
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// pending: 1
}

func ExampleWithDelay() {
	q, err := workerpool.NewMemory[string](workerpool.QueueOptions{Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	start := time.Now()
	q.Publish(ctx, "reminder", workerpool.WithDelay(20*time.Millisecond))
	printAll(q)
	fmt.Println("after 20ms or more:", time.Since(start) >= 20*time.Millisecond)
	// Output:
	// reminder
	// after 20ms or more: true
}

func ExampleWithPriority() {
	q, err := workerpool.NewMemory[string](workerpool.QueueOptions{Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	q.Publish(ctx, "newsletter", workerpool.WithPriority(-1))
	q.Publish(ctx, "receipt")
	q.Publish(ctx, "password reset", workerpool.WithPriority(1))
	printAll(q)
	// Output:
	// password reset
	// receipt
	// newsletter
}

// An implementation of Queue reads the options of Publish.
func ExampleNewPublishOptions() {
	publish := func(v string, opts ...workerpool.PublishOption) {
		o := workerpool.NewPublishOptions(opts...)
		fmt.Printf("PUB jobs id=%q delay=%v %s\n", o.ID, o.Delay, v)
	}
	publish("a", workerpool.WithID("job-1"))
	publish("b", workerpool.WithDelay(time.Minute))
	// Output:
	// PUB jobs id="job-1" delay=0s a
	// PUB jobs id="" delay=1m0s b
}
