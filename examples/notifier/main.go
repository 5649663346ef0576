// Notifier sends a message by several means. A sender is an interface of one
// method, so that a function, a type, or either with retries around it will do, and
// a test needs no mail server.
//
//	go run ./examples/notifier
//
// What to copy: Sender and SenderFunc, and all, which tries each and loses no error.
// When not to: a single means needs no interface until there is a second.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/workerpool"
)

// A Message is for one person.
type Message struct{ To, Text string }

// A Sender sends messages. One method is enough to be one, and all that those who
// use it ask for.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// SenderFunc makes a Sender of a function, as http.HandlerFunc makes a handler.
type SenderFunc func(ctx context.Context, m Message) error

// Send calls f.
func (f SenderFunc) Send(ctx context.Context, m Message) error { return f(ctx, m) }

// writer is a Sender that prints.
type writer struct {
	name string
	w    io.Writer
}

func (s writer) Send(_ context.Context, m Message) error {
	_, err := fmt.Fprintf(s.w, "%s to %s: %s\n", s.name, m.To, m.Text)
	return err
}

// withRetries tries again when s fails.
func withRetries(s Sender) Sender {
	policy := workerpool.RetryPolicy{Attempts: 3, BaseDelay: time.Millisecond}
	return SenderFunc(workerpool.Retry[Message](policy)(s.Send))
}

// all sends each message by every one of senders, and returns all errors.
func all(senders ...Sender) Sender {
	return SenderFunc(func(ctx context.Context, m Message) (err error) {
		for _, s := range senders {
			err = errors.Append(err, s.Send(ctx, m))
		}
		return err
	})
}

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "notifier:", err)
		os.Exit(1)
	}
}

// run is main without the process.
func run(ctx context.Context, w io.Writer) error {
	mail := writer{"mail", w}

	calls := 0
	sms := SenderFunc(func(ctx context.Context, m Message) error {
		if calls++; calls < 3 {
			return errors.New("the network is busy")
		}
		return writer{"text", w}.Send(ctx, m)
	})

	pager := SenderFunc(func(_ context.Context, m Message) error {
		return workerpool.Permanent(errors.Errorf("pager: %s has none", m.To))
	})

	notify := all(mail, withRetries(sms), withRetries(pager))
	err := notify.Send(ctx, Message{To: "ada", Text: "the disk is full"})
	fmt.Fprintln(w, "attempts by text:", calls)
	fmt.Fprintln(w, "failed:", err)
	return nil
}
