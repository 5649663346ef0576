package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

// content is longer than the block in which a download is written.
var content = func() string {
	var b strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&b, "%d,", i)
	}
	return b.String()
}()

func sha256Of(s string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(s))) }

// target returns a path in an empty directory.
func target(t *testing.T) string { return filepath.Join(t.TempDir(), "file") }

// checkFiles checks that the directory of path has the files given, by name and
// content. Of a partial file's state only its being there is checked.
func checkFiles(t *testing.T, what, path string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		got, err := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		require.NoError(t, err)
		body, ok := want[e.Name()]
		if !ok || e.Name() != "file.part.state" && body != string(got) {
			t.Errorf("%s: there is a file %s of %d bytes; want one of %d (%v)", what, e.Name(), len(got), len(body), ok)
		}
		delete(want, e.Name())
	}
	for name := range want {
		t.Errorf("%s: there is no file %s", what, name)
	}
}

func TestDownload(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answer  fetchtest.Answer
		options fetch.DownloadOptions
		size    int64
	}{
		{"plain", fetchtest.Answer{Body: content}, fetch.DownloadOptions{}, int64(len(content))},
		{"ranges", fetchtest.Content(content, `"v1"`), fetch.DownloadOptions{}, int64(len(content))},
		{"checked", fetchtest.Content(content, `"v1"`), fetch.DownloadOptions{Checksum: sha256Of(content)}, int64(len(content))},
		{"sha512, capital", fetchtest.Answer{Body: content}, fetch.DownloadOptions{Checksum: fmt.Sprintf("sha512:%X", sha512.Sum512([]byte(content)))}, int64(len(content))},
		{"chunked", fetchtest.Answer{Body: content, Length: -1}, fetch.DownloadOptions{}, int64(len(content))},
		{"empty", fetchtest.Answer{}, fetch.DownloadOptions{}, 0},
		{"empty, chunked", fetchtest.Answer{Length: -1}, fetch.DownloadOptions{Checksum: sha256Of("")}, 0},
		{"at the limit", fetchtest.Answer{Body: content}, fetch.DownloadOptions{MaxSize: int64(len(content))}, int64(len(content))},
		{"at the limit, chunked", fetchtest.Answer{Body: content, Length: -1}, fetch.DownloadOptions{MaxSize: int64(len(content))}, int64(len(content))},
		{"larger than MaxBody", fetchtest.Answer{Zeros: 11 << 20}, fetch.DownloadOptions{}, 11 << 20},
		{"failing first", fetchtest.Answer{Body: content, Failures: 2}, fetch.DownloadOptions{}, int64(len(content))},
	} {
		for kind, start := range map[string]func(func(*http.Request) fetchtest.Answer) *fetchtest.Origin{"1.1": fetchtest.NewOrigin, "2": fetchtest.NewTLSOrigin} {
			what := tt.name + " over HTTP/" + kind
			o := start(func(*http.Request) fetchtest.Answer { return tt.answer })
			path := target(t)
			require.NoError(t, os.WriteFile(path, []byte("the old file"), 0o600))
			var last, total int64
			tt.options.OnProgress = func(done, of int64) {
				if done <= last {
					t.Errorf("%s: progress from %d to %d", what, last, done)
				}
				last, total = done, of
			}
			c := newClient(t, fetch.Options{Transport: o.Transport(), Retry: fetch.RetryPolicy{BaseDelay: 1}})
			info, err := fetch.Download(t.Context(), c, o.URL+"/a", path, tt.options)
			if err != nil || info.Size != tt.size || info.Received != tt.size || info.Status != 200 || info.Attempts != 1+tt.answer.Failures || info.Reused != 0 || info.Kept != 0 || info.Resumed != 0 || info.Header == nil || info.Elapsed <= 0 || info.Checksum != strings.ToLower(tt.options.Checksum) {
				t.Errorf("%s: Download = %+v, %v; want %d bytes", what, info, err, tt.size)
			}
			wantTotal := tt.size
			if tt.answer.Length < 0 {
				wantTotal = -1
			}
			if tt.size > 0 && (last != tt.size || total != wantTotal) {
				t.Errorf("%s: the last progress was %d of %d; want %d of %d", what, last, total, tt.size, wantTotal)
			}
			if tt.name == "larger than MaxBody" {
				file, err := os.Stat(path)
				require.NoError(t, err)
				if file.Size() != tt.size {
					t.Errorf("%s: %d bytes", what, file.Size())
				}
			} else {
				checkFiles(t, what, path, map[string]string{"file": content[:tt.size]})
			}
			o.Close()
		}
	}
}

