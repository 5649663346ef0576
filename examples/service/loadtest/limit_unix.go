//go:build unix

package main

import (
	"fmt"
	"syscall"
)

// raiseFileLimit makes room for n files in this process and those that it starts. The
// go command raises the soft limit for itself and not for what it runs.
func raiseFileLimit(n int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if uint64(limit.Cur) >= uint64(n) {
		return nil
	}
	if uint64(limit.Max) < uint64(n) {
		return fmt.Errorf("%d open files are allowed and %d needed: raise the limit (ulimit -Hn) or lower -connections", limit.Max, n)
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
