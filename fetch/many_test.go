package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// urls returns n URLs, http://a/0 and so on.
func urls(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("http://a/%d", i)
	}
	return list
}

// pathStub answers with the path, which takes longer the lower its number is.
func pathStub(t *testing.T) *stub {
	return newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
		var n int
		fmt.Sscanf(req.URL.Path, "/%d", &n)
		timer := time.NewTimer(time.Duration(max(1, 10-n)) * 500 * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
		if strings.HasSuffix(req.URL.Path, "/bad") {
			return respond(404, ""), nil
		}
		return respond(200, req.URL.Path), nil
	})
}

func TestAllKeepsOrderAndErrors(t *testing.T) {
	list := urls(30)
	list[3] = "http://a/3/bad"
	list[7] = "::"
	var progress []int
	for name, onProgress := range map[string]func(done, total int){
		"plain": nil,
		"OnProgress": func(done, total int) {
			if total != 30 {
				t.Errorf("OnProgress total = %d; want 30", total)
			}
			progress = append(progress, done)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			results, err := fetch.All[string](t.Context(), newClient(t, fetch.Options{Transport: pathStub(t)}), list, fetch.Batch{Concurrency: 4, OnProgress: onProgress})
			if err != nil || len(results) != 30 {
				t.Fatalf("%s: All = %d results, %v; want 30, nil", name, len(results), err)
			}
			for i, r := range results {
				if r.Index != i || r.URL != list[i] {
					t.Errorf("%s: results[%d] is for %d, %s; want %s", name, i, r.Index, r.URL, list[i])
				}
				if bad := i == 3 || i == 7; bad != (r.Err != nil) || !bad && r.Value != fmt.Sprintf("/%d", i) {
					t.Errorf("%s: results[%d] = %q, %v", name, i, r.Value, r.Err)
				}
			}
		})
	}
	if !slices.IsSorted(progress) || len(progress) != 30 || progress[29] != 30 {
		t.Errorf("OnProgress was called with %v; want 1 to 30", progress)
	}
}

// TestAllKeepsWorkersBusy has URLs that fail at once, as under an open breaker,
// before those that take a second: what makes the first cheap must not leave the
// others to a few workers.
func TestAllKeepsWorkersBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(int, *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return respond(200, ""), nil
		})
		list := append(make([]string, 2000), urls(640)...)
		start := time.Now()
		results, err := fetch.All[string](t.Context(), newClient(t, fetch.Options{Transport: s, PerHost: -1}), list, fetch.Batch{Concurrency: 64})
		if took := time.Since(start); err != nil || results[len(list)-1].Err != nil || took != 10*time.Second {
			t.Errorf("640 requests of a second, 64 at a time, took %v, %v; want 10s", took, err)
		}
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		s := newStub(t, func(int, *http.Request) (*http.Response, error) {
			n := running.Add(1)
			defer running.Add(-1)
			if n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			return respond(200, ""), nil
		})
		for concurrency, want := range map[int]int32{0: 16, 1: 1, 5: 5} {
			most.Store(0)
			_, err := fetch.All[string](t.Context(), newClient(t, fetch.Options{Transport: s, PerHost: -1}), urls(50), fetch.Batch{Concurrency: concurrency})
			if err != nil || most.Load() != want {
				t.Errorf("Concurrency %d: %d requests at once, %v; want %d", concurrency, most.Load(), err, want)
			}
		}
	})
}

func TestFailFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := pathStub(t)
		list := urls(100)
		list[9] = "http://a/9/bad"
		results, err := fetch.All[string](t.Context(), newClient(t, fetch.Options{Transport: s, PerHost: -1}), list, fetch.Batch{Concurrency: 10, FailFast: true})
		status, ok := errors.AsType[*fetch.StatusError](err)
		if !ok || status.URL != "http://a/9/bad" || len(results) != 100 {
			t.Fatalf("All = %d results, %v; want 100, the error of http://a/9/bad", len(results), err)
		}
		for i, r := range results {
			if r.Err == nil || !errors.Is(r.Err, status) || r.URL != list[i] {
				t.Errorf("results[%d] = %s, %v; want an error that wraps the first one", i, r.URL, r.Err)
			}
		}
		if n := s.attempts(); n > 20 {
			t.Errorf("%d requests were sent; want the first 10 and at most a few more", n)
		}
	})
}

