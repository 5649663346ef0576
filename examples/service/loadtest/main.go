// Loadtest measures the service beside bare net/http handlers that return the same JSON,
// on this machine, over loopback.
//
//	go -C examples/service run ./loadtest
//	go -C examples/service run ./loadtest -soak 5m
//
// It builds the service and runs it on a SQLite file as a process of its own, and two
// bare handlers as others: "bytes" writes an answer that is ready, "encode" encodes a
// struct each time. With as many connections as -connections says, each of which
// sends its next request when it has the answer to the last, it
//
//   - ramps up from none, and draws what happens by the second;
//   - measures the servers in turn, round by round, so that a minute in which the
//     machine is busy hits all: reads alone, and reads with some writes among them;
//   - with -soak, goes on for that long, at a walk, and looks at the memory.
//
// A read is GET /v1/users/me with a token: authentication, rights, cache, metrics. A
// write is a PATCH of the name, which is on the disk before it is answered. The users
// and their tokens are made before: a sign-up takes tens of milliseconds of processor
// time for the password on purpose, and would measure that and nothing else.
//
// A service that writes to the disk has more to do for one request in a hundred than a
// bare handler that only says so: the second comparison shows the price of that.
//
// The client takes about as much of the machine as the server. The figures are good for
// comparing the servers, not for what a server does that has a machine of its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"
)

// These variables make the program the bare server of that name, with that answer.
const (
	asBare   = "LOADTEST_BARE"
	bareBody = "LOADTEST_BODY"
)

type options struct {
	connections int
	users       int
	rounds      int
	writes      int // one request in so many
	loads       string
	slot        time.Duration
	warm        time.Duration
	ramp        time.Duration
	soak        time.Duration
	think       time.Duration
	chart       string
}

