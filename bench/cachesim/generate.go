package main

import (
	"fmt"
	"math/rand/v2"
)

// The generated traces are the same in every run. Those of this file show one
// property each, which recorded traces have all at once.
const (
	generatedRequests = 1_000_000
	generatedKeys     = 100_000 // to choose from, if a trace has a fixed set
)

func generated() []source {
	var sources []source
	for _, s := range []float64{0.7, 0.9, 1.0, 1.1} {
		sources = append(sources, generator(fmt.Sprintf("zipf-%.1f", s), func(rng *rand.Rand) []uint64 {
			return zipfTrace(rng, s)
		}))
	}
	return append(sources,
		generator("scan", scanTrace),
		generator("loop", loopTrace),
		generator("shift", shiftTrace),
		generator("mixed", mixedTrace),
		generator("oltp", oltpTrace),
		generator("disk", diskTrace),
		generator("recent", recentTrace),
		generator("news", newsTrace),
		generator("twice", twiceTrace),
		generator("loop-zipf", loopZipfTrace),
	)
}

func generator(name string, keys func(*rand.Rand) []uint64) source {
	return source{name: name, keys: func() ([]uint64, error) {
		return keys(rand.New(rand.NewPCG(2026, 1123))), nil
	}}
}

// Each trace takes its keys from sets of their own, which share no key.
const (
	popularSet = iota << 32 // chosen by popularity
	onceSet                 // asked for once each
	loopSet                 // asked for in turn
	indexSet                // pages that lead to records
	logSet                  // pages appended to
)

// key returns the i-th key of a set. It is the finaliser of splitmix64, a
// bijection: keys that follow each other would be a gift to some hash functions
// and a trap for others, and real ones are neither.
func key(set uint64, i int) uint64 {
	x := set + uint64(i)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// zipfTrace asks for a fixed set of keys by the Zipf distribution with exponent
// s, independently of what came before.
func zipfTrace(rng *rand.Rand, s float64) []uint64 {
	ranks := newZipf(s, generatedKeys)
	keys := make([]uint64, generatedRequests)
	for i := range keys {
		keys[i] = key(popularSet, ranks.sample(rng))
	}
	return keys
}

// scanTrace mixes a set of hot keys half and half with one pass over keys that
// never come again.
func scanTrace(rng *rand.Rand) []uint64 {
	hot := newZipf(0.9, generatedKeys/10)
	keys := make([]uint64, generatedRequests)
	scanned := 0
	for i := range keys {
		if rng.IntN(2) == 0 {
			keys[i] = key(onceSet, scanned)
			scanned++
		} else {
			keys[i] = key(popularSet, hot.sample(rng))
		}
	}
	return keys
}

// loopTrace asks for all keys in turn, again and again. As long as they do not
// all fit, LRU has no hit.
func loopTrace(*rand.Rand) []uint64 {
	keys := make([]uint64, generatedRequests)
	for i := range keys {
		keys[i] = key(loopSet, i%generatedKeys)
	}
	return keys
}

// shiftTrace is a Zipf trace in which every tenth part of the trace gives the
// ranks to the keys anew, so that what was counted before misleads.
func shiftTrace(rng *rand.Rand) []uint64 {
	ranks := newZipf(1.0, generatedKeys)
	keys := make([]uint64, generatedRequests)
	var keyOf []int // by rank
	for i := range keys {
		if i%(generatedRequests/10) == 0 {
			keyOf = rng.Perm(generatedKeys)
		}
		keys[i] = key(popularSet, keyOf[ranks.sample(rng)])
	}
	return keys
}

// mixedTrace repeats ten times: popular keys, then a scan over new ones, then
// four laps of a short loop, over the same keys each time.
func mixedTrace(rng *rand.Rand) []uint64 {
	const (
		popular = 60_000
		scan    = 20_000
		lap     = 5_000
		laps    = 4
	)
	ranks := newZipf(0.9, generatedKeys)
	keys := make([]uint64, 0, generatedRequests)
	for scanned := 0; len(keys) < generatedRequests; scanned += scan {
		for range popular {
			keys = append(keys, key(popularSet, ranks.sample(rng)))
		}
		for i := range scan {
			keys = append(keys, key(onceSet, scanned+i))
		}
		for i := range lap * laps {
			keys = append(keys, key(loopSet, i%lap))
		}
	}
	return keys
}
