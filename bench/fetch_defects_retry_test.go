package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/carlmjohnson/requests"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/failsafehttp"
	"github.com/failsafe-go/failsafe-go/hedgepolicy"
	"github.com/failsafe-go/failsafe-go/timeout"
	restyv2 "github.com/go-resty/resty/v2"
	"github.com/gojek/heimdall/v7"
	"github.com/gojek/heimdall/v7/httpclient"
	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/hashicorp/go-retryablehttp"
	"github.com/imroc/req/v3"
	"github.com/stretchr/testify/require"
)

const (
	modRetryable = "github.com/hashicorp/go-retryablehttp"
	modFailsafe  = "github.com/failsafe-go/failsafe-go"
	modReq       = "github.com/imroc/req/v3"
	modRequests  = "github.com/carlmjohnson/requests"
	modHeimdall  = "github.com/gojek/heimdall/v7"
)

var retryablehttpDefects = []defect{
	{modRetryable, "a POST is sent again after a 503", postAfter(fetchtest.Answer{Status: 503}, retryable), postAfter(fetchtest.Answer{Status: 503}, plinth(fast(5)))},
	{modRetryable, "Retry-After: 9999999999 overflows", retryAfter("9999999999", retryable), retryAfter("9999999999", plinth(fast(5)))},
	{modRetryable, "Retry-After with a date in 68 years is slept through", retryAfter("Wed, 03 Nov 2094 08:49:37 GMT", retryable), retryAfter("Wed, 03 Nov 2094 08:49:37 GMT", plinth(fast(5)))},
	{modRetryable, "Retry-After: 30 with less time left loses the 503", retryAfter("30", retryable), retryAfter("30", plinth(fast(5)))},
	{modRetryable, "Retry-After with a date in the form of asctime is not heeded", retryAfter("Wed Nov  3 08:49:37 2094", retryable), retryAfter("Wed Nov  3 08:49:37 2094", plinth(fast(5)))},
	{modRetryable, "the waits between attempts have no jitter", jitter(retryable), jitter(plinth(fetch.Options{Retry: fetch.RetryPolicy{Attempts: 2, BaseDelay: 20 * time.Millisecond}}))},
	{modRetryable, "a request that fails closes the idle connections of others", poolAfterFailure(retryable), poolAfterFailure(plinth(fast(3)))},
	{modRetryable, "a 16 MiB upload is read into memory", uploadFrom(retryable, false), uploadFrom(plinth(fetch.Options{}), false)},
	{modRetryable, "StandardClient reads it into memory even with GetBody", uploadFrom(retryableStandard, true), uploadFrom(plinth(fetch.Options{}), true)},
	{modRetryable, "the last status and body are thrown away", retryableLastAnswer, plinthLastAnswer},
	{modRetryable, "CheckRedirect of a client around it is not called", checkRedirect(func(rt http.RoundTripper) http.RoundTripper {
		c := newRetryable()
		c.HTTPClient.Transport = rt
		return &retryablehttp.RoundTripper{Client: c}
	}), checkRedirect(func(rt http.RoundTripper) http.RoundTripper { return fetch.Chain(rt, fetch.Retry(fetch.RetryPolicy{})) })},
	{modRetryable, "every request is logged to stderr by default", retryableLogs, plinthLogs},
	{modRetryable, "answers above 4 KiB cost a connection for each attempt", connsOfAttempts(fetchtest.Answer{Status: 503, Zeros: 32 << 10}, retryable), connsOfAttempts(fetchtest.Answer{Status: 503, Zeros: 32 << 10}, plinth(fast(5)))},
}

