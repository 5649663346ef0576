package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cristalhq/hedgedhttp"
	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
	"resty.dev/v3"
)

const (
	modRestyV2 = "github.com/go-resty/resty/v2"
	modRestyV3 = "resty.dev/v3"
	modHedged  = "github.com/cristalhq/hedgedhttp"

	// hedgeDelay is when a second request is sent, and attemptLimit how long
	// one may take, where these are to matter.
	hedgeDelay   = 30 * time.Millisecond
	attemptLimit = 2 * time.Second
)

// hedging and breaking are Options without retries, to show the one policy.
var (
	hedging  = fetch.Options{Retry: fetch.RetryPolicy{Attempts: 1}, Hedge: &fetch.HedgePolicy{Delay: hedgeDelay}}
	breaking = fetch.Options{Retry: fetch.RetryPolicy{Attempts: 1}, Breaker: &fetch.BreakerPolicy{MinRequests: 5}}
)

var restyDefects = []defect{
	{modRestyV2, "a POST is sent again after the connection broke", postAfter(fetchtest.Answer{Reset: true}, openRestyV2Do), postAfter(fetchtest.Answer{Reset: true}, plinth(fast(5)))},
	{modRestyV3, "a hedge that fails beats a slower 200", hedgeAgainst(fetchtest.Answer{Reset: true}, restyHedge), hedgeAgainst(fetchtest.Answer{Reset: true}, plinth(hedging))},
	{modRestyV3, "a hedge with a 503 beats a slower 200", hedgeAgainst(fetchtest.Answer{Status: 503}, restyHedge), hedgeAgainst(fetchtest.Answer{Status: 503}, plinth(hedging))},
	{modRestyV3, "a request and its hedge read the same body (#1211)", hedgedBody(restyHedgeAll), hedgedBody(plinth(hedging))},
	{modRestyV3, "the body of a hedge that has won is cut off (#1197)", hedgedAnswer(restyHedge), hedgedAnswer(plinth(hedging))},
	{modRestyV3, "requests per second of hedges are a wait in each request", hedgeInTime(restyHedgeDefaults), hedgeInTime(plinth(hedging))},
	{modRestyV3, "connections that are refused do not open the breaker", breakerOfDead(restyBreaker), breakerOfDead(plinth(breaking))},
	{modRestyV3, "one breaker for all hosts", breakerScope(restyBreaker), breakerScope(plinth(breaking))},
	{modRestyV3, "SetTimeout is not heeded if the context has a deadline", timeoutBeside(restyTimeout), timeoutBeside(plinth(fetch.Options{Timeout: 50 * time.Millisecond}))},
	{modRestyV3, "SetRetryCount alone does not retry a 503", flaky(fetchtest.Answer{Status: 503}, restyRetry), flaky(fetchtest.Answer{Status: 503}, plinth(fast(4)))},
	{modRestyV3, "SetRetryCount alone does not retry a broken connection", flaky(fetchtest.Answer{Reset: true}, restyRetry), flaky(fetchtest.Answer{Reset: true}, plinth(fast(4)))},
	{modRestyV3, "a chunked body of just the limit is refused", exactLimit(restyLimit), exactLimit(plinth(fetch.Options{MaxBody: limitSize}))},
	{modRestyV3, "64 KiB of gzip become 16 MiB without a limit", bomb(restyPlain), bomb(plinth(fetch.Options{}))},
	{modRestyV3, "a context with a timer is left behind by each request (#1176)", retained(restyTimeoutLong), retained(plinth(fetch.Options{}))},
}

var hedgedhttpDefects = []defect{
	{modHedged, "objects are kept for each request until its context ends", retained(hedged), retained(plinth(hedging))},
	{modHedged, "a POST is sent twice", hedgedPost(hedged), hedgedPost(plinth(hedging))},
	{modHedged, "a request and its hedge read the same body", hedgedBody(hedged), hedgedBody(plinth(hedging))},
	{modHedged, "the body of the answer that has lost is not closed", loserClosed(hedged), loserClosed(plinth(hedging))},
	{modHedged, "a hedge with a 503 beats a slower 200", hedgeAgainst(fetchtest.Answer{Status: 503}, hedged), hedgeAgainst(fetchtest.Answer{Status: 503}, plinth(hedging))},
	{modHedged, "a slow server gets twice the requests (#18)", amplification(hedged), amplification(plinth(unlimited(hedging)))},
	{modHedged, "the body of a hedge that has won is cut off over HTTP/2 (#7)", hedgedAnswer2(hedged), hedgedAnswer2(plinth(hedging))},
}

