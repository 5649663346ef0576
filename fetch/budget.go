package fetch

import "sync/atomic"

// A budget holds the retries and hedges of one host down to a tenth of the
// first attempts plus ten: they help against a fault here and there, and make
// an outage worse. The scheme is that of Finagle's RetryBudget; the ratio is
// what the Google SRE book advises (chapter 21, "Handling Overload").
//
// Amounts are in tenths of a retry.
const (
	budgetStart   = 100  // a new host may have ten retries
	budgetDeposit = 1    // what a first attempt adds
	budgetPrice   = 10   // what a retry or hedge costs
	budgetMost    = 1000 // a long quiet spell saves up a hundred retries at most
)

// budget is safe for concurrent use.
type budget struct{ tenths atomic.Int64 }

func (b *budget) init() { b.tenths.Store(budgetStart) }

// deposit records a first attempt.
func (b *budget) deposit() {
	for {
		balance := b.tenths.Load()
		if balance >= budgetMost || b.tenths.CompareAndSwap(balance, balance+budgetDeposit) {
			return
		}
	}
}

// withdraw pays for a retry or hedge and reports whether there was enough.
func (b *budget) withdraw() bool {
	for {
		balance := b.tenths.Load()
		if balance < budgetPrice {
			return false
		}
		if b.tenths.CompareAndSwap(balance, balance-budgetPrice) {
			return true
		}
	}
}

// full reports whether there is as much as a new host has.
func (b *budget) full() bool { return b.tenths.Load() >= budgetStart }
