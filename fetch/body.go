package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/goplinth/plinth/buffer"
)

// An ender is told, once, that a response needs nothing more from the network.
type ender interface{ end() }

// A reply is a response body that has something to end: the context of its
// attempt, its place in the gate. That is when it has been read to its end, has
// failed, or is closed, whatever comes first: after the last byte the connection
// serves the next request, even if the body is closed much later.
//
// The body below is closed once, however often the reply is.
type reply struct {
	body    io.ReadCloser
	ender   ender
	attempt *attempt // that the body came from; nil if it is not ours
	ended   atomic.Bool
	closed  atomic.Bool
}

func (r *reply) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if err != nil {
		if err != io.EOF && r.attempt != nil && r.attempt.Err() != nil {
			err = context.Cause(r.attempt)
		}
		r.finish()
	}
	return n, err
}

func (r *reply) Close() error {
	if r.closed.Swap(true) {
		return nil
	}
	err := r.body.Close()
	r.finish()
	return err
}

func (r *reply) finish() {
	if !r.ended.Swap(true) {
		r.ender.end()
	}
}

// both is two enders.
type both struct{ first, second ender }

func (b both) end() {
	b.first.end()
	b.second.end()
}

// atEnd has e told of the end of the response, at once if there is no body that
// would come over a connection.
func atEnd(resp *http.Response, e ender) {
	switch body := resp.Body.(type) {
	case *reply:
		body.ender = both{body.ender, e}
	case *memory:
		e.end()
	default:
		if isEmpty(resp) {
			e.end()
		} else {
			resp.Body = &reply{body: resp.Body, ender: e}
		}
	}
}

// isEmpty reports whether there is no body to wrap: none at all, or one that is
// the connection itself after a switch of protocols, which has methods that a
// wrapper would hide and belongs to the caller alone.
func isEmpty(resp *http.Response) bool {
	return resp.Body == nil || resp.Body == http.NoBody || resp.StatusCode == http.StatusSwitchingProtocols
}

// A memory is a response body that has been read already.
type memory struct {
	data []byte         // all of it
	buf  *buffer.Buffer // that data is in; nil if it is for the caller to keep
	off  int            // how much Read has returned
}

func (m *memory) Read(p []byte) (int, error) {
	if m.off == len(m.data) {
		return 0, io.EOF
	}
	n := copy(p, m.data[m.off:])
	m.off += n
	return n, nil
}

func (*memory) Close() error { return nil }

// release gives up the data.
func (m *memory) release() {
	if m.buf != nil {
		m.buf.Release()
	}
	*m = memory{}
}

// keep returns the data for good.
func (m *memory) keep() []byte {
	kept := m.data
	if m.buf != nil && len(kept) > maxCopy {
		m.buf.Take()
	} else if m.buf != nil {
		kept = make([]byte, len(m.data))
		copy(kept, m.data)
	}
	return kept
}

// limitedBody is a response body for the user of [Client.Do]: it may not be
// longer than limit, and ends its call when it is closed.
type limitedBody struct {
	body  io.ReadCloser
	rest  int64 // how much may still come
	limit int64
	call  *call
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.rest < 0 {
		return 0, tooLarge(b.limit)
	}
	if int64(len(p)) > b.rest {
		p = p[:b.rest+1] // one more tells whether the body ends here
	}
	n, err := b.body.Read(p)
	b.rest -= int64(n)
	if b.rest < 0 {
		return n - 1, tooLarge(b.limit)
	}
	return n, err
}

func (b *limitedBody) Close() error {
	err := b.body.Close()
	b.call.finish()
	return err
}

func tooLarge(limit int64) error {
	return fmt.Errorf("more than Options.MaxBody, %d bytes: %w", limit, ErrBodyTooLarge)
}

// maxCopy is up to which size bytes are copied out of a pooled buffer, into
// memory of just their size, rather than kept in it. Neither does a
// Content-Length above that get memory before a byte has arrived.
const maxCopy = 64 << 10

// read reads body to its end, for the call c. The size is a Content-Length, or
// -1.
func (m *memory) read(body io.Reader, size int64, c *call) error {
	var metered *meteredReader
	if c.meter != nil {
		metered = &meteredReader{body: body, meter: c.meter}
		body = metered
	}
	var err error
	if c.keep && 0 < size && size <= min(maxCopy, c.maxBody) {
		err = m.readSized(body, size)
	} else {
		err = m.readPooled(body, size, c.maxBody)
	}
	if err != nil && metered != nil {
		metered.meter.used.Add(-metered.n) // nobody keeps them
	}
	return err
}

func (m *memory) readPooled(body io.Reader, size, limit int64) error {
	buf, err := buffer.ReadAll(body, limit, size)
	if errors.Is(err, buffer.ErrTooLarge) {
		return tooLarge(limit)
	}
	if err != nil {
		return err
	}
	m.buf, m.data = buf, buf.Bytes()
	return nil
}

// readSized reads a body of a known length into memory of just that length.
// That there is no more is left to the transport, which has to know where the
// next response begins.
func (m *memory) readSized(body io.Reader, size int64) error {
	data := make([]byte, size)
	if _, err := io.ReadFull(body, data); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	m.data = data
	return nil
}

// A meter counts the bytes of all bodies of a [Batch].
type meter struct {
	limit int64
	used  atomic.Int64
	over  atomic.Bool // it has been exceeded
}

func (m *meter) exceeded() bool { return m != nil && m.over.Load() }

type meteredReader struct {
	body  io.Reader
	meter *meter
	n     int64
}

func (r *meteredReader) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.n += int64(n)
	if r.meter.used.Add(int64(n)) > r.meter.limit {
		r.meter.over.Store(true)
		// Without the bytes: io.ReadFull has no eye for an error beside the last.
		return 0, fmt.Errorf("more than Batch.MaxTotalBytes, %d bytes, in all bodies together: %w", r.meter.limit, ErrBodyTooLarge)
	}
	return n, err
}

const (
	drainSize = 64 << 10
	drainTime = time.Second
)

// discard closes the body of a response that is not wanted. To keep its
// connection, the rest is read first, unless that is much or takes long.
func discard(resp *http.Response) {
	switch body := resp.Body.(type) {
	case nil:
	case *memory:
		body.release()
	default:
		drain(body)
	}
}

// drain closes body after reading what is left of it, up to drainSize and for
// up to drainTime.
func drain(body io.ReadCloser) {
	stop := cutOff(body)
	defer stop()
	io.CopyN(io.Discard, body, drainSize)
	body.Close()
}

// cutOff ends body in drainTime, unless it is stopped before. A Read that waits
// for the network is not woken by Close; only the end of its context does that.
func cutOff(body io.ReadCloser) (stop func() bool) {
	if r, ok := body.(interface{ abort() }); ok {
		return time.AfterFunc(drainTime, r.abort).Stop
	}
	return func() bool { return true }
}

// errDiscarded is the cause of the end of an attempt that is not needed.
var errDiscarded = errors.New("the response is not needed")

// abort ends the context that the body comes under.
func (r *reply) abort() {
	if r.attempt != nil {
		r.attempt.cancel(errDiscarded)
	}
}
