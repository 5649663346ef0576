package fetch_test

import (
	"errors"
	"net/http"
	"os/signal"
	"syscall"
	"testing"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

// TestDownloadToFullDisk has a disk that is full after 100,000 bytes, which a
// limit on the size of files stands for.
func TestDownloadToFullDisk(t *testing.T) {
	path := target(t)
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer { return fetchtest.Content(content, `"v1"`) })
	defer o.Close()
	var old syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	signal.Ignore(syscall.SIGXFSZ) // which would end the process
	defer signal.Reset(syscall.SIGXFSZ)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100_000, Max: old.Max}))
	info, err := fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{Checksum: sha256Of(content)})
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old))
	kept := info.Kept
	if !errors.Is(err, syscall.EFBIG) || kept == 0 || kept > 100_000 || info.Attempts != 1 {
		t.Errorf("Download = %+v, %v; want some 100000 bytes kept after 1 request", info, err)
	}
	info, err = fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{Checksum: sha256Of(content)})
	if err != nil || info.Reused != kept {
		t.Errorf("Download when there is room = %+v, %v; want %d bytes reused", info, err, kept)
	}
}
