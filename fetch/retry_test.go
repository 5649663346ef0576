package fetch_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch"
)

var (
	errDNS   = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "a", IsNotFound: true}}
	errDial  = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

// TestWhatIsRetried counts the attempts at a request that always fails.
func TestWhatIsRetried(t *testing.T) {
	for _, tt := range []struct {
		name   string
		method string
		header string // key of a header that is set
		status int
		err    error
		want   int // attempts
	}{
		{"GET 503", "GET", "", 503, nil, 3},
		{"GET 500", "GET", "", 500, nil, 3},
		{"GET 429", "GET", "", 429, nil, 3},
		{"GET 404", "GET", "", 404, nil, 1},
		{"GET 501", "GET", "", 501, nil, 1},
		{"HEAD 502", "HEAD", "", 502, nil, 3},
		{"PUT 503", "PUT", "", 503, nil, 3},
		{"DELETE 503", "DELETE", "", 503, nil, 3},
		{"POST 503", "POST", "", 503, nil, 1},
		{"PATCH 503", "PATCH", "", 503, nil, 1},
		{"POST 503 with a key", "POST", "Idempotency-Key", 503, nil, 3},
		{"GET reset", "GET", "", 0, errReset, 3},
		{"POST reset", "POST", "", 0, errReset, 1},
		{"POST not connected", "POST", "", 0, errDial, 3},
		{"GET no such host", "GET", "", 0, errDNS, 1},
		{"GET certificate", "GET", "", 0, &tls.CertificateVerificationError{Err: io.EOF}, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStub(t, func(int, *http.Request) (*http.Response, error) {
				if tt.err != nil {
					return nil, tt.err
				}
				return respond(tt.status, "body"), nil
			})
			c := newClient(t, fetch.Options{Transport: s})
			req, err := http.NewRequest(tt.method, "http://a/", strings.NewReader("payload"))
			if err != nil {
				t.Fatal(err)
			}
			if tt.header != "" {
				req.Header.Set(tt.header, "1")
			}
			r, err := fetch.Send[string](t.Context(), c, req)
			if err == nil || s.attempts() != tt.want || r.Attempts != tt.want {
				t.Errorf("%s: %d attempts, reported as %d, %v; want %d and an error", tt.name, s.attempts(), r.Attempts, err, tt.want)
			}
			for i, body := range s.bodies {
				if body != "payload" {
					t.Errorf("%s: body of attempt %d = %q; want payload", tt.name, i+1, body)
				}
			}
			if tt.status != 0 {
				status, ok := errors.AsType[*fetch.StatusError](err)
				if !ok || status.Status != tt.status || status.Attempts != tt.want || string(status.Body) != "body" {
					t.Errorf("%s: error = %#v; want a StatusError of %d after %d attempts", tt.name, err, tt.status, tt.want)
				}
			} else if !errors.Is(err, tt.err) {
				t.Errorf("%s: error = %v; want it to wrap %v", tt.name, err, tt.err)
			}
		})
	}
}

func TestBodyWithoutGetBodyIsNotResent(t *testing.T) {
	s := newStub(t, func(int, *http.Request) (*http.Response, error) { return respond(503, ""), nil })
	c := newClient(t, fetch.Options{Transport: s})
	req, err := http.NewRequest("PUT", "http://a/", io.MultiReader(strings.NewReader("payload")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fetch.Send[string](t.Context(), c, req); err == nil || s.attempts() != 1 {
		t.Errorf("%d attempts, %v; want 1 and an error", s.attempts(), err)
	}
}

func TestRetrySucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(attempt int, _ *http.Request) (*http.Response, error) {
			switch attempt {
			case 1:
				return nil, errReset
			case 2:
				return respond(502, strings.Repeat("x", 100_000)), nil
			}
			return respond(200, "fine"), nil
		})
		c := newClient(t, fetch.Options{Transport: s})
		if got, err := fetch.Get[string](t.Context(), c, "http://a/"); got != "fine" || err != nil {
			t.Errorf("Get = %q, %v; want fine, nil", got, err)
		}
	})
}

