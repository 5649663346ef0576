package fetch_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/goplinth/plinth/fetch"
)

// BenchmarkGet is the cost of the library alone, over a transport without a
// network.
func BenchmarkGet(b *testing.B) {
	body := strings.Repeat("x", 1024)
	c := newClient(b, fetch.Options{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		resp := respond(200, body)
		resp.Request = req
		return resp, nil
	})})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fetch.Get[[]byte](context.Background(), c, "http://a/"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAll(b *testing.B) {
	c := newClient(b, fetch.Options{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("x")), ContentLength: 1, Request: req}, nil
	})})
	list := urls(1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fetch.All[string](context.Background(), c, list, fetch.Batch{Concurrency: 64}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFanOut is what it costs to hand a thousand URLs to 64 workers and to
// have the results in order, without the requests: as All does it, and with a
// goroutine for each URL that waits for a place in a channel.
func BenchmarkFanOut(b *testing.B) {
	ctx, list := context.Background(), urls(1000)
	b.Run("impl=plinth", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := fetch.AllOfNothing(ctx, list, fetch.Batch{Concurrency: 64}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("impl=goroutines", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			goroutineEach(list)
		}
	})
}

// TestFanOutAllocs compares the two of BenchmarkFanOut.
func TestFanOutAllocs(t *testing.T) {
	list := urls(1000)
	all := testing.AllocsPerRun(5, func() { fetch.AllOfNothing(t.Context(), list, fetch.Batch{Concurrency: 64}) })
	each := testing.AllocsPerRun(5, func() { goroutineEach(list) })
	if all > 0.2*each {
		t.Errorf("All of 1,000 URLs allocates %.0f times besides the requests; want at most 0.2x of the %.0f of a goroutine for each", all, each)
	}
}

func goroutineEach(urls []string) []fetch.Result[string] {
	results := make([]fetch.Result[string], len(urls))
	places := make(chan struct{}, 64)
	var wg sync.WaitGroup
	for i, url := range urls {
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			results[i] = fetch.Result[string]{Index: i, URL: url}
		})
	}
	wg.Wait()
	return results
}
