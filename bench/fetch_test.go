package bench

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/goplinth/plinth/fetch"
	"github.com/hashicorp/go-retryablehttp"
)

const answerSize = 1024

// stub is a transport without a network, so that what is left to measure is
// the library.
type stub struct{ body string }

func (s stub) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		Status: "200 OK", StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/octet-stream"}}, Request: req,
		Body: io.NopCloser(strings.NewReader(s.body)), ContentLength: int64(len(s.body)),
	}, nil
}

// BenchmarkFetchGet gets a body of a kilobyte with the default policies of
// each client, read into memory.
func BenchmarkFetchGet(b *testing.B) {
	ctx := context.Background()
	transport := stub{strings.Repeat("x", answerSize)}
	b.Run("impl=plinth", func(b *testing.B) {
		c, err := fetch.New(fetch.Options{Transport: transport})
		if err != nil {
			b.Fatal(err)
		}
		benchmarkGet(b, func() ([]byte, error) { return fetch.Get[[]byte](ctx, c, "http://a/") })
	})
	b.Run("impl=retryablehttp", func(b *testing.B) {
		c := retryablehttp.NewClient()
		c.HTTPClient = &http.Client{Transport: transport}
		c.Logger = nil
		benchmarkGet(b, func() ([]byte, error) {
			req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, "http://a/", nil)
			if err != nil {
				return nil, err
			}
			return readBody(c.Do(req))
		})
	})
	// The floor that both stand on, without a timeout, a retry or a limit.
	b.Run("impl=nethttp", func(b *testing.B) {
		c := &http.Client{Transport: transport}
		benchmarkGet(b, func() ([]byte, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://a/", nil)
			if err != nil {
				return nil, err
			}
			return readBody(c.Do(req))
		})
	})
}

func benchmarkGet(b *testing.B, get func() ([]byte, error)) {
	b.ReportAllocs()
	for b.Loop() {
		if body, err := get(); err != nil || len(body) != answerSize {
			b.Fatalf("%d bytes, %v", len(body), err)
		}
	}
}

func readBody(resp *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}