// TestDelays checks the wait before the second attempt.
func TestDelays(t *testing.T) {
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, tt := range []struct {
		name       string
		policy     fetch.RetryPolicy
		status     int
		retryAfter func() string
		min, max   time.Duration
		attempts   int
	}{
		{"default", fetch.RetryPolicy{}, 500, nil, 0, 50 * time.Millisecond, 2},
		{"busy", fetch.RetryPolicy{}, 503, nil, 0, time.Second, 2},
		{"own delay", fetch.RetryPolicy{BaseDelay: time.Minute, MaxDelay: 10 * time.Millisecond}, 503, nil, 0, 10 * time.Millisecond, 2},
		{"seconds", fetch.RetryPolicy{}, 503, func() string { return "5" }, 5 * time.Second, 5050 * time.Millisecond, 2},
		{"zero seconds", fetch.RetryPolicy{}, 429, func() string { return "0" }, 0, 50 * time.Millisecond, 2},
		{"date", fetch.RetryPolicy{}, 503, func() string { return date(5 * time.Second) }, 5 * time.Second, 5050 * time.Millisecond, 2},
		{"old date", fetch.RetryPolicy{}, 503, func() string { return date(-time.Hour) }, 0, 50 * time.Millisecond, 2},
		{"asctime date", fetch.RetryPolicy{}, 503, func() string { return time.Now().Add(5 * time.Second).UTC().Format(time.ANSIC) }, 5 * time.Second, 5050 * time.Millisecond, 2},
		{"nonsense", fetch.RetryPolicy{}, 503, func() string { return "soon" }, 0, time.Second, 2},
		{"negative", fetch.RetryPolicy{}, 503, func() string { return "-5" }, 0, time.Second, 2},
		{"above the cap", fetch.RetryPolicy{MaxRetryAfter: 4 * time.Second}, 503, func() string { return "5" }, 0, 0, 1},
		{"past the deadline", fetch.RetryPolicy{}, 503, func() string { return "31" }, 0, 0, 1},
		{"overflow", fetch.RetryPolicy{}, 503, func() string { return "9999999999" }, 0, 0, 1},
		{"larger than an int64", fetch.RetryPolicy{}, 503, func() string { return strings.Repeat("9", 40) }, 0, 0, 1},
	} {
		for range 20 { // the jitter is random
			synctest.Test(t, func(t *testing.T) {
				s := newStub(t, func(attempt int, _ *http.Request) (*http.Response, error) {
					if attempt > 1 {
						return respond(200, "fine"), nil
					}
					resp := respond(tt.status, "")
					if tt.retryAfter != nil {
						resp.Header.Set("Retry-After", tt.retryAfter())
					}
					return resp, nil
				})
				c := newClient(t, fetch.Options{Transport: s, Retry: tt.policy})
				start := time.Now()
				_, err := fetch.Get[string](t.Context(), c, "http://a/")
				if n := s.attempts(); n != tt.attempts {
					t.Fatalf("%s: %d attempts; want %d", tt.name, n, tt.attempts)
				}
				if tt.attempts == 1 {
					status, ok := errors.AsType[*fetch.StatusError](err)
					if !ok || status.Status != tt.status || time.Since(start) != 0 {
						t.Fatalf("%s: %v after %v; want the %d at once", tt.name, err, time.Since(start), tt.status)
					}
					return
				}
				if gap := s.gaps()[0]; gap < tt.min || gap > tt.max {
					t.Fatalf("%s: waited %v; want %v to %v", tt.name, gap, tt.min, tt.max)
				}
			})
		}
	}
}

func TestCancelDuringTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(int, *http.Request) (*http.Response, error) {
			return respond(503, "", "Retry-After", "20"), nil
		})
		c := newClient(t, fetch.Options{Transport: s})
		cause := errors.New("shutting down")
		ctx, cancel := context.WithCancelCause(t.Context())
		start := time.Now()
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if _, err := fetch.Get[string](ctx, c, "http://a/"); !errors.Is(err, cause) {
			t.Errorf("Get = %v; want %v", err, cause)
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("returned after %v; want 1s", d)
		}
	})
}

