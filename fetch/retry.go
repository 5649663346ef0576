package fetch

import (
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
	c := config.For("fetch")
	p.check(c, "RetryPolicy")
	if err := c.Err(); err != nil {
		panic(err.Error())
	}
	return func(base http.RoundTripper) http.RoundTripper { return newRetrier(base, p, 0) }
}

// retrier is safe for concurrent use.
type retrier struct {
	base           http.RoundTripper
	policy         RetryPolicy
	attemptTimeout time.Duration // until the headers of one attempt; 0 is off
	budgets        budgets
}

func newRetrier(base http.RoundTripper, p RetryPolicy, attemptTimeout time.Duration) *retrier {
	if p.Attempts == 0 {
		p.Attempts = defaultAttempts
	}
	if p.MaxDelay == 0 {
		p.MaxDelay = defaultMaxDelay
	}
	if p.MaxRetryAfter == 0 {
		p.MaxRetryAfter = defaultMaxRetryAfter
	}
	return &retrier{base: base, policy: p, attemptTimeout: attemptTimeout}
}

// trail is what a Client wants to know of how its request fared.
type trail struct {
	attempts        int
	budgetExhausted bool
}

type trailKey struct{}

// RoundTrip implements [http.RoundTripper].
func (t *retrier) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	log, ok := ctx.Value(trailKey{}).(*trail)
	if !ok {
		log = new(trail)
	}
	host := req.URL.Scheme + "://" + req.URL.Host
	t.budgets.deposit(host)
	for attempt := 1; ; attempt++ {
		log.attempts++
		resp, err := t.send(req)
		if attempt >= t.policy.Attempts || !retryable(req, resp, err) {
			return resp, err
		}
		delay, ok := t.delay(ctx, resp, attempt)
		if !ok {
			return resp, err
		}
		if !t.budgets.withdraw(host) {
			log.budgetExhausted = true
			if err != nil {
				err = fmt.Errorf("%w: %w", err, ErrBudgetExhausted)
			}
			return resp, err
		}
		if resp != nil {
			drain(resp.Body, resp.Body.(*attemptBody).cancel)
		}
		if err := sleep(ctx, delay); err != nil {
			return nil, err
		}
		if req, err = again(req); err != nil {
			return nil, err
		}
	}
}

// retryable reports whether the request can be sent again and the outcome
// suggests that it would help.
func retryable(req *http.Request, resp *http.Response, err error) bool {
	if req.Context().Err() != nil || req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return false
	}
	if err != nil {
		// Some things will be as wrong the next time.
		if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
			return false
		}
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			return false
		}
		if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
			return true // nothing was sent
		}
		return idempotent(req)
	}
	switch resp.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return idempotent(req)
	}
	return false
}

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

// again returns a copy of req with a fresh body.
func again(req *http.Request) (*http.Request, error) {
	if req.GetBody == nil {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	req = req.WithContext(req.Context())
	req.Body = body
	return req, nil
}

// send makes one attempt under a context of its own, which lives until the
// response body is closed.
func (t *retrier) send(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	var timer *time.Timer
	if t.attemptTimeout > 0 {
		timer = time.AfterFunc(t.attemptTimeout, cancel)
	}
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	timedOut := timer != nil && !timer.Stop()
	if timedOut || err != nil {
		cancel()
		if err == nil {
			resp.Body.Close() // its headers came in the moment the time was up
		}
		if timedOut {
			err = &timeoutError{limit: "attempt timeout", after: t.attemptTimeout}
		}
		return nil, err
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// The body is a connection now, which a wrapper would hide.
		context.AfterFunc(req.Context(), cancel)
		return resp, nil
	}
	resp.Body = &attemptBody{ReadCloser: resp.Body, cancel: cancel}
	return resp, nil
}
