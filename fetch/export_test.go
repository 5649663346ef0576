package fetch

import (
	"context"
	"time"
)

// MaxHosts is the most hosts that a client keeps state for.
const MaxHosts = maxHosts

// RetryAfter is the parser of Retry-After.
var RetryAfter = retryAfter

// SameOrigin is the comparison that decides what a redirect takes along.
var SameOrigin = sameOrigin

// Delays is exported for its tests.
type Delays = delays

func (h *delays) Observe(d time.Duration)    { h.observe(d) }
func (h *delays) P95() (time.Duration, bool) { return h.p95() }

var (
	BucketOf   = bucketOf
	UpperBound = upperBound
)

// AllOfNothing is All without the requests, which is the fan-out by itself.
func AllOfNothing(ctx context.Context, urls []string, b Batch) ([]Result[string], error) {
	r := newRun[string](ctx, nil, b, len(urls))
	r.do = func(_ context.Context, j job) (Result[string], error) {
		return Result[string]{Index: j.index, URL: j.url}, nil
	}
	return r.all(urls)
}
