package bench

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

const manyURLs = 1000

// BenchmarkFetchMany gets a thousand URLs, 64 at a time, as All does and with a
// goroutine for each URL that waits for a place in a channel.
//
// With kind=empty the URLs are empty: a request fails before it is sent, which
// is as little as can be done for a URL. With kind=stub they are answered by a
// transport without a network. impl=loop is what the requests cost by
// themselves, one after the other; what the others cost above that is the
// fan-out.
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

// TestFetchManyAllocs compares what the two fan-outs allocate above what the
// requests do: All at most a fifth.
func TestFetchManyAllocs(t *testing.T) {
	ctx, urls := t.Context(), make([]string, manyURLs)
	c, err := fetch.New(fetch.Options{Transport: stub{}, PerHost: -1})
	require.NoError(t, err)
	loop := testing.AllocsPerRun(5, func() {
		for _, url := range urls {
			fetch.Get[[]byte](ctx, c, url)
		}
	})
	all := testing.AllocsPerRun(5, func() { fetch.All[[]byte](ctx, c, urls, fetch.Batch{Concurrency: 64}) })
	goroutines := testing.AllocsPerRun(5, func() { getAll(ctx, c, urls) })
	t.Logf("%d requests: %.0f allocations; All: %.0f more; a goroutine for each: %.0f more", manyURLs, loop, all-loop, goroutines-loop)
	if all-loop > 0.2*(goroutines-loop) {
		t.Errorf("All has %.0f allocations above those of its requests; want at most 0.2x of %.0f", all-loop, goroutines-loop)
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
