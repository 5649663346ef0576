package buffer_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/goplinth/plinth/buffer"
)

// A script is a reader and writer that returns what it says, in turn, and the
// last of it for ever.
type script []outcome

type outcome struct {
	n   int
	err error
}

func (s *script) next(p []byte) (int, error) {
	o := (*s)[0]
	if len(*s) > 1 {
		*s = (*s)[1:]
	}
	if o.n == tooMuch {
		o.n = len(p) + 1
	}
	for i := range min(max(o.n, 0), len(p)) {
		p[i] = 'x'
	}
	return o.n, o.err
}

func (s *script) Read(p []byte) (int, error) { return s.next(p) }

type scriptWriter struct{ script }

func (s *scriptWriter) Write(p []byte) (int, error) { return s.next(append([]byte(nil), p...)) }

const tooMuch = 1 << 30 // stands for one more than there is room for

var errBroken = errors.New("broken")

// badReaders is what readers may do, and what must come of it.
var badReaders = []struct {
	name string
	r    script
	n    int64  // bytes that are to be kept
	want error  // nil for an error of no kind
	text string // a part of the error's text
}{
	{"negative count", script{{3, nil}, {-1, nil}}, 3, nil, "returned a count of -1 from a Read of"},
	{"negative count and io.EOF", script{{3, nil}, {-1, io.EOF}}, 3, nil, "returned a count of -1 from a Read of"},
	{"too large a count", script{{3, nil}, {tooMuch, nil}}, 3, nil, "the count must be from 0 to that size"},
	{"nothing for ever", script{{3, nil}, {0, nil}}, 3, io.ErrNoProgress, "returned no data and no error 100 times"},
	{"data with an error", script{{3, nil}, {2, errBroken}}, 5, errBroken, "broken"},
	{"an error at once", script{{0, errBroken}}, 0, errBroken, "broken"},
	{"io.ErrUnexpectedEOF", script{{3, io.ErrUnexpectedEOF}}, 3, io.ErrUnexpectedEOF, ""},
}

func checkBadReader(t *testing.T, call string, n, wantN int64, err, want error, text string) {
	t.Helper()
	if n != wantN || err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s = %d, %v; want %d and an error with %q", call, n, err, wantN, text)
	}
}

func TestBadReaders(t *testing.T) {
	for _, tt := range badReaders {
		// The room that is left decides which way a read goes.
		for name, b := range map[string]*buffer.Buffer{
			"roomy": buffer.Empty(1 << 10), "full": buffer.Get(1 << 10), "zero": new(buffer.Buffer),
		} {
			before := int64(b.Len())
			r := tt.r
			n, err := b.ReadFrom(&r)
			checkBadReader(t, tt.name+": ReadFrom into a Buffer that is "+name, n, tt.n, err, tt.want, tt.text)
			if got := int64(b.Len()); got != before+tt.n {
				t.Errorf("%s: a Buffer that is %s holds %d bytes; want %d", tt.name, name, got, before+tt.n)
			}
			b.Release()
		}

		r := tt.r
		body, err := buffer.ReadAll(&r, -1, 3)
		checkBadReader(t, tt.name+": ReadAll", 0, 0, err, tt.want, tt.text)
		if body != nil {
			t.Errorf("%s: ReadAll returns a Buffer beside its error", tt.name)
		}

		r = tt.r
		var w strings.Builder
		n, err := buffer.Copy(&w, &r)
		checkBadReader(t, tt.name+": Copy", n, tt.n, err, tt.want, tt.text)
		if int64(w.Len()) != tt.n {
			t.Errorf("%s: Copy wrote %d bytes; want %d", tt.name, w.Len(), tt.n)
		}
	}
}

// TestSlowReadersMayPause asks for less than endless patience only: a reader
// that returns nothing now and then gets to its end.
func TestSlowReadersMayPause(t *testing.T) {
	pauses := func() *script {
		var s script
		for range 20 {
			for range 99 {
				s = append(s, outcome{0, nil})
			}
			s = append(s, outcome{1, nil})
		}
		s = append(s, outcome{0, io.EOF})
		return &s
	}
	b := new(buffer.Buffer)
	if n, err := b.ReadFrom(pauses()); n != 20 || err != nil {
		t.Errorf("ReadFrom of a slow reader = %d, %v; want 20, nil", n, err)
	}
	if n, err := buffer.Copy(new(strings.Builder), pauses()); n != 20 || err != nil {
		t.Errorf("Copy of a slow reader = %d, %v; want 20, nil", n, err)
	}
}

func TestBadWriters(t *testing.T) {
	for _, tt := range []struct {
		name string
		w    script
		n    int64 // of three bytes, those taken
		want error
		text string
	}{
		{"takes less", script{{2, nil}}, 2, io.ErrShortWrite, ""},
		{"takes less with an error", script{{2, errBroken}}, 2, errBroken, ""},
		{"takes nothing", script{{0, nil}}, 0, io.ErrShortWrite, ""},
		{"negative count", script{{-1, nil}}, 0, nil, "returned a count of -1 from a Write of 3 bytes"},
		{"negative count with an error", script{{-1, errBroken}}, 0, nil, "returned a count of -1 from a Write of 3 bytes"},
		{"too large a count", script{{tooMuch, nil}}, 0, nil, "returned a count of 4 from a Write of 3 bytes"},
	} {
		b := buffer.Empty(0)
		b.WriteString("abc")
		n, err := b.WriteTo(&scriptWriter{tt.w})
		checkBadReader(t, tt.name+": WriteTo", n, tt.n, err, tt.want, tt.text)
		if want := "abc"[tt.n:]; b.String() != want {
			t.Errorf("%s: WriteTo left %q; want %q", tt.name, b, want)
		}
		b.Release()

		n, err = buffer.Copy(&scriptWriter{tt.w}, &script{{3, nil}, {0, io.EOF}})
		checkBadReader(t, tt.name+": Copy", n, tt.n, err, tt.want, tt.text)
	}
}

// TestCopyReportsTheWriter is for the case that both fail in the same turn.
func TestCopyReportsTheWriter(t *testing.T) {
	other := errors.New("other")
	n, err := buffer.Copy(&scriptWriter{script{{1, errBroken}}}, &script{{3, other}})
	if n != 1 || err != errBroken {
		t.Errorf("Copy = %d, %v; want 1, the writer's error", n, err)
	}
}
