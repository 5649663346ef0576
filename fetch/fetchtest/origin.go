// Package fetchtest provides an HTTP server on loopback that misbehaves on
// request, for tests of code that fetches.
//
//	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
//		return fetchtest.Answer{Body: `{"id":7}`, Failures: 1, Delay: 50 * time.Millisecond}
//	})
//	defer origin.Close()
//	user, err := fetch.Get[User](ctx, nil, origin.URL+"/users/7")
package fetchtest

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// An Answer says how the [Origin] answers one request, faults included. The
// zero Answer is an empty 200.
type Answer struct {
	Status int         // 0 means 200
	Header http.Header // added to the response; Content-Type is JSON without it
	Body   string

	// Delay passes before the header is sent, unless the client goes away
	// first.
	Delay time.Duration

	// Failures is how many requests for a URL (method, path and query) are
	// answered with FailStatus, and FailHeader, before the first one that is
	// answered as the other fields say.
	Failures   int
	FailStatus int // 0 means 503
	FailHeader http.Header

	// Reset breaks the connection instead of answering.
	Reset bool

	// Truncate breaks the connection in the middle of the body.
	Truncate bool
}

// An Origin is a running server. It is made by [NewOrigin].
type Origin struct {
	// URL is the origin's base URL without a slash at the end.
	URL string

	server   http.Server
	served   sync.WaitGroup
	answer   func(*http.Request) Answer
	requests atomic.Int64

	mu     sync.Mutex // guards failed
	failed map[string]int
}

// NewOrigin starts a server on a free port of the loopback interface. It calls
// answer for each request, concurrently. The caller closes the Origin. It
// panics if answer is nil or no port can be had.
func NewOrigin(answer func(*http.Request) Answer) *Origin {
	if answer == nil {
		panic("fetchtest: NewOrigin needs a function that answers")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("fetchtest: cannot listen on loopback: %v", err))
	}
	o := &Origin{URL: "http://" + listener.Addr().String(), answer: answer, failed: make(map[string]int)}
	o.server.Handler = http.HandlerFunc(o.serve)
	o.served.Go(func() { o.server.Serve(listener) })
	return o
}

// Close ends the server and its connections, and waits for the goroutine that
// accepts them. It may be called more than once.
func (o *Origin) Close() {
	o.server.Close()
	o.served.Wait()
}

// Requests returns the number of requests that have arrived so far.
func (o *Origin) Requests() int { return int(o.requests.Load()) }

func (o *Origin) serve(w http.ResponseWriter, r *http.Request) {
	o.requests.Add(1)
	a := o.answer(r)
	if o.fails(r, a.Failures) {
		a = Answer{Status: a.FailStatus, Header: a.FailHeader, Delay: a.Delay}
		if a.Status == 0 {
			a.Status = http.StatusServiceUnavailable
		}
	}
	if a.Delay > 0 {
		timer := time.NewTimer(a.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	}
	if a.Reset {
		panic(http.ErrAbortHandler)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	maps.Copy(header, a.Header)
	if a.Truncate {
		header.Set("Content-Length", strconv.Itoa(len(a.Body)))
		a.Body = a.Body[:len(a.Body)/2]
	}
	if a.Status != 0 {
		w.WriteHeader(a.Status)
	}
	w.Write([]byte(a.Body)) // a client that has left is none of our business
	if a.Truncate {
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// fails counts the request and reports whether it is one of the first n for
// its URL.
func (o *Origin) fails(r *http.Request, n int) bool {
	if n <= 0 {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	key := r.Method + " " + r.URL.String()
	if o.failed[key] >= n {
		return false
	}
	o.failed[key]++
	return true
}
