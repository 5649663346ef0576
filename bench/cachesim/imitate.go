package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// These traces imitate kinds of recorded traces, so that a policy is not fitted
// to the few that are at hand. Their parameters are round numbers and not
// measured on anything.

// oltpTrace asks for the pages of a database. Some clients have a transaction
// open each, and take turns at random. A transaction looks up a few records,
// each through the pages of an index and in a data page that it asks for two or
// three times in quick succession: correlated references, which say nothing
// about later. It ends with the page of the log that all clients append to.
func oltpTrace(rng *rand.Rand) []uint64 {
	const (
		clients      = 8
		mostRecords  = 6
		newRecord    = 0.1 // share of the records that are appended to a table
		pageCapacity = 20  // records of a data page, and transactions of a log page
	)
	index := newZipf(1.1, 2_000)
	data := newZipf(0.7, generatedKeys)
	appended, logged := 0, 0
	transaction := func() []uint64 {
		var pages []uint64
		for range 1 + rng.IntN(mostRecords) {
			pages = append(pages, key(indexSet, index.sample(rng)))
			page := key(popularSet, data.sample(rng))
			if rng.Float64() < newRecord {
				page = key(onceSet, appended/pageCapacity)
				appended++
			}
			for range 2 + rng.IntN(2) {
				pages = append(pages, page)
			}
		}
		logged++
		return append(pages, key(logSet, logged/pageCapacity))
	}

	var open [clients][]uint64
	keys := make([]uint64, generatedRequests)
	for i := range keys {
		client := &open[rng.IntN(clients)]
		if len(*client) == 0 {
			*client = transaction()
		}
		keys[i], *client = (*client)[0], (*client)[1:]
	}
	return keys
}

// diskTrace asks for the blocks of a workstation's files: most times a file is
// read in sequence from some block on, some files far more often than others.
// Now and then a job reads one large region several times over, as a build or a
// search does.
func diskTrace(rng *rand.Rand) []uint64 {
	const (
		files    = 3_000
		longest  = 2_000 // blocks of a file, and of one run through it
		jobEvery = 300   // runs
		job      = 15_000
		jobs     = 5 // different regions
	)
	popular := newZipf(0.8, files)
	start := make([]int, files+1)
	for f := range files {
		start[f+1] = start[f] + pareto(rng, 0.8, longest)
	}
	keys := make([]uint64, 0, generatedRequests)
	for run := 1; len(keys) < generatedRequests; run++ {
		if run%jobEvery == 0 {
			region := rng.IntN(jobs) * job
			for i := range job * (1 + rng.IntN(3)) {
				keys = append(keys, key(loopSet, region+i%job))
			}
			continue
		}
		f := popular.sample(rng)
		from := start[f]
		if rng.IntN(3) == 0 {
			from += rng.IntN(start[f+1] - from)
		}
		for block := from; block < start[f+1]; block++ {
			keys = append(keys, key(popularSet, block))
		}
	}
	return keys[:generatedRequests]
}

// recentTrace asks for what was asked for lately: the number of requests since
// then has a power law, as in the logs of web servers. What was asked for often
// is therefore asked for again, for as long as that lasts. Where the law reaches
// back beyond the trace there is a new key.
func recentTrace(rng *rand.Rand) []uint64 {
	keys := make([]uint64, generatedRequests)
	fresh := 0
	for i := range keys {
		if back := pareto(rng, 0.15, math.MaxInt32); back <= i && rng.IntN(10) > 0 {
			keys[i] = keys[i-back]
		} else {
			keys[i] = key(onceSet, fresh)
			fresh++
		}
	}
	return keys
}

// newsTrace asks for items that appear one after the other and are the less
// popular the older they are, by a power law.
func newsTrace(rng *rand.Rand) []uint64 {
	const requestsPerItem = 20
	age := newZipf(0.9, generatedKeys)
	keys := make([]uint64, generatedRequests)
	for i := range keys {
		keys[i] = key(popularSet, generatedKeys+i/requestsPerItem-age.sample(rng))
	}
	return keys
}

// twiceTrace asks for each key twice, the second time a thousand requests later
// on average. Frequencies mislead here: a key that has come twice is done.
func twiceTrace(rng *rand.Rand) []uint64 {
	once := make([]uint64, 500) // a random one of them is next to come again
	for i := range once {
		once[i] = key(onceSet, i)
	}
	keys := slices.Clone(once)
	for fresh := len(once); len(keys) < generatedRequests; fresh++ {
		i := rng.IntN(len(once))
		again := once[i]
		once[i] = key(onceSet, fresh)
		keys = append(keys, again, once[i])
	}
	return keys
}

// loopZipfTrace asks for popular keys and, every second time, for the next key
// of a loop that is as large as all of those.
func loopZipfTrace(rng *rand.Rand) []uint64 {
	const each = generatedKeys / 2
	popular := newZipf(1.0, each)
	keys := make([]uint64, generatedRequests)
	for i := range keys {
		if i%2 == 0 {
			keys[i] = key(loopSet, i/2%each)
		} else {
			keys[i] = key(popularSet, popular.sample(rng))
		}
	}
	return keys
}

// pareto returns a number from 1 to most, larger than n with a probability of
// about n to the power of -alpha.
func pareto(rng *rand.Rand, alpha float64, most int) int {
	// 1-Float64 is never 0. Not every power fits an int, so the limit is first.
	return int(min(math.Pow(1-rng.Float64(), -1/alpha), float64(most)))
}
