package buffer_test

import (
	"bytes"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/internal/race"
	"github.com/stretchr/testify/require"
)

func TestSizes(t *testing.T) {
	p, err := buffer.NewPool(buffer.Options{MinSize: 100, MaxSize: 1000})
	require.NoError(t, err)
	for _, tt := range []struct{ n, wantCap int }{
		{0, 128}, {1, 128}, {128, 128}, {129, 256}, {1000, 1024}, {1024, 1024}, {1025, 1025},
	} {
		b := p.Get(tt.n)
		if b.Len() != tt.n || b.Cap() != tt.wantCap {
			t.Errorf("Get(%d) has length %d and capacity %d; want %d and %d", tt.n, b.Len(), b.Cap(), tt.n, tt.wantCap)
		}
		b.Release()
		b = p.Empty(tt.n)
		if b.Len() != 0 || b.Cap() < tt.wantCap {
			t.Errorf("Empty(%d) has length %d and capacity %d; want 0 and %d", tt.n, b.Len(), b.Cap(), tt.wantCap)
		}
		b.Release()
	}
}

func TestNewPoolReportsEveryMistake(t *testing.T) {
	for _, tt := range []struct {
		o    buffer.Options
		want []string // parts of the error; none for a valid Options
	}{
		{buffer.Options{}, nil},
		{buffer.Options{MaxSize: 32}, nil},
		{buffer.Options{MinSize: 2 << 20}, nil},
		{buffer.Options{MinSize: 1, MaxSize: 1}, nil},
		{buffer.Options{MinSize: -1, MaxSize: -2}, []string{"Options.MinSize is -1 (int)", "Options.MaxSize is -2 (int)"}},
		{buffer.Options{MinSize: 64, MaxSize: 32}, []string{"Options.MinSize is 64 (int): must not be above Options.MaxSize"}},
		{buffer.Options{MaxSize: math.MaxInt32}, []string{"Options.MaxSize is 2147483647 (int): must be from 1 byte to 1 GiB"}},
	} {
		p, err := buffer.NewPool(tt.o)
		if (err != nil) != (tt.want != nil) || (p == nil) != (err != nil) {
			t.Errorf("NewPool(%+v) = %v, %v", tt.o, p, err)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("NewPool(%+v) error = %v; want it to say %q", tt.o, err, want)
			}
		}
	}
}

func TestTheSmallestPoolKeepsItsSizes(t *testing.T) {
	p, err := buffer.NewPool(buffer.Options{MinSize: 1, MaxSize: 1})
	require.NoError(t, err)
	if b := p.Empty(1); b.Cap() != 1 {
		t.Errorf("Cap() = %d; want 1", b.Cap())
	}
}

func TestZeroClearsMemory(t *testing.T) {
	p, err := buffer.NewPool(buffer.Options{Zero: true})
	require.NoError(t, err)
	for range 100 {
		b := p.Get(64)
		if i := bytes.IndexFunc(b.Bytes(), func(r rune) bool { return r != 0 }); i >= 0 {
			t.Fatalf("byte %d of a new buffer is %#x; want 0", i, b.Bytes()[i])
		}
		b.Reset()
		b.WriteString(strings.Repeat("x", 64))
		b.Release()
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

// TestConcurrentOwners lets many goroutines write their own mark into their
// buffers: a buffer with two owners would show the other's.
func TestConcurrentOwners(t *testing.T) {
	var wg sync.WaitGroup
	for mark := range byte(8) {
		wg.Go(func() {
			for i := range 500 {
				b := buffer.Get(1 << (i % 12))
				for j := range b.Bytes() {
					b.Bytes()[j] = mark
				}
				b.WriteByte(mark)
				for _, c := range b.Bytes() {
					if c != mark {
						t.Errorf("buffer of goroutine %d holds a byte of %d", mark, c)
						return
					}
				}
				b.Release()
			}
		})
	}
	wg.Wait()
}

func TestCyclesDoNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("sync.Pool drops buffers at random under the race detector")
	}
	for _, size := range []int{1, 1 << 10, 1 << 20} {
		allocs := testing.AllocsPerRun(100, func() { buffer.Get(size).Release() })
		if allocs >= 1 {
			t.Errorf("Get(%d) and Release allocate %v times; want 0", size, allocs)
		}
	}
}
