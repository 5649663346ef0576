package fetch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/internal/backoff"
	"github.com/goplinth/plinth/internal/config"
)

// DownloadOptions configures [Download]. The zero value has safe defaults.
type DownloadOptions struct {
	// Checksum is what the file must hash to: "sha256:" or "sha512:" and the
	// hash in hex. Empty means that it is not checked.
	Checksum string

	// MaxSize is the most bytes that the file may have. 0 means 1 GiB. It
	// takes the place of the Client's Options.MaxBody.
	MaxSize int64

	// StallTimeout is how long a transfer may wait for the next bytes before it
	// counts as broken off. 0 means 30s. It takes the place of the Client's
	// Options.Timeout, so that a download may take as long as it gets on; set a
	// deadline in the context to bound the whole.
	StallTimeout time.Duration

	// Resumes is how often a transfer that breaks off is taken up again by the
	// same call, provided that it has brought something and can be resumed. 0
	// means 10; negative means never.
	Resumes int

	// Header is sent with every request, over that of the Client's Options.
	// Range, If-Range and Accept-Encoding are set by Download.
	Header http.Header

	// OnProgress is called after each block of some 64 KiB, on the goroutine
	// of the caller, with the bytes of the file that are there, those of
	// earlier calls included, and its size, or -1 if that is not known.
	OnProgress func(done, total int64)
}

const (
	defaultMaxSize      = 1 << 30
	defaultStallTimeout = 30 * time.Second
	defaultResumes      = 10

	blockSize = 64 << 10
)

// DownloadInfo says what happened in a [Download].
type DownloadInfo struct {
	Size     int64         // of the file; 0 if it is not complete
	Received int64         // bytes that came over the network
	Reused   int64         // bytes that an earlier call had left
	Kept     int64         // after an error: bytes that a later call can use
	Resumed  int           // times that a transfer of this call was taken up again
	Attempts int           // requests sent, redirects included
	Status   int           // of the last response; 0 if there was none
	Header   http.Header   // of the last response
	ETag     string        // of the file, if it is a strong one
	Checksum string        // that was verified, in the form of the option; or ""
	Elapsed  time.Duration // from the call to its end
}

// Download gets the URL into the file at path. Whatever happens, there is never
// a part of a file at path: the bytes are written to path+".part", synced,
// checked against the length that the server told and the Checksum, and only
// then renamed to path, where they take the place of what was there, a symbolic
// link included. The mode is that of os.Create.
//
// A transfer that breaks off is resumed where it was, by this call up to
// Options.Resumes times, or by a later one, if the server gave a strong ETag
// and still has that version; otherwise the download starts over. For that, an
// error, the end of ctx, and even the end of the process leave path+".part",
// with the ETag and how much of it is known to be on the disk in
// path+".part.state". They are removed when the download is complete, turns out
// to be too large or to have the wrong checksum, or cannot be resumed. To give
// up, remove both.
//
// The bytes are stored as they come; Download asks for no compression. Options
// of the Client apply but for Timeout and MaxBody, and the answer to each
// request is awaited as its AttemptTimeout says. A nil Client means the
// defaults.
//
// The error is a [*StatusError] or that of the transport as for [Get],
// [ErrChecksum], [ErrBodyTooLarge], [ErrDownloading] if another Download to
// path is under way in any process, or that of the operating system for a file
// that cannot be written. A body whose end could not be told from a connection
// that broke (HTTP/1 with neither length nor chunks) is an error unless there is
// a Checksum. Mistakes in the options are reported all at once, before anything
// is done. The DownloadInfo is filled in as far as it got.
//
// Where the operating system has no file locks (all but Unix and Windows), the
// caller sees to it that a path has one Download at a time. The directory of
// path must not be writable by people who are not trusted.
func Download(ctx context.Context, c *Client, url, path string, o DownloadOptions) (info DownloadInfo, err error) {
	start := time.Now()
	sum, err := o.check()
	if err != nil {
		return DownloadInfo{}, err
	}
	part, err := openPartial(path, url)
	if err != nil {
		return DownloadInfo{}, fmt.Errorf("fetch: download to %s: %w", path, err)
	}
	d := &download{client: c.orDefault(), url: url, options: o, part: part, sum: sum, total: -1}
	defer func() { // also if OnProgress panics
		d.info.Kept = part.close()
		d.info.Elapsed = time.Since(start)
		info = d.info
	}()
	return info, d.run(ctx)
}

// check returns what o.Checksum asks for, or all mistakes.
func (o *DownloadOptions) check() (*checksum, error) {
	c := config.For("fetch")
	sum, ok := parseChecksum(o.Checksum)
	c.Require(ok, "DownloadOptions.Checksum", o.Checksum, `must be "sha256:" and 64 hex digits, "sha512:" and 128 hex digits, or empty for no check`)
	c.Require(o.MaxSize >= 0, "DownloadOptions.MaxSize", o.MaxSize, "must be positive, or 0 for the default of 1 GiB")
	c.Require(o.StallTimeout >= 0, "DownloadOptions.StallTimeout", o.StallTimeout, "must be positive, or 0 for the default of 30s")
	for _, key := range []string{"Accept-Encoding", "If-Range", "Range"} {
		_, set := o.Header[key]
		c.Require(!set, "DownloadOptions.Header", key, "must be left out, since Download sets it")
	}
	return sum, c.Err()
}

