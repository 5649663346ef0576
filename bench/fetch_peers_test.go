package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/carlmjohnson/requests"
	"github.com/cristalhq/hedgedhttp"
	"github.com/failsafe-go/failsafe-go/failsafehttp"
	restyv2 "github.com/go-resty/resty/v2"
	"github.com/gojek/heimdall/v7"
	"github.com/gojek/heimdall/v7/httpclient"
	"github.com/goplinth/plinth/fetch"
	"github.com/hashicorp/go-retryablehttp"
	"resty.dev/v3"
)

// fetchTimeout bounds each request, whatever the client: by a setting where it
// has one that does so, and by the context otherwise.
const fetchTimeout = 30 * time.Second

// fetchGet gets a URL and returns the body.
type fetchGet func(url string) ([]byte, error)

// A fetchImpl opens a client on top of a transport, with up to two retries
// where it can retry. It must be closed by the function that comes second.
type fetchImpl struct {
	name string
	open func(tb testing.TB, transport http.RoundTripper) fetchGet
}

var fetchImpls = []fetchImpl{
	{"plinth", openFetch},
	{"nethttp", openNetHTTP},
	{"nethttp-bare", openBare},
	{"retryablehttp", openRetryable},
	{"resty-v2", openRestyV2},
	{"resty-v3", openRestyV3},
	{"failsafe", openFailsafe},
	{"requests", openRequests},
	{"hedgedhttp", openHedged},
	{"heimdall", openHeimdall},
}

func openFetch(tb testing.TB, transport http.RoundTripper) fetchGet {
	c, err := fetch.New(fetch.Options{Transport: transport, PerHost: fetchCallers})
	if err != nil {
		tb.Fatal(err)
	}
	ctx := context.Background()
	return func(url string) ([]byte, error) { return fetch.Get[[]byte](ctx, c, url) }
}

// viaDo gets with a function that returns a response, which is how it is done
// with most clients.
func viaDo(do func(*http.Request) (*http.Response, error)) fetchGet {
	return func(url string) ([]byte, error) {
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		return readSized(do(req))
	}
}

// readSized reads a body in the cheapest way there is.
func readSized(resp *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	if resp.ContentLength < 0 {
		return io.ReadAll(resp.Body)
	}
	body := make([]byte, resp.ContentLength)
	_, err = io.ReadFull(resp.Body, body)
	return body, err
}

// openNetHTTP is the standard library, tuned: what a program has that uses no
// client library. It has a timeout, and neither retries nor limits.
func openNetHTTP(_ testing.TB, transport http.RoundTripper) fetchGet {
	return viaDo((&http.Client{Transport: transport}).Do)
}

// openBare has no timeout either.
func openBare(_ testing.TB, transport http.RoundTripper) fetchGet {
	c := &http.Client{Transport: transport}
	return func(url string) ([]byte, error) {
		req, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		return readSized(c.Do(req))
	}
}

func openRetryable(_ testing.TB, transport http.RoundTripper) fetchGet {
	c := retryablehttp.NewClient()
	c.HTTPClient = &http.Client{Transport: transport}
	c.Logger = nil
	c.RetryMax = 2
	return func(url string) ([]byte, error) {
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		return readSized(c.Do(req))
	}
}

func openRestyV2(_ testing.TB, transport http.RoundTripper) fetchGet {
	c := restyv2.NewWithClient(&http.Client{Transport: transport}).SetRetryCount(2)
	return func(url string) ([]byte, error) {
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		resp, err := c.R().SetContext(ctx).Get(url)
		if err != nil {
			return nil, err
		}
		return resp.Body(), nil
	}
}

func openRestyV3(tb testing.TB, transport http.RoundTripper) fetchGet {
	c := resty.New().SetTransport(transport).SetTimeout(fetchTimeout).SetRetryCount(2)
	tb.Cleanup(func() { c.Close() })
	return func(url string) ([]byte, error) {
		resp, err := c.R().Get(url)
		if err != nil {
			return nil, err
		}
		return resp.Bytes(), nil
	}
}

func openFailsafe(_ testing.TB, transport http.RoundTripper) fetchGet {
	retry := failsafehttp.NewRetryPolicyBuilder().WithMaxRetries(2).WithBackoff(50*time.Millisecond, 5*time.Second).Build()
	c := &http.Client{Transport: failsafehttp.NewRoundTripper(transport, retry)}
	return viaDo(c.Do)
}

// openRequests has no retries.
func openRequests(_ testing.TB, transport http.RoundTripper) fetchGet {
	c := &http.Client{Transport: transport}
	return func(url string) ([]byte, error) {
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		var body bytes.Buffer
		err := requests.URL(url).Client(c).ToBytesBuffer(&body).Fetch(ctx)
		return body.Bytes(), err
	}
}

// openHedged hedges and has no retries.
func openHedged(tb testing.TB, transport http.RoundTripper) fetchGet {
	c, err := hedgedhttp.NewClient(10*time.Second, 2, &http.Client{Transport: transport})
	if err != nil {
		tb.Fatal(err)
	}
	return viaDo(c.Do)
}

func openHeimdall(_ testing.TB, transport http.RoundTripper) fetchGet {
	c := httpclient.NewClient(
		httpclient.WithHTTPClient(&http.Client{Transport: transport}),
		httpclient.WithRetryCount(2),
		httpclient.WithRetrier(heimdall.NewRetrier(heimdall.NewConstantBackoff(50*time.Millisecond, 5*time.Millisecond))),
	)
	return viaDo(c.Do)
}
