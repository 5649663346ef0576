package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/validate"
)

// maxBody is the largest body of a request in bytes.
const maxBody = 64 << 10

// access says who may use a route.
type access int

const (
	anybody access = iota
	signedIn
	adminOnly
)

// A route is an operation of the API. The table of them is what is served, measured and
// documented.
type route struct {
	method, path string
	summary      string
	access       access
	query        []string // parameters, all of them whole numbers
	in, out      string   // schemas of the bodies, by name; empty for none
	status       int      // of success
	handle       func(*call) error
}

func (s *service) routeTable() []route {
	return []route{
		{"POST", "/v1/users", "Sign up", anybody, nil, "NewUser", "User", 201, s.createUser},
		{"GET", "/v1/users", "List the users, the oldest first; a limit beyond 100 is one of 100", adminOnly, []string{"skip", "limit"}, "", "UserPage", 200, s.listUsers},
		{"GET", "/v1/users/{id}", "Get a user; me is the caller", signedIn, nil, "", "User", 200, s.getUser},
		{"PATCH", "/v1/users/{id}", "Change a user; a new password ends all sessions", signedIn, nil, "UserPatch", "User", 200, s.patchUser},
		{"DELETE", "/v1/users/{id}", "Delete a user", signedIn, nil, "", "", 204, s.deleteUser},
		{"POST", "/v1/sessions", "Log in", anybody, nil, "Credentials", "Grant", 201, s.logIn},
		{"DELETE", "/v1/sessions", "Log out", signedIn, nil, "", "", 204, s.logOut},
		{"GET", "/v1/echo", "Echo messages over a WebSocket", signedIn, nil, "", "", 101, s.echo},
		{"GET", "/healthz", "Whether the process lives", anybody, nil, "", "", 204, s.health},
		{"GET", "/readyz", "Whether requests are welcome", anybody, nil, "", "", 204, s.ready},
		{"GET", "/metrics", "Figures for Prometheus", anybody, nil, "", "", 200, s.serveMetrics},
		{"GET", "/openapi.json", "This document", anybody, nil, "", "", 200, s.serveDocument},
		{"GET", "/docs", "This document, for people", anybody, nil, "", "", 200, s.servePage},
	}
}

// newMux routes requests. What is not in the table is answered with a problem object,
// which http.ServeMux would not do.
func (s *service) newMux(routes []route) *http.ServeMux {
	mux := http.NewServeMux()
	allowed := make(map[string][]string)
	for i := range routes {
		rt := &routes[i]
		mux.HandleFunc(rt.method+" "+rt.path, s.endpoint(rt))
		allowed[rt.path] = append(allowed[rt.path], rt.method)
	}
	for path, methods := range allowed {
		allow := strings.Join(methods, ", ")
		mux.HandleFunc(path, s.endpoint(&route{path: path, handle: func(c *call) error {
			c.w.Header().Set("Allow", allow)
			return statusError(http.StatusMethodNotAllowed)
		}}))
	}
	mux.HandleFunc("/", s.endpoint(&route{path: "other", handle: func(*call) error { return statusError(http.StatusNotFound) }}))
	return mux
}

// A call is one request and what is known about it. It is in no context, because what
// handlers need they are given: that saves copying each request.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	start  time.Time
	who    session // if the route is not for anybody
	status int     // of the answer; 0 before there is one
}

// calls are those that are not in use. None is when its handler has returned.
var calls = buffer.Typed[call]{Reset: func(c *call) { *c = call{} }}

// endpoint returns the handler of a route: access, the handler itself, the answer to
// its error, and the figures.
func (s *service) endpoint(rt *route) http.HandlerFunc {
	m := s.metrics.ofRoute(rt)
	return func(w http.ResponseWriter, r *http.Request) {
		c := calls.Get()
		defer calls.Put(c)
		c.w, c.r, c.start = w, r, time.Now()
		err := s.try(rt, c)
		if err != nil {
			c.fail(err)
		}
		m.observe(c.status, time.Since(c.start))
		if c.status >= 500 || s.debug {
			s.logCall(rt, c, err)
		}
	}
}

// try runs the handler of a route. A panic in it is an error.
func (s *service) try(rt *route, c *call) (err error) {
	defer errors.Recover(&err)
	if rt.access != anybody {
		if c.who, err = s.authenticate(c.r, c.start); err != nil {
			return err
		}
		if rt.access == adminOnly && !c.who.admin {
			return errForbidden
		}
	}
	return rt.handle(c)
}

