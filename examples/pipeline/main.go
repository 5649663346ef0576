// Pipeline has three stages that work at the same time: lines are parsed, each
// record is priced by a slow lookup, and the records are stored in batches.
// Every stage has its own number of workers and a bounded number of items on
// their way, so that a slow stage holds up those before it instead of filling the
// memory. The order is kept from end to end.
//
//	go run ./examples/pipeline
//
// What to copy: pipe, and values, which takes the errors out of the stream. When
// not to: stages that only compute are faster as one function in one Map.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// A record is what goes through the stages.
type record struct {
	item     string
	quantity int
	cents    int
}

// stages are the functions of the pipeline. Their arguments and results are all
// that the stages share.
type stages struct {
	parse func(ctx context.Context, line string) (record, error)
	price func(ctx context.Context, r record) (record, error)
	store func(ctx context.Context, batch []record) error
}

// pipe sends the lines through the stages. A line that cannot be parsed or priced
// is rejected and the rest goes on; if a batch cannot be stored, or ctx ends, all
// stages end.
func pipe(ctx context.Context, lines iter.Seq[string], s stages, reject func(error)) error {
	parsed := workerpool.Map(ctx, lines, s.parse, workerpool.Options{Workers: 2, Queue: 16})
	priced := workerpool.Map(ctx, values(parsed, reject), s.price, workerpool.Options{Workers: 16, Queue: 16})
	for batch := range workerpool.Batch(values(priced, reject), 50, 100*time.Millisecond) {
		if err := s.store(ctx, batch); err != nil {
			return err // ends the stages before this one too
		}
	}
	return context.Cause(ctx)
}

// values yields the values of seq that have no error, and hands the errors to
// reject. Each stage calls it on a goroutine of its own.
func values[T any](seq iter.Seq2[T, error], reject func(error)) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v, err := range seq {
			if err != nil {
				reject(err)
			} else if !yield(v) {
				return
			}
		}
	}
}

var errNoPrice = errors.New("no price")

func parse(_ context.Context, line string) (record, error) {
	item, count, _ := strings.Cut(line, " ")
	quantity, err := strconv.Atoi(count)
	if err != nil {
		return record{}, fmt.Errorf("line %q: the quantity must be a number", line)
	}
	return record{item: item, quantity: quantity}, nil
}

// price stands for a call of another service.
func price(ctx context.Context, r record) (record, error) {
	select {
	case <-time.After(time.Millisecond):
	case <-ctx.Done():
		return r, context.Cause(ctx)
	}
	if r.item == "air" {
		return r, fmt.Errorf("item %q: %w", r.item, errNoPrice)
	}
	r.cents = len(r.item) * r.quantity
	return r, nil
}

// orders yields n lines, a few of which are wrong.
func orders(n int) iter.Seq[string] {
	items := []string{"bolt", "nut", "washer", "gear"}
	return func(yield func(string) bool) {
		for i := range n {
			line := fmt.Sprintf("%s %d", items[i%len(items)], i%9+1)
			switch {
			case i%500 == 250:
				line = "bolt many"
			case i%500 == 400:
				line = "air 1"
			}
			if !yield(line) {
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
	stored, cents := 0, 0
	var mu sync.Mutex // guards rejected: two stages reject
	var rejected []error
	err := pipe(ctx, orders(2000), stages{parse, price, func(_ context.Context, batch []record) error {
		stored += len(batch)
		for _, r := range batch {
			cents += r.cents
		}
		return nil
	}}, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		rejected = append(rejected, err)
	})
	for _, err := range rejected {
		fmt.Fprintln(stderr, "rejected:", err)
	}
	fmt.Fprintf(stdout, "%d records stored, %d rejected, %d.%02d in all\n", stored, len(rejected), cents/100, cents%100)
	if err != nil {
		fmt.Fprintln(stderr, "pipeline:", err)
		return 1
	}
	return 0
}
