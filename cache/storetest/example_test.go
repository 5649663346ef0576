package storetest_test

import (
	"context"
	"fmt"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/cache/storetest"
)

// Two processes share a store. What one of them sets leaves the other's cache.
func ExampleMemory() {
	var server storetest.Memory[string, int]
	changed := make(chan string)
	first, err := cache.New(cache.Options[string, int]{
		MaxEntries: 100,
		Store:      server.Open(),
		OnEvict:    func(key string, _ int, cause cache.Cause) { changed <- fmt.Sprint(key, " ", cause) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer first.Close()
	second, err := cache.New(cache.Options[string, int]{MaxEntries: 100, Store: server.Open()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer second.Close()

	first.Set("apples", 3)
	fmt.Println(second.GetOrLoad(context.Background(), "apples"))
	second.Set("apples", 4)
	fmt.Println(<-changed)
	fmt.Println(first.GetOrLoad(context.Background(), "apples"))
	// Output:
	// 3 <nil>
	// apples invalidated
	// 4 <nil>
}

func ExampleLaws() {
	for _, law := range storetest.Laws() {
		var server storetest.Memory[string, []byte]
		if law.Name == "delete" {
			fmt.Println(law.Name, law.Check(context.Background(), server.Open(), server.Open()))
		}
	}
	// Output: delete <nil>
}
