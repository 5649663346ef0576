package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A sizing is a cache size that may depend on the trace.
type sizing struct {
	entries int     // if not 0
	percent float64 // of the unique keys
}

// parseSizings reads a comma-separated list of percentages and of numbers of
// entries, as in "0.1%,1%,4096".
func parseSizings(list string) ([]sizing, error) {
	var sizings []sizing
	for field := range strings.SplitSeq(list, ",") {
		var s sizing
		var err error
		if number, ok := strings.CutSuffix(field, "%"); ok {
			s.percent, err = strconv.ParseFloat(number, 64)
		} else {
			s.entries, err = strconv.Atoi(field)
		}
		if err != nil || s.entries < 0 || !(s.percent > 0 && s.percent <= 100) && s.entries == 0 {
			return nil, fmt.Errorf("cachesim: size %q; write a percentage of the unique keys as 0.1%%, or a number of entries as 4096", field)
		}
		sizings = append(sizings, s)
	}
	return sizings, nil
}

// of returns the number of entries for a trace of so many unique keys.
func (s sizing) of(unique int) int {
	if s.entries > 0 {
		return s.entries
	}
	return max(1, int(math.Round(float64(unique)*s.percent/100)))
}

// sizesFor returns the sizes for a trace, ascending and without the duplicates
// that percentages of few keys make.
func sizesFor(sizings []sizing, unique int) []int {
	var sizes []int
	for _, s := range sizings {
		sizes = append(sizes, s.of(unique))
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}
