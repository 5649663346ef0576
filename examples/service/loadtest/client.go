package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A load is a number of connections to a server, each of which is always waiting for
// one answer. It speaks just as much HTTP as that takes, to leave the processors to the
// server.
type load struct {
	recorder
	addr   string
	reads  [][]byte // the request of each user
	writes [][]byte
	every  int // one request in so many is a write; 0 for none
	think  time.Duration

	mu     sync.Mutex // guards conns
	conns  []net.Conn
	wg     sync.WaitGroup
	ending atomic.Bool
}

func newLoad(s *server, tokens []string, every int) *load {
	l := &load{addr: s.addr, every: every}
	for i, token := range tokens {
		head := " /v1/users/me HTTP/1.1\r\nHost: " + s.addr + "\r\nAuthorization: Bearer " + token + "\r\n"
		l.reads = append(l.reads, []byte("GET"+head+"\r\n"))
		body := fmt.Sprintf(`{"name":"User %03d"}`, i)
		l.writes = append(l.writes, fmt.Appendf(nil, "PATCH%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body))
	}
	return l
}

func (l *load) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// open adds connections until there are n. One that cannot be made has failed.
func (l *load) open(ctx context.Context, n int) {
	var dials sync.WaitGroup
	tickets := make(chan int)
	for range 64 {
		dials.Go(func() {
			for i := range tickets {
				dialer := net.Dialer{Timeout: 10 * time.Second}
				conn, err := dialer.DialContext(ctx, "tcp", l.addr)
				if err != nil {
					l.failed.Add(1)
					continue
				}
				l.mu.Lock()
				l.conns = append(l.conns, conn)
				l.mu.Unlock()
				l.wg.Go(func() { l.drive(conn, i) })
			}
		})
	}
	for i := l.size(); i < n && ctx.Err() == nil; i++ {
		tickets <- i
	}
	close(tickets)
	dials.Wait()
}

// close ends all connections.
func (l *load) close() {
	l.ending.Store(true)
	l.mu.Lock()
	for _, conn := range l.conns {
		conn.Close()
	}
	l.mu.Unlock()
	l.wg.Wait()
}

// drive sends one request after the other over a connection, until it ends. Any answer
// but 200 has failed, and so has a connection that ends by itself.
func (l *load) drive(conn net.Conn, i int) {
	read, write := l.reads[i%len(l.reads)], l.writes[i%len(l.writes)]
	buf := make([]byte, 2048)
	for n := i; ; n++ {
		request := read
		if l.every > 0 && n%l.every == 0 {
			request = write
		}
		start := time.Now()
		_, err := conn.Write(request)
		ok := false
		if err == nil {
			ok, err = readAnswer(conn, buf)
		}
		if l.ending.Load() {
			return
		}
		l.classes[classOf(time.Since(start))].Add(1)
		if !ok {
			l.failed.Add(1)
		}
		if err != nil {
			return
		}
		if l.think > 0 {
			time.Sleep(l.think/2 + rand.N(l.think)) // so that they do not march in step
		}
	}
}

var (
	statusOK      = []byte("HTTP/1.1 200 ")
	contentLength = []byte("\r\nContent-Length: ")
	endOfLine     = []byte("\r\n")
	endOfHead     = []byte("\r\n\r\n")
)

// readAnswer reads one answer into buf and reports whether it is 200 OK.
func readAnswer(conn net.Conn, buf []byte) (bool, error) {
	for n := 0; ; {
		more, err := conn.Read(buf[n:])
		if err != nil {
			return false, err
		}
		n += more
		end := bytes.LastIndex(buf[:n], endOfHead) // the body, behind it, is one line
		if end < 0 {
			if n == len(buf) {
				return false, fmt.Errorf("an answer of more than %d bytes", len(buf))
			}
			continue
		}
		head, body := buf[:end], buf[end+len(endOfHead):n]
		_, length, _ := bytes.Cut(head, contentLength)
		length, _, _ = bytes.Cut(length, endOfLine)
		want, err := strconv.Atoi(string(length))
		if err != nil || len(head)+len(endOfHead)+want > len(buf) {
			return false, fmt.Errorf("an answer of a length that is not expected: %.100q", head)
		}
		if len(body) >= want {
			return bytes.HasPrefix(head, statusOK), nil
		}
	}
}
