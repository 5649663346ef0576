package buffer

import "sync/atomic"

// Stats counts what a Pool has done since it was made.
type Stats struct {
	Gets    uint64 // Buffers that were handed out, and memory for those that grew; lags by 63 for each Buffer in circulation at most
	Misses  uint64 // of those, the ones that had to be allocated
	Dropped uint64 // Buffers that were larger than MaxSize when they were released, and so not kept

	// What follows is counted in debug mode only.
	Outstanding int    // Buffers that were not released yet
	Leaked      uint64 // Buffers that became garbage without having been released
	Overwritten uint64 // Buffers that were written to after Release
}

// Stats returns the counts so far. They cost next to nothing: a Buffer notes how
// often it is handed out, and adds that to the sum after every 64th time.
func (p *Pool) Stats() Stats {
	c := &p.counters
	s := Stats{Misses: c.misses.Load(), Dropped: c.dropped.Load()}
	s.Gets = max(c.direct.Load()+c.pooled.Load(), s.Misses)
	p.addDebugStats(&s)
	return s
}

// usesStep is after how many turns a Buffer adds them to counters.pooled. One
// counter that all processors write to for each Get would take longer than the
// Get.
const usesStep = 64

type counters struct {
	pooled  atomic.Uint64 // Buffers handed out that are to come back, as far as they told
	direct  atomic.Uint64 // Buffers handed out that are not
	misses  atomic.Uint64
	dropped atomic.Uint64

	leaked, overwritten atomic.Uint64
}
