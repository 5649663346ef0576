package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch/fetchtest"
)

// runFetchurls runs the program and returns its exit status, what it wrote
// about each URL, by the end of the URL, and its standard error.
func runFetchurls(t *testing.T, ctx context.Context, stdin string, args ...string) (int, map[string]record, string) {
	t.Helper()
	var stdout, stderr strings.Builder
	status := run(ctx, args, strings.NewReader(stdin), &stdout, &stderr)
	return status, parseRecords(t, stdout.String()), stderr.String()
}

func parseRecords(t *testing.T, lines string) map[string]record {
	t.Helper()
	records := make(map[string]record)
	for line := range strings.Lines(lines) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		records[r.URL[strings.LastIndex(r.URL, "/"):]] = r
	}
	return records
}

func wantMatch(t *testing.T, what, got string, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		if !regexp.MustCompile("(?m)" + pattern).MatchString(got) {
			t.Errorf("%s has no match of %q:\n%s", what, pattern, got)
		}
	}
}

func TestDemo(t *testing.T) {
	status, records, stderr := runFetchurls(t, t.Context(), "", "-demo")
	if status != 0 || len(records) != 55 {
		t.Errorf("exit status %d, %d lines; want 0, 55", status, len(records))
	}
	for _, want := range []record{
		{URL: "/0", Status: 200, Bytes: 20000, Attempts: 1},
		{URL: "/14", Status: 200, Bytes: 20000, Attempts: 2},
		{URL: "/25", Status: 200, Bytes: 20000, Attempts: 2},
		{URL: "/busy", Status: 200, Bytes: 20000, Attempts: 2},
		{URL: "/moved", Status: 200, Bytes: 20000, Attempts: 2},
		{URL: "/loop", Status: 0, Attempts: 11, Kind: "redirect"},
		{URL: "/bomb", Status: 200, Attempts: 1, Kind: "too large"},
		{URL: "/gone", Status: 404, Attempts: 1, Kind: "status"},
	} {
		got := records[want.URL]
		if got.Status != want.Status || got.Bytes != want.Bytes || got.Attempts != want.Attempts || got.Kind != want.Kind {
			t.Errorf("%s: %+v; want %+v", want.URL, got, want)
		}
	}
	if ms := records["/busy"].MS; ms < 1000 {
		t.Errorf("/busy: %d ms; want the second of its Retry-After", ms)
	}
	wantMatch(t, "standard error", stderr, `^52 fetched, 3 failed, 0 skipped, 1015\.6 KiB in `,
		`^  redirect +1$`, `^  status +1$`, `^  too large +1$`, `^\d+ answers, in ms: p50 .* p99 .* slowest .* mean `)
}

// TestNothingToRead runs the program as one does who has just found it.
func TestNothingToRead(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	var stdout, stderr strings.Builder
	if status := run(t.Context(), nil, null, &stdout, &stderr); status != 0 || strings.Count(stdout.String(), "\n") != 55 {
		t.Errorf("exit status %d, output %q; want 0 and the demo", status, stdout.String())
	}
}

// newOrigin returns an origin with an answer for each kind of failure.
func newOrigin(t *testing.T) *fetchtest.Origin {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		switch r.URL.Path {
		case "/missing":
			return fetchtest.Answer{Status: http.StatusNotFound}
		case "/busy":
			return fetchtest.Busy(http.StatusTooManyRequests, time.Hour)
		case "/truncated":
			return fetchtest.Answer{Body: "half of it", Truncate: true}
		case "/slow":
			return fetchtest.Answer{Delay: time.Minute}
		case "/large":
			return fetchtest.Answer{Body: strings.Repeat("x", 2000)}
		case "/moved":
			return fetchtest.Redirect("/good")
		}
		return fetchtest.Answer{Body: "good"}
	})
	t.Cleanup(origin.Close)
	return origin
}

