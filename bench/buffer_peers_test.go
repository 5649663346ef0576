package bench

import (
	"bytes"
	"sync"

	"github.com/goplinth/plinth/buffer"
	bufferpool "github.com/libp2p/go-buffer-pool"
	"github.com/valyala/bytebufferpool"
	zap "go.uber.org/zap/buffer"
	"google.golang.org/grpc/mem"
)

// A bufferImpl gets a buffer, fills it and gives it back. The two calls that do
// so go through a function value, at a nanosecond or two each, for all alike.
type bufferImpl struct {
	name string

	// cycle gets a buffer, writes p, calls during unless it is nil, and gives the
	// buffer back. Those that can be told a size are told that of p.
	cycle func(p []byte, during func())

	// touch gets a buffer of n bytes, touches it and gives it back. It is nil for
	// those whose buffers cannot be had by size.
	touch func(n int)

	// grow is cycle without a size, where the contents come as n pieces p. It
	// is nil for those that hand out slices of a fixed size.
	grow func(p []byte, n int)
}

// bufferImpls returns the implementations, with pools of their own where they
// can be had.
func bufferImpls() []bufferImpl {
	var plinth buffer.Pool
	var valyala bytebufferpool.Pool
	var libp2p bufferpool.BufferPool
	grpc := mem.DefaultBufferPool()
	uber := zap.NewPool()
	raw := sync.Pool{New: func() any { return new([]byte) }}
	return []bufferImpl{
		{
			name: "plinth",
			cycle: func(p []byte, during func()) {
				b := plinth.Empty(len(p))
				b.Write(p)
				if during != nil {
					during()
				}
				b.Release()
			},
			touch: func(n int) {
				b := plinth.Get(n)
				touch(b.Bytes())
				b.Release()
			},
			grow: func(p []byte, n int) {
				b := plinth.Empty(0)
				for range n {
					b.Write(p)
				}
				b.Release()
			},
		},
		{
			// What many programs have: one pool for all sizes.
			name: "sync.Pool",
			cycle: func(p []byte, during func()) {
				b := raw.Get().(*[]byte)
				*b = append((*b)[:0], p...)
				if during != nil {
					during()
				}
				raw.Put(b)
			},
			touch: func(n int) {
				b := raw.Get().(*[]byte)
				*b = sized(*b, n)
				touch(*b)
				raw.Put(b)
			},
			grow: func(p []byte, n int) {
				b := raw.Get().(*[]byte)
				*b = (*b)[:0]
				for range n {
					*b = append(*b, p...)
				}
				raw.Put(b)
			},
		},
		{
			name: "bytebufferpool",
			cycle: func(p []byte, during func()) {
				b := valyala.Get()
				b.Write(p)
				if during != nil {
					during()
				}
				valyala.Put(b)
			},
			touch: func(n int) {
				b := valyala.Get()
				b.B = sized(b.B, n)
				touch(b.B)
				valyala.Put(b)
			},
			grow: func(p []byte, n int) {
				b := valyala.Get()
				for range n {
					b.Write(p)
				}
				valyala.Put(b)
			},
		},
		{
			name: "libp2p",
			cycle: func(p []byte, during func()) {
				b := libp2p.Get(len(p))
				copy(b, p)
				if during != nil {
					during()
				}
				libp2p.Put(b)
			},
			touch: func(n int) {
				b := libp2p.Get(n)
				touch(b)
				libp2p.Put(b)
			},
			grow: func(p []byte, n int) {
				b := bufferpool.Buffer{Pool: &libp2p}
				for range n {
					b.Write(p)
				}
				b.Reset()
			},
		},
		{
			name: "grpc",
			cycle: func(p []byte, during func()) {
				b := grpc.Get(len(p))
				copy(*b, p)
				if during != nil {
					during()
				}
				grpc.Put(b)
			},
			touch: func(n int) {
				b := grpc.Get(n)
				touch(*b)
				grpc.Put(b)
			},
		},
		{
			name: "zap",
			cycle: func(p []byte, during func()) {
				b := uber.Get()
				b.Write(p)
				if during != nil {
					during()
				}
				b.Free()
			},
			grow: func(p []byte, n int) {
				b := uber.Get()
				for range n {
					b.Write(p)
				}
				b.Free()
			},
		},
		{
			// Not pooled.
			name: "bytes.Buffer",
			cycle: func(p []byte, during func()) {
				var b bytes.Buffer
				b.Write(p)
				if during != nil {
					during()
				}
			},
			touch: func(n int) {
				b := bytes.NewBuffer(make([]byte, n))
				touch(b.Bytes())
			},
			grow: func(p []byte, n int) {
				var b bytes.Buffer
				for range n {
					b.Write(p)
				}
			},
		},
	}
}

// touch writes a byte into every page of b: as little as there is to do with a
// buffer, so that what is measured is the pool.
func touch(b []byte) {
	for i := 0; i < len(b); i += 4 << 10 {
		b[i]++
	}
}

// sized returns b with a length of n, or other memory where it is too small.
func sized(b []byte, n int) []byte {
	if n > cap(b) {
		return make([]byte, n)
	}
	return b[:n]
}
