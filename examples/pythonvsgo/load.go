package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/num"
	"github.com/goplinth/plinth/workerpool"
)

// The phases of a load.
const (
	warmUp int32 = iota
	measured
	over
)

// load keeps a request under way on each of many connections. It speaks no more
// HTTP than it has to, because what it takes of the processors the server lacks.
type load struct {
	phase     atomic.Int32
	mu        sync.Mutex // guards latencies
	latencies []float64  // in seconds, of what was answered while it was measured
	broken    atomic.Int64
}

// loadChild takes a port, the number of connections and the seconds to measure.
func loadChild(_ io.Reader, args []string, say func(outcome) error) error {
	port, err1 := strconv.Atoi(args[0])
	connections, err2 := strconv.Atoi(args[1])
	span, err3 := strconv.ParseFloat(args[2], 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	conns, dialErr := dialAll(fmt.Sprintf("127.0.0.1:%d", port), connections)
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	if len(conns) == 0 {
		return dialErr
	}
	var l load
	var wg sync.WaitGroup
	for _, conn := range conns {
		wg.Go(func() {
			if err := l.drive(conn); err != nil && l.phase.Load() != over {
				l.broken.Add(1)
			}
		})
	}
	time.Sleep(time.Duration(span / 4 * float64(time.Second)))
	l.phase.Store(measured)
	start := time.Now()
	time.Sleep(time.Duration(span * float64(time.Second)))
	l.phase.Store(over)
	elapsed := time.Since(start)
	patience := time.AfterFunc(10*time.Second, func() { // a server that hangs is not waited for
		for _, conn := range conns {
			conn.Close()
		}
	})
	wg.Wait()
	patience.Stop()
	return say(outcome{
		Seconds: elapsed.Seconds(), Count: len(l.latencies), Connected: len(conns), Broken: int(l.broken.Load()),
		P99: num.Quantile(l.latencies, 0.99),
	})
}

// dialAll opens the connections, a few at a time, because a server accepts them
// one by one. Those that the system does not grant are missing.
func dialAll(addr string, n int) ([]net.Conn, error) {
	var mu sync.Mutex // guards conns
	var conns []net.Conn
	err := workerpool.ForEachN(context.Background(), n, func(ctx context.Context, _ int) error {
		conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		conns = append(conns, conn)
		return nil
	}, workerpool.Options{Workers: 64})
	return conns, err
}

const request = "GET /hello HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"

// drive sends one request after the other until the load is over.
func (l *load) drive(conn net.Conn) error {
	answers := bufio.NewReaderSize(conn, 512)
	var mine []float64
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.latencies = append(l.latencies, mine...)
	}()
	for {
		start := time.Now()
		if _, err := io.WriteString(conn, request); err != nil {
			return err
		}
		body, err := readAnswer(answers)
		if err != nil {
			return err
		}
		switch l.phase.Load() {
		case measured:
			mine = append(mine, time.Since(start).Seconds())
		case over:
			if !isGreeting(body) {
				return errors.Errorf("the server says %q", body)
			}
			return nil
		}
	}
}

// readAnswer reads an answer that has a Content-Length and a short body.
func readAnswer(r *bufio.Reader) (string, error) {
	status, err := r.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(string(status), "HTTP/1.1 200 ") {
		return "", errors.Errorf("the server says %q", status)
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return "", err
			}
		}
	}
	body := make([]byte, length)
	_, err = io.ReadFull(r, body)
	return string(body), err
}
