// Quickstart does the main job of a backend in one small program: it fetches
// a few thousand JSON records concurrently, retries what fails, validates and
// caches them, adds up a number exactly, and reports what became of each.
//
//	go run ./examples/quickstart          # against an origin that it starts itself
//	go run ./examples/quickstart URL...   # against your own JSON records
//
// The exit status is 0 if the job was done, 1 if one of your URLs failed or
// was invalid, 2 for a wrong command line, and 130 after Ctrl-C, which still
// reports what was fetched.
//
// What to copy: job.go, which is how the packages work together.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

const usage = `Usage: quickstart [-workers n] [URL...]

Fetches JSON records, validates them and adds up their cents. Without URLs it
starts an origin of its own on loopback, with all the faults of a real one. A
record looks like this:

  {"id": 7, "email": "user7@example.com", "plan": "pro", "items": [{"sku": "A7", "quantity": 2}], "cents": 1999}

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	workers := flags.Int("workers", 32, "records fetched at the same time")
	if err := flags.Parse(args); err == flag.ErrHelp {
		return 0
	} else if err != nil {
		return 2
	}

	if *workers < 1 {
		fmt.Fprintf(stderr, "quickstart: -workers is %d: must be 1 or more\n", *workers)
		return 2
	}

	urls, own := flags.Args(), flags.NArg() > 0
	if !own {
		origin := startOrigin()
		defer origin.Close()
		urls = originURLs(origin)
	}
	j, err := newJob(*workers)
	if err != nil {
		fmt.Fprintln(stderr, "quickstart:", err)
		return 2
	}
	defer j.client.CloseIdleConnections()

	stopProgress := j.showProgress(stderr, len(urls))
	err = j.run(ctx, urls)
	stopProgress()
	sumErr := j.report(stdout)

	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(stderr, "quickstart: interrupted after %d of %d requests; the table shows what was fetched\n", j.done.Load(), len(urls))
		return 130
	case err != nil || sumErr != nil:
		fmt.Fprintln(stderr, "quickstart:", firstError(err, sumErr))
		return 1
	case own && len(j.failures)+len(j.invalid) > 0:
		fmt.Fprintf(stderr, "quickstart: %d of %d records failed\n", len(j.failures)+len(j.invalid), len(j.failures)+len(j.invalid)+len(j.valid))
		return 1
	}
	return 0
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
