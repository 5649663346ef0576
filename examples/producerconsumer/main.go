// Producerconsumer has one producer and three named consumers with a bounded
// queue between them: when the consumers fall behind, the producer waits, and
// when it is interrupted, no order that was accepted goes missing.
//
//	go run ./examples/producerconsumer
//
// What to copy: consume, where each consumer owns something that must not be
// shared, as a connection is. When not to: if the consumers own nothing, a
// handler without names is all it takes, and if there is a result for each order,
// workerpool.Map returns them in order.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"slices"
	"sync"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// An order is what is produced and consumed.
type order struct {
	id    int
	cents int
}

// A consumer has a name and its own books, which need no lock, because one
// goroutine at a time has the consumer.
type consumer struct {
	name   string
	orders int
	cents  int
}

var errEmpty = errors.New("the order is empty")

func (c *consumer) handle(o order) error {
	if o.cents == 0 {
		return fmt.Errorf("order %d: %w", o.id, errEmpty)
	}
	time.Sleep(200 * time.Microsecond) // the work
	c.orders++
	c.cents += o.cents
	return nil
}

// consume hands the orders to the consumers until there are no more or ctx ends,
// and returns how many were accepted.
func consume(ctx context.Context, orders iter.Seq[order], consumers []*consumer, onError func(error)) (int, error) {
	free := make(chan *consumer, len(consumers))
	for _, c := range consumers {
		free <- c
	}
	pool, err := workerpool.New(func(ctx context.Context, o order) error {
		c := <-free // never waits: there are as many consumers as workers
		defer func() { free <- c }()
		return c.handle(o)
	}, workerpool.Options{
		Workers: len(consumers),
		Queue:   8,
		OnError: func(ctx context.Context, task any, err error) { onError(err) },
	})
	if err != nil {
		return 0, err
	}
	accepted, err := pool.SubmitAll(ctx, orders) // waits while the queue is full

	// What was accepted is still to be done after an interrupt, but not for ever.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return accepted, errors.Join(err, pool.Close(grace))
}

// produce yields n orders. Every hundredth is empty.
func produce(n int) iter.Seq[order] {
	return func(yield func(order) bool) {
		for id := range n {
			o := order{id: id, cents: 100 + id}
			if id%100 == 99 {
				o.cents = 0
			}
			if !yield(o) {
				return
			}
		}
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer) int {
	consumers := []*consumer{{name: "ada"}, {name: "grace"}, {name: "barbara"}}
	var mu sync.Mutex // guards failed: OnError is called by several workers
	var failed []string
	accepted, err := consume(ctx, produce(1000), consumers, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		failed = append(failed, err.Error())
	})

	orders, cents := 0, 0
	for _, c := range consumers {
		fmt.Fprintf(stdout, "%-8s %4d orders\n", c.name, c.orders)
		orders += c.orders
		cents += c.cents
	}
	fmt.Fprintf(stdout, "accepted %4d orders: %d handled, %d failed, %d.%02d in all\n",
		accepted, orders, len(failed), cents/100, cents%100)
	slices.Sort(failed)
	for _, why := range failed {
		fmt.Fprintln(stdout, "failed:", why)
	}
	if err != nil {
		fmt.Fprintln(stderr, "producerconsumer:", err)
		return 1
	}
	return 0
}