// checksum is what a file hashes to, and what it should.
type checksum struct {
	name string
	hash hash.Hash
	want []byte
}

// parseChecksum returns nil for an empty string.
func parseChecksum(s string) (*checksum, bool) {
	if s == "" {
		return nil, true
	}
	name, digits, _ := strings.Cut(s, ":")
	sum := &checksum{name: name}
	switch name {
	case "sha256":
		sum.hash = sha256.New()
	case "sha512":
		sum.hash = sha512.New()
	default:
		return nil, false
	}
	want, err := hex.DecodeString(digits)
	sum.want = want
	return sum, err == nil && len(want) == sum.hash.Size()
}

// download is one call of Download.
type download struct {
	client  *Client
	url     string
	options DownloadOptions
	part    *partial
	sum     *checksum // nil if there is none to check
	total   int64     // size of the file, or -1 if it is not known
	end     int64     // size of the part at the end of the body, or -1 if that is not known
	call    *call     // of the last request
	info    DownloadInfo
}

// brokenError is a transfer that broke off in the body.
type brokenError struct{ error }

func (e *brokenError) Unwrap() error { return e.error }

// errStartOver is the end of a transfer that showed the part to be of no use
// with this server. The part has been emptied.
var errStartOver = errors.New("start over")

func (d *download) run(ctx context.Context) error {
	d.info.Reused = d.part.size
	if err := d.hashPart(ctx); err != nil {
		return err
	}
	resumes := max(0, cmp.Or(d.options.Resumes, defaultResumes))
	for {
		received := d.info.Received
		err := d.transfer(ctx)
		if err == errStartOver {
			err = d.transfer(ctx)
		}
		if err == nil {
			return d.commit()
		}
		// One that brings nothing is not repeated. So a server that is down gets
		// no more requests than those of the Client's retry budget.
		_, broken := errors.AsType[*brokenError](err)
		if !broken || d.info.Received == received || d.part.etag == "" || d.info.Resumed >= resumes || ctx.Err() != nil {
			return err
		}
		d.info.Resumed++
		if err := sleep(ctx, backoff.FullJitter(d.info.Resumed, defaultBaseDelay, defaultMaxDelay)); err != nil {
			return err
		}
	}
}

// hashPart brings the checksum up to what is there of the file.
func (d *download) hashPart(ctx context.Context) error {
	if d.sum == nil {
		return nil
	}
	d.sum.hash.Reset()
	for offset := int64(0); offset < d.part.size; offset += 16 * blockSize {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, err := io.Copy(d.sum.hash, io.NewSectionReader(d.part.file, offset, min(16*blockSize, d.part.size-offset))); err != nil {
			return d.fail(err)
		}
	}
	return nil
}

// fail words an error that is not a request's.
func (d *download) fail(err error) error {
	return fmt.Errorf("fetch: download to %s: %w", d.part.path, err)
}

// transfer sends one request and appends what it brings. There is no error if
// the file is complete.
func (d *download) transfer(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := d.request(ctx)
	if err != nil {
		return err
	}
	call := &call{hosts: d.client.hosts}
	call.begin(ctx, 0) // no timeout but that of stalls
	call.sent.Store(int32(d.info.Attempts))
	defer func() { d.info.Attempts = int(call.sent.Load()); call.finish() }()
	d.call = call
	req = req.WithContext(&call.first)
	d.client.withHeader(req)
	resp, err := d.client.do(req, call)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	d.info.Status, d.info.Header = resp.StatusCode, resp.Header
	switch d.read(resp) {
	case answerWhole:
		if err := d.restart(resp); err != nil {
			return err
		}
	case answerRest:
	case answerNothingLeft:
		return nil
	case answerOther:
		if err := d.empty(""); err != nil {
			return err
		}
		return errStartOver
	case answerError:
		if resp.StatusCode < 200 || resp.StatusCode > 299 {
			return newStatusError(resp, d.call)
		}
		return d.wrong(resp, fmt.Errorf("%s is no answer to a request for the whole file", resp.Status))
	}
	if d.total > d.maxSize() { // which spares the transfer
		return d.tooLarge(resp, fmt.Sprintf("%d bytes", d.total))
	}
	return d.copyBody(ctx, resp, cancel)
}

func (d *download) request(ctx context.Context) (*http.Request, error) {
	req, err := newRequest(ctx, http.MethodGet, d.url)
	if err != nil {
		return nil, err
	}
	for key, values := range d.options.Header {
		req.Header[http.CanonicalHeaderKey(key)] = slices.Clone(values)
	}
	// Otherwise net/http asks for gzip, and the ranges and the ETag are those
	// of the compressed file.
	req.Header.Set("Accept-Encoding", "identity")
	if d.part.size > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.part.size))
		req.Header.Set("If-Range", d.part.etag)
	}
	return req, nil
}

// An answer is what a response means to the part that is there.
type answer int