func TestDownloadFailures(t *testing.T) {
	tooLong := fetchtest.Content(content, `"v1"`)
	for _, tt := range []struct {
		name     string
		answer   fetchtest.Answer
		options  fetch.DownloadOptions
		is       error  // or
		message  string // part of the error
		kept     int    // bytes in the partial file
		requests int
	}{
		{"missing", fetchtest.Answer{Status: 404}, fetch.DownloadOptions{}, nil, "404 Not Found", 0, 1},
		{"no content", fetchtest.Answer{Status: 204}, fetch.DownloadOptions{}, nil, "204 No Content is no answer to a request for the whole file", 0, 1},
		{"a part nobody asked for", fetchtest.Answer{Status: 206, Body: "x", Header: http.Header{"Content-Range": {"bytes 0-0/1"}}}, fetch.DownloadOptions{}, nil, "206 Partial Content is no answer", 0, 1},
		{"416 out of the blue", fetchtest.Answer{Status: 416}, fetch.DownloadOptions{}, nil, "416 Requested Range Not Satisfiable", 0, 1},
		{"truncated", fetchtest.Answer{Body: content, Truncate: true}, fetch.DownloadOptions{}, io.ErrUnexpectedEOF, "", 0, 1},
		{"truncated, chunked", fetchtest.Answer{Body: content, Length: -1, CutAfter: 100}, fetch.DownloadOptions{}, io.ErrUnexpectedEOF, "", 0, 1},
		{"truncated, weak", withETag(fetchtest.Answer{Body: content, Truncate: true}, `W/"v1"`), fetch.DownloadOptions{}, io.ErrUnexpectedEOF, "", 0, 1},
		{"truncated, not resumed", withETag(fetchtest.Answer{Body: content, CutAfter: 1000}, `"v1"`), fetch.DownloadOptions{Resumes: -1}, io.ErrUnexpectedEOF, "", 1000, 1},
		{"truncated at nothing", fetchtest.Answer{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", "10")
			w.WriteHeader(200)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})}, fetch.DownloadOptions{}, io.ErrUnexpectedEOF, "", 0, 1},
		{"wrong checksum", fetchtest.Content(content, `"v1"`), fetch.DownloadOptions{Checksum: sha256Of("other")}, fetch.ErrChecksum, "", 0, 1},
		{"too large", tooLong, fetch.DownloadOptions{MaxSize: int64(len(content)) - 1}, fetch.ErrBodyTooLarge, "", 0, 1},
		{"too large, chunked", withETag(fetchtest.Answer{Body: content, Length: -1}, `"v1"`), fetch.DownloadOptions{MaxSize: int64(len(content)) - 1}, fetch.ErrBodyTooLarge, "", 0, 1},
		{"no end", fetchtest.Answer{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of it")
			conn.Close()
		})}, fetch.DownloadOptions{}, nil, "give a DownloadOptions.Checksum", 0, 1},
	} {
		o := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return tt.answer })
		path := target(t)
		require.NoError(t, os.WriteFile(path, []byte("the old file"), 0o600))
		info, err := fetch.Download(t.Context(), newClient(t, fetch.Options{}), o.URL+"/a?token=abc", path, tt.options)
		if err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.message) || strings.Contains(err.Error(), "abc") || !strings.HasPrefix(err.Error(), "fetch: ") {
			t.Errorf("%s: %v; want %v %s", tt.name, err, tt.is, tt.message)
		}
		if info.Kept != int64(tt.kept) || info.Size != 0 || o.Requests() != tt.requests || info.Attempts != tt.requests {
			t.Errorf("%s: %+v after %d requests; want %d bytes kept after %d", tt.name, info, o.Requests(), tt.kept, tt.requests)
		}
		files := map[string]string{"file": "the old file"}
		if tt.kept > 0 {
			files["file.part"], files["file.part.state"] = content[:tt.kept], ""
		}
		checkFiles(t, tt.name, path, files)
		o.Close()
	}
}

func withETag(a fetchtest.Answer, etag string) fetchtest.Answer {
	a.Header = http.Header{"Etag": {etag}}
	return a
}

// TestDownloadEndsWithConnection is the one kind of body whose end is the end of
// its connection; with a checksum that is as good as any.
func TestDownloadEndsWithConnection(t *testing.T) {
	o := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer {
		return fetchtest.Answer{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of it")
			conn.Close()
		})}
	})
	defer o.Close()
	path := target(t)
	for body, want := range map[string]error{"half of it": nil, "half of it, and the rest": fetch.ErrChecksum} {
		if _, err := fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{Checksum: sha256Of(body)}); !errors.Is(err, want) {
			t.Errorf("Download of what should be %q = %v; want %v", body, err, want)
		}
	}
	checkFiles(t, "at the end", path, map[string]string{"file": "half of it"})
}

