package fetch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// A RequestOption changes a request before it is sent, or returns an error that
// becomes that of the request. Options are applied in their order.
type RequestOption func(*http.Request) error

// WithHeader sets a header of the request.
func WithHeader(key, value string) RequestOption {
	return func(req *http.Request) error {
		req.Header.Set(key, value)
		return nil
	}
}

// WithIdempotencyKey sets the header Idempotency-Key, which says that the
// server does the work of requests with the same key once. It opens all methods
// to retries. The key is to be unique, such as a random UUID.
func WithIdempotencyKey(key string) RequestOption { return WithHeader("Idempotency-Key", key) }

// WithQuery adds a parameter to the query of the URL. Those that are there
// stay.
func WithQuery(key, value string) RequestOption {
	return func(req *http.Request) error {
		pair := url.QueryEscape(key) + "=" + url.QueryEscape(value)
		if req.URL.RawQuery != "" {
			pair = req.URL.RawQuery + "&" + pair
		}
		req.URL.RawQuery = pair
		return nil
	}
}

// WithMethod sets the method, such as http.MethodPut.
func WithMethod(method string) RequestOption {
	return func(req *http.Request) error {
		req.Method = method
		return nil
	}
}

// WithBearer sets the header Authorization to a bearer token.
func WithBearer(token string) RequestOption { return WithHeader("Authorization", "Bearer "+token) }

// WithTokens has the request carry a bearer token from source, which is asked
// before every attempt, and once more if the server answers with a 401: the
// request is then sent again with the new token, whatever its method, since a
// server that does not know who asks has done nothing. It is for the functions
// of this package that take RequestOptions; on another request it is an error.
func WithTokens(source TokenSource) RequestOption {
	return func(req *http.Request) error {
		c := callOf(req.Context())
		if c == nil {
			return errors.New("fetch: WithTokens on a request that is not made by Get or Post; use Options.Tokens")
		}
		c.auth = &auth{tokens: source}
		return nil
	}
}

// WithBody sets the body, as Post does.
func WithBody(body any) RequestOption {
	return func(req *http.Request) error { return setBody(req, body) }
}

// Multipart is a body of the type multipart/form-data.
type Multipart struct {
	Fields url.Values // sent first, ordered by key
	Files  []File
}

// File is a part of a [Multipart] with a file name.
type File struct {
	Field string // name of the form field
	Name  string // file name; the server may see it, so it is best without a path
	Type  string // Content-Type; empty means application/octet-stream

	// Open returns the contents. It is called when the part is sent, once for
	// each attempt, so that a file of any size is in memory in small pieces
	// only. What it returns is closed.
	Open func() (io.ReadCloser, error)
}

// setBody makes body that of req. A Content-Type that is set later wins.
func setBody(req *http.Request, body any) error {
	switch b := body.(type) {
	case nil:
		return nil
	case []byte:
		setBytes(req, "application/octet-stream", b)
	case string:
		setBytes(req, "text/plain; charset=utf-8", []byte(b))
	case url.Values:
		setBytes(req, "application/x-www-form-urlencoded", []byte(b.Encode()))
	case Multipart:
		return b.set(req)
	case *Multipart:
		return b.set(req)
	case io.Reader:
		return setReader(req, b)
	default:
		data, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("fetch: the body, a %T, cannot be written as JSON: %w", body, err)
		}
		setBytes(req, "application/json", data)
	}
	return nil
}

func setBytes(req *http.Request, contentType string, data []byte) {
	req.Header.Set("Content-Type", contentType)
	req.ContentLength = int64(len(data))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	req.Body, _ = req.GetBody()
	if len(data) == 0 {
		req.Body, req.GetBody = http.NoBody, nil
	}
}

// setReader leaves it to net/http to tell which readers can be read again.
func setReader(req *http.Request, body io.Reader) error {
	made, err := http.NewRequestWithContext(req.Context(), http.MethodPost, "/", body)
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Body, req.GetBody, req.ContentLength = made.Body, made.GetBody, made.ContentLength
	return nil
}

// set makes m the body of req. What comes between the files is written
// beforehand; the files are opened as they are reached.
func (m *Multipart) set(req *http.Request) error {
	var pieces []piece
	var text bytes.Buffer
	w := multipart.NewWriter(&text)
	for _, key := range sortedKeys(m.Fields) {
		for _, value := range m.Fields[key] {
			if err := w.WriteField(key, value); err != nil {
				return fmt.Errorf("fetch: Multipart field %q: %w", key, err)
			}
		}
	}
	for _, f := range m.Files {
		if f.Open == nil {
			return fmt.Errorf("fetch: Multipart file %q has no Open (nil); set it to a function that returns the contents", f.Name)
		}
		if _, err := w.CreatePart(f.header()); err != nil {
			return fmt.Errorf("fetch: Multipart file %q: %w", f.Name, err)
		}
		pieces = append(pieces, piece{text: bytes.Clone(text.Bytes())}, piece{open: f.Open})
		text.Reset()
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("fetch: Multipart: %w", err)
	}
	pieces = append(pieces, piece{text: text.Bytes()})

	req.Header.Set("Content-Type", w.FormDataContentType())
	req.ContentLength = -1
	if len(m.Files) == 0 {
		req.ContentLength = int64(text.Len())
	}
	req.GetBody = func() (io.ReadCloser, error) { return &multipartBody{pieces: pieces}, nil }
	req.Body, _ = req.GetBody()
	return nil
}

func sortedKeys(values url.Values) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func (f *File) header() textproto.MIMEHeader {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "%0D", "\n", "%0A").Replace
	contentType := f.Type
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	return textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`, escape(f.Field), escape(f.Name))},
		"Content-Type":        {strings.NewReplacer("\r", "", "\n", "").Replace(contentType)},
	}
}

// A piece of a multipart body is either text or a file.
type piece struct {
	text []byte
	open func() (io.ReadCloser, error)
}

// multipartBody reads one piece after the other.
type multipartBody struct {
	pieces []piece
	file   io.ReadCloser // of the first of pieces, if it is open
	closed bool
}

func (b *multipartBody) Read(p []byte) (int, error) {
	for len(b.pieces) > 0 && !b.closed {
		first := &b.pieces[0]
		if first.open == nil {
			n := copy(p, first.text)
			if n == len(first.text) {
				b.pieces = b.pieces[1:]
			} else {
				b.pieces = append([]piece{{text: first.text[n:]}}, b.pieces[1:]...)
			}
			return n, nil
		}
		if b.file == nil {
			file, err := first.open()
			if err != nil {
				return 0, fmt.Errorf("opening a file of the form: %w", err)
			}
			b.file = file
		}
		n, err := b.file.Read(p)
		if err == io.EOF {
			err = b.file.Close()
			b.file, b.pieces = nil, b.pieces[1:]
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// Close implements [io.Closer].
func (b *multipartBody) Close() error {
	b.closed = true
	if b.file == nil {
		return nil
	}
	err := b.file.Close()
	b.file = nil
	return err
}
