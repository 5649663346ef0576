package workerpool_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := workerpool.New(func(ctx context.Context, name string) error {
		if name == "" {
			return errors.New("no name")
		}
		fmt.Println("hello,", name)
		return nil
	}, workerpool.Options{
		Workers: 1, // so that the lines below come in order
		OnError: func(ctx context.Context, task any, err error) {
			fmt.Printf("task %q failed: %v\n", task, err)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"Ada", "", "Grace"} {
		if err := pool.Submit(ctx, name); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("closed:", pool.Close(ctx))
	// Output:
	// hello, Ada
	// task "" failed: no name
	// hello, Grace
	// closed: <nil>
}

// A full queue holds the submitter up only as long as its context lasts.
func ExamplePool_Submit() {
	release := make(chan struct{})
	pool, err := workerpool.New(func(ctx context.Context, i int) error {
		<-release
		return nil
	}, workerpool.Options{Workers: 1, Queue: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("runs: ", pool.Submit(context.Background(), 1))
	fmt.Println("waits:", pool.Submit(context.Background(), 2))

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	fmt.Println("third:", pool.Submit(ctx, 3))

	close(release)
	fmt.Println("close:", pool.Close(context.Background()))
	// Output:
	// runs:  <nil>
	// waits: <nil>
	// third: context deadline exceeded
	// close: <nil>
}

// This handler is wrong: it submits to its own pool and counts on room in the
// queue. With every worker waiting for room, no worker would be left to make
// some. The pool sees it by the context and returns ErrNested. With a context
// that is not the handler's, the program would hang.
func ExamplePool_Submit_incorrectNested() {
	var pool *workerpool.Pool[int]
	pool, err := workerpool.New(func(ctx context.Context, depth int) error {
		for range depth {
			if err := pool.Submit(ctx, depth-1); err != nil {
				fmt.Println(err)
				return err
			}
		}
		return nil
	}, workerpool.Options{Workers: 1, Queue: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	pool.Submit(context.Background(), 2)
	pool.Wait(context.Background())
	pool.Close(context.Background())
	// Output:
	// workerpool: a handler would wait for its own pool; use TrySubmit or Options.OnFull, or call from outside the handler
}

// The way out of the trap above: with CallerRuns, a handler that finds the queue
// of its own pool full runs the task itself.
func ExampleFull() {
	var pool *workerpool.Pool[int]
	var tasks atomic.Int32
	pool, err := workerpool.New(func(ctx context.Context, depth int) error {
		tasks.Add(1)
		for range depth {
			if err := pool.Submit(ctx, depth-1); err != nil {
				return err
			}
		}
		return nil
	}, workerpool.Options{Workers: 1, Queue: 1, OnFull: workerpool.CallerRuns})
	if err != nil {
		fmt.Println(err)
		return
	}
	pool.Submit(context.Background(), 5)
	pool.Wait(context.Background())
	fmt.Println(tasks.Load(), "tasks:", pool.Close(context.Background()))
	// Output: 326 tasks: <nil>
}

// Changes of the same account must not overtake each other; those of different
// accounts need not wait.
func ExampleNewKeyed() {
	type change struct {
		account string
		cents   int
	}
	balance := map[string]*[]int{"ada": {}, "grace": {}}
	pool, err := workerpool.NewKeyed(
		func(c change) string { return c.account },
		func(ctx context.Context, c change) error {
			list := balance[c.account] // needs no lock: one task of an account at a time
			*list = append(*list, c.cents)
			return nil
		},
		workerpool.Options{Workers: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 6 {
		pool.Submit(context.Background(), change{[]string{"ada", "grace"}[i%2], i})
	}
	pool.Close(context.Background())
	fmt.Println("ada:", *balance["ada"], "grace:", *balance["grace"])
	// Output: ada: [0 2 4] grace: [1 3 5]
}

func ExampleDrainError() {
	started := make(chan struct{})
	pool, err := workerpool.New(func(ctx context.Context, job string) error {
		close(started)
		<-ctx.Done() // a long job that heeds its context
		return ctx.Err()
	}, workerpool.Options{Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, job := range []string{"a", "b", "c"} {
		pool.Submit(context.Background(), job)
	}
	<-started

	deadline, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	err = pool.Close(deadline)
	if de, ok := errors.AsType[*workerpool.DrainError[string]](err); ok {
		fmt.Println("to be stored for the next start:", de.Unrun)
		fmt.Println("still running:", de.Running)
		fmt.Println("because of:", de.Err)
	}
	fmt.Println("all ended:", pool.Close(context.Background()))
	// Output:
	// to be stored for the next start: [b c]
	// still running: 1
	// because of: context deadline exceeded
	// all ended: <nil>
}

func ExampleForEach() {
	urls := []string{"https://go.dev", "gopher://example", "https://pkg.go.dev"}
	err := workerpool.ForEach(context.Background(), slices.Values(urls), func(ctx context.Context, url string) error {
		if !strings.HasPrefix(url, "https://") {
			return fmt.Errorf("%s: not https", url)
		}
		return nil
	}, workerpool.Options{Workers: 2})
	fmt.Println(err)
	// Output: gopher://example: not https
}

func ExampleForEachN() {
	squares := make([]int, 5)
	err := workerpool.ForEachN(context.Background(), len(squares), func(ctx context.Context, i int) error {
		squares[i] = i * i // each call has an element of its own
		return nil
	}, workerpool.Options{})
	fmt.Println(squares, err)
	// Output: [0 1 4 9 16] <nil>
}

func ExampleMap() {
	words := []string{"plinth", "", "shaft"}
	for n, err := range workerpool.Map(context.Background(), slices.Values(words), func(ctx context.Context, s string) (int, error) {
		if s == "" {
			return 0, errors.New("empty word")
		}
		return len(s), nil
	}, workerpool.Options{}) {
		fmt.Println(n, err)
	}
	// Output:
	// 6 <nil>
	// 0 empty word
	// 5 <nil>
}

// The result of a fast call comes first, whatever the order of the input.
func ExampleMapUnordered() {
	slow := make(chan struct{})
	for name, err := range workerpool.MapUnordered(context.Background(), slices.Values([]string{"slow", "fast"}), func(ctx context.Context, name string) (string, error) {
		if name == "slow" {
			<-slow
		}
		return name, nil
	}, workerpool.Options{Workers: 2}) {
		fmt.Println(name, err)
		if name == "fast" {
			close(slow)
		}
	}
	// Output:
	// fast <nil>
	// slow <nil>
}

// A database takes many rows at once. No row waits for others longer than the
// given time.
func ExampleBatch() {
	rows := slices.Values([]string{"a", "b", "c", "d", "e"})
	for batch := range workerpool.Batch(rows, 2, 100*time.Millisecond) {
		fmt.Println(batch)
	}
	// Output:
	// [a b]
	// [c d]
	// [e]
}

// lookUp has a bug.
func lookUp(key string) error {
	panic("no settings to look up " + key)
}

func ExampleNewGroup() {
	g := workerpool.NewGroup(context.Background())
	g.Go(func(ctx context.Context) error {
		<-ctx.Done() // ends because the other function failed
		return ctx.Err()
	})
	g.Go(func(ctx context.Context) error {
		return lookUp("retries") // panics
	})
	err := g.Wait()
	fmt.Println(err)

	pe, ok := errors.AsType[*workerpool.PanicError](err)
	fmt.Println(ok, strings.Contains(string(pe.Stack), "lookUp"))
	// Output:
	// panic: no settings to look up retries
	// true true
}
