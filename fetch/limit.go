package fetch

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

// LimitConcurrency returns a Middleware that lets at most perHost requests to
// the same scheme, host and port be in flight. A request is in flight until
// its response body has been read to the end or closed. The others wait, first
// come, first served, until their context ends, which is an [ErrLimited].
// It panics if perHost is below 1.
//
// Whoever needs several responses of one host open at the same time needs as
// many places.
func LimitConcurrency(perHost int) Middleware {
	mustCheck(func(c *config.Check) { c.Require(perHost >= 1, "LimitConcurrency", perHost, "must be 1 or more") })
	return func(base http.RoundTripper) http.RoundTripper {
		return &gates{base: base, hosts: newHosts(hostSettings{perHost: perHost})}
	}
}

// gates is the RoundTripper of [LimitConcurrency].
type gates struct {
	base  http.RoundTripper
	hosts *hosts
}

func (t *gates) RoundTrip(req *http.Request) (*http.Response, error) {
	h := t.hosts.of(req)
	if !h.gate.tryEnter() {
		if err := h.wait(req.Context()); err != nil {
			return refuse(req, err)
		}
	}
	inside := true
	defer func() {
		if inside {
			h.gate.end()
		}
	}()
	resp, err := t.base.RoundTrip(req)
	if err == nil {
		inside = false
		atEnd(resp, &h.gate)
	}
	return resp, err
}

// wait waits for a place, unless it is known that there will be no use for it.
func (h *host) wait(ctx context.Context) error {
	if err := h.wouldRefuse(); err != nil {
		return err
	}
	markWaited(ctx)
	start := time.Now()
	err := h.gate.enter(ctx)
	if err == nil {
		return nil
	}
	return &refusal{
		reason: fmt.Sprintf("waited %v for one of %d places (Options.PerHost) at %v: %v",
			time.Since(start).Round(time.Millisecond), h.gate.limit, h.origin, err),
		cause: limitedBy{err},
	}
}

// wouldRefuse asks the breaker, if there is one.
func (h *host) wouldRefuse() error {
	if h.circuit == nil {
		return nil
	}
	return h.circuit.wouldRefuse(h.origin)
}

// CloseIdleConnections is called by [http.Client.CloseIdleConnections].
func (t *gates) CloseIdleConnections() { closeIdle(t.base) }

// limitedBy is ErrLimited and the error that ended the waiting.
type limitedBy struct{ error }

func (e limitedBy) Error() string   { return ErrLimited.Error() }
func (e limitedBy) Unwrap() []error { return []error{ErrLimited, e.error} }

// LimitRate returns a Middleware that spaces the requests to the same scheme,
// host and port: in t seconds no more than perSecond*t+burst are sent. A
// request that is too early waits; one whose deadline is earlier than its turn
// is an [ErrLimited] at once. It panics if perSecond is not a positive number
// or burst is below 1.
//
// Placed inside of [Retry] it counts every attempt, which is what servers do.
func LimitRate(perSecond float64, burst int) Middleware {
	mustCheck(func(c *config.Check) {
		c.Require(perSecond > 0 && !math.IsInf(perSecond, 0), "LimitRate's perSecond", perSecond, "must be a positive number of requests per second")
		c.Require(burst >= 1, "LimitRate's burst", burst, "must be 1 or more")
	})
	return func(base http.RoundTripper) http.RoundTripper {
		return &paces{base: base, hosts: newHosts(hostSettings{rate: perSecond, burst: burst})}
	}
}

// paces is the RoundTripper of [LimitRate].
type paces struct {
	base  http.RoundTripper
	hosts *hosts
}

func (t *paces) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.hosts.of(req).await(req.Context()); err != nil {
		return refuse(req, err)
	}
	return t.base.RoundTrip(req)
}

// await waits until it is time for a request.
func (h *host) await(ctx context.Context) error {
	most := time.Duration(math.MaxInt64)
	if deadline, ok := ctx.Deadline(); ok {
		most = time.Until(deadline)
	}
	wait, place, ok := h.pace.reserve(most)
	if !ok {
		return &refusal{
			reason: fmt.Sprintf("the next request to %v may be sent in %v, which is after the deadline; allow more time or a higher rate (Options.Rate)",
				h.origin, wait.Round(time.Millisecond)),
			after: wait,
			cause: limitedBy{context.DeadlineExceeded},
		}
	}
	if wait == 0 {
		return nil
	}
	markWaited(ctx)
	err := h.wouldRefuse()
	if err == nil {
		if err = sleep(ctx, wait); err == nil {
			return nil
		}
		err = &refusal{reason: fmt.Sprintf("waiting for the turn of a request to %v (Options.Rate): %v", h.origin, err), cause: limitedBy{err}}
	}
	h.pace.giveBack(place)
	return err
}

// CloseIdleConnections is called by [http.Client.CloseIdleConnections].
func (t *paces) CloseIdleConnections() { closeIdle(t.base) }

// mustCheck panics with the mistakes in the arguments of a middleware.
func mustCheck(check func(*config.Check)) {
	c := config.For("fetch")
	check(c)
	if err := c.Err(); err != nil {
		panic(err.Error())
	}
}

// closeIdle closes the idle connections of a transport that has some. A
// RoundTripper that wraps another passes this on; [http.Client] finds it by the
// method.
func closeIdle(base http.RoundTripper) {
	if t, ok := base.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
