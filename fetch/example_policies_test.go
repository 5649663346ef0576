package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
)

func ExampleOrdered() {
	origin := startUsers()
	defer origin.Close()
	urls := slices.Values([]string{origin.URL + "/users/4", origin.URL + "/users/3"})

	for i, r := range fetch.Ordered[user](context.Background(), nil, urls, fetch.Batch{}) {
		fmt.Println(i, r.Status) // the slow one first, as in the input
	}
	// Output:
	// 0 200
	// 1 404
}

func ExampleBreaker() {
	origin := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Status: 500} })
	defer origin.Close()
	client := &http.Client{Transport: fetch.Chain(nil, fetch.Breaker(fetch.BreakerPolicy{MinRequests: 3}))}
	for range 4 {
		resp, err := client.Get(origin.URL)
		if err != nil {
			fmt.Println(errors.Is(err, fetch.ErrCircuitOpen))
			continue
		}
		resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	// Output:
	// 500
	// 500
	// 500
	// true
}

func ExampleHedge() {
	var once sync.Once
	origin := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer {
		answer := fetchtest.Answer{Body: "quick"}
		once.Do(func() { answer.Delay = time.Minute })
		return answer
	})
	defer origin.Close()

	client, err := fetch.New(fetch.Options{Hedge: &fetch.HedgePolicy{Delay: 10 * time.Millisecond}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()
	fmt.Println(fetch.Get[string](context.Background(), client, origin.URL))
	fmt.Println(client.Stats().HedgesWon)
	// Output:
	// quick <nil>
	// 1
}

func ExampleLimitConcurrency() {
	origin := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{Body: "a place is taken"} })
	defer origin.Close()
	client := &http.Client{Transport: fetch.Chain(nil, fetch.LimitConcurrency(1))}
	first, err := client.Get(origin.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, origin.URL, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Do(req) // the first one's body has not been read
	fmt.Println(errors.Is(err, fetch.ErrLimited))
	first.Body.Close()
	// Output: true
}

func ExampleLimitRate() {
	origin := startUsers()
	defer origin.Close()
	client := &http.Client{Transport: fetch.Chain(nil, fetch.LimitRate(1, 2))}
	ctx, cancel := context.WithTimeout(context.Background(), 900*time.Millisecond)
	defer cancel()
	for range 3 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, origin.URL+"/users/3", nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp, err := client.Do(req)
		if err != nil { // the third would have to wait past the deadline
			fmt.Println(errors.Is(err, fetch.ErrLimited))
			continue
		}
		resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	// Output:
	// 404
	// 404
	// true
}

func ExampleCoalesce() {
	origin := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: "shared", Delay: 50 * time.Millisecond}
	})
	defer origin.Close()
	client := &http.Client{Transport: fetch.Chain(nil, fetch.Coalesce(fetch.CoalescePolicy{}))}
	var callers sync.WaitGroup
	for range 10 {
		callers.Go(func() {
			resp, err := client.Get(origin.URL)
			if err == nil {
				resp.Body.Close()
			}
		})
	}
	callers.Wait()
	fmt.Println(origin.Requests() < 10)
	// Output: true
}
