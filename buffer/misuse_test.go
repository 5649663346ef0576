package buffer_test

import (
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/internal/race"
	"github.com/stretchr/testify/require"
)

func TestDoubleReleasePanics(t *testing.T) {
	zeroing, err := buffer.NewPool(buffer.Options{Zero: true})
	require.NoError(t, err)
	for name, b := range map[string]*buffer.Buffer{
		"pooled":  buffer.Get(10),
		"giant":   buffer.Get(2 << 20),
		"zeroing": zeroing.Get(10),
		"zero":    new(buffer.Buffer),
		"taken":   taken(),
	} {
		b.Release()
		if got := recovered(b.Release); got != "buffer: Release of a released Buffer" {
			t.Errorf("%s: second Release panics with %v", name, got)
		}
	}
}

func taken() *buffer.Buffer {
	b := buffer.Get(10)
	b.Take()
	return b
}

// TestConcurrentDoubleReleasePanics has two goroutines release the same Buffers
// in step: one of them panics for each, and the other has released it.
func TestConcurrentDoubleReleasePanics(t *testing.T) {
	if race.Enabled {
		t.Skip("is a race, as the detector says")
	}
	buffers := make([]*buffer.Buffer, 100_000)
	for i := range buffers {
		buffers[i] = buffer.Empty(1)
	}
	var arrived, panicked atomic.Int32
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i, b := range buffers {
				if int(arrived.Add(1)) == 2*(i+1) {
					// The other learns of it late, and so now and then at the same
					// time as this one is done with waiting.
					for range i % 120 {
						arrived.Load()
					}
				}
				for spins := 0; int(arrived.Load()) < 2*(i+1); spins++ {
					if spins > 1000 {
						runtime.Gosched()
					}
				}
				if recovered(b.Release) != nil {
					panicked.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := int(panicked.Load()); n != len(buffers) {
		t.Errorf("of two goroutines that released the same %d Buffers, %d panicked; want each once", len(buffers), n)
	}
}

func TestUseAfterReleasePanics(t *testing.T) {
	zeroing, err := buffer.NewPool(buffer.Options{Zero: true})
	require.NoError(t, err)
	debugging, err := buffer.NewPool(buffer.Options{Debug: true})
	require.NoError(t, err)
	for kind, get := range map[string]func() *buffer.Buffer{
		"pooled":  func() *buffer.Buffer { return new(buffer.Pool).Empty(10) },
		"giant":   func() *buffer.Buffer { return buffer.Empty(2 << 20) },
		"zeroing": func() *buffer.Buffer { return zeroing.Empty(10) },
		"zero":    func() *buffer.Buffer { return new(buffer.Buffer) },
		"taken":   taken,
		"debug":   func() *buffer.Buffer { return debugging.Empty(10) },
	} {
		for method, use := range map[string]func(*buffer.Buffer){
			"AvailableBuffer": func(b *buffer.Buffer) { b.AvailableBuffer() },
			"Bytes":           func(b *buffer.Buffer) { b.Bytes() },
			"Cap":             func(b *buffer.Buffer) { b.Cap() },
			"Grow":            func(b *buffer.Buffer) { b.Grow(0) },
			"Len":             func(b *buffer.Buffer) { b.Len() },
			"Read":            func(b *buffer.Buffer) { b.Read(nil) },
			"ReadByte":        func(b *buffer.Buffer) { b.ReadByte() },
			"ReadFrom":        func(b *buffer.Buffer) { b.ReadFrom(strings.NewReader("")) },
			"Reset":           func(b *buffer.Buffer) { b.Reset() },
			"String":          func(b *buffer.Buffer) { _ = b.String() },
			"Take":            func(b *buffer.Buffer) { b.Take() },
			"Truncate":        func(b *buffer.Buffer) { b.Truncate(0) },
			"Write":           func(b *buffer.Buffer) { b.Write([]byte("x")) },
			"WriteByte":       func(b *buffer.Buffer) { b.WriteByte('x') },
			"WriteString":     func(b *buffer.Buffer) { b.WriteString("x") },
			"WriteTo":         func(b *buffer.Buffer) { b.WriteTo(io.Discard) },
		} {
			b := get()
			b.Write([]byte("abc"))
			b.Release()
			got, _ := recovered(func() { use(b) }).(string)
			if !strings.HasPrefix(got, "buffer: use of a released Buffer") {
				t.Errorf("%s: %s of a released Buffer panics with %q", kind, method, got)
			}
		}
	}
}

func TestTruncateOutOfRangePanics(t *testing.T) {
	b := buffer.Empty(64)
	defer b.Release()
	b.WriteString("abc")
	b.ReadByte()
	for _, n := range []int{-1, 3} {
		if got := recovered(func() { b.Truncate(n) }); got != "buffer: Truncate out of range" {
			t.Errorf("Truncate(%d) of 2 bytes panics with %v", n, got)
		}
	}
}

func TestNegativeSizePanics(t *testing.T) {
	for name, f := range map[string]func(){
		"Get":   func() { buffer.Get(-1) },
		"Empty": func() { buffer.Empty(-1) },
		"Grow":  func() { buffer.Empty(0).Grow(-1) },
	} {
		if got := recovered(f); got != "buffer: negative size" {
			t.Errorf("%s(-1) panics with %v", name, got)
		}
	}
}

func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}