const (
	answerError       answer = iota
	answerWhole              // the file from its start
	answerRest               // what the part lacks
	answerNothingLeft        // the part lacks nothing
	answerOther              // something that does not fit the part
)

// read judges resp and notes the size of the file. Servers are not believed to
// have sent what was asked for: many ignore If-Range, some send another range.
func (d *download) read(resp *http.Response) answer {
	asked := d.part.size > 0
	switch {
	case resp.StatusCode == http.StatusOK:
		d.total, d.end = resp.ContentLength, resp.ContentLength
		return answerWhole
	case resp.StatusCode == http.StatusPartialContent && asked:
		r, ok := parseContentRange(resp.Header.Get("Content-Range"))
		if !ok || r.first != d.part.size || strongETag(resp.Header) != d.part.etag || d.part.total >= 0 && r.total != d.part.total {
			return answerOther
		}
		d.total, d.end = r.total, r.last+1
		return answerRest
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && asked:
		// Here most servers leave the ETag out.
		r, ok := parseContentRange(resp.Header.Get("Content-Range"))
		etag := resp.Header.Get("ETag")
		if ok && r.total == d.part.size && d.part.total == d.part.size && (etag == "" || etag == d.part.etag) {
			return answerNothingLeft
		}
		return answerOther
	}
	return answerError
}

// restart prepares for a file from its start.
func (d *download) restart(resp *http.Response) error {
	if err := d.empty(strongETag(resp.Header)); err != nil {
		return err
	}
	d.part.total = d.total
	if d.total < 0 && d.sum == nil && resp.ProtoMajor == 1 && !slices.Contains(resp.TransferEncoding, "chunked") {
		return d.wrong(resp, errors.New("the response has neither a length nor chunks, so that a connection that breaks looks like its end; give a DownloadOptions.Checksum to tell them apart"))
	}
	return nil
}

// empty makes the part one of nothing yet of the version with the given ETag.
func (d *download) empty(etag string) error {
	d.info.Reused = 0
	if d.sum != nil {
		d.sum.hash.Reset()
	}
	if err := d.part.reset(etag); err != nil {
		return d.fail(err)
	}
	return nil
}

func (d *download) maxSize() int64 { return cmp.Or(d.options.MaxSize, defaultMaxSize) }

// wrong words the failure of a response.
func (d *download) wrong(resp *http.Response, err error) error {
	return requestError(resp.Request, d.call, err)
}

func (d *download) tooLarge(resp *http.Response, size string) error {
	d.part.useless()
	return d.wrong(resp, fmt.Errorf("%s, which is more than DownloadOptions.MaxSize, %d: %w", size, d.maxSize(), ErrBodyTooLarge))
}

// copyBody appends the body to the part. A stall ends it with cancel.
func (d *download) copyBody(ctx context.Context, resp *http.Response, cancel context.CancelCauseFunc) error {
	limit := cmp.Or(d.options.StallTimeout, defaultStallTimeout)
	stall := time.AfterFunc(limit, func() { cancel(&timeoutError{limit: "stall timeout", after: limit}) })
	defer stall.Stop()
	block := buffer.Get(blockSize)
	defer block.Release()
	for {
		n, err := 0, context.Cause(ctx) // a body that is there may be read to its end regardless
		if err == nil {
			n, err = resp.Body.Read(block.Bytes())
		}
		stall.Stop() // what follows is our time, not the server's
		if n > 0 {
			if err := d.write(resp, block.Bytes()[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			if d.end < 0 || d.part.size == d.end && d.end == d.total {
				return nil
			}
			err = io.ErrUnexpectedEOF // or the server has sent a part of what it has
		}
		if err != nil {
			return &brokenError{d.wrong(resp, fmt.Errorf("reading the body: %w", err))}
		}
		stall.Reset(limit)
	}
}

func (d *download) write(resp *http.Response, p []byte) error {
	d.info.Received += int64(len(p))
	size := d.part.size + int64(len(p))
	if size > d.maxSize() {
		return d.tooLarge(resp, fmt.Sprintf("at least %d bytes", size))
	}
	if d.end >= 0 && size > d.end {
		d.part.useless()
		return d.wrong(resp, fmt.Errorf("the body goes on after byte %d, which should be its last", d.end))
	}
	if err := d.part.append(p); err != nil {
		return d.fail(err)
	}
	if d.sum != nil {
		d.sum.hash.Write(p)
	}
	if d.options.OnProgress != nil {
		d.options.OnProgress(size, d.total)
	}
	return nil
}

// commit puts the complete file in its place.
func (d *download) commit() error {
	if d.sum != nil {
		if got := d.sum.hash.Sum(nil); !slices.Equal(got, d.sum.want) {
			d.part.useless()
			return fmt.Errorf("fetch: download to %s: %w: %s is %x; want %x", d.part.path, ErrChecksum, d.sum.name, got, d.sum.want)
		}
		d.info.Checksum = strings.ToLower(d.options.Checksum)
	}
	d.info.Size, d.info.ETag = d.part.size, d.part.etag
	if err := d.part.commit(); err != nil {
		d.info.Size = 0
		return d.fail(err)
	}
	return nil
}
