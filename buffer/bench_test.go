package buffer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/goplinth/plinth/buffer"
)

func BenchmarkCycle(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buffer.Get(size).Release()
			}
		})
	}
}

func BenchmarkReadAll(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		in := strings.Repeat("x", size)
		r := strings.NewReader(in)
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Reset(in)
				body, err := buffer.ReadAll(r, -1, int64(size))
				if err != nil {
					b.Fatal(err)
				}
				body.Release()
			}
		})
	}
}
