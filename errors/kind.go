package errors

import "strconv"

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

// kinds has the names, and the statuses that google.rpc.Code gives. Status 499
// is the unofficial one for a client that went away before the answer.
var kinds = [...]struct {
	name   string
	status int
}{
	OK:                 {"ok", 200},
	Canceled:           {"canceled", 499},
	Unknown:            {"unknown", 500},
	InvalidArgument:    {"invalid argument", 400},
	DeadlineExceeded:   {"deadline exceeded", 504},
	NotFound:           {"not found", 404},
	AlreadyExists:      {"already exists", 409},
	PermissionDenied:   {"permission denied", 403},
	ResourceExhausted:  {"resource exhausted", 429},
	FailedPrecondition: {"failed precondition", 400},
	Aborted:            {"aborted", 409},
	OutOfRange:         {"out of range", 400},
	Unimplemented:      {"unimplemented", 501},
	Internal:           {"internal", 500},
	Unavailable:        {"unavailable", 503},
	DataLoss:           {"data loss", 500},
	Unauthenticated:    {"unauthenticated", 401},
}

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
	return 500
}
