package buffer_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/internal/race"
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

// blocked checks what was allocated before the first byte arrives.
type blocked struct{ room int }

func (r *blocked) Read(p []byte) (int, error) {
	r.room = len(p)
	return 0, io.EOF
}

func TestReadAllDoesNotTrustTheHint(t *testing.T) {
	var r blocked
	b, err := buffer.ReadAll(&r, -1, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
	if r.room > 64<<10 {
		t.Errorf("a hint of 1 TiB allocated %d bytes before the first arrived; want at most 64 KiB", r.room)
	}
}

func TestReadAllDoesNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("sync.Pool drops buffers at random under the race detector")
	}
	in := strings.Repeat("x", 64<<10)
	r := strings.NewReader(in)
	allocs := testing.AllocsPerRun(100, func() {
		r.Reset(in)
		b, err := buffer.ReadAll(r, 1<<20, int64(len(in)))
		if err != nil {
			t.Fatal(err)
		}
		b.Release()
	})
	if allocs >= 1 {
		t.Errorf("ReadAll allocates %v times; want 0", allocs)
	}
}
