package buffer_test

import (
	"testing"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/internal/race"
)

func TestStats(t *testing.T) {
	if race.Enabled {
		t.Skip("sync.Pool drops buffers at random under the race detector")
	}
	var p buffer.Pool
	if s := p.Stats(); s != (buffer.Stats{}) {
		t.Errorf("Stats() of a zero Pool = %+v", s)
	}
	const gets = 10_000
	for range gets {
		p.Get(100).Release()
	}
	// A collection may empty the pool now and then.
	s := p.Stats()
	if s.Gets < gets-63*s.Misses || s.Gets > gets || s.Misses == 0 || s.Misses > 100 || s.Dropped != 0 {
		t.Errorf("after %d Gets of which nearly all were hits, Stats() = %+v", gets, s)
	}
	for range 3 {
		p.Get(2 << 20).Release()
	}
	taken := p.Get(1)
	taken.Take()
	taken.Release()
	after := p.Stats()
	if after.Gets-s.Gets < 3 || after.Misses-s.Misses < 3 || after.Dropped != 3 {
		t.Errorf("after 3 giants, Stats() = %+v, and before them %+v", after, s)
	}
}
