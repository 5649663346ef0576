package buffer

import (
	"fmt"
	"io"
	"math"
)

const (
	// minRead is the room that a zero Buffer makes for a reader when it is full.
	minRead = 512

	// maxTrust is how much memory a declared size may claim before a byte of
	// the input has arrived, and trustFactor how many times what has arrived
	// it may claim after that.
	maxTrust    = 64 << 10
	trustFactor = 4

	// maxEmptyReads is how often in a row a reader may return nothing, not even
	// an error.
	maxEmptyReads = 100
)

// ReadFrom appends what r has until it returns io.EOF, which is not reported,
// or another error. What was read before an error stays in the Buffer. A reader
// that returns nothing and no error time after time gets [io.ErrNoProgress], and
// one that returns a count that cannot be, an error that says so.
func (b *Buffer) ReadFrom(r io.Reader) (int64, error) {
	b.mustLive()
	return b.readFrom(r, math.MaxInt64, 0)
}

// readFrom is ReadFrom up to limit bytes, of which about hint are expected. Of
// a longer input it reads one byte too many, which is how it knows.
func (b *Buffer) readFrom(r io.Reader, limit, hint int64) (total int64, err error) {
	limit = min(limit, int64(math.MaxInt-minRead-b.Len()))
	for empty := 0; ; {
		if b.pool == nil && len(b.data) == cap(b.data) {
			b.Grow(minRead)
		}
		var n int
		if len(b.data) < cap(b.data) {
			n, err = readSome(r, b.data[len(b.data):cap(b.data)], limit-total)
			b.data = b.data[:len(b.data)+n]
		} else {
			n, err = b.readBeyond(r, limit-total, hint-total)
		}
		total += int64(n)
		switch {
		case total > limit:
			return total, fmt.Errorf("buffer: more than the limit of %d bytes: %w", limit, ErrTooLarge)
		case err == io.EOF:
			return total, nil
		case err != nil:
			return total, err
		}
		if empty, err = countEmpty(r, n, empty); err != nil {
			return total, err
		}
	}
}

// readBeyond reads into memory of its own where the Buffer's is full: most often
// that is the end of the input, and to look for it is no reason to move a
// mebibyte that fits just so.
func (b *Buffer) readBeyond(r io.Reader, rest, hint int64) (int, error) {
	beyond := b.pool.Empty(0)
	defer beyond.Release()
	n, err := readSome(r, beyond.data[:cap(beyond.data)], rest)
	if n > 0 {
		b.makeRoomFor(n, hint)
		b.data = append(b.data, beyond.data[:n]...)
	}
	return n, err
}

// makeRoomFor makes room for n more bytes, and for the hint that are expected
// as far as what has arrived vouches for them. Up to maxTrust more is expected
// in any case, since that grows in fewer steps and is no more than a mere
// declaration gets.
func (b *Buffer) makeRoomFor(n int, hint int64) {
	vouched := min(trustFactor*int64(b.Cap()), math.MaxInt) - int64(b.Len())
	hint = max(hint, int64(maxTrust-b.Len()))
	b.Grow(int(max(int64(n), min(hint, vouched))))
}

// readSome reads into room, but no more than one byte above rest. The count it
// returns is one that can be.
func readSome(r io.Reader, room []byte, rest int64) (int, error) {
	if int64(len(room)) > rest {
		room = room[:rest+1]
	}
	n, err := r.Read(room)
	if n < 0 || n > len(room) {
		return 0, countError("Read", r, n, len(room))
	}
	return n, err
}

// countEmpty returns how many reads in a row, of which the last returned n and
// no error, have returned nothing, and an error when those are too many.
func countEmpty(r io.Reader, n, empty int) (int, error) {
	if n > 0 {
		return 0, nil
	}
	if empty++; empty < maxEmptyReads {
		return empty, nil
	}
	return empty, fmt.Errorf("buffer: %T returned no data and no error %d times; a Read that has nothing must wait or fail: %w",
		r, empty, io.ErrNoProgress)
}

// countError is for a reader or writer whose count is less than nothing or more
// than it was given, and cannot be relied on in either case.
func countError(method string, rw any, n, size int) error {
	return fmt.Errorf("buffer: %T returned a count of %d from a %s of %d bytes; the count must be from 0 to that size", rw, n, method, size)
}
