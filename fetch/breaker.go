package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

// BreakerPolicy says when requests to a host are refused because too many have
// failed. The zero value is the default policy.
//
// Transport errors, timeouts set by the [Options] and statuses of 500 and above
// are failures. A request whose own context ended says nothing about the host
// and is not counted.
type BreakerPolicy struct {
	// Window is how far back requests are counted, in steps of a tenth of it.
	// 0 means 10s.
	Window time.Duration

	// MinRequests is how many requests there must be in the window before
	// their failures count. 0 means 20.
	MinRequests int

	// FailureRatio is the part of the requests in the window that must have
	// failed for the breaker to open, above 0 and up to 1. 0 means 0.5.
	FailureRatio float64

	// OpenFor is how long an open breaker refuses all requests. Then it lets
	// one through, and closes if that succeeds. 0 means 5s.
	OpenFor time.Duration
}

const (
	defaultWindow       = 10 * time.Second
	defaultMinRequests  = 20
	defaultFailureRatio = 0.5
	defaultOpenFor      = 5 * time.Second
)

func (p *BreakerPolicy) check(c *config.Check, field string) {
	c.Require(p.Window >= 0, field+".Window", p.Window, "must be positive, or 0 for the default of 10s")
	c.Require(p.MinRequests >= 0, field+".MinRequests", p.MinRequests, "must be 1 or more, or 0 for the default of 20")
	c.Require(p.FailureRatio >= 0 && p.FailureRatio <= 1, field+".FailureRatio", p.FailureRatio, "must be above 0 and at most 1, or 0 for the default of 0.5")
	c.Require(p.OpenFor >= 0, field+".OpenFor", p.OpenFor, "must be positive, or 0 for the default of 5s")
}

// Breaker returns a Middleware that refuses requests to a host, with
// [ErrCircuitOpen], while too many of those before have failed: a client that
// does not wait for a server that is down answers its own callers sooner, and
// the server has peace to recover. It panics if a field of p is out of range.
//
// Placed inside of [Retry] it sees every attempt, which is what to do; outside
// of it, only how the last one ended. Requests need a timeout: one that hangs
// for ever as the probe of a half-open breaker keeps it half-open.
func Breaker(p BreakerPolicy) Middleware {
	mustCheck(func(c *config.Check) { p.check(c, "BreakerPolicy") })
	return func(base http.RoundTripper) http.RoundTripper {
		return &breakers{base: base, hosts: newHosts(hostSettings{breaker: &p}), stats: new(counters)}
	}
}

// breakers is the RoundTripper of [Breaker].
type breakers struct {
	base  http.RoundTripper
	hosts *hosts
	stats *counters
}

func (t *breakers) RoundTrip(req *http.Request) (*http.Response, error) {
	h := t.hosts.of(req)
	pass, err := h.circuit.enter(h.origin)
	if err != nil {
		t.stats.refused.Add(1)
		return refuse(req, err)
	}
	outcome := unknown // also if base panics
	defer func() { h.circuit.leave(pass, outcome) }()
	resp, err := t.base.RoundTrip(req)
	outcome = outcomeOf(req.Context(), resp, err)
	return resp, err
}

// CloseIdleConnections is called by [http.Client.CloseIdleConnections].
func (t *breakers) CloseIdleConnections() { closeIdle(t.base) }

// outcome is what an attempt tells of its host.
type outcome uint8

const (
	unknown outcome = iota
	answered
	failed
)

func outcomeOf(ctx context.Context, resp *http.Response, err error) outcome {
	switch {
	case err == nil && resp.StatusCode >= 500:
		return failed
	case err == nil || errors.Is(err, ErrBodyTooLarge):
		return answered
	}
	if _, ok := errors.AsType[*timeoutError](err); ok {
		return failed // the limit was ours
	}
	if a, ok := ctx.(*attempt); ok {
		ctx = a.call // that of the attempt ends with it, whatever the reason
	}
	if _, ok := errors.AsType[*refusal](err); ok || ctx.Err() != nil {
		return unknown
	}
	return failed
}

