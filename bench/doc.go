// Package bench compares each package of plinth with a peer on the same work.
// It has benchmarks, which name the library they measure as impl=, so
// that benchstat can put them side by side:
//
//	make bench             # all of them, six runs each
//	make bench BENCH=Cache # one package
//
// Hit ratios are compared by a simulator, the program in cachesim/:
//
//	go run ./cachesim -help
//
// A peer is configured as its own README says, and its version is pinned in
// go.mod. The results that README.md and the doc comments speak of are in
// results/, with the machine and the command on top.
package bench
