package integration

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"testing"

	"github.com/goplinth/plinth/fetch"
)

// TestRedirects follows redirects that nginx makes. The last server tells in its
// answer what has arrived there.
func TestRedirects(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	const echo = `return 200 "$http_authorization|$http_cookie|$http_x_api_key|$http_user_agent";`
	n := startNginx(t, nil, "",
		plain(`
			location /same { return 307 /echo; }
			location /port { return 302 http://$1/; }
			location /scheme { return 301 https://$2/; }
			location /host { return 308 http://localhost:$server_port/echo; }
			location /loop { return 302 /loop; }
			location /echo { `+echo+` }`),
		plain(echo),
		site{`
			location /down { return 302 http://$0/echo; }
			location / { ` + echo + ` }`, ca.issue(t, "127.0.0.1")})

	secrets := http.Header{
		"Authorization": {"Bearer secret-token"},
		"Cookie":        {"session=secret"},
		"X-Api-Key":     {"secret-key"},
		"User-Agent":    {"agent"},
	}
	const all, none = "Bearer secret-token|session=secret|secret-key|agent", "|||agent"
	for _, given := range []struct {
		by      string
		options fetch.Options
		header  http.Header
	}{
		{"the request", fetch.Options{}, secrets},
		{"Options.Header", fetch.Options{Header: secrets}, nil},
		{"Options.PrepareAttempt", fetch.Options{
			Header: http.Header{"User-Agent": {"agent"}},
			Tokens: func(context.Context, string) (string, error) { return "secret-token", nil },
			PrepareAttempt: func(req *http.Request) error {
				req.Header.Set("Cookie", secrets.Get("Cookie"))
				req.Header.Set("X-Api-Key", secrets.Get("X-Api-Key"))
				return nil
			},
		}, nil},
	} {
		for _, tt := range []struct {
			url, want string
			err       error
			attempts  int
		}{
			{n.url(0, "/echo"), all, nil, 1},
			{n.url(0, "/same"), all, nil, 2},
			{n.url(0, "/port"), none, nil, 2},
			{n.url(0, "/scheme"), none, nil, 2},
			{n.url(0, "/host"), none, nil, 2},
			{n.url(0, "/loop"), "", fetch.ErrRedirectDenied, 11},
			{"https://" + n.addrs[2] + "/down", "", fetch.ErrRedirectDenied, 1},
		} {
			network := newNetwork(t)
			network.TLSClientConfig = &tls.Config{RootCAs: ca.pool()}
			c := newClient(t, network, given.options)
			req := request(t, tt.url)
			req.Header = given.header.Clone()
			r, err := fetch.Send[string](t.Context(), c, req)
			if r.Value != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("secrets of %s: Send(%s) = %q, %v; want %q, %v", given.by, tt.url, r.Value, err, tt.want, tt.err)
			}
			if got := int(network.attempts.Load()); got != tt.attempts || r.Attempts != got {
				t.Errorf("secrets of %s: Send(%s) made %d attempts and tells of %d; want %d", given.by, tt.url, got, r.Attempts, tt.attempts)
			}
		}
	}
}