func TestKinds(t *testing.T) {
	origin := newOrigin(t)
	dead := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{} })
	dead.Close()
	var urls []string
	for _, path := range []string{"/good?a=1&b=2", "/missing", "/busy", "/truncated", "/large", "/moved"} {
		urls = append(urls, origin.URL+path)
	}
	urls = append(urls, dead.URL+"/dead", "gopher://example.com/gopher", "http://%/nonsense",
		strings.Replace(origin.URL, "http:", "https:", 1)+"/plain")

	args := []string{"-max-bytes", "1000"}
	wants := []record{
		{URL: "/good?a=1&b=2", Status: 200, Bytes: 4, Attempts: 1},
		{URL: "/missing", Status: 404, Attempts: 1, Kind: "status"},
		{URL: "/busy", Status: 429, Attempts: 1, Kind: "status"},
		{URL: "/truncated", Status: 200, Attempts: 3, Kind: "broken off"},
		{URL: "/large", Status: 200, Attempts: 1, Kind: "too large"},
		{URL: "/moved", Status: 200, Bytes: 4, Attempts: 2},
		{URL: "/dead", Attempts: 3, Kind: "connect"},
		{URL: "/gopher", Kind: "url"},
		{URL: "/nonsense", Kind: "url"},
		{URL: "/plain", Attempts: 3, Kind: "tls"},
	}
	dir := filepath.Join(t.TempDir(), "bodies")
	for _, more := range [][]string{nil, {"-ordered"}, {"-o", dir}} {
		status, records, stderr := runFetchurls(t, t.Context(), "", slices.Concat(args, more, urls)...)
		if status != 1 {
			t.Errorf("%q: exit status %d; want 1:\n%s", more, status, stderr)
		}
		for _, want := range wants {
			got := records[want.URL]
			// A download counts its requests in its own way, and a certificate
			// that is no certificate may be tried again or not.
			if got.Status != want.Status || got.Bytes != want.Bytes || got.Kind != want.Kind ||
				len(more) == 0 && want.Kind != "tls" && got.Attempts != want.Attempts {
				t.Errorf("%q, %s: %+v; want %+v", more, want.URL, got, want)
			}
			if (got.Error == "") != (got.Kind == "") {
				t.Errorf("%q, %s: kind %q, error %q", more, want.URL, got.Kind, got.Error)
			}
		}
		wantMatch(t, "standard error", stderr, `^2 fetched, 8 failed, 0 skipped, 8 bytes in `)
	}
	status, records, _ := runFetchurls(t, t.Context(), "", "-timeout", "50ms", origin.URL+"/slow")
	if got := records["/slow"]; status != 1 || got.Kind != "timeout" || got.Attempts != 3 {
		t.Errorf("a slow origin: exit status %d, %+v; want 1 and a timeout", status, got)
	}
	status, records, _ = runFetchurls(t, t.Context(), "", "-public", origin.URL+"/good")
	if got := records["/good"].Kind; status != 1 || got != "blocked" {
		t.Errorf("-public: exit status %d, kind %q; want 1, blocked", status, got)
	}
}

// TestOrder has the first URLs answered last.
func TestOrder(t *testing.T) {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		var number int
		fmt.Sscanf(r.URL.Path, "/%d", &number)
		return fetchtest.Answer{Delay: time.Duration(10-number) * 5 * time.Millisecond}
	})
	defer origin.Close()
	var want strings.Builder
	for number := range 10 {
		fmt.Fprintf(&want, "%s/%d\n", origin.URL, number)
	}
	for _, more := range []string{"", t.TempDir()} {
		var stdout, stderr strings.Builder
		run(t.Context(), []string{"-ordered", "-per-host", "10", "-o", more}, strings.NewReader(want.String()), &stdout, &stderr)
		var got strings.Builder
		for line := range strings.Lines(stdout.String()) {
			var r record
			json.Unmarshal([]byte(line), &r)
			fmt.Fprintln(&got, r.URL)
		}
		if got.String() != want.String() {
			t.Errorf("-o %q: order of the lines:\n%s\nwant:\n%s", more, got.String(), want.String())
		}
	}
}

// TestPoliteness has many URLs wait for one host longer than a request may take.
func TestPoliteness(t *testing.T) {
	for _, tt := range []struct {
		args []string
		peak int
		min  time.Duration
	}{
		{[]string{"-per-host", "2"}, 2, 0},
		{[]string{"-per-host", "20", "-rate", "20"}, 20, 950 * time.Millisecond},
	} {
		origin := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer {
			return fetchtest.Answer{Delay: 100 * time.Millisecond}
		})
		defer origin.Close()
		var stdin strings.Builder
		for number := range 20 {
			fmt.Fprintf(&stdin, "%s/%d\n", origin.URL, number)
		}
		start := time.Now()
		status, records, stderr := runFetchurls(t, t.Context(), stdin.String(),
			append(tt.args, "-concurrency", "20", "-timeout", "500ms")...)
		if status != 0 || len(records) != 20 {
			t.Errorf("%q: exit status %d, %d lines; want 0, 20:\n%s", tt.args, status, len(records), stderr)
		}
		if peak := origin.Stats().PeakRunning; peak > tt.peak {
			t.Errorf("%q: %d requests at the same time; want %d at most", tt.args, peak, tt.peak)
		}
		if elapsed := time.Since(start); elapsed < tt.min {
			t.Errorf("%q: 20 requests in %v; want %v at least", tt.args, elapsed, tt.min)
		}
	}
}

