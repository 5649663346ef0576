package buffer_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goplinth/plinth/buffer"
	"github.com/stretchr/testify/require"
)

// A report is a test whose failures are looked at.
type report struct {
	cleanups []func()
	errors   []string
}

func (r *report) Helper()          {}
func (r *report) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *report) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// end is the end of the test.
func (r *report) end() []string {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
	return r.errors
}

// matches checks that there is one error for each pattern, in their order.
func matches(t *testing.T, errors []string, patterns ...string) {
	t.Helper()
	if len(errors) != len(patterns) {
		t.Errorf("Check reports %d errors; want %d:\n%s", len(errors), len(patterns), strings.Join(errors, "\n"))
		return
	}
	for i, pattern := range patterns {
		if !regexp.MustCompile(`(?s)` + pattern).MatchString(errors[i]) {
			t.Errorf("Check reports %q; want a match of %q", errors[i], pattern)
		}
	}
}

//go:noinline
func gets(p *buffer.Pool) *buffer.Buffer { return p.Get(100) }

//go:noinline
func releases(b *buffer.Buffer) { b.Release() }

const (
	gotHere      = `got at\n\t\S*debug_test\.go:\d+ \S*buffer_test\.gets\n`
	releasedHere = `released at\n\t\S*debug_test\.go:\d+ \S*buffer_test\.releases\n`
)

// eachWatch runs f with a Pool that is in debug mode for good, one that Check
// puts there, and a report that either checks.
func eachWatch(t *testing.T, f func(t *testing.T, p *buffer.Pool, r *report)) {
	for _, debug := range []bool{true, false} {
		t.Run(fmt.Sprintf("Debug=%t", debug), func(t *testing.T) {
			p, err := buffer.NewPool(buffer.Options{Debug: debug})
			require.NoError(t, err)
			r := new(report)
			p.Check(r)
			f(t, p, r)
		})
	}
}

func TestCheckFindsNothing(t *testing.T) {
	eachWatch(t, func(t *testing.T, p *buffer.Pool, r *report) {
		b := gets(p)
		b.Write(make([]byte, 1000))
		b.Read(make([]byte, 10))
		b.Take()
		b.WriteString("more")
		b.Release()
		p.Get(2 << 20).Release()
		body, err := p.ReadAll(strings.NewReader(strings.Repeat("x", 10_000)), -1, 0)
		require.NoError(t, err)
		body.Release()
		if _, err := p.ReadAll(strings.NewReader("too long"), 3, 0); err == nil {
			t.Error("ReadAll of more than the limit returns no error")
		}
		if _, err := p.Copy(struct{ io.Writer }{io.Discard}, &script{{-1, nil}}); err == nil {
			t.Error("Copy from a reader with an impossible count returns no error")
		}
		matches(t, r.end())
	})
}

func TestCheckFindsLeaks(t *testing.T) {
	eachWatch(t, func(t *testing.T, p *buffer.Pool, r *report) {
		held := gets(p)
		p.Get(10).Release()
		body, err := p.ReadAll(strings.NewReader("abc"), -1, 0)
		require.NoError(t, err)
		errors := r.end()
		matches(t, errors,
			`^buffer: a Buffer of 128 bytes was not released\n`+gotHere,
			`^buffer: a Buffer of 4096 bytes was not released\ngot at\n\t\S*debug_test\.go:\d+ \S*TestCheckFindsLeaks`)
		held.Release()
		body.Release()
		matches(t, r.errors[2:])
	})
}

// TestCheckFindsLeaksOnce has a second Check not report what the first has.
func TestCheckFindsLeaksOnce(t *testing.T) {
	eachWatch(t, func(t *testing.T, p *buffer.Pool, r *report) {
		held := gets(p)
		matches(t, r.end(), gotHere)
		again := new(report)
		p.Check(again)
		matches(t, again.end())
		held.Release()
	})
}

