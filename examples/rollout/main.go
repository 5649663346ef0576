// Rollout runs a command for each of several targets, a few at a time, and prints
// what each said in the order in which they were named. The first failure stops the
// rest, unless it is told to keep going.
//
//	go run ./examples/rollout -parallel 2 -command "go list {}" errors fmt slices
//	go run ./examples/rollout -keep-going -timeout 10s -command "curl -sf https://{}/health" one.example two.example
//
// The exit status is 0 if all went well, 1 if a command failed, 2 for a wrong command
// line, and 130 after Ctrl-C, which lets the running commands end first.
//
// What to copy: rollout, and a runner that is a function, so that tests run nothing.
// When not to: a shell's own loop is enough for a handful that may run one after the
// other.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/goplinth/plinth/workerpool"
)

// A runner runs a command and returns what it printed.
type runner func(ctx context.Context, command []string) (output string, err error)

// execute is the runner of the program.
func execute(ctx context.Context, command []string) (string, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	output, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(output)), err
}

// A plan is what to do.
type plan struct {
	command   []string // in which {} stands for the target
	targets   []string
	parallel  int
	timeout   time.Duration // for each target; 0 is none
	keepGoing bool
}

// rollout prints the outcome of each target to w, and returns how many failed. The
// error is the cause of ctx, if that has ended.
func rollout(ctx context.Context, p plan, run runner, w io.Writer) (failed int, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	outcomes := workerpool.Map(ctx, slices.Values(p.targets), func(ctx context.Context, target string) (string, error) {
		command := make([]string, len(p.command))
		for i, word := range p.command {
			command[i] = strings.ReplaceAll(word, "{}", target)
		}
		output, err := run(ctx, command)
		if err != nil && !p.keepGoing {
			stop(errStopped)
		}
		return output, err
	}, workerpool.Options{Workers: p.parallel, Queue: -1, TaskTimeout: p.timeout})
	i := 0
	for output, err := range outcomes {
		if i == len(p.targets) {
			break // the cause of ctx once more
		}
		switch {
		case errors.Is(err, errStopped):
			fmt.Fprintf(w, "%s: not started\n", p.targets[i])
		case err != nil:
			failed++
			fmt.Fprintf(w, "%s: failed: %v\n", p.targets[i], err)
		default:
			fmt.Fprintf(w, "%s: ok\n", p.targets[i])
		}
		for line := range strings.Lines(output) {
			fmt.Fprintf(w, "    %s\n", strings.TrimSuffix(line, "\n"))
		}
		i++
	}
	for _, target := range p.targets[i:] {
		fmt.Fprintf(w, "%s: not started\n", target)
	}
	if cause := context.Cause(ctx); cause != nil && cause != errStopped {
		return failed, cause
	}
	return failed, nil
}

var errStopped = errors.New("a command for another target failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], execute, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, runner runner, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("rollout", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var p plan
	command := flags.String("command", "", "the command, in which {} stands for the target")
	flags.IntVar(&p.parallel, "parallel", 2, "how many run at the same time")
	flags.DurationVar(&p.timeout, "timeout", time.Minute, "how long each may take; 0 for no limit")
	flags.BoolVar(&p.keepGoing, "keep-going", false, "go on with the others after a failure")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	p.command, p.targets = strings.Fields(*command), flags.Args()
	switch {
	case len(p.command) == 0:
		fmt.Fprintln(stderr, "rollout: there is no command; pass one as in -command \"ping -c 1 {}\"")
		return 2
	case len(p.targets) == 0:
		fmt.Fprintln(stderr, "rollout: there is no target; name some after the flags")
		return 2
	case p.parallel < 1, p.timeout < 0:
		fmt.Fprintln(stderr, "rollout: -parallel must be 1 or more, and -timeout must not be negative")
		return 2
	}
	failed, err := rollout(ctx, p, runner, stdout)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "rollout:", err)
		return 130
	case failed > 0:
		fmt.Fprintf(stderr, "rollout: %d of %d failed\n", failed, len(p.targets))
		return 1
	}
	return 0
}
