// Gateway stands in front of three services, one in Go and two in Python, and
// keeps each of them from the trouble of the others: limits for each route,
// retries where they are safe, circuit breakers, one request for many that are
// equal, a cache that heeds Cache-Control, one trace through all, and errors as
// application/problem+json.
//
//	go run ./examples/gateway                         # a scene of requests, and what became of them
//	go run ./examples/gateway -addr localhost:8080    # serves until it is interrupted
//
// It starts the services itself, on free ports of loopback. Without python3, two
// that behave alike stand in for those in Python. Ctrl-C lets the requests that
// are under way end before the services do.
//
// What to copy: transport in gateway.go, which is the order of the policies,
// keyOf in cached.go, which says what may be shared at all, and child.go for
// processes that end with the one that started them. When not to: for what a
// gateway off the shelf has and this one has not, such as TLS certificates that
// renew themselves, connections that are upgraded, or a reload of its routes.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/goplinth/plinth/errors"
)

// grace is how long requests may take to end after an interrupt.
const grace = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "", "listen on this `address` until interrupted, instead of showing the scene")
	interpreter := flags.String("python", "python3", "the Python that runs two of the services")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintln(stderr, "gateway: want flags only; -h lists them")
		return 2
	}
	err := serve(ctx, *addr, *interpreter, stdout, stderr)
	if *addr == "" && ctx.Err() != nil {
		return 130
	}
	if err != nil {
		fmt.Fprintln(stderr, "gateway:", err)
		return 1
	}
	return 0
}

// serve starts everything, runs the scene or waits for the end of ctx, and ends
// everything in the opposite order.
func serve(ctx context.Context, addr, interpreter string, stdout, stderr io.Writer) (err error) {
	services, err := startServices(ctx, interpreter, stderr)
	defer errors.Defer(&err, services.stop)
	if err != nil {
		return err
	}
	for _, s := range services {
		fmt.Fprintf(stdout, "%-8s %s\n", s.name, s.language)
	}

	log := slog.New(slog.DiscardHandler) // the scene has errors on purpose
	listen := "127.0.0.1:0"
	if addr != "" {
		log, listen = slog.New(errors.NewHandler(slog.NewJSONHandler(stderr, nil))), addr
	}
	g, err := newGateway(services, log)
	if err != nil {
		return err
	}
	defer g.close()
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           g,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second, // more than any policy has, for clients that dawdle
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	defer errors.Defer(&err, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			return errors.Append(err, server.Close())
		}
		return nil
	})

	if addr == "" {
		return playScene(ctx, stdout, "http://"+listener.Addr().String(), services)
	}
	fmt.Fprintf(stdout, "listening on %v\n", listener.Addr())
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}
