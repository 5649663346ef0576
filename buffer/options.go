package buffer

import (
	"cmp"

	"github.com/goplinth/plinth/internal/config"
)

const (
	defaultMinSize = 64
	defaultMaxSize = 1 << 20

	// Classes are indexed by the binary logarithm of their size. The limit is
	// what an int holds on every architecture.
	classes  = 31
	mostSize = 1 << (classes - 1)
)

// Options configures a [Pool]. The zero value is ready to use.
type Options struct {
	// MinSize is the capacity of the smallest buffers in bytes, rounded up to
	// a power of two. 0 means 64.
	MinSize int

	// MaxSize is the capacity in bytes, rounded up to a power of two, above
	// which a buffer is left to the garbage collector instead of being kept.
	// 0 means 1 MiB; the most is 1 GiB.
	MaxSize int

	// Zero clears the memory of every buffer on Release and when it is
	// outgrown, so that no owner finds what an earlier one wrote. It costs a
	// write of the whole capacity. What was taken with Take is the taker's.
	Zero bool

	// Debug turns debug mode on, for good: see the package comment. It is for
	// tests and a trial run, because every Get then allocates and takes a lock.
	// [Pool.Check] turns it on for one test.
	Debug bool
}

// sizes returns MinSize and MaxSize with their defaults, of which that of one
// gives way to the other.
func (o Options) sizes() (minSize, maxSize int) {
	minSize, maxSize = cmp.Or(o.MinSize, defaultMinSize), cmp.Or(o.MaxSize, defaultMaxSize)
	if o.MinSize == 0 {
		minSize = min(minSize, maxSize)
	}
	if o.MaxSize == 0 {
		maxSize = max(minSize, maxSize)
	}
	return minSize, maxSize
}

// classes returns the least and the greatest class.
func (o Options) classes() (minClass, maxClass int) {
	minSize, maxSize := o.sizes()
	return classOf(minSize), classOf(maxSize)
}

// check returns all mistakes in o.
func (o Options) check() error {
	minSize, maxSize := o.sizes()
	c := config.For("buffer")
	c.Require(o.MinSize >= 0 && o.MinSize <= mostSize, "Options.MinSize", o.MinSize, "must be from 1 byte to 1 GiB, or 0 for the default")
	c.Require(o.MaxSize >= 0 && o.MaxSize <= mostSize, "Options.MaxSize", o.MaxSize, "must be from 1 byte to 1 GiB, or 0 for the default")
	c.Require(minSize <= maxSize || o.MaxSize < 0, "Options.MinSize", o.MinSize, "must not be above Options.MaxSize")
	return c.Err()
}