// TestDownloadResumes leaves a part behind and lets another call find a server
// with all kinds of ideas about it.
func TestDownloadResumes(t *testing.T) {
	const have = 100_000
	part := func(first, last, total int, etag string) fetchtest.Answer {
		return fetchtest.Answer{Status: 206, Body: content[first : last+1], Header: http.Header{
			"Content-Range": {fmt.Sprintf("bytes %d-%d/%d", first, last, total)}, "Etag": {etag}}}
	}
	size := len(content)
	other := strings.ToUpper(strings.Repeat("other", size/5))
	for _, tt := range []struct {
		name     string
		second   fetchtest.Answer // to the request with a range
		whole    string           // what a request without a range gets afterwards
		received int              // by the second call
		reused   int
		requests int
	}{
		{"as asked", fetchtest.Content(content, `"v1"`), content, size - have, have, 1},
		{"in two parts", part(have, have+9999, size, `"v1"`), content, size - have, have, 2},
		{"new version", fetchtest.Content(other, `"v2"`), other, len(other), 0, 1},
		{"no ranges", withETag(fetchtest.Answer{Body: content}, `"v1"`), content, size, 0, 1},
		{"If-Range ignored", part(have, size-1, size, `"v2"`), content, size, 0, 2},
		{"weak now", part(have, size-1, size, `W/"v1"`), content, size, 0, 2},
		{"without ETag", part(have, size-1, size, ""), content, size, 0, 2},
		{"other start", part(have+1, size-1, size, `"v1"`), content, size, 0, 2},
		{"from zero", part(0, size-1, size, `"v1"`), content, size, 0, 2},
		{"other total", part(have, size-2, size-1, `"v1"`), content, size, 0, 2},
		{"no Content-Range", fetchtest.Answer{Status: 206, Body: content[have:], Header: http.Header{"Etag": {`"v1"`}}}, content, size, 0, 2},
		{"two ranges", fetchtest.Answer{Status: 206, Body: "--x", Header: http.Header{"Etag": {`"v1"`}, "Content-Type": {"multipart/byteranges; boundary=x"}}}, content, size, 0, 2},
		{"shorter now", fetchtest.Answer{Status: 416, Header: http.Header{"Content-Range": {"bytes */5"}}}, content, size, 0, 2},
		{"416 without a size", fetchtest.Answer{Status: 416}, content, size, 0, 2},
		{"unknown total", fetchtest.Answer{Status: 206, Body: content[have:], Header: http.Header{"Etag": {`"v1"`}, "Content-Range": {fmt.Sprintf("bytes %d-%d/*", have, size-1)}}}, content, size, 0, 2},
	} {
		for _, sum := range []string{"", sha256Of(tt.whole)} {
			calls := 0
			o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
				calls++
				switch {
				case calls == 1:
					return withETag(fetchtest.Answer{Body: content, CutAfter: have}, `"v1"`)
				case calls == 2:
					if r.Header.Get("Range") != "bytes=100000-" || r.Header.Get("If-Range") != `"v1"` || r.Header.Get("Accept-Encoding") != "identity" {
						t.Errorf("%s: asked with %v; want the range from 100000 of the version \"v1\"", tt.name, r.Header)
					}
					return tt.second
				}
				return fetchtest.Content(tt.whole, `"v1"`)
			})
			path := target(t)
			info, err := fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{Resumes: -1})
			if err == nil || info.Kept != have || info.ETag != "" {
				t.Errorf("%s: first Download = %+v, %v; want a failure after %d bytes", tt.name, info, err, have)
			}
			checkFiles(t, tt.name, path, map[string]string{"file.part": content[:have], "file.part.state": ""})

			info, err = fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{Checksum: sum})
			if err != nil || info.Received != int64(tt.received) || info.Reused != int64(tt.reused) || info.Attempts != tt.requests || info.Size != int64(len(tt.whole)) || info.Checksum != sum {
				t.Errorf("%s: second Download = %+v, %v; want %d received, %d reused in %d requests", tt.name, info, err, tt.received, tt.reused, tt.requests)
			}
			checkFiles(t, tt.name, path, map[string]string{"file": tt.whole})
			o.Close()
		}
	}
}

// TestDownloadOfWhatIsThere has a part that was complete when the process was
// killed.
func TestDownloadOfWhatIsThere(t *testing.T) {
	path := target(t)
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer { return fetchtest.Content(content, `"v1"`) })
	defer o.Close()
	for _, total := range []int{len(content), -1} {
		require.NoError(t, os.WriteFile(path+".part", []byte(content), 0o600))
		state := fmt.Sprintf(`{"url_sha256":"%x","etag":"\"v1\"","size":%d,"total":%d}`, sha256.Sum256([]byte(o.URL)), len(content), total)
		require.NoError(t, os.WriteFile(path+".part.state", []byte(state), 0o600))
		info, err := fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{Checksum: sha256Of(content)})
		want := int64(len(content)) // all over again, since a 416 does not say which version it is of
		if total >= 0 {
			want = 0
		}
		if err != nil || info.Received != want || info.Size != int64(len(content)) {
			t.Errorf("total %d: Download = %+v, %v; want %d bytes received", total, info, err, want)
		}
		checkFiles(t, "complete part", path, map[string]string{"file": content})
	}
}

