package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Client sends requests within limits. A nil *Client stands for one with the
// default Options that the whole program shares, as with
// [http.DefaultClient]. A Client is immutable and safe for concurrent use. It
// owns no goroutine.
type Client struct {
	http    *http.Client
	timeout time.Duration
	maxBody int64
	header  http.Header
	tokens  TokenSource
	prepare func(*http.Request) error
	hosts   *hosts
	stats   *counters
}

// New returns a Client configured by o, or an error that names every mistake
// in it.
func New(o Options) (*Client, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &Client{
		timeout: cmp.Or(o.Timeout, defaultTimeout),
		maxBody: cmp.Or(o.MaxBody, defaultMaxBody),
		header:  o.Header.Clone(),
		tokens:  o.Tokens,
		prepare: o.PrepareAttempt,
		hosts: newHosts(hostSettings{
			perHost: max(0, cmp.Or(o.PerHost, defaultPerHost)),
			rate:    o.Rate,
			burst:   o.Burst,
			breaker: o.Breaker,
			hedge:   o.Hedge != nil,
		}),
		stats: new(counters),
	}
	c.http = &http.Client{Transport: c.policies(o), CheckRedirect: o.Redirect.checker()}
	return c, nil
}

// policies returns the chain of policies that o asks for, on top of the
// transport. The package comment says why in this order.
func (c *Client) policies(o Options) http.RoundTripper {
	rt := o.Transport
	if rt == nil {
		rt = c.newTransport()
	}
	rt = &attempts{base: rt, timeout: cmp.Or(o.AttemptTimeout, defaultAttemptTimeout), stats: c.stats, observe: o.OnAttempt}
	if o.Hedge != nil {
		rt = &hedger{base: rt, policy: *o.Hedge, hosts: c.hosts, stats: c.stats}
	}
	if o.Breaker != nil {
		rt = &breakers{base: rt, hosts: c.hosts, stats: c.stats}
	}
	if o.Rate > 0 {
		rt = &paces{base: rt, hosts: c.hosts}
	}
	if o.PerHost >= 0 {
		rt = &gates{base: rt, hosts: c.hosts}
	}
	rt = newRetrier(rt, o.Retry, c.hosts, c.stats)
	if o.Coalesce != nil {
		rt = newCoalescer(rt, *o.Coalesce, c.maxBody, c.timeout, c.stats)
	}
	return rt
}

// newTransport returns the transport of a client that is given none. It has as
// many connections to a host as requests may be in flight, so that none has to
// wait for one, and keeps them all. Without the limit it would open more: net/http
// begins to dial for a request that then gets a connection that has become free.
func (c *Client) newTransport() *http.Transport {
	perHost := c.hosts.settings.perHost
	return NewTransport(TransportOptions{
		ResponseHeaderTimeout: -1, // AttemptTimeout bounds that
		ConnsPerHost:          perHost,
		IdlePerHost:           max(perHost, defaultIdlePerHost),
	})
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
	c = c.orDefault()
	call := c.newCall(req.Context())
	req = req.WithContext(&call.first)
	c.withHeader(req)
	resp, err := c.do(req, call)
	if err != nil {
		call.finish()
		return nil, err
	}
	resp.Body = &limitedBody{body: resp.Body, rest: c.maxBody, limit: c.maxBody, call: call}
	return resp, nil
}

// do is Do for a Client that is not nil and a call that has begun, which is the
// context of req.
func (c *Client) do(req *http.Request, call *call) (*http.Response, error) {
	c.stats.requests.Add(1)
	if err := checkURL(req.URL); err != nil {
		return refuse(req, err)
	}
	c.addAuth(call, req)
	resp, err := c.follow(req)
	if err != nil {
		if call.Err() != nil {
			err = context.Cause(call.context())
		}
		return nil, requestError(req, call, err)
	}
	return resp, nil
}

// follow sends req and follows redirects. It is http.Client.Do, which makes six
// allocations to be prepared for a redirect, and so is called only when there
// is one.
func (c *Client) follow(req *http.Request) (*http.Response, error) {
	if req.RequestURI != "" {
		return refuse(req, fmt.Errorf("Request.RequestURI is %q: it belongs to servers; leave it empty", req.RequestURI))
	}
	if user := req.URL.User; user != nil && req.Header.Get("Authorization") == "" {
		password, _ := user.Password()
		req.Header = req.Header.Clone()
		req.SetBasicAuth(user.Username(), password)
	}
	resp, err := c.http.Transport.RoundTrip(req)
	if err != nil || !isRedirect(resp.StatusCode) {
		return resp, err
	}
	req = callOf(req.Context()).again(req)
	if hasBody(req) {
		// It has been closed, which http.Client does once more.
		req.Body = io.NopCloser(errorReader{})
	}
	client := *c.http
	client.Transport = &replay{resp: resp, RoundTripper: c.http.Transport}
	return client.Do(req)
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// replay answers the first request with resp.
type replay struct {
	http.RoundTripper
	resp *http.Response
}

func (r *replay) RoundTrip(req *http.Request) (*http.Response, error) {
	if resp := r.resp; resp != nil {
		r.resp = nil
		return resp, nil
	}
	return r.RoundTripper.RoundTrip(req)
}

// errorReader stands for a body that has been sent.
type errorReader struct{}

func (errorReader) Read([]byte) (int, error) {
	return 0, errors.New("fetch: the request body has been sent already")
}

// newCall returns a call of c that takes its time from now on.
func (c *Client) newCall(ctx context.Context) *call {
	call := &call{maxBody: c.maxBody, hosts: c.hosts}
	call.begin(ctx, c.timeout)
	return call
}

// withHeader adds the default headers to req, which is ours but for its Header.
func (c *Client) withHeader(req *http.Request) {
	if len(c.header) > 0 {
		header := c.header.Clone()
		maps.Copy(header, req.Header)
		req.Header = header
	} else if req.Header == nil {
		req.Header = make(http.Header)
	}
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
func requestError(req *http.Request, c *call, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	attempts := ""
	if n := c.sent.Load(); n > 1 {
		attempts = fmt.Sprintf(" after %d attempts", n)
	}
	return fmt.Errorf("fetch: %s %s%s: %w", cmp.Or(req.Method, http.MethodGet), redact(req.URL), attempts, err)
}
