package cache

import (
	"reflect"
	"sync/atomic"
	"unsafe"
)

// A node is an entry. Readers hold nodes without a lock, so that a node's key
// never changes and everything else in it is either set before the node is
// published in the table or accessed atomically.
//
// Most nodes need no more than this, which is 32 bytes for a string and an int.
// One with a deadline is the first field of a timedNode, and one with all that
// an option may ask for is the first field of a fullNode; flags in meta say
// which. The rest of a larger node is reached by converting the pointer.
type node[K comparable, V any] struct {
	key   K
	value V             // read through valueCodec.load
	meta  atomic.Uint32 // see the constants below
}

// timedNode is a node that expires.
type timedNode[K comparable, V any] struct {
	node[K, V]
	deadline atomic.Int64 // nanoseconds since Cache.epoch
}

// fullNode is a node with a weight or a time of last use.
type fullNode[K comparable, V any] struct {
	timedNode[K, V]
	touched atomic.Int64 // time of the last use, if Options.IdleTTL is set
	refresh atomic.Int64 // when to refresh, if Options.RefreshAfter is set
	weight  uint32       // guarded by shard.mu
}

// The word meta of a node: a hit counter for the policy, which readers
// increment, the queue the node is in and its position there, which writers
// change under shard.mu, and flags.
const (
	freqMax  = 3 // where the counter saturates
	freqMask = freqMax

	queueShift = 2
	queueMask  = 3 << queueShift

	flagTimed    = 1 << 4 // part of a timedNode
	flagFull     = 1 << 5 // part of a fullNode
	flagNegative = 1 << 6 // stands for "not found"; has no value
	flagReturned = 1 << 7 // came back soon after its eviction from the window

	posShift  = 8
	positions = 1 << (32 - posShift)

	// mostNodes is how many nodes a shard may have, of which the queues with
	// their gaps stay below the number of positions.
	mostNodes = positions / 2

	kindMask  = flagTimed | flagFull | flagNegative // what never changes
	placeMask = queueMask | (positions-1)<<posShift
)

// noDeadline is what a timedNode that does not expire has as its deadline.
const noDeadline = 1<<63 - 1

func (n *node[K, V]) timed() *timedNode[K, V] { return (*timedNode[K, V])(unsafe.Pointer(n)) }
func (n *node[K, V]) full() *fullNode[K, V]   { return (*fullNode[K, V])(unsafe.Pointer(n)) }

// hit counts a use. A lost race loses one count, and at freqMax it writes
// nothing, so that the hottest nodes are only read.
func (n *node[K, V]) hit(meta uint32) {
	if meta&freqMask < freqMax {
		n.meta.CompareAndSwap(meta, meta+1)
	}
}

// takeFreq resets the hit counter and returns what it was.
func (n *node[K, V]) takeFreq() int {
	return int(n.meta.And(^uint32(freqMask)) & freqMask)
}

// place records where in which queue the node is; shard.mu is held.
func (n *node[K, V]) place(queue, pos int) {
	where := uint32(queue)<<queueShift | uint32(pos)<<posShift
	for {
		old := n.meta.Load()
		if n.meta.CompareAndSwap(old, old&^placeMask|where) {
			return
		}
	}
}

func queueOf(meta uint32) int { return int(meta & queueMask >> queueShift) }
func posOf(meta uint32) int   { return int(meta >> posShift) }

// valueCodec says how values of type V are read and updated. A value that is
// one machine word is updated in place, without an allocation; every other is
// immutable once published, and updated by a new node.
type valueCodec uint8

const (
	immutable  valueCodec = iota
	word32                // 4 bytes without pointers
	word64                // 8 bytes without pointers
	wordOfPtrs            // a pointer in all but name
)

func codecOf[V any]() valueCodec {
	switch reflect.TypeFor[V]().Kind() {
	case reflect.Int32, reflect.Uint32, reflect.Float32:
		return word32
	case reflect.Int64, reflect.Uint64, reflect.Float64:
		// On 32-bit systems a field of a node may not be aligned for them.
		if unsafe.Sizeof(uintptr(0)) == 8 {
			return word64
		}
	case reflect.Int, reflect.Uint, reflect.Uintptr:
		if unsafe.Sizeof(uintptr(0)) == 8 {
			return word64
		}
		return word32
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return wordOfPtrs
	}
	return immutable
}

func loadValue[V any](codec valueCodec, p *V) V {
	switch codec {
	case word64:
		w := atomic.LoadUint64((*uint64)(unsafe.Pointer(p)))
		return *(*V)(unsafe.Pointer(&w))
	case word32:
		w := atomic.LoadUint32((*uint32)(unsafe.Pointer(p)))
		return *(*V)(unsafe.Pointer(&w))
	case wordOfPtrs:
		w := atomic.LoadPointer((*unsafe.Pointer)(unsafe.Pointer(p)))
		return *(*V)(unsafe.Pointer(&w))
	}
	return *p
}

// swapValue stores v and returns the old value; the codec is not immutable.
func swapValue[V any](codec valueCodec, p *V, v V) V {
	switch codec {
	case word64:
		w := atomic.SwapUint64((*uint64)(unsafe.Pointer(p)), *(*uint64)(unsafe.Pointer(&v)))
		return *(*V)(unsafe.Pointer(&w))
	case word32:
		w := atomic.SwapUint32((*uint32)(unsafe.Pointer(p)), *(*uint32)(unsafe.Pointer(&v)))
		return *(*V)(unsafe.Pointer(&w))
	default:
		w := atomic.SwapPointer((*unsafe.Pointer)(unsafe.Pointer(p)), *(*unsafe.Pointer)(unsafe.Pointer(&v)))
		return *(*V)(unsafe.Pointer(&w))
	}
}