// TestDownloadDoubtsTheState has partial files that do not belong together.
func TestDownloadDoubtsTheState(t *testing.T) {
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		if got := r.Header.Get("Range"); got != "" && got != "bytes=5-" {
			t.Errorf("asked for the range %q", got)
		}
		return fetchtest.Content(content, `"v1"`)
	})
	defer o.Close()
	state := func(url, etag string, size, total int) string {
		return fmt.Sprintf(`{"url_sha256":"%x","etag":%q,"size":%d,"total":%d}`, sha256.Sum256([]byte(url)), etag, size, total)
	}
	for name, tt := range map[string]struct {
		part, state string
		reused      int64
	}{
		"good":                {content[:5], state(o.URL, `"v1"`, 5, len(content)), 5},
		"longer than synced":  {content[:5] + "\x00\x00\x00", state(o.URL, `"v1"`, 5, len(content)), 5},
		"longer than all":     {content + "from another time", state(o.URL, `"v1"`, 5, len(content)), 5},
		"shorter than synced": {content[:4], state(o.URL, `"v1"`, 5, len(content)), 0},
		"no part":             {"", state(o.URL, `"v1"`, 5, len(content)), 0},
		"no state":            {content[:5], "", 0},
		"other URL":           {content[:5], state(o.URL+"/b", `"v1"`, 5, len(content)), 0},
		"no ETag":             {content[:5], state(o.URL, "", 5, len(content)), 0},
		"beyond its total":    {content[:5], state(o.URL, `"v1"`, 5, 4), 0},
		"negative":            {content[:5], state(o.URL, `"v1"`, -5, 4), 0},
		"torn":                {content[:5], state(o.URL, `"v1"`, 5, len(content))[:40], 0},
		"huge":                {content[:5], strings.Repeat(" ", 1<<20) + state(o.URL, `"v1"`, 5, len(content)), 0},
	} {
		path := target(t)
		require.NoError(t, os.WriteFile(path+".part", []byte(tt.part), 0o600))
		require.NoError(t, os.WriteFile(path+".part.state", []byte(tt.state), 0o600))
		info, err := fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{})
		if err != nil || info.Reused != tt.reused {
			t.Errorf("%s: Download = %+v, %v; want %d bytes reused", name, info, err, tt.reused)
		}
		checkFiles(t, name, path, map[string]string{"file": content})
	}
}

// TestDownloadResumesByItself breaks the transfer off again and again.
func TestDownloadResumesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := fetchtest.NewPipeOrigin(func(r *http.Request) fetchtest.Answer {
			a := fetchtest.Content(content, `"v1"`)
			a.CutAfter = 30_000
			return a
		})
		defer o.Close()
		c := newClient(t, fetch.Options{Transport: o.Transport(), Retry: fetch.RetryPolicy{Attempts: 1}})
		path := target(t)
		info, err := fetch.Download(t.Context(), c, o.URL, path, fetch.DownloadOptions{Checksum: sha256Of(content)})
		if want := len(content) / 30_000; err != nil || info.Resumed != want || info.Received != int64(len(content)) {
			t.Errorf("Download = %+v, %v; want it resumed %d times", info, err, want)
		}
		checkFiles(t, "resumed", path, map[string]string{"file": content})

		info, err = fetch.Download(t.Context(), c, o.URL, path, fetch.DownloadOptions{Resumes: 2})
		if err == nil || info.Resumed != 2 || info.Kept != 90_000 {
			t.Errorf("Download with Resumes 2 = %+v, %v; want 90000 bytes kept", info, err)
		}
	})
}

// TestDownloadStalls has a server that stops sending, and one that is slow but
// goes on.
func TestDownloadStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := fetchtest.NewPipeOrigin(func(r *http.Request) fetchtest.Answer {
			if r.URL.Path == "/half" {
				return fetchtest.Answer{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					io.WriteString(w, "six by")
					http.NewResponseController(w).Flush()
					<-r.Context().Done()
				})}
			}
			a := fetchtest.Content("twelve bytes", `"v1"`)
			a.Trickle = 29 * time.Second
			if r.URL.Path == "/stall" {
				a.Trickle = 31 * time.Second
			}
			return a
		})
		defer o.Close()
		c := newClient(t, fetch.Options{Transport: o.Transport()})
		slow := func(_, _ int64) { time.Sleep(time.Minute) } // our own time does not count
		if info, err := fetch.Download(t.Context(), c, o.URL, target(t), fetch.DownloadOptions{OnProgress: slow}); err != nil || info.Size != 12 {
			t.Errorf("Download = %+v, %v; want 12 bytes", info, err)
		}
		for _, path := range []string{"/stall", "/half"} {
			start := time.Now()
			_, err := fetch.Download(t.Context(), c, o.URL+path, target(t), fetch.DownloadOptions{})
			if want := "fetch: GET http://origin.test" + path + ": reading the body: stall timeout of 30s exceeded"; err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Download of what stalls = %v; want %s", err, want)
			}
			if d := time.Since(start); d != 30*time.Second {
				t.Errorf("Download of %s gave up after %v; want 30s", path, d)
			}
		}
	})
}

