package integration

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end cmd with this process. A test binary that is
// killed, or runs into its timeout, runs no cleanup.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