func TestCheckFindsWritesAfterRelease(t *testing.T) {
	eachWatch(t, func(t *testing.T, p *buffer.Pool, r *report) {
		b := gets(p)
		stale := b.Bytes()
		releases(b)
		stale[7] = 'x'
		matches(t, r.end(), `^buffer: a Buffer of 128 bytes was written to after Release, at byte 7\n`+gotHere+`.*`+releasedHere)
		if n := p.Stats().Overwritten; n != 1 {
			t.Errorf("Stats().Overwritten = %d; want 1", n)
		}
	})
}

// TestCheckFindsWritesToOutgrownMemory is for the slice that was taken before a
// Buffer had to move.
func TestCheckFindsWritesToOutgrownMemory(t *testing.T) {
	eachWatch(t, func(t *testing.T, p *buffer.Pool, r *report) {
		b := gets(p)
		stale := b.Bytes()
		b.Write(make([]byte, 1000))
		stale[0] = 'x'
		if got := b.Bytes()[0]; got == 'x' {
			t.Error("a Buffer that grew is where it was")
		}
		b.Release()
		matches(t, r.end(), `was written to after Release, at byte 0\ngot at\n\t\S*debug_test\.go:\d+ \S*ToOutgrownMemory`)
	})
}

// TestNothingIsReusedInDebugMode gets more than the quarantine holds.
func TestNothingIsReusedInDebugMode(t *testing.T) {
	eachWatch(t, func(t *testing.T, p *buffer.Pool, r *report) {
		first := gets(p)
		memory := &first.Bytes()[0]
		first.Release()
		for range 5000 {
			b := gets(p)
			if b == first || &b.Bytes()[0] == memory {
				t.Fatal("what was released was handed out again")
			}
			b.Release()
		}
		if recovered(first.Release) == nil {
			t.Error("a Release five thousand Gets after the first does not panic")
		}
		matches(t, r.end())
	})
}

// TestQuarantineEnds finds a write when the Buffer leaves the quarantine, and
// not only at the end of the test.
func TestQuarantineEnds(t *testing.T) {
	p, err := buffer.NewPool(buffer.Options{Debug: true})
	require.NoError(t, err)
	for _, tt := range []struct{ size, count int }{{64, 5000}, {16 << 20, 5}, {100 << 20, 1}} {
		logged := logOf(t)
		b := p.Get(tt.size)
		stale := b.Bytes()
		releases(b)
		stale[3] = 'x'
		for range tt.count {
			p.Get(tt.size).Release()
		}
		if tt.size > 64<<20 {
			continue // too large for the quarantine, and gone at once
		}
		if !regexp.MustCompile(`buffer: written to after Release, at byte 3" .*got=.*TestQuarantineEnds.* released=.*releases`).MatchString(logged.String()) {
			t.Errorf("size %d: the log is %q; want the write after Release", tt.size, logged)
		}
	}
}

// logOf collects what is logged during a test.
func logOf(t *testing.T) *bytes.Buffer {
	t.Helper()
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &log
}

func TestContentsArePoisonInDebugMode(t *testing.T) {
	eachWatch(t, func(t *testing.T, p *buffer.Pool, r *report) {
		b := gets(p)
		if c := b.Bytes()[0]; c != 0xDB {
			t.Errorf("a new Buffer begins with %#x; want poison", c)
		}
		b.Bytes()[0] = 'x'
		stale := b.Bytes()
		b.Release()
		if stale[0] != 0xDB {
			t.Errorf("a released Buffer begins with %#x; want poison", stale[0])
		}
		matches(t, r.end())
	})
	zeroing, err := buffer.NewPool(buffer.Options{Debug: true, Zero: true})
	require.NoError(t, err)
	b := zeroing.Get(1)
	defer b.Release()
	if c := b.Bytes()[0]; c != 0 {
		t.Errorf("a new Buffer of a Pool that clears its memory begins with %#x; want 0", c)
	}
}

