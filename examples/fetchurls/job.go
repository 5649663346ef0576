package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/workerpool"
)

// A record is the line of one URL.
type record struct {
	URL      string `json:"url"`
	Status   int    `json:"status"` // of the last answer; 0 if there was none
	Bytes    int64  `json:"bytes"`
	MS       int64  `json:"ms"` // with all attempts and waits
	Attempts int    `json:"attempts"`
	File     string `json:"file,omitempty"`
	Kind     string `json:"kind,omitempty"` // of the failure; see kindOf
	Error    string `json:"error,omitempty"`

	err error
}

// job fetches the URLs of one run.
type job struct {
	options
	client *fetch.Client
}

const (
	attempts      = 3
	maxRetryAfter = time.Minute
)

func newClient(o options, t *tally) (*fetch.Client, error) {
	transport := fetch.NewTransport(fetch.TransportOptions{ConnsPerHost: o.perHost})
	if o.public {
		if err := fetch.GuardPublic(transport, fetch.Guard{}); err != nil {
			return nil, err
		}
	}
	return fetch.New(fetch.Options{
		Transport:      transport,
		Timeout:        o.callTimeout(),
		AttemptTimeout: o.timeout,
		MaxBody:        o.maxBytes,
		PerHost:        o.perHost,
		Rate:           o.rate,
		Retry:          fetch.RetryPolicy{Attempts: attempts, MaxRetryAfter: maxRetryAfter},
		OnAttempt:      t.attempt,
	})
}

// callTimeout returns how long a URL may take with all its attempts. A call's
// time goes on while it waits for a place with its host and for its turn. If all
// that are under way are for one host, those waits add up, and with the usual
// timeout the last in line would fail without having been sent.
func (o options) callTimeout() time.Duration {
	rounds := (o.concurrency + o.perHost - 1) / o.perHost
	wait := time.Duration(rounds) * o.timeout
	if o.rate > 0 {
		wait += time.Duration(float64(o.concurrency) / o.rate * float64(time.Second))
	}
	return attempts * (wait + o.timeout + maxRetryAfter)
}

// run fetches the URLs and passes on their records. One that was cut off by
// the end of ctx has none. The error is that of write.
func (j *job) run(ctx context.Context, urls iter.Seq[string], write func(record) error) error {
	for r := range j.results(ctx, urls) {
		if ctx.Err() != nil && (errors.Is(r.err, context.Cause(ctx)) || errors.Is(r.err, context.Canceled)) {
			continue
		}
		if err := write(r); err != nil {
			return err
		}
	}
	return nil
}

// results yields the record of every URL.
func (j *job) results(ctx context.Context, urls iter.Seq[string]) iter.Seq[record] {
	if j.dir != "" {
		return j.downloads(ctx, urls)
	}
	many := fetch.Stream[[]byte]
	if j.ordered {
		many = fetch.Ordered[[]byte]
	}
	return func(yield func(record) bool) {
		for _, r := range many(ctx, j.client, urls, fetch.Batch{Concurrency: j.concurrency}) {
			if !yield(newRecord(r.URL, r.Status, int64(len(r.Value)), r.Attempts, r.Elapsed, r.Err)) {
				return
			}
		}
	}
}

// downloads is results for bodies that go into files.
func (j *job) downloads(ctx context.Context, urls iter.Seq[string]) iter.Seq[record] {
	many := workerpool.MapUnordered[string, record]
	if j.ordered {
		many = workerpool.Map
	}
	return func(yield func(record) bool) {
		for r, err := range many(ctx, urls, j.download, workerpool.Options{Workers: j.concurrency}) {
			if err != nil {
				r.err = err
			}
			if !yield(r) {
				return
			}
		}
	}
}

func (j *job) download(ctx context.Context, rawURL string) (record, error) {
	name := fileName(rawURL)
	info, err := fetch.Download(ctx, j.client, rawURL, filepath.Join(j.dir, name), fetch.DownloadOptions{
		MaxSize:      j.maxBytes,
		StallTimeout: j.timeout,
	})
	r := newRecord(rawURL, info.Status, info.Size, info.Attempts, info.Elapsed, err)
	if err == nil {
		r.File = name
	}
	return r, nil
}

func newRecord(rawURL string, status int, size int64, attempts int, elapsed time.Duration, err error) record {
	r := record{URL: rawURL, Status: status, Bytes: size, MS: elapsed.Milliseconds(), Attempts: attempts, err: err}
	if err != nil {
		r.Kind, r.Error = kindOf(rawURL, err), err.Error()
	}
	return r
}

// fileName returns the name that the body of a URL is saved under: the last
// element of its path, without what a shell or a file system may take amiss, and
// a hash of the URL, so that no two have the same.
func fileName(rawURL string) string {
	base := "index"
	if u, err := url.Parse(rawURL); err == nil && path.Base(u.Path) != "." && path.Base(u.Path) != "/" {
		base = path.Base(u.Path)
	}
	base = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, base)
	ext := path.Ext(base)
	if ext == "." || len(ext) > 8 {
		ext = ""
	}
	base = cmp.Or(strings.Trim(strings.TrimSuffix(base, ext), ".-"), "index")
	sum := sha256.Sum256([]byte(rawURL))
	return fmt.Sprintf("%.60s-%x%s", base, sum[:8], ext)
}

// kindOf returns in a word why a URL failed.
func kindOf(rawURL string, err error) string {
	for _, known := range []struct {
		target error
		kind   string
	}{
		{fetch.ErrBlockedAddress, "blocked"},
		{fetch.ErrRedirectDenied, "redirect"},
		{fetch.ErrBodyTooLarge, "too large"},
		{fetch.ErrLimited, "limited"},
		{fetch.ErrDownloading, "file"},
	} {
		if errors.Is(err, known.target) {
			return known.kind
		}
	}
	u, parseErr := url.Parse(rawURL)
	op, _ := errors.AsType[*net.OpError](err)
	switch {
	case parseErr != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "url"
	case has[*fetch.StatusError](err):
		return "status"
	case has[*net.DNSError](err):
		return "dns"
	case has[*tls.CertificateVerificationError](err), has[tls.RecordHeaderError](err), has[tls.AlertError](err):
		return "tls"
	case errors.Timeout(err):
		return "timeout"
	case op != nil && op.Op == "dial":
		return "connect"
	case has[*fs.PathError](err):
		return "file"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return "broken off"
	}
	return "other"
}

func has[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
