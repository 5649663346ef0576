package integration

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// An authority issues certificates that nobody trusts but clients with its pool.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

type certificate struct{ certPEM, keyPEM []byte }

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test authority"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &authority{cert, key}
}

// pool returns what a client needs to trust a.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// issue returns a certificate for the host, a name or an IP address.
func (a *authority) issue(t *testing.T, host string) *certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: host},
		NotBefore:    a.cert.NotBefore,
		NotAfter:     a.cert.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return &certificate{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	}
}

// TestCertificates asks servers that cannot prove who they are. Trying again
// would not help.
func TestCertificates(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	n := startNginx(t, nil, "",
		site{`return 200 "ok";`, ca.issue(t, "127.0.0.1")},
		site{`return 200 "ok";`, ca.issue(t, "example.com")})
	for _, tt := range []struct {
		name string
		site int
		pool *x509.CertPool
		ok   bool
	}{
		{"trusted", 0, ca.pool(), true},
		{"unknown authority", 0, newAuthority(t).pool(), false},
		{"other host", 1, ca.pool(), false},
	} {
		network := newNetwork(t)
		network.TLSClientConfig = &tls.Config{RootCAs: tt.pool}
		c := newClient(t, network, fetch.Options{})
		body, err := fetch.Get[string](t.Context(), c, "https://"+n.addrs[tt.site])
		if tt.ok != (err == nil && body == "ok") {
			t.Errorf("%s: Get = %q, %v; want ok: %v", tt.name, body, err, tt.ok)
		}
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !tt.ok && !ok {
			t.Errorf("%s: Get = %v; want a CertificateVerificationError", tt.name, err)
		}
		if got := network.attempts.Load(); got != 1 {
			t.Errorf("%s: %d attempts; want 1", tt.name, got)
		}
	}
}

// TestGoAway has nginx end every HTTP/2 connection after some requests, with
// others under way. They are not too few: net/http waits for a second, or more,
// with a request that it has to put on a third connection.
func TestGoAway(t *testing.T) {
	t.Parallel()
	const calls, most = 400, 40
	ca := newAuthority(t)
	n := startNginx(t, nil, "", site{fmt.Sprintf(`keepalive_requests %d; return 200 $server_protocol;`, most), ca.issue(t, "127.0.0.1")})
	network := newNetwork(t)
	network.TLSClientConfig = &tls.Config{RootCAs: ca.pool()}
	c := newClient(t, network, fetch.Options{})
	results, err := fetch.All[string](t.Context(), c, slices.Repeat([]string{"https://" + n.addrs[0]}, calls), fetch.Batch{})
	require.NoError(t, err)
	for _, r := range results {
		if r.Err != nil || r.Value != "HTTP/2.0" {
			t.Errorf("result %d = %q, %v; want HTTP/2.0", r.Index, r.Value, r.Err)
		}
	}
	if got := network.opened.Load(); got < calls/most {
		t.Errorf("%d connections for %d requests; want one for every %d", got, calls, most)
	}
	if s := n.stats(t); s.requests != calls {
		t.Errorf("nginx answered %d requests; want %d, each of them once", s.requests, calls)
	}
}

// TestRollingRestart replaces net/http servers, as a deployment does: each shuts
// down, which sends a GOAWAY over HTTP/2 and closes what is idle over HTTP/1,
// when the next one is there. No request may fail, and none be answered twice.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	issued := ca.issue(t, "rolling.test")
	cert, err := tls.X509KeyPair(issued.certPEM, issued.keyPEM)
	require.NoError(t, err)
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			const servers, calls = 6, 600
			var answered atomic.Int64
			var current atomic.Pointer[string] // address of the latest server
			var shutdowns sync.WaitGroup
			next := func() *http.Server {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				require.NoError(t, err)
				addr := l.Addr().String()
				server := &http.Server{
					TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}},
					Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						answered.Add(1)
						fmt.Fprint(w, r.Proto)
					}),
				}
				if proto == "HTTP/1.1" {
					server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
				}
				shutdowns.Go(func() { server.ServeTLS(l, "", "") })
				current.Store(&addr)
				return server
			}
			network := newNetwork(t)
			network.TLSClientConfig = &tls.Config{RootCAs: ca.pool()}
			dial := network.DialContext
			network.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dial(ctx, network, *current.Load())
			}
			c := newClient(t, network, fetch.Options{})

			latest := next()
			replace := func(by func() *http.Server) {
				old := latest
				if by != nil {
					latest = by()
				}
				shutdowns.Go(func() {
					if err := old.Shutdown(t.Context()); err != nil {
						t.Errorf("Shutdown = %v", err)
					}
				})
			}
			progress := func(done, _ int) {
				if done%(calls/servers) == 0 && done < calls {
					replace(next)
				}
			}
			results, err := fetch.All[string](t.Context(), c, slices.Repeat([]string{"https://rolling.test"}, calls), fetch.Batch{OnProgress: progress})
			require.NoError(t, err)
			for _, r := range results {
				if r.Err != nil || r.Value != proto {
					t.Errorf("result %d = %q, %v; want %s", r.Index, r.Value, r.Err, proto)
				}
			}
			if got := answered.Load(); got != calls {
				t.Errorf("the servers answered %d requests; want %d", got, calls)
			}
			if got := network.opened.Load(); got < servers {
				t.Errorf("%d connections; want at least one to each of %d servers", got, servers)
			}
			network.checkAtRest(t) // for which Shutdown waits
			replace(nil)
			shutdowns.Wait()
		})
	}
}
