//go:build !linux

package main

import "os/exec"

// endWithParent does nothing: only Linux offers it.
func endWithParent(*exec.Cmd) {}

// runUnprivileged does nothing: only in containers are tests run as root.
func runUnprivileged(*exec.Cmd, string) error { return nil }