func (s *service) logCall(rt *route, c *call, err error) {
	level, msg := slog.LevelDebug, "request"
	if c.status >= 500 {
		level, msg = slog.LevelError, "request failed"
	}
	attrs := []slog.Attr{slog.String("request", c.w.Header().Get("X-Request-Id")),
		slog.String("method", c.r.Method), slog.String("route", rt.path), slog.Int("status", c.status)}
	if c.who.userID != "" {
		attrs = append(attrs, slog.String("user", c.who.userID))
	}
	if err != nil {
		attrs = append(attrs, slog.Any("err", err))
		if level == slog.LevelError {
			attrs = append(attrs, slog.String("trace", errors.Tree(err)))
		}
	}
	s.log.LogAttrs(c.r.Context(), level, msg, attrs...)
}

// fail answers with the problem object of an error.
func (c *call) fail(err error) {
	if c.status != 0 {
		return // too late: the answer has begun
	}
	c.status = errors.HTTPStatus(err)
	if c.status == http.StatusUnauthorized {
		c.w.Header().Set("WWW-Authenticate", "Bearer")
	}
	errors.WriteProblem(c.w, c.r, err)
}

// answer encodes v in a pooled buffer and writes it. A v that cannot be encoded is an
// error while there is still something else to answer.
func (c *call) answer(status int, v any) error {
	b := buffer.Empty(0)
	defer b.Release()
	if err := json.NewEncoder(b).Encode(v); err != nil {
		return errors.Wrap(err, "encode answer")
	}
	return c.write(status, b.Bytes())
}

var contentTypeJSON = []string{"application/json"}

// write answers with a JSON text. There is nobody to tell if that fails.
func (c *call) write(status int, body []byte) error {
	c.status = status
	if body != nil {
		c.w.Header()["Content-Type"] = contentTypeJSON
	}
	c.w.WriteHeader(status)
	c.w.Write(body)
	return nil
}

// rules are the validators of the bodies.
type rules struct {
	newUser     *validate.Validator[newUser]
	userPatch   *validate.Validator[userPatch]
	credentials *validate.Validator[credentials]
}

// readBody decodes and checks the body of a request.
func readBody[T any](c *call, rules *validate.Validator[T]) (T, error) {
	var none T
	if ct := c.r.Header.Get("Content-Type"); ct != "application/json" {
		if media, _, err := mime.ParseMediaType(ct); err != nil || media != "application/json" {
			return none, statusError(http.StatusUnsupportedMediaType)
		}
	}
	if c.r.ContentLength > maxBody {
		return none, statusError(http.StatusRequestEntityTooLarge)
	}
	body := &bodyReader{Reader: c.r.Body}
	v, err := rules.JSON(body, validate.WithMaxBytes(maxBody))
	if body.err != nil {
		return none, body.problem()
	}
	if errs, ok := errors.AsType[validate.Errors](err); ok {
		return none, bodyError{errs}
	}
	return v, errors.Wrap(err, "read body")
}

// A bodyReader notes whether a body ended early, which is the client's doing.
type bodyReader struct {
	io.Reader
	err error
}

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

func (b *bodyReader) problem() error {
	status := statusError(http.StatusBadRequest)
	if timeout, ok := errors.AsType[net.Error](b.err); ok && timeout.Timeout() {
		status = http.StatusRequestTimeout
	}
	return errors.Wrap(status, "read body", slog.String("cause", b.err.Error()))
}

// A statusError is an error that is no more than a status.
type statusError int

func (e statusError) Error() string   { return http.StatusText(int(e)) }
func (e statusError) HTTPStatus() int { return int(e) }

// A bodyError is what is wrong with a body. That it is no JSON is another status than
// that it says the wrong thing.
type bodyError struct{ validate.Errors }

func (e bodyError) HTTPStatus() int {
	for _, field := range e.Errors {
		switch field.Code {
		case "too_large":
			return http.StatusRequestEntityTooLarge
		case "empty", "syntax", "trailing_data", "encoding":
			return http.StatusBadRequest
		}
	}
	return http.StatusUnprocessableEntity
}

func (e bodyError) Problem() errors.ProblemDetails {
	p := e.Errors.Problem()
	p.Status = e.HTTPStatus()
	p.Title = http.StatusText(p.Status)
	return p
}

// health answers as long as the process can answer at all: if it does not, restart it.
func (s *service) health(c *call) error { return c.write(http.StatusNoContent, nil) }

// ready answers whether requests are welcome: if not, send them elsewhere.
func (s *service) ready(c *call) error {
	if s.draining.Load() {
		return errors.With(errors.New("shutting down"), errors.WithKind(errors.Unavailable))
	}
	if err := s.store.ping(c.r.Context()); err != nil {
		return errors.With(err, errors.WithKind(errors.Unavailable))
	}
	return c.write(http.StatusNoContent, nil)
}
