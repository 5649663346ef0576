// Pythonvsgo measures on your machine what articles about Python and Go like to
// claim: Fibonacci(40), a million JSON records, 10,000 connections and a million
// points in memory. It prints a figure of one such article beside each of its
// own, and says where Python is close.
//
//	go run ./examples/pythonvsgo                 # a minute or two
//	go run ./examples/pythonvsgo -quick          # seconds, and figures to match
//	go run ./examples/pythonvsgo -table records
//
// Every row is a process of its own, so that its memory is its own too. Without
// python3 the rows of Python are skipped. What it says of two shared cores is in
// results.
//
// What to copy: parsePipeline in records.go, which keeps all processors busy with
// a file that one goroutine reads, and child.go for processes that end with the
// one that started them. When not to: four tables do not choose a language, and
// none of them has your work in it.
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

	"github.com/goplinth/plinth/errors"
)

// A table measures its rows.
type table struct {
	name    string // for -table
	title   func(sizes) string
	columns []string
	measure func(context.Context, *bench) (rows []row, remarks []string, err error)
}

// A row has a figure for each column, the article's and today's.
type row struct {
	name    string
	article []string
	here    []string // one element says why there are none
}

// sizes are how much there is to do.
type sizes struct {
	fibonacci   int
	records     int
	connections int
	seconds     float64 // of the load on a server
	points      int
}

var (
	full  = sizes{fibonacci: 40, records: 1_000_000, connections: 10_000, seconds: 5, points: 1_000_000}
	quick = sizes{fibonacci: 20, records: 5_000, connections: 50, seconds: 0.2, points: 20_000}
)

// bench is one run of the program.
type bench struct {
	sizes
	python *python // nil if there is none
	note   func(format string, args ...any)
}

var tables = []table{fibonacciTable, recordsTable, connectionsTable, pointsTable}

func main() {
	if isChild() {
		os.Exit(runChild(os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	names := []string{"all"}
	for _, t := range tables {
		names = append(names, t.name)
	}
	flags := flag.NewFlagSet("pythonvsgo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	small := flags.Bool("quick", false, "do a small part of the work, to see that everything runs")
	chosen := flags.String("table", "all", "measure one `table`: "+strings.Join(names, ", "))
	interpreter := flags.String("python", "python3", "the Python to compare with")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if !slices.Contains(names, *chosen) || flags.NArg() > 0 {
		fmt.Fprintf(stderr, "pythonvsgo: want flags only, and -table one of %s\n", strings.Join(names, ", "))
		return 2
	}

	b := &bench{sizes: full, note: func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }}
	if *small {
		b.sizes = quick
	}
	b.python = findPython(ctx, *interpreter)
	fmt.Fprintf(stdout, "%d processors, %s/%s, %s, %s\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), b.python)
	if *small {
		fmt.Fprintln(stdout, "With -quick the work is too small for the figures to mean anything.")
	}
	for _, t := range tables {
		if *chosen != "all" && *chosen != t.name {
			continue
		}
		rows, remarks, err := t.measure(ctx, b)
		if ctx.Err() != nil {
			return 130
		} else if err != nil {
			fmt.Fprintf(stderr, "pythonvsgo: %s: %v\n", t.name, err)
			return 1
		}
		t.print(stdout, b.sizes, rows, remarks)
	}
	return 0
}
