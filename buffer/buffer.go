package buffer

import (
	"fmt"
	"io"
	"math"
	"sync/atomic"
)

// A Buffer is a growing sequence of bytes that is written at its end and read
// from its start, like a [bytes.Buffer], on memory that goes back to a [Pool].
//
// Buffers come from [Get], [Empty], [ReadAll] or the methods of a Pool. The
// zero Buffer is empty and ready to use, on memory that is not pooled. A
// Buffer must not be copied and is for one goroutine at a time.
type Buffer struct {
	data     []byte // contents, of which data[:off] has been read
	off      int
	pool     *Pool // nil for a zero Buffer
	released atomic.Bool
}

var (
	_ io.ReadWriter   = (*Buffer)(nil)
	_ io.ByteWriter   = (*Buffer)(nil)
	_ io.StringWriter = (*Buffer)(nil)
	_ io.ReaderFrom   = (*Buffer)(nil)
	_ io.WriterTo     = (*Buffer)(nil)
)

// Release gives the Buffer and its memory back. Neither may be used any more.
// It panics if the Buffer has been released already; that cannot be noticed
// once the Buffer has a new owner.
func (b *Buffer) Release() {
	if !b.released.CompareAndSwap(false, true) {
		panic("buffer: Release of a released Buffer")
	}
	if b.pool != nil {
		b.pool.put(b)
	}
}

// Take returns the unread bytes and leaves the Buffer empty. The bytes are not
// copied and belong to the caller for good; the Buffer is still to be released.
func (b *Buffer) Take() []byte {
	taken := b.Bytes()
	b.data, b.off = nil, 0
	return taken
}

// Bytes returns the unread bytes. They are valid until the next write, Reset,
// Grow or Release.
func (b *Buffer) Bytes() []byte { return b.data[b.off:] }

// String returns a copy of the unread bytes.
func (b *Buffer) String() string { return string(b.data[b.off:]) }

// Len returns the number of unread bytes.
func (b *Buffer) Len() int { return len(b.data) - b.off }

// Cap returns the capacity of the Buffer's memory in bytes.
func (b *Buffer) Cap() int { return cap(b.data) }

// Reset empties the Buffer and keeps its memory.
func (b *Buffer) Reset() { b.data, b.off = b.data[:0], 0 }

// Grow makes room for n more bytes, so that writing them moves nothing. It
// panics if n is negative or the size does not fit an int.
func (b *Buffer) Grow(n int) {
	if n < 0 {
		panic("buffer: negative size")
	}
	if n <= cap(b.data)-len(b.data) {
		return
	}
	need := b.Len() + n
	if need < 0 {
		panic("buffer: size overflows int")
	}
	// Sliding the contents to the start saves the move, but only with half of
	// the memory free is it worth its copy: a queue that is nearly full would
	// be slid for every few bytes.
	if need <= cap(b.data)/2 {
		b.data = b.data[:copy(b.data, b.Bytes())]
	} else {
		b.move(max(need, 2*cap(b.data)))
	}
	b.off = 0
}

// move puts the unread bytes at the start of memory of at least the given
// capacity and gives the old memory back under the header that the new one
// came with.
func (b *Buffer) move(capacity int) {
	if b.pool == nil {
		b.data = append(make([]byte, 0, capacity), b.Bytes()...)
		return
	}
	larger := b.pool.Empty(capacity)
	b.data, larger.data = append(larger.data, b.Bytes()...), b.data
	larger.Release()
}

// Write appends p. The error is always nil.
func (b *Buffer) Write(p []byte) (int, error) {
	b.Grow(len(p))
	b.data = append(b.data, p...)
	return len(p), nil
}

// WriteString appends s. The error is always nil.
func (b *Buffer) WriteString(s string) (int, error) {
	b.Grow(len(s))
	b.data = append(b.data, s...)
	return len(s), nil
}

// WriteByte appends c. The error is always nil.
func (b *Buffer) WriteByte(c byte) error {
	b.Grow(1)
	b.data = append(b.data, c)
	return nil
}

// Read moves unread bytes to p. It returns io.EOF when there are none left and
// p is not empty.
func (b *Buffer) Read(p []byte) (int, error) {
	if b.Len() == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	n := copy(p, b.Bytes())
	b.off += n
	return n, nil
}

// ReadFrom appends what r has until it returns io.EOF, which is not reported,
// or another error. What was read before an error stays in the Buffer.
func (b *Buffer) ReadFrom(r io.Reader) (int64, error) {
	return b.readFrom(r, math.MaxInt64)
}

// minRead is the least room that a reader is offered.
const minRead = 512

// readFrom is ReadFrom up to limit bytes. Of a longer input it reads one byte
// too many, which is how it knows.
func (b *Buffer) readFrom(r io.Reader, limit int64) (int64, error) {
	var total int64
	for total <= limit {
		if len(b.data) == cap(b.data) {
			b.Grow(minRead)
		}
		room := b.data[len(b.data):cap(b.data)]
		if rest := limit - total; int64(len(room)) > rest {
			room = room[:rest+1]
		}
		n, err := r.Read(room)
		if n < 0 || n > len(room) {
			panic("buffer: reader returned an impossible count")
		}
		b.data = b.data[:len(b.data)+n]
		total += int64(n)
		if err == io.EOF {
			break
		}
		if err != nil {
			return total, err
		}
	}
	if total > limit {
		return total, fmt.Errorf("buffer: more than the limit of %d bytes: %w", limit, ErrTooLarge)
	}
	return total, nil
}

// WriteTo writes the unread bytes to w, marks as read what w took, and returns
// its error.
func (b *Buffer) WriteTo(w io.Writer) (int64, error) {
	if b.Len() == 0 {
		return 0, nil
	}
	n, err := w.Write(b.Bytes())
	if n < 0 || n > b.Len() {
		panic("buffer: writer returned an impossible count")
	}
	b.off += n
	if err == nil && b.Len() > 0 {
		err = io.ErrShortWrite
	}
	return int64(n), err
}
