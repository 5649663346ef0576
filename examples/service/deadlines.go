package main

// Deadlines of connections that may be a second late.
//
// http.Server sets, and clears, several deadlines for each request. Each that lies in the
// future moves a timer of the runtime, which nearly always is moved again before it
// fires; with ten thousand connections that is some hundredths of the throughput. A
// timeout of many seconds can do with less: here a deadline is a number that is noted,
// and one timer for all connections looks once a second which have passed.
//
// What holds, for each direction of each connection:
//
//   - a deadline never ends anything early, and is late by coarseness at most;
//   - one before the next look, or in the past, is handed on and thus exact: http.Server
//     ends a Read of its own with one in the past;
//   - the last deadline that was set is the one that counts, even if another has passed
//     before it, and a zero one ends nothing;
//   - a second after the last connection the timer runs no more.
//
// What to copy: nothing, before a profile of your server shows SetReadDeadline.

import (
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goplinth/plinth/errors"
)

// coarseness is the time between two looks.
const coarseness = time.Second

// A coarseListener accepts connections whose deadlines it watches. It goes on with those
// that are open when it is closed.
type coarseListener struct {
	net.Listener
	start time.Time
	next  atomic.Int64 // when the next look is due, in nanoseconds from start

	mu    sync.Mutex // guards what follows
	conns map[*coarseConn]struct{}
	timer *time.Timer
}

func withCoarseDeadlines(l net.Listener) *coarseListener {
	c := &coarseListener{Listener: l, start: time.Now(), conns: make(map[*coarseConn]struct{})}
	c.timer = time.AfterFunc(coarseness, c.look)
	return c
}

func (l *coarseListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &coarseConn{Conn: conn, listener: l}
	c.read = coarseDeadline{set: conn.SetReadDeadline, due: never}
	c.write = coarseDeadline{set: conn.SetWriteDeadline, due: never}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns[c] = struct{}{}; len(l.conns) == 1 {
		l.planLook()
	}
	return c, nil
}

// planLook is called with mu held, before the deadlines are looked at: one that is set
// meanwhile then counts on the look that is to come.
func (l *coarseListener) planLook() {
	l.next.Store(int64(time.Since(l.start) + coarseness))
	l.timer.Reset(coarseness)
}

// look ends what waits beyond its deadline.
func (l *coarseListener) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conns) == 0 {
		return
	}
	l.planLook()
	now := time.Since(l.start)
	for c := range l.conns {
		c.read.end(now)
		c.write.end(now)
	}
}

// A coarseConn is a connection of a coarseListener.
type coarseConn struct {
	net.Conn
	listener    *coarseListener
	read, write coarseDeadline
}

func (c *coarseConn) SetReadDeadline(t time.Time) error  { return c.read.change(c.listener, t) }
func (c *coarseConn) SetWriteDeadline(t time.Time) error { return c.write.change(c.listener, t) }

func (c *coarseConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *coarseConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.conns, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite is what http.Server ends a connection with whose client may still be
// sending: the client then reads the answer before it learns that nobody listens.
func (c *coarseConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// A coarseDeadline is that of one direction.
type coarseDeadline struct {
	set func(time.Time) error // of the connection

	mu     sync.Mutex    // guards what follows
	due    time.Duration // from the start of the listener, or never
	handed bool          // whether the connection has a deadline
}

const never = time.Duration(math.MaxInt64)

func (d *coarseDeadline) change(l *coarseListener, t time.Time) error {
	due := never
	if !t.IsZero() {
		due = t.Sub(l.start)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.due = due
	switch {
	case due < time.Duration(l.next.Load()):
		d.handed = true
		return d.set(t)
	case d.handed:
		d.handed = false
		return d.set(time.Time{})
	}
	return nil
}

// end is called at each look.
func (d *coarseDeadline) end(now time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.due <= now && !d.handed {
		d.handed = true
		d.set(time.Unix(1, 0)) // long ago
	}
}
