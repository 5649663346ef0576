package cache_test

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/goplinth/plinth/cache"
)

// A service writes its cache to a file when it ends, and starts warm.
func ExampleCache_Save() {
	options := cache.Options[string, int]{MaxEntries: 100}
	before, err := cache.New(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	before.Set("apples", 3)
	before.SetTTL("pears", 5, time.Hour)
	var file bytes.Buffer // os.Create, in a program
	if err := before.Save(&file); err != nil {
		fmt.Println(err)
		return
	}

	after, err := cache.New(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := after.Load(&file); err != nil {
		fmt.Println(err) // and go on with an empty cache
	}
	fmt.Println(after.Get("apples"))
	fmt.Println(after.Get("pears"))
	// Output:
	// 3 true
	// 5 true
}

// A file that is not what Save has written leaves the cache as it was.
func ExampleCache_Load_damaged() {
	stock, err := cache.New(cache.Options[string, int]{MaxEntries: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	stock.Set("apples", 3)
	var file bytes.Buffer
	if err := stock.Save(&file); err != nil {
		fmt.Println(err)
		return
	}
	file.Truncate(20)

	err = stock.Load(&file)
	fmt.Println(errors.Is(err, cache.ErrFormat), stock.Len())
	fmt.Println(err)
	// Output:
	// true 1
	// cache: not a file that Load can read: at byte 20: it ends before its end mark, so that a part of it is missing; remove it and start with an empty cache
}
