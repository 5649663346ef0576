// Sum shows what can go wrong when numbers are added up, and what to call instead:
// integers that do not fit their type, and floats whose last digits depend on the
// order.
//
//	go run ./examples/sum
//
// What to copy: the constraint num.Number in the signature of total, which takes
// cents, durations and temperatures alike; and monthly, where goroutines add up
// parts of a stream and no bit of the result depends on who got what. When not to:
// where values are of one sign and the last digits do not matter, num.Sum is
// enough, and several times as fast as an exact sum.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/goplinth/plinth/num"
)

// A celsius is a type of its own, and still a num.Number.
type celsius float64

// An item has something that is to be added up.
type item[T num.Number] struct {
	name  string
	value T
}

// total adds up the values of items, whatever their type is.
func total[T num.Number](items []item[T]) T {
	return num.SumBy(items, func(i item[T]) T { return i.value })
}

// loop is what everybody writes first.
func loop[T num.Number](s []T) T {
	var sum T
	for _, x := range s {
		sum += x
	}
	return sum
}

// monthly adds up payments as they arrive, on several goroutines.
func monthly(payments <-chan float64, goroutines int) float64 {
	sums := make([]num.Accumulator[float64], goroutines)
	var wg sync.WaitGroup
	for i := range sums {
		wg.Go(func() {
			for p := range payments {
				sums[i].Add(p)
			}
		})
	}
	wg.Wait()
	for i := range sums[1:] {
		sums[0].Merge(&sums[i+1])
	}
	return sums[0].Value()
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sum:", err)
		os.Exit(1)
	}
}

// run is main without the process.
func run(w io.Writer) error {
	fmt.Fprintln(w, "one function, three types:")
	fmt.Fprintln(w, "  cents        ", total([]item[int]{{"bolts", 1999}, {"nuts", 495}}))
	fmt.Fprintln(w, "  durations    ", total([]item[time.Duration]{{"parse", 40 * time.Millisecond}, {"store", 1960 * time.Millisecond}}))
	fmt.Fprintln(w, "  temperatures ", total([]item[celsius]{{"day", 20.5}, {"night", -3}}))

	samples := []int8{100, 100, 100}
	_, err := num.SumChecked(samples)
	if !errors.Is(err, num.ErrOverflow) {
		return fmt.Errorf("three times 100 in an int8: error is %v", err)
	}
	fmt.Fprintln(w, "three times 100 in an int8:")
	fmt.Fprintln(w, "  a loop       ", loop(samples))
	fmt.Fprintln(w, "  SumChecked   ", err)
	fmt.Fprintln(w, "  SumSaturating", num.SumSaturating(samples))
	fmt.Fprintln(w, "  SumWide      ", num.SumWide(samples))

	// Each addition is rounded to a float. A loop rounds a million times on its
	// way, Sum some fifty times, and SumExact once.
	cents := slices.Repeat([]float64{0.1}, 1_000_000)
	fmt.Fprintln(w, "a million times 0.1:")
	fmt.Fprintf(w, "  a loop        %.10f\n", loop(cents))
	fmt.Fprintf(w, "  Sum           %.10f\n", num.Sum(cents))
	fmt.Fprintf(w, "  SumExact      %.10f\n", num.SumExact(cents))

	ledger := []float64{1e16, 3.25, -1e16, 0.5}
	turned := slices.Clone(ledger)
	slices.Reverse(turned)
	fmt.Fprintln(w, "a ledger from top to bottom and from bottom to top:")
	fmt.Fprintln(w, "  a loop       ", loop(ledger), loop(turned))
	fmt.Fprintln(w, "  SumExact     ", num.SumExact(ledger), num.SumExact(turned))

	payments := make(chan float64)
	go func() {
		defer close(payments)
		for i := range 10_000 {
			payments <- float64(i) / 10
			payments <- 1e12 / float64(i+1)
			payments <- -1e12 / float64(i+1)
		}
	}()
	fmt.Fprintln(w, "a stream on four goroutines:")
	fmt.Fprintf(w, "  Accumulator   %.1f\n", monthly(payments, 4))
	return nil
}
