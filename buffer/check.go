package buffer

import (
	"cmp"
	"maps"
	"slices"
)

// TB is what Check needs of a [testing.TB]: the package does not import testing,
// which would become a part of every program.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// Check watches the package's pool during the test tb; see [Pool.Check].
func Check(tb TB) {
	tb.Helper()
	shared.Check(tb)
}

// Check puts p into debug mode until the test tb has ended, and then has it
// fail for each Buffer that was got meanwhile and not released, and for each
// that was written to after Release, with the lines that got and released it.
//
// Call it first in a test: what is registered with tb.Cleanup later, such as the
// end of a server, runs earlier. Tests that run in parallel on the same pool
// get to see each other's Buffers.
func (p *Pool) Check(tb TB) {
	tb.Helper()
	w, since := p.beginCheck()
	tb.Cleanup(func() {
		tb.Helper()
		for _, f := range p.endCheck(w, since) {
			tb.Errorf("buffer: %v", f)
		}
	})
}

// beginCheck returns the watch of p, and the number of the latest Buffer.
func (p *Pool) beginCheck() (w *watch, since uint64) {
	p.maxSize() // sets p up
	p.mu.Lock()
	defer p.mu.Unlock()
	w = p.watch.Load()
	if w == nil {
		w = newWatch(p)
		p.watch.Store(w)
		p.pooled.Store(0)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.checks++
	return w, w.number
}

// endCheck ends the watch of p, unless it goes on for others, and returns what
// was found, in the order in which the Buffers were got.
func (p *Pool) endCheck(w *watch, since uint64) []finding {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	found := append(w.findings, w.exhume(w.buried)...)
	w.findings, w.buried = nil, nil
	for r := range maps.Keys(w.held) {
		if r.number > since {
			found = append(found, finding{"not released", r})
		}
	}
	slices.SortFunc(found, func(a, b finding) int { return cmp.Compare(a.record.number, b.record.number) })
	w.checks--
	if w.checks == 0 && !p.debug {
		p.watch.Store(nil)
		p.pooled.Store(int64(p.maxSize()))
	}
	return found
}

func (p *Pool) addDebugStats(s *Stats) {
	s.Leaked, s.Overwritten = p.counters.leaked.Load(), p.counters.overwritten.Load()
	if w := p.watch.Load(); w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		s.Outstanding = len(w.held)
	}
}
