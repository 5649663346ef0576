package fetch_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// stub is a RoundTripper without a network. It checks the contract on both
// sides: it reads and closes the body of every request, and the bodies of its
// responses must have been closed when the test ends.
type stub struct {
	t      *testing.T
	answer func(attempt int, req *http.Request) (*http.Response, error)

	mu     sync.Mutex // guards what follows
	times  []time.Time
	bodies []string
	open   int
}

func newStub(t *testing.T, answer func(attempt int, req *http.Request) (*http.Response, error)) *stub {
	s := &stub{t: t, answer: answer}
	t.Cleanup(func() {
		if s.open != 0 {
			t.Errorf("%d response bodies were not closed", s.open)
		}
	})
	return s
}

func (s *stub) RoundTrip(req *http.Request) (*http.Response, error) {
	body := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			s.t.Errorf("reading the request body: %v", err)
		}
		req.Body.Close()
		body = string(b)
	}
	s.mu.Lock()
	s.times = append(s.times, time.Now())
	s.bodies = append(s.bodies, body)
	attempt := len(s.times)
	s.mu.Unlock()

	resp, err := s.answer(attempt, req)
	if resp != nil {
		resp.Request = req
		s.mu.Lock()
		s.open++
		s.mu.Unlock()
		resp.Body = &checkedBody{Reader: resp.Body, stub: s}
	}
	return resp, err
}

type checkedBody struct {
	io.Reader
	stub   *stub
	closed bool
}

func (b *checkedBody) Close() error {
	b.stub.mu.Lock()
	defer b.stub.mu.Unlock()
	if !b.closed { // net/http itself may close twice
		b.closed = true
		b.stub.open--
	}
	return nil
}

func (s *stub) attempts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.times)
}

// gaps returns the time between the attempts.
func (s *stub) gaps() []time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(s.times); i++ {
		gaps = append(gaps, s.times[i].Sub(s.times[i-1]))
	}
	return gaps
}

func respond(status int, body string, header ...string) *http.Response {
	h := make(http.Header)
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: h,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

func newClient(t testing.TB, o fetch.Options) *fetch.Client {
	t.Helper()
	c, err := fetch.New(o)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}