// TestCancelKeepsWhatWasFetched ends the context in the middle.
func TestCancelKeepsWhatWasFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
			timer := time.NewTimer(time.Second)
			defer timer.Stop()
			select {
			case <-timer.C:
				return respond(200, req.URL.Path), nil
			case <-req.Context().Done():
				return nil, req.Context().Err()
			}
		})
		cause := errors.New("shutting down")
		for name, run := range map[string]func(context.Context, *fetch.Client) (map[int]fetch.Result[string], error){
			"All": func(ctx context.Context, c *fetch.Client) (map[int]fetch.Result[string], error) {
				list, err := fetch.All[string](ctx, c, urls(20), fetch.Batch{Concurrency: 2})
				return maps.Collect(slices.All(list)), err
			},
			"Stream": func(ctx context.Context, c *fetch.Client) (map[int]fetch.Result[string], error) {
				results := maps.Collect(fetch.Stream[string](ctx, c, slices.Values(urls(20)), fetch.Batch{Concurrency: 2}))
				return results, context.Cause(ctx)
			},
		} {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(3500*time.Millisecond, func() { cancel(cause) })
			results, err := run(ctx, newClient(t, fetch.Options{Transport: s}))
			if err != cause {
				t.Errorf("%s error = %v; want %v", name, err, cause)
			}
			if name == "All" && len(results) != 20 || len(results) < 8 {
				t.Errorf("%s gave %d results", name, len(results))
			}
			for i, r := range results {
				if fetched := i < 6; fetched != (r.Err == nil) || !fetched && !errors.Is(r.Err, cause) || r.URL != urls(20)[i] {
					t.Errorf("%s result %d of %s = %q, %v; want the first 6 fetched", name, i, r.URL, r.Value, r.Err)
				}
			}
		}
	})
}

func TestStreamYieldsAsCompleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := pathStub(t) // the last one is the fastest
		var order []int
		for i, r := range fetch.Stream[string](t.Context(), newClient(t, fetch.Options{Transport: s}), slices.Values(urls(5)), fetch.Batch{
			OnProgress: func(_, total int) {
				if total != -1 {
					t.Errorf("OnProgress total = %d; want -1", total)
				}
			},
		}) {
			if i != r.Index || r.Value != fmt.Sprintf("/%d", i) {
				t.Errorf("Stream yields %d, %+v", i, r)
			}
			order = append(order, i)
		}
		if want := []int{4, 3, 2, 1, 0}; !slices.Equal(order, want) {
			t.Errorf("order = %v; want %v", order, want)
		}
	})
}

// TestStreamBreak leaves the loop early: the bubble ends only when every
// goroutine has, and endless input must not keep them.
func TestStreamBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := pathStub(t)
		endless := func(yield func(string) bool) {
			for yield("http://a/5") {
			}
		}
		start := time.Now()
		for range fetch.Stream[string](t.Context(), newClient(t, fetch.Options{Transport: s}), endless, fetch.Batch{}) {
			break
		}
		if d := time.Since(start); d != 2500*time.Millisecond {
			t.Errorf("the loop took %v; want 2.5s, the time of one request", d)
		}
	})
}

func TestStreamPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, fetch.Options{Transport: pathStub(t)})
		for name, loop := range map[string]func(){
			"sequence": func() {
				for range fetch.Stream[string](t.Context(), c, func(func(string) bool) { panic("boom") }, fetch.Batch{}) {
				}
			},
			"loop": func() {
				for range fetch.Stream[string](t.Context(), c, slices.Values(urls(50)), fetch.Batch{}) {
					panic("boom")
				}
			},
			"OnProgress": func() {
				fetch.All[string](t.Context(), c, urls(50), fetch.Batch{OnProgress: func(int, int) { panic("boom") }})
			},
		} {
			func() {
				defer func() {
					if got := recover(); got == nil || !strings.Contains(fmt.Sprint(got), "boom") {
						t.Errorf("%s: the panic came out as %v; want boom", name, got)
					}
				}()
				loop()
			}()
		}
	})
}

// explosive panics while it is decoded.
type explosive struct{}

func (*explosive) UnmarshalJSON(data []byte) error {
	if string(data) == `"boom"` {
		panic("boom")
	}
	return nil
}

