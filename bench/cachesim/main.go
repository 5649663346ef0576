// Cachesim compares hit ratios: it plays traces to this repository's cache, to
// its peers and to policies from the literature, and writes a table, a summary
// and a chart for each trace.
//
//	cd bench
//	go run ./cachesim                                # generated traces only
//	TRACES=~/traces go run ./cachesim -out results   # recorded ones too, into files
//	go run ./cachesim -traces 'zipf|loop' -policies 'plinth|otter' -against otter
//
// # Traces
//
// A recorded trace is a file of the folder $TRACES: gzip, one decimal key below
// 2^64 a line, in the order of the requests, as in web.keys.gz. It is played in
// full. The generated traces are the same in every run: zipf, scan, loop, shift
// and mixed show one property each, the others imitate kinds of recorded ones.
//
// # Fairness
//
// Each request is a Get, followed by a Set if that missed, on one goroutine. A
// library that puts off its evictions is made to do them before the next
// request, as a cache that holds more than it may has more hits. How many
// entries it held beyond its size at most is in the table as over; in a cell
// where a peer did so, it is not compared with.
//
// Otherwise each library is as its documentation says. Most of them, ours too,
// hash with a seed of their own in each process, so that the last digits of
// small caches differ from run to run.
//
// # Hit ratio
//
// All ratios are in percent of all requests, those included that no cache could
// have answered; belady is the most that is possible. A mean counts each cell,
// which is one size on one trace, the same.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status, which is 2 for a
// wrong command line and 1 for any other trouble.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, os.Getenv("TRACES"), stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	cells, err := o.play(ctx, stderr)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	head := header(args, o.policies)
	if o.out == "" {
		err = writeTable(stdout, head, cells)
	} else {
		err = writeResults(o.out, head, cells)
	}
	if err == nil {
		err = writeSummary(stdout, cells)
	}
	if err == nil && o.against != "" {
		err = writeComparison(stdout, cells, o.against)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

type options struct {
	sources  []source
	policies []contender
	sizings  []sizing
	against  string // the name of a policy, bestPeer, or empty
	parallel int
	out      string // a folder, or empty
}

// parseOptions reads the command line. Of recorded traces in the folder dir,
// which may be empty, it reads the names.
func parseOptions(args []string, dir string, stderr io.Writer) (*options, error) {
	o := new(options)
	flags := flag.NewFlagSet("cachesim", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // its errors are returned like ours
	traces := flags.String("traces", "", "play only the traces whose name matches this `regexp`")
	policies := flags.String("policies", "", "compare only the policies whose name matches this `regexp`")
	sizes := flags.String("sizes", "0.1%,1%,5%,20%", "cache sizes, as percentages of the unique keys of a trace or as numbers of entries")
	flags.StringVar(&o.against, "against", "", "list each cell, with the points that plinth is ahead of this `policy`, or of the best peer if it is "+bestPeer)
	flags.IntVar(&o.parallel, "parallel", runtime.GOMAXPROCS(0), "how many simulations run at the same time")
	flags.StringVar(&o.out, "out", "", "write the table and the charts into this `folder` instead of printing the table")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stderr, "Usage: cachesim [options]\n\n")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return nil, err
	} else if err != nil {
		return nil, fmt.Errorf("cachesim: %w; -help lists the options", err)
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("cachesim: argument %q; options begin with a dash", flags.Arg(0))
	}
	if o.parallel < 1 {
		return nil, fmt.Errorf("cachesim: -parallel is %d; must be 1 or more", o.parallel)
	}
	isTrace, err := regexp.Compile(*traces)
	if err != nil {
		return nil, fmt.Errorf("cachesim: -traces: %w", err)
	}
	isPolicy, err := regexp.Compile(*policies)
	if err != nil {
		return nil, fmt.Errorf("cachesim: -policies: %w", err)
	}
	if o.sizings, err = parseSizings(*sizes); err != nil {
		return nil, err
	}

	if dir == "" {
		fmt.Fprintln(stderr, "TRACES is not set, so recorded traces are skipped; set it to a folder of *.gz files")
	} else if o.sources, err = recorded(dir); err != nil {
		return nil, fmt.Errorf("cachesim: TRACES: %w", err)
	}
	o.sources = slices.DeleteFunc(append(o.sources, generated()...), func(s source) bool { return !isTrace.MatchString(s.name) })
	if len(o.sources) == 0 {
		return nil, fmt.Errorf("cachesim: no trace matches -traces %q", *traces)
	}
	o.policies = slices.DeleteFunc(contenders(), func(c contender) bool { return !isPolicy.MatchString(c.name) })
	if len(o.policies) == 0 {
		return nil, fmt.Errorf("cachesim: no policy matches -policies %q", *policies)
	}
	if o.against == "" {
		return o, nil
	}
	if !slices.ContainsFunc(o.policies, func(c contender) bool { return c.role == ours }) {
		return nil, fmt.Errorf("cachesim: -against compares with plinth; choose it too by -policies")
	}
	isRival := func(c contender) bool { return c.name == o.against || o.against == bestPeer && c.role == peer }
	if !slices.ContainsFunc(o.policies, isRival) {
		return nil, fmt.Errorf("cachesim: -against %q is not among the policies compared; choose one of them, or %s for the best peer", o.against, bestPeer)
	}
	return o, nil
}

// play makes one trace after the other, and tells progress how long it took.
func (o *options) play(ctx context.Context, progress io.Writer) ([]cell, error) {
	var cells []cell
	for _, s := range o.sources {
		start := time.Now()
		keys, err := s.keys()
		if err != nil {
			return nil, err
		}
		t := newTrace(s.name, s.recorded, keys)
		played, err := compare(ctx, t, sizesFor(o.sizings, t.unique), o.policies, o.parallel)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(progress, "%s: %d requests for %d keys, %.1f s\n", t.name, len(t.keys), t.unique, time.Since(start).Seconds())
		cells = append(cells, played...)
	}
	return cells, nil
}