var failsafeDefects = []defect{
	{modFailsafe, "bodies of attempts that failed are never closed", connsOfAttempts(fetchtest.Answer{Status: 503, Body: "busy"}, failsafeRetry), connsOfAttempts(fetchtest.Answer{Status: 503, Body: "busy"}, plinth(fast(5)))},
	{modFailsafe, "a POST is sent again after a 503", postAfter(fetchtest.Answer{Status: 503}, failsafeRetry), postAfter(fetchtest.Answer{Status: 503}, plinth(fast(5)))},
	{modFailsafe, "there is no wait between attempts by default", waits(failsafeRetry), waits(plinth(fetch.Options{Retry: fetch.RetryPolicy{Attempts: 5}}))},
	{modFailsafe, "Retry-After with a date is not heeded", retryAfter("Wed, 03 Nov 2094 08:49:37 GMT", failsafeRetry), retryAfter("Wed, 03 Nov 2094 08:49:37 GMT", plinth(fast(5)))},
	{modFailsafe, "Retry-After has no cap", retryAfter("86400", failsafeRetry), retryAfter("86400", plinth(fast(5)))},
	{modFailsafe, "a 16 MiB upload is read into memory, with GetBody too", uploadFrom(failsafeRetry, true), uploadFrom(plinth(fetch.Options{}), true)},
	{modFailsafe, "a hedge with a 503 beats a slower 200", hedgeAgainst(fetchtest.Answer{Status: 503}, failsafeHedge), hedgeAgainst(fetchtest.Answer{Status: 503}, plinth(hedging))},
	{modFailsafe, "one breaker for all hosts", breakerScope(failsafeBreaker), breakerScope(plinth(breaking))},
	{modFailsafe, "a Timeout cancels the body of an answer that came in time", lateBody(failsafeTimeout), lateBody(plinth(fetch.Options{AttemptTimeout: attemptLimit}))},
}

var reqDefects = []defect{
	{modReq, "the wait between attempts does not end with the context", waitAfterCancel(openReqSlow), waitAfterCancel(plinth(slow))},
	{modReq, "a POST is sent again after the connection broke", postAfter(fetchtest.Answer{Reset: true}, openReq), postAfter(fetchtest.Answer{Reset: true}, plinth(fast(5)))},
	{modReq, "a negative number of retries is without end", reqNegative, plinthNegative},
	{modReq, "64 KiB of gzip become 16 MiB without a limit", bomb(openReq), bomb(plinth(fetch.Options{}))},
}

var requestsDefects = []defect{
	{modRequests, "there is no timeout by default", noTimeout(openRequestsDo), noTimeout(plinth(fetch.Options{}))},
	{modRequests, "64 KiB of gzip become 16 MiB without a limit", bomb(openRequestsDo), bomb(plinth(fetch.Options{}))},
	{modRequests, "ToFile destroys the file that is there if the body breaks off", requestsToFile, plinthDownload},
}

var heimdallDefects = []defect{
	{modHeimdall, "a POST is sent again after a 503", postAfter(fetchtest.Answer{Status: 503}, openHeimdallDo), postAfter(fetchtest.Answer{Status: 503}, plinth(fast(5)))},
	{modHeimdall, "the body is empty when a request is sent again (#42)", bodyAgain(openHeimdallDo), bodyAgain(plinth(fast(5)))},
	{modHeimdall, "the waits between attempts have no jitter (#21)", jitter(openHeimdallDo), jitter(plinth(fast(2)))},
	{modHeimdall, "the wait between attempts does not end with the context", waitAfterCancel(openHeimdallSlow), waitAfterCancel(plinth(slow))},
	{modHeimdall, "a 16 MiB upload is read into memory, with GetBody too", uploadFrom(openHeimdallDo, true), uploadFrom(plinth(fetch.Options{}), true)},
}

// slow has time between attempts for something to happen.
var slow = fetch.Options{Retry: fetch.RetryPolicy{Attempts: 2, BaseDelay: 20 * time.Second, MaxDelay: 20 * time.Second}}

func newRetryable() *retryablehttp.Client {
	c := retryablehttp.NewClient()
	c.Logger = nil
	c.RetryWaitMin, c.RetryWaitMax = time.Millisecond, 5*time.Millisecond
	return c
}

