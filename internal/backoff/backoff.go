// Package backoff computes how long to wait before a retry.
package backoff

import (
	"math/rand/v2"
	"time"
)

// FullJitter returns a random duration from 0 to base*2^(attempt-1), and at
// most limit. Attempts count from 1. Spreading over the whole range clears a
// crowd of retrying clients faster than a narrower jitter does; the measurements
// are in "Exponential Backoff And Jitter" (Marc Brooker, AWS Architecture Blog,
// 2015).
func FullJitter(attempt int, base, limit time.Duration) time.Duration {
	ceiling := limit
	if shift := max(attempt, 1) - 1; shift < 63 && base <= limit>>shift {
		ceiling = base << shift
	}
	if ceiling <= 0 {
		return 0
	}
	return time.Duration(rand.Int64N(int64(ceiling)) + 1)
}
