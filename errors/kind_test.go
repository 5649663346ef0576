package errors_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"github.com/goplinth/plinth/errors"
)

// statusError is an error of another package that knows its status.
type statusError int

func (e statusError) Error() string   { return "status" }
func (e statusError) HTTPStatus() int { return int(e) }

func TestKindOfAndHTTPStatus(t *testing.T) {
	notFound := errors.With(io.EOF, errors.WithKind(errors.NotFound))
	for _, tt := range []struct {
		name   string
		err    error
		kind   errors.Kind
		status int
	}{
		{"nil", nil, errors.OK, 200},
		{"foreign", io.EOF, errors.Unknown, 500},
		{"attached", notFound, errors.NotFound, 404},
		{"attached OK is nothing", errors.With(io.EOF, errors.WithKind(errors.OK)), errors.Unknown, 500},
		{"wrapped kind", errors.Wrap(errors.AlreadyExists, "user"), errors.AlreadyExists, 409},
		{"bare kind", errors.Unavailable, errors.Unavailable, 503},
		{"through fmt", fmt.Errorf("x: %w", notFound), errors.NotFound, 404},
		{"first of joined", errors.Join(io.EOF, notFound, errors.Internal), errors.NotFound, 404},
		{"outermost wins", errors.With(notFound, errors.WithKind(errors.Internal)), errors.Internal, 500},
		{"canceled", errors.Wrap(context.Canceled, "x"), errors.Canceled, 499},
		{"deadline", context.DeadlineExceeded, errors.DeadlineExceeded, 504},
		{"timeout", errors.Wrap(foreign{late: true}, "x"), errors.DeadlineExceeded, 504},
		{"cut off", fmt.Errorf("x: %w", io.ErrUnexpectedEOF), errors.DataLoss, 500},
		{"short write", io.ErrShortWrite, errors.DataLoss, 500},
		{"closed pipe", io.ErrClosedPipe, errors.Unavailable, 503},
		{"short buffer", io.ErrShortBuffer, errors.Internal, 500},
		{"no progress", io.ErrNoProgress, errors.Internal, 500},
		{"status of a conflict", foreign{status: 409}, errors.Aborted, 409},
		{"status without a kind", foreign{status: 402}, errors.FailedPrecondition, 402},
		{"status of a server", foreign{status: 507}, errors.Internal, 507},
		{"status of success", errors.Wrap(foreign{status: 204}, "x"), errors.Unknown, 500},
		{"kind OK is nothing", errors.Wrap(errors.OK, "x"), errors.Unknown, 500},
		{"not exist", &fs.PathError{Err: fs.ErrNotExist}, errors.NotFound, 404},
		{"exist", fs.ErrExist, errors.AlreadyExists, 409},
		{"permission", fs.ErrPermission, errors.PermissionDenied, 403},
		{"unsupported", errors.ErrUnsupported, errors.Unimplemented, 501},
		{"explicit beats standard", errors.With(fs.ErrNotExist, errors.WithKind(errors.Internal)), errors.Internal, 500},
		{"status of another package", errors.Wrap(statusError(422), "x"), errors.InvalidArgument, 422},
		{"kind around a status", errors.With(statusError(422), errors.WithKind(errors.Internal)), errors.Internal, 500},
		{"impossible status", statusError(7), errors.Unknown, 500},
		{"unknown kind", errors.Kind(200), errors.Kind(200), 500},
	} {
		if got := errors.KindOf(tt.err); got != tt.kind {
			t.Errorf("%s: KindOf = %v; want %v", tt.name, got, tt.kind)
		}
		want := uint32(tt.kind)
		if tt.kind > errors.Unauthenticated {
			want = uint32(errors.Unknown)
		}
		if got := errors.GRPCCode(tt.err); got != want {
			t.Errorf("%s: GRPCCode = %d; want %d", tt.name, got, want)
		}
		if got := errors.HTTPStatus(tt.err); got != tt.status {
			t.Errorf("%s: HTTPStatus = %d; want %d", tt.name, got, tt.status)
		}
	}
}

func TestIsKind(t *testing.T) {
	err := errors.With(fmt.Errorf("x: %w", errors.With(io.EOF, errors.WithKind(errors.NotFound))), errors.WithKind(errors.Internal))
	for kind, want := range map[errors.Kind]bool{
		errors.NotFound: true,
		errors.Internal: true,
		errors.Aborted:  false,
		errors.OK:       false,
	} {
		if got := errors.Is(err, kind); got != want {
			t.Errorf("Is(err, %v) = %v; want %v", kind, got, want)
		}
	}
	if errors.Is(errors.Wrap(io.EOF, "x"), errors.OK) {
		t.Error("Is(err without a kind, OK) = true; want false")
	}
}

// TestKindValues holds the values to gRPC's, which are a wire format.
func TestKindValues(t *testing.T) {
	for kind, want := range map[errors.Kind]uint32{
		errors.OK: 0, errors.Canceled: 1, errors.Unknown: 2, errors.InvalidArgument: 3,
		errors.DeadlineExceeded: 4, errors.NotFound: 5, errors.AlreadyExists: 6,
		errors.PermissionDenied: 7, errors.ResourceExhausted: 8, errors.FailedPrecondition: 9,
		errors.Aborted: 10, errors.OutOfRange: 11, errors.Unimplemented: 12, errors.Internal: 13,
		errors.Unavailable: 14, errors.DataLoss: 15, errors.Unauthenticated: 16,
	} {
		if uint32(kind) != want {
			t.Errorf("%v = %d; want %d", kind, uint32(kind), want)
		}
	}
	if got, want := errors.Kind(17).Error(), "kind 17"; got != want {
		t.Errorf("Kind(17).Error() = %q; want %q", got, want)
	}
}

// TestKindOfStatusIsTheWayBack asks for every kind that is the only one with its
// status.
func TestKindOfStatusIsTheWayBack(t *testing.T) {
	for kind := errors.Canceled; kind <= errors.Unauthenticated; kind++ {
		got := errors.KindOf(foreign{status: kind.HTTPStatus()})
		if got.HTTPStatus() != kind.HTTPStatus() {
			t.Errorf("the status of %v, %d, is of kind %v", kind, kind.HTTPStatus(), got)
		}
	}
}
