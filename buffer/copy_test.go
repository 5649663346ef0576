package buffer_test

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/internal/race"
	"github.com/stretchr/testify/require"
)

// plainWriter is a writer and nothing more, which notes the most that it was
// given at a time.
type plainWriter struct {
	text strings.Builder
	most int
}

func (w *plainWriter) Write(p []byte) (int, error) {
	w.most = max(w.most, len(p))
	return w.text.Write(p)
}

func TestCopy(t *testing.T) {
	small, err := buffer.NewPool(buffer.Options{MaxSize: 1 << 10})
	require.NoError(t, err)
	in := strings.Repeat("0123456789", 10_000)
	for _, tt := range []struct {
		name     string
		pool     *buffer.Pool
		r        io.Reader
		wantMost int
	}{
		{"whole", new(buffer.Pool), struct{ io.Reader }{strings.NewReader(in)}, 32 << 10},
		{"half", buffer.Default(), iotest.HalfReader(strings.NewReader(in)), 16 << 10},
		{"data with the error", buffer.Default(), iotest.DataErrReader(strings.NewReader(in)), 1 << 10},
		{"pool of small buffers", small, struct{ io.Reader }{strings.NewReader(in)}, 1 << 10},
		{"short cut of the reader", buffer.Default(), strings.NewReader(in), len(in)},
	} {
		var w plainWriter
		n, err := tt.pool.Copy(&w, tt.r)
		if n != int64(len(in)) || err != nil || w.text.String() != in {
			t.Errorf("%s: Copy = %d, %v with %d bytes written; want %d, nil", tt.name, n, err, w.text.Len(), len(in))
		}
		if w.most != tt.wantMost {
			t.Errorf("%s: Copy wrote %d bytes at a time; want %d", tt.name, w.most, tt.wantMost)
		}
	}
}

// TestCopyTakesTheWritersShortCut writes to a Buffer, whose ReadFrom needs no
// memory between.
func TestCopyTakesTheWritersShortCut(t *testing.T) {
	w := buffer.Empty(0)
	defer w.Release()
	var r room
	if n, err := buffer.Copy(w, &r); n != 0 || err != nil {
		t.Errorf("Copy = %d, %v; want 0, nil", n, err)
	}
	if r.most != w.Cap() {
		t.Errorf("Copy to a Buffer offered its source %d bytes; want the Buffer's %d", r.most, w.Cap())
	}
}

func TestCopyDoesNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("sync.Pool drops buffers at random under the race detector")
	}
	in := strings.Repeat("x", 100<<10)
	source := strings.NewReader(in)
	var r io.Reader = struct{ io.Reader }{source}
	var w io.Writer = struct{ io.Writer }{io.Discard}
	allocs := testing.AllocsPerRun(100, func() {
		source.Reset(in)
		if _, err := buffer.Copy(w, r); err != nil {
			t.Fatal(err)
		}
	})
	if allocs >= 1 {
		t.Errorf("Copy allocates %v times; want 0", allocs)
	}
}