func hedged(t *testing.T, rt http.RoundTripper) doer {
	c, err := hedgedhttp.NewClient(hedgeDelay, 2, &http.Client{Transport: rt})
	require.NoError(t, err)
	return c.Do
}

// unlimited takes the limit of requests in flight away, so that others show.
func unlimited(o fetch.Options) fetch.Options {
	o.PerHost = -1
	return o
}

func newResty(t *testing.T, rt http.RoundTripper) *resty.Client {
	c := resty.New().SetTransport(rt).SetLogger(silent{})
	t.Cleanup(func() { c.Close() })
	return c
}

func restyDoer(c *resty.Client) doer {
	return func(r *http.Request) (*http.Response, error) {
		request := c.R().SetContext(r.Context())
		if r.Body != nil {
			request.SetBody(r.Body)
		}
		resp, err := request.Execute(r.Method, r.URL.String())
		if err != nil {
			return nil, err
		}
		return &http.Response{StatusCode: resp.StatusCode(), Body: io.NopCloser(bytes.NewReader(resp.Bytes()))}, nil
	}
}

func restyPlain(t *testing.T, rt http.RoundTripper) doer { return restyDoer(newResty(t, rt)) }

func restyHedging() *resty.Hedging {
	return resty.NewHedging().SetDelay(hedgeDelay).SetMaxRequest(2).SetMaxRequestPerSecond(0)
}

func restyHedge(t *testing.T, rt http.RoundTripper) doer {
	return restyDoer(newResty(t, rt).SetHedging(restyHedging()))
}

func restyHedgeAll(t *testing.T, rt http.RoundTripper) doer {
	return restyDoer(newResty(t, rt).SetHedging(restyHedging().SetNonReadOnlyAllowed(true)))
}

func restyHedgeDefaults(t *testing.T, rt http.RoundTripper) doer {
	return restyDoer(newResty(t, rt).SetHedging(resty.NewHedging().SetDelay(hedgeDelay)))
}

func restyBreaker(t *testing.T, rt http.RoundTripper) doer {
	return restyDoer(newResty(t, rt).SetCircuitBreaker(resty.NewCircuitBreakerCount(5, 1, time.Minute)))
}

func restyTimeout(t *testing.T, rt http.RoundTripper) doer {
	return restyDoer(newResty(t, rt).SetTimeout(50 * time.Millisecond))
}

func restyTimeoutLong(t *testing.T, rt http.RoundTripper) doer {
	return restyDoer(newResty(t, rt).SetTimeout(time.Hour))
}

func restyRetry(t *testing.T, rt http.RoundTripper) doer {
	return restyDoer(newResty(t, rt).SetRetryCount(3).SetRetryWaitTime(time.Millisecond).SetRetryMaxWaitTime(5 * time.Millisecond))
}

const limitSize = 1000

func restyLimit(t *testing.T, rt http.RoundTripper) doer {
	return restyDoer(newResty(t, rt).SetResponseBodyLimit(limitSize))
}

// slowFirst answers the first request well but late, and the others with a.
func slowFirst(late time.Duration, a fetchtest.Answer) func(*http.Request) fetchtest.Answer {
	var n atomic.Int32
	return func(*http.Request) fetchtest.Answer {
		if n.Add(1) == 1 {
			return fetchtest.Answer{Body: "good", Delay: late}
		}
		return a
	}
}

// hedgeAgainst has the hedge answered at once, but badly, and the request well
// after that.
func hedgeAgainst(a fetchtest.Answer, open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, slowFirst(8*hedgeDelay, a))
		status, _, err := finish(open(t, rt)(newRequest(t, "GET", o.URL, nil)))
		if err != nil && strings.Contains(err.Error(), "EOF") || err != nil && strings.Contains(err.Error(), "reset") {
			err = errors.New("connection broken")
		}
		return judge(status == 200, "%s", ended(status, err))
	}
}

