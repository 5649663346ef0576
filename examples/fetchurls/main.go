// Fetchurls fetches URLs, many at a time and few from each host, and writes a
// line of JSON about each: what came, how long it took, and what went wrong.
//
//	go run ./examples/fetchurls -demo                # against an origin that it starts itself
//	go run ./examples/fetchurls URL...
//	fetchurls -o pages < urls.txt >> log.jsonl
//	fetchurls -o pages -resume log.jsonl < urls.txt >> log.jsonl
//
// The last line goes on where the one before it was interrupted. The exit
// status is 0 if all URLs were fetched, 1 if one failed, 2 for a wrong command
// line, and 130 after Ctrl-C, when the lines of what was fetched are there and
// the URLs that were not are left for -resume.
//
// What to copy: newClient, whose timeout leaves room for politeness, and the
// loop over results. When not to: for a handful of URLs fetch.All is one call,
// and a crawler wants a queue for each host, where here a list that begins with
// a thousand URLs of one slow host holds up those of the others.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/goplinth/plinth/errors"
)

const usage = `Usage: fetchurls [flags] [URL...]

Fetches URLs and writes a line of JSON about each to standard output, and a
summary to standard error. Without URLs it reads them from standard input, one a
line; lines that begin with # are skipped, and so is a URL that has been before.
Without both it shows the demo.

`

// options is the command line.
type options struct {
	concurrency int
	perHost     int
	rate        float64
	timeout     time.Duration
	maxBytes    int64
	ordered     bool
	public      bool
	dir         string
	resume      string
	demo        bool
}

func parse(args []string, stderr io.Writer) (options, []string, error) {
	flags := flag.NewFlagSet("fetchurls", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	var o options
	flags.IntVar(&o.concurrency, "concurrency", 16, "requests at the same time")
	flags.IntVar(&o.perHost, "per-host", 4, "requests to one host at the same time")
	flags.Float64Var(&o.rate, "rate", 0, "requests to one host per second; 0 means any number")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "time for one request; with -o, for the next bytes of one")
	flags.Int64Var(&o.maxBytes, "max-bytes", 0, "size of a body; 0 means 10 MiB, and 1 GiB with -o")
	flags.BoolVar(&o.ordered, "ordered", false, "write the lines in the order of the URLs, not as they are done")
	flags.BoolVar(&o.public, "public", false, "connect to public addresses only, ports 80 and 443")
	flags.StringVar(&o.dir, "o", "", "save the bodies in this `directory`; what was cut off is taken up again")
	flags.StringVar(&o.resume, "resume", "", "skip the URLs that were fetched according to this `file` of earlier output")
	flags.BoolVar(&o.demo, "demo", false, "fetch from an origin on loopback that has the faults of a real one")
	if err := flags.Parse(args); err != nil {
		return o, nil, err
	}
	var err error
	for _, check := range []struct {
		ok   bool
		what string
	}{
		{o.concurrency >= 1, fmt.Sprintf("-concurrency is %d: must be 1 or more", o.concurrency)},
		{o.perHost >= 1, fmt.Sprintf("-per-host is %d: must be 1 or more", o.perHost)},
		{o.rate == 0 || o.rate >= 0.001 && !math.IsInf(o.rate, 0), fmt.Sprintf("-rate is %v: must be 0.001 or more, or 0 for any", o.rate)},
		{o.timeout > 0, fmt.Sprintf("-timeout is %v: must be positive", o.timeout)},
		{o.maxBytes >= 0, fmt.Sprintf("-max-bytes is %d: must be positive, or 0 for the default", o.maxBytes)},
		{!o.demo || flags.NArg() == 0, "-demo has URLs of its own"},
	} {
		if !check.ok {
			err = errors.Append(err, errors.New(check.what))
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, "fetchurls:", err)
	}
	return o, flags.Args(), err
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, args, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	done, err := readDone(o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "fetchurls:", err)
		return 2
	}
	if o.dir != "" {
		if err := os.MkdirAll(o.dir, 0o755); err != nil {
			fmt.Fprintln(stderr, "fetchurls:", err)
			return 2
		}
	}
	in := &input{done: done, total: len(args)}
	var given iter.Seq[string]
	switch {
	case len(args) > 0:
		given = slices.Values(args)
	case o.demo || isDevice(stdin):
		origin := startOrigin()
		defer origin.Close()
		o.demo = true
		urls := originURLs(origin)
		given, in.total = slices.Values(urls), len(urls)
	default:
		given, in.total = in.lines(ctx, stdin), -1
	}

	t := newTally(in.total)
	client, err := newClient(o, t)
	if err != nil {
		fmt.Fprintln(stderr, "fetchurls:", err)
		return 2
	}
	defer client.CloseIdleConnections()

	stopBar := t.showBar(stdout, stderr)
	err = (&job{options: o, client: client}).run(ctx, in.fresh(given), newWriter(stdout, t))
	stopBar()
	t.skipped = in.skipped
	t.summary(stderr)
	if err := errors.Join(err, in.err); err != nil {
		fmt.Fprintln(stderr, "fetchurls:", err)
		return 1
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "fetchurls: interrupted; -resume goes on with what is left")
		return 130
	case t.failed > 0 && !o.demo: // the demo is to have failures
		return 1
	}
	return 0
}

// isDevice reports whether nothing can be expected from r, because it is a
// terminal where somebody typed no more than the name of the program, or the
// null device.
func isDevice(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
