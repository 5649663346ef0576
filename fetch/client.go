package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Client sends requests within limits. A nil *Client stands for one with the
// default Options that the whole program shares, as with
// [http.DefaultClient]. A Client is immutable and safe for concurrent use.
type Client struct {
	http    *http.Client
	timeout time.Duration
	maxBody int64
	header  http.Header
}

// New returns a Client configured by o, or an error that names every mistake
// in it.
func New(o Options) (*Client, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	transport := o.Transport
	if transport == nil {
		transport = newTransport()
	}
	return &Client{
		http: &http.Client{
			Transport:     newRetrier(transport, o.Retry, cmp.Or(o.AttemptTimeout, defaultAttemptTimeout)),
			CheckRedirect: checkRedirect,
		},
		timeout: cmp.Or(o.Timeout, defaultTimeout),
		maxBody: cmp.Or(o.MaxBody, defaultMaxBody),
		header:  o.Header.Clone(),
	}, nil
}

// maxIdlePerHost is above the default concurrency of a Batch: what All opens, the
// next All can use.
const maxIdlePerHost = 64

func newTransport() *http.Transport {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // the program has put something else there
		t = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	}
	t = t.Clone()
	t.MaxIdleConns = 0 // the limit for each host and the idle timeout remain
	t.MaxIdleConnsPerHost = maxIdlePerHost
	return t
}

// defaultClient is what a nil *Client stands for.
var defaultClient = sync.OnceValue(func() *Client {
	c, _ := New(Options{}) // the zero Options have no mistakes
	return c
})

// CloseIdleConnections closes the connections that are open for later
// requests. Those in use are not touched.
func (c *Client) CloseIdleConnections() { c.orDefault().http.CloseIdleConnections() }

func (c *Client) orDefault() *Client {
	if c == nil {
		return defaultClient()
	}
	return c
}

// Do sends req and returns the response, whatever its status is. The caller
// closes the body, until which the timeout runs. Reading more than
// Options.MaxBody from it gives [ErrBodyTooLarge]. The request is not modified;
// its body is always closed.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	return c.orDefault().do(req, new(trail))
}

// do is Do for a Client that is not nil. It reports how the request fared in
// t.
func (c *Client) do(req *http.Request, t *trail) (*http.Response, error) {
	if err := checkURL(req.URL); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	ctx := context.WithValue(req.Context(), trailKey{}, t)
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, &timeoutError{limit: "timeout", after: c.timeout})
	req = req.WithContext(ctx)
	if len(c.header) > 0 {
		header := c.header.Clone()
		maps.Copy(header, req.Header)
		req.Header = header
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		cancel()
		return nil, requestError(req, t, err)
	}
	resp.Body = &limitedBody{body: resp.Body, rest: c.maxBody, limit: c.maxBody, ctx: ctx, cancel: cancel}
	return resp, nil
}

// checkURL returns an error unless u can be fetched.
func checkURL(u *url.URL) error {
	switch {
	case u == nil:
		return errors.New("fetch: the request has no URL (nil)")
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("fetch: URL %q has scheme %q: want http or https, as in https://example.com/path", redact(u), u.Scheme)
	case u.Host == "":
		return fmt.Errorf("fetch: URL %q has no host: want one, as in https://example.com/path", redact(u))
	}
	return nil
}

// requestError words the failure of req. It takes the place of [url.Error],
// whose message shows the whole URL.
func requestError(req *http.Request, t *trail, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	attempts := ""
	if t.attempts > 1 {
		attempts = fmt.Sprintf(" after %d attempts", t.attempts)
	}
	return fmt.Errorf("fetch: %s %s%s: %w", cmp.Or(req.Method, http.MethodGet), redact(req.URL), attempts, err)
}
