package main

import (
	"context"
	_ "embed"
	"fmt"
	"os/exec"
	"strings"
)

// work.py is the other side: what child.go asks of Go, in Python.
//
//go:embed work.py
var workPy string

// python is an interpreter that works.
type python struct {
	path    string
	version string
}

// findPython returns nil if there is no such interpreter.
func findPython(ctx context.Context, name string) *python {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil
	}
	out, err := exec.CommandContext(ctx, path, "-c",
		"import platform; print(platform.python_implementation(), platform.python_version())").Output()
	if err != nil {
		return nil // such as the one on Windows that opens a shop
	}
	return &python{path: path, version: strings.TrimSpace(string(out))}
}

func (p *python) String() string {
	if p == nil {
		return "no python3"
	}
	return p.version
}

// process returns a process that does a work of work.py.
func (p *python) process(ctx context.Context, name string, args ...any) (*process, error) {
	argv := append([]string{"-c", workPy, name}, strings.Fields(join(args))...)
	return start(exec.CommandContext(ctx, p.path, argv...))
}

// measure runs a work to its end and words its outcome as the cells of a row.
// Without a Python, or if the work says so, it is skipped.
func (p *python) measure(ctx context.Context, cells func(outcome) []string, name string, args ...any) (outcome, []string, error) {
	if p == nil {
		return outcome{}, skipped, nil
	}
	o, err := finish(p.process(ctx, name, args...))
	if err == nil && o.Skip != "" {
		return o, []string{fmt.Sprintf("skipped: %s", o.Skip)}, nil
	}
	return o, cells(o), err
}
