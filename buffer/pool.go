package buffer

import (
	"math/bits"
	"sync"
)

// A Pool is a source of Buffers. The zero Pool is ready to use and has the
// defaults of [Options]; most programs need only the package's own, through
// [Get], [Empty] and [ReadAll]. A Pool must not be copied after first use. It
// is safe for concurrent use and owns no goroutine.
type Pool struct {
	configured         bool // false for a zero Pool, which has the default classes
	minClass, maxClass int
	zero               bool
	free               [classes]sync.Pool // of *Buffer, by class of their capacity
}

// NewPool returns a Pool configured by o, or an error that names every
// mistake in it.
func NewPool(o Options) (*Pool, error) {
	minSize, maxSize, err := o.sizes()
	if err != nil {
		return nil, err
	}
	return &Pool{configured: true, minClass: classOf(minSize), maxClass: classOf(maxSize), zero: o.Zero}, nil
}

// shared is the Pool behind the package's functions.
var shared Pool

// Get returns a Buffer of length n from the package's pool. Its contents are
// unspecified: what an earlier owner left there. It panics if n is negative.
func Get(n int) *Buffer { return shared.Get(n) }

// Empty returns a Buffer of length 0 with a capacity of at least n from the
// package's pool. It panics if n is negative.
func Empty(n int) *Buffer { return shared.Empty(n) }

// Get returns a Buffer of length n. Its contents are unspecified: what an
// earlier owner left there, or zeros if the Pool clears its buffers. It panics
// if n is negative.
func (p *Pool) Get(n int) *Buffer {
	b := p.Empty(n)
	b.data = b.data[:n]
	return b
}

// Empty returns a Buffer of length 0 with a capacity of at least n. It panics
// if n is negative.
func (p *Pool) Empty(n int) *Buffer {
	if n < 0 {
		panic("buffer: negative size")
	}
	minClass, maxClass := p.limits()
	if n > 1<<maxClass {
		return &Buffer{pool: p, data: make([]byte, 0, n)}
	}
	class := max(minClass, classOf(n))
	if b, ok := p.free[class].Get().(*Buffer); ok {
		b.released.Store(false)
		return b
	}
	return &Buffer{pool: p, data: make([]byte, 0, 1<<class)}
}

// put keeps b for a later Empty unless its memory is too small or too large.
// Growth may have left it a capacity between two classes; the lower one is
// what it can promise.
func (p *Pool) put(b *Buffer) {
	minClass, maxClass := p.limits()
	c := cap(b.data)
	if c < 1<<minClass || c > 1<<maxClass {
		return
	}
	b.data, b.off = b.data[:0], 0
	if p.zero {
		clear(b.data[:c])
	}
	p.free[bits.Len(uint(c))-1].Put(b)
}

func (p *Pool) limits() (minClass, maxClass int) {
	if !p.configured {
		return classOf(defaultMinSize), classOf(defaultMaxSize)
	}
	return p.minClass, p.maxClass
}

// classOf returns the class of the smallest buffers that hold n bytes.
func classOf(n int) int {
	if n <= 1 {
		return 0
	}
	return bits.Len(uint(n - 1))
}
