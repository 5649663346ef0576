package fetch_test

import (
	"context"
	"io"
	"net/http"
	"strings"
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
