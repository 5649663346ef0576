package fetch

import (
	"cmp"
	"net"
	"net/http"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

// TransportOptions configures [NewTransport]. The zero value has the settings
// of [http.DefaultTransport], but for what the fields say.
type TransportOptions struct {
	// DialTimeout bounds the making of a connection, the lookup of its host
	// included. 0 means as in http.DefaultTransport, which is 30s.
	DialTimeout time.Duration

	// TLSTimeout bounds the TLS handshake. 0 means as in http.DefaultTransport,
	// which is 10s.
	TLSTimeout time.Duration

	// ResponseHeaderTimeout bounds the time from the end of the request to the
	// header of its response. 0 means 30s. Negative means none, for requests
	// that are bounded otherwise, as those of a [Client] are by its
	// AttemptTimeout.
	ResponseHeaderTimeout time.Duration

	// IdleTimeout is how long a connection is kept that no request uses. 0
	// means as in http.DefaultTransport, which is 90s.
	IdleTimeout time.Duration

	// IdlePerHost is the most connections to one host that are kept when no
	// request uses them. 0 means 64. If it is less than the number of concurrent
	// requests to a host, connections are closed and made anew all the time;
	// net/http has 2.
	IdlePerHost int

	// ConnsPerHost is the most connections to one host; requests wait for one.
	// 0 means no limit.
	ConnsPerHost int
}

const (
	defaultResponseHeaderTimeout = 30 * time.Second

	// defaultIdlePerHost is above the default concurrency of a Batch: what All
	// opens, the next All can use.
	defaultIdlePerHost = 64

	// maxIdle bounds the idle connections to all hosts together, so that one who
	// fetches from many does not run out of file descriptors.
	maxIdle = 1024

	// maxHeader is room for any honest header. net/http has 10 MiB, which an
	// origin can have of each request.
	maxHeader = 1 << 20
)

func (o *TransportOptions) check(c *config.Check) {
	c.Require(o.DialTimeout >= 0, "TransportOptions.DialTimeout", o.DialTimeout, "must be positive, or 0 for the default of 30s")
	c.Require(o.TLSTimeout >= 0, "TransportOptions.TLSTimeout", o.TLSTimeout, "must be positive, or 0 for the default of 10s")
	c.Require(o.IdleTimeout >= 0, "TransportOptions.IdleTimeout", o.IdleTimeout, "must be positive, or 0 for the default of 90s")
	c.Require(o.IdlePerHost >= 0, "TransportOptions.IdlePerHost", o.IdlePerHost, "must be 1 or more, or 0 for the default of 64")
	c.Require(o.ConnsPerHost >= 0, "TransportOptions.ConnsPerHost", o.ConnsPerHost, "must be 1 or more, or 0 for no limit")
}

// NewTransport returns a copy of [http.DefaultTransport] that is tuned for many
// concurrent requests: it keeps more connections to a host, up to 1024 to all
// hosts together, and takes response headers of up to 1 MiB. It may be changed
// further before it is used, for a proxy or certificates of one's own. It
// panics, and names every mistake, if o has negative fields.
//
// The copy dials as http.DefaultTransport does, whatever the program may have
// put there, unless o has a DialTimeout. If http.DefaultTransport is no
// [*http.Transport], the copy is of what it is in the standard library.
func NewTransport(o TransportOptions) *http.Transport {
	c := config.For("fetch")
	o.check(c)
	if err := c.Err(); err != nil {
		panic(err.Error())
	}
	t := standardTransport()
	if o.DialTimeout > 0 {
		t.DialContext = (&net.Dialer{Timeout: o.DialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	t.TLSHandshakeTimeout = cmp.Or(o.TLSTimeout, t.TLSHandshakeTimeout)
	t.ResponseHeaderTimeout = max(0, cmp.Or(o.ResponseHeaderTimeout, defaultResponseHeaderTimeout))
	t.IdleConnTimeout = cmp.Or(o.IdleTimeout, t.IdleConnTimeout)
	t.MaxIdleConnsPerHost = cmp.Or(o.IdlePerHost, defaultIdlePerHost)
	t.MaxIdleConns = max(maxIdle, t.MaxIdleConnsPerHost)
	t.MaxConnsPerHost = o.ConnsPerHost
	t.MaxResponseHeaderBytes = maxHeader
	return t
}

func standardTransport() *http.Transport {
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		return t.Clone()
	}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}
