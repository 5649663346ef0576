package errors

import (
	"context"
	"io"
	"io/fs"
)

// KindOf returns the kind of err: OK if err is nil, else the first kind in the
// order of [All], which is the outermost. A kind is one that was wrapped or
// attached by [WithKind], or what stands for the result of a method
// HTTPStatus() int, if that is a status of failure.
//
// If there is none, the standard library's errors count:
//
//   - context: Canceled and DeadlineExceeded
//   - io/fs: ErrNotExist, ErrExist and ErrPermission are NotFound,
//     AlreadyExists and PermissionDenied
//   - net and others: a method Timeout() bool that returns true is DeadlineExceeded
//   - errors: ErrUnsupported is Unimplemented
//   - io: ErrUnexpectedEOF and ErrShortWrite are DataLoss, ErrClosedPipe is
//     Unavailable, ErrShortBuffer and ErrNoProgress are Internal. EOF is none of
//     those: it is the end of a stream, and whose fault that is it does not say.
//
// KindOf returns Unknown for all the rest, and OK for no error but nil.
func KindOf(err error) Kind {
	if err == nil {
		return OK
	}
	if k := statedKind(err); k != OK {
		return k
	}
	return standardKind(err)
}

// GRPCCode returns the status code of gRPC for KindOf(err), to be converted to
// a codes.Code. A kind that gRPC does not know is 2, Unknown.
func GRPCCode(err error) uint32 {
	k := KindOf(err)
	if int(k) >= len(kinds) {
		k = Unknown
	}
	return uint32(k)
}

// HTTPStatus returns the status code to answer err with: 200 if err is nil,
// else that of the first error in the order of [All] that has a kind or a
// method HTTPStatus() int with a result from 400 to 599, else that of
// KindOf(err). It is never one of success for an error.
func HTTPStatus(err error) int {
	for e := range All(err) {
		if k := ownKind(e); k != OK {
			return k.HTTPStatus()
		}
		if status := foreignStatus(e); status != 0 {
			return status
		}
	}
	if err == nil {
		return OK.HTTPStatus()
	}
	return standardKind(err).HTTPStatus()
}

// Timeout reports whether err is, or wraps, an error whose kind is
// DeadlineExceeded or whose method Timeout() bool returns true. It returns false
// for nil.
func Timeout(err error) bool {
	for e := range All(err) {
		if ownKind(e) == DeadlineExceeded {
			return true
		}
		if t, ok := e.(interface{ Timeout() bool }); ok && t.Timeout() {
			return true
		}
	}
	return false
}

// statedKind returns the first kind that somebody attached, or OK.
func statedKind(err error) Kind {
	for e := range All(err) {
		if k := ownKind(e); k != OK {
			return k
		}
		if status := foreignStatus(e); status != 0 {
			return kindOfStatus(status)
		}
	}
	return OK
}

// ownKind returns the kind that err itself is or carries, or OK.
func ownKind(err error) Kind {
	switch e := err.(type) {
	case Kind:
		return e
	case *remote:
		return e.kind
	case *remoteMany:
		return e.kind
	}
	if d := detailOf(err); d != nil {
		return d.kind
	}
	return OK
}

// foreignStatus returns the status of failure that an error of another package
// has, or 0.
func foreignStatus(err error) int {
	if _, ours := err.(Kind); ours || detailOf(err) != nil {
		return 0 // whose HTTPStatus asks here
	}
	if e, ok := err.(interface{ HTTPStatus() int }); ok {
		if status := e.HTTPStatus(); 400 <= status && status <= 599 {
			return status
		}
	}
	return 0
}

// kindOfStatus is the way back from a status to a kind, as Google's API clients
// take it. A 409 without more to it is a conflict that may be gone next time.
func kindOfStatus(status int) Kind {
	switch status {
	case 400, 422:
		return InvalidArgument
	case 401:
		return Unauthenticated
	case 403:
		return PermissionDenied
	case 404, 410:
		return NotFound
	case 408, 504:
		return DeadlineExceeded
	case 409:
		return Aborted
	case 416:
		return OutOfRange
	case 429:
		return ResourceExhausted
	case 499:
		return Canceled
	case 501:
		return Unimplemented
	case 502, 503:
		return Unavailable
	}
	if status < 500 {
		return FailedPrecondition
	}
	return Internal
}

// standardKind returns the kind of an error that nobody attached one to.
func standardKind(err error) Kind {
	switch {
	case Is(err, context.Canceled):
		return Canceled
	case Is(err, context.DeadlineExceeded), Timeout(err):
		return DeadlineExceeded
	case Is(err, fs.ErrNotExist):
		return NotFound
	case Is(err, fs.ErrExist):
		return AlreadyExists
	case Is(err, fs.ErrPermission):
		return PermissionDenied
	case Is(err, ErrUnsupported):
		return Unimplemented
	case Is(err, io.ErrUnexpectedEOF), Is(err, io.ErrShortWrite):
		return DataLoss
	case Is(err, io.ErrClosedPipe):
		return Unavailable
	case Is(err, io.ErrShortBuffer), Is(err, io.ErrNoProgress):
		return Internal
	}
	return Unknown
}