func TestStandardInput(t *testing.T) {
	origin := newOrigin(t)
	status, records, stderr := runFetchurls(t, t.Context(),
		fmt.Sprintf("# a comment\n\n  %[1]s/a  \n%[1]s/b\r\n%[1]s/a\n#%[1]s/c", origin.URL))
	if status != 0 || len(records) != 2 || records["/a"].Bytes != 4 || records["/b"].Bytes != 4 {
		t.Errorf("exit status %d, %v; want 0, /a and /b", status, records)
	}
	wantMatch(t, "standard error", stderr, `^2 fetched, 0 failed, 1 skipped, 8 bytes in `)

	status, records, stderr = runFetchurls(t, t.Context(), origin.URL+"/a\n"+strings.Repeat("x", 2*maxLine))
	if status != 1 || len(records) != 1 {
		t.Errorf("a line that is too long: exit status %d, %v; want 1 and /a", status, records)
	}
	wantMatch(t, "standard error", stderr, `^fetchurls: read URLs: bufio\.Scanner: token too long$`)

	if status, records, _ := runFetchurls(t, t.Context(), ""); status != 0 || len(records) != 0 {
		t.Errorf("no URLs: exit status %d, %v; want 0 and nothing", status, records)
	}
}

func TestResume(t *testing.T) {
	origin := newOrigin(t)
	log := filepath.Join(t.TempDir(), "log.jsonl")
	earlier := fmt.Sprintf(`{"url":"%[1]s/a","status":200}
{"url":"%[1]s/b","status":503,"kind":"status"}
nonsense
{"url":"%[1]s/c","sta{"url":"%[1]s/d","status":200}
{"url":"%[1]s/e","status":200}
{"url":"%[1]s/f","st`, origin.URL)
	if err := os.WriteFile(log, []byte(earlier), 0o644); err != nil {
		t.Fatal(err)
	}
	var args []string
	for _, path := range []string{"/a", "/b", "/c", "/d", "/e", "/f"} {
		args = append(args, origin.URL+path)
	}
	status, records, stderr := runFetchurls(t, t.Context(), "", slices.Concat([]string{"-resume", log}, args)...)
	if status != 0 || len(records) != 4 || records["/b"].Status != 200 || records["/f"].Status != 200 {
		t.Errorf("exit status %d, %v; want 0 and b, c, d, f", status, records)
	}
	wantMatch(t, "standard error", stderr, `3 lines of .*log\.jsonl are not of this program`, `^4 fetched, 0 failed, 2 skipped`)

	// With -o a URL is done when its file is there.
	dir := t.TempDir()
	for _, want := range []int{6, 0} {
		status, records, _ = runFetchurls(t, t.Context(), "", slices.Concat([]string{"-resume", log, "-o", dir}, args)...)
		if status != 0 || len(records) != want {
			t.Errorf("-o: exit status %d, %d lines; want 0, %d", status, len(records), want)
		}
		var lines strings.Builder
		for _, r := range records {
			json.NewEncoder(&lines).Encode(r)
		}
		if err := os.WriteFile(log, []byte(earlier+"\n"+lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDownload has a transfer break off for good, and a second run get the rest.
func TestDownload(t *testing.T) {
	body := strings.Repeat("0123456789", 10_000)
	var down atomic.Bool
	var asked atomic.Value
	asked.Store("")
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		a := fetchtest.Content(body, `"v1"`)
		if r.Header.Get("Range") != "" {
			asked.Store(r.Header.Get("Range"))
			a.Reset = down.Load()
		} else {
			a.CutAfter = 70_000
		}
		return a
	})
	defer origin.Close()
	dir := t.TempDir()
	url := origin.URL + "/some/file.tar.gz?token=1"
	down.Store(true)
	status, records, _ := runFetchurls(t, t.Context(), "", "-o", dir, url)
	if got := records["/file.tar.gz?token=1"]; status != 1 || got.Kind != "broken off" || got.File != "" {
		t.Errorf("cut off: exit status %d, %+v; want 1 and no file", status, got)
	}
	down.Store(false)
	status, records, _ = runFetchurls(t, t.Context(), "", "-o", dir, url)
	got := records["/file.tar.gz?token=1"]
	if status != 0 || got.Bytes != int64(len(body)) {
		t.Fatalf("exit status %d, %+v; want 0 and the file", status, got)
	}
	if saved, err := os.ReadFile(filepath.Join(dir, got.File)); err != nil || string(saved) != body {
		t.Errorf("saved %d bytes, %v; want those of the origin", len(saved), err)
	}
	if asked := asked.Load(); asked == "" || asked == "bytes=0-" {
		t.Errorf("the second run asked for %q; want the rest", asked)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("files %q; want one", left)
	}
}

func TestFileName(t *testing.T) {
	seen := make(map[string]bool)
	for _, tt := range []struct{ url, want string }{
		{"https://example.com/a/file.json", `^file-[0-9a-f]{16}\.json$`},
		{"https://example.com/b/file.json", `^file-[0-9a-f]{16}\.json$`},
		{"https://example.com/file.json?x=1", `^file-[0-9a-f]{16}\.json$`},
		{"https://example.com", `^index-[0-9a-f]{16}$`},
		{"https://example.com/", `^index-[0-9a-f]{16}$`},
		{"https://example.com/..", `^index-[0-9a-f]{16}$`},
		{"https://example.com/%2e%2e%2f%2e%2e%2fetc%2fpasswd", `^passwd-[0-9a-f]{16}$`},
		{`https://example.com/..%5c..%5cboot.ini`, `^_\.\._boot-[0-9a-f]{16}\.ini$`},
		{"https://example.com/.profile", `^index-[0-9a-f]{16}\.profile$`},
		{"https://example.com/" + strings.Repeat("é", 300), `^_{60}-[0-9a-f]{16}$`},
		{"https://example.com/%00\x7f", `^index-[0-9a-f]{16}$`},
	} {
		got := fileName(tt.url)
		wantMatch(t, fmt.Sprintf("fileName(%q)", tt.url), got, tt.want)
		if seen[got] {
			t.Errorf("fileName(%q) = %q, which another URL has", tt.url, got)
		}
		seen[got] = true
		if !filepath.IsLocal(got) {
			t.Errorf("fileName(%q) = %q, which leads out of the directory", tt.url, got)
		}
	}
}

// TestInterrupt ends the context while the third URL is on its way and more are
// expected from a standard input that nobody closes.
func TestInterrupt(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		ctx, interrupt := context.WithCancelCause(t.Context())
		defer interrupt(nil)
		origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
			a := fetchtest.Answer{Body: "good"}
			if r.URL.Path == "/3" {
				interrupt(fmt.Errorf("interrupt signal received"))
				a.Delay = time.Minute
			}
			return a
		})
		defer origin.Close()
		stdin, urls := io.Pipe()
		defer urls.Close()
		go fmt.Fprintf(urls, "%[1]s/1\n%[1]s/2\n%[1]s/3\n%[1]s/4\n", origin.URL)
		var stdout, stderr strings.Builder
		status := run(ctx, []string{"-concurrency", "1", "-o", dir}, stdin, &stdout, &stderr)
		records := parseRecords(t, stdout.String())
		if status != 130 || len(records) != 2 || records["/2"].Bytes != 4 {
			t.Errorf("-o %q: exit status %d, %v; want 130, /1 and /2", dir, status, records)
		}
		wantMatch(t, "standard error", stderr.String(), `^2 fetched, 0 failed`, `^fetchurls: interrupted; -resume goes on with what is left$`)
	}
}

