package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/goplinth/plinth/errors"
)

const (
	maxSockets     = 1000
	maxMessage     = 32 << 10
	socketPatience = time.Minute // without a message, or for a message to be taken
)

// sockets are the WebSockets that are open. A server that shuts down knows nothing of
// them, so that somebody else has to.
type sockets struct {
	ctx  context.Context // ends when all are to be closed
	end  context.CancelFunc
	all  sync.WaitGroup
	open atomic.Int64
}

func newSockets() *sockets {
	ctx, cancel := context.WithCancel(context.Background())
	return &sockets{ctx: ctx, end: cancel}
}

// close tells the other ends that the server goes away, and waits for that.
func (ss *sockets) close() {
	ss.end()
	ss.all.Wait()
}

// echo sends every message back to where it came from.
func (s *service) echo(c *call) error {
	if s.sockets.open.Add(1) > maxSockets || s.draining.Load() {
		s.sockets.open.Add(-1)
		return errors.With(errors.New("too many sockets"), errors.WithKind(errors.Unavailable), errors.WithRetryAfter(time.Second))
	}
	defer s.sockets.open.Add(-1)
	s.sockets.all.Add(1)
	defer s.sockets.all.Done()

	h := &handshake{ResponseWriter: c.w}
	conn, err := websocket.Accept(h, c.r, &websocket.AcceptOptions{OriginPatterns: s.cfg.CORSOrigins})
	if err != nil {
		return errors.Wrap(statusError(max(h.status, http.StatusBadRequest)), "accept socket", slog.String("cause", err.Error()))
	}
	c.status = http.StatusSwitchingProtocols
	conn.SetReadLimit(maxMessage)
	stop := context.AfterFunc(s.sockets.ctx, func() { conn.Close(websocket.StatusGoingAway, "the server goes away") })
	defer stop()
	for {
		if err := echoOne(conn); err != nil {
			// What Read has not closed by itself: a close frame, or a message too big.
			conn.CloseNow()
			return nil
		}
	}
}

// A handshake keeps back the text with which websocket.Accept refuses a request, so
// that a problem object can be the answer.
type handshake struct {
	http.ResponseWriter
	status int
}

func (h *handshake) WriteHeader(status int) {
	h.status = status
	if status == http.StatusSwitchingProtocols {
		h.ResponseWriter.WriteHeader(status)
	}
}

func (h *handshake) Write(p []byte) (int, error) { return len(p), nil }

// Unwrap leads to the connection.
func (h *handshake) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func echoOne(conn *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), socketPatience)
	defer cancel()
	kind, message, err := conn.Read(ctx)
	if err != nil {
		return err
	}
	return conn.Write(ctx, kind, message)
}
