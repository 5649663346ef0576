package buffer_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"

	"github.com/goplinth/plinth/buffer"
)

func Example() {
	b := buffer.Empty(0)
	defer b.Release()
	if err := json.NewEncoder(b).Encode(map[string]int{"id": 7}); err != nil {
		fmt.Println(err)
		return
	}
	b.WriteTo(os.Stdout)
	// Output: {"id":7}
}

func ExampleGet() {
	b := buffer.Get(4)
	defer b.Release()
	n := copy(b.Bytes(), "gopher")
	fmt.Println(n, b)
	// Output: 4 goph
}

func ExampleEmpty() {
	b := buffer.Empty(32)
	defer b.Release()
	fmt.Fprintf(b, "%d bottles", 99)
	fmt.Println(b)
	// Output: 99 bottles
}

func ExampleReadAll() {
	body := strings.NewReader("no more than sixteen bytes")
	_, err := buffer.ReadAll(body, 16, -1)
	fmt.Println(err)
	// Output: buffer: more than the limit of 16 bytes: input too large
}

// A body that declares a length is read without growing, and without trust in
// what it declares.
func ExampleReadAll_contentLength() {
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, err := buffer.ReadAll(r.Body, 1<<20, r.ContentLength)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		defer body.Release()
		fmt.Fprintf(w, "%d bytes", body.Len())
	}
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest("POST", "/", strings.NewReader("hello")))
	fmt.Println(w.Body)
	// Output: 5 bytes
}

func ExampleCopy() {
	n, err := buffer.Copy(os.Stdout, strings.NewReader("gopher\n"))
	fmt.Println(n, err)
	// Output:
	// gopher
	// 7 <nil>
}

func ExampleDefault() {
	encode := func(pool *buffer.Pool, v any) string {
		b := pool.Empty(0)
		defer b.Release()
		fmt.Fprint(b, v)
		return b.String()
	}
	fmt.Println(encode(buffer.Default(), 42))
	// Output: 42
}

// A test that begins with Check(t) fails if a Buffer is not released. Here,
// instead of a *testing.T, something that prints.
func ExampleCheck() {
	t := new(printer)
	buffer.Check(t)
	forgotten := buffer.Empty(64)
	fmt.Fprint(forgotten, "and no Release")
	t.end()
	// Output: buffer: a Buffer of 64 bytes was not released
}

type printer struct{ cleanups []func() }

func (p *printer) Helper()          {}
func (p *printer) Cleanup(f func()) { p.cleanups = append(p.cleanups, f) }

func (p *printer) Errorf(format string, args ...any) {
	first, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n") // where it was got comes next
	fmt.Println(first)
}

func (p *printer) end() {
	for _, f := range p.cleanups {
		f()
	}
}

func ExampleNewPool() {
	secrets, err := buffer.NewPool(buffer.Options{MaxSize: 64 << 10, Zero: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	b := secrets.Empty(0)
	defer b.Release() // cleared before anybody else gets it
	b.WriteString("password")
	fmt.Println(b.Len())
	// Output: 8
}

// AvailableBuffer lets the functions of strconv write into the Buffer.
func ExampleBuffer_AvailableBuffer() {
	b := buffer.Empty(0)
	defer b.Release()
	for i := range 4 {
		b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(i*i), 10))
		b.WriteByte(' ')
	}
	b.Truncate(b.Len() - 1)
	fmt.Printf("%q\n", b)
	// Output: "0 1 4 9"
}

// Values that are not bytes have a pool of their own type.
func ExampleTyped() {
	type row struct{ cells []string }
	rows := buffer.Typed[row]{
		New:   func() *row { return &row{cells: make([]string, 0, 16)} },
		Reset: func(r *row) { clear(r.cells); r.cells = r.cells[:0] },
		Keep:  func(r *row) bool { return cap(r.cells) <= 1024 },
	}
	r := rows.Get()
	defer rows.Put(r)
	r.cells = append(r.cells, "id", "name")
	fmt.Println(strings.Join(r.cells, ","))
	// Output: id,name
}

// Take moves the bytes out, so that they may be kept.
func ExampleBuffer_Take() {
	encode := func(v any) ([]byte, error) {
		b := buffer.Empty(0)
		defer b.Release()
		if err := json.NewEncoder(b).Encode(v); err != nil {
			return nil, err
		}
		return b.Take(), nil
	}
	out, err := encode([]int{1, 2})
	fmt.Printf("%s%v\n", out, err)
	// Output:
	// [1,2]
	// <nil>
}

// Bytes belong to the Buffer: a slice that outlives Release shows what the
// next owner writes. Copy them with String, or move them out with Take.
func ExampleBuffer_Bytes_incorrect() {
	name := func() []byte {
		b := buffer.Empty(64)
		defer b.Release()
		b.WriteString("alice")
		return b.Bytes() // wrong: b is released before the caller looks
	}
	kept := name()
	next := buffer.Empty(64) // may be the same memory
	next.WriteString("mallory")
	fmt.Println(len(kept), "bytes of unknown contents")
	next.Release()
	// Output: 5 bytes of unknown contents
}
