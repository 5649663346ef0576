package buffer

import "io"

// Read moves unread bytes to p. It returns io.EOF when there are none left and
// p is not empty.
func (b *Buffer) Read(p []byte) (int, error) {
	if b.Len() == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	n := copy(p, b.data[b.off:])
	b.off += n
	return n, nil
}

// ReadByte returns the next unread byte, or io.EOF when there is none left.
func (b *Buffer) ReadByte() (byte, error) {
	if b.Len() == 0 {
		return 0, io.EOF
	}
	c := b.data[b.off]
	b.off++
	return c, nil
}

// WriteTo writes the unread bytes to w, marks as read what w took, and returns
// its error. A writer that takes less without an error gets io.ErrShortWrite,
// and one that returns a count that cannot be, an error that says so.
func (b *Buffer) WriteTo(w io.Writer) (int64, error) {
	unread := b.Bytes()
	if len(unread) == 0 {
		return 0, nil
	}
	n, err := writeAll(w, unread)
	b.off += n
	return int64(n), err
}

// writeAll writes p to w. The count it returns is from 0 to len(p), and less
// only beside an error.
func writeAll(w io.Writer, p []byte) (int, error) {
	n, err := w.Write(p)
	switch {
	case n < 0 || n > len(p):
		return 0, countError("Write", w, n, len(p))
	case n < len(p) && err == nil:
		return n, io.ErrShortWrite
	}
	return n, err
}
