package errors

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"github.com/goplinth/plinth/internal/problem"
)

// ProblemDetails is the object of RFC 9457, "Problem Details for HTTP APIs". It
// writes itself as JSON of type application/problem+json.
type ProblemDetails = problem.Object

// Public returns what a client may be told about err: the outermost text that
// was attached by [WithPublic], or else the name of its HTTP status, such as "Not
// Found". It never is, nor contains, a message of err, an attribute or a hint. It
// returns "" for nil.
func Public(err error) string {
	if err == nil {
		return ""
	}
	if text := publicText(err); text != "" {
		return text
	}
	return statusText(HTTPStatus(err))
}

func publicText(err error) string {
	for e := range All(err) {
		if d := detailOf(e); d != nil && d.public != "" {
			return d.public
		}
	}
	return ""
}

// Problem returns what a client may be told about err as an object: its status,
// the name of that as the title, the text of [WithPublic] as the detail, and the
// code of [WithCode] as the extension "code".
//
// An error that brings an object of its own by a method
// Problem() ProblemDetails, as those of package validate do, is taken at its
// word, unless an error around it has a kind. Problem returns the zero object
// for nil.
func Problem(err error) ProblemDetails {
	if err == nil {
		return ProblemDetails{}
	}
	p := ownProblem(err)
	if p.Status < 400 || p.Status > 599 {
		p.Status = HTTPStatus(err)
	}
	if p.Title == "" {
		p.Title = statusText(p.Status)
	}
	if text := publicText(err); text != "" {
		p.Detail = text
	}
	if code := Code(err); code != "" {
		p.Extensions = maps.Clone(p.Extensions)
		if p.Extensions == nil {
			p.Extensions = make(map[string]any, 1)
		}
		p.Extensions["code"] = code
	}
	return p
}

// ownProblem returns the object that the outermost error with a say in the
// status brings, if it brings one.
func ownProblem(err error) ProblemDetails {
	for e := range All(err) {
		if p, ok := e.(interface{ Problem() ProblemDetails }); ok {
			return p.Problem()
		}
		if ownKind(e) != OK || foreignStatus(e) != 0 {
			break
		}
	}
	return ProblemDetails{}
}

// WriteProblem answers a request with [Problem] of err: status, content type,
// object, and a Retry-After header if [RetryAfter] has a say, in whole seconds,
// rounded up. w is an http.ResponseWriter and r an *http.Request or nil; the
// types say only what is used of them, so that a program that has no net/http
// does not get it from here.
//
// A cancelled context becomes status 499, which nobody sees, only if it is the
// client that is gone, that is, if the context of r has ended; otherwise the
// server has given up by itself, and the status is 500.
//
// It writes nothing if err is nil. As with http.Error, the handler is to return
// then, and to have written nothing before. Errors of w are ignored, as there is
// nobody to tell.
func WriteProblem[H ~map[string][]string](
	w interface {
		Header() H
		WriteHeader(status int)
		Write(body []byte) (int, error)
	},
	r interface{ Context() context.Context },
	err error,
) {
	if err == nil {
		return
	}
	p := Problem(err)
	if r != nil && r.Context().Err() == nil && statedKind(err) == OK && standardKind(err) == Canceled {
		p.Status = Internal.HTTPStatus()
		p.Title = statusText(p.Status)
	}
	body, jsonErr := json.Marshal(p)
	if jsonErr != nil {
		p.Extensions = nil // somebody's own; all else are strings
		body, _ = json.Marshal(p)
	}
	h := w.Header()
	delete(h, "Content-Length") // of the answer that was not to be
	h["Content-Type"] = []string{problem.ContentType}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	if d := RetryAfter(err); d > 0 {
		seconds := int64((d-1)/time.Second) + 1
		h["Retry-After"] = []string{strconv.FormatInt(seconds, 10)}
	}
	w.WriteHeader(p.Status)
	w.Write(append(body, '\n'))
}
