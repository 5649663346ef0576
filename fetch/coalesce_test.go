package fetch_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// TestWhatIsCoalesced sends pairs of requests at the same time.
func TestWhatIsCoalesced(t *testing.T) {
	get := func(url string, header ...string) *http.Request {
		req, err := http.NewRequest("GET", url, nil)
		require.NoError(t, err)
		for i := 0; i < len(header); i += 2 {
			req.Header.Add(header[i], header[i+1])
		}
		return req
	}
	method := func(m string, req *http.Request) *http.Request {
		req.Method = m
		return req
	}
	for name, tt := range map[string]struct {
		a, b *http.Request
		want int // requests sent
	}{
		"same":          {get("http://a/x"), get("http://a/x"), 1},
		"HEAD":          {method("HEAD", get("http://a/x")), method("HEAD", get("http://a/x")), 1},
		"same header":   {get("http://a/x", "Accept", "a"), get("http://a/x", "Accept", "a"), 1},
		"other path":    {get("http://a/x"), get("http://a/y"), 2},
		"other query":   {get("http://a/x?1"), get("http://a/x?2"), 2},
		"other method":  {get("http://a/x"), method("HEAD", get("http://a/x")), 2},
		"other header":  {get("http://a/x", "Accept", "a"), get("http://a/x", "Accept", "b"), 2},
		"split header":  {get("http://a/x", "Accept", "a", "Accept", "b"), get("http://a/x", "Accept", "a,b"), 2},
		"POST":          {method("POST", get("http://a/x")), method("POST", get("http://a/x")), 2},
		"Authorization": {get("http://a/x", "Authorization", "x"), get("http://a/x", "Authorization", "x"), 2},
		"Cookie":        {get("http://a/x", "Cookie", "x"), get("http://a/x", "Cookie", "x"), 2},
		"X-Api-Key":     {get("http://a/x", "X-Api-Key", "x"), get("http://a/x", "X-Api-Key", "x"), 2},
		"user in URL":   {get("http://u:p@a/x"), get("http://u:p@a/x"), 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
				return late(req, time.Second, respond(200, "body"), nil)
			})
			c := newClient(t, fetch.Options{Transport: s, Coalesce: &fetch.CoalescePolicy{}})
			var callers sync.WaitGroup
			for _, req := range []*http.Request{tt.a, tt.b} {
				callers.Go(func() {
					if r, err := fetch.Send[[]byte](t.Context(), c, req); err != nil || req.Method == "GET" && string(r.Value) != "body" {
						t.Errorf("%s: Send = %+v, %v", name, r, err)
					} else {
						clear(r.Value) // it is the caller's own
					}
				})
			}
			callers.Wait()
			if n := s.attempts(); n != tt.want || c.Stats().Coalesced != int64(2-tt.want) {
				t.Errorf("%s: %d requests sent, Stats() = %+v; want %d", name, n, c.Stats(), tt.want)
			}
		})
	}
}

func TestCoalesceByKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
			return late(req, time.Second, respond(200, "body"), nil)
		})
		c := newClient(t, fetch.Options{Transport: s, Coalesce: &fetch.CoalescePolicy{Key: func(r *http.Request) (string, bool) {
			return r.URL.Path + r.Header.Get("Authorization"), r.URL.Path != "/own"
		}}})
		var callers sync.WaitGroup
		for _, get := range [][2]string{{"/x", "alice"}, {"/x", "alice"}, {"/x", "bob"}, {"/own", "bob"}, {"/own", "bob"}} {
			callers.Go(func() { fetch.Get[string](t.Context(), c, "http://a"+get[0], fetch.WithBearer(get[1])) })
		}
		callers.Wait()
		if n := s.attempts(); n != 4 {
			t.Errorf("%d requests sent; want 4", n)
		}
	})
}

// TestCoalescedCallersLeave checks that the one who came first may leave
// without harm to the second, and that when both have left, nothing is left.
func TestCoalescedCallersLeave(t *testing.T) {
	for _, both := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newChecker(t, func(req *http.Request) (*http.Response, error) {
				return late(req, 5*time.Second, respond(200, "body"), nil)
			})
			client := newClient(t, fetch.Options{Transport: c, Coalesce: &fetch.CoalescePolicy{}})
			cause := errors.New("enough")
			var callers sync.WaitGroup
			call := func(leaves time.Duration) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if leaves > 0 {
					time.AfterFunc(leaves, func() { cancel(cause) })
				}
				start := time.Now()
				got, err := fetch.Get[string](ctx, client, "http://a/")
				if leaves > 0 && (!errors.Is(err, cause) || time.Since(start) != leaves) {
					t.Errorf("one who leaves after %v got %q, %v after %v", leaves, got, err, time.Since(start))
				}
				if leaves == 0 && (got != "body" || err != nil) {
					t.Errorf("one who stays got %q, %v", got, err)
				}
			}
			callers.Go(func() { call(time.Second) })
			time.Sleep(time.Millisecond)
			second := time.Duration(0)
			if both {
				second = 2 * time.Second
			}
			callers.Go(func() { call(second) })
			callers.Wait()
			if both {
				call(0) // is not given what was cancelled
			}
			if want := map[bool]int{false: 1, true: 2}[both]; c.attempts() != want {
				t.Errorf("%d requests sent; want %d", c.attempts(), want)
			}
		})
	}
}

// TestCoalescedErrors shares those too.
func TestCoalescedErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(*http.Request) (*http.Response, error)
		want   string
	}{
		"status": {func(r *http.Request) (*http.Response, error) { return late(r, time.Second, respond(404, "gone"), nil) }, "404 Not Found"},
		"reset":  {func(r *http.Request) (*http.Response, error) { return late(r, time.Second, nil, errReset) }, "connection reset"},
		"large": {func(r *http.Request) (*http.Response, error) {
			return late(r, time.Second, respond(200, strings.Repeat("x", 101)), nil)
		}, "more than Options.MaxBody, 100 bytes"},
		"panic": {func(r *http.Request) (*http.Response, error) { late(r, time.Second, nil, nil); panic("boom") }, "panic: boom"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var sent atomic.Int32
			s := roundTrip(func(req *http.Request) (*http.Response, error) {
				sent.Add(1)
				return tt.answer(req)
			})
			c := newClient(t, fetch.Options{Transport: s, MaxBody: 100, Coalesce: &fetch.CoalescePolicy{}, Retry: fetch.RetryPolicy{Attempts: 1}})
			var callers sync.WaitGroup
			for range 3 {
				callers.Go(func() {
					r, _ := fetch.Send[string](t.Context(), c, mustRequest(t, "GET", "http://a/", nil))
					if r.Err == nil || !strings.Contains(r.Err.Error(), tt.want) || r.Attempts != 1 {
						t.Errorf("%s: Send = %+v; want %s", name, r, tt.want)
					}
				})
			}
			callers.Wait()
			if sent.Load() != 1 {
				t.Errorf("%s: %d requests sent; want 1", name, sent.Load())
			}
		})
	}
}
