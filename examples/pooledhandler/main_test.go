package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goplinth/plinth/buffer"
)

func TestRun(t *testing.T) {
	var stdout, stderr strings.Builder
	if status := run(t.Context(), &stdout, &stderr, 50); status != 0 || stderr.Len() > 0 {
		t.Errorf("exit status %d, standard error %q; want 0 and nothing", status, stderr.String())
	}
	lines := regexp.MustCompile(`(?m)^/(naive|pooled) +64264 bytes sent, +(\d+) bytes in +\d+ allocations for each request$`).
		FindAllStringSubmatch(stdout.String(), -1)
	if len(lines) != 2 || lines[0][1] != "naive" || lines[1][1] != "pooled" {
		t.Fatalf("output is not a line for naive and one for pooled:\n%s", stdout.String())
	}
	naive, _ := strconv.Atoi(lines[0][2])
	pooled, _ := strconv.Atoi(lines[1][2])
	if pooled > naive/2 {
		t.Errorf("the pooled handler allocates %d bytes for each request, the naive one %d; want less than half", pooled, naive)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr strings.Builder
	if status := run(ctx, &stdout, &stderr, 50); status != 1 || !strings.Contains(stderr.String(), "context canceled") {
		t.Errorf("exit status %d, standard error %q; want 1 and the reason", status, stderr.String())
	}
}

// TestHandlers compares what the two send, and has Check see that every buffer
// is released.
func TestHandlers(t *testing.T) {
	buffer.Check(t)
	for _, tt := range []struct {
		rows   string
		status int
		body   string
	}{
		{"3", http.StatusOK, "0,0\n1,1\n2,4\n"},
		{"0", http.StatusOK, ""},
		{"-1", http.StatusBadRequest, "rows is \"-1\"; it must be a number from 0 to 1000000\n"},
		{"", http.StatusBadRequest, "rows is \"\"; it must be a number from 0 to 1000000\n"},
	} {
		for name, handler := range map[string]http.HandlerFunc{"naive": naive, "pooled": pooled} {
			w := httptest.NewRecorder()
			handler(w, httptest.NewRequest(http.MethodGet, "/?rows="+tt.rows, nil))
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("%s(rows=%s) answers %d, %q; want %d, %q", name, tt.rows, w.Code, w.Body, tt.status, tt.body)
			}
			if length := w.Header().Get("Content-Length"); tt.status == http.StatusOK && length != strconv.Itoa(len(tt.body)) {
				t.Errorf("%s(rows=%s) has a Content-Length of %q; want %d", name, tt.rows, length, len(tt.body))
			}
		}
	}
}
