// Processfiles hashes every file of a directory tree, counts its lines and
// bytes, and prints the results in the order of the walk, however long each file
// takes. A file that cannot be read spoils nothing but its own line.
//
//	go run ./examples/processfiles            # this directory
//	go run ./examples/processfiles -j 4 DIR
//
// The exit status is 0 if all files were read, 1 if one was not, 2 for a wrong
// command line, and 130 after Ctrl-C, which still prints what has been done.
//
// What to copy: process and files. When not to: with a handful of small files, to
// read one after the other is as fast.
package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"os/signal"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/workerpool"
)

// A file is a path, or why there is none.
type file struct {
	path string
	err  error
}

// A summary is what is known of a file after it was read.
type summary struct {
	path  string
	sum   [sha256.Size]byte
	bytes int64
	lines int64
}

// process yields a summary of each regular file in tree, in the order of the
// walk. An error belongs to the file beside it.
func process(ctx context.Context, tree fs.FS, workers int) iter.Seq2[summary, error] {
	return workerpool.Map(ctx, files(tree), func(ctx context.Context, f file) (summary, error) {
		if f.err != nil {
			return summary{path: f.path}, f.err
		}
		return summarise(ctx, tree, f.path)
	}, workerpool.Options{Workers: workers})
}

// files yields the regular files in tree, and what the walk could not look into.
func files(tree fs.FS) iter.Seq[file] {
	return func(yield func(file) bool) {
		fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
			if (err != nil || entry.Type().IsRegular()) && !yield(file{path, err}) {
				return fs.SkipAll
			}
			return nil
		})
	}
}

// summarise reads one file, piece by piece, and gives up when ctx ends.
func summarise(ctx context.Context, tree fs.FS, path string) (summary, error) {
	s := summary{path: path}
	f, err := tree.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	buf := buffer.Get(64 << 10)
	defer buf.Release()
	hash := sha256.New()
	for {
		n, err := f.Read(buf.Bytes())
		piece := buf.Bytes()[:n]
		hash.Write(piece)
		s.bytes += int64(n)
		s.lines += int64(bytes.Count(piece, []byte{'\n'}))
		if err == io.EOF {
			hash.Sum(s.sum[:0])
			return s, nil
		}
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return s, err
		}
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("processfiles", flag.ContinueOnError)
	flags.SetOutput(stderr)
	workers := flags.Int("j", 0, "files read at the same time; 0 means one for each processor")
	every := flags.Int("progress", 1000, "say on standard error how far it is after so many files; 0 means never")
	if err := flags.Parse(args); err == flag.ErrHelp {
		return 0
	} else if err != nil {
		return 2
	}
	if *workers < 0 || flags.NArg() > 1 {
		fmt.Fprintln(stderr, "processfiles: -j must be 0 or more, and there may be one directory")
		return 2
	}
	dir := cmp.Or(flags.Arg(0), ".")
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		fmt.Fprintf(stderr, "processfiles: %s is not a directory that can be read\n", dir)
		return 2
	}

	var total summary
	read, failed := 0, 0
	for s, err := range process(ctx, os.DirFS(dir), *workers) {
		if err != nil {
			failed++
			fmt.Fprintln(stderr, "processfiles:", err)
			continue
		}
		read++
		total.bytes += s.bytes
		total.lines += s.lines
		fmt.Fprintf(stdout, "%x %9d %7d %s\n", s.sum[:8], s.bytes, s.lines, s.path)
		if *every > 0 && read%*every == 0 {
			fmt.Fprintf(stderr, "%d files, %d MB so far\n", read, total.bytes>>20)
		}
	}
	fmt.Fprintf(stdout, "%d files, %d bytes, %d lines\n", read, total.bytes, total.lines)
	switch {
	case ctx.Err() != nil:
		return 130
	case failed > 0:
		return 1
	}
	return 0
}
