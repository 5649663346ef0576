package cache_test

import (
	"context"
	"fmt"
	"time"

	"github.com/goplinth/plinth/cache"
)

func ExampleNew() {
	sessions, err := cache.New(cache.Options[string, int]{
		MaxEntries: 2,
		TTL:        time.Hour,
		OnEvict: func(token string, user int, cause cache.Cause) {
			fmt.Println(token, cause)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	sessions.Set("alice's", 1)
	sessions.Set("bob's", 2)
	sessions.Get("alice's") // what is in use stays
	sessions.Set("carol's", 3)

	user, ok := sessions.Get("alice's")
	fmt.Println(user, ok)
	// Output:
	// bob's evicted
	// 1 true
}

// A wrong Options is one error that names every mistake.
func ExampleNew_mistakes() {
	_, err := cache.New(cache.Options[string, int]{TTL: -time.Second})
	fmt.Println(err)
	// Output:
	// cache: Options.MaxEntries is 0 (int): must be 1 or more, or 0 beside a MaxWeight, since an unbounded cache is a leak
	// cache: Options.TTL is -1s (time.Duration): must be positive, or 0 to turn it off
}

func ExampleCache_GetOrLoad() {
	squares, err := cache.New(cache.Options[int, int]{
		MaxEntries: 100,
		Loader: func(ctx context.Context, n int) (int, error) {
			fmt.Println("computing", n)
			return n * n, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		n, err := squares.GetOrLoad(context.Background(), 12)
		fmt.Println(n, err)
	}
	// Output:
	// computing 12
	// 144 <nil>
	// 144 <nil>
}

func ExampleCache_SetTTL() {
	tokens, err := cache.New(cache.Options[string, string]{MaxEntries: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	expires := time.Now().Add(time.Hour)
	tokens.SetTTL("alice", "secret", time.Until(expires))
	tokens.SetTTL("bob", "secret", time.Until(expires.Add(-2*time.Hour)))
	_, ok := tokens.Get("alice")
	fmt.Println("alice", ok)
	_, ok = tokens.Get("bob")
	fmt.Println("bob", ok)
	// Output:
	// alice true
	// bob false
}

func ExampleCache_All() {
	stock, err := cache.New(cache.Options[string, int]{MaxEntries: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	stock.Set("apples", 3)
	stock.Set("pears", 0)
	for fruit, n := range stock.All() {
		if n == 0 {
			stock.Delete(fruit) // the loop may change the cache
		}
	}
	fmt.Println(stock.Len())
	// Output: 1
}

func ExampleCache_GetMany() {
	squares, err := cache.New(cache.Options[int, int]{
		MaxEntries: 100,
		BulkLoader: func(ctx context.Context, numbers []int) (map[int]int, error) {
			fmt.Println("computing", numbers)
			values := make(map[int]int)
			for _, n := range numbers {
				values[n] = n * n
			}
			return values, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(squares.GetMany(context.Background(), []int{2, 3}))
	fmt.Println(squares.GetMany(context.Background(), []int{2, 3, 4}))
	// Output:
	// computing [2 3]
	// map[2:4 3:9] <nil>
	// computing [4]
	// map[2:4 3:9 4:16] <nil>
}
