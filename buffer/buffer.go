package buffer

import (
	"io"
	"sync"
	"sync/atomic"
)

// A Buffer is a growing sequence of bytes that is written at its end and read
// from its start, like a [bytes.Buffer], on memory that goes back to a [Pool].
//
// Buffers come from [Get], [Empty], [ReadAll] or the methods of a Pool. The
// zero Buffer is empty and ready to use, on memory that is not pooled. A
// Buffer must not be copied and is for one goroutine at a time. Every method of
// a Buffer that has been released panics; that cannot be noticed any more once
// the Buffer has a new owner, other than in debug mode, where it never has one.
type Buffer struct {
	data   []byte // contents, of which data[:off] has been read
	off    int
	pool   *Pool      // nil for a zero Buffer
	home   *sync.Pool // where Release puts the Buffer, or nil if there is more to it
	record *record    // nil but in debug mode

	// turns is how often the Buffer was released and handed out again: even
	// while it has an owner, odd while it has none. It is changed by the owner
	// alone, but Release swaps it, so that of two goroutines that both take
	// themselves for the owner one panics.
	turns uint32
}

var (
	_ io.ReadWriter   = (*Buffer)(nil)
	_ io.ByteReader   = (*Buffer)(nil)
	_ io.ByteWriter   = (*Buffer)(nil)
	_ io.StringWriter = (*Buffer)(nil)
	_ io.ReaderFrom   = (*Buffer)(nil)
	_ io.WriterTo     = (*Buffer)(nil)
)

// Release gives the Buffer and its memory back. Neither may be used any more,
// nor any slice of it. It panics if the Buffer has been released already.
func (b *Buffer) Release() {
	turns := b.turns &^ 1
	if !atomic.CompareAndSwapUint32(&b.turns, turns, turns+1) {
		b.misused("Release")
	}
	home := b.home
	if home == nil {
		b.retire()
		return
	}
	b.idle()
	home.Put(b)
}

// idle leaves no room behind the contents, so that writing to a released Buffer
// goes the slow way, where it is noticed. Empty empties it.
func (b *Buffer) idle() {
	b.data = b.data[:cap(b.data)]
	b.off = 0
}

// retire is Release for a Buffer that does not just go back to where it was.
func (b *Buffer) retire() {
	switch {
	case b.record != nil:
		b.record.watch.quarantine(b)
	case b.pool != nil:
		b.pool.put(b)
	default:
		b.data = nil
	}
}

func (b *Buffer) isReleased() bool { return b.turns&1 != 0 }

// mustLive panics if b has been released. It costs every method a compare, and
// turns most uses after Release into a panic where they happen, instead of
// another request's data somewhere else.
func (b *Buffer) mustLive() {
	if b.isReleased() {
		b.misused("use")
	}
}

// misused is kept out of the methods, which are small enough to be inlined.
//
//go:noinline
func (b *Buffer) misused(what string) {
	panic("buffer: " + what + " of a released Buffer" + b.record.history())
}

// Take returns the unread bytes and leaves the Buffer empty. The bytes are not
// copied and belong to the caller for good, with all the capacity that the
// Buffer had: to keep a few bytes of a large Buffer, clone them instead. The
// Buffer is still to be released.
func (b *Buffer) Take() []byte {
	taken := b.Bytes()
	b.data, b.off, b.home = nil, 0, nil
	return taken
}

// Bytes returns the unread bytes, which may be written to. They are valid until
// the next write, Reset, Grow or Release.
func (b *Buffer) Bytes() []byte {
	b.mustLive()
	return b.data[b.off:]
}

// String returns a copy of the unread bytes.
func (b *Buffer) String() string { return string(b.Bytes()) }

// Len returns the number of unread bytes.
func (b *Buffer) Len() int {
	b.mustLive()
	return len(b.data) - b.off
}

// Cap returns the capacity of the Buffer's memory in bytes, the part that has
// been read included.
func (b *Buffer) Cap() int {
	b.mustLive()
	return cap(b.data)
}

// Reset empties the Buffer and keeps its memory.
func (b *Buffer) Reset() {
	b.mustLive()
	b.data, b.off = b.data[:0], 0
}

// Truncate drops all but the first n unread bytes, as after an encoder that
// ends with a newline too many. It panics if n is not from 0 to Len.
func (b *Buffer) Truncate(n int) {
	if n < 0 || n > b.Len() {
		panic("buffer: Truncate out of range")
	}
	b.data = b.data[:b.off+n]
}

// Grow makes room for n more bytes, so that writing them moves nothing. It
// panics if n is negative or the size does not fit an int.
func (b *Buffer) Grow(n int) {
	b.mustLive()
	mustNotBeNegative(n)
	if n > cap(b.data)-len(b.data) {
		b.makeRoom(n).discard()
	}
}

// makeRoom makes room for n more bytes where there is none behind the contents.
// It returns the memory that the contents were in, which the caller discards
// after the last use of a slice that may be a part of it.
func (b *Buffer) makeRoom(n int) (old *Buffer) {
	if len(b.data) == b.off {
		b.Reset()
		if n <= cap(b.data) {
			return nil
		}
	}
	need := b.Len() + n
	if need < 0 {
		panic("buffer: size overflows int")
	}
	// What has been read counts as room only where that is half of the memory:
	// a queue that is nearly full would be moved for every few bytes.
	if need <= cap(b.data)/2 {
		return b.move(cap(b.data))
	}
	return b.move(max(need, 2*cap(b.data)))
}

// move takes the unread bytes to the start of other memory, of at least the
// given capacity. It returns the old memory, under the header that the new one
// came with, or nil if no pool wants it.
func (b *Buffer) move(capacity int) (old *Buffer) {
	if b.pool == nil {
		b.data, b.off = append(make([]byte, 0, capacity), b.Bytes()...), 0
		return nil
	}
	other := b.pool.Empty(capacity)
	b.data, other.data = append(other.data, b.data[b.off:]...), b.data
	b.home, other.home = other.home, b.home
	if b.record != nil || other.record != nil {
		b.home, other.home = nil, nil // debug mode began or ended meanwhile
	}
	b.off = 0
	return other
}

// discard releases what makeRoom and move return.
func (b *Buffer) discard() {
	if b != nil {
		b.Release()
	}
}
