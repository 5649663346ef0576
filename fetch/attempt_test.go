package fetch_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goplinth/plinth/fetch"
)

// TestHeadersAtTheTimeout has the headers come in the very moment in which the
// attempt timeout is over.
func TestHeadersAtTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := newStub(t, func(_ int, req *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return respond(404, "late"), nil
		})
		c := newClient(t, fetch.Options{Transport: stub, AttemptTimeout: time.Second, Retry: fetch.RetryPolicy{Attempts: 1}})
		for range 2000 {
			if _, err := fetch.Get[string](t.Context(), c, "http://example.com"); err == nil {
				t.Error("no error")
			}
		}
	})
}
