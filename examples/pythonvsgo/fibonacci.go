package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/goplinth/plinth/errors"
)

var fibonacciTable = table{
	name:    "fibonacci",
	title:   func(s sizes) string { return fmt.Sprintf("Fibonacci(%d), by the recursive definition", s.fibonacci) },
	columns: []string{"time", "memory"},
	measure: func(ctx context.Context, b *bench) ([]row, []string, error) {
		cells := func(o outcome) []string { return []string{seconds(o.Seconds), megabytes(o.PeakKiB)} }
		b.note("fibonacci: Go")
		gopher, err := finish(goProcess(ctx, "fibonacci", b.fibonacci))
		if err != nil {
			return nil, nil, err
		}
		b.note("fibonacci: Python")
		snake, here, err := b.python.measure(ctx, cells, "fibonacci", b.fibonacci)
		if err != nil {
			return nil, nil, err
		}
		rows := []row{
			{"CPython", []string{"45.2 s", "50 MB"}, here},
			{"Cython", []string{"2.1 s", "55 MB"}, []string{"not measured: needs a compiler of its own"}},
			{"Go", []string{"0.8 s", "2 MB"}, cells(gopher)},
		}
		if b.python == nil {
			return rows, nil, nil
		}
		if snake.Sum != gopher.Sum {
			return nil, nil, errors.Errorf("Python says %d, Go says %d", snake.Sum, gopher.Sum)
		}
		return rows, []string{verdict("Calls and small integers", "Go", gopher.Seconds, "Python", snake.Seconds),
			"Work of this kind is what Python programs leave to libraries in C."}, nil
	},
}

func fibonacci(n int) int {
	if n < 2 {
		return n
	}
	return fibonacci(n-1) + fibonacci(n-2)
}

func fibonacciChild(_ io.Reader, args []string, say func(outcome) error) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	start := time.Now()
	result := fibonacci(n)
	return say(outcome{Seconds: time.Since(start).Seconds(), Sum: int64(result), PeakKiB: memoryOf().peak})
}
