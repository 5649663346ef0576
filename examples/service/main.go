// Service is the user API of a small product, whole: sign-up, log-in, profiles,
// administration, background mail, health, metrics and documentation. It is one
// binary, and needs nothing else to run: users and pending mail are in a SQLite file.
//
//	go -C examples/service run .
//	DATABASE_URL=postgres://localhost/users go -C examples/service run .
//
// It prints what to try, serves until Ctrl-C or SIGTERM, and finishes what it began.
// Every variable of the environment that it reads is in config.go.
//
// Who reads it from the outside in meets these files:
//
//	main.go        the process: signals and exit status
//	config.go      the environment, checked
//	server.go      the parts, put together, started and stopped in order
//	deadlines.go   timeouts of connections, looked at once a second
//	middleware.go  what happens to every request
//	api.go         the routes, and how a handler reads and answers
//	auth.go        passwords, sessions, who may do what
//	users.go       the users
//	jobs.go        the queue, and the outbox that loses no job
//	mail.go        the handler of the queue
//	store.go       the database; sqlite.go, writer.go, postgres.go, migrations.go
//	metrics.go     for Prometheus
//	openapi.go     the document, and a page that shows it
//	socket.go      an echo over WebSocket
//
// Three constructors choose an engine by the scheme of a URL: openStore, newQueue and
// newCaches. Another engine is another case there, and nothing else changes.
//
// The program in loadtest measures it beside a bare handler; results has the figures.
//
// What to copy: any file. What not to: the order of things in server.go is worth
// keeping, because it is what loses nothing.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/goplinth/plinth/errors"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Getenv, os.Stdout, os.Stderr))
}

// run is main without the process: it serves until ctx ends and returns the exit
// status.
func run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) int {
	cfg, err := readConfig(getenv)
	if err != nil {
		fmt.Fprintf(stderr, "service: %v\n", err)
		return 2
	}
	log := slog.New(errors.NewHandler(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: cfg.LogLevel})))
	s, err := newService(ctx, cfg, log)
	if err != nil {
		fmt.Fprintf(stderr, "service: %+v\n", err)
		return 1
	}
	if err := s.serve(ctx, stdout); err != nil {
		log.Error("stopped", "err", err)
		return 1
	}
	return 0
}
