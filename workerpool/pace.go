package workerpool

import (
	"math"
	"time"
)

// A pace spaces the starts of tasks, by the generic cell rate algorithm: it
// keeps the time at which a start would be due if all came evenly, and permits
// one as many intervals ahead of that as the burst allows. It is guarded by
// Pool.mu. Times are nanoseconds since the pool was made.
type pace struct {
	interval float64 // nanoseconds between two starts
	ahead    float64 // how far before its time a start is permitted
	due      float64 // time of the next start

	timer   *time.Timer
	stop    func() bool // undoes what newPool arranges for the end of its context
	waiting bool        // the timer runs, and nothing is to be started until it fires
	at      float64     // when the timer should fire
	roused  bool        // the timer has fired and woken a worker, who has not come yet
}

func newPace(rate float64, burst int) *pace {
	if burst == 0 {
		burst = max(1, int(min(rate/100, math.MaxInt32)))
	}
	// With an infinite one, differences would not be numbers.
	interval := min(float64(time.Second)/rate, math.MaxInt64)
	return &pace{interval: interval, ahead: interval * float64(burst-1)}
}

// start takes the right to start one task, or returns how long to wait for it.
func (p *pace) start(now int64) (wait time.Duration) {
	t := float64(now)
	if p.due-p.ahead > t {
		p.at = p.due - p.ahead
		return max(1, time.Duration(math.Ceil(min(p.at-t, math.MaxInt64/2))))
	}
	// A timer that was late must not slow down all that follow. It is not late by
	// a whole interval; then the worker it has woken had something else to do.
	if p.roused && t < p.at+p.interval {
		t = p.at
	}
	p.roused = false
	p.due = max(p.due, t) + p.interval
	return 0
}

// isTime reports whether a task may be started now, which it is then to be. If
// not, it sees to it that a worker comes when it may; mu must be held.
func (p *Pool[T]) isTime() bool {
	if p.ctx.Err() != nil {
		return true // tasks are still gone through, and not started
	}
	if p.pace.waiting {
		return false
	}
	wait := p.pace.start(p.now())
	if wait == 0 {
		return true
	}
	p.pace.waiting = true
	if p.pace.timer == nil {
		p.pace.timer = time.AfterFunc(wait, p.itIsTime)
	} else {
		p.pace.timer.Reset(wait)
	}
	return false
}

func (p *Pool[T]) itIsTime() {
	p.mu.Lock()
	p.pace.waiting = false
	w := p.rouse()
	p.pace.roused = w != nil
	p.mu.Unlock()
	p.send(w)
}

// stopTimers keeps timers from holding a pool in memory that has ended.
func (p *Pool[T]) stopTimers() {
	if p.reaper != nil {
		p.reaper.Stop()
	}
	if p.pace != nil {
		p.pace.stop()
		if p.pace.timer != nil {
			p.pace.timer.Stop()
		}
	}
}
