package buffer

import (
	"io"
	"math"
)

// firstRead is what ReadAll begins with when the size is not known.
const firstRead = 4 << 10

// ReadAll reads r to its end into a Buffer of the package's pool; see
// [Pool.ReadAll].
func ReadAll(r io.Reader, limit, hint int64) (*Buffer, error) {
	return shared.ReadAll(r, limit, hint)
}

// ReadAll reads r to its end. The caller releases the Buffer. On an error,
// that of r or one that wraps [ErrTooLarge], the Buffer is nil. A reader that
// makes no progress or returns counts that cannot be gets an error, as from
// [Buffer.ReadFrom].
//
// The input may have as many bytes as limit says, and not one more; 0 allows an
// empty input only, and a negative limit means any number. The hint is the
// expected size in bytes, such as a Content-Length, or 0 or less if it is
// unknown. It only saves growing, and a wrong one does no harm: a false one of a
// terabyte claims 64 KiB before a byte has arrived, and four times what has
// arrived after that.
func (p *Pool) ReadAll(r io.Reader, limit, hint int64) (*Buffer, error) {
	if limit < 0 {
		limit = math.MaxInt64
	}
	if hint <= 0 {
		hint = int64(min(firstRead, p.maxSize()))
	}
	hint = min(hint, limit)
	b := p.Empty(int(min(hint, maxTrust)))
	if _, err := b.readFrom(r, limit, hint); err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}
