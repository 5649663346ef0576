package main

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch/fetchtest"
)

// runQuickstart runs the program and returns its exit status and output.
func runQuickstart(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, err strings.Builder
	status = run(ctx, args, &out, &err)
	return status, out.String(), err.String()
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
	status, stdout, stderr := runQuickstart(t.Context())
	if status != 0 || stderr != "" {
		t.Errorf("exit status %d, standard error %q; want 0 and nothing", status, stderr)
	}
	wantMatch(t, "output", stdout,
		`^records +3000$`, `^  valid +2957$`, `^  invalid +29$`, `^  failed +14$`,
		`^cache hits +(9\d\d|1000)$`, `^retries +187$`, `^total +4438337\.43$`, `^elapsed +\d`, `^records/s +\d`,
		`^invalid \(3 of 29\)$`, `/records/101\n  email: .+\n  items\[1\]\.quantity: `,
		`^failed \(3 of 14\)$`, `^import: load record: fetch: GET http://127\.0\.0\.1:\d+/records/211: 404 Not Found$`,
		`^  at \S+\.\(\*job\)\.load \(.*job\.go:\d+\): load record attempts=1$`)
}

func TestOwnURLs(t *testing.T) {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		switch r.URL.Path {
		case "/good":
			return fetchtest.Answer{Body: `{"id":1,"email":"a@example.com","plan":"free","cents":5}`, Failures: 1}
		case "/invalid":
			return fetchtest.Answer{Body: `{"id":1,"email":"a@example.com","plan":"gold","cents":5}`}
		}
		return fetchtest.Answer{Body: "<html>", Header: http.Header{"Content-Type": {"text/html"}}}
	})
	defer origin.Close()
	dead := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{} })
	dead.Close()

	status, stdout, stderr := runQuickstart(t.Context(), origin.URL+"/good", origin.URL+"/invalid", origin.URL+"/html", dead.URL, "::")
	if status != 1 || stderr != "quickstart: 4 of 5 records failed\n" {
		t.Errorf("exit status %d, standard error %q; want 1 and the count", status, stderr)
	}
	wantMatch(t, "output", stdout,
		`^records +5$`, `^  valid +1$`, `^  invalid +1$`, `^  failed +3$`, `^retries +3$`, `^total +0\.05$`,
		`/invalid\n  plan: `, `/html: 200 OK with content type "text/html": the body is not JSON: `,
		`after 3 attempts: dial tcp `, `^import: load record: parse "::": missing protocol scheme$`)

	status, _, stderr = runQuickstart(t.Context(), origin.URL+"/good")
	if status != 0 || stderr != "" {
		t.Errorf("a good URL: exit status %d, standard error %q; want 0 and nothing", status, stderr)
	}
}

// TestInterrupt ends the context while the third record is on its way.
func TestInterrupt(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		a := fetchtest.Answer{Body: `{"id":1,"email":"a@example.com","plan":"free","cents":5}`}
		if r.URL.Path == "/3" {
			interrupt()
			a.Delay = time.Minute
		}
		return a
	})
	defer origin.Close()
	status, stdout, stderr := runQuickstart(ctx, "-workers", "1", origin.URL+"/1", origin.URL+"/2", origin.URL+"/3", origin.URL+"/4")
	if want := "quickstart: interrupted after 2 of 4 requests; the table shows what was fetched\n"; status != 130 || stderr != want {
		t.Errorf("exit status %d, standard error %q; want 130, %q", status, stderr, want)
	}
	wantMatch(t, "output", stdout, `^records +2$`, `^  valid +2$`, `^total +0\.10$`)
}

func TestCommandLine(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-h"}, 0, `^Usage: quickstart `},
		{[]string{"-nonsense"}, 2, `^flag provided but not defined: -nonsense$`},
		{[]string{"-workers", "0"}, 2, `^quickstart: -workers is 0: must be 1 or more$`},
	} {
		status, stdout, stderr := runQuickstart(t.Context(), tt.args...)
		if status != tt.status || stdout != "" {
			t.Errorf("quickstart %q: exit status %d, output %q; want %d and none", tt.args, status, stdout, tt.status)
		}
		wantMatch(t, "standard error", stderr, tt.want)
	}
}
