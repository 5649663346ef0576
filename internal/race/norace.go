//go:build !race

// Package race tells tests whether the race detector is on: sync.Pool then
// drops a part of what is put into it, so allocation budgets do not hold.
package race

// Enabled reports whether the program was built with -race.
const Enabled = false
