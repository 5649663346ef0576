package main

import (
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/goplinth/plinth/errors"
)

// acceptPipe returns both ends of a connection.
func acceptPipe(t *testing.T, l net.Listener, pipes pipeListener) (conn net.Conn, client net.Conn) {
	t.Helper()
	go func() { client = pipes.dial() }()
	conn, err := l.Accept()
	require.NoError(t, err)
	synctest.Wait()
	return conn, client
}

// TestDeadlines sets deadlines at random, before and while something waits, and checks
// when each wait ends against the deadline that was the last at that time. A wait may
// also end because the other end has done what it waits for.
func TestDeadlines(t *testing.T) {
	for _, direction := range []string{"read", "write", "both, read", "both, write"} {
		t.Run(direction, func(t *testing.T) {
			for seed := range uint64(200) {
				synctest.Test(t, func(t *testing.T) { testDeadlines(t, direction, rand.New(rand.NewPCG(seed, 1))) })
			}
		})
	}
}

func testDeadlines(t *testing.T, direction string, random *rand.Rand) {
	upTo := func(d time.Duration) time.Duration { return time.Duration(random.Int64N(int64(d))) }
	pipes := make(pipeListener)
	l := withCoarseDeadlines(pipes)
	time.Sleep(upTo(3 * coarseness))
	conn, client := acceptPipe(t, l, pipes)
	defer client.Close()
	defer conn.Close()
	set, use, serve := conn.SetReadDeadline, conn.Read, client.Write
	switch direction {
	case "write":
		set, use, serve = conn.SetWriteDeadline, conn.Write, client.Read
	case "both, read":
		set = conn.SetDeadline
	case "both, write":
		set, use, serve = conn.SetDeadline, conn.Write, client.Read
	}
	var ended chan time.Time
	for range 20 {
		now := time.Now()
		next := l.start.Add(time.Duration(l.next.Load()))
		var deadline time.Time
		late := coarseness
		switch random.IntN(5) {
		case 0: // none
		case 1:
			deadline, late = time.Unix(1, 0), 0
		case 2:
			deadline, late = now.Add(upTo(next.Sub(now))), 0
		default:
			deadline = now.Add(upTo(5 * coarseness))
			if deadline.Before(next) {
				late = 0
			}
		}
		if ended != nil && random.IntN(4) == 0 {
			if _, err := serve(make([]byte, 1)); err == nil {
				ended = nil
			}
		}
		require.NoError(t, set(deadline))
		if ended == nil {
			if random.IntN(2) == 0 { // it may pass before there is anything to end
				time.Sleep(upTo(3 * coarseness))
				now = time.Now()
			}
			ended = make(chan time.Time, 1)
			go func(ended chan time.Time) {
				if _, err := use(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
					ended <- time.Now()
				}
			}(ended)
		}
		time.Sleep(upTo(5 * coarseness))
		synctest.Wait()
		first, last := deadline, deadline.Add(late)
		if first.Before(now) {
			first = now
		}
		if last.Before(now) {
			last = now
		}
		select {
		case end := <-ended:
			ended = nil
			require.False(t, deadline.IsZero(), "a wait without a deadline ends after %v", end.Sub(now))
			require.False(t, end.Before(first), "a deadline is %v early", first.Sub(end))
			require.False(t, end.After(last), "a deadline is %v late", end.Sub(last))
		default:
			if !deadline.IsZero() {
				require.False(t, time.Now().After(last), "a deadline has ended nothing, %v after it had to", time.Since(last))
			}
		}
	}
	require.NoError(t, conn.Close())
	_, err := use(make([]byte, 1))
	require.ErrorIs(t, err, io.ErrClosedPipe)
	synctest.Wait()
	require.Zero(t, conn.(*coarseConn).read.waiting, "Reads that have ended are counted")
}

// A countingConn counts the deadlines that it is given.
type countingConn struct {
	net.Conn
	deadlines atomic.Int64
}

func (c *countingConn) SetReadDeadline(t time.Time) error {
	c.deadlines.Add(1)
	return c.Conn.SetReadDeadline(t)
}

// TestDeadlinesThatAreNotHandedOn does what http.Server does for a request.
func TestDeadlinesThatAreNotHandedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := make(pipeListener)
		conn, client := acceptPipe(t, withCoarseDeadlines(pipes), pipes)
		defer conn.Close()
		below := &countingConn{Conn: conn.(*coarseConn).Conn}
		conn.(*coarseConn).Conn = below
		b := make([]byte, 1)
		for range 3 {
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Minute)))
			go client.Write(b)
			_, err := conn.Read(b)
			require.NoError(t, err)
			for _, past := range []time.Time{time.Unix(1, 0), time.Now()} {
				require.NoError(t, conn.SetReadDeadline(past))
				time.Sleep(3 * coarseness)
				require.NoError(t, conn.SetReadDeadline(time.Time{}))
			}
			require.NoError(t, conn.SetReadDeadline(time.Unix(1, 0)))
			_, err = conn.Read(b)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			require.NoError(t, conn.SetReadDeadline(time.Time{}))
		}
		require.Zero(t, below.deadlines.Load())
	})
}

// TestDeadlineTimer checks that it runs while there are connections, whatever came and
// went before, and not long after.
func TestDeadlineTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := make(pipeListener)
		l := withCoarseDeadlines(pipes)
		for _, pause := range []time.Duration{0, coarseness / 2, coarseness, 10 * coarseness} {
			a, _ := acceptPipe(t, l, pipes)
			b, _ := acceptPipe(t, l, pipes)
			require.NoError(t, a.Close())
			require.NoError(t, a.Close())
			time.Sleep(pause)
			start := time.Now()
			require.NoError(t, b.SetReadDeadline(start.Add(3*coarseness)))
			_, err := b.Read(make([]byte, 1))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			require.InDelta(t, 3.5*float64(coarseness), time.Since(start), 0.5*float64(coarseness))
			require.NoError(t, b.Close())
			require.Empty(t, l.conns)
			time.Sleep(pause)
		}
		synctest.Wait()
		require.False(t, l.timer.Stop(), "the timer runs without a connection")
	})
}

func TestCloseWrite(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := withCoarseDeadlines(tcp)
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	conn, err := l.Accept()
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.(*coarseConn).CloseWrite())
	rest, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Empty(t, rest)
	_, err = client.Write([]byte("x"))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.NoError(t, err, "the other direction is closed too")

	piped, _ := net.Pipe()
	require.ErrorIs(t, (&coarseConn{Conn: piped}).CloseWrite(), errors.ErrUnsupported)
}