func retryable(_ *testing.T, rt http.RoundTripper) doer {
	c := newRetryable()
	c.HTTPClient = &http.Client{Transport: rt}
	return func(req *http.Request) (*http.Response, error) {
		wrapped, err := retryablehttp.FromRequest(req)
		if err != nil {
			return nil, err
		}
		return c.Do(wrapped)
	}
}

func retryableStandard(_ *testing.T, rt http.RoundTripper) doer {
	c := newRetryable()
	c.HTTPClient = &http.Client{Transport: rt}
	return c.StandardClient().Do
}

func failsafeRetry(_ *testing.T, rt http.RoundTripper) doer {
	retry := failsafehttp.NewRetryPolicyBuilder().WithMaxRetries(4).Build()
	return (&http.Client{Transport: failsafehttp.NewRoundTripper(rt, retry)}).Do
}

func failsafeHedge(_ *testing.T, rt http.RoundTripper) doer {
	hedge := hedgepolicy.NewWithDelay[*http.Response](hedgeDelay)
	return (&http.Client{Transport: failsafehttp.NewRoundTripper(rt, hedge)}).Do
}

func failsafeBreaker(_ *testing.T, rt http.RoundTripper) doer {
	breaker := circuitbreaker.NewBuilder[*http.Response]().
		HandleIf(func(resp *http.Response, err error) bool { return err != nil || resp.StatusCode >= 500 }).
		WithFailureThreshold(5).WithDelay(time.Minute).Build()
	return (&http.Client{Transport: failsafehttp.NewRoundTripper(rt, breaker)}).Do
}

func failsafeTimeout(_ *testing.T, rt http.RoundTripper) doer {
	return (&http.Client{Transport: failsafehttp.NewRoundTripper(rt, timeout.New[*http.Response](attemptLimit))}).Do
}

func openReq(*testing.T, http.RoundTripper) doer {
	return reqDoer(req.C().SetCommonRetryCount(4).SetCommonRetryFixedInterval(time.Millisecond))
}

func openReqSlow(*testing.T, http.RoundTripper) doer {
	return reqDoer(req.C().SetCommonRetryCount(1).SetCommonRetryFixedInterval(400 * time.Millisecond))
}

// reqDoer sends over the transport that req has of its own, which no other can
// take the place of.
func reqDoer(c *req.Client) doer {
	return func(r *http.Request) (*http.Response, error) {
		request := c.R().SetContext(r.Context())
		if r.Body != nil {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			request.SetBodyBytes(body)
		}
		resp, err := request.Send(r.Method, r.URL.String())
		if err != nil {
			return nil, err
		}
		resp.Response.Body = io.NopCloser(bytes.NewReader(resp.Bytes()))
		return resp.Response, nil
	}
}

func openRequestsDo(_ *testing.T, rt http.RoundTripper) doer {
	return func(r *http.Request) (*http.Response, error) {
		var body bytes.Buffer
		err := requests.URL(r.URL.String()).Method(r.Method).Transport(rt).ToBytesBuffer(&body).Fetch(r.Context())
		if err != nil {
			return nil, err
		}
		return &http.Response{StatusCode: 200, Body: io.NopCloser(&body)}, nil
	}
}

func openHeimdallDo(_ *testing.T, rt http.RoundTripper) doer {
	return newHeimdall(rt, 3, 50*time.Millisecond)
}

func openHeimdallSlow(_ *testing.T, rt http.RoundTripper) doer {
	return newHeimdall(rt, 1, 400*time.Millisecond)
}

func newHeimdall(rt http.RoundTripper, retries int, wait time.Duration) doer {
	return httpclient.NewClient(
		httpclient.WithHTTPClient(&http.Client{Transport: rt}),
		httpclient.WithRetryCount(retries),
		httpclient.WithRetrier(heimdall.NewRetrier(heimdall.NewConstantBackoff(wait, wait))),
	).Do
}

