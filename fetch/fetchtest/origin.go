package fetchtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
)

// An Origin is a running server. It is made by [NewOrigin], [NewTLSOrigin] or
// [NewPipeOrigin] and safe for concurrent use.
type Origin struct {
	// URL is the origin's base URL without a slash at the end.
	URL string

	server *httptest.Server
	pipe   *pipe // nil if the connections are those of the network
	answer func(*http.Request) Answer
	ctx    context.Context // ends with Close, and so do those of requests
	cancel context.CancelFunc

	mu      sync.Mutex     // guards what follows
	failed  map[string]int // requests for a URL that have been made to fail
	conns   map[net.Conn]http.ConnState
	stats   Stats
	changed chan struct{} // closed and replaced when stats or conns have changed
	closed  bool
	running sync.WaitGroup // requests; grows only before closed is set
}

// NewOrigin starts a server for HTTP/1.1 on a free port of the loopback
// interface. It calls answer for each request, concurrently. The caller closes
// the Origin. It panics if answer is nil or no port can be had.
func NewOrigin(answer func(*http.Request) Answer) *Origin {
	o := newOrigin(answer)
	o.start(httptest.NewUnstartedServer(http.HandlerFunc(o.serve)), (*httptest.Server).Start)
	return o
}

// NewTLSOrigin is [NewOrigin] for HTTP/2 and HTTP/1.1 over TLS, with a
// certificate that only the clients of [Origin.Transport] trust.
func NewTLSOrigin(answer func(*http.Request) Answer) *Origin {
	o := newOrigin(answer)
	server := httptest.NewUnstartedServer(http.HandlerFunc(o.serve))
	server.EnableHTTP2 = true
	o.start(server, (*httptest.Server).StartTLS)
	return o
}

// NewPipeOrigin is [NewOrigin] without a network: only [Origin.Transport] can
// reach it. In a bubble of testing/synctest it is to be made, used and closed
// inside, and takes no time for what it delays.
func NewPipeOrigin(answer func(*http.Request) Answer) *Origin {
	o := newOrigin(answer)
	o.pipe = newPipe()
	o.start(&httptest.Server{Listener: o.pipe, Config: &http.Server{Handler: http.HandlerFunc(o.serve)}}, (*httptest.Server).Start)
	return o
}

func newOrigin(answer func(*http.Request) Answer) *Origin {
	if answer == nil {
		panic("fetchtest: an Origin needs a function that answers")
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Origin{
		answer: answer, ctx: ctx, cancel: cancel,
		failed: make(map[string]int), conns: make(map[net.Conn]http.ConnState), changed: make(chan struct{}),
	}
}

func (o *Origin) start(server *httptest.Server, start func(*httptest.Server)) {
	server.Config.BaseContext = func(net.Listener) context.Context { return o.ctx }
	server.Config.ConnState = o.connState
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // what goes wrong here is meant to
	start(server)
	o.server, o.URL = server, server.URL
}

// Transport returns a transport that reaches the origin and trusts its
// certificate. Each call makes a new one, with connections of its own. It keeps
// up to 64 of them idle. For HTTP/1.1 over TLS, set its Protocols.
func (o *Origin) Transport() *http.Transport {
	t := &http.Transport{MaxIdleConnsPerHost: 64, ForceAttemptHTTP2: true}
	if cert := o.server.Certificate(); cert != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		t.TLSClientConfig.RootCAs.AddCert(cert)
	}
	if o.pipe != nil {
		t.DialContext = o.pipe.dial
	}
	return t
}

// Close ends the server, its connections and the contexts of the requests, and
// waits until the requests have been answered, so that nothing is left running.
// A function that answers and waits for something is to watch the context of its
// request. Close may be called more than once.
func (o *Origin) Close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.cancel()
	o.server.CloseClientConnections()
	o.server.Close()
	o.running.Wait()
}

func (o *Origin) serve(w http.ResponseWriter, r *http.Request) {
	if !o.begin() {
		return
	}
	f := &faulty{ResponseWriter: w, ctx: r.Context(), out: w}
	defer func() { o.end(f.broken) }() // also after a panic, which is how a connection is broken
	a := o.answer(r)
	if o.fails(r, a.Failures) {
		a = a.failure()
	}
	f.answer = &a
	if !pause(f.ctx, a.Delay) {
		f.breakOff()
	}
	if a.Reset {
		f.reset()
		return
	}
	header := w.Header()
	if a.Handler != nil {
		a.Handler.ServeHTTP(f, r)
	} else {
		header.Set("Content-Type", "application/json")
		if a.Gzip {
			header.Set("Content-Encoding", "gzip")
		}
		maps.Copy(header, a.Header)
		a.write(f) // a client that has left is counted
	}
	f.end()
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
