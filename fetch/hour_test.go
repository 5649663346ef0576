package fetch_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch"
)

// TestHourOfFaults has callers at work for an hour, which takes seconds in a
// bubble, with clients of few and of all policies and origins that have every
// fault of chaos and send requests on to each other. At the end
//
//   - every body has been closed once, and the context of every attempt has ended,
//   - no goroutine is left, or the bubble would not end,
//   - no origin was shown the credentials for another,
//   - there were no more retries than the budget allows.
func TestHourOfFaults(t *testing.T) {
	hour := time.Hour
	if testing.Short() {
		hour /= 10
	}
	for name, o := range map[string]fetch.Options{
		"defaults": {},
		"all": {
			PerHost: 3, Rate: 20, Breaker: &fetch.BreakerPolicy{}, Hedge: &fetch.HedgePolicy{Delay: hedgeDelay}, Coalesce: &fetch.CoalescePolicy{},
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			// The test ends before its context, which would end all others.
			ctx := context.Background()
			origins := &origins{answer: chaos(rand.New(rand.NewPCG(1, 2))), t: t}
			c := newChecker(t, origins.roundTrip)
			o.Transport, o.Timeout, o.AttemptTimeout = c, 2*time.Second, 300*time.Millisecond
			client := newClient(t, o)
			end := time.Now().Add(hour)
			var callers sync.WaitGroup
			for i := range 8 {
				callers.Go(func() {
					r := rand.New(rand.NewPCG(uint64(i), 3))
					for time.Now().Before(end) {
						work(ctx, t, client, r)
						time.Sleep(time.Duration(r.IntN(10_000)) * time.Millisecond)
					}
				})
			}
			callers.Wait()
			synctest.Wait()
			c.checkContexts(name)
			sent := float64(origins.redirects.Load() + client.Stats().Requests)
			if attempts := float64(c.attempts()); attempts > 1.1*sent+10*hosts || attempts < sent/2 {
				t.Errorf("%s: %v attempts for %v requests and redirects; want as many as the budgets allow at most", name, attempts, sent)
			}
			client.CloseIdleConnections()
		})
	}
}

// hosts is the number of origins, each of which has its own budget.
const hosts = 3

// origins answer as chaos does, and one time in four with a redirect to another.
type origins struct {
	t         *testing.T
	answer    func(*http.Request) (*http.Response, error)
	asked     atomic.Int64
	redirects atomic.Int64
}

func (o *origins) roundTrip(req *http.Request) (*http.Response, error) {
	if told := req.Header.Get("X-Api-Key"); told != "" && told != credentials(req.URL.Host) {
		o.t.Errorf("%s was told %q", req.URL.Host, told)
	}
	if n := o.asked.Add(1); n%4 == 0 {
		o.redirects.Add(1)
		return respond(307, "", "Location", "http://"+hostNames[n/4%hosts]+"/moved"), nil
	}
	return o.answer(req)
}

var hostNames = [hosts]string{"a", "b", "c"}

func credentials(host string) string { return "key for " + host }

// work makes one call of a random kind.
func work(ctx context.Context, t *testing.T, c *fetch.Client, r *rand.Rand) {
	if r.IntN(4) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(100))*time.Millisecond)
		defer cancel()
	}
	host := hostNames[r.IntN(hosts)]
	with := fetch.WithHeader("X-Api-Key", credentials(host)) // which net/http would pass on
	url := "http://" + host + "/"
	switch r.IntN(4) {
	case 0:
		fetch.Post[string](ctx, c, url, strings.Repeat("x", 100), with)
	case 1:
		for range fetch.Stream[string](ctx, c, slices.Values(slices.Repeat([]string{url}, 5)), fetch.Batch{Concurrency: 2}) {
			if r.IntN(4) == 0 {
				break
			}
		}
	case 2:
		resp, err := c.Do(mustRequest(t, "GET", url, nil).WithContext(ctx))
		if err == nil {
			resp.Body.Read(make([]byte, r.IntN(100)))
			resp.Body.Close()
		}
	default:
		fetch.Get[string](ctx, c, url, with)
	}
}