func openRestyV2Do(_ *testing.T, rt http.RoundTripper) doer {
	c := restyv2.New().SetTransport(rt).SetRetryCount(4).SetRetryWaitTime(time.Millisecond).SetRetryMaxWaitTime(5 * time.Millisecond).SetLogger(silent{})
	return func(r *http.Request) (*http.Response, error) {
		resp, err := c.R().SetContext(r.Context()).SetBody(r.Body).Execute(r.Method, r.URL.String())
		if err != nil {
			return nil, err
		}
		raw := *resp.RawResponse
		raw.Body = io.NopCloser(bytes.NewReader(resp.Body()))
		return &raw, nil
	}
}

// silent is a logger of resty.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// postAfter has a POST answered badly: it must not be sent again, since nobody
// knows whether the first one has been carried out.
func postAfter(a fetchtest.Answer, open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(a))
		finish(open(t, rt)(within(t, newRequest(t, "POST", o.URL, strings.NewReader("order")), 5*time.Second)))
		return judge(o.Requests() == 1, "%s", times(o.Requests(), "POST"))
	}
}

// retryAfter has a request answered with a 503 and a Retry-After for later than
// its deadline. There is nothing to wait for.
func retryAfter(value string, open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(fetchtest.Answer{Status: 503, Header: http.Header{"Retry-After": {value}}}))
		start := time.Now()
		status, _, err := finish(open(t, rt)(within(t, newRequest(t, "GET", o.URL, nil), 300*time.Millisecond)))
		n := o.Requests()
		return judge(n == 1 && status == 503, "%s in %s, %s", times(n, "request"), ms(start), ended(status, err))
	}
}

// jitter compares the time between two attempts of many callers.
func jitter(open opener) trial {
	return func(t *testing.T) verdict {
		const callers = 20
		gaps := make(chan time.Duration, callers)
		for range callers {
			synctest.Test(t, func(t *testing.T) {
				var times []time.Time
				rt := roundTrip(func(req *http.Request) (*http.Response, error) {
					times = append(times, time.Now())
					return &http.Response{StatusCode: 503, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
				})
				finish(open(t, rt)(newRequest(t, "GET", "http://a/", nil)))
				gaps <- times[1].Sub(times[0])
			})
		}
		close(gaps)
		different := make(map[time.Duration]bool)
		for gap := range gaps {
			different[gap] = true
		}
		return judge(len(different) > callers/2, "%s of %d callers", times(len(different), "different wait"), callers)
	}
}

// waits measures how long the attempts of a request take together, apart from
// the answers.
func waits(open opener) trial {
	return func(t *testing.T) (v verdict) {
		synctest.Test(t, func(t *testing.T) {
			attempts := 0
			rt := roundTrip(func(req *http.Request) (*http.Response, error) {
				attempts++
				return &http.Response{StatusCode: 503, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
			})
			start := time.Now()
			finish(open(t, rt)(newRequest(t, "GET", "http://a/", nil)))
			v = judge(time.Since(start) > 0, "%s, with %s in between", times(attempts, "attempt"), map[bool]string{true: "random waits", false: "no time"}[time.Since(start) > 0])
		})
		return v
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// poolAfterFailure counts the connections to a healthy host, with a failure of
// another one in between.
func poolAfterFailure(open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(fetchtest.Answer{Body: "x"}))
		do := open(t, rt)
		for range 3 {
			_, _, err := finish(do(newRequest(t, "GET", o.URL, nil)))
			require.NoError(t, err)
			finish(do(newRequest(t, "GET", deadURL(t), nil)))
		}
		return judge(o.Stats().Conns <= 2, "%s for 3 requests", times(o.Stats().Conns, "connection"))
	}
}

const uploadSize = 16 << 20

// uploadFrom counts what a large upload allocates.
func uploadFrom(open opener, getBody bool) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(fetchtest.Answer{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })}))
		source := func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeros{}, uploadSize)), nil }
		body, _ := source()
		request := newRequest(t, "PUT", o.URL, body)
		request.ContentLength = uploadSize
		if getBody {
			request.GetBody = source
		}
		do := open(t, rt)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		status, _, err := finish(do(request))
		runtime.ReadMemStats(&after)
		if status != 200 {
			return judge(false, "%s", ended(status, err))
		}
		mib := float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20)
		return judge(mib < 2, "%.1f MiB allocated", mib)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

