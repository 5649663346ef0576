package errors

import "time"

// Retryable reports whether it is of use to try again what has failed with err.
// The first error in the order of [All] that was made by [WithRetry] or
// [WithRetryAfter], or has a method Retryable() bool, decides. If there is none,
// Retryable returns whether the kind of err is Unavailable, ResourceExhausted or
// Aborted. It returns false for nil.
func Retryable(err error) bool {
	for e := range All(err) {
		if says, ok := e.(interface{ Retryable() bool }); ok {
			return says.Retryable()
		}
	}
	switch KindOf(err) {
	case Unavailable, ResourceExhausted, Aborted:
		return true
	}
	return false
}

// RetryAfter returns how long to wait at least before trying again, which is
// what the first error in the order of [All] says that was made by
// [WithRetryAfter] or has a method RetryAfter() time.Duration with a positive
// result. It returns 0 if there is none, or if trying again is of no use, for
// which see [Retryable].
func RetryAfter(err error) time.Duration {
	for e := range All(err) {
		if says, ok := e.(interface{ Retryable() bool }); ok && !says.Retryable() {
			return 0
		}
		if says, ok := e.(interface{ RetryAfter() time.Duration }); ok {
			if d := says.RetryAfter(); d > 0 {
				return d
			}
		}
	}
	return 0
}