func TestMisuseNamesItsSites(t *testing.T) {
	eachWatch(t, func(t *testing.T, p *buffer.Pool, r *report) {
		b := gets(p)
		releases(b)
		for what, f := range map[string]func(){
			"Release": b.Release,
			"use":     func() { b.WriteString("x") },
		} {
			got, _ := recovered(f).(string)
			matches(t, []string{got}, `^buffer: `+what+` of a released Buffer\n`+gotHere+`.*`+releasedHere)
		}
		matches(t, r.end())
	})
}

// TestCheckEnds has Buffers reused after the test, and not before the last of
// several has ended.
func TestCheckEnds(t *testing.T) {
	var p buffer.Pool
	reuses := func() bool {
		for range 1000 {
			b := p.Get(100)
			b.Release()
			if again := p.Get(100); again == b {
				again.Release()
				return true
			}
		}
		return false
	}
	var first, second report
	p.Check(&first)
	p.Check(&second)
	for i, want := range []bool{false, false, true} {
		if got := reuses(); got != want {
			t.Errorf("after the end of %d Checks of two, the Pool reuses Buffers: %t; want %t", i, got, want)
		}
		if i == 0 {
			first.end()
		} else {
			second.end()
		}
	}
}

// TestBuffersOutliveTheCheck releases each kind of Buffer in the other mode.
func TestBuffersOutliveTheCheck(t *testing.T) {
	var p buffer.Pool
	before := p.Get(100)
	var r report
	p.Check(&r)
	during := p.Get(100)
	before.Write(make([]byte, 1000))
	before.Release()
	during.Write(make([]byte, 1000))
	matches(t, r.end(), `not released`)
	during.Write(make([]byte, 10_000))
	during.Release()
	for range 100 {
		b := p.Get(1)
		if b == during {
			t.Fatal("a Buffer that was watched is handed out again")
		}
		b.Release()
	}
}

func TestCheckOfTheDefaultPool(t *testing.T) {
	var r report
	buffer.Check(&r)
	b := buffer.Get(100)
	matches(t, r.end(), `a Buffer of 128 bytes was not released`)
	b.Release()
}

// TestGarbageIsLeaked drops a Buffer that was not released.
func TestGarbageIsLeaked(t *testing.T) {
	logged := make(chan string, 10)
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(lines(logged), nil)))
	defer slog.SetDefault(before)
	p, err := buffer.NewPool(buffer.Options{Debug: true})
	require.NoError(t, err)
	gets(p)
	gets(p).Release()
	waitFor(func() bool { return p.Stats().Leaked > 0 })
	if line := <-logged; !regexp.MustCompile(`never released.* size=128 got=.*buffer_test\.gets`).MatchString(line) {
		t.Errorf("the log says %q; want the leak and where it was got", line)
	}
	if s := p.Stats(); s.Leaked != 1 || s.Outstanding != 0 {
		t.Errorf("Stats() = %+v; want 1 leaked and none outstanding", s)
	}

	var r report
	p.Check(&r)
	gets(p)
	waitFor(func() bool { return p.Stats().Leaked > 1 })
	matches(t, r.end(), `never released, and garbage now\n`+gotHere)
}

type lines chan string

// Write sends what is about TestGarbageIsLeaked: other tests make garbage too.
func (c lines) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("TestGarbageIsLeaked")) {
		c <- string(p)
	}
	return len(p), nil
}

// waitFor collects garbage until done.
func waitFor(done func() bool) {
	for !done() {
		runtime.GC()
		runtime.Gosched()
	}
}

func TestDebugStats(t *testing.T) {
	p, err := buffer.NewPool(buffer.Options{Debug: true})
	require.NoError(t, err)
	a, b := p.Get(10), p.Get(10)
	a.Release()
	if s := p.Stats(); s.Gets != 2 || s.Misses != 2 || s.Outstanding != 1 {
		t.Errorf("Stats() = %+v; want 2 Gets, 2 Misses, 1 outstanding", s)
	}
	b.Release()
	if s := p.Stats(); s.Outstanding != 0 {
		t.Errorf("Stats() = %+v; want none outstanding", s)
	}
}