var maintenance = fetchtest.Answer{Status: 503, Body: "maintenance until noon"}

func retryableLastAnswer(t *testing.T) verdict {
	o, rt := serve(t, always(maintenance))
	resp, err := retryable(t, rt)(newRequest(t, "GET", o.URL, nil))
	status, body, _ := finish(resp, err)
	return judge(status == 503 && body == maintenance.Body, "%s", ended(status, err))
}

func plinthLastAnswer(t *testing.T) verdict {
	o, rt := serve(t, always(maintenance))
	_, err := fetch.Get[string](t.Context(), newPlinth(t, fast(5), rt), o.URL)
	failed, ok := errors.AsType[*fetch.StatusError](err)
	if !ok {
		return judge(false, "%v", err)
	}
	return judge(failed.Status == 503 && string(failed.Body) == maintenance.Body, "StatusError %d, %d attempts, %q", failed.Status, failed.Attempts, failed.Body)
}

// checkRedirect asks whether a client still decides on redirects with another
// transport.
func checkRedirect(wrap func(http.RoundTripper) http.RoundTripper) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, func(r *http.Request) fetchtest.Answer {
			if r.URL.Path == "/end" {
				return fetchtest.Answer{}
			}
			return fetchtest.Redirect("/end")
		})
		called := 0
		c := &http.Client{Transport: wrap(rt), CheckRedirect: func(*http.Request, []*http.Request) error {
			called++
			return http.ErrUseLastResponse
		}}
		status, _, err := finish(c.Do(newRequest(t, "GET", o.URL+"/", nil)))
		return judge(called == 1 && status == 302, "called %s, %s", times(called, "time"), ended(status, err))
	}
}

func retryableLogs(t *testing.T) verdict {
	o, rt := serve(t, always(fetchtest.Answer{}))
	c := retryablehttp.NewClient()
	c.HTTPClient = &http.Client{Transport: rt}
	logger, ok := c.Logger.(*log.Logger)
	if !ok || logger.Writer() != io.Writer(os.Stderr) {
		return judge(true, "no log to stderr")
	}
	var text bytes.Buffer
	logger.SetOutput(&text)
	defer logger.SetOutput(os.Stderr)
	resp, err := c.Get(o.URL)
	finish(resp, err)
	return judge(false, "%s to stderr for a request", times(strings.Count(text.String(), "\n"), "line"))
}

func plinthLogs(t *testing.T) verdict {
	o, rt := serve(t, always(fetchtest.Answer{}))
	text := quietly(t, func() { finish(plinth(fetch.Options{})(t, rt)(newRequest(t, "GET", o.URL, nil))) })
	return judge(text == "", "%s to stderr for a request", times(strings.Count(text, "\n"), "line"))
}

// connsOfAttempts counts the connections that attempts use which fail.
func connsOfAttempts(a fetchtest.Answer, open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(a))
		do := open(t, rt)
		for range 5 {
			finish(do(newRequest(t, "GET", o.URL, nil)))
		}
		s := o.Stats()
		return judge(s.Conns <= 2, "%s for %d attempts, %d open", times(s.Conns, "connection"), s.Requests, s.OpenConns)
	}
}

// waitAfterCancel has the context of a request end while it waits for its next
// attempt.
func waitAfterCancel(open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(fetchtest.Answer{Reset: true}))
		ctx, cancel := context.WithCancel(t.Context())
		do, request := open(t, rt), newRequest(t, "GET", o.URL, nil).WithContext(ctx)
		start := time.Now()
		stop := time.AfterFunc(30*time.Millisecond, cancel)
		defer stop.Stop()
		_, _, err := finish(do(request))
		return judge(time.Since(start) < 300*time.Millisecond && err != nil, "returned %s after it began; cancelled after 30 ms", ms(start))
	}
}

