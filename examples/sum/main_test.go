package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != want {
		t.Errorf("output:\n%s\nwant:\n%s", got, want)
	}
}

const want = `one function, three types:
  cents         2494
  durations     2s
  temperatures  17.5
three times 100 in an int8:
  a loop        44
  SumChecked    num: sum of 3 values does not fit int8; convert them to a wider type first: result out of range
  SumSaturating 127
  SumWide       300
a million times 0.1:
  a loop        100000.0000013329
  Sum           100000.0000000001
  SumExact      100000.0000000000
a ledger from top to bottom and from bottom to top:
  a loop        4.5 4
  SumExact      3.75 3.75
a stream on four goroutines:
  Accumulator   4999500.0
`

// TestMonthly deals the same payments to other numbers of goroutines.
func TestMonthly(t *testing.T) {
	for goroutines := 1; goroutines < 6; goroutines++ {
		payments := make(chan float64)
		go func() {
			defer close(payments)
			for range 500 {
				payments <- 1e16
				payments <- 0.1
				payments <- -1e16
			}
		}()
		if got, want := monthly(payments, goroutines), 50.0; got != want {
			t.Errorf("monthly(%d goroutines) = %v; want %v", goroutines, got, want)
		}
	}
}
