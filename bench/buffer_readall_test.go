package bench

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/goplinth/plinth/buffer"
	"github.com/valyala/bytebufferpool"
	"google.golang.org/grpc/mem"
)

// plainReader is a reader and nothing more: what comes from a network has no
// WriteTo.
type plainReader struct{ r bytes.Reader }

func (r *plainReader) Reset(p []byte)             { r.r.Reset(p) }
func (r *plainReader) Read(p []byte) (int, error) { return r.r.Read(p) }

// BenchmarkReadAll reads a body to its end and drops it. With hint=exact, as
// with a Content-Length, those that can be told a size are told that of the body.
func BenchmarkReadAll(b *testing.B) {
	var plinth buffer.Pool
	var valyala bytebufferpool.Pool
	grpc := mem.DefaultBufferPool()
	fail := func(b *testing.B, n int, want int, err error) {
		if n != want || err != nil {
			b.Fatalf("read %d bytes of %d: %v", n, want, err)
		}
	}
	read := func(b *testing.B, r io.Reader, size, hint int) {
		body, err := plinth.ReadAll(r, -1, int64(hint))
		fail(b, body.Len(), size, err)
		body.Release()
	}
	for _, size := range []int{1 << 10, 64 << 10, 1 << 20} {
		for _, impl := range []struct {
			hint, name string
			read       func(b *testing.B, r io.Reader)
		}{
			{"none", "plinth", func(b *testing.B, r io.Reader) { read(b, r, size, 0) }},
			{"none", "io", func(b *testing.B, r io.Reader) {
				body, err := io.ReadAll(r)
				fail(b, len(body), size, err)
			}},
			{"none", "bytes.Buffer", func(b *testing.B, r io.Reader) {
				var body bytes.Buffer
				_, err := body.ReadFrom(r)
				fail(b, body.Len(), size, err)
			}},
			{"none", "bytebufferpool", func(b *testing.B, r io.Reader) {
				body := valyala.Get()
				_, err := body.ReadFrom(r)
				fail(b, body.Len(), size, err)
				valyala.Put(body)
			}},
			{"none", "grpc", func(b *testing.B, r io.Reader) { // in pieces of 32 KiB
				body, err := mem.ReadAll(r, grpc)
				fail(b, body.Len(), size, err)
				body.Free()
			}},
			{"exact", "plinth", func(b *testing.B, r io.Reader) { read(b, r, size, size) }},
			{"exact", "io", func(b *testing.B, r io.Reader) {
				body := make([]byte, size)
				n, err := io.ReadFull(r, body)
				fail(b, n, size, err)
			}},
			{"exact", "bytes.Buffer", func(b *testing.B, r io.Reader) {
				var body bytes.Buffer
				body.Grow(size + bytes.MinRead)
				_, err := body.ReadFrom(r)
				fail(b, body.Len(), size, err)
			}},
		} {
			b.Run(fmt.Sprintf("size=%d/hint=%s/impl=%s", size, impl.hint, impl.name), func(b *testing.B) {
				var r plainReader
				b.ReportAllocs()
				for b.Loop() {
					r.Reset(bufferPayload[:size])
					impl.read(b, &r)
				}
			})
		}
	}
}

type plainWriter struct{ n int }

func (w *plainWriter) Write(p []byte) (int, error) {
	w.n += len(p)
	return len(p), nil
}

// BenchmarkCopy copies between a reader and a writer that know no short cut.
func BenchmarkCopy(b *testing.B) {
	const size = 64 << 10
	for name, copy := range map[string]func(io.Writer, io.Reader) (int64, error){"plinth": buffer.Copy, "io": io.Copy} {
		b.Run(fmt.Sprintf("size=%d/impl=%s", size, name), func(b *testing.B) {
			var r plainReader
			var w plainWriter
			b.ReportAllocs()
			for b.Loop() {
				r.Reset(bufferPayload[:size])
				if n, err := copy(&w, &r); n != size || err != nil {
					b.Fatalf("copied %d bytes, %v", n, err)
				}
			}
		})
	}
}
