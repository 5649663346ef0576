package integration

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// TestMain looks for goroutines that outlive the clients which they worked for.
// It does so at the end, since tests run in parallel.
func TestMain(m *testing.M) {
	status := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if !within(patience, func() bool { return len(clientGoroutines()) == 0 }) {
		fmt.Printf("goroutines of clients that have ended:\n\n%s\n", strings.Join(clientGoroutines(), "\n\n"))
		status = 1
	}
	os.Exit(status)
}

// clientGoroutines returns the stacks of the goroutines that send requests or
// keep connections to servers. Others belong to the servers in this process;
// toxiproxy leaves some behind with every connection that it cuts.
func clientGoroutines() []string {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	var found []string
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		for _, of := range []string{"plinth/fetch.", "plinth/workerpool.", "http.(*Transport)", "http.(*persistConn)", "ClientConn)"} {
			if strings.Contains(stack, of) {
				found = append(found, stack)
				break
			}
		}
	}
	return found
}

// A network is the transport of a client, and counts what the client would have
// to give back: connections, response bodies and the contexts of attempts.
type network struct {
	http.Transport
	opened   atomic.Int64 // connections so far
	attempts atomic.Int64 // requests so far
	received atomic.Int64 // bytes over all connections

	conns, bodies atomic.Int64 // that are held now

	mu       sync.Mutex        // guards what follows
	contexts []context.Context // of attempts; some may have ended
}

// newNetwork returns a network that checks when the test ends whether all has
// been given back. If there are addrs, connections go there whatever the URL
// says: the first one to the first address and so on, and the rest to the last.
func newNetwork(t *testing.T, addrs ...string) *network {
	n := new(network)
	t.Cleanup(func() { n.checkAtRest(t) })
	n.ForceAttemptHTTP2 = true
	n.MaxIdleConnsPerHost = 64
	n.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if i := int(n.opened.Add(1)) - 1; len(addrs) > 0 {
			addr = addrs[min(i, len(addrs)-1)]
		}
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		n.conns.Add(1)
		return &countedConn{Conn: conn, network: n}, nil
	}
	return n
}

func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	n.attempts.Add(1)
	n.mu.Lock()
	n.contexts = append(n.contexts, req.Context())
	n.mu.Unlock()
	resp, err := n.Transport.RoundTrip(req)
	if err == nil {
		n.bodies.Add(1)
		resp.Body = &countedBody{ReadCloser: resp.Body, network: n}
	}
	return resp, err
}

// heldContexts returns the number of contexts that have not ended. It asks them:
// context.AfterFunc tells of it only some time later.
func (n *network) heldContexts() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.contexts = slices.DeleteFunc(n.contexts, func(ctx context.Context) bool { return ctx.Err() != nil })
	return len(n.contexts)
}

// checkAtRest closes the connections that are kept for later, after which there
// must be nothing left. When the test has ended, so have the contexts under
// t.Context; a test of how they are released calls checkAtRest before.
func (n *network) checkAtRest(t *testing.T) {
	t.Helper()
	atRest := within(patience, func() bool {
		n.CloseIdleConnections() // every time: a dial may have had nobody to wait for it
		return n.conns.Load() == 0 && n.bodies.Load() == 0 && n.heldContexts() == 0
	})
	if !atRest {
		t.Errorf("left behind: %d connections, %d response bodies, %d contexts of attempts", n.conns.Load(), n.bodies.Load(), n.heldContexts())
	}
}

type countedConn struct {
	net.Conn
	network *network
	close   sync.Once
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.network.received.Add(int64(n))
	return n, err
}

func (c *countedConn) Close() error {
	c.close.Do(func() { c.network.conns.Add(-1) })
	return c.Conn.Close()
}

type countedBody struct {
	io.ReadCloser
	network *network
	close   sync.Once
}

func (b *countedBody) Close() error {
	b.close.Do(func() { b.network.bodies.Add(-1) })
	return b.ReadCloser.Close()
}

// newClient returns a client over n.
func newClient(t *testing.T, n *network, o fetch.Options) *fetch.Client {
	t.Helper()
	o.Transport = n
	c, err := fetch.New(o)
	require.NoError(t, err)
	return c
}
