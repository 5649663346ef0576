package bench

import (
	"io"
	"net/http"
	"strings"
	"testing"
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

// BenchmarkFetchGet gets a body of a kilobyte, read into memory, with a
// timeout, and with retries that are not needed.
func BenchmarkFetchGet(b *testing.B) {
	// Whoever comes first is not to pay for memory that the program has not had.
	get := openBare(b, stub{strings.Repeat("x", answerSize)})
	for range 50_000 {
		get("http://a/")
	}
	for _, impl := range fetchImpls {
		b.Run("impl="+impl.name, func(b *testing.B) {
			get := impl.open(b, stub{strings.Repeat("x", answerSize)})
			b.ReportAllocs()
			for b.Loop() {
				if body, err := get("http://a/"); err != nil || len(body) != answerSize {
					b.Fatalf("%d bytes, %v", len(body), err)
				}
			}
		})
	}
}
