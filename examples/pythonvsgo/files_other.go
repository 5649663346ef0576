//go:build !linux && !darwin

package main

// maxFiles returns a number that is enough for everything: this system has no
// limit that could be asked for.
func maxFiles() int { return 1 << 20 }
