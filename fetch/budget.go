package fetch

import "sync"

// A budget holds the retries down to a tenth of the first attempts plus ten,
// for each host on its own: retries help against a fault here and there, and
// make an outage worse. The scheme is that of Finagle's RetryBudget; the ratio
// is what the Google SRE book advises (chapter 21, "Handling Overload").
//
// Amounts are in tenths of a retry.
const (
	budgetStart   = 100  // a new host may have ten retries
	budgetDeposit = 1    // what a first attempt adds
	budgetPrice   = 10   // what a retry costs
	budgetMost    = 1000 // a long quiet spell saves up a hundred retries at most

	// maxHosts bounds the memory for hosts that others choose. To stay below
	// it, an arbitrary host is forgotten and starts afresh.
	maxHosts = 4096
)

// budgets is safe for concurrent use. The zero value is ready.
type budgets struct {
	mu     sync.Mutex
	byHost map[string]int
}

// deposit records a first attempt at host.
func (b *budgets) deposit(host string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	balance, known := b.byHost[host]
	if !known {
		balance = budgetStart
		b.makeRoom()
	}
	b.byHost[host] = min(balance+budgetDeposit, budgetMost)
}

func (b *budgets) makeRoom() {
	if b.byHost == nil {
		b.byHost = make(map[string]int)
	}
	if len(b.byHost) < maxHosts {
		return
	}
	for host := range b.byHost {
		delete(b.byHost, host)
		return
	}
}

// withdraw pays for a retry at host and reports whether there was enough.
func (b *budgets) withdraw(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byHost[host] < budgetPrice {
		return false
	}
	b.byHost[host] -= budgetPrice
	return true
}
