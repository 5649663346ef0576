package errors

import (
	"context"
	"io/fs"
	"net/http"
	"strconv"
)

// A Kind classifies an error. The values are the status codes of gRPC, so
// that uint32(k) is one. A Kind is an error, to be wrapped and to be the
// target of [Is]; its message is its name in lower case.
type Kind uint8

// The kinds, with the meaning that gRPC gives them.
const (
	OK                 Kind = iota // no error
	Canceled                       // the caller gave up
	Unknown                        // nobody said what kind of error it is
	InvalidArgument                // the request is wrong, whatever the state
	DeadlineExceeded               // time ran out
	NotFound                       // what was asked for is not there
	AlreadyExists                  // what was to be created is there already
	PermissionDenied               // the caller is known and may not do this
	ResourceExhausted              // a quota, a rate limit or space ran out
	FailedPrecondition             // the state does not allow it
	Aborted                        // a concurrent change won; retry from the start
	OutOfRange                     // past the valid range in this state
	Unimplemented                  // not supported
	Internal                       // an invariant is broken
	Unavailable                    // temporarily not reachable; retry
	DataLoss                       // data is lost or corrupt
	Unauthenticated                // the caller is not known
)

var kinds = [...]struct {
	name   string
	status int
}{
	OK:                 {"ok", http.StatusOK},
	Canceled:           {"canceled", statusClientClosedRequest},
	Unknown:            {"unknown", http.StatusInternalServerError},
	InvalidArgument:    {"invalid argument", http.StatusBadRequest},
	DeadlineExceeded:   {"deadline exceeded", http.StatusGatewayTimeout},
	NotFound:           {"not found", http.StatusNotFound},
	AlreadyExists:      {"already exists", http.StatusConflict},
	PermissionDenied:   {"permission denied", http.StatusForbidden},
	ResourceExhausted:  {"resource exhausted", http.StatusTooManyRequests},
	FailedPrecondition: {"failed precondition", http.StatusBadRequest},
	Aborted:            {"aborted", http.StatusConflict},
	OutOfRange:         {"out of range", http.StatusBadRequest},
	Unimplemented:      {"unimplemented", http.StatusNotImplemented},
	Internal:           {"internal", http.StatusInternalServerError},
	Unavailable:        {"unavailable", http.StatusServiceUnavailable},
	DataLoss:           {"data loss", http.StatusInternalServerError},
	Unauthenticated:    {"unauthenticated", http.StatusUnauthorized},
}

// statusClientClosedRequest is the unofficial status for a client that went
// away before the answer; net/http has no name for it.
const statusClientClosedRequest = 499

// Error returns the name of k, such as "not found".
func (k Kind) Error() string {
	if int(k) < len(kinds) {
		return kinds[k].name
	}
	return "kind " + strconv.Itoa(int(k))
}

// HTTPStatus returns the status code that stands for k in google.rpc.Code:
// 404 for NotFound, 500 for whatever has no better one.
func (k Kind) HTTPStatus() int {
	if int(k) < len(kinds) {
		return kinds[k].status
	}
	return http.StatusInternalServerError
}

// KindOf returns the kind of err: OK if err is nil, else the first kind in the
// order of [All], which is the outermost. Errors of the context and io/fs
// packages and ErrUnsupported have kinds of their own, which count if no other
// is found. KindOf returns Unknown for all the rest.
func KindOf(err error) Kind {
	if err == nil {
		return OK
	}
	for e := range All(err) {
		switch e := e.(type) {
		case Kind:
			return e
		case *wrapped:
			if e.kind != OK {
				return e.kind
			}
		}
	}
	return kindOfStandard(err)
}

func kindOfStandard(err error) Kind {
	switch {
	case Is(err, context.Canceled):
		return Canceled
	case Is(err, context.DeadlineExceeded):
		return DeadlineExceeded
	case Is(err, fs.ErrNotExist):
		return NotFound
	case Is(err, fs.ErrExist):
		return AlreadyExists
	case Is(err, fs.ErrPermission):
		return PermissionDenied
	case Is(err, ErrUnsupported):
		return Unimplemented
	}
	return Unknown
}

// HTTPStatus returns the status code to answer err with: 200 if err is nil,
// else that of the first error in the order of [All] that has a kind or a
// method HTTPStatus() int with a result from 100 to 599, else that of
// KindOf(err).
func HTTPStatus(err error) int {
	for e := range All(err) {
		switch e := e.(type) {
		case *wrapped:
			if e.kind != OK {
				return e.kind.HTTPStatus()
			}
		case interface{ HTTPStatus() int }:
			if status := e.HTTPStatus(); 100 <= status && status <= 599 {
				return status
			}
		}
	}
	return KindOf(err).HTTPStatus()
}
