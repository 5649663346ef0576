package main

// Deadlines of connections that may be a second late.
//
// http.Server sets, and clears, eight deadlines for each request (Go 1.26). Each takes
// locks of the poller, and each that lies in the future moves a timer of the runtime,
// which nearly always is moved again before it fires; with ten thousand connections that
// is some hundredths of the throughput. A timeout of many seconds can do with less: here
// a deadline is a number that is noted, and one timer for all connections looks once a
// second which have passed.
//
// What holds, for each direction of each connection:
//
//   - a deadline never ends anything early, and is late by coarseness at most;
//   - one before the next look, or in the past, is exact: http.Server ends a Read of its
//     own with one in the past;
//   - the last deadline that was set is the one that counts, even if another has passed
//     before it, and a zero one ends nothing;
//   - the connection below hears of a deadline only if that cannot wait for the next
//     look, and not before something waits that it may end;
//   - a second after the last connection the timer runs no more.
//
// What to copy: nothing, before a profile of your server shows SetReadDeadline.

import (
	"math"
	"net"
	"os"
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
	c := &coarseConn{Conn: conn, listener: l, read: coarseDeadline{due: never}, write: coarseDeadline{due: never, waiting: 1}}
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
		c.end(now)
	}
}

// A coarseConn is a connection of a coarseListener. It has the size of a cache line.
type coarseConn struct {
	net.Conn
	listener *coarseListener

	mu          sync.Mutex // guards what follows
	read, write coarseDeadline
}

func (c *coarseConn) Read(p []byte) (int, error) {
	if err := c.beginRead(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.read.waiting--
	c.mu.Unlock()
	return n, err
}

func (c *coarseConn) beginRead() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read.due < 0 { // has passed before there was a connection, so that no clock need say so
		return os.ErrDeadlineExceeded
	}
	c.read.waiting++
	err := c.read.handOn(c.listener, c.Conn.SetReadDeadline)
	if err != nil {
		c.read.waiting--
	}
	return err
}

func (c *coarseConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read.due = c.listener.due(t)
	return c.read.handOn(c.listener, c.Conn.SetReadDeadline)
}

func (c *coarseConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write.due = c.listener.due(t)
	return c.write.handOn(c.listener, c.Conn.SetWriteDeadline)
}

func (c *coarseConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// end is called at each look.
func (c *coarseConn) end(now time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read.end(now, c.Conn.SetReadDeadline)
	c.write.end(now, c.Conn.SetWriteDeadline)
}

func (c *coarseConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.conns, c)
	c.listener.mu.Unlock()
	err := c.Conn.Close()
	c.SetReadDeadline(time.Time{}) // what a Read reports from now on is that it is closed
	return err
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
	due     time.Duration // from the start of the listener, or never
	waiting int32         // Reads that it may end; there is always taken to be one Write
	handed  bool          // whether the connection below has a deadline
}

const never = time.Duration(math.MaxInt64)

// due returns a deadline in the form in which it is noted.
func (l *coarseListener) due(t time.Time) time.Duration {
	if t.IsZero() {
		return never
	}
	return t.Sub(l.start)
}

// handOn sets the deadline of the connection below if this one cannot wait for the next
// look, and else clears what an earlier one has left there.
func (d *coarseDeadline) handOn(l *coarseListener, set func(time.Time) error) error {
	switch {
	case d.waiting == 0:
	case d.due < time.Duration(l.next.Load()):
		d.handed = true
		return set(l.start.Add(d.due))
	case d.handed:
		d.handed = false
		return set(time.Time{})
	}
	return nil
}

func (d *coarseDeadline) end(now time.Duration, set func(time.Time) error) {
	if d.due <= now && d.waiting > 0 && !d.handed {
		d.handed = true
		set(time.Unix(1, 0)) // long ago
	}
}
