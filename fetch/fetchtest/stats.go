package fetchtest

import (
	"context"
	"net"
	"net/http"
)

// Stats counts what has come to an [Origin] so far.
type Stats struct {
	Conns     int // connections accepted
	OpenConns int // of those, how many are open
	PeakConns int // the most that were open at the same time

	Requests    int // requests arrived
	Running     int // of those, how many are being answered
	PeakRunning int // the most that were being answered at the same time
	Completed   int // answers that were written in full
	Broken      int // answers that were not: by a fault, or because the client left
}

// Stats returns the counters as of now. What the client sees may be a moment
// ahead of them; see [Origin.Wait].
func (o *Origin) Stats() Stats {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stats
}

// Requests returns the number of requests that have arrived so far.
func (o *Origin) Requests() int { return o.Stats().Requests }

// Wait returns when no request is being answered and every connection is idle
// or closed, or with the cause of the end of ctx.
func (o *Origin) Wait(ctx context.Context) error {
	for {
		o.mu.Lock()
		quiet, changed := o.quiet(), o.changed
		o.mu.Unlock()
		if quiet {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// quiet is called with o.mu held.
func (o *Origin) quiet() bool {
	for _, state := range o.conns {
		if state == http.StateActive {
			return false
		}
	}
	return o.stats.Running == 0
}

// notify is called with o.mu held.
func (o *Origin) notify() {
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *Origin) connState(conn net.Conn, state http.ConnState) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch state {
	case http.StateNew:
		o.stats.Conns++
		o.conns[conn] = state
	case http.StateClosed, http.StateHijacked: // the latter are closed at once
		delete(o.conns, conn)
	default:
		o.conns[conn] = state
	}
	o.stats.OpenConns = len(o.conns)
	o.stats.PeakConns = max(o.stats.PeakConns, o.stats.OpenConns)
	o.notify()
}

// begin counts a request, and reports false if the origin is closed.
func (o *Origin) begin() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.running.Add(1)
	o.stats.Requests++
	o.stats.Running++
	o.stats.PeakRunning = max(o.stats.PeakRunning, o.stats.Running)
	o.notify()
	return true
}

func (o *Origin) end(broken bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stats.Running--
	if broken {
		o.stats.Broken++
	} else {
		o.stats.Completed++
	}
	o.notify()
	o.running.Done()
}
