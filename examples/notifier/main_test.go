package main

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
)

func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// mail to ada: the disk is full
	// text to ada: the disk is full
	// attempts by text: 3
	// failed: pager: ada has none
}

// TestAll has a sender that fails keep none of the others from sending.
func TestAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		record := SenderFunc(func(_ context.Context, m Message) error {
			sent = append(sent, m.Text)
			return nil
		})
		fails := SenderFunc(func(context.Context, Message) error { return os.ErrClosed })
		err := all(fails, record, withRetries(fails), record).Send(t.Context(), Message{Text: "x"})
		if len(sent) != 2 || err == nil {
			t.Errorf("%d senders were asked, and the error is %v; want 2 and an error", len(sent), err)
		}
	})
}
