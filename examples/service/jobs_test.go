package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/workerpool"
)

// TestOutbox runs the outbox with a handler that fails in all the ways there are.
func TestOutbox(t *testing.T) {
	s := newTestService(t)
	ctx, stop := context.WithCancel(t.Context())
	for i := range 150 { // more than are claimed at once
		u := user{ID: fmt.Sprint("id", i), Email: fmt.Sprint(i, "@example.com")}
		require.NoError(t, s.store.createUser(ctx, u, "hash", &job{ID: u.ID}))
	}
	var sent atomic.Int64
	handler := func(ctx context.Context, j job) error {
		switch j.ID {
		case "id3":
			return workerpool.Permanent(errors.New("no such mailbox"))
		case "id5":
			if info, _ := workerpool.TaskInfo(ctx); info.Attempt == 1 {
				panic("at first")
			}
		}
		sent.Add(1)
		return nil
	}
	parts := workerpool.NewGroup(ctx)
	parts.Go(s.outbox.relay)
	parts.Go(func(ctx context.Context) error { return s.queue.Run(ctx, s.outbox.handler(handler)) })
	eventually(t, "all jobs but one are done", func() bool {
		pending, dead, err := s.store.countJobs(t.Context())
		return err == nil && pending == 0 && dead == 1
	})
	if got := sent.Load(); got != 150 { // and the administrator's
		t.Errorf("%d mails were sent; want 150", got)
	}
	stop()
	if err := parts.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("the outbox ends with %v", err)
	}
}

func TestClaims(t *testing.T) { forEachEngine(t, testClaims) }

func testClaims(t *testing.T, databaseURL string) {
	ctx := t.Context()
	s, err := openStore(ctx, databaseURL)
	require.NoError(t, err)
	defer s.close()
	for i := range 10 {
		require.NoError(t, s.createUser(ctx, user{ID: fmt.Sprint(i), Email: fmt.Sprint(i)}, "hash", &job{ID: fmt.Sprint(i), Name: "N"}))
	}
	claim := func(lease time.Duration, limit int) int {
		jobs, err := s.claimJobs(ctx, lease, limit)
		require.NoError(t, err)
		for _, j := range jobs {
			if j.ID == "" || j.Name != "N" {
				t.Errorf("the job is %+v; want it as it was", j)
			}
		}
		return len(jobs)
	}
	if got := claim(time.Hour, 4); got != 4 {
		t.Errorf("%d jobs were claimed; want 4", got)
	}
	if got := claim(-time.Second, 100); got != 6 { // for a lease that has run out
		t.Errorf("%d jobs were claimed; want the other 6", got)
	}
	if got := claim(time.Hour, 100); got != 6 {
		t.Errorf("%d jobs were claimed after their lease; want 6", got)
	}
	require.NoError(t, s.releaseJobs(ctx))
	want := 0
	if s.singleWriter {
		want = 10
	}
	if got := claim(time.Hour, 100); got != want {
		t.Errorf("%d jobs were claimed after a restart; want %d", got, want)
	}

	// Neither half of a user and his job is there without the other.
	if err := s.createUser(ctx, user{ID: "x", Email: "x"}, "hash", &job{ID: "1"}); err == nil {
		t.Error("a job was written twice")
	}
	if _, err := s.user(ctx, "x"); !errors.Is(err, errNoUser) {
		t.Errorf("the user without a job = %v; want %v", err, errNoUser)
	}
}

func TestMail(t *testing.T) {
	m := &mailer{dir: t.TempDir()}
	for range 2 { // the second time changes nothing
		require.NoError(t, m.welcome(t.Context(), job{ID: "7", To: "ann@example.com", Name: "Änn"}))
	}
	files, err := filepath.Glob(filepath.Join(m.dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	got, err := os.ReadFile(files[0])
	require.NoError(t, err)
	want := "Message-ID: <7@service>\r\nTo: =?utf-8?q?=C3=84nn?= <ann@example.com>\r\nSubject: =?utf-8?q?Welcome,_=C3=84nn?=\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nYour account is ready.\r\n"
	if string(got) != want {
		t.Errorf("the mail is %q; want %q", got, want)
	}
	if err := (&mailer{dir: filepath.Join(m.dir, "none")}).welcome(t.Context(), job{ID: "7"}); err == nil {
		t.Error("a mail was sent into a directory that is not there")
	}
}
