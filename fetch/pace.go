package fetch

import (
	"math"
	"sync"
	"time"
)

// A pace spaces requests, by the generic cell rate algorithm: it keeps the time
// at which one would be due if all came evenly, and permits one as many
// intervals ahead of that as the burst allows.
type pace struct {
	interval float64   // nanoseconds between two requests
	ahead    float64   // how far before its time a request is permitted
	epoch    time.Time // where the times below begin

	mu  sync.Mutex // guards due
	due float64    // time of the next request, in nanoseconds
}

func newPace(rate float64, burst int) *pace {
	if burst == 0 {
		burst = defaultBurst(rate)
	}
	interval := min(float64(time.Second)/rate, math.MaxInt64)
	return &pace{interval: interval, ahead: interval * float64(burst-1), epoch: time.Now()}
}

func defaultBurst(rate float64) int { return max(1, int(min(rate/100, math.MaxInt32))) }

// reserve takes the next place and returns how long to wait for it. If that is
// longer than most, it takes none and returns false.
func (p *pace) reserve(most time.Duration) (wait time.Duration, place float64, ok bool) {
	now := float64(time.Since(p.epoch))
	p.mu.Lock()
	defer p.mu.Unlock()
	place = max(p.due, now)
	wait = time.Duration(min(max(0, math.Ceil(place-p.ahead-now)), math.MaxInt64/2))
	if wait > most {
		return wait, 0, false
	}
	p.due = place + p.interval
	return wait, place, true
}

// giveBack returns a place that will not be used, if it is the last one: those
// behind it have been told when to come, and a new one among them would be one
// too many at that time.
func (p *pace) giveBack(place float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.due == place+p.interval {
		p.due = place
	}
}
