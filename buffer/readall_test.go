package buffer_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/internal/race"
	"github.com/stretchr/testify/require"
)

func TestReadAll(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name        string
		in          string
		limit, hint int64
		after       error // what the reader returns at the end instead of io.EOF
		want        error
	}{
		{"empty", "", 0, 0, nil, nil},
		{"no limit", strings.Repeat("x", 5000), -1, -1, nil, nil},
		{"below the limit", "abc", 4, 3, nil, nil},
		{"exactly at the limit", "abc", 3, 3, nil, nil},
		{"one above the limit", "abc", 2, 3, nil, buffer.ErrTooLarge},
		{"nothing allowed", "a", 0, 0, nil, buffer.ErrTooLarge},
		{"hint too small", strings.Repeat("x", 5000), 5000, 1, nil, nil},
		{"hint too large", "abc", 1 << 50, 1 << 40, nil, nil},
		{"above the first 64 KiB", strings.Repeat("x", 1<<17+1), 1 << 17, 1 << 17, nil, buffer.ErrTooLarge},
		{"reader fails", "abc", 10, 3, broken, broken},
	} {
		for kind, wrap := range map[string]func(io.Reader) io.Reader{
			"whole":               func(r io.Reader) io.Reader { return r },
			"bytes":               iotest.OneByteReader,
			"data with the error": iotest.DataErrReader,
		} {
			r := wrap(io.MultiReader(strings.NewReader(tt.in), failing(tt.after)))
			b, err := buffer.ReadAll(r, tt.limit, tt.hint)
			if !errors.Is(err, tt.want) || (b == nil) != (err != nil) {
				t.Errorf("%s, %s: ReadAll = %v, %v; want error %v", tt.name, kind, b, err, tt.want)
				continue
			}
			if err == nil {
				if got := b.String(); got != tt.in {
					t.Errorf("%s, %s: ReadAll read %d bytes; want %d", tt.name, kind, len(got), len(tt.in))
				}
				b.Release()
			}
		}
	}
}

func failing(err error) io.Reader {
	if err == nil {
		return strings.NewReader("")
	}
	return iotest.ErrReader(err)
}

func TestReadAllErrorNamesTheLimit(t *testing.T) {
	_, err := buffer.ReadAll(strings.NewReader("abc"), 2, 0)
	if want := "buffer: more than the limit of 2 bytes: input too large"; err == nil || err.Error() != want {
		t.Errorf("ReadAll error = %v; want %v", err, want)
	}
}

// room reads nothing and notes the most that it was offered.
type room struct{ most int }

func (r *room) Read(p []byte) (int, error) {
	r.most = max(r.most, len(p))
	return 0, io.EOF
}

// TestReadAllDoesNotTrustTheHint has a length declared that is a lie.
func TestReadAllDoesNotTrustTheHint(t *testing.T) {
	for _, hint := range []int64{1 << 40, 1<<63 - 1, 64<<10 + 1} {
		var p buffer.Pool
		var before, after runtime.MemStats
		var r room
		runtime.ReadMemStats(&before)
		b, err := p.ReadAll(&r, -1, hint)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		b.Release()
		if r.most > 64<<10 {
			t.Errorf("a hint of %d offered the reader %d bytes before the first arrived; want at most 64 KiB", hint, r.most)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 128<<10 {
			t.Errorf("a hint of %d allocated %d bytes before the first arrived; want little more than 64 KiB", hint, n)
		}
	}
}

// aware is a reader that compares what it is offered to what it has delivered.
type aware struct {
	t         *testing.T
	delivered int
	size      int
}

func (r *aware) Read(p []byte) (int, error) {
	if most := max(64<<10, 4*r.delivered); len(p) > most {
		r.t.Errorf("after %d bytes the reader is offered %d; want at most %d", r.delivered, len(p), most)
	}
	n := min(len(p), r.size-r.delivered)
	r.delivered += n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestReadAllTrustsAsBytesArrive(t *testing.T) {
	for _, hint := range []int64{0, 1 << 20, 1 << 40} {
		b, err := buffer.ReadAll(&aware{t: t, size: 3 << 20}, -1, hint)
		require.NoError(t, err)
		if b.Len() != 3<<20 {
			t.Errorf("with a hint of %d ReadAll read %d bytes; want %d", hint, b.Len(), 3<<20)
		}
		b.Release()
	}
}

// TestReadAllFitsExactly reads bodies that fill their memory to the last byte,
// which is not to grow only to find the end of the input.
func TestReadAllFitsExactly(t *testing.T) {
	for size := 4 << 10; size <= 1<<20; size *= 2 {
		for _, hint := range []int64{0, int64(size)} {
			if hint == 0 && (size == 8<<10 || size == 32<<10) {
				continue // without a hint, memory is quadrupled up to 64 KiB
			}
			b, err := buffer.ReadAll(strings.NewReader(strings.Repeat("x", size)), int64(size), hint)
			require.NoError(t, err)
			if b.Cap() != size {
				t.Errorf("ReadAll of %d bytes, hint %d, has a capacity of %d; want %d", size, hint, b.Cap(), size)
			}
			b.Release()
		}
	}
}

// TestReadAllOfASmallPool has a Pool whose Buffers are smaller than what ReadAll
// would begin with.
func TestReadAllOfASmallPool(t *testing.T) {
	p, err := buffer.NewPool(buffer.Options{MinSize: 16, MaxSize: 128})
	require.NoError(t, err)
	for _, size := range []int{0, 16, 128, 129, 1000} {
		b, err := p.ReadAll(strings.NewReader(strings.Repeat("x", size)), int64(size), 0)
		require.NoError(t, err)
		if b.Len() != size || b.Cap() > max(128, 4*size) {
			t.Errorf("ReadAll of %d bytes has length %d and capacity %d", size, b.Len(), b.Cap())
		}
		b.Release()
	}
}

func TestReadAllDoesNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("sync.Pool drops buffers at random under the race detector")
	}
	for _, size := range []int{1 << 10, 64 << 10, 1 << 20} {
		for _, hint := range []int64{0, int64(size)} {
			in := strings.Repeat("x", size)
			r := strings.NewReader(in)
			allocs := testing.AllocsPerRun(100, func() {
				r.Reset(in)
				b, err := buffer.ReadAll(r, 1<<20, hint)
				if err != nil {
					t.Fatal(err)
				}
				b.Release()
			})
			if allocs >= 1 {
				t.Errorf("ReadAll of %d bytes, hint %d, allocates %v times; want 0", size, hint, allocs)
			}
		}
	}
}
