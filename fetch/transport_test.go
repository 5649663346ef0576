package fetch_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/goplinth/plinth/fetch"
	"github.com/goplinth/plinth/fetch/fetchtest"
)

func TestNewTransport(t *testing.T) {
	type settings struct {
		tls, header, idle      time.Duration
		perHost, all, connsMax int
	}
	for _, tt := range []struct {
		options fetch.TransportOptions
		want    settings
	}{
		{fetch.TransportOptions{}, settings{10 * time.Second, 30 * time.Second, 90 * time.Second, 64, 1024, 0}},
		{fetch.TransportOptions{ResponseHeaderTimeout: -1}, settings{10 * time.Second, 0, 90 * time.Second, 64, 1024, 0}},
		{fetch.TransportOptions{DialTimeout: 1, TLSTimeout: 2, ResponseHeaderTimeout: 3, IdleTimeout: 4, IdlePerHost: 5000, ConnsPerHost: 6}, settings{2, 3, 4, 5000, 5000, 6}},
	} {
		n := fetch.NewTransport(tt.options)
		got := settings{n.TLSHandshakeTimeout, n.ResponseHeaderTimeout, n.IdleConnTimeout, n.MaxIdleConnsPerHost, n.MaxIdleConns, n.MaxConnsPerHost}
		if got != tt.want || n.MaxResponseHeaderBytes != 1<<20 || n.Proxy == nil || n.DialContext == nil || !n.ForceAttemptHTTP2 {
			t.Errorf("NewTransport(%+v) = %+v in %+v; want %+v", tt.options, got, n, tt.want)
		}
	}
}

func TestNewTransportDialTimeout(t *testing.T) {
	c := newClient(t, fetch.Options{Transport: fetch.NewTransport(fetch.TransportOptions{DialTimeout: 1}), Retry: fetch.RetryPolicy{Attempts: 1}})
	url := origin(t, func(*http.Request) fetchtest.Answer { return fetchtest.Answer{} })
	if _, err := fetch.Get[string](t.Context(), c, url); err == nil || !strings.Contains(err.Error(), "i/o timeout") {
		t.Errorf("Get with a DialTimeout of 1ns = %v; want a timeout", err)
	}
}

// TestNewTransportWithoutDefault has a program that put something of its own
// into http.DefaultTransport.
func TestNewTransportWithoutDefault(t *testing.T) {
	old := http.DefaultTransport
	defer func() { http.DefaultTransport = old }()
	http.DefaultTransport = roundTrip(nil)
	n := fetch.NewTransport(fetch.TransportOptions{})
	if n.Proxy == nil || n.DialContext == nil || !n.ForceAttemptHTTP2 || n.TLSHandshakeTimeout != 10*time.Second || n.IdleConnTimeout != 90*time.Second {
		t.Errorf("NewTransport = %+v; want the settings of the standard library", n)
	}
}

func TestNewTransportReportsEveryMistake(t *testing.T) {
	defer func() {
		message, _ := recover().(string)
		for _, field := range []string{"DialTimeout", "TLSTimeout", "IdleTimeout", "IdlePerHost", "ConnsPerHost"} {
			if !strings.Contains(message, "fetch: TransportOptions."+field+" is -1") {
				t.Errorf("NewTransport panicked with %q; want it to name %s", message, field)
			}
		}
	}()
	fetch.NewTransport(fetch.TransportOptions{DialTimeout: -1, TLSTimeout: -1, IdleTimeout: -1, IdlePerHost: -1, ConnsPerHost: -1})
}

// TestConnectionsAreKept has as many concurrent requests, round after round, as
// idle connections are kept: later rounds find those of the first.
func TestConnectionsAreKept(t *testing.T) {
	const concurrent, rounds = 64, 5
	arrived := make(chan struct{}, concurrent)
	release := make(chan struct{})
	o := fetchtest.NewOrigin(func(*http.Request) fetchtest.Answer {
		arrived <- struct{}{}
		<-release
		return fetchtest.Answer{Body: "x"}
	})
	defer o.Close()
	transport := fetch.NewTransport(fetch.TransportOptions{})
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport}
	for range rounds {
		done := make(chan error, concurrent)
		for range concurrent {
			go func() {
				resp, err := c.Get(o.URL)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				done <- err
			}()
		}
		for range concurrent {
			<-arrived
		}
		for range concurrent {
			release <- struct{}{}
		}
		for range concurrent {
			if err := <-done; err != nil {
				t.Errorf("Get = %v", err)
			}
		}
	}
	if n := o.Stats().Conns; n > concurrent+2 {
		t.Errorf("%d rounds of %d requests opened %d connections; want at most %d", rounds, concurrent, n, concurrent)
	}
}
