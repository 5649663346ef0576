package integration

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An nginx is a running nginx with servers of a test's own.
type nginx struct {
	addrs   []string // of the servers, in their order
	status  string   // address of stub_status
	queries int      // requests for that
}

// A site is a server of an nginx: the directives inside of server{}. It listens
// over TLS, with HTTP/2, if it has a certificate.
type site struct {
	directives string
	cert       *certificate
}

// plain returns a site without TLS.
func plain(directives string) site { return site{directives: directives} }

// startNginx starts nginx with the sites. Other directives are those of http{}.
// In both, $files is the directory of files and $n, from $0 on, the address of
// site n.
func startNginx(t *testing.T, files map[string][]byte, directives string, sites ...site) *nginx {
	t.Helper()
	addrs := startServer(t, "nginx", len(sites)+1, func(dir string, addrs []string) []string {
		for name, data := range files {
			write(t, filepath.Join(dir, "files", name), data)
		}
		names := []string{"$files", filepath.Join(dir, "files")}
		for i := range sites {
			names = append(names, fmt.Sprintf("$%d", i), addrs[i])
		}
		expand := strings.NewReplacer(names...).Replace
		var servers strings.Builder
		for i, s := range sites {
			tls := ""
			if s.cert != nil {
				tls = " ssl http2"
				cert, key := filepath.Join(dir, fmt.Sprintf("cert%d.pem", i)), filepath.Join(dir, fmt.Sprintf("key%d.pem", i))
				write(t, cert, s.cert.certPEM)
				write(t, key, s.cert.keyPEM)
				s.directives = fmt.Sprintf("ssl_certificate %s; ssl_certificate_key %s;\n%s", cert, key, s.directives)
			}
			fmt.Fprintf(&servers, "server {\nlisten %s%s;\n%s\n}\n", addrs[i], tls, expand(s.directives))
		}
		config := fmt.Sprintf(nginxConfig, expand(directives), servers.String(), addrs[len(sites)])
		write(t, filepath.Join(dir, "nginx.conf"), []byte(config))
		return []string{"-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf")}
	})
	return &nginx{addrs: addrs[:len(sites)], status: addrs[len(sites)]}
}

// nginxConfig is for one process in the foreground that writes nothing outside of
// its directory. The counts of stub_status are of all servers together.
const nginxConfig = `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	default_type application/octet-stream;
	%s
	%s
	server {
		listen %s;
		keepalive_timeout 0;
		stub_status;
	}
}
`

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, data, 0o644))
}

// url returns the URL of a path of site i.
func (n *nginx) url(i int, path string) string { return "http://" + n.addrs[i] + path }

// nginxStats are the counts of nginx, less those of asking for them.
type nginxStats struct {
	active   int // connections that are open
	accepted int // connections since it was started
	requests int
}

func (n *nginx) stats(t *testing.T) nginxStats {
	t.Helper()
	resp, err := http.Get("http://" + n.status)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	n.queries++
	var s nginxStats
	var handled int
	_, err = fmt.Sscanf(string(text), "Active connections: %d\nserver accepts handled requests\n%d %d %d", &s.active, &s.accepted, &handled, &s.requests)
	require.NoError(t, err, "%q", text)
	s.active--
	s.accepted -= n.queries + len(n.addrs) + 1 // startServer has knocked at each door
	s.requests -= n.queries
	return s
}
