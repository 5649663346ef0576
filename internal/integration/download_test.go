package integration

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/stretchr/testify/require"
)

// TestDownload gets a file over connections that are cut again and again, and
// stall, and has nginx send what is missing.
func TestDownload(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	data := random(size)
	n := startNginx(t, map[string][]byte{"data": data}, "", plain("root $files; gzip on; gzip_types *; gzip_min_length 1;"))
	cut := startToxiproxy(t, n.addrs[0], toxic{Type: "limit_data", Attributes: attributes{"bytes": 200 << 10}})
	stall := startToxiproxy(t, n.addrs[0], toxic{Type: "slicer", Attributes: attributes{"average_size": 1000, "delay": 20_000_000}})
	for _, tt := range []struct {
		name    string
		addrs   []string
		resumed int
	}{
		{"whole", nil, 0},
		{"cut", []string{cut}, size / (200 << 10)},
		{"stalled", []string{cut, stall, n.addrs[0]}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, newNetwork(t, tt.addrs...), fetch.Options{AttemptTimeout: time.Second, Retry: fetch.RetryPolicy{BaseDelay: time.Millisecond}})
			path := filepath.Join(t.TempDir(), "file")
			info, err := fetch.Download(t.Context(), c, n.url(0, "/data"), path, fetch.DownloadOptions{
				Checksum:     fmt.Sprintf("sha256:%x", sha256.Sum256(data)),
				StallTimeout: time.Second,
			})
			require.NoError(t, err)
			checkFile(t, path, data)
			if info.Size != size || info.Received != size || info.Resumed < tt.resumed {
				t.Errorf("Download = %d bytes, %d received, %d times resumed; want %d, each of them once, and %d times or more", info.Size, info.Received, info.Resumed, size, tt.resumed)
			}
		})
	}
}

// TestDownloadChanged breaks a download off, and goes on when nginx has the same
// version of the file, or another one of the same length.
func TestDownloadChanged(t *testing.T) {
	t.Parallel()
	old := random(1 << 20)
	replaced := bytes.Repeat([]byte("new "), len(old)/4)
	for _, tt := range []struct {
		name   string
		want   []byte
		reused bool
	}{
		{"same", old, true},
		{"replaced", replaced, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source := filepath.Join(t.TempDir(), "data")
			write(t, source, old)
			n := startNginx(t, nil, "", plain("location /data { alias "+source+"; }"))
			cut := startToxiproxy(t, n.addrs[0], toxic{Type: "limit_data", Attributes: attributes{"bytes": 500 << 10}})
			path := filepath.Join(t.TempDir(), "file")

			c := newClient(t, newNetwork(t, cut), fetch.Options{})
			info, err := fetch.Download(t.Context(), c, n.url(0, "/data"), path, fetch.DownloadOptions{Resumes: -1})
			if err == nil || info.Kept == 0 {
				t.Errorf("Download over a connection that is cut = %v, %d bytes kept; want an error, and some", err, info.Kept)
			}
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("there is a file after a download that broke off: %v", err)
			}

			if !tt.reused {
				write(t, source, tt.want)
				later := time.Now().Add(time.Minute) // nginx counts in seconds
				require.NoError(t, os.Chtimes(source, later, later))
			}
			c = newClient(t, newNetwork(t), fetch.Options{})
			again, err := fetch.Download(t.Context(), c, n.url(0, "/data"), path, fetch.DownloadOptions{})
			require.NoError(t, err)
			checkFile(t, path, tt.want)
			if got := again.Reused > 0; got != tt.reused {
				t.Errorf("Download used %d bytes that were there; want some: %v", again.Reused, tt.reused)
			}
		})
	}
}

// checkFile compares the contents of a file.
func checkFile(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("the file has %d bytes; want the %d of the source, which differ", len(got), len(want))
	}
}
