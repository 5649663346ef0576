//go:build linux || darwin

package main

import "syscall"

// maxFiles returns how many files a process of this program may have open. It is
// the hard limit: the os package of Go raises the soft one to it when a program
// starts, and work.py does so by itself.
func maxFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return int(min(limit.Max, 1<<20))
}
