package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// postgres is the server that the tests share. It is started by the first that needs it.
var postgres struct {
	start     sync.Once
	cmd       *exec.Cmd
	exited    chan struct{}
	dir       string
	port      int
	err       error
	databases atomic.Int64
}

// newPostgres returns the URL of a new database. The test is skipped if PostgreSQL is
// not installed, unless the variable CI is set: then it fails.
func newPostgres(t *testing.T) string {
	t.Helper()
	bin := postgresBin()
	if bin == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("PostgreSQL is not installed; apt-get install postgresql")
		}
		t.Skip("PostgreSQL is not installed")
	}
	postgres.start.Do(func() { postgres.err = startPostgres(bin) })
	require.NoError(t, postgres.err, "start PostgreSQL")

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, postgresURL("postgres"))
	require.NoError(t, err)
	defer conn.Close(ctx)
	name := fmt.Sprintf("test%d", postgres.databases.Add(1))
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	require.NoError(t, err)
	return postgresURL(name)
}

func postgresURL(database string) string {
	return fmt.Sprintf("postgres://service@127.0.0.1:%d/%s?sslmode=disable", postgres.port, database)
}

// postgresBin returns the directory of the server's programs, which Debian does not put
// into PATH, or "".
func postgresBin() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(slices.Max(found))
}

// startPostgres runs a server in a directory of its own, on loopback alone. It may
// forget what a crash of the machine interrupts: the tests crash the service.
func startPostgres(bin string) (err error) {
	if postgres.dir, err = os.MkdirTemp("", "service-postgres-"); err != nil {
		return err
	}
	data := filepath.Join(postgres.dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", data, "--username=service", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	initdb.Dir = postgres.dir
	if err := runUnprivileged(initdb, postgres.dir); err != nil {
		return err
	}
	if text, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, text)
	}
	var failure error
	for range 5 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		postgres.port = l.Addr().(*net.TCPAddr).Port
		l.Close()
		postgres.cmd = exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", fmt.Sprint(postgres.port),
			"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200")
		postgres.cmd.Dir = postgres.dir
		text := newOutput()
		postgres.cmd.Stdout, postgres.cmd.Stderr = text, text
		if err := runUnprivileged(postgres.cmd, postgres.dir); err != nil {
			return err
		}
		if err := postgres.cmd.Start(); err != nil {
			return err
		}
		postgres.exited = make(chan struct{})
		go func() {
			postgres.cmd.Wait()
			close(postgres.exited)
		}()
		if err = awaitPostgres(); err == nil {
			return nil
		}
		failure = fmt.Errorf("%w\n%s", err, text)
	}
	return failure
}

// awaitPostgres waits until the server takes connections, or has ended because somebody
// else was faster to take the port.
func awaitPostgres() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, postgresURL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-postgres.exited:
			return fmt.Errorf("the server has ended")
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// stopPostgres ends the server and removes what it has written.
func stopPostgres() {
	if postgres.exited != nil {
		postgres.cmd.Process.Signal(os.Interrupt) // a fast shutdown
		select {
		case <-postgres.exited:
		case <-time.After(patience):
			postgres.cmd.Process.Kill()
		}
	}
	if postgres.dir != "" {
		os.RemoveAll(postgres.dir)
	}
}
