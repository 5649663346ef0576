package buffer

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Debug mode trades all speed for certainty. No Buffer and no memory is handed
// out twice, so that whatever is done with it after Release is a mistake that
// can be told from use by the next owner:
//
//   - a header that is never reused stays released, and every method panics;
//   - released memory is filled with poison and looked at again later: as long
//     as it is in quarantine, a write through an old slice shows;
//   - a header that becomes garbage while it is not released was leaked.
//
// The first is noticed by whoever makes the mistake, and panics there. The
// others are found out later, by somebody who has nothing to do with it: they
// are reported to the test that called Check, or else logged.

// A watch is the debug mode of a Pool.
type watch struct {
	counters *counters

	mu       sync.Mutex // guards the fields below, and the fields of records
	checks   int        // calls of Check that have not ended
	number   uint64     // of the latest record
	held     map[*record]struct{}
	buried   []*record // in quarantine, the oldest first
	size     int       // bytes in quarantine
	findings []finding // for the Checks
}

// A record is what a watch knows of a Buffer. It does not keep the Buffer from
// becoming garbage.
type record struct {
	watch    *watch
	number   uint64
	size     int
	got      stack
	released stack
	memory   []byte // while in quarantine
}

// A finding is a mistake that was found out late.
type finding struct {
	problem string
	record  *record
}

const (
	poison = 0xDB // an odd, unlikely, invalid UTF-8 byte that is a bad length and a bad pointer

	// Quarantine ends when more than this has been released since.
	maxBuried     = 4096
	maxBuriedSize = 64 << 20
)

func newWatch(p *Pool) *watch {
	return &watch{counters: &p.counters, held: make(map[*record]struct{})}
}

// add begins to watch b, which is new.
func (w *watch) add(b *Buffer) {
	memory := b.data[:cap(b.data)]
	if !b.pool.zero {
		fill(memory) // who relies on zeros finds out
	}
	r := &record{watch: w, size: len(memory), got: callers()}
	b.record = r
	runtime.AddCleanup(b, w.collected, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.number++
	r.number = w.number
	w.held[r] = struct{}{}
}

// collected is called when the Buffer of r has become garbage.
func (w *watch) collected(r *record) {
	w.mu.Lock()
	var found []finding
	if _, ok := w.held[r]; ok {
		delete(w.held, r)
		w.counters.leaked.Add(1)
		found = append(found, finding{"never released, and garbage now", r})
	}
	found = w.keep(found)
	w.mu.Unlock()
	log(found)
}

// quarantine takes the memory of a released Buffer out of use.
func (w *watch) quarantine(b *Buffer) {
	r := b.record
	site := callers()
	w.mu.Lock()
	delete(w.held, r)
	r.released = site
	r.memory, b.data = b.data[:cap(b.data)], nil
	fill(r.memory)
	w.buried = append(w.buried, r)
	w.size += len(r.memory)
	var found []finding
	for len(w.buried) > maxBuried || w.size > maxBuriedSize {
		found = append(found, w.exhume(w.buried[:1])...)
		w.buried = slices.Delete(w.buried, 0, 1)
	}
	found = w.keep(found)
	w.mu.Unlock()
	log(found)
}

// exhume ends the quarantine of records and returns those that were written to.
func (w *watch) exhume(records []*record) (found []finding) {
	for _, r := range records {
		if i := firstWrite(r.memory); i >= 0 {
			w.counters.overwritten.Add(1)
			found = append(found, finding{fmt.Sprintf("written to after Release, at byte %d", i), r})
		}
		w.size -= len(r.memory)
		r.memory = nil
	}
	return found
}

// keep keeps what was found for the Checks, and returns it if there are none.
func (w *watch) keep(found []finding) []finding {
	if w.checks == 0 {
		return found
	}
	w.findings = append(w.findings, found...)
	return nil
}

func log(found []finding) {
	for _, f := range found {
		slog.Error("buffer: "+f.problem, "size", f.record.size, "got", f.record.got.String(), "released", f.record.released.String())
	}
}

func fill(memory []byte) {
	if len(memory) == 0 {
		return
	}
	memory[0] = poison
	for n := 1; n < len(memory); n *= 2 {
		copy(memory[n:], memory[:n])
	}
}

// firstWrite returns the index of the first byte that is not poison, or -1.
func firstWrite(memory []byte) int {
	if len(memory) == 0 || memory[0] == poison && bytes.Equal(memory[1:], memory[:len(memory)-1]) {
		return -1
	}
	return slices.IndexFunc(memory, func(c byte) bool { return c != poison })
}

// String describes the finding and the Buffer, and says where it came from.
func (f finding) String() string {
	return fmt.Sprintf("a Buffer of %d bytes was %s%s", f.record.size, f.problem, f.record.history())
}

// history says where the Buffer of r was got and released, for an r that is not
// nil.
func (r *record) history() string {
	if r == nil {
		return ""
	}
	var b bytes.Buffer
	for _, at := range []struct {
		what  string
		stack stack
	}{{"got", r.got}, {"released", r.released}} {
		if text := at.stack.String(); text != "" {
			fmt.Fprintf(&b, "\n%s at\n\t%s", at.what, strings.ReplaceAll(text, "\n", "\n\t"))
		}
	}
	return b.String()
}

// A stack is where a goroutine was, innermost call first, and zeros.
type stack [16]uintptr

// callers returns the stack of the goroutine above this file.
func callers() (s stack) {
	runtime.Callers(3, s[:])
	return s
}

// String returns the calls from outside this package, one a line.
func (s stack) String() string {
	const inside = "github.com/goplinth/plinth/buffer."
	n := slices.Index(s[:], 0)
	if n < 0 {
		n = len(s)
	}
	if n == 0 {
		return ""
	}
	var lines []string
	frames := runtime.CallersFrames(s[:n])
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if !strings.HasPrefix(f.Function, inside) && !strings.HasPrefix(f.Function, "runtime.") {
			lines = append(lines, fmt.Sprintf("%s:%d %s", f.File, f.Line, f.Function))
		}
	}
	return strings.Join(lines, "\n")
}
