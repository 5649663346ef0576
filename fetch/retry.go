package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/goplinth/plinth/internal/backoff"
	"github.com/goplinth/plinth/internal/config"
)

// RetryPolicy says how often and at what distance a request is sent again.
// The zero value is the default policy.
type RetryPolicy struct {
	// Attempts is the most times a request is sent, the first one included.
	// 0 means 3; 1 means no retries.
	Attempts int

	// BaseDelay is the longest wait before the second attempt. It doubles
	// with every further one; the actual wait is a random part of it (full
	// jitter). 0 means 50ms, or 1s after a 429 or 503, which say that the
	// server is busy.
	BaseDelay time.Duration

	// MaxDelay bounds the doubling. 0 means 5s.
	MaxDelay time.Duration

	// MaxRetryAfter is the longest Retry-After that is waited for; a server
	// that asks for more is not asked again. 0 means 60s.
	MaxRetryAfter time.Duration
}

const (
	defaultAttempts      = 3
	defaultBaseDelay     = 50 * time.Millisecond
	busyBaseDelay        = time.Second
	defaultMaxDelay      = 5 * time.Second
	defaultMaxRetryAfter = time.Minute
)

func (p *RetryPolicy) check(c *config.Check, field string) {
	c.Require(p.Attempts >= 0, field+".Attempts", p.Attempts, "must be 1 or more, or 0 for the default of 3")
	c.Require(p.BaseDelay >= 0, field+".BaseDelay", p.BaseDelay, "must be positive, or 0 for the default of 50ms")
	c.Require(p.MaxDelay >= 0, field+".MaxDelay", p.MaxDelay, "must be positive, or 0 for the default of 5s")
	c.Require(p.MaxRetryAfter >= 0, field+".MaxRetryAfter", p.MaxRetryAfter, "must be positive, or 0 for the default of 60s")
}

// Retry returns a Middleware that sends failed requests again as p says and
// the package comment describes. Its budgets belong to the RoundTripper it
// makes. A [Client] has it built in. It panics if p has negative fields.
//
// The last response is returned as it is, whatever its status. If the budget
// forbids a retry after a transport error, that error wraps
// [ErrBudgetExhausted].
func Retry(p RetryPolicy) Middleware {
	mustCheck(func(c *config.Check) { p.check(c, "RetryPolicy") })
	return func(base http.RoundTripper) http.RoundTripper {
		stats := new(counters)
		return newRetrier(&attempts{base: base, stats: stats}, p, newHosts(hostSettings{}), stats)
	}
}

// retrier is the RoundTripper of [Retry]. It has an attempts somewhere below.
type retrier struct {
	base   http.RoundTripper
	policy RetryPolicy
	hosts  *hosts
	stats  *counters
}

func newRetrier(base http.RoundTripper, p RetryPolicy, hosts *hosts, stats *counters) *retrier {
	p.Attempts = cmp.Or(p.Attempts, defaultAttempts)
	p.MaxDelay = cmp.Or(p.MaxDelay, defaultMaxDelay)
	p.MaxRetryAfter = cmp.Or(p.MaxRetryAfter, defaultMaxRetryAfter)
	return &retrier{base: base, policy: p, hosts: hosts, stats: stats}
}

// RoundTrip implements [http.RoundTripper].
func (t *retrier) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	if c == nil || c.hosts != t.hosts { // not in a Client, or in one that is made of others
		c = &call{hosts: t.hosts}
		c.begin(req.Context(), 0)
		req = req.WithContext(&c.first)
	}
	c.host = t.hosts.find(req.URL)
	c.host.budget.deposit()
	for attempt := 1; ; attempt++ {
		out, err := c.authorize(req)
		if err != nil {
			return refuse(req, err)
		}
		resp, err := t.base.RoundTrip(out)
		delay := time.Duration(0)
		switch {
		case err == nil && resp.StatusCode < 400:
			return resp, nil
		case err == nil && c.renew(resp.StatusCode, req):
			attempt-- // this one was about the token
		case attempt >= t.policy.Attempts || c.Err() != nil || !retryable(req, resp, err):
			return resp, err
		default:
			var ok bool
			if delay, ok = t.delay(c, resp, attempt); !ok {
				return resp, err
			}
		}
		if !c.host.budget.withdraw() {
			t.stats.exhausted.Add(1)
			c.budgetExhausted = true
			if err != nil {
				err = fmt.Errorf("%w: %w", err, ErrBudgetExhausted)
			}
			return resp, err
		}
		if resp != nil {
			discard(resp)
		}
		if delay > 0 {
			if err := sleep(c, delay); err != nil {
				return nil, err
			}
		}
		if req, err = rewind(c.again(req)); err != nil {
			return nil, err
		}
		t.stats.retries.Add(1)
	}
}

// CloseIdleConnections is called by [http.Client.CloseIdleConnections].
func (t *retrier) CloseIdleConnections() { closeIdle(t.base) }

// retryable reports whether the request can be sent again and the outcome
// suggests that it would help.
func retryable(req *http.Request, resp *http.Response, err error) bool {
	if !rewindable(req) {
		return false
	}
	if err != nil {
		if said, ok := errors.AsType[interface {
			error
			Retryable() bool
		}](err); ok && !said.Retryable() {
			return false
		}
		// Some things will be as wrong the next time.
		if errors.Is(err, ErrBlockedAddress) {
			return false
		}
		if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
			return false
		}
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			return false
		}
		if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
			return true // nothing was sent
		}
		return idempotent(req) && !errors.Is(err, ErrBodyTooLarge)
	}
	return retryableStatus(resp.StatusCode) && idempotent(req)
}

func retryableStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// hasBody reports whether something is sent after the headers.
func hasBody(req *http.Request) bool { return req.Body != nil && req.Body != http.NoBody }

// rewindable reports whether the body can be sent again.
func rewindable(req *http.Request) bool { return !hasBody(req) || req.GetBody != nil }

// idempotent reports whether sending req twice is defined to be the same as
// sending it once: by its method (RFC 9110, section 9.2.2) or by a key.
func idempotent(req *http.Request) bool {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return req.Header.Get("Idempotency-Key") != ""
}

// delay returns how long to wait after the given attempt, and false if that
// is longer than the server may ask for or the deadline allows: then what is
// at hand now is worth more than a timeout later.
func (t *retrier) delay(ctx context.Context, resp *http.Response, attempt int) (time.Duration, bool) {
	base := t.policy.BaseDelay
	if base == 0 {
		base = defaultBaseDelay
	}
	asked := false
	var wait time.Duration
	if resp != nil {
		if wait, asked = retryAfter(resp.Header, time.Now()); asked && wait > t.policy.MaxRetryAfter {
			return 0, false
		}
		busy := resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable
		if busy && !asked && t.policy.BaseDelay == 0 {
			base = busyBaseDelay
		}
	}
	// After a Retry-After the jitter keeps those that were told the same time
	// from coming back at once.
	wait += backoff.FullJitter(attempt, base, t.policy.MaxDelay)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return 0, false
	}
	return wait, true
}

// sleep waits for d, and returns an error if ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// rewind returns req, which is ours to change, with a fresh body.
func rewind(req *http.Request) (*http.Request, error) {
	if req.GetBody == nil {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	req.Body = body
	return req, nil
}
