package bench

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/valyala/fasthttp"
)

const fetchCallers = 64

// startAnswers starts a server that answers with a kilobyte.
func startAnswers(tb testing.TB) string {
	body := []byte(strings.Repeat("x", answerSize))
	length := strconv.Itoa(len(body))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", length)
		w.Write(body)
	}))
	tb.Cleanup(server.Close)
	return server.URL + "/"
}

// newFetchTransport is tuned for so many callers of one host.
func newFetchTransport(tb testing.TB) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.DialContext = (&net.Dialer{}).DialContext
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, fetchCallers
	tb.Cleanup(t.CloseIdleConnections)
	return t
}

// BenchmarkFetchLoopback has 64 callers get a kilobyte over the loopback
// interface. What the server allocates, which runs in the same process, is in
// the figures of all clients alike. fasthttp is no client of net/http: it has
// no context and no HTTP/2, and shows where the floor is.
func BenchmarkFetchLoopback(b *testing.B) {
	url := startAnswers(b)
	// What the server keeps for later is not to be paid by who comes first.
	getFromMany(b, openBare(b, newFetchTransport(b)), url, 50*fetchCallers)
	for _, impl := range fetchImpls {
		b.Run("impl="+impl.name, func(b *testing.B) {
			benchmarkCallers(b, impl.open(b, newFetchTransport(b)), url)
		})
	}
	b.Run("impl=fasthttp", func(b *testing.B) {
		c := &fasthttp.Client{MaxConnsPerHost: fetchCallers}
		b.Cleanup(c.CloseIdleConnections)
		benchmarkCallers(b, func(url string) ([]byte, error) {
			_, body, err := c.GetTimeout(nil, url, fetchTimeout)
			return body, err
		}, url)
	})
}

func benchmarkCallers(b *testing.B, get fetchGet, url string) {
	b.ReportAllocs()
	b.ResetTimer()
	getFromMany(b, get, url, b.N)
}

// getFromMany gets a URL n times.
func getFromMany(b *testing.B, get fetchGet, url string, n int) {
	var next atomic.Int64
	var callers sync.WaitGroup
	for range fetchCallers {
		callers.Go(func() {
			for next.Add(1) <= int64(n) {
				if body, err := get(url); err != nil || len(body) != answerSize {
					b.Errorf("%d bytes, %v", len(body), err)
					return
				}
			}
		})
	}
	callers.Wait()
}
