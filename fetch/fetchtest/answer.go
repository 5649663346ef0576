package fetchtest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An Answer says how the [Origin] answers one request, faults included. The
// zero Answer is an empty 200.
type Answer struct {
	Status int         // 0 means 200
	Header http.Header // added to the response; Content-Type is JSON without it
	Body   string

	// Zeros is how many zero bytes follow Body. They are made on the way and
	// take no memory.
	Zeros int64

	// Gzip compresses the body, whether the client asked for it or not.
	Gzip bool

	// Handler, if not nil, writes the response in place of the fields above. The
	// faults below apply to what it writes.
	Handler http.Handler

	// Delay passes before the header is sent, unless the client goes away
	// first.
	Delay time.Duration

	// Trickle passes before each byte of the body.
	Trickle time.Duration

	// Length is the Content-Length that is announced in place of the right one.
	// If it is more than there is, the connection breaks off (HTTP/1.1) or the
	// stream ends early (HTTP/2); if it is less, the rest follows on the
	// connection all the same, which is closed then (HTTP/2: the rest is not
	// sent). Negative means that none is announced.
	Length int64

	// Reset breaks the connection instead of answering: with a TCP reset, or one
	// of the stream in HTTP/2.
	Reset bool

	// Truncate breaks the connection in the middle of the body. It needs a
	// length, which all answers have but those of some Handlers.
	Truncate bool

	// CutAfter, if not 0, breaks the connection after that many bytes of the
	// body.
	CutAfter int64

	// Failures is how many requests for a URL (method, path and query) are
	// answered by Fail, or without that with FailStatus and FailHeader, before
	// the first one that is answered as the other fields say.
	Failures   int
	Fail       *Answer
	FailStatus int // 0 means 503
	FailHeader http.Header
}

// failure returns the answer of a request that fails.
func (a *Answer) failure() Answer {
	if a.Fail != nil {
		f := *a.Fail
		f.Failures = 0
		return f
	}
	f := Answer{Status: a.FailStatus, Header: a.FailHeader, Delay: a.Delay}
	if f.Status == 0 {
		f.Status = http.StatusServiceUnavailable
	}
	return f
}

// Busy returns an answer with the status, such as 429 or 503, and a Retry-After
// in seconds, rounded up.
func Busy(status int, after time.Duration) Answer {
	seconds := (after + time.Second - 1) / time.Second
	return Answer{Status: status, Header: http.Header{"Retry-After": {strconv.FormatInt(int64(seconds), 10)}}}
}

// BusyUntil is [Busy] with the other form of Retry-After, a date.
func BusyUntil(status int, t time.Time) Answer {
	return Answer{Status: status, Header: http.Header{"Retry-After": {t.UTC().Format(http.TimeFormat)}}}
}

// Redirect returns an answer with status 302 that leads to the URL, which may be
// relative. One that leads to the URL of its own request is a loop.
func Redirect(url string) Answer {
	return Answer{Status: http.StatusFound, Header: http.Header{"Location": {url}}}
}

// Bomb returns an answer whose body is size zero bytes, compressed to about a
// thousandth of that.
func Bomb(size int64) Answer { return Answer{Zeros: size, Gzip: true} }

// Content returns an answer that heeds conditions and ranges, as a server of
// files does: If-Range, Range, If-None-Match and so on. The etag is sent as it
// is, so it has quotes in it; "" means none.
func Content(body, etag string) Answer {
	return Answer{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		if etag != "" {
			w.Header().Set("ETag", etag)
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(body))
	})}
}

// write writes the answer; the faults are those of w.
func (a *Answer) write(w http.ResponseWriter) error {
	body, size := a.body()
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.WriteHeader(a.Status)
	_, err := io.Copy(w, body)
	return err
}

// body returns the body as it is sent, and its size.
func (a *Answer) body() (io.Reader, int64) {
	if !a.Gzip {
		return io.MultiReader(strings.NewReader(a.Body), &repeated{data: make([]byte, 32<<10), left: a.Zeros}), int64(len(a.Body)) + a.Zeros
	}
	// A gzip file may be several, one after the other (RFC 1952, section 2.2),
	// so that one member of zeros does for all.
	const member = 1 << 20
	first := zip([]byte(a.Body))
	whole := zip(make([]byte, member))
	rest := zip(make([]byte, a.Zeros%member))
	wholes := a.Zeros / member * int64(len(whole))
	return io.MultiReader(bytes.NewReader(first), &repeated{data: whole, left: wholes}, bytes.NewReader(rest)),
		int64(len(first)) + wholes + int64(len(rest))
}

// zip returns a gzip member, or nothing for nothing.
func zip(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b) // a Buffer takes everything
	w.Close()
	return out.Bytes()
}

// repeated reads data over and over, until left bytes have been read.
type repeated struct {
	data []byte
	at   int
	left int64
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), r.left)], r.data[r.at:])
	r.at = (r.at + n) % len(r.data)
	r.left -= int64(n)
	return n, nil
}

// head returns the status line and header of a response of HTTP/1.1, for a
// connection that the server has let go of.
func head(status int, h http.Header) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	h.Write(&b)
	b.WriteString("\r\n")
	return b.String()
}
