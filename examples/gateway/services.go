package main

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/goplinth/plinth/errors"
)

//go:embed service.py
var servicePy string

//go:embed ml.py
var mlPy string

//go:embed reports.py
var reportsPy string

// A service is a server behind the gateway that runs.
type service struct {
	name     string
	language string
	url      string
	stop     func() error // may be called more than once
}

type services []*service

// startServices starts all three. With an error, those that run are returned
// all the same, to be stopped.
func startServices(ctx context.Context, interpreter string, stderr io.Writer) (services, error) {
	var all services
	for _, start := range []func() (*service, error){
		func() (*service, error) { return startGo("users", "Go", usersHandler()) },
		func() (*service, error) {
			return startPython(ctx, interpreter, "ml", mlPy, stderr, mlStandIn)
		},
		func() (*service, error) {
			return startPython(ctx, interpreter, "reports", reportsPy, stderr, reportsStandIn)
		},
	} {
		s, err := start()
		if err != nil {
			return all, err
		}
		all = append(all, s)
	}
	return all, nil
}

// stop stops all of them.
func (all services) stop() (err error) {
	for _, s := range all {
		err = errors.Append(err, s.stop())
	}
	return err
}

// named returns the service of a name, of which there is one.
func (all services) named(name string) *service {
	for _, s := range all {
		if s.name == name {
			return s
		}
	}
	return nil
}

// startPython starts a service in Python, or what stands in for it if there is
// no such interpreter.
func startPython(ctx context.Context, interpreter, name, source string, stderr io.Writer, standIn func() *goService) (*service, error) {
	version, err := exec.CommandContext(ctx, interpreter, "-c",
		"import platform; print(platform.python_implementation(), platform.python_version())").Output()
	if err != nil {
		return startGo(name, fmt.Sprintf("Go, because there is no %s", cmp.Or(interpreter, "python3")), standIn())
	}
	c, ready, err := startChild(exec.Command(interpreter, "-c", servicePy+"\n\n"+source), stderr, 30*time.Second)
	if err != nil {
		return nil, errors.Wrapf(err, "start %s", name)
	}
	return &service{
		name:     name,
		language: fmt.Sprintf("%s, process %d", strings.TrimSpace(string(version)), ready.PID),
		url:      fmt.Sprintf("http://127.0.0.1:%d", ready.Port),
		stop:     func() error { return errors.Wrapf(c.stop(), "stop %s", name) },
	}, nil
}
