package fetchtest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch/fetchtest"
	"github.com/stretchr/testify/require"
)

func get(url string) (status int, body string, err error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestOrigin(t *testing.T) {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		switch r.URL.Path {
		case "/flaky":
			return fetchtest.Answer{Body: "ok", Failures: 2, FailStatus: 500}
		case "/missing":
			return fetchtest.Answer{Status: 404, Body: "no"}
		case "/reset":
			return fetchtest.Answer{Reset: true}
		case "/truncated":
			return fetchtest.Answer{Body: "twelve bytes", Truncate: true}
		case "/slow":
			return fetchtest.Answer{Delay: 20 * time.Millisecond}
		}
		return fetchtest.Answer{Body: "hello"}
	})
	defer origin.Close()
	for _, tt := range []struct {
		path    string
		status  int
		body    string
		wantErr bool
	}{
		{"/", 200, "hello", false},
		{"/flaky", 500, "", false},
		{"/flaky", 500, "", false},
		{"/flaky", 200, "ok", false},
		{"/flaky?other", 500, "", false},
		{"/missing", 404, "no", false},
		{"/reset", 0, "", true},
		{"/truncated", 200, "twelve", true},
	} {
		status, body, err := get(origin.URL + tt.path)
		if status != tt.status || body != tt.body || (err != nil) != tt.wantErr {
			t.Errorf("GET %s = %d, %q, %v; want %d, %q, error %v", tt.path, status, body, err, tt.status, tt.body, tt.wantErr)
		}
	}
	start := time.Now()
	if status, _, err := get(origin.URL + "/slow"); status != 200 || err != nil || time.Since(start) < 20*time.Millisecond {
		t.Errorf("GET /slow = %d, %v after %v; want 200 after 20ms", status, err, time.Since(start))
	}
	if n := origin.Requests(); n < 9 {
		t.Errorf("Requests() = %d; want at least 9", n)
	}
}

func TestClose(t *testing.T) {
	origin := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer { return fetchtest.Answer{} })
	_, _, err := get(origin.URL)
	require.NoError(t, err)
	origin.Close()
	origin.Close()
	if _, _, err := get(origin.URL); err == nil {
		t.Error("GET after Close succeeded")
	}
}

func ExampleNewOrigin() {
	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
		return fetchtest.Answer{Body: "done", Failures: 1, FailStatus: http.StatusBadGateway}
	})
	defer origin.Close()
	for range 2 {
		resp, err := http.Get(origin.URL)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	// Output:
	// 502 Bad Gateway
	// 200 OK
}
