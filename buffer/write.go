package buffer

// Write appends p, which may be a part of the Buffer itself. The error is
// always nil. It panics if the size does not fit an int.
func (b *Buffer) Write(p []byte) (int, error) {
	n := len(b.data)
	if len(p) > cap(b.data)-n {
		return b.outgrow(p)
	}
	b.data = b.data[:n+len(p)]
	return copy(b.data[n:], p), nil
}

// outgrow is Write where there is no room. The old memory is kept until p has
// been copied, which may lie in it.
func (b *Buffer) outgrow(p []byte) (int, error) {
	b.mustLive()
	old := b.makeRoom(len(p))
	b.data = append(b.data, p...)
	old.discard()
	return len(p), nil
}

// WriteString appends s. The error is always nil. It panics if the size does
// not fit an int.
func (b *Buffer) WriteString(s string) (int, error) {
	n := len(b.data)
	if len(s) > cap(b.data)-n {
		b.Grow(len(s))
		n = len(b.data)
	}
	b.data = b.data[:n+len(s)]
	return copy(b.data[n:], s), nil
}

// WriteByte appends c. The error is always nil.
func (b *Buffer) WriteByte(c byte) error {
	n := len(b.data)
	if n == cap(b.data) {
		b.Grow(1)
		n = len(b.data)
	}
	b.data = b.data[:n+1]
	b.data[n] = c
	return nil
}

// AvailableBuffer returns the room behind the contents, as an empty slice to
// append to and then to Write: strconv.AppendInt and its like so write into the
// Buffer without a copy. It is valid until the next write, Reset, Grow or Release.
func (b *Buffer) AvailableBuffer() []byte {
	b.mustLive()
	return b.data[len(b.data):]
}
