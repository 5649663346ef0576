package cache

import (
	"math/bits"
	"sync/atomic"
)

// A table maps keys to nodes. It is open-addressed in groups that fill a cache
// line: a control word with a tag of seven hash bits for each of seven slots,
// and the slots. One look at the control word excludes nearly all keys that are
// not the one looked for, after the manner of F14 (Facebook, 2019).
//
// The eighth byte of the control word counts the entries that belong in the
// group but had to go to a later one, so that a search knows when it may stop
// and a deletion leaves no tombstone. At 255 the counter no longer changes.
//
// One writer at a time, under shard.mu, and any number of readers. An entry
// never moves, so a reader that comes by finds it: a slot is filled before its
// tag is set and emptied after the tag is cleared, and a reader always compares
// the key. Growth makes a new table; readers of the old one miss only what was
// set after they began.
type table[K comparable, V any] struct {
	groups []group[K, V]
	count  int // guarded by shard.mu
}

const (
	groupSlots = 7

	// groupLoad is the number of entries for each group, on average, at which
	// the table grows: then an eighth of the groups overflow, by the
	// distribution of Poisson, and with six it would be a quarter.
	groupLoad = 5
)

type group[K comparable, V any] struct {
	control atomic.Uint64
	slots   [groupSlots]atomic.Pointer[node[K, V]]
}

const (
	tagBytes     = 0x00ffffffffffffff
	overflowUnit = 1 << 56
	maxOverflow  = 255
)

func newTable[K comparable, V any](entries int) *table[K, V] {
	return &table[K, V]{groups: make([]group[K, V], entries/groupLoad+1)}
}

// full reports whether the table should grow before the next entry.
func (t *table[K, V]) full() bool { return t.count >= len(t.groups)*groupLoad }

// home returns the group that a hash belongs in. Only the low half of the hash
// is used, because queues keep no more of it.
func (t *table[K, V]) home(hash uint32) int {
	return int(uint64(hash) * uint64(len(t.groups)) >> 32)
}

func (t *table[K, V]) after(i int) int {
	if i++; i == len(t.groups) {
		return 0
	}
	return i
}

// tagOf returns the tag of a hash in each of seven bytes. No tag is zero, which
// marks an empty slot.
func tagOf(hash uint32) uint64 { return uint64(hash&0x7f|0x80) * 0x0001010101010101 }

// zeroBytes returns the top bit of each of the low seven bytes of x that are
// zero. It is exact, unlike the shorter formula with a borrow.
func zeroBytes(x uint64) uint64 {
	const low = 0x007f7f7f7f7f7f7f
	return ^(x&low + low | x | low) & 0x0080808080808080
}

func slotOf(bit uint64) int { return bits.TrailingZeros64(bit) >> 3 }

// find returns the node of key, or nil. It needs no lock.
func (t *table[K, V]) find(hash uint32, key K) *node[K, V] {
	i := t.home(hash)
	tag := tagOf(hash)
	for range t.groups {
		g := &t.groups[i]
		control := g.control.Load()
		for match := zeroBytes(control ^ tag); match != 0; match &= match - 1 {
			if n := g.slots[slotOf(match)].Load(); n != nil && n.key == key {
				return n
			}
		}
		if control < overflowUnit {
			return nil
		}
		i = t.after(i)
	}
	return nil
}

// insert adds n, whose key must not be there. The table must not be full.
func (t *table[K, V]) insert(hash uint32, n *node[K, V]) {
	i := t.home(hash)
	for {
		g := &t.groups[i]
		control := g.control.Load()
		if empty := zeroBytes(control); empty != 0 {
			slot := slotOf(empty)
			g.slots[slot].Store(n)
			g.control.Store(control | tagOf(hash)&(0xff<<(8*slot)))
			t.count++
			return
		}
		if control>>56 != maxOverflow {
			g.control.Store(control + overflowUnit)
		}
		i = t.after(i)
	}
}

// replace puts new in the place of old, which has the same key.
func (t *table[K, V]) replace(hash uint32, old, new *node[K, V]) {
	g, slot := t.locate(hash, old)
	g.slots[slot].Store(new)
}

// remove takes n out.
func (t *table[K, V]) remove(hash uint32, n *node[K, V]) {
	g, slot := t.locate(hash, n)
	g.control.Store(g.control.Load() &^ (0xff << (8 * slot)))
	g.slots[slot].Store(nil)
	t.count--
	for i := t.home(hash); &t.groups[i] != g; i = t.after(i) {
		passed := &t.groups[i]
		if control := passed.control.Load(); control>>56 != maxOverflow {
			passed.control.Store(control - overflowUnit)
		}
	}
}

// locate returns the slot of n, which must be in the table.
func (t *table[K, V]) locate(hash uint32, n *node[K, V]) (*group[K, V], int) {
	tag := tagOf(hash)
	for i := t.home(hash); ; i = t.after(i) {
		g := &t.groups[i]
		for match := zeroBytes(g.control.Load() ^ tag); match != 0; match &= match - 1 {
			if slot := slotOf(match); g.slots[slot].Load() == n {
				return g, slot
			}
		}
	}
}
