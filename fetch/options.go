package fetch

import (
	"math"
	"net/http"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

// Options configures a [Client]. The zero value has safe defaults.
type Options struct {
	// Transport sends the requests. Nil means one of the client's own by
	// [NewTransport].
	Transport http.RoundTripper

	// Timeout bounds a call with all its attempts, waits and redirects, until
	// the body is read. 0 means 30s. An earlier deadline of the context counts.
	// To wait for a place or a turn with a host takes from it too: a thousand
	// callers of one host at a Rate of 10 need a Timeout of 100s and more.
	Timeout time.Duration

	// AttemptTimeout bounds one attempt until its headers have come, and for
	// Get and the like, which read the body as a part of the attempt, until
	// that has come too. 0 means 10s.
	AttemptTimeout time.Duration

	// MaxBody is the most bytes that a body may have after decompression. 0
	// means 10 MiB.
	MaxBody int64

	// PerHost is the most requests that may be in flight to a host; see
	// [LimitConcurrency]. 0 means 8; negative means no limit. Hedges need a
	// place too, but do not wait for it.
	PerHost int

	// Rate is how many requests may be sent to a host per second; see
	// [LimitRate]. 0 means any number.
	Rate float64

	// Burst is how many requests may be sent at once after a pause. 0 means a
	// hundredth of Rate, but at least one. It is ignored if Rate is 0.
	Burst int

	// Retry says how failed requests are sent again. Attempts of 1 means not
	// at all.
	Retry RetryPolicy

	// Breaker, if not nil, refuses requests to hosts that fail.
	Breaker *BreakerPolicy

	// Hedge, if not nil, sends requests a second time that are slow to be
	// answered.
	Hedge *HedgePolicy

	// Coalesce, if not nil, sends one of several equal requests.
	Coalesce *CoalescePolicy

	// Header is sent with every request, except for the keys that the request
	// has itself.
	Header http.Header

	// Redirect says which redirects are followed, and what they take along.
	Redirect RedirectPolicy

	// Tokens, if not nil, is the source of bearer tokens for all requests that
	// have no other; see [WithTokens].
	Tokens TokenSource

	// PrepareAttempt, if not nil, is called with a copy of each request before
	// it is sent, to sign it, say, and may change its headers. It is called
	// only for requests to the origin that the call began with, never where a
	// redirect leads. An error fails the call. It may be called by several
	// goroutines at once.
	PrepareAttempt func(*http.Request) error

	// OnAttempt, if not nil, is called after each attempt, on its goroutine,
	// outside all locks, possibly by several at once. For what happens inside
	// of an attempt, put a [net/http/httptrace.ClientTrace] into the context.
	OnAttempt func(Attempt)
}

const (
	defaultTimeout        = 30 * time.Second
	defaultAttemptTimeout = 10 * time.Second
	defaultMaxBody        = 10 << 20
	defaultPerHost        = 8
)

func (o *Options) check() error {
	c := config.For("fetch")
	c.Require(o.Timeout >= 0, "Options.Timeout", o.Timeout, "must be positive, or 0 for the default of 30s")
	c.Require(o.AttemptTimeout >= 0, "Options.AttemptTimeout", o.AttemptTimeout, "must be positive, or 0 for the default of 10s")
	c.Require(o.MaxBody >= 0, "Options.MaxBody", o.MaxBody, "must be positive, or 0 for the default of 10 MiB")
	c.Require(o.Rate >= 0 && !math.IsInf(o.Rate, 0), "Options.Rate", o.Rate, "must be a positive number of requests per second, or 0 for no limit")
	c.Require(o.Burst >= 0, "Options.Burst", o.Burst, "must be 1 or more, or 0 for a hundredth of Rate")
	o.Retry.check(c, "Options.Retry")
	o.Redirect.check(c, "Options.Redirect")
	if o.Breaker != nil {
		o.Breaker.check(c, "Options.Breaker")
	}
	if o.Hedge != nil {
		o.Hedge.check(c, "Options.Hedge")
	}
	if o.Coalesce != nil {
		o.Coalesce.check(c, "Options.Coalesce")
	}
	return c.Err()
}