// hedgeInTime measures when a hedge comes.
func hedgeInTime(open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, slowFirst(20*hedgeDelay, fetchtest.Answer{Body: "good"}))
		start := time.Now()
		status, _, err := finish(open(t, rt)(newRequest(t, "GET", o.URL, nil)))
		return judge(err == nil && time.Since(start) < 11*hedgeDelay, "%s after %s, with a delay of 30 ms", ended(status, err), ms(start))
	}
}

// hedgedBody has a request with a body wait longer than the delay: either the
// hedge has the same body, or there is none.
func hedgedBody(open opener) trial {
	return func(t *testing.T) verdict {
		const size = 16 << 20 // more than fits into the buffers of a connection
		var mu sync.Mutex
		complete, broken := 0, 0
		o, rt := serve(t, always(fetchtest.Answer{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * hedgeDelay)
			n, err := io.Copy(io.Discard, r.Body)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && n == size {
				complete++
			} else {
				broken++
			}
		})}))
		request := newRequest(t, "PUT", o.URL, &lockedReader{r: bytes.NewReader(make([]byte, size))})
		request.ContentLength = size
		status, _, err := finish(open(t, rt)(within(t, request, 2*time.Second)))
		rt.CloseIdleConnections()
		o.Close()
		return judge(err == nil && status == 200 && broken == 0, "%s, %d broken, %s", times(complete, "whole one"), broken, map[bool]string{true: "an error", false: "no error"}[err != nil])
	}
}

// lockedReader makes two readers of the same body wrong without a data race,
// which would be the first thing to be reported.
type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (r *lockedReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.r.Read(p)
}

// hedgedAnswer reads a body that comes after the headers of the hedge, which
// has won.
func hedgedAnswer(open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, slowFirst(20*hedgeDelay, lateBodyAnswer))
		return readWhole(t, o, open(t, rt))
	}
}

func hedgedAnswer2(open opener) trial {
	return func(t *testing.T) verdict {
		o := fetchtest.NewTLSOrigin(slowFirst(20*hedgeDelay, lateBodyAnswer))
		rt := o.Transport()
		defer o.Close()
		defer rt.CloseIdleConnections()
		return readWhole(t, o, open(t, rt))
	}
}

// lateBody reads a body that comes after the headers, under a time limit.
func lateBody(open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(lateBodyAnswer))
		return readWhole(t, o, open(t, rt))
	}
}

const lateBodySize = 256 << 10

var lateBodyAnswer = fetchtest.Answer{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(200)
	http.NewResponseController(w).Flush()
	time.Sleep(hedgeDelay)
	w.Write(make([]byte, lateBodySize))
})}

func readWhole(t *testing.T, o *fetchtest.Origin, do doer) verdict {
	_, body, err := finish(do(newRequest(t, "GET", o.URL, nil)))
	if err != nil {
		return judge(false, "error: %s", short(err))
	}
	return judge(len(body) == lateBodySize, "%d of %d KiB", len(body)>>10, lateBodySize>>10)
}

// hedgedPost has a POST take longer than the delay.
func hedgedPost(open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(fetchtest.Answer{Delay: 3 * hedgeDelay}))
		finish(open(t, rt)(newRequest(t, "POST", o.URL, nil)))
		return judge(o.Requests() == 1, "%s", times(o.Requests(), "POST"))
	}
}

// loserClosed counts the bodies of a request and its hedge.
func loserClosed(open opener) trial {
	return func(t *testing.T) verdict {
		var opened, closed atomic.Int32
		var n atomic.Int32
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			// Both answer in the same moment, whoever asks, as it happens with
			// answers that are on the wire when a request is cancelled.
			if n.Add(1) == 1 {
				time.Sleep(2 * hedgeDelay)
			} else {
				time.Sleep(hedgeDelay)
			}
			opened.Add(1)
			body := &countedBody{Reader: strings.NewReader("x"), closed: &closed}
			return &http.Response{StatusCode: 200, Body: body, ContentLength: 1, Request: req, Header: http.Header{}}, nil
		})
		finish(open(t, rt)(newRequest(t, "GET", "http://a/", nil)))
		time.Sleep(2 * hedgeDelay)
		return judge(opened.Load() == closed.Load(), "%d answers, %d closed", opened.Load(), closed.Load())
	}
}

