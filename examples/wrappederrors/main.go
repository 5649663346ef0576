// Wrappederrors follows two errors, a missing field and a division by zero, from
// where they happen to the three who read about them: the operator, in a line of
// the log; the client, in an answer that gives nothing away; and the developer, in
// the way that the error took, line by line.
//
//	go run ./examples/wrappederrors
//
// What to copy: splitBill, where each return adds what only that function knows,
// and serve, the one place that decides who gets to read what. When not to: an
// error that is handled a line below needs no wrapping.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/goplinth/plinth/errors"
)

// errZero can be compared with by callers, and changed by nobody.
const errZero = errors.Const("division by zero")

func divide(a, b int) (int, error) {
	if b == 0 {
		return 0, errZero
	}
	return a / b, nil
}

// missingField is an error with something to ask for: the name of the field.
type missingField struct{ name string }

func (e *missingField) Error() string { return "missing field " + e.name }

// parse reads a bill. A field that is missing is the client's fault, and the
// client may know which it is.
func parse(r io.Reader) (cents, guests int, err error) {
	var bill struct{ Cents, Guests *int }
	if err := json.NewDecoder(r).Decode(&bill); err != nil {
		return 0, 0, errors.With(fmt.Errorf("decode bill: %w", err),
			errors.WithKind(errors.InvalidArgument), errors.WithPublic("The bill is not JSON."))
	}
	for _, field := range []struct {
		name  string
		value *int
	}{{"cents", bill.Cents}, {"guests", bill.Guests}} {
		if field.value == nil {
			return 0, 0, errors.With(&missingField{field.name},
				errors.WithKind(errors.InvalidArgument), errors.WithCode("missing_field"),
				errors.WithPublic("The bill has no field "+field.name+"."))
		}
	}
	return *bill.Cents, *bill.Guests, nil
}

// splitBill returns what each guest has to pay.
func splitBill(r io.Reader) (int, error) {
	cents, guests, err := parse(r)
	if err != nil {
		return 0, errors.Wrap(err, "parse bill")
	}
	share, err := divide(cents, guests)
	if err != nil {
		return 0, errors.Wrap(err, "split bill", slog.Int("cents", cents), slog.Int("guests", guests))
	}
	return share, nil
}

// serve answers a request, and logs what went wrong.
func serve(log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		share, err := splitBill(r.Body)
		if err != nil {
			log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "err", err)
			errors.WriteProblem(w, r, err)
			return
		}
		fmt.Fprintf(w, "%d cents each\n", share)
	}
}

func main() { run(os.Stdout) }

// run sends a few bills and prints what each of the readers gets to see.
func run(stdout io.Writer) {
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	handler := slog.NewTextHandler(stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})
	handle := serve(slog.New(errors.NewHandler(handler)))

	for _, body := range []string{`{"cents": 4200, "guests": 3}`, `{"cents": 4200}`, `{"cents": 4200, "guests": 0}`, `4200`} {
		fmt.Fprintf(stdout, "\n== %s\n", body)
		w := httptest.NewRecorder()
		handle(w, httptest.NewRequest(http.MethodPost, "/split", strings.NewReader(body)))
		fmt.Fprintf(stdout, "answer: %d %s\n", w.Code, strings.TrimSpace(w.Body.String()))
	}

	_, err := splitBill(strings.NewReader(`{"cents": 4200, "guests": 0}`))
	fmt.Fprintf(stdout, "\n== the message, and the way it took\n%v\n\n%+v\n", err, err)

	_, err = splitBill(strings.NewReader(`{"cents": 4200}`))
	fmt.Fprintf(stdout, "\n== what a program can ask\n")
	fmt.Fprintln(stdout, "division by zero:", errors.Is(err, errZero))
	fmt.Fprintln(stdout, "invalid argument:", errors.Is(err, errors.InvalidArgument))
	if missing, ok := errors.AsType[*missingField](err); ok {
		fmt.Fprintln(stdout, "missing:", missing.name)
	}
}
