package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"sync"
	"time"

	"github.com/goplinth/plinth/errors"
)

// A child is a process that serves until its standard input ends. The other end
// of that is ours, and the system closes it however we end, so that no child is
// left behind. It is not bound to a context: requests that run are to be
// answered first.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	once  sync.Once
	err   error
}

// A greeting is what a child says when it serves.
type greeting struct {
	Port int `json:"port"`
	PID  int `json:"pid"`
}

// startChild starts a child and waits for its greeting.
func startChild(cmd *exec.Cmd, stderr io.Writer, patience time.Duration) (*child, greeting, error) {
	cmd.Stderr = stderr
	cmd.WaitDelay = time.Second // for a standard error that is no file
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, greeting{}, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, greeting{}, err
	}
	if err := cmd.Start(); err != nil {
		return nil, greeting{}, err
	}
	c := &child{cmd: cmd, stdin: stdin}
	late := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	late.Stop()
	var ready greeting
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		return nil, greeting{}, errors.Append(errors.Wrapf(err, "child says %q", line), c.stop())
	}
	return c, ready, nil
}

// stop asks the child to end, ends it by its process if it has not after a while,
// and returns when it has.
func (c *child) stop() error {
	c.once.Do(func() {
		c.stdin.Close()
		late := time.AfterFunc(10*time.Second, func() { c.cmd.Process.Kill() })
		defer late.Stop()
		c.err = c.cmd.Wait()
	})
	return c.err
}