func reqNegative(t *testing.T) verdict {
	const enough = 50
	requests := 0
	o, _ := serve(t, func(*http.Request) fetchtest.Answer {
		if requests++; requests == enough {
			return fetchtest.Answer{}
		}
		return fetchtest.Answer{Reset: true}
	})
	finish(reqDoer(req.C().SetCommonRetryCount(-1).SetCommonRetryFixedInterval(time.Microsecond))(newRequest(t, "GET", o.URL, nil)))
	return judge(o.Requests() < enough, "sent %d requests, until one was answered", o.Requests())
}

func plinthNegative(*testing.T) verdict {
	_, err := fetch.New(fetch.Options{Retry: fetch.RetryPolicy{Attempts: -1}})
	return judge(err != nil, "New: %v", err)
}

// bomb has a small answer that is a large one when it is decompressed.
func bomb(open opener) trial {
	return func(t *testing.T) verdict {
		o, rt := serve(t, always(fetchtest.Bomb(16<<20)))
		_, body, err := finish(open(t, rt)(newRequest(t, "GET", o.URL, nil)))
		if err != nil {
			return judge(errors.Is(err, fetch.ErrBodyTooLarge), "%d MiB, then %s", len(body)>>20, map[bool]string{true: "ErrBodyTooLarge", false: short(err)}[errors.Is(err, fetch.ErrBodyTooLarge)])
		}
		return judge(false, "no error, and %d MiB", len(body)>>20)
	}
}

// noTimeout asks a server that never answers, in time that does not pass.
func noTimeout(open opener) trial {
	return func(t *testing.T) (v verdict) {
		synctest.Test(t, func(t *testing.T) {
			o := fetchtest.NewPipeOrigin(always(fetchtest.Answer{Delay: 1000 * time.Hour}))
			rt := o.Transport()
			ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
			defer cancel()
			start := time.Now()
			_, _, err := finish(open(t, rt)(newRequest(t, "GET", o.URL, nil).WithContext(ctx)))
			v = judge(err != nil && time.Since(start) <= time.Minute, "waited for %v", time.Since(start))
			rt.CloseIdleConnections()
			o.Close()
		})
		return v
	}
}

func requestsToFile(t *testing.T) verdict {
	return overGoodFile(t, func(o *fetchtest.Origin, rt http.RoundTripper, path string) error {
		return requests.URL(o.URL).Transport(rt).ToFile(path).Fetch(t.Context())
	})
}

func plinthDownload(t *testing.T) verdict {
	return overGoodFile(t, func(o *fetchtest.Origin, rt http.RoundTripper, path string) error {
		_, err := fetch.Download(t.Context(), newPlinth(t, fast(1), rt), o.URL, path, fetch.DownloadOptions{Resumes: -1})
		return err
	})
}

// overGoodFile downloads something that breaks off, to where there is a file.
func overGoodFile(t *testing.T, download func(o *fetchtest.Origin, rt http.RoundTripper, path string) error) verdict {
	o, rt := serve(t, always(fetchtest.Answer{Body: strings.Repeat("new", 1000), Truncate: true}))
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("good"), 0o600))
	err := download(o, rt, path)
	content, _ := os.ReadFile(path)
	left := fmt.Sprintf("%d bytes of the new one", len(content))
	if string(content) == "good" {
		left = "the old file"
	}
	return judge(err != nil && string(content) == "good", "an error, and %s is left", left)
}

// bodyAgain has a PUT answered with a 503 and then well, and looks at the body
// of the second one.
func bodyAgain(open opener) trial {
	return func(t *testing.T) verdict {
		var bodies []string
		o, rt := serve(t, always(fetchtest.Answer{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(body))
			if len(bodies) == 1 {
				w.WriteHeader(503)
			}
		})}))
		finish(open(t, rt)(newRequest(t, "PUT", o.URL, strings.NewReader("data"))))
		return judge(len(bodies) == 2 && bodies[1] == "data", "sent %q", bodies)
	}
}
