package fetch

import "sync/atomic"

// Stats counts what a [Client] has done since it was made.
type Stats struct {
	Requests        int64 // calls of Do, Get and the like
	Attempts        int64 // requests on the wire: redirects, retries and hedges too
	Retries         int64
	Hedges          int64
	HedgesWon       int64 // answers that came from a hedge
	Coalesced       int64 // requests that shared the answer to another one
	Refused         int64 // requests that an open circuit breaker kept from being sent
	BudgetExhausted int64 // retries and hedges for which the budget was spent
	Hosts           int   // origins that state is kept for
}

// counters are the sources of Stats.
type counters struct {
	requests, attempts, retries, hedges, hedgesWon, coalesced, refused, exhausted atomic.Int64
}

// Stats returns the counts so far. They are not of one instant: a request that
// is under way may show in one and not yet in another.
func (c *Client) Stats() Stats {
	c = c.orDefault()
	s := c.stats
	return Stats{
		Requests:        s.requests.Load(),
		Attempts:        s.attempts.Load(),
		Retries:         s.retries.Load(),
		Hedges:          s.hedges.Load(),
		HedgesWon:       s.hedgesWon.Load(),
		Coalesced:       s.coalesced.Load(),
		Refused:         s.refused.Load(),
		BudgetExhausted: s.exhausted.Load(),
		Hosts:           c.hosts.len(),
	}
}
