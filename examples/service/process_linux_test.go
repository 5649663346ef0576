package main

import (
	"os"
	"os/exec"
	account "os/user"
	"strconv"
	"syscall"
)

// endWithParent has the kernel end cmd with this process: a test binary that is killed,
// or runs into its timeout, runs no cleanup.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// runUnprivileged has cmd run as somebody else than root, which is to own dir:
// PostgreSQL refuses to be root.
func runUnprivileged(cmd *exec.Cmd, dir string) error {
	endWithParent(cmd)
	if os.Geteuid() != 0 {
		return nil
	}
	owner, err := account.Lookup("postgres")
	if err != nil {
		if owner, err = account.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(owner.Gid)
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(dir, uid, gid)
}