func TestPanickingTypeSpoilsOneResult(t *testing.T) {
	s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
		return respond(200, `"`+req.URL.Path[1:]+`"`), nil
	})
	results, err := fetch.All[explosive](t.Context(), newClient(t, fetch.Options{Transport: s}), []string{"http://a/x", "http://a/boom", "http://a/y"}, fetch.Batch{})
	require.NoError(t, err)
	for i, r := range results {
		if (i == 1) != (r.Err != nil) || r.Index != i {
			t.Errorf("results[%d] = %+v; want an error of the second alone", i, r)
		}
	}
	if results[1].URL != "http://a/boom" || !strings.Contains(results[1].Err.Error(), "boom") {
		t.Errorf("results[1] = %+v; want the panic as its error", results[1])
	}
}

func TestWrongBatch(t *testing.T) {
	want := "fetch: Batch.Concurrency is -1 (int): must be 1 or more, or 0 for the default of 16"
	if results, err := fetch.All[string](t.Context(), nil, urls(3), fetch.Batch{Concurrency: -1}); results != nil || err == nil || err.Error() != want {
		t.Errorf("All = %v, %v; want nil, %s", results, err, want)
	}
	n := 0
	for i, r := range fetch.Stream[string](t.Context(), nil, slices.Values(urls(3)), fetch.Batch{Concurrency: -1}) {
		n++
		if i != -1 || r.Err == nil || r.Err.Error() != want {
			t.Errorf("Stream yields %d, %v; want -1, %s", i, r.Err, want)
		}
	}
	if n != 1 {
		t.Errorf("Stream yields %d results; want 1", n)
	}
}

func TestNoURLs(t *testing.T) {
	if results, err := fetch.All[string](t.Context(), nil, nil, fetch.Batch{}); len(results) != 0 || err != nil {
		t.Errorf("All(nothing) = %v, %v; want none, nil", results, err)
	}
}

// TestOrderedKeepsTheOrder gets URLs of which the last is the fastest, from an
// endless sequence, which must not run far ahead.
func TestOrderedKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := pathStub(t)
		var taken atomic.Int64
		endless := func(yield func(string) bool) {
			for yield(fmt.Sprintf("http://a/%d", taken.Load())) {
				taken.Add(1)
			}
		}
		next := 0
		for i, r := range fetch.Ordered[string](t.Context(), newClient(t, fetch.Options{Transport: s}), endless, fetch.Batch{Concurrency: 4}) {
			if i != next || r.Index != next || r.Value != fmt.Sprintf("/%d", next) {
				t.Errorf("Ordered yields %d, %+v; want %d", i, r, next)
			}
			if n := int(taken.Load()); n > next+2*4+1 {
				t.Errorf("%d URLs were taken for %d results; want at most 8 ahead", n, next)
			}
			if next++; next == 30 {
				break
			}
		}
	})
}

func TestMaxTotalBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStub(t, func(attempt int, req *http.Request) (*http.Response, error) {
			if attempt%2 == 1 { // its bytes are not kept, and do not count
				resp := respond(200, "")
				resp.ContentLength, resp.Body = 10, io.NopCloser(io.MultiReader(strings.NewReader("five."), brokenReader{}))
				return resp, nil
			}
			return respond(200, "ten bytes."), nil
		})
		o := fetch.Options{Transport: s, Retry: fetch.RetryPolicy{BaseDelay: 1}}
		results, err := fetch.All[[]byte](t.Context(), newClient(t, o), urls(10), fetch.Batch{Concurrency: 1, MaxTotalBytes: 100})
		if err != nil || results[9].Err != nil {
			t.Errorf("All with exactly as many bytes = %v, %v; want nil", err, results[9].Err)
		}
		results, err = fetch.All[[]byte](t.Context(), newClient(t, o), urls(10), fetch.Batch{Concurrency: 1, MaxTotalBytes: 99})
		if !errors.Is(err, fetch.ErrBodyTooLarge) || !strings.Contains(err.Error(), "more than Batch.MaxTotalBytes, 99 bytes, in all bodies together") {
			t.Errorf("All with too many bytes = %v; want ErrBodyTooLarge", err)
		}
		for i, r := range results {
			if got := r.Err == nil; got != (i < 9) {
				t.Errorf("results[%d] = %q, %v; want the first 9", i, r.Value, r.Err)
			}
		}
	})
}
