package bench

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/goplinth/plinth/buffer"
	"github.com/valyala/bytebufferpool"
)

// BenchmarkBufferCycle gets a buffer, writes to it and gives it back.
func BenchmarkBufferCycle(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			benchmarkBuffers(b, make([]byte, size), func() int { return size })
		})
	}
	// One request in two hundred is a giant.
	b.Run("size=mixed", func(b *testing.B) {
		benchmarkBuffers(b, make([]byte, 1<<20), func() int {
			if rand.IntN(200) == 0 {
				return 1 << 20
			}
			return 64 << rand.IntN(8)
		})
	})
}

func benchmarkBuffers(b *testing.B, payload []byte, size func() int) {
	b.Run("impl=plinth", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := size()
			buf := buffer.Empty(n)
			buf.Write(payload[:n])
			buf.Release()
		}
	})
	b.Run("impl=bytebufferpool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf := bytebufferpool.Get()
			buf.Write(payload[:size()])
			bytebufferpool.Put(buf)
		}
	})
}
