package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/goplinth/plinth/cache"
	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/fetch"
)

// A policy is what a route grants.
type policy struct {
	places  int           // requests that the service gets at the same time
	timeout time.Duration // of a request, waiting for a place and retries included
	shared  bool          // equal requests share an answer, which has to fit into memory
}

var policies = map[string]policy{
	"users":   {places: 64, timeout: 5 * time.Second},
	"ml":      {places: 4, timeout: 3 * time.Second}, // more would share the same cores
	"reports": {places: 8, timeout: 5 * time.Second, shared: true},
}

const (
	maxRequestBody = 1 << 20
	maxSharedBody  = 1 << 20
	cachedAnswers  = 1000
)

// gateway is the handler for everything from outside.
type gateway struct {
	mux      *http.ServeMux
	log      *slog.Logger
	services services
	health   *fetch.Client
	answers  *cache.Cache[cacheKey, *answer]
	idle     []*http.Transport // whose connections are to be closed
}

func newGateway(all services, log *slog.Logger) (*gateway, error) {
	g := &gateway{mux: http.NewServeMux(), log: log, services: all}
	var healthErr, cacheErr error
	g.health, healthErr = fetch.New(fetch.Options{Timeout: 2 * time.Second, Retry: fetch.RetryPolicy{Attempts: 1}})
	g.answers, cacheErr = cache.New(cache.Options[cacheKey, *answer]{MaxEntries: cachedAnswers})
	if err := errors.Join(healthErr, cacheErr); err != nil {
		return nil, err
	}
	for _, s := range all {
		target, err := url.Parse(s.url)
		if err != nil {
			return nil, err
		}
		p := policies[s.name]
		proxy := &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				r.SetXForwarded()
				traceOf(r.In.Context()).set(r.Out.Header)
			},
			Transport: g.transport(p),
			ModifyResponse: func(resp *http.Response) error {
				// The answer may have been made for another request, whose names
				// are in it.
				resp.Header.Del(traceparentHeader)
				resp.Header.Del(requestIDHeader)
				return nil
			},
			ErrorHandler: g.fail,
			ErrorLog:     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		}
		prefix := "/" + s.name
		g.mux.Handle(prefix+"/", within(p.timeout, http.StripPrefix(prefix, proxy)))
	}
	g.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	g.mux.HandleFunc("GET /readyz", g.ready)
	g.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		g.fail(w, r, errors.With(errors.New("no route"), errors.WithKind(errors.NotFound)))
	})
	return g, nil
}

// transport returns what the requests of one route go through. An answer from
// the cache costs nothing further inside; those that are equal are one for all
// that follows; a retry gives up its place while it waits; and the breaker counts
// each attempt. POST and its like are not repeated, and neither is a request with
// a body, which has been read from the client and is gone.
func (g *gateway) transport(p policy) http.RoundTripper {
	base := fetch.NewTransport(fetch.TransportOptions{ConnsPerHost: p.places, IdlePerHost: p.places})
	base.DisableCompression = true // what a service compresses or not is between it and the client
	base.Proxy = nil
	g.idle = append(g.idle, base)
	mw := []fetch.Middleware{g.cached}
	if p.shared {
		mw = append(mw, fetch.Coalesce(fetch.CoalescePolicy{Key: sharedKey, MaxBody: maxSharedBody}))
	}
	mw = append(mw,
		fetch.Retry(fetch.RetryPolicy{Attempts: 3, MaxRetryAfter: p.timeout}),
		fetch.LimitConcurrency(p.places),
		fetch.Breaker(fetch.BreakerPolicy{MinRequests: 10, OpenFor: 5 * time.Second}))
	return fetch.Chain(base, mw...)
}

// within bounds the time and the body of requests.
func within(timeout time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxRequestBody)
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP names the request, has it answered, and logs it.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	t := newTrace(r.Header)
	w.Header().Set(requestIDHeader, t.requestID)
	w.Header().Set(traceparentHeader, t.parent())
	r = r.WithContext(withTrace(r.Context(), t))
	if r.ContentLength > maxRequestBody {
		g.fail(w, r, &http.MaxBytesError{Limit: maxRequestBody})
	} else {
		g.mux.ServeHTTP(w, r)
	}
	g.log.Info("request", "method", r.Method, "path", r.URL.Path, "trace", t.id, "id", t.requestID, "took", time.Since(start))
}

// ready says whether each service is healthy. It asks them past the policies: an
// open circuit is not to hide that a service is back.
func (g *gateway) ready(w http.ResponseWriter, r *http.Request) {
	urls := make([]string, len(g.services))
	for i, s := range g.services {
		urls[i] = s.url + "/health"
	}
	results, err := fetch.All[string](r.Context(), g.health, urls, fetch.Batch{})
	if err != nil {
		g.fail(w, r, err)
		return
	}
	status, state := http.StatusOK, make(map[string]string)
	for i, result := range results {
		state[g.services[i].name] = "ok"
		if result.Err != nil {
			g.log.Warn("not ready", "service", g.services[i].name, "err", result.Err)
			status, state[g.services[i].name] = http.StatusServiceUnavailable, "down"
		}
	}
	writeJSON(w, status, state)
}

// fail answers a request that no service has answered. The client learns what
// it can act upon, and the log the rest.
func (g *gateway) fail(w http.ResponseWriter, r *http.Request, err error) {
	err = explain(err)
	t := traceOf(r.Context())
	g.log.Warn("failed", "method", r.Method, "path", r.URL.Path, "trace", t.id, "id", t.requestID, "err", err)
	errors.WriteProblem(w, r, err)
}

// explain attaches to an error what the client may know.
func explain(err error) error {
	switch {
	case errors.KindOf(err) == errors.NotFound:
		return err
	case errors.Is(err, fetch.ErrCircuitOpen):
		after := time.Second
		if refusal, ok := errors.AsType[interface {
			error
			RetryAfter() time.Duration
		}](err); ok {
			after = max(after, refusal.RetryAfter())
		}
		return errors.With(err, errors.WithKind(errors.Unavailable), errors.WithCode("circuit_open"),
			errors.WithPublic("The service has failed too often lately."), errors.WithRetryAfter(after))
	case errors.Is(err, fetch.ErrLimited):
		return errors.With(err, errors.WithKind(errors.Unavailable), errors.WithCode("busy"),
			errors.WithPublic("The service has too much to do."), errors.WithRetryAfter(time.Second))
	case errors.Is(err, context.Canceled):
		return err
	case errors.Timeout(err):
		return errors.With(err, errors.WithKind(errors.DeadlineExceeded), errors.WithCode("timeout"),
			errors.WithPublic("The service did not answer in time."))
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errors.With(&statusError{http.StatusRequestEntityTooLarge, err}, errors.WithCode("too_large"),
			errors.WithPublic(fmt.Sprintf("The request has more than %d bytes.", maxRequestBody)))
	}
	return errors.With(&statusError{http.StatusBadGateway, err}, errors.WithCode("no_answer"),
		errors.WithPublic("The service could not be reached."))
}

// A statusError is an error with a status that no errors.Kind stands for.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string   { return e.err.Error() }
func (e *statusError) Unwrap() error   { return e.err }
func (e *statusError) HTTPStatus() int { return e.status }

// close gives up the connections to the services.
func (g *gateway) close() {
	for _, t := range g.idle {
		t.CloseIdleConnections()
	}
	g.health.CloseIdleConnections()
	g.answers.Close()
}
