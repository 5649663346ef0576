package bench

import (
	"fmt"
	"testing"

	"github.com/goplinth/plinth/buffer"
)

// BenchmarkBufferSmall is where no pool pays: a small buffer that stays in its
// function is an array on the stack. The impl=make is one that escapes.
func BenchmarkBufferSmall(b *testing.B) {
	for _, small := range []struct {
		size  int
		stack func(p []byte) int
	}{
		{64, func(p []byte) int {
			var array [64]byte
			return len(append(array[:0], p...))
		}},
		{512, func(p []byte) int {
			var array [512]byte
			return len(append(array[:0], p...))
		}},
		{4 << 10, func(p []byte) int {
			var array [4 << 10]byte
			return len(append(array[:0], p...))
		}},
	} {
		p := bufferPayload[:small.size]
		for name, use := range map[string]func(p []byte) int{
			"plinth": func(p []byte) int {
				buf := buffer.Empty(len(p))
				buf.Write(p)
				n := buf.Len()
				buf.Release()
				return n
			},
			"stack": small.stack,
			"make": func(p []byte) int {
				escaped = append(make([]byte, 0, len(p)), p...)
				return len(escaped)
			},
		} {
			b.Run(fmt.Sprintf("size=%d/impl=%s", small.size, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if n := use(p); n != len(p) {
						b.Fatalf("%d bytes; want %d", n, len(p))
					}
				}
			})
		}
	}
}

var escaped []byte
