package fetch

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/goplinth/plinth/internal/config"
	"github.com/goplinth/plinth/internal/panics"
	"github.com/goplinth/plinth/workerpool"
)

// Batch configures [All], [Stream] and [Ordered]. The zero value is ready to
// use.
type Batch struct {
	// Concurrency is the most requests in flight. 0 means 16. Of those, the
	// requests to one host are at most Options.PerHost.
	Concurrency int

	// FailFast cancels the rest after the first request that fails.
	FailFast bool

	// OnProgress is called after each request, on the goroutine of the caller,
	// with the number of requests that are done and of all requests. The total
	// is -1 in a Stream or Ordered, which do not know it.
	OnProgress func(done, total int)

	// MaxTotalBytes is the most bytes that all bodies may have together, after
	// decompression. The request that exceeds it fails with
	// [ErrBodyTooLarge], and cancels the rest. 0 means no limit but
	// Options.MaxBody for each.
	MaxTotalBytes int64
}

const defaultConcurrency = 16

func (b *Batch) check() error {
	c := config.For("fetch")
	c.Require(b.Concurrency >= 0, "Batch.Concurrency", b.Concurrency, "must be 1 or more, or 0 for the default of 16")
	c.Require(b.MaxTotalBytes >= 0, "Batch.MaxTotalBytes", b.MaxTotalBytes, "must be positive, or 0 for no limit")
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
	return newRun[T](ctx, c, b, len(urls)).all(urls)
}

// all fetches the URLs of a list.
func (r *run[T]) all(urls []string) ([]Result[T], error) {
	results := make([]Result[T], len(urls))
	taken := make([]bool, len(urls))
	if r.batch.OnProgress == nil {
		// Nobody waits for the single result, so the workers put them in place:
		// to pass them on would cost several times what is left to do here.
		workerpool.ForEachN(r.ctx, len(urls), func(ctx context.Context, i int) error {
			results[i], _ = r.do(ctx, job{i, urls[i]})
			taken[i] = true
			return nil
		}, workerpool.Options{Workers: r.batch.Concurrency})
	} else {
		r.each(slices.Values(urls), workerpool.MapUnordered, func(result Result[T]) bool {
			results[result.Index], taken[result.Index] = result, true
			return true
		})
	}
	stopped := context.Cause(r.ctx)
	r.stop(nil)
	for i, url := range urls {
		if !taken[i] {
			results[i] = Result[T]{Index: i, URL: url, Err: stopped}
		}
	}
	return results, stopped
}

// Stream fetches the URLs of a sequence as [Get] does, at most b.Concurrency
// at a time, and yields each result with its index as soon as it is there. The
// sequence of URLs is consumed on another goroutine, no further than
// 2*b.Concurrency ahead of the loop; if it panics, so does the loop.
//
// The sequence ends when all results have been yielded. It ends early when ctx
// ends or, with FailFast, after a failure: what has been fetched by then is
// still yielded, and so are the URLs that were taken from the sequence but not
// sent, with that error. A loop that breaks cancels what is running and waits
// for it. A wrong Batch is yielded as a single result with index -1.
func Stream[T any](ctx context.Context, c *Client, urls iter.Seq[string], b Batch) iter.Seq2[int, Result[T]] {
	return sequence(ctx, c, urls, b, workerpool.MapUnordered[job, Result[T]])
}

// Ordered is [Stream] with the results in the order of the URLs. One that is
// slow holds up those behind it, of which 2*b.Concurrency at most are kept.
func Ordered[T any](ctx context.Context, c *Client, urls iter.Seq[string], b Batch) iter.Seq2[int, Result[T]] {
	return sequence(ctx, c, urls, b, workerpool.Map[job, Result[T]])
}

// A mapping is workerpool.Map or MapUnordered.
type mapping[T any] func(context.Context, iter.Seq[job], func(context.Context, job) (Result[T], error), workerpool.Options) iter.Seq2[Result[T], error]

func sequence[T any](ctx context.Context, c *Client, urls iter.Seq[string], b Batch, mapping mapping[T]) iter.Seq2[int, Result[T]] {
	return func(yield func(int, Result[T]) bool) {
		if err := b.check(); err != nil {
			yield(-1, Result[T]{Index: -1, Err: err})
			return
		}
		r := newRun[T](ctx, c, b, -1)
		defer r.stop(nil)
		r.each(urls, mapping, func(result Result[T]) bool { return yield(result.Index, result) })
	}
}

// A run is one use of All, Stream or Ordered.
type run[T any] struct {
	ctx    context.Context // ends with its parent's cause or the failure that stops the run
	stop   context.CancelCauseFunc
	client *Client
	batch  Batch
	total  int // number of URLs, or -1
	meter  *meter
	do     func(context.Context, job) (Result[T], error) // called by the workers
}

func newRun[T any](ctx context.Context, c *Client, b Batch, total int) *run[T] {
	if b.Concurrency == 0 {
		b.Concurrency = defaultConcurrency
	}
	r := &run[T]{client: c.orDefault(), batch: b, total: total}
	r.do = r.fetch
	r.ctx, r.stop = context.WithCancelCause(ctx)
	if b.MaxTotalBytes > 0 {
		r.meter = &meter{limit: b.MaxTotalBytes}
	}
	return r
}

// job is a URL and its position.
type job struct {
	index int
	url   string
}

// each calls yield with the results, until it returns false. When each returns,
// all that it has started has ended.
func (r *run[T]) each(urls iter.Seq[string], mapping mapping[T], yield func(Result[T]) bool) {
	// The mapping is not told of the end of r.ctx: it would drop the jobs that
	// have not begun, and their URLs with them.
	ctx := context.WithoutCancel(r.ctx)
	o := workerpool.Options{Workers: r.batch.Concurrency, Queue: r.batch.Concurrency}
	done := 0
	for result := range mapping(ctx, r.jobs(urls), r.do, o) {
		done++
		if !r.pass(done, result, yield) {
			return
		}
	}
}

// pass hands a result to the loop of the caller. If that ends, or panics, what
// is running ends too, which the mapping is about to wait for.
func (r *run[T]) pass(done int, result Result[T], yield func(Result[T]) bool) (more bool) {
	defer func() {
		if !more {
			r.stop(nil)
		}
	}()
	if r.batch.OnProgress != nil {
		r.batch.OnProgress(done, r.total)
	}
	return yield(result)
}

// jobs numbers the URLs, as long as there is a use for them.
func (r *run[T]) jobs(urls iter.Seq[string]) iter.Seq[job] {
	return func(yield func(job) bool) {
		index := 0
		for url := range urls {
			if r.ctx.Err() != nil || !yield(job{index, url}) {
				return
			}
			index++
		}
	}
}

// fetch fetches a URL. It returns no errors but in the Result.
func (r *run[T]) fetch(_ context.Context, j job) (result Result[T], _ error) {
	if r.ctx.Err() != nil {
		return Result[T]{Index: j.index, URL: j.url, Err: context.Cause(r.ctx)}, nil
	}
	// A panic can only come from the caller's types and functions, while they
	// are used for one URL. It is the failure of that, not of the batch.
	panicked := panics.Try(func() error {
		call := r.client.newCall(r.ctx)
		call.meter = r.meter
		result = request[T](r.client, call, http.MethodGet, j.url, nil, nil)
		result.Elapsed = time.Since(call.start)
		return nil
	})
	if panicked != nil {
		result = Result[T]{URL: j.url, Err: panicked}
	}
	result.Index = j.index
	if result.Err != nil && (r.batch.FailFast || r.meter.exceeded()) {
		r.stop(result.Err)
	}
	return result, nil
}
