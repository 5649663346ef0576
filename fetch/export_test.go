package fetch

import "net/http"

// MaxHosts is the most hosts that a retrier keeps a budget for.
const MaxHosts = maxHosts

// RetryAfter is the parser of Retry-After.
var RetryAfter = retryAfter

// SameOrigin is the comparison that decides what a redirect takes along.
var SameOrigin = sameOrigin

// Hosts returns the number of hosts that the retrier rt keeps a budget for.
func Hosts(rt http.RoundTripper) int {
	b := &rt.(*retrier).budgets
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.byHost)
}
