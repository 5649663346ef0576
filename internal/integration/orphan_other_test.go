//go:build !linux

package integration

import "os/exec"

// endWithParent does nothing: only Linux offers it.
func endWithParent(*exec.Cmd) {}
