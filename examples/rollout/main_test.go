package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fake takes a second for each target, fails for those that are called bad, and
// never ends for those that are called slow.
func fake(ctx context.Context, command []string) (string, error) {
	target := command[len(command)-1]
	switch {
	case strings.HasPrefix(target, "bad"):
		return "no route", errors.New("exit status 1")
	case strings.HasPrefix(target, "slow"):
		<-ctx.Done()
		return "", context.Cause(ctx)
	}
	select {
	case <-time.After(time.Second):
		return "done\nby " + command[0], nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func TestRun(t *testing.T) {
	for name, tt := range map[string]struct {
		args   []string
		status int
		stdout string
	}{
		"all well": {
			[]string{"-command", "deploy {}", "a", "b", "c"}, 0,
			"a: ok\n    done\n    by deploy\nb: ok\n    done\n    by deploy\nc: ok\n    done\n    by deploy\n",
		},
		"stops": {
			[]string{"-parallel", "1", "-command", "deploy {}", "bad", "b", "c"}, 1,
			"bad: failed: exit status 1\n    no route\nb: not started\nc: not started\n",
		},
		"keeps going": {
			[]string{"-keep-going", "-command", "deploy {}", "bad", "b"}, 1,
			"bad: failed: exit status 1\n    no route\nb: ok\n    done\n    by deploy\n",
		},
		"times out": {
			[]string{"-timeout", "10s", "-command", "deploy {}", "slow"}, 1,
			"slow: failed: workerpool: the task took longer than Options.TaskTimeout (10s): context deadline exceeded\n",
		},
		"no command":   {[]string{"a"}, 2, ""},
		"no target":    {[]string{"-command", "x"}, 2, ""},
		"no workers":   {[]string{"-parallel", "0", "-command", "x", "a"}, 2, ""},
		"unknown flag": {[]string{"-x"}, 2, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var stdout, stderr strings.Builder
			status := run(t.Context(), tt.args, fake, &stdout, &stderr)
			if status != tt.status || stdout.String() != tt.stdout || (stderr.Len() > 0) != (status > 0) {
				t.Errorf("%s: status %d, standard error %q, output\n%s\nwant status %d and\n%s", name, status, stderr.String(), stdout.String(), tt.status, tt.stdout)
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if status := run(ctx, []string{"-command", "deploy {}", "a", "b"}, fake, io.Discard, io.Discard); status != 130 {
			t.Errorf("exit status %d; want 130", status)
		}
	})
}

func TestExecute(t *testing.T) {
	output, err := execute(t.Context(), []string{"go", "env", "GOOS"})
	if err != nil || output == "" {
		t.Errorf("execute = %q, %v; want an operating system", output, err)
	}
	if _, err := execute(t.Context(), []string{"go", "no-such-command"}); err == nil {
		t.Error("execute of a command that fails: no error")
	}
}
