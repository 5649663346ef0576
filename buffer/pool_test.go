package buffer_test

import (
	"math"
	"slices"
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
		{0, 512}, {1, 128}, {128, 128}, {129, 256}, {1000, 1024}, {1024, 1024}, {1025, 1025},
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
	for _, size := range []int{1, 64, 1 << 20, 2 << 20} {
		b := p.Get(size)
		memory := b.Bytes()
		fill := func() {
			for i := range memory {
				memory[i] = 'x'
			}
		}
		fill()
		b.Write(make([]byte, b.Cap()))
		if i := dirty(memory); i >= 0 {
			t.Errorf("byte %d of %d that were outgrown is %#x; want 0", i, size, memory[i])
		}
		memory = b.Bytes()
		fill()
		b.Release()
		if i := dirty(memory); i >= 0 {
			t.Errorf("byte %d of %d that were released is %#x; want 0", i, len(memory), memory[i])
		}
	}
}

// TestZeroClearsBeyondTheContents is for readers, which may write anywhere in
// the room that they are offered, and for contents that were truncated.
func TestZeroClearsBeyondTheContents(t *testing.T) {
	p, err := buffer.NewPool(buffer.Options{Zero: true})
	require.NoError(t, err)
	for range 100 {
		b := p.Get(64)
		if i := dirty(b.Bytes()); i >= 0 {
			t.Fatalf("byte %d of a new buffer is %#x; want 0", i, b.Bytes()[i])
		}
		copy(b.Bytes(), strings.Repeat("x", 64))
		b.Truncate(1)
		b.Release()
	}
}

// dirty returns the index of a byte that is not zero, or -1.
func dirty(p []byte) int {
	return slices.IndexFunc(p, func(c byte) bool { return c != 0 })
}

func TestGiantsAreDropped(t *testing.T) {
	p, err := buffer.NewPool(buffer.Options{MaxSize: 1 << 10})
	require.NoError(t, err)
	for _, size := range []int{1<<10 + 1, 1 << 20} {
		giant := p.Get(size)
		giant.Release()
		grown := p.Empty(0)
		grown.Write(make([]byte, size))
		grown.Release()
		for range 100 {
			if b := p.Get(size); b == giant || b == grown {
				t.Fatalf("a Buffer of %d bytes was kept; want at most 1024", size)
			}
		}
	}
}

// TestSmallRequestsDoNotGetGiants is why there are classes.
func TestSmallRequestsDoNotGetGiants(t *testing.T) {
	var p buffer.Pool
	for range 100 {
		giant := p.Get(1 << 20)
		giant.Release()
		b := p.Get(100)
		if b.Cap() != 128 {
			t.Fatalf("Get(100) has a capacity of %d; want 128", b.Cap())
		}
		b.Release()
	}
}

// TestGrownBuffersChangeClass has a Buffer that was got small and grew come back
// where its memory belongs.
func TestGrownBuffersChangeClass(t *testing.T) {
	var p buffer.Pool
	for range 100 {
		b := p.Get(1)
		b.Write(make([]byte, 5000))
		b.Release()
		for _, size := range []int{1, 64, 5000} {
			b := p.Get(size)
			if b.Len() != size || b.Cap() < size || b.Cap() > 2*max(size, 32) {
				t.Fatalf("Get(%d) has length %d and capacity %d", size, b.Len(), b.Cap())
			}
			b.Release()
		}
	}
}

func TestZeroPoolIsForAll(t *testing.T) {
	var p buffer.Pool
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if b := p.Get(100); b.Cap() != 128 {
				t.Errorf("Get(100) has a capacity of %d; want 128", b.Cap())
			}
		})
	}
	wg.Wait()
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
	payload := make([]byte, 1<<20)
	for size := 1; size <= 1<<20; size *= 2 {
		for name, cycle := range map[string]func(){
			"Get": func() { buffer.Get(size).Release() },
			"Empty": func() {
				b := buffer.Empty(size)
				b.Write(payload[:size])
				b.Release()
			},
			"Empty of an unknown size": func() {
				b := buffer.Empty(0)
				for rest := size; rest > 0; rest -= 100 {
					b.Write(payload[:min(rest, 100)])
				}
				b.Release()
			},
		} {
			if allocs := testing.AllocsPerRun(20, cycle); allocs >= 1 {
				t.Errorf("%s, a write of %d bytes and Release allocate %v times; want 0", name, size, allocs)
			}
		}
	}
}
