package buffer

import (
	"io"
	"math"
)

// maxTrust is how much memory a declared size may claim before a byte of the
// input has arrived.
const maxTrust = 64 << 10

// ReadAll reads r to its end into a Buffer of the package's pool; see
// [Pool.ReadAll].
func ReadAll(r io.Reader, limit, hint int64) (*Buffer, error) {
	return shared.ReadAll(r, limit, hint)
}

// ReadAll reads r to its end. The caller releases the Buffer. On an error,
// that of r or one that wraps [ErrTooLarge], the Buffer is nil.
//
// The input may have as many bytes as limit says, and not one more; a negative
// limit means any number. The hint is the expected size in bytes, such as a
// Content-Length, or 0 or less if it is unknown. It only saves growing: a wrong
// one does no harm, and a false one of a terabyte allocates 64 KiB.
func (p *Pool) ReadAll(r io.Reader, limit, hint int64) (*Buffer, error) {
	if limit < 0 {
		limit = math.MaxInt64
	}
	// The end of the input shows only to a reader that asks for one byte more.
	b := p.Empty(int(min(max(hint, 0), limit, maxTrust-1) + 1))
	if _, err := b.readFrom(r, limit); err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}
