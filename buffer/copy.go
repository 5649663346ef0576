package buffer

import "io"

// copySize is how much Copy moves at a time: what io.Copy does.
const copySize = 32 << 10

// Copy copies src to dst through a Buffer of the package's pool; see
// [Pool.Copy].
func Copy(dst io.Writer, src io.Reader) (int64, error) { return shared.Copy(dst, src) }

// Copy copies from src to dst until src returns io.EOF, which is not reported,
// or either fails, and returns the number of bytes written. It is [io.Copy]
// without its allocation of 32 KiB, and, as there, a src that has WriteTo or a
// dst that has ReadFrom does the work itself and in its own way. Otherwise
// readers and writers that misbehave get an error, as from [Buffer.ReadFrom]
// and [Buffer.WriteTo].
func (p *Pool) Copy(dst io.Writer, src io.Reader) (total int64, err error) {
	if src, ok := src.(io.WriterTo); ok {
		return src.WriteTo(dst)
	}
	if dst, ok := dst.(io.ReaderFrom); ok {
		return dst.ReadFrom(src)
	}
	b := p.Get(min(copySize, p.maxSize()))
	defer b.Release()
	for empty := 0; ; {
		n, readErr := readSome(src, b.data, int64(len(b.data)))
		if n > 0 {
			written, err := writeAll(dst, b.data[:n])
			total += int64(written)
			if err != nil {
				return total, err
			}
		}
		switch {
		case readErr == io.EOF:
			return total, nil
		case readErr != nil:
			return total, readErr
		}
		if empty, err = countEmpty(src, n, empty); err != nil {
			return total, err
		}
	}
}
