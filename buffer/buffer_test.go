package buffer_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/goplinth/plinth/buffer"
	"github.com/stretchr/testify/require"
)

func TestZeroBuffer(t *testing.T) {
	var b buffer.Buffer
	b.WriteString("abc")
	b.WriteByte('d')
	if got := b.String(); got != "abcd" {
		t.Errorf("String() = %q; want %q", got, "abcd")
	}
	b.Release()
}

func TestTakeOutlivesTheBuffer(t *testing.T) {
	b := buffer.Empty(64)
	b.WriteString("xkept")
	b.Read(make([]byte, 1))
	taken := b.Take()
	if b.Len() != 0 || b.Cap() != 0 {
		t.Errorf("after Take: length %d, capacity %d; want 0, 0", b.Len(), b.Cap())
	}
	b.WriteString("overwritten")
	b.Release()
	for range 100 {
		other := buffer.Get(64)
		clear(other.Bytes())
		other.Release()
	}
	if string(taken) != "kept" {
		t.Errorf("taken bytes = %q; want %q", taken, "kept")
	}
}

func TestGrowOverflowPanics(t *testing.T) {
	b := buffer.Get(10)
	defer b.Release()
	if got := recovered(func() { b.Grow(math.MaxInt) }); got != "buffer: size overflows int" {
		t.Errorf("Grow(MaxInt) panics with %v", got)
	}
}

// apply runs the operations that ops encodes on a Buffer and on the
// bytes.Buffer that is its model, and compares everything they return.
func apply(t *testing.T, ops []byte) {
	if len(ops) == 0 {
		return
	}
	b := new(buffer.Buffer)
	if ops[0]%2 == 0 {
		b = new(buffer.Pool).Empty(int(ops[0]))
	}
	defer b.Release()
	var model bytes.Buffer
	for i := 1; i+1 < len(ops); i += 2 {
		op, n := ops[i]%12, int(ops[i+1])*3
		payload := bytes.Repeat([]byte{ops[i+1]}, n)
		var got, want []any
		switch op {
		case 0:
			n1, err1 := b.Write(payload)
			n2, err2 := model.Write(payload)
			got, want = []any{n1, err1}, []any{n2, err2}
		case 1:
			n1, err1 := b.WriteString(string(payload))
			n2, err2 := model.WriteString(string(payload))
			got, want = []any{n1, err1}, []any{n2, err2}
		case 2:
			got, want = []any{b.WriteByte(ops[i+1])}, []any{model.WriteByte(ops[i+1])}
		case 3:
			p1, p2 := make([]byte, n), make([]byte, n)
			n1, err1 := b.Read(p1)
			n2, err2 := model.Read(p2)
			got, want = []any{n1, err1, string(p1)}, []any{n2, err2, string(p2)}
		case 4:
			n1, err1 := b.ReadFrom(iotest.OneByteReader(bytes.NewReader(payload)))
			n2, err2 := model.ReadFrom(bytes.NewReader(payload))
			got, want = []any{n1, err1}, []any{n2, err2}
		case 5:
			var w1, w2 strings.Builder
			n1, err1 := b.WriteTo(&w1)
			n2, err2 := model.WriteTo(&w2)
			got, want = []any{n1, err1, w1.String()}, []any{n2, err2, w2.String()}
		case 6:
			b.Grow(n)
			if free := b.Cap() - b.Len(); free < n {
				t.Fatalf("after Grow(%d) there is room for %d", n, free)
			}
		case 7:
			if n < 100 {
				b.Reset()
				model.Reset()
			}
		case 8:
			c1, err1 := b.ReadByte()
			c2, err2 := model.ReadByte()
			got, want = []any{c1, err1}, []any{c2, err2}
		case 9:
			b.Truncate(min(n, b.Len()))
			model.Truncate(min(n, model.Len()))
		case 10:
			n1, err1 := b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(n), 10))
			n2, err2 := model.Write(strconv.AppendInt(nil, int64(n), 10))
			got, want = []any{n1, err1}, []any{n2, err2}
		case 11: // to itself, which a bytes.Buffer does not always survive
			if b.Len() < 1<<11 {
				n1, err1 := b.Write(b.Bytes())
				n2, err2 := model.Write(bytes.Clone(model.Bytes()))
				got, want = []any{n1, err1}, []any{n2, err2}
			}
		}
		for j := range got {
			if got[j] != want[j] {
				t.Fatalf("operation %d (%d, %d bytes) returned %v; want %v", i/2, op, n, got, want)
			}
		}
		if b.Len() != model.Len() || b.String() != model.String() || !bytes.Equal(b.Bytes(), model.Bytes()) {
			t.Fatalf("after operation %d (%d, %d bytes): %d bytes %q; want %d bytes %q", i/2, op, n, b.Len(), b, model.Len(), model.String())
		}
	}
}

func TestBufferAgreesWithBytesBuffer(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ops := make([]byte, 200)
	for range 500 {
		for i := range ops {
			ops[i] = byte(rng.Uint32())
		}
		apply(t, ops)
	}
}

func FuzzBuffer(f *testing.F) {
	f.Add([]byte{0, 0, 10, 3, 5, 0, 200, 4, 255, 5, 0})
	f.Add([]byte{1, 6, 255, 0, 255, 3, 254, 0, 3, 7, 1})
	f.Add([]byte{64, 0, 20, 3, 3, 11, 0, 11, 0, 8, 0, 9, 10, 10, 77, 11, 0})
	f.Fuzz(apply)
}

// TestWriteOfItself grows a Buffer whose old memory is cleared at once, by a part
// of itself.
func TestWriteOfItself(t *testing.T) {
	p, err := buffer.NewPool(buffer.Options{Zero: true})
	require.NoError(t, err)
	b := p.Empty(64)
	defer b.Release()
	b.WriteString(strings.Repeat("ab", 32))
	b.ReadByte()
	b.Write(b.Bytes())
	if got, want := b.String(), strings.Repeat("b"+strings.Repeat("ab", 31), 2); got != want {
		t.Errorf("a Buffer written to itself holds %q; want %q", got, want)
	}
}

// TestQueueKeepsItsContents uses a nearly full buffer as a queue, which neither
// loses bytes nor grows without bound.
func TestQueueKeepsItsContents(t *testing.T) {
	b := buffer.Empty(1 << 10)
	defer b.Release()
	one := make([]byte, 1)
	b.Write(make([]byte, 1000))
	for i := range 10_000 {
		b.WriteByte(byte(i))
		b.Read(one)
		if i >= 1000 && one[0] != byte(i-1000) {
			t.Fatalf("read %d at step %d; want %d", one[0], i, byte(i-1000))
		}
	}
	if b.Cap() > 1<<12 {
		t.Errorf("a queue of 1000 bytes grew to %d", b.Cap())
	}
}

func TestReadFromKeepsWhatCameBeforeAnError(t *testing.T) {
	broken := errors.New("broken")
	b := buffer.Empty(0)
	defer b.Release()
	n, err := b.ReadFrom(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)))
	if n != 3 || !errors.Is(err, broken) || b.String() != "abc" {
		t.Errorf("ReadFrom = %d, %v with %q; want 3, broken with abc", n, err, b)
	}
}