type countedBody struct {
	io.Reader
	closed *atomic.Int32
	once   sync.Once
}

func (b *countedBody) Close() error {
	b.once.Do(func() { b.closed.Add(1) })
	return nil
}

// amplification counts what a server gets that has become slow altogether.
func amplification(open opener) trial {
	return func(t *testing.T) verdict {
		const calls = 200
		o, rt := serve(t, always(fetchtest.Answer{Delay: 3 * hedgeDelay}))
		do := open(t, rt)
		var wg sync.WaitGroup
		places := make(chan struct{}, 50)
		for range calls {
			places <- struct{}{}
			request := newRequest(t, "GET", o.URL, nil)
			wg.Go(func() {
				finish(do(request))
				<-places
			})
		}
		wg.Wait()
		return judge(o.Requests() <= calls*11/10+10, "%d requests for %d calls", o.Requests(), calls)
	}
}

// retained counts what is still in use of requests that have ended, under a
// context that has not.
func retained(open opener) trial {
	return func(t *testing.T) verdict {
		const calls = 500
		do := open(t, stub{"x"})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		objects := func() uint64 {
			var m runtime.MemStats
			for range 3 {
				runtime.GC()
				time.Sleep(time.Millisecond)
			}
			runtime.ReadMemStats(&m)
			return m.HeapObjects
		}
		once := func() {
			req, err := http.NewRequestWithContext(ctx, "GET", "http://a/", nil)
			require.NoError(t, err)
			_, _, err = finish(do(req))
			require.NoError(t, err)
		}
		for range 50 {
			once()
		}
		before := objects()
		for range calls {
			once()
		}
		each := (float64(objects()) - float64(before)) / calls
		return judge(each < 0.5, "%.1f objects for each request", max(each, 0))
	}
}

// breakerOfDead counts the connections that are tried to a host that refuses
// them.
func breakerOfDead(open opener) trial {
	return func(t *testing.T) verdict {
		const calls = 50
		dials := 0
		rt := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			dials++
			return new(net.Dialer).DialContext(ctx, network, address)
		}}
		do, dead := open(t, rt), deadURL(t)
		for range calls {
			finish(do(newRequest(t, "GET", dead, nil)))
		}
		return judge(dials < calls/2, "%d connections tried for %d requests", dials, calls)
	}
}

// breakerScope has one host fail, and then asks another one.
func breakerScope(open opener) trial {
	return func(t *testing.T) verdict {
		bad, rt := serve(t, always(fetchtest.Answer{Status: 500}))
		good, _ := serve(t, always(fetchtest.Answer{}))
		do := open(t, rt)
		for range 20 {
			finish(do(newRequest(t, "GET", bad.URL, nil)))
		}
		status, _, err := finish(do(newRequest(t, "GET", good.URL, nil)))
		return judge(status == 200, "%s from another host", ended(status, err))
	}
}

// timeoutBeside has a timeout of 50 ms and a context with a later deadline.
func timeoutBeside(open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(fetchtest.Answer{Delay: 400 * time.Millisecond}))
		start := time.Now()
		status, _, err := finish(open(t, rt)(within(t, newRequest(t, "GET", o.URL, nil), time.Minute)))
		if err != nil {
			err = errors.New("timeout")
		}
		return judge(time.Since(start) < 350*time.Millisecond, "%s after %s, with a timeout of 50 ms", ended(status, err), ms(start))
	}
}

// flaky has the first request fail.
func flaky(a fetchtest.Answer, open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(fetchtest.Answer{Failures: 1, Fail: &a}))
		status, _, err := finish(open(t, rt)(newRequest(t, "GET", o.URL, nil)))
		if err != nil {
			err = errors.New("connection broken")
		}
		return judge(status == 200, "%s, %s", times(o.Requests(), "attempt"), ended(status, err))
	}
}

// exactLimit has a body of unknown length that is as long as it may be.
func exactLimit(open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(fetchtest.Answer{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Write(make([]byte, limitSize))
			http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond) // the end comes in a packet of its own
		})}))
		_, body, err := finish(open(t, rt)(newRequest(t, "GET", o.URL, nil)))
		if err != nil {
			return judge(false, "error: %s", short(err))
		}
		return judge(len(body) == limitSize, "%d bytes", len(body))
	}
}
