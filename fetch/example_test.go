package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
)

// startUsers starts the server that the examples talk to.
func startUsers() *fetchtest.Origin {
	return fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		id := strings.TrimPrefix(r.URL.Path, "/users/")
		switch id {
		case "3":
			return fetchtest.Answer{Status: http.StatusNotFound}
		case "4":
			return fetchtest.Answer{Body: `{"id":4,"name":"slow"}`, Delay: 20 * time.Millisecond}
		}
		return fetchtest.Answer{Body: fmt.Sprintf(`{"id":%s,"name":"user %s"}`, id, id), Failures: 1}
	})
}

func ExampleGet() {
	origin := startUsers() // its first answer is a 503
	defer origin.Close()

	u, err := fetch.Get[user](context.Background(), nil, origin.URL+"/users/7")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Name)
	// Output: user 7
}

func ExampleGet_statusError() {
	origin := startUsers()
	defer origin.Close()

	_, err := fetch.Get[user](context.Background(), nil, origin.URL+"/users/3")
	if status, ok := errors.AsType[*fetch.StatusError](err); ok {
		fmt.Println(status.Status, status.Attempts)
	}
	// Output: 404 1
}

func ExampleNew() {
	origin := startUsers()
	defer origin.Close()

	client, err := fetch.New(fetch.Options{
		Timeout: 5 * time.Second,
		MaxBody: 1 << 20,
		Retry:   fetch.RetryPolicy{Attempts: 2, BaseDelay: time.Millisecond},
		Header:  http.Header{"User-Agent": {"example/1.0"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()
	name, err := fetch.Get[map[string]any](context.Background(), client, origin.URL+"/users/1")
	fmt.Println(name["name"], err)
	// Output: user 1 <nil>
}

func ExampleSend() {
	origin := startUsers()
	defer origin.Close()
	ctx := context.Background()
	client, err := fetch.New(fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: time.Millisecond}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()

	req, err := http.NewRequest(http.MethodPut, origin.URL+"/users/7", strings.NewReader(`{"name":"user 7"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := fetch.Send[user](ctx, client, req)
	fmt.Println(r.Value, r.Status, r.Attempts, err)
	// Output: {7 user 7} 200 2 <nil>
}

func ExampleWithHeader() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: r.Header.Get("Accept-Language")}
	})
	defer origin.Close()
	got, err := fetch.Get[string](context.Background(), nil, origin.URL, fetch.WithHeader("Accept-Language", "eo"))
	fmt.Println(got, err)
	// Output: eo <nil>
}

func ExampleAll() {
	origin := startUsers()
	defer origin.Close()
	urls := []string{origin.URL + "/users/4", origin.URL + "/users/3", origin.URL + "/users/5"}

	client, err := fetch.New(fetch.Options{Retry: fetch.RetryPolicy{BaseDelay: time.Millisecond}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()
	results, err := fetch.All[user](context.Background(), client, urls, fetch.Batch{Concurrency: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results { // in the order of urls
		if r.Err != nil {
			fmt.Println(r.Index, "failed with status", r.Status)
			continue
		}
		fmt.Println(r.Index, r.Value.Name)
	}
	// Output:
	// 0 slow
	// 1 failed with status 404
	// 2 user 5
}

func ExampleStream() {
	origin := startUsers()
	defer origin.Close()
	urls := slices.Values([]string{origin.URL + "/users/4", origin.URL + "/users/3"})

	for i, r := range fetch.Stream[user](context.Background(), nil, urls, fetch.Batch{}) {
		fmt.Println(i, r.Status) // as soon as each is there
	}
	// Unordered output:
	// 0 200
	// 1 404
}

// The middlewares serve any http.Client.
func ExampleRetry() {
	origin := startUsers()
	defer origin.Close()

	client := &http.Client{Transport: fetch.Chain(nil, fetch.Retry(fetch.RetryPolicy{BaseDelay: time.Millisecond}))}
	resp, err := client.Get(origin.URL + "/users/7")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode, origin.Requests())
	// Output: 200 2
}

func ExampleChain() {
	log := func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(req *http.Request) (*http.Response, error) {
			fmt.Println(req.Method, req.URL.Path)
			return next.RoundTrip(req)
		})
	}
	origin := startUsers()
	defer origin.Close()

	// Below Retry, log sees every attempt; above it, every request.
	transport := fetch.Chain(http.DefaultTransport, fetch.Retry(fetch.RetryPolicy{BaseDelay: time.Millisecond}), log)
	resp, err := (&http.Client{Transport: transport}).Get(origin.URL + "/users/7")
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	// Output:
	// GET /users/7
	// GET /users/7
}
