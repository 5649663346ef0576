package cache

import (
	"fmt"
	"sync"
	"time"

	"github.com/goplinth/plinth/internal/backoff"
)

// A breaker leaves a failing store alone: after a few failures in a row it
// rests, for longer each time, and then lets one operation through to see.
type breaker struct {
	rest time.Duration // the least time of a rest

	mu       sync.Mutex // guards what follows
	failures int        // in a row, up to restAfter
	rests    int        // since the last success
	until    time.Time  // end of the rest
	probing  bool       // an operation is finding out
	last     error
	resting  error // what is said of last during a rest
}

const (
	restAfter = 3
	restBase  = 500 * time.Millisecond
	restLimit = 10 * time.Second
)

// outcome is what an operation tells of the store.
type outcome uint8

const (
	answered outcome = iota
	failed
	unknown
)

// enter asks for an operation, which has to be followed by leave unless there
// is an error.
func (b *breaker) enter() (probe bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < restAfter {
		return false, nil
	}
	if b.probing || time.Now().Before(b.until) {
		return false, b.resting
	}
	b.probing = true
	return true, nil
}

func (b *breaker) leave(probe bool, o outcome, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe {
		b.probing = false
	}
	if err != nil || o == answered {
		b.last = err
	}
	switch o {
	case answered:
		b.failures, b.rests = 0, 0
	case failed:
		// Operations that began before the rest and fail during it do not
		// prolong it.
		if b.failures < restAfter {
			b.failures++
			probe = b.failures == restAfter
		}
		if probe {
			b.rests++
			b.until = time.Now().Add(b.rest + backoff.FullJitter(b.rests, restBase, restLimit))
			b.resting = fmt.Errorf("cache: the store is left alone for a while, because of: %w", err)
		}
	}
}

func (b *breaker) lastError() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}