// TestDownloadSavesOnTheWay copies the files away in the middle, as they would
// be if the process were killed there, and resumes from the copy.
func TestDownloadSavesOnTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := fetchtest.NewPipeOrigin(func(r *http.Request) fetchtest.Answer {
			a := fetchtest.Content(content[:600], `"v1"`)
			a.Trickle = 100 * time.Millisecond
			return a
		})
		defer o.Close()
		c := newClient(t, fetch.Options{Transport: o.Transport()})
		path, killed := target(t), target(t)
		_, err := fetch.Download(t.Context(), c, o.URL, path, fetch.DownloadOptions{OnProgress: func(done, _ int64) {
			if done != 590 { // 59 seconds
				return
			}
			for _, suffix := range []string{".part", ".part.state"} {
				b, err := os.ReadFile(path + suffix)
				if err != nil {
					t.Errorf("in the middle of a download: %v", err)
				}
				os.WriteFile(killed+suffix, b, 0o600)
			}
		}})
		if err != nil {
			t.Errorf("Download = %v", err)
		}
		info, err := fetch.Download(t.Context(), c, o.URL, killed, fetch.DownloadOptions{Checksum: sha256Of(content[:600])})
		if err != nil || info.Reused < 540 || info.Reused > 590 {
			t.Errorf("Download after the process was killed = %+v, %v; want all but 5 seconds reused", info, err)
		}
	})
}

// TestDownloadCancelledInTheBody has a transport that has the body already, and
// so does not notice.
func TestDownloadCancelledInTheBody(t *testing.T) {
	s := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
		return respond(200, content, "ETag", `"v1"`), nil
	})
	path := target(t)
	ctx, cancel := context.WithCancel(t.Context())
	info, err := fetch.Download(ctx, newClient(t, fetch.Options{Transport: s}), "http://a/", path, fetch.DownloadOptions{OnProgress: func(done, _ int64) { cancel() }})
	if !errors.Is(err, context.Canceled) || info.Kept == 0 || info.Kept == int64(len(content)) {
		t.Errorf("Download = %+v, %v; want it cancelled after the first block", info, err)
	}
	checkFiles(t, "cancelled", path, map[string]string{"file.part": content[:info.Kept], "file.part.state": ""})
}

func TestDownloadCancelled(t *testing.T) {
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer { return fetchtest.Content(content, `"v1"`) })
	defer o.Close()
	cause := errors.New("the user has left")
	path := target(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	info, err := fetch.Download(ctx, nil, o.URL, path, fetch.DownloadOptions{OnProgress: func(done, _ int64) { cancel(cause) }})
	if !errors.Is(err, cause) || info.Kept == 0 || info.Kept == int64(len(content)) {
		t.Errorf("Download = %+v, %v; want the cause and a part", info, err)
	}
	kept := info.Kept
	if _, err := fetch.Download(ctx, nil, o.URL, path, fetch.DownloadOptions{Checksum: sha256Of(content)}); !errors.Is(err, cause) {
		t.Errorf("Download with a context that has ended = %v; want the cause", err)
	}
	info, err = fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{Checksum: sha256Of(content)})
	if err != nil || info.Reused != kept {
		t.Errorf("Download afterwards = %+v, %v; want %d bytes reused", info, err, kept)
	}
	checkFiles(t, "cancelled", path, map[string]string{"file": content})
}

func TestDownloadPanics(t *testing.T) {
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer { return fetchtest.Content(content, `"v1"`) })
	defer o.Close()
	path := target(t)
	func() {
		defer func() {
			if v := recover(); v != "boom" {
				t.Errorf("recovered %v; want the panic of OnProgress", v)
			}
		}()
		fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{OnProgress: func(int64, int64) { panic("boom") }})
	}()
	info, err := fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{})
	if err != nil || info.Reused == 0 {
		t.Errorf("Download after a panic = %+v, %v; want it resumed", info, err)
	}
}