func TestTimeouts(t *testing.T) {
	hang := func(_ int, req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	for _, tt := range []struct {
		name     string
		o        fetch.Options
		want     string
		after    time.Duration
		attempts int
	}{
		{"timeout", fetch.Options{Timeout: 3 * time.Second}, "fetch: GET http://a/: timeout of 3s exceeded", 3 * time.Second, 1},
		{"attempt timeout", fetch.Options{AttemptTimeout: time.Second, Retry: fetch.RetryPolicy{BaseDelay: 1}},
			"fetch: GET http://a/ after 3 attempts: attempt timeout of 1s exceeded", 3*time.Second + 3, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStub(t, hang)
			tt.o.Transport = s
			start := time.Now()
			_, err := fetch.Get[string](t.Context(), newClient(t, tt.o), "http://a/")
			if err == nil || err.Error() != tt.want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: Get = %v; want %s, a deadline exceeded", tt.name, err, tt.want)
			}
			if netErr, ok := errors.AsType[interface {
				error
				Timeout() bool
			}](err); !ok || !netErr.Timeout() {
				t.Errorf("%s: %v is not a timeout", tt.name, err)
			}
			if d := time.Since(start); d < tt.after-3 || d > tt.after+3 || s.attempts() != tt.attempts {
				t.Errorf("%s: %d attempts in %v; want %d in %v", tt.name, s.attempts(), d, tt.attempts, tt.after)
			}
		})
	}
}

// TestBudget sends many requests to a dead origin: the attempts stay within a
// tenth more plus ten, and a healthy origin beside it keeps its own budget.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		perHost := make(map[string]int)
		s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
			perHost[req.URL.Host]++
			if req.URL.Host == "dead" {
				return nil, errDial
			}
			return respond(500, ""), nil
		})
		c := newClient(t, fetch.Options{Transport: s})
		exhausted := 0
		for range n {
			if _, err := fetch.Get[string](t.Context(), c, "http://dead/"); errors.Is(err, fetch.ErrBudgetExhausted) && errors.Is(err, syscall.ECONNREFUSED) {
				exhausted++
			}
		}
		if got, most := perHost["dead"], n+n/10+10; got > most || got < n+n/10 {
			t.Errorf("%d attempts for %d requests to a dead origin; want %d to %d", got, n, n+n/10, most)
		}
		if exhausted < n/2 {
			t.Errorf("%d of %d errors say that the budget is exhausted", exhausted, n)
		}
		if _, err := fetch.Get[string](t.Context(), c, "http://other/"); errors.Is(err, fetch.ErrBudgetExhausted) || perHost["other"] != 3 {
			t.Errorf("another origin had %d attempts, %v; want 3", perHost["other"], err)
		}
		for range 20 {
			fetch.Get[string](t.Context(), c, "http://other/")
		}
		_, err := fetch.Get[string](t.Context(), c, "http://other/")
		if _, ok := errors.AsType[*fetch.StatusError](err); !ok || !errors.Is(err, fetch.ErrBudgetExhausted) {
			t.Errorf("status of an exhausted origin = %v; want a StatusError that wraps ErrBudgetExhausted", err)
		}
	})
}

func TestChainOrder(t *testing.T) {
	var order []string
	mark := func(name string) fetch.Middleware {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(req *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(req)
			})
		}
	}
	s := newStub(t, func(int, *http.Request) (*http.Response, error) { return respond(200, ""), nil })
	req, err := http.NewRequest("GET", "http://a/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := fetch.Chain(s, mark("first"), mark("second")).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := strings.Join(order, " "); got != "first second" {
		t.Errorf("order = %s; want first second", got)
	}
	if fetch.Chain(nil) != http.DefaultTransport {
		t.Error("Chain(nil) is not http.DefaultTransport")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, seed := range []string{"", "0", "5", "-5", "1e9", "9223372036", "9223372037", "99999999999999999999",
		now.Format(http.TimeFormat), now.Format(time.RFC850), now.Format(time.ANSIC), "soon", "１"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		d, ok := fetch.RetryAfter(http.Header{"Retry-After": {value}}, now)
		if d < 0 || !ok && d != 0 {
			t.Errorf("retryAfter(%q) = %v, %v", value, d, ok)
		}
	})
}