// full is a standard output that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestFullDisk(t *testing.T) {
	origin := newOrigin(t)
	var stderr strings.Builder
	if status := run(t.Context(), []string{origin.URL + "/a", origin.URL + "/b"}, nil, full{}, &stderr); status != 1 {
		t.Errorf("exit status %d; want 1", status)
	}
	wantMatch(t, "standard error", stderr.String(), `^fetchurls: short write$`)
}

func TestBar(t *testing.T) {
	tally := newTally(4)
	tally.add(record{Bytes: 2 << 20})
	tally.add(record{Kind: "dns"})
	if got, want := tally.bar(), "[===============               ] 2 of 4, 1 failed, 2.0 MiB"; got != want {
		t.Errorf("bar() = %q; want %q", got, want)
	}
	tally.total = -1
	if got, want := tally.bar(), "2 done, 1 failed, 2.0 MiB"; got != want {
		t.Errorf("bar() of an unknown total = %q; want %q", got, want)
	}
}

func TestCommandLine(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-h"}, 0, `^Usage: fetchurls `},
		{[]string{"-nonsense"}, 2, `^flag provided but not defined: -nonsense$`},
		{[]string{"-concurrency", "0", "-rate", "-1"}, 2, `^fetchurls: -concurrency is 0: must be 1 or more\n-rate is -1: `},
		{[]string{"-per-host", "0"}, 2, `^fetchurls: -per-host is 0`},
		{[]string{"-timeout", "-1s"}, 2, `^fetchurls: -timeout is -1s`},
		{[]string{"-demo", "http://example.com"}, 2, `^fetchurls: -demo has URLs of its own`},
		{[]string{"-resume", "no/such/file"}, 2, `^fetchurls: read -resume: open no/such/file`},
		{[]string{"-o", "main.go"}, 2, `^fetchurls: mkdir main\.go`},
	} {
		status, records, stderr := runFetchurls(t, t.Context(), "", tt.args...)
		if status != tt.status || len(records) != 0 {
			t.Errorf("fetchurls %q: exit status %d, output %v; want %d and none", tt.args, status, records, tt.status)
		}
		wantMatch(t, "standard error", stderr, tt.want)
	}
}