// TestDownloadsToTheSamePath starts the second in the middle of the first.
func TestDownloadsToTheSamePath(t *testing.T) {
	if !strings.Contains("darwin dragonfly freebsd illumos linux netbsd openbsd windows", runtime.GOOS) {
		t.Skip("no file locks here")
	}
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer { return fetchtest.Content(content, `"v1"`) })
	defer o.Close()
	path := target(t)
	var seconds atomic.Int32
	_, err := fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{OnProgress: func(int64, int64) {
		seconds.Add(1)
		_, err := fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{})
		if want := "fetch: download to " + path + ": another download to the same path is under way; wait for it, or use another path"; !errors.Is(err, fetch.ErrDownloading) || err.Error() != want {
			t.Errorf("second Download = %v; want %s", err, want)
		}
	}})
	if err != nil || seconds.Load() == 0 {
		t.Errorf("first Download = %v", err)
	}
	checkFiles(t, "both", path, map[string]string{"file": content})
}

// TestDownloadStorm has many downloads to a few paths, none of which waits for
// another, and readers that must never see anything but a whole file.
func TestDownloadStorm(t *testing.T) {
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		a := fetchtest.Content(content, `"v1"`)
		if len(r.URL.RawQuery)%2 == 1 {
			a.CutAfter = 50_000
		}
		return a
	})
	defer o.Close()
	dir := t.TempDir()
	c := newClient(t, fetch.Options{Transport: o.Transport(), Retry: fetch.RetryPolicy{Attempts: 1}})
	done := make(chan error, 8)
	for worker := range cap(done) {
		go func() {
			for i := range 20 {
				path := filepath.Join(dir, strconv.Itoa(i%3))
				url := o.URL + "/?" + strings.Repeat("x", (worker+i)%4)
				_, err := fetch.Download(context.Background(), c, url, path, fetch.DownloadOptions{Resumes: -1})
				if err != nil && !errors.Is(err, fetch.ErrDownloading) && !errors.Is(err, io.ErrUnexpectedEOF) {
					done <- err
					return
				}
				if b, err := os.ReadFile(path); err == nil && string(b) != content {
					done <- fmt.Errorf("%s has %d bytes that are not the file's", path, len(b))
					return
				}
			}
			done <- nil
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestPartialStorm aims at the moment between the opening of a partial file and
// its locking, in which its owner may rename it to what then must not be touched.
func TestPartialStorm(t *testing.T) {
	path := target(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := fetch.PutInPlace(path, nil); err != nil && !errors.Is(err, fetch.ErrDownloading) {
					t.Errorf("giving a download up: %v", err)
					return
				}
			}
		})
	}
	for range 1000 {
		err := fetch.PutInPlace(path, []byte("whole"))
		if err != nil && !errors.Is(err, fetch.ErrDownloading) {
			t.Errorf("completing a download: %v", err)
		}
		if b, err := os.ReadFile(path); err == nil && string(b) != "whole" {
			t.Errorf("the file is %q", b)
			break
		}
	}
	close(stop)
	wg.Wait()
}

func TestDownloadOfBadPaths(t *testing.T) {
	o := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer { return fetchtest.Content(content, `"v1"`) })
	defer o.Close()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "directory"), 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "taken.part"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "victim"), []byte("precious"), 0o600))
	if err := os.Symlink("victim", filepath.Join(dir, "link.part")); err != nil {
		t.Skip("no symbolic links here")
	}
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "dangling.part")))
	require.NoError(t, os.Symlink("victim", filepath.Join(dir, "link")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "closed"), 0o500))
	for path, is := range map[string]error{"": nil, "missing/file": fs.ErrNotExist, "directory": nil, "taken": nil, "link": nil, "dangling": nil, "closed/file": fs.ErrPermission} {
		if path != "" {
			path = filepath.Join(dir, path)
		}
		if path == filepath.Join(dir, "closed/file") && os.Getuid() == 0 {
			continue // who may write everywhere
		}
		_, err := fetch.Download(t.Context(), nil, o.URL, path, fetch.DownloadOptions{})
		if err == nil || !strings.HasPrefix(err.Error(), "fetch: download to "+path+": ") || is != nil && !errors.Is(err, is) {
			t.Errorf("Download to %q = %v; want an error that is %v", path, err, is)
		}
	}
	if n := o.Requests(); n != 0 {
		t.Errorf("%d requests were sent for paths that cannot be written", n)
	}
	if _, err := os.Lstat(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a symbolic link was followed")
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "link.part")))
	if _, err := fetch.Download(t.Context(), nil, o.URL, filepath.Join(dir, "link"), fetch.DownloadOptions{}); err != nil {
		t.Errorf("Download to a symbolic link = %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "victim")); string(b) != "precious" {
		t.Errorf("what the symbolic link led to is %d bytes now, %v", len(b), err)
	}
}

