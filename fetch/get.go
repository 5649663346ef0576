package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/internal/problem"
)

// A RequestOption changes a request before it is sent.
type RequestOption func(*http.Request)

// WithHeader sets a header of the request.
func WithHeader(key, value string) RequestOption {
	return func(req *http.Request) { req.Header.Set(key, value) }
}

// Result is what became of one request.
type Result[T any] struct {
	Index    int         // position among the URLs of All or Stream
	Status   int         // of the last response; 0 if there was none
	Attempts int         // requests sent, redirects included
	URL      string      // as it was given
	Header   http.Header // of the last response
	Value    T           // zero if Err is not nil
	Err      error
	Elapsed  time.Duration // from the call to the decoded value
}

// Get fetches the URL with method GET and decodes the body. A nil Client means
// the defaults. The error is a [*StatusError], or wraps that of the transport,
// of the decoder, or the cause of ctx; a wrong URL is an error too. Each of
// them names the URL without its secrets.
func Get[T any](ctx context.Context, c *Client, url string, opts ...RequestOption) (T, error) {
	r := get[T](ctx, c, url, opts...)
	return r.Value, r.Err
}

func get[T any](ctx context.Context, c *Client, url string, opts ...RequestOption) Result[T] {
	req, err := newRequest(ctx, url)
	if err != nil {
		return Result[T]{URL: url, Err: err}
	}
	for _, opt := range opts {
		opt(req)
	}
	r, _ := Send[T](ctx, c, req) // the error is in r
	r.URL = url
	return r
}

func newRequest(ctx context.Context, rawURL string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err == nil {
		return req, nil
	}
	if parse, ok := errors.AsType[*url.Error](err); ok {
		// Its message shows the whole URL, in which there may be a password.
		return nil, fmt.Errorf("fetch: not a URL: %w", parse.Err)
	}
	return nil, fmt.Errorf("fetch: %w", err)
}

// Send sends req with the context ctx and decodes the body as [Get] does. The
// Result is filled in as far as the request got, also if there is an error,
// which is returned beside it too.
func Send[T any](ctx context.Context, c *Client, req *http.Request) (Result[T], error) {
	start := time.Now()
	var t trail
	r := Result[T]{}
	r.Err = c.orDefault().sendInto(req.WithContext(ctx), &t, func(resp *http.Response) error {
		r.Status, r.Header = resp.StatusCode, resp.Header
		return readValue(resp, &t, &r.Value)
	})
	if req.URL != nil {
		r.URL = req.URL.String()
	}
	r.Attempts, r.Elapsed = t.attempts, time.Since(start)
	return r, r.Err
}

// sendInto sends req, lets read have the response and closes it.
func (c *Client) sendInto(req *http.Request, t *trail, read func(*http.Response) error) error {
	resp, err := c.do(req, t)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return read(resp)
}

// readValue decodes the body of resp into value.
func readValue[T any](resp *http.Response, t *trail, value *T) error {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return newStatusError(resp, t)
	}
	body, err := buffer.ReadAll(resp.Body, -1, resp.ContentLength)
	if err != nil {
		return requestError(resp.Request, t, fmt.Errorf("reading the body: %w", err))
	}
	defer body.Release()
	switch v := any(value).(type) {
	case *[]byte:
		*v = body.Take()
	case *string:
		*v = body.String()
	default:
		if err := decodeJSON(body.Bytes(), value); err != nil {
			return requestError(resp.Request, t, fmt.Errorf("%s with content type %q: %w", resp.Status, resp.Header.Get("Content-Type"), err))
		}
	}
	return nil
}

func decodeJSON[T any](body []byte, value *T) error {
	if len(body) == 0 {
		return errors.New("the body is empty, not JSON")
	}
	err := json.Unmarshal(body, value)
	if err == nil {
		return nil
	}
	var zero T
	*value = zero // it may have been filled in part
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	return fmt.Errorf("the body does not fit %T: %w", zero, err)
}

// newStatusError reads the start of the body and drops the rest.
func newStatusError(resp *http.Response, t *trail) *StatusError {
	e := &StatusError{
		Method:   resp.Request.Method,
		URL:      redact(resp.Request.URL),
		Status:   resp.StatusCode,
		Header:   resp.Header,
		Attempts: t.attempts,
	}
	if t.budgetExhausted {
		e.cause = ErrBudgetExhausted
	}
	body := resp.Body.(*limitedBody)
	stop := time.AfterFunc(drainTime, body.cancel)
	snippet := buffer.Empty(snippetSize)
	defer snippet.Release()
	snippet.ReadFrom(io.LimitReader(body, snippetSize)) // as much as comes in time
	stop.Stop()
	drain(body, body.cancel)
	if snippet.Len() > 0 {
		e.Body = []byte(snippet.String())
	}
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media == problem.ContentType {
		var p Problem
		if json.Unmarshal(e.Body, &p) == nil {
			e.Problem = &p
		}
	}
	return e
}