func main() {
	if name := os.Getenv(asBare); name != "" {
		if err := serveBare(name, []byte(os.Getenv(bareBody)), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "loadtest:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status, which is 1 if a request
// failed.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o options
	flags.IntVar(&o.connections, "connections", 10_000, "connections at the same time")
	flags.IntVar(&o.users, "users", 100, "users whom the connections belong to")
	flags.IntVar(&o.rounds, "rounds", 6, "rounds of the comparison")
	flags.IntVar(&o.writes, "writes", 100, "one request in so many is a write, in the ramp, the soak and half of the comparison")
	flags.StringVar(&o.loads, "loads", "reads,mixed", "what is compared: reads, mixed, or both with a comma")
	flags.DurationVar(&o.slot, "slot", 5*time.Second, "time for which each server is measured in a round")
	flags.DurationVar(&o.warm, "warm", 3*time.Second, "time of load before each slot, until the heap of the server has its size")
	flags.DurationVar(&o.ramp, "ramp", 20*time.Second, "time to ramp up, and as long again to hold; 0 for none")
	flags.DurationVar(&o.soak, "soak", 0, "time to watch the memory for; 0 for none")
	flags.DurationVar(&o.think, "think", time.Second, "in the soak, time that a connection waits after an answer")
	flags.StringVar(&o.chart, "chart", "", "file for a chart of the ramp, as SVG; none is drawn without")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if min(o.connections, o.users, o.writes) < 1 || o.rounds < 0 || o.slot <= 0 {
		fmt.Fprintln(stderr, "loadtest: -connections, -users, -writes and -slot must be positive")
		return 2
	}
	failed, err := measure(ctx, o, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "loadtest:", err)
		return 1
	}
	if failed > 0 {
		fmt.Fprintf(stderr, "loadtest: %d requests failed\n", failed)
		return 1
	}
	return 0
}

// measure runs all phases and writes the report.
func measure(ctx context.Context, o options, stdout io.Writer) (failed uint64, err error) {
	if err := raiseFileLimit(o.connections + 1000); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "loadtest-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	service, err := startService(ctx, dir)
	if err != nil {
		return 0, err
	}
	defer service.stop()
	tokens, body, err := prepareUsers(ctx, service.addr, o.users)
	if err != nil {
		return 0, err
	}
	servers := []*server{service}
	for _, name := range []string{"bytes", "encode"} {
		bare, err := startBare(name, body)
		if err != nil {
			return 0, err
		}
		defer bare.stop()
		servers = append(servers, bare)
	}

	fmt.Fprintf(stdout, "%s, %d processors for client and server together; %d connections, %d users, %d bytes of JSON\n",
		runtime.Version(), runtime.NumCPU(), o.connections, o.users, len(body))

	if o.ramp > 0 {
		seconds, total := ramp(ctx, service, tokens, o)
		failed += total.failed
		fmt.Fprintf(stdout, "\nramp to %d connections in %v, held for %v, one request in %d a write\n", o.connections, o.ramp, o.ramp, o.writes)
		printHeader(stdout)
		total.print(stdout, "service")
		if o.chart != "" {
			if err := os.WriteFile(o.chart, drawChart(seconds), 0o644); err != nil {
				return failed, err
			}
		}
	}
	if o.rounds > 0 {
		n, err := compare(ctx, stdout, servers, tokens, o)
		failed += n
		if err != nil {
			return failed, err
		}
	}
	if o.soak > 0 {
		failed += soak(ctx, stdout, service, tokens, o)
	}
	return failed, ctx.Err()
}

// compare measures the servers in turn, for each kind of load. The first of them is
// compared with the others.
func compare(ctx context.Context, w io.Writer, servers []*server, tokens []string, o options) (failed uint64, err error) {
	for kind := range strings.SplitSeq(o.loads, ",") {
		writes, name := 0, kind
		if kind == "mixed" {
			writes, name = o.writes, fmt.Sprintf("mixed, one request in %d a write", o.writes)
		}
		fmt.Fprintf(w, "\n%s: %d rounds of %v for each server, in turn\n", name, o.rounds, o.slot)
		printHeader(w)
		throughput, p99 := make([][]float64, len(servers)), make([][]float64, len(servers))
		for round := range o.rounds {
			of := make([]figures, len(servers))
			for turn := range servers {
				i := (round + turn) % len(servers) // each is first as often as the others
				s := servers[i]
				load := newLoad(s, tokens, writes)
				load.open(ctx, o.connections)
				pause(ctx, o.warm)
				load.take()
				start := time.Now()
				pause(ctx, o.slot)
				of[i] = load.take().over(time.Since(start), s)
				load.close()
				of[i].print(w, s.name)
				failed += of[i].failed
			}
			if ctx.Err() != nil {
				return failed, ctx.Err()
			}
			for i := range servers {
				throughput[i] = append(throughput[i], of[0].perSecond/of[i].perSecond)
				p99[i] = append(p99[i], of[0].p99.Seconds()/of[i].p99.Seconds())
			}
		}
		for i, s := range servers[1:] {
			fmt.Fprintf(w, "%s to %s, median of the rounds: throughput %.2f, p99 %.2f\n", servers[0].name, s.name, median(throughput[i+1]), median(p99[i+1]))
		}
	}
	return failed, nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// ramp adds connections bit by bit, and returns the figures of each second and of all.
func ramp(ctx context.Context, s *server, tokens []string, o options) (seconds []second, total figures) {
	load := newLoad(s, tokens, o.writes)
	defer load.close()
	start := time.Now()
	step := min(time.Second, o.ramp/4)
	var sum histogram
	var failed uint64
	for time.Since(start) < 2*o.ramp && ctx.Err() == nil {
		share := min(1, (time.Since(start)+step).Seconds()/o.ramp.Seconds())
		began := time.Now()
		load.open(ctx, int(share*float64(o.connections)))
		pause(ctx, step-time.Since(began))
		t := load.take()
		f := t.over(time.Since(began), s)
		seconds = append(seconds, second{at: time.Since(start), connections: load.size(), figures: f})
		sum.add(&t.latency)
		failed += t.failed
	}
	all := taken{latency: sum, failed: failed}
	return seconds, all.over(time.Since(start), s)
}

// soak uses all connections, with pauses, and prints the memory by the minute.
func soak(ctx context.Context, w io.Writer, s *server, tokens []string, o options) (failed uint64) {
	load := newLoad(s, tokens, o.writes)
	load.think = o.think
	defer load.close()
	load.open(ctx, o.connections)
	fmt.Fprintf(w, "\n%v with %d connections that wait %v after an answer, one request in %d a write, by the minute\n", o.soak, o.connections, o.think, o.writes)
	printHeader(w)
	for start := time.Now(); time.Since(start) < o.soak && ctx.Err() == nil; {
		began := time.Now()
		pause(ctx, min(time.Minute, o.soak-time.Since(start)))
		f := load.take().over(time.Since(began), s)
		f.print(w, s.name)
		failed += f.failed
	}
	return failed
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