func TestDownloadReportsEveryMistake(t *testing.T) {
	_, err := fetch.Download(t.Context(), nil, "", target(t), fetch.DownloadOptions{Checksum: "md5:00", MaxSize: -1, StallTimeout: -1, Header: http.Header{"Range": nil, "If-Range": nil, "Accept-Encoding": nil}})
	for _, want := range []string{"Checksum is md5:00 (string): must be", "MaxSize is -1", "StallTimeout is -1ns", "Header is Range", "Header is If-Range", "Header is Accept-Encoding"} {
		if err == nil || !strings.Contains(err.Error(), "fetch: DownloadOptions."+want) {
			t.Errorf("Download = %v; want it to say %s", err, want)
		}
	}
	for _, sum := range []string{"sha256", "sha256:", "sha256:zz", sha256Of("")[:60], sha256Of("") + "00", ":", "sha512:" + sha256Of("")[7:], strings.ToUpper(sha256Of(""))} {
		if _, err := fetch.Download(t.Context(), nil, "", target(t), fetch.DownloadOptions{Checksum: sum}); err == nil || !strings.Contains(err.Error(), "DownloadOptions.Checksum") {
			t.Errorf("Download with Checksum %q = %v; want an error", sum, err)
		}
	}
	for url, want := range map[string]string{
		"http://u:p@host:port/": "fetch: not a URL: invalid port", "ftp://a/": `fetch: URL "ftp://a/" has scheme "ftp"`,
	} {
		path := target(t)
		if _, err := fetch.Download(t.Context(), nil, url, path, fetch.DownloadOptions{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Download(%s) = %v; want %s", url, err, want)
		}
		checkFiles(t, url, path, nil)
	}
}

func TestDownloadHeader(t *testing.T) {
	var seen http.Header
	url := origin(t, func(r *http.Request) fetchtest.Answer { seen = r.Header; return fetchtest.Answer{} })
	c := newClient(t, fetch.Options{Header: http.Header{"X-Both": {"client"}, "X-Client": {"1"}, "Accept-Encoding": {"br"}, "Range": {"bytes=1-"}}})
	if _, err := fetch.Download(t.Context(), c, url, target(t), fetch.DownloadOptions{Header: http.Header{"x-both": {"download"}}}); err != nil {
		t.Errorf("Download = %v", err)
	}
	if seen.Get("X-Both") != "download" || seen.Get("X-Client") != "1" || seen.Get("Accept-Encoding") != "identity" {
		t.Errorf("the server saw %v", seen)
	}
}

// TestDownloadThroughRedirect resumes where a redirect leads: Range without
// If-Range would put two versions together.
func TestDownloadThroughRedirect(t *testing.T) {
	version := 1
	var condition string
	store := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		condition = r.Header.Get("If-Range")
		body := strings.Repeat(strconv.Itoa(version), 200_000)
		a := fetchtest.Content(body, `"`+strconv.Itoa(version)+`"`)
		if version == 1 {
			a.CutAfter = 100_000
		}
		return a
	})
	defer store.Close()
	url := origin(t, func(r *http.Request) fetchtest.Answer { return fetchtest.Redirect(store.URL + "/signed") })
	path := target(t)
	if info, err := fetch.Download(t.Context(), nil, url, path, fetch.DownloadOptions{Resumes: -1}); err == nil || info.Kept != 100_000 {
		t.Errorf("first Download = %+v, %v", info, err)
	}
	version = 2
	if info, err := fetch.Download(t.Context(), nil, url, path, fetch.DownloadOptions{}); err != nil || info.ETag != `"2"` || info.Attempts != 2 || condition != `"1"` {
		t.Errorf("second Download = %+v, %v with If-Range %s; want it after 2 requests", info, err, condition)
	}
	checkFiles(t, "redirected", path, map[string]string{"file": strings.Repeat("2", 200_000)})
}

