package buffer_test

import (
	"slices"
	"testing"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/internal/race"
)

type row struct{ cells []string }

// TestTyped puts a value back and gets it again, which a sync.Pool does not
// promise but does in the end.
func TestTyped(t *testing.T) {
	var calls []string
	p := buffer.Typed[row]{
		New:   func() *row { calls = append(calls, "New"); return &row{cells: make([]string, 0, 8)} },
		Keep:  func(r *row) bool { calls = append(calls, "Keep"); return cap(r.cells) <= 8 },
		Reset: func(r *row) { calls = append(calls, "Reset"); clear(r.cells); r.cells = r.cells[:0] },
	}
	r := p.Get()
	r.cells = append(r.cells, "a", "b")
	p.Put(r)
	if want := []string{"New", "Keep", "Reset"}; !slices.Equal(calls, want) {
		t.Errorf("Get and Put call %q; want %q", calls, want)
	}
	if len(r.cells) != 0 || r.cells[:1][0] != "" {
		t.Errorf("a value that was put back holds %q; want it reset", r.cells[:2])
	}

	calls = nil
	giant := &row{cells: make([]string, 9)}
	p.Put(giant)
	if want := []string{"Keep"}; !slices.Equal(calls, want) {
		t.Errorf("Put of a giant calls %q; want %q", calls, want)
	}
	for range 100 {
		if p.Get() == giant {
			t.Fatal("Get returns what Keep refused")
		}
	}
}

func TestTypedReuses(t *testing.T) {
	var p buffer.Typed[row]
	for range 1000 {
		v := p.Get()
		p.Put(v)
		if p.Get() == v {
			return
		}
	}
	t.Error("a thousand times, Get has not returned what was put back just before")
}

func TestZeroTyped(t *testing.T) {
	var p buffer.Typed[row]
	if r := p.Get(); r == nil || r.cells != nil {
		t.Errorf("Get() = %v; want a new row", r)
	}
}

func TestTypedPutNilPanics(t *testing.T) {
	var p buffer.Typed[row]
	if got := recovered(func() { p.Put(nil) }); got != "buffer: Put of nil" {
		t.Errorf("Put(nil) panics with %v", got)
	}
}

// TestTypedResetPanics lets nobody have a value that is half reset.
func TestTypedResetPanics(t *testing.T) {
	p := buffer.Typed[row]{Reset: func(*row) { panic("no") }}
	v := p.Get()
	if got := recovered(func() { p.Put(v) }); got != "no" {
		t.Errorf("Put panics with %v; want what Reset panics with", got)
	}
	for range 100 {
		if p.Get() == v {
			t.Fatal("Get returns a value whose Reset panicked")
		}
	}
}

func TestTypedDoesNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("sync.Pool drops values at random under the race detector")
	}
	var p buffer.Typed[row]
	if allocs := testing.AllocsPerRun(100, func() { p.Put(p.Get()) }); allocs >= 1 {
		t.Errorf("Get and Put allocate %v times; want 0", allocs)
	}
}
