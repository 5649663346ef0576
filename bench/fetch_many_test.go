package bench

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/goplinth/plinth/fetch"
)

const manyURLs = 1000

// BenchmarkFetchMany gets a thousand URLs, 64 at a time, as All does and with a
// goroutine for each URL that waits for a place in a channel.
//
// With kind=empty the URLs are empty: a request fails before it is made, and
// what is measured is the fan-out itself, and an error for each. With kind=stub
// they are answered by a transport without a network.
func BenchmarkFetchMany(b *testing.B) {
	ctx := context.Background()
	for _, kind := range []string{"empty", "stub"} {
		urls := make([]string, manyURLs)
		if kind == "stub" {
			for i := range urls {
				urls[i] = fmt.Sprintf("http://a/%d", i)
			}
		}
		c, err := fetch.New(fetch.Options{Transport: stub{strings.Repeat("x", answerSize)}, PerHost: -1})
		if err != nil {
			b.Fatal(err)
		}
		b.Run("kind="+kind+"/impl=plinth", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fetch.All[[]byte](ctx, c, urls, fetch.Batch{Concurrency: 64}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("kind="+kind+"/impl=goroutines", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				getAll(ctx, c, urls)
			}
		})
		b.Run("kind="+kind+"/impl=loop", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, url := range urls {
					fetch.Get[[]byte](ctx, c, url)
				}
			}
		})
	}
}

// getAll has a goroutine for each URL.
func getAll(ctx context.Context, c *fetch.Client, urls []string) []fetch.Result[[]byte] {
	results := make([]fetch.Result[[]byte], len(urls))
	places := make(chan struct{}, 64)
	var wg sync.WaitGroup
	for i, url := range urls {
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			results[i].Value, results[i].Err = fetch.Get[[]byte](ctx, c, url)
		})
	}
	wg.Wait()
	return results
}

// TestFetchImpls checks that each client does what the benchmarks take for
// granted: the body, whole, and no error.
func TestFetchImpls(t *testing.T) {
	url := startAnswers(t)
	for _, impl := range fetchImpls {
		if body, err := impl.open(t, newFetchTransport(t))(url); err != nil || len(body) != answerSize {
			t.Errorf("%s: %d bytes, %v; want %d", impl.name, len(body), err, answerSize)
		}
	}
}
