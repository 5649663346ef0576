package buffer

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// A Pool is a source of Buffers. The zero Pool is ready to use and has the
// defaults of [Options]; most programs need only the package's own, through
// [Get], [Empty] and [ReadAll]. A Pool must not be copied after first use. It
// is safe for concurrent use and owns no goroutine.
type Pool struct {
	// pooled is the size up to which Buffers come from free: MaxSize, but 0
	// before the first use of a zero Pool and in debug mode. So one compare
	// finds out all that is special about a request.
	pooled atomic.Int64
	below  uint32             // MinSize - 1
	free   [classes]sync.Pool // of *Buffer, by class of their capacity

	setUp    sync.Once // before it, the fields above and these are not set
	maxClass int
	zero     bool
	debug    bool // of Options

	counters counters

	mu    sync.Mutex            // guards changes of pooled and watch
	watch atomic.Pointer[watch] // nil but in debug mode
}

// NewPool returns a Pool configured by o, or an error that names every
// mistake in it.
func NewPool(o Options) (*Pool, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p := new(Pool)
	p.setUp.Do(func() { p.configure(o) })
	return p, nil
}

func (p *Pool) configure(o Options) {
	minClass, maxClass := o.classes()
	p.below, p.maxClass, p.zero, p.debug = 1<<minClass-1, maxClass, o.Zero, o.Debug
	for class := minClass; class <= maxClass; class++ {
		home := &p.free[class]
		home.New = func() any {
			b := p.make(1 << class)
			b.turns = 1 // as if it had been released, since Empty adds one
			if b.record == nil && !p.zero {
				b.home = home
			}
			return b
		}
	}
	if o.Debug {
		p.watch.Store(newWatch(p))
		return
	}
	p.pooled.Store(1 << maxClass)
}

// shared is the Pool behind the package's functions.
var shared Pool

// Default returns the Pool behind the package's functions.
func Default() *Pool { return &shared }

// Get returns a Buffer of length n from the package's pool. Its contents are
// unspecified: what an earlier owner left there. It panics if n is negative.
func Get(n int) *Buffer { return shared.Get(n) }

// Empty returns a Buffer of length 0 with a capacity of at least capHint from
// the package's pool; see [Pool.Empty].
func Empty(capHint int) *Buffer { return shared.Empty(capHint) }

// Get returns a Buffer of length n. Its contents are unspecified: what an
// earlier owner left there, or zeros if the Pool clears its buffers. Get(0) is
// Empty(0). It panics if n is negative.
func (p *Pool) Get(n int) *Buffer { return p.take(n, n) }

// Empty returns a Buffer of length 0 with a capacity of at least capHint bytes.
// A capHint of 0 means that the size is not known, for which the capacity is 512
// or MaxSize, if that is less. It panics if capHint is negative.
func (p *Pool) Empty(capHint int) *Buffer { return p.take(capHint, 0) }

// take returns a Buffer of the given length, n or 0, with a capacity of at least n.
func (p *Pool) take(n, length int) *Buffer {
	if uint(n-1) >= uint(p.pooled.Load()) {
		return p.special(n, length)
	}
	class := bits.Len32(uint32(n-1) | p.below)
	b := p.free[class].Get().(*Buffer)
	b.data = b.data[:length]
	b.turns++
	if b.turns%(2*usesStep) == 0 {
		p.counters.pooled.Add(usesStep)
	}
	return b
}

// special is take for an n that is 0, negative or too large to be kept, for the
// first use of a zero Pool, and for debug mode.
func (p *Pool) special(n, length int) *Buffer {
	mustNotBeNegative(n)
	if n == 0 {
		n = min(unknownSize, p.maxSize())
	}
	switch {
	case n > p.maxSize():
	case p.pooled.Load() == 0: // in debug mode
		n = 1 << bits.Len32(uint32(n-1)|p.below)
	default:
		return p.take(n, length)
	}
	p.counters.direct.Add(1)
	b := p.make(n)
	b.data = b.data[:length]
	return b
}

// unknownSize is the capacity of a Buffer of which nothing is known. With less
// it would soon be outgrown, and what it has too much goes back with it.
const unknownSize = 512

// maxSize returns the largest capacity that is kept.
func (p *Pool) maxSize() int {
	p.setUp.Do(func() { p.configure(Options{}) })
	return 1 << p.maxClass
}

// make returns a new empty Buffer with a capacity of n, which has no home.
func (p *Pool) make(n int) *Buffer {
	p.counters.misses.Add(1)
	b := &Buffer{pool: p, data: make([]byte, 0, n)}
	if w := p.watch.Load(); w != nil {
		w.add(b)
	}
	return b
}

// put takes back a Buffer that has no home, or whose Pool clears its memory.
func (p *Pool) put(b *Buffer) {
	c := cap(b.data)
	if p.zero {
		clear(b.data[:c])
	}
	if c <= int(p.below) || c > p.maxSize() {
		if c > 0 { // or it was taken
			p.counters.dropped.Add(1)
		}
		b.data = nil
		return
	}
	b.idle()
	p.free[bits.Len(uint(c))-1].Put(b)
}

func mustNotBeNegative(n int) {
	if n < 0 {
		panic("buffer: negative size")
	}
}

// classOf returns the class of the smallest buffers that hold n bytes, for an
// n of 1 or more.
func classOf(n int) int { return bits.Len(uint(n - 1)) }
