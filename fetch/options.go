package fetch

import (
	"net/http"
	"time"

	"github.com/goplinth/plinth/internal/config"
)

// Options configures a [Client]. The zero value has safe defaults.
type Options struct {
	// Transport sends the requests. Nil means an [http.Transport] of the
	// client's own with the settings of [http.DefaultTransport] and room for
	// 64 idle connections to a host.
	Transport http.RoundTripper

	// Timeout bounds a call with all its attempts, waits and redirects, until
	// the body is read. 0 means 30s. An earlier deadline of the context counts.
	Timeout time.Duration

	// AttemptTimeout bounds one attempt until its headers have come. 0 means
	// 10s.
	AttemptTimeout time.Duration

	// MaxBody is the most bytes that a body may have after decompression. 0
	// means 10 MiB.
	MaxBody int64

	// Retry says how failed requests are sent again. Attempts of 1 means not
	// at all.
	Retry RetryPolicy

	// Header is sent with every request, except for the keys that the request
	// has itself.
	Header http.Header
}

const (
	defaultTimeout        = 30 * time.Second
	defaultAttemptTimeout = 10 * time.Second
	defaultMaxBody        = 10 << 20
)

func (o *Options) check() error {
	c := config.For("fetch")
	c.Require(o.Timeout >= 0, "Options.Timeout", o.Timeout, "must be positive, or 0 for the default of 30s")
	c.Require(o.AttemptTimeout >= 0, "Options.AttemptTimeout", o.AttemptTimeout, "must be positive, or 0 for the default of 10s")
	c.Require(o.MaxBody >= 0, "Options.MaxBody", o.MaxBody, "must be positive, or 0 for the default of 10 MiB")
	o.Retry.check(c, "Options.Retry")
	return c.Err()
}
