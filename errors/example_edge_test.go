package errors_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/goplinth/plinth/errors"
)

func ExampleNewHandler() {
	log := slog.New(errors.NewHandler(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: dropTime})))

	err := errors.Wrap(errors.NotFound, "load user", slog.Int("id", 7))
	log.Error("import failed", "err", fmt.Errorf("import: %w", err))
	// Output: level=ERROR msg="import failed" err="import: load user: not found" id=7 err.kind="not found"
}

func ExampleSecret() {
	err := errors.Wrap(io.EOF, "log in", slog.Any("token", errors.Secret("hunter2")))
	fmt.Println(errors.Attrs(err))
	// Output: [token=[redacted]]
}

func ExamplePublic() {
	err := errors.Wrap(io.ErrUnexpectedEOF, "select from users")
	fmt.Println(errors.Public(err))

	err = errors.With(err, errors.WithPublic("The directory of users cannot be read at present."))
	fmt.Println(errors.Public(err))
	// Output:
	// Internal Server Error
	// The directory of users cannot be read at present.
}

func ExampleWithPublic() {
	err := errors.With(errors.NotFound, errors.WithPublic("There is no user 7."))
	fmt.Println(errors.Public(fmt.Errorf("select: %w", err)))
	// Output: There is no user 7.
}

func ExampleCode() {
	err := errors.With(errors.FailedPrecondition, errors.WithCode("card_expired"))
	fmt.Println(errors.Code(fmt.Errorf("pay: %w", err)))
	// Output: card_expired
}

func ExampleWithCode() {
	err := errors.With(errors.FailedPrecondition, errors.WithCode("card_expired"))
	fmt.Println(errors.Problem(err).Extensions)
	// Output: map[code:card_expired]
}

func ExampleProblem() {
	err := errors.With(io.EOF, errors.WithKind(errors.NotFound), errors.WithPublic("There is no user 7."))
	body, _ := json.Marshal(errors.Problem(errors.Wrap(err, "select from users")))
	fmt.Println(string(body))
	// Output: {"detail":"There is no user 7.","status":404,"title":"Not Found"}
}

func ExampleWriteProblem() {
	handler := func(w http.ResponseWriter, r *http.Request) {
		err := errors.With(io.ErrUnexpectedEOF, errors.WithKind(errors.Unavailable), errors.WithRetryAfter(1500*time.Millisecond))
		errors.WriteProblem(w, r, errors.Wrap(err, "select from users"))
	}
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest(http.MethodGet, "/users/7", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"), w.Header().Get("Retry-After"))
	fmt.Println(w.Body)
	// Output:
	// 503 application/problem+json 2
	// {"status":503,"title":"Service Unavailable"}
}

func ExampleGRPCCode() {
	err := errors.Wrap(os.ErrNotExist, "load")
	fmt.Println(errors.GRPCCode(err)) // status.Error(codes.Code(errors.GRPCCode(err)), errors.Public(err))
	// Output: 5
}

func ExampleTimeout() {
	fmt.Println(errors.Timeout(errors.Wrap(os.ErrDeadlineExceeded, "read")))
	// Output: true
}

func ExampleRetryable() {
	err := errors.Wrap(errors.Unavailable, "dial")
	fmt.Println(errors.Retryable(err))
	fmt.Println(errors.Retryable(errors.With(err, errors.WithRetry(false))))
	// Output:
	// true
	// false
}

func ExampleWithRetry() {
	err := errors.With(io.ErrUnexpectedEOF, errors.WithRetry(true))
	fmt.Println(errors.Retryable(err))
	// Output: true
}

func ExampleRetryAfter() {
	err := errors.With(errors.ResourceExhausted, errors.WithRetryAfter(time.Minute))
	fmt.Println(errors.RetryAfter(fmt.Errorf("pay: %w", err)))
	// Output: 1m0s
}

func ExampleWithRetryAfter() {
	err := errors.With(errors.ResourceExhausted, errors.WithRetryAfter(time.Minute))
	fmt.Println(errors.Retryable(err), errors.RetryAfter(err))
	// Output: true 1m0s
}

func ExampleHints() {
	err := errors.With(errNoSpace, errors.WithHint("delete old logs"))
	fmt.Println(strings.Join(errors.Hints(errors.Wrap(err, "write")), "; "))
	// Output: delete old logs
}

func ExampleWithHint() {
	err := errors.With(errNoSpace, errors.WithHint("delete old logs"))
	fmt.Println(err, errors.Hints(err))
	// Output: no space left [delete old logs]
}

func ExampleSecondary() {
	err := errors.With(errNoSpace, errors.WithSecondary(io.ErrClosedPipe))
	fmt.Println(errors.Secondary(err), errors.Is(err, io.ErrClosedPipe))
	// Output: [io: read/write on closed pipe] false
}

func ExampleWithSecondary() {
	err := errNoSpace
	if rollback := io.ErrClosedPipe; rollback != nil {
		err = errors.With(err, errors.WithSecondary(rollback))
	}
	fmt.Println(err)
	// Output: no space left
}

// An error crosses to another process and is still the one that it was.
func ExampleEncode() {
	const errGone = errors.Const("store: the record is gone")
	data, _ := errors.Encode(errors.Wrap(errGone, "find user", slog.Int("id", 7)))
	fmt.Println(string(data))

	err := errors.Decode(data) // elsewhere
	fmt.Println(errors.Is(err, errGone), errors.Attrs(err))
	// Output:
	// {"version":1,"error":{"text":"find user","attrs":[{"key":"id","kind":"Int64","text":"7"}],"causes":[{"const":"store: the record is gone"}]}}
	// true [id=7]
}

func ExampleDecode() {
	err := errors.Decode([]byte(`{"version":1,"error":{"text":"find user","causes":[{"kind":5}]}}`))
	fmt.Println(err, errors.Is(err, errors.NotFound))

	fmt.Println(errors.Is(errors.Decode([]byte(`<html>`)), errors.ErrMalformed))
	// Output:
	// find user: not found true
	// true
}
