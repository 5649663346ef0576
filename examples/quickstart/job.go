package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/validate"
	"github.com/goplinth/plinth/workerpool"
)

// Record is what every URL is expected to answer with.
type Record struct {
	ID    int    `json:"id" validate:"required,min=1"`
	Email string `json:"email" validate:"required,email"`
	Plan  string `json:"plan" validate:"required,oneof=free pro team"`
	Items []Item `json:"items" validate:"max=100,dive"`
	Cents int64  `json:"cents" validate:"min=0"`
}

// Item is a line of a Record.
type Item struct {
	SKU      string `json:"sku" validate:"required,max=20"`
	Quantity int    `json:"quantity" validate:"min=1,max=999"`
}

// job fetches records and remembers what became of them.
type job struct {
	client    *fetch.Client
	validator *validate.Validator[Record]
	records   *cache.Cache[string, Record]
	workers   int

	started time.Time
	done    atomic.Int64 // requests that have an outcome
	loads   atomic.Int64 // requests that the cache could not answer
	retries atomic.Int64

	mu       sync.Mutex // guards the outcomes, by URL
	valid    map[string]Record
	invalid  map[string]error
	failures map[string]error
}

func newJob(workers int) (*job, error) {
	j := &job{
		workers:  workers,
		started:  time.Now(),
		valid:    make(map[string]Record),
		invalid:  make(map[string]error),
		failures: make(map[string]error),
	}
	var clientErr, validatorErr, cacheErr error
	j.client, clientErr = fetch.New(fetch.Options{Timeout: 10 * time.Second, MaxBody: 1 << 20})
	j.validator, validatorErr = validate.For[Record](validate.Options{})
	j.records, cacheErr = cache.New(cache.Options[string, Record]{MaxEntries: 10_000, TTL: time.Minute, Loader: j.load})
	return j, errors.Join(clientErr, validatorErr, cacheErr)
}

// run gets the record of every URL, a few at a time. A URL that fails stops
// none of the others; only the end of ctx does.
func (j *job) run(ctx context.Context, urls []string) error {
	return workerpool.ForEach(ctx, slices.Values(urls), func(ctx context.Context, url string) error {
		record, err := j.records.GetOrLoad(ctx, url)
		j.keep(ctx, url, record, err)
		return nil
	}, workerpool.Options{Workers: j.workers})
}

// load is the cache's loader: it runs once for each URL, however many ask.
func (j *job) load(ctx context.Context, url string) (Record, error) {
	j.loads.Add(1)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return Record{}, errors.Wrap(err, "load record")
	}
	r, err := fetch.Send[Record](ctx, j.client, req)
	j.retries.Add(int64(max(r.Attempts-1, 0)))
	if err != nil {
		return Record{}, errors.Wrap(err, "load record", slog.Int("attempts", r.Attempts))
	}
	if err := j.validator.Validate(&r.Value); err != nil {
		return Record{}, errors.Wrap(err, "check record", slog.Int("id", r.Value.ID))
	}
	return r.Value, nil
}

// keep files the outcome of one request. One that was cut off has none.
func (j *job) keep(ctx context.Context, url string, record Record, err error) {
	if err != nil && ctx.Err() != nil {
		return
	}
	j.done.Add(1)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		j.valid[url] = record
	} else if _, ok := errors.AsType[validate.Errors](err); ok {
		j.invalid[url] = err
	} else {
		j.failures[url] = errors.Wrap(err, "import", slog.String("url", url))
	}
}