func TestParseContentRange(t *testing.T) {
	for _, tt := range []struct {
		s    string
		want [3]int64
		ok   bool
	}{
		{"bytes 0-0/1", [3]int64{0, 0, 1}, true},
		{"bytes 5-9/10", [3]int64{5, 9, 10}, true},
		{"BYTES 5-9/10", [3]int64{5, 9, 10}, true},
		{"bytes */10", [3]int64{-1, -1, 10}, true},
		{"bytes 0-9223372036854775806/9223372036854775807", [3]int64{0, 9223372036854775806, 9223372036854775807}, true},
		{"", [3]int64{}, false},
		{"bytes", [3]int64{}, false},
		{"items 0-0/1", [3]int64{}, false},
		{"bytes 5-9/*", [3]int64{}, false},
		{"bytes */*", [3]int64{}, false},
		{"bytes 9-5/10", [3]int64{}, false},
		{"bytes 5-10/10", [3]int64{}, false},
		{"bytes -5-9/10", [3]int64{}, false},
		{"bytes +5-9/10", [3]int64{}, false},
		{"bytes 5-9/-10", [3]int64{}, false},
		{"bytes 5-9", [3]int64{}, false},
		{"bytes 0-9/9223372036854775808", [3]int64{}, false},
		{"bytes  0-0/1", [3]int64{}, false},
	} {
		if got, ok := fetch.ParseContentRange(tt.s); ok != tt.ok || ok && got != tt.want {
			t.Errorf("parseContentRange(%q) = %v, %v; want %v, %v", tt.s, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-0/1", "bytes */10", "bytes 5-9/*", "bytes 1-2/3/4", "bytes 00-01/2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := fetch.ParseContentRange(s)
		if !ok {
			return
		}
		if first, last, total := r[0], r[1], r[2]; total < 0 || first > last || first >= 0 && last >= total || (first < 0) != (last < 0) {
			t.Errorf("parseContentRange(%q) = %v", s, r)
		}
	})
}

func TestStrongETag(t *testing.T) {
	for tag, want := range map[string]bool{
		`"v1"`: true, `""`: true, `"a!#ü"`: true, `W/"v1"`: false, `w/"v1"`: false, ``: false, `"`: false, `v1`: false, `"a"b"`: false, `"a b"`: false, "\"a\x7f\"": false,
		`"` + strings.Repeat("x", 2000) + `"`: false,
	} {
		got := fetch.StrongETag(http.Header{"Etag": {tag}})
		if (got == tag && tag != "") != want || got != "" && got != tag {
			t.Errorf("strongETag(%.20q) = %.20q; want it strong: %v", tag, got, want)
		}
	}
}

// FuzzDownload has a server that answers anything to a request for the rest of
// a file: what is at the path afterwards is the old file or one that the server
// has sent.
func FuzzDownload(f *testing.F) {
	f.Add(206, "bytes 5-9/10", `"v1"`, int64(5), "56789")
	f.Add(206, "bytes 5-9/10", `"v1"`, int64(-1), "5678")
	f.Add(206, "bytes 5-9/11", `"v1"`, int64(5), "56789")
	f.Add(206, "bytes 5-9/10", `"v1"`, int64(50), "567890123456789")
	f.Add(200, "", `"v2"`, int64(3), "abc")
	f.Add(416, "bytes */5", `"v1"`, int64(0), "")
	f.Add(416, "bytes */10", "", int64(0), "")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, status int, contentRange, etag string, length int64, body string) {
		if status < 200 || status > 599 || len(body) > 1000 {
			return
		}
		path := filepath.Join(dir, "file")
		require.NoError(t, os.WriteFile(path, []byte("the old file"), 0o600))
		require.NoError(t, os.WriteFile(path+".part", []byte("01234"), 0o600))
		state := fmt.Sprintf(`{"url_sha256":"%x","etag":"\"v1\"","size":5,"total":10}`, sha256.Sum256([]byte("http://a/")))
		require.NoError(t, os.WriteFile(path+".part.state", []byte(state), 0o600))
		requests := 0
		c := newClient(t, fetch.Options{Retry: fetch.RetryPolicy{Attempts: 1}, Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			requests++
			resp := respond(200, "ABCDEFGHIJ", "ETag", `"v3"`)
			if req.Header.Get("Range") != "" {
				resp = respond(status, body, "ETag", etag, "Content-Range", contentRange)
				resp.ContentLength = length
			}
			resp.Request = req
			return resp, nil
		})})
		info, err := fetch.Download(t.Context(), c, "http://a/", path, fetch.DownloadOptions{Resumes: -1})
		got, readErr := os.ReadFile(path)
		require.NoError(t, readErr)
		whole := status == 200 && (length < 0 || length == int64(len(body))) && string(got) == body
		rest := status == 206 && etag == `"v1"` && contentRange != "" && len(body) == 5 && string(got) == "01234"+body
		switch {
		case err != nil && string(got) != "the old file":
			t.Errorf("Download = %+v, %v, and the file is %q", info, err, got)
		case err == nil && !whole && !rest && string(got) != "ABCDEFGHIJ":
			t.Errorf("Download = %+v, nil, and the file is %q", info, got)
		case requests > 2:
			t.Errorf("%d requests; want at most 2", requests)
		}
	})
}

func ExampleDownload() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		a := fetchtest.Content("a file that breaks off in the middle", `"v1"`)
		a.Truncate = r.Header.Get("Range") == ""
		return a
	})
	defer origin.Close()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	path := filepath.Join(dir, "file")
	info, err := fetch.Download(context.Background(), nil, origin.URL, path, fetch.DownloadOptions{
		Checksum: "sha256:8a7f65326f767bc7a57cfc66161ac2c6166784bdb089757037656403bb16dcae",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := os.ReadFile(path)
	fmt.Println(string(bytes.ToUpper(body)), info.Resumed, err)
	// Output: A FILE THAT BREAKS OFF IN THE MIDDLE 1 <nil>
}
