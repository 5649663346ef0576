package fetchtest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// faulty is a ResponseWriter that applies the faults of an answer to the body.
type faulty struct {
	http.ResponseWriter
	ctx     context.Context
	answer  *Answer
	out     io.Writer // the ResponseWriter or, once it is hijacked, the connection
	cut     int64     // bytes until the connection breaks, or -1
	started bool
	broken  bool // the body did not go out in full
}

// Unwrap is for [http.ResponseController].
func (f *faulty) Unwrap() http.ResponseWriter { return f.ResponseWriter }

// WriteHeader sets the fields that are wrong on purpose.
func (f *faulty) WriteHeader(status int) {
	if status >= 100 && status <= 199 && status != http.StatusSwitchingProtocols {
		f.ResponseWriter.WriteHeader(status)
		return
	}
	if f.started {
		return
	}
	f.started = true
	if status == 0 {
		status = http.StatusOK
	}
	h := f.Header()
	size, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
	f.cut = -1
	switch {
	case f.answer.CutAfter > 0:
		f.cut = f.answer.CutAfter
	case f.answer.Truncate && err == nil:
		f.cut = size / 2
	}
	switch length := f.answer.Length; {
	case length < 0:
		h.Del("Content-Length")
	case length > 0:
		h.Set("Content-Length", strconv.FormatInt(length, 10))
		if err == nil && length < size {
			if conn := hijack(f.ResponseWriter); conn != nil {
				// The server would keep the rest from being sent.
				context.AfterFunc(f.ctx, func() { conn.Close() })
				f.out = conn
				io.WriteString(conn, head(status, h))
				return
			}
		}
	}
	f.ResponseWriter.WriteHeader(status)
	if f.answer.Length < 0 || f.answer.Trickle > 0 {
		f.flush() // or a short body gets a length after all, and the header waits for the body
	}
}

// Write writes the part of p that is to be sent, byte by byte if it trickles.
func (f *faulty) Write(p []byte) (int, error) {
	f.WriteHeader(http.StatusOK)
	written := 0
	for len(p) > 0 && f.cut != 0 {
		n := int64(len(p))
		if f.cut > 0 {
			n = min(n, f.cut)
		}
		if f.answer.Trickle > 0 {
			n = 1
			if !pause(f.ctx, f.answer.Trickle) {
				f.broken = true
				return written, context.Cause(f.ctx)
			}
		}
		m, err := f.out.Write(p[:n])
		if errors.Is(err, http.ErrBodyNotAllowed) { // a HEAD, or a 204
			return written + len(p), nil
		}
		written += m
		if err != nil {
			f.broken = true
			return written, err
		}
		if f.answer.Trickle > 0 {
			f.flush()
		}
		p = p[n:]
		if f.cut > 0 {
			f.cut -= n
		}
	}
	if f.cut == 0 {
		f.flush()
		f.breakOff()
	}
	return written, nil
}

func (f *faulty) flush() {
	if f.out == io.Writer(f.ResponseWriter) {
		http.NewResponseController(f.ResponseWriter).Flush()
	}
}

// Flush is for handlers that send a body in pieces.
func (f *faulty) Flush() {
	f.WriteHeader(http.StatusOK)
	f.flush()
}

// breakOff ends the answer and, over HTTP/1.1, the connection.
func (f *faulty) breakOff() {
	f.broken = true
	f.release()
	panic(http.ErrAbortHandler)
}

// end is called when everything has been written. What did not go out in full
// must not look as if it had.
func (f *faulty) end() {
	f.WriteHeader(http.StatusOK)
	if f.broken || f.ctx.Err() != nil {
		f.breakOff()
	}
	f.release()
}

// release closes a connection that the server has let go of.
func (f *faulty) release() {
	if conn, ok := f.out.(net.Conn); ok {
		conn.Close()
	}
}

// reset breaks the connection before there is an answer.
func (f *faulty) reset() {
	f.broken = true
	conn := hijack(f.ResponseWriter)
	if conn == nil {
		panic(http.ErrAbortHandler) // which resets a stream of HTTP/2
	}
	raw := conn
	if layered, ok := conn.(interface{ NetConn() net.Conn }); ok {
		raw = layered.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		tcp.SetLinger(0) // nothing is left to be said: the peer gets a reset
	}
	raw.Close()
}

// hijack returns the connection, or nil over HTTP/2.
func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil
	}
	return conn
}

// pause waits, and reports false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
