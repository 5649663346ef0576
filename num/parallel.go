package num

import (
	"runtime"
	"sync"
)

// SumParallel returns the sum of s, added up by several goroutines: for
// integers what [Sum] returns, and for floats the exact sum rounded once, as
// [SumExact] does. How many goroutines there are, and which of them adds what,
// makes no difference to a single bit of the result.
//
// That is what it is for: exact sums of long slices. The order that Sum has for
// floats takes one goroutine to the limit of the memory already.
//
// Workers is the number of goroutines, of which the caller's is one; zero or less
// means runtime.GOMAXPROCS(0). There are fewer where a goroutine would get less
// than 32768 elements. All have ended when SumParallel returns.
func SumParallel[T Number](s []T, workers int) T {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	const least = 1 << 15 // some 30 µs of work, where a goroutine takes 1 to start
	workers = max(1, min(workers, len(s)/least))

	part := func(i int) []T { return s[share(len(s), i, workers):share(len(s), i+1, workers)] }
	sums := make([]Accumulator[T], workers)
	var wg sync.WaitGroup
	for i := 1; i < workers; i++ {
		wg.Go(func() { sums[i].AddSlice(part(i)) })
	}
	sums[0].AddSlice(part(0))
	wg.Wait()
	for i := 1; i < workers; i++ {
		sums[0].Merge(&sums[i])
	}
	return sums[0].Value()
}

// share returns where the share of worker i of n elements begins. It is written
// so that nothing overflows.
func share(n, i, workers int) int {
	return n/workers*i + min(i, n%workers)
}
