package buffer_test

import (
	"encoding/json"
	"fmt"
	"os"
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
