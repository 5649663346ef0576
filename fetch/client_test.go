package fetch_test

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

func TestNewReportsEveryMistake(t *testing.T) {
	_, err := fetch.New(fetch.Options{Timeout: -1, AttemptTimeout: -1, MaxBody: -1, Rate: math.NaN(), Burst: -1,
		Retry:    fetch.RetryPolicy{Attempts: -1, BaseDelay: -1, MaxDelay: -1, MaxRetryAfter: -1},
		Breaker:  &fetch.BreakerPolicy{Window: -1, MinRequests: -1, FailureRatio: 1.5, OpenFor: -1},
		Hedge:    &fetch.HedgePolicy{Delay: -1},
		Coalesce: &fetch.CoalescePolicy{MaxBody: -1},
		Redirect: fetch.RedirectPolicy{Trust: []string{"https://a.example", "a.example/x"}},
	})
	require.Error(t, err)
	for _, want := range []string{"Options.Timeout is -1ns (time.Duration)", "Options.AttemptTimeout", "Options.MaxBody is -1 (int64)",
		"Options.Rate is NaN (float64)", "Options.Burst", "Options.Retry.Attempts is -1 (int)", "Options.Retry.BaseDelay",
		"Options.Retry.MaxDelay", "Options.Retry.MaxRetryAfter", "Options.Breaker.Window", "Options.Breaker.MinRequests",
		"Options.Breaker.FailureRatio is 1.5 (float64)", "Options.Breaker.OpenFor", "Options.Hedge.Delay", "Options.Coalesce.MaxBody",
		"Options.Redirect.Trust[1]"} {
		if !strings.Contains(err.Error(), "fetch: "+want) {
			t.Errorf("New error = %v; want it to say %s", err, want)
		}
	}
}

// TestCredentialsStayWithTheirOrigin redirects to another origin and back.
func TestCredentialsStayWithTheirOrigin(t *testing.T) {
	seen := make(map[string]http.Header) // by path
	record := func(r *http.Request) { seen[r.URL.Path] = r.Header }
	var first string
	other := origin(t, func(r *http.Request) fetchtest.Answer {
		record(r)
		if r.URL.Path == "/other/back" {
			return redirect(first + "/first/end")
		}
		if r.URL.Path == "/other/hop" {
			return redirect("/other/end")
		}
		return fetchtest.Answer{}
	})
	first = origin(t, func(r *http.Request) fetchtest.Answer {
		record(r)
		switch r.URL.Path {
		case "/first/near":
			return redirect("/first/end")
		case "/first/far":
			return redirect(other + "/other/end")
		case "/first/farther":
			return redirect(other + "/other/hop")
		case "/first/round":
			return redirect(other + "/other/back")
		}
		return fetchtest.Answer{}
	})
	get := func(path string) {
		t.Helper()
		clear(seen)
		_, err := fetch.Get[string](t.Context(), newClient(t, fetch.Options{}), first+path,
			fetch.WithHeader("Authorization", "Bearer x"), fetch.WithHeader("X-Api-Key", "x"),
			fetch.WithHeader("Cookie", "s=x"), fetch.WithHeader("Accept", "text/plain"))
		if err != nil {
			t.Errorf("Get(%s) = %v", path, err)
		}
	}
	hasSecret := func(path string) bool {
		h := seen[path]
		return h.Get("Authorization") != "" || h.Get("X-Api-Key") != "" || h.Get("Cookie") != ""
	}

	get("/first/near")
	if !hasSecret("/first/end") {
		t.Error("the credentials did not follow a redirect within their origin")
	}
	get("/first/far")
	if hasSecret("/other/end") {
		t.Errorf("the other origin saw %v", seen["/other/end"])
	}
	if seen["/other/end"].Get("Accept") != "text/plain" {
		t.Error("Accept was not sent to the other origin")
	}
	get("/first/farther") // the last redirect stays within the other origin
	if hasSecret("/other/hop") || hasSecret("/other/end") {
		t.Errorf("the other origin saw %v and %v", seen["/other/hop"], seen["/other/end"])
	}
	get("/first/round")
	if hasSecret("/other/back") {
		t.Errorf("the other origin saw %v", seen["/other/back"])
	}
}

func redirect(to string) fetchtest.Answer {
	return fetchtest.Answer{Status: http.StatusFound, Header: http.Header{"Location": {to}}}
}

func TestRedirectLimits(t *testing.T) {
	loop := origin(t, func(*http.Request) fetchtest.Answer { return redirect("/") })
	if _, err := fetch.Get[string](t.Context(), newClient(t, fetch.Options{}), loop); !errors.Is(err, fetch.ErrRedirectDenied) {
		t.Errorf("redirect loop: %v; want ErrRedirectDenied", err)
	}
	s := newStub(t, func(int, *http.Request) (*http.Response, error) {
		return respond(302, "", "Location", "http://a/"), nil
	})
	_, err := fetch.Get[string](t.Context(), newClient(t, fetch.Options{Transport: s}), "https://a/")
	if !errors.Is(err, fetch.ErrRedirectDenied) || s.attempts() != 1 {
		t.Errorf("redirect to http: %v after %d requests; want ErrRedirectDenied after 1", err, s.attempts())
	}
}

func TestSameOrigin(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"http://a/x", "http://a/y", true},
		{"http://a", "http://A:80", true},
		{"https://a:443", "https://a", true},
		{"http://a", "https://a", false},
		{"http://a", "http://a:8080", false},
		{"http://a", "http://b.a", false},
		{"http://[::1]", "http://[::1]:80", true},
	} {
		a, err := url.Parse(tt.a)
		require.NoError(t, err)
		b, err := url.Parse(tt.b)
		require.NoError(t, err)
		if got := fetch.SameOrigin(a, b); got != tt.want {
			t.Errorf("sameOrigin(%s, %s) = %v; want %v", a, b, got, tt.want)
		}
	}
}
