package fetch

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/goplinth/plinth/internal/config"
	"github.com/goplinth/plinth/internal/panics"
	"github.com/goplinth/plinth/workerpool"
)

// Batch configures [All] and [Stream]. The zero value is ready to use.
type Batch struct {
	// Concurrency is the most requests in flight. 0 means 16.
	Concurrency int

	// FailFast cancels the rest after the first request that fails.
	FailFast bool

	// OnProgress is called after each request, never by two goroutines at
	// once, with the number of requests that are done and of all requests. The
	// total is -1 in a Stream, which does not know it.
	OnProgress func(done, total int)
}

const defaultConcurrency = 16

func (b *Batch) check() error {
	c := config.For("fetch")
	c.Require(b.Concurrency >= 0, "Batch.Concurrency", b.Concurrency, "must be 1 or more, or 0 for the default of 16")
	return c.Err()
}

// All fetches every URL as [Get] does, at most b.Concurrency at a time, and
// returns their results in the order of urls. A URL that fails has its error in
// its Result and spoils no other.
//
// The error of All itself says why it stopped early: the cause of ctx, or with
// FailFast the first failure. The results are complete in any case: those of
// requests that were cut off or never sent have that error too. A wrong Batch
// is an error without results.
func All[T any](ctx context.Context, c *Client, urls []string, b Batch) ([]Result[T], error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	f := newFetcher[T](ctx, c, b, len(urls))
	results := make([]Result[T], len(urls))
	done := make([]bool, len(urls))
	for r := range f.run(slices.Values(urls)) {
		results[r.Index], done[r.Index] = r, true
	}
	for i, url := range urls {
		if !done[i] {
			results[i] = Result[T]{Index: i, URL: url, Err: f.stopped}
		}
	}
	return results, f.stopped
}

// Stream fetches the URLs of a sequence as [Get] does, at most b.Concurrency
// at a time, and yields each result with its index as soon as it is there. The
// sequence of URLs is consumed on another goroutine, at most b.Concurrency+1
// ahead of the requests; if it panics, so does the loop.
//
// The sequence ends when all results have been yielded. It ends early when ctx
// ends or, with FailFast, after a failure: what has been fetched by then is
// still yielded, and so are the URLs that were taken from the sequence but not
// sent, with that error. A loop that breaks cancels what is running and waits
// for it. A wrong Batch is yielded as a single result with index -1.
func Stream[T any](ctx context.Context, c *Client, urls iter.Seq[string], b Batch) iter.Seq2[int, Result[T]] {
	return func(yield func(int, Result[T]) bool) {
		if err := b.check(); err != nil {
			yield(-1, Result[T]{Index: -1, Err: err})
			return
		}
		for r := range newFetcher[T](ctx, c, b, -1).run(urls) {
			if !yield(r.Index, r) {
				return
			}
		}
	}
}

// fetcher is one run of All or Stream.
type fetcher[T any] struct {
	ctx    context.Context // ends with its parent's cause or the failure that stops the run
	cancel context.CancelCauseFunc
	client *Client
	batch  Batch
	total  int // number of URLs, or -1

	mu      sync.Mutex     // guards pending
	pending map[int]string // URLs taken from the sequence, but not started

	stopped error // when run has ended: why it ended early, or nil
}

func newFetcher[T any](ctx context.Context, c *Client, b Batch, total int) *fetcher[T] {
	if b.Concurrency == 0 {
		b.Concurrency = defaultConcurrency
	}
	ctx, cancel := context.WithCancelCause(ctx)
	return &fetcher[T]{ctx: ctx, cancel: cancel, client: c, batch: b, total: total, pending: make(map[int]string)}
}

// job is a URL and its position.
type job struct {
	index int
	url   string
}

// run yields the results as they come. Before it returns, however the loop
// ends, all goroutines have ended.
func (f *fetcher[T]) run(urls iter.Seq[string]) iter.Seq[Result[T]] {
	return func(yield func(Result[T]) bool) {
		results := make(chan Result[T])
		var group workerpool.Group
		group.Go(func(context.Context) error {
			defer close(results)
			f.fetchAll(urls, results)
			return nil
		})
		defer func() {
			f.stopped = context.Cause(f.ctx)
			f.cancel(nil)
			for range results { // after a break, to let the workers finish
			}
			if err := group.Wait(); err != nil {
				panic(err) // the sequence of URLs panicked
			}
		}()
		done := 0
		for r := range results {
			done++
			if f.batch.OnProgress != nil {
				f.batch.OnProgress(done, f.total)
			}
			if !yield(r) {
				return
			}
		}
	}
}

// fetchAll sends a result for every URL that it takes from the sequence.
func (f *fetcher[T]) fetchAll(urls iter.Seq[string], results chan<- Result[T]) {
	// The error of ForEach is the cause of f.ctx, which is known; fetch fails
	// no task.
	workerpool.ForEach(f.ctx, f.jobs(urls), func(ctx context.Context, j job) error {
		results <- f.fetch(ctx, j)
		return nil
	}, workerpool.Options{Workers: f.batch.Concurrency})
	for index, url := range f.pending {
		results <- Result[T]{Index: index, URL: url, Err: context.Cause(f.ctx)}
	}
}

// jobs numbers the URLs and notes them as pending.
func (f *fetcher[T]) jobs(urls iter.Seq[string]) iter.Seq[job] {
	return func(yield func(job) bool) {
		index := 0
		for url := range urls {
			f.mu.Lock()
			f.pending[index] = url
			f.mu.Unlock()
			if !yield(job{index, url}) {
				return
			}
			index++
		}
	}
}

func (f *fetcher[T]) fetch(ctx context.Context, j job) Result[T] {
	f.mu.Lock()
	delete(f.pending, j.index)
	f.mu.Unlock()
	var r Result[T]
	// A panic can only come from the caller's types, while they are decoded
	// from one body. It is the failure of that body, not of the batch.
	panicked := panics.Try(func() error {
		r = get[T](ctx, f.client, j.url)
		return nil
	})
	if panicked != nil {
		r = Result[T]{URL: j.url, Err: panicked}
	}
	r.Index = j.index
	if r.Err != nil && f.batch.FailFast {
		f.cancel(r.Err)
	}
	return r
}