// steps is the number of parts of the window. The oldest is dropped as a whole.
const steps = 10

// A breaker is closed, open, or half-open, when one request is on its way to
// find out how its host is.
type breaker struct {
	policy BreakerPolicy
	epoch  time.Time

	mu       sync.Mutex // guards what follows
	counts   [steps]struct{ requests, failures int }
	step     int64     // since epoch, to which counts[step%steps] belongs
	round    int       // number of times it has opened or closed
	open     bool      // or half-open
	until    time.Time // end of the refusals
	probing  bool
	requests int // sums of the window that has opened it, for the message
	failures int
}

func newBreaker(p BreakerPolicy) *breaker {
	return &breaker{
		policy: BreakerPolicy{
			Window:       cmp.Or(p.Window, defaultWindow),
			MinRequests:  cmp.Or(p.MinRequests, defaultMinRequests),
			FailureRatio: cmp.Or(p.FailureRatio, defaultFailureRatio),
			OpenFor:      cmp.Or(p.OpenFor, defaultOpenFor),
		},
		epoch: time.Now(),
	}
}

// A pass is the permission for one request, to be returned to leave.
type pass struct {
	round int
	probe bool
}

// enter asks for the permission to send a request to o.
func (b *breaker) enter(o origin) (pass, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open {
		if err := b.refusal(o); err != nil {
			return pass{}, err
		}
		b.probing = true
		return pass{round: b.round, probe: true}, nil
	}
	return pass{round: b.round}, nil
}

// wouldRefuse returns the error of enter without entering. It is for those who
// are about to wait for something else first.
func (b *breaker) wouldRefuse(o origin) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open {
		return b.refusal(o)
	}
	return nil
}

// refusal returns an error unless the time for a probe has come; mu is held.
func (b *breaker) refusal(o origin) error {
	wait := time.Until(b.until)
	next := "a request is on its way to find out whether it has recovered"
	if !b.probing {
		if wait <= 0 {
			return nil
		}
		next = fmt.Sprintf("the next request may be sent in %v", wait.Round(time.Millisecond))
	}
	return &refusal{
		reason: fmt.Sprintf("%d of the last %d requests to %v failed; %s", b.failures, b.requests, o, next),
		after:  max(0, wait),
		cause:  ErrCircuitOpen,
	}
}

// leave records the outcome of a request. One that began before the breaker
// opened or closed says nothing about the time since.
func (b *breaker) leave(p pass, o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.round != b.round {
		return
	}
	if p.probe {
		b.probing = false
		switch o {
		case answered:
			b.open = false
			b.round++
			clear(b.counts[:])
		case failed:
			b.until = time.Now().Add(b.policy.OpenFor)
		}
		return
	}
	if o == unknown {
		return
	}
	now := b.count(o)
	requests, failures := 0, 0
	for _, c := range b.counts {
		requests += c.requests
		failures += c.failures
	}
	if o == failed && requests >= b.policy.MinRequests && float64(failures) >= b.policy.FailureRatio*float64(requests) {
		b.open = true
		b.round++
		b.until = now.Add(b.policy.OpenFor)
		b.requests, b.failures = requests, failures
	}
}

// count adds an outcome to the window and returns the time.
func (b *breaker) count(o outcome) time.Time {
	now := time.Now()
	step := int64(now.Sub(b.epoch) / max(1, b.policy.Window/steps))
	// A step that nothing happened in has to be emptied too.
	for range min(step-b.step, steps) {
		b.step++
		b.counts[b.step%steps] = struct{ requests, failures int }{}
	}
	b.step = step
	c := &b.counts[step%steps]
	c.requests++
	if o == failed {
		c.failures++
	}
	return now
}

func (b *breaker) closed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.open
}
