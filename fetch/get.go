package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/internal/problem"
)

// Result is what became of one request.
type Result[T any] struct {
	Index    int         // position among the URLs of All, Stream or Ordered
	Status   int         // of the last response; 0 if there was none
	Attempts int         // requests sent, redirects and hedges included
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
	c = c.orDefault()
	r := request[T](c, c.newCall(ctx), http.MethodGet, url, nil, opts)
	return r.Value, r.Err
}

// Post sends body to the URL with method POST and decodes the answer as [Get]
// does. What is sent depends on the type of body:
//
//	nil          no body
//	[]byte       as it is, as application/octet-stream
//	string       as it is, as text/plain; charset=utf-8
//	url.Values   a form, as application/x-www-form-urlencoded
//	Multipart    a form with files, as multipart/form-data
//	io.Reader    what it reads, as application/octet-stream
//	other        JSON
//
// Options may set another Content-Type. A POST is sent again only if it never
// reached the server, unless it has an Idempotency-Key ([WithIdempotencyKey]).
// For an io.Reader other than a bytes.Buffer, bytes.Reader or strings.Reader not
// even then, since it can be read once only.
func Post[T any](ctx context.Context, c *Client, url string, body any, opts ...RequestOption) (T, error) {
	c = c.orDefault()
	r := request[T](c, c.newCall(ctx), http.MethodPost, url, body, opts)
	return r.Value, r.Err
}

// request makes a request and sends it as the call.
func request[T any](c *Client, call *call, method, url string, body any, opts []RequestOption) Result[T] {
	defer call.finish()
	r := Result[T]{URL: url}
	req, err := newRequest(&call.first, method, url)
	if err == nil {
		err = setBody(req, body)
	}
	for _, opt := range opts {
		if err == nil {
			err = opt(req)
		}
	}
	if err != nil {
		if req != nil && req.Body != nil {
			req.Body.Close()
		}
		r.Err = err
		return r
	}
	c.withHeader(req)
	send(c, call, req, &r)
	return r
}

func newRequest(ctx context.Context, method, rawURL string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, rawURL, nil)
	if err == nil {
		return req, nil
	}
	if parse, ok := errors.AsType[*url.Error](err); ok {
		// Its message shows the whole URL, in which there may be a password.
		return nil, fmt.Errorf("fetch: not a URL: %w; write it as in https://example.com/path", parse.Err)
	}
	return nil, fmt.Errorf("fetch: %w", err)
}

// Send sends req with the context ctx and decodes the body as [Get] does. The
// Result is filled in as far as the request got, also if there is an error,
// which is returned beside it too.
func Send[T any](ctx context.Context, c *Client, req *http.Request) (Result[T], error) {
	c = c.orDefault()
	call := c.newCall(ctx)
	defer call.finish()
	req = req.WithContext(&call.first)
	c.withHeader(req)
	var r Result[T]
	if req.URL != nil {
		r.URL = req.URL.String()
	}
	send(c, call, req, &r)
	r.Elapsed = time.Since(call.start)
	return r, r.Err
}

// send sends req and fills in r.
func send[T any](c *Client, call *call, req *http.Request, r *Result[T]) {
	call.buffered = true
	_, call.keep = any(&r.Value).(*[]byte)
	resp, err := c.do(req, call)
	if err == nil {
		r.Status, r.Header = resp.StatusCode, resp.Header
		err = readValue(resp, call, &r.Value)
	} else if broken, ok := errors.AsType[*bodyError](err); ok {
		r.Status, r.Header = broken.status, broken.header
	}
	r.Err = err
	r.Attempts = int(call.sent.Load())
}

// readValue decodes the body of resp into value.
func readValue[T any](resp *http.Response, c *call, value *T) error {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return newStatusError(resp, c)
	}
	body, ok := resp.Body.(*memory)
	if !ok { // a copy for one of several
		defer resp.Body.Close()
		body = new(memory)
		if err := body.read(resp.Body, resp.ContentLength, c); err != nil {
			return requestError(resp.Request, c, &bodyError{err: err})
		}
	}
	defer body.release()
	switch v := any(value).(type) {
	case *[]byte:
		*v = body.keep()
	case *string:
		*v = string(body.data)
	default:
		decoded := new(T) // another one, so that value can stay on the stack
		if err := decodeJSON(body.data, decoded); err != nil {
			return requestError(resp.Request, c, fmt.Errorf("%s with content type %q%s: %w", resp.Status, resp.Header.Get("Content-Type"), encoding(resp.Header), err))
		}
		*value = *decoded
	}
	return nil
}

// encoding names what was done to a body and has not been undone: net/http
// decodes gzip alone, and that only once.
func encoding(h http.Header) string {
	if values := h["Content-Encoding"]; len(values) > 0 {
		return fmt.Sprintf(" and content encoding %q, which is not decoded", strings.Join(values, ", "))
	}
	return ""
}

func decodeJSON[T any](body []byte, value *T) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return errors.New("the body is empty, not JSON")
	}
	err := json.Unmarshal(body, value)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	return fmt.Errorf("the body does not fit %T: %w", *new(T), err)
}

// newStatusError reads the start of the body and drops the rest.
func newStatusError(resp *http.Response, c *call) *StatusError {
	e := &StatusError{
		Method:   resp.Request.Method,
		URL:      redact(resp.Request.URL),
		Status:   resp.StatusCode,
		Header:   resp.Header,
		Attempts: int(c.sent.Load()),
	}
	if c.budgetExhausted {
		e.cause = ErrBudgetExhausted
	}
	snippet := buffer.Empty(snippetSize)
	defer snippet.Release()
	stop := cutOff(resp.Body)
	snippet.ReadFrom(io.LimitReader(resp.Body, snippetSize)) // as much as comes in time
	stop()
	discard(resp)
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
