package errors_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goplinth/plinth/errors"
)

func ExampleErrorf() {
	err := errors.Errorf("write record %d: %w", 7, errNoSpace)
	fmt.Println(err)
	fmt.Println(errors.Is(err, errNoSpace))
	// Output:
	// write record 7: no space left
	// true
}

func ExampleAppend() {
	var err error
	for _, s := range []string{"1", "two", "3", "four"} {
		_, parseErr := strconv.Atoi(s)
		err = errors.Append(err, parseErr)
	}
	fmt.Println(err)
	// Output:
	// strconv.Atoi: parsing "two": invalid syntax
	// strconv.Atoi: parsing "four": invalid syntax
}

func ExampleClose() {
	save := func(path string) (err error) { // Close needs the result to have a name
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer errors.Close(&err, f)
		f.Close() // stands for a disk that fails while it is flushed
		return nil
	}
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	fmt.Println(errors.Is(save(filepath.Join(dir, "a.txt")), os.ErrClosed))
	// Output: true
}

func ExampleDefer() {
	rollback := func() error { return io.ErrClosedPipe }
	transfer := func() (err error) {
		defer errors.Defer(&err, rollback)
		return errNoSpace
	}
	fmt.Println(transfer())
	// Output:
	// no space left
	// io: read/write on closed pipe
}

func ExampleRecover() {
	third := func(s []int) (n int, err error) {
		defer errors.Recover(&err)
		return s[2], nil
	}
	_, err := third([]int{1, 2})
	fmt.Println(err)
	fmt.Println(errors.KindOf(err))
	// Output:
	// panic: runtime error: index out of range [2] with length 2
	// internal
}

func ExampleMust() {
	var answer = errors.Must(strconv.Atoi("42"))
	fmt.Println(answer)
	// Output: 42
}

func findUser(id int) error { return errors.WithStack(errors.NotFound) }

func ExampleWithStack() {
	err := errors.Wrap(findUser(7), "load")
	for frame := range errors.Frames(err) {
		fmt.Println(frame.Function[strings.LastIndex(frame.Function, ".")+1:])
		if strings.HasPrefix(frame.Function, "github.com/goplinth/plinth/errors_test.Example") {
			break
		}
	}
	// Output:
	// findUser
	// ExampleWithStack
}

func read() error { return errors.Wrap(io.EOF, "read") }

func ExampleFrames() {
	err := errors.Wrap(read(), "load")
	for frame := range errors.Frames(err) {
		fmt.Println(frame.Function, filepath.Base(frame.File))
	}
	// Output:
	// github.com/goplinth/plinth/errors_test.read example_defer_test.go
	// github.com/goplinth/plinth/errors_test.ExampleFrames example_defer_test.go
}

func ExampleTree() {
	tree := errors.Tree(errors.Join(errNoSpace, errors.Wrap(io.EOF, "")))
	fmt.Println(places.ReplaceAllString(tree, "($1)")) // leaves out directories and lines
	// Output:
	// no space left
	// EOF
	//   *errors.joinError of 2 errors
	//   ├─ *errors.errorString: no space left
	//   └─ at github.com/goplinth/plinth/errors_test.ExampleTree (example_defer_test.go)
	//      *errors.errorString: EOF
}
